"""The portable snapshot file: canonical JSON, gzip outside, its own SHA-256 inside.

Format version 2 (the schema is in `snapshot.schema.json` beside this module):

    {"format": "persona-snapshot", "format_version": 2, "sha256": "...", "body": {...}}

Version 1 had no `covariates`; its files are read, and compared without an adjustment
for the user's side.

`sha256` is that of the body's canonical form (sorted keys, no blanks, UTF-8). The file
holds sums and counts, and no message text or name unless these were asked for. A file
from a stranger is hostile input: its size, shape and numbers are checked before use.
"""

import gzip
import hashlib
import io
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from persona_vault.dimensions.base import Scale
from persona_vault.errors import OF_THE_DISK, DiskFullError, InputRejectedError
from persona_vault.findings import Quote
from persona_vault.importers.files.containers import open_regular
from persona_vault.model import Period
from persona_vault.plain import plain
from persona_vault.snapshot.arrays import covariates_body, covariates_of
from persona_vault.snapshot.body import Snapshot
from persona_vault.snapshot.groups import CovariateSums, adjustable
from persona_vault.snapshot.sums import (
    SIDES,
    SUMS,
    BlockInfo,
    RowSpec,
    RowSums,
)
from persona_vault.store.whole import write_whole

FORMAT = "persona-snapshot"
FORMAT_VERSION = 2
READABLE = (1, 2)
# Measured: 1,000 talks take 1.3 MB, 3,100 objects and 500 lists. What is counted here
# before decoding keeps a hostile file below 200 MB of memory.
MOST_BYTES = 16 * 1024 * 1024
MOST_MARKS = {b"{": 100_000, b"[": 10_000, b'"': 1_000_000}
MOST_BLOCKS = 200_000
MOST_LETTERS = 2_000
MOST_NUMBER = 1e15  # beyond what can be counted; squares of it still are numbers
_MADE_BY = "Snapshot files are made by `persona-vault snapshot`."
# Twelve significant digits: beyond what any statistic here can tell apart.
DIGITS = 12


def snapshot_bytes(snapshot: Snapshot, *, names: bool = False) -> bytes:
    """The file's bytes: the same snapshot gives the same bytes.

    With `names` the persona's name is kept in the file.

    Raises:
        InputRejectedError: The period holds more talks than a file may.
    """
    body = _body(snapshot, names=names)
    document = {
        "body": body,
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "sha256": hashlib.sha256(_canonical(body)).hexdigest(),
    }
    content = _canonical(document)
    if _too_large(content):
        raise InputRejectedError(
            f"{len(snapshot.blocks):,} talks are more than one snapshot file holds",
            hint="Take a shorter period with --since and --until.",
        )
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
        packed.write(content)
    return out.getvalue()


def write_snapshot(snapshot: Snapshot, path: Path, *, names: bool = False) -> None:
    """Write the file; an existing one is never overwritten.

    Raises:
        InputRejectedError: The path exists or cannot be written.
        DiskFullError: Nothing was kept.
    """
    content = snapshot_bytes(snapshot, names=names)
    try:
        write_whole(path, (content,))
    except OSError as error:
        if error.errno in OF_THE_DISK:
            raise DiskFullError(
                f"The disk took no more of {path.name}; nothing of it was kept",
                hint="Free some space and run the same command again.",
            ) from error
        raise InputRejectedError(
            f"{path} could not be written: {error.strerror}",
            hint="Name a new file in a folder that you can write to.",
        ) from error


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot file.

    Raises:
        InputRejectedError: Not a snapshot, damaged, of an unknown version, or too big.
    """
    body = _verified_body(_unpacked(path), path.name)
    try:
        return _snapshot(body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputRejectedError(
            f"{path.name} does not hold what a snapshot holds",
            hint="Take the snapshot again with `persona-vault snapshot`.",
        ) from error


def _canonical(value: Any) -> bytes:
    return json.dumps(
        value,
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    ).encode()


def _body(snapshot: Snapshot, *, names: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "blocks": plain(snapshot.blocks),
        "catalogue_version": snapshot.catalogue_version,
        "covariates": (
            covariates_body(snapshot.covariates) if snapshot.covariates else None
        ),
        "excluded": dict(snapshot.excluded),
        "period": plain(snapshot.period),
        "persona": snapshot.persona if names else "",
        "quotes": plain(snapshot.quotes),
        "rows": {
            side: {name: _sums(row) for name, row in rows.items()}
            for side, rows in snapshot.rows.items()
        },
        "sources": list(snapshot.sources),
        "specs": {name: plain(spec) for name, spec in snapshot.specs.items()},
        "time_quality": dict(snapshot.time_quality),
        "tool_version": snapshot.tool_version,
    }
    if snapshot.marked:
        body["marked"] = plain(snapshot.marked)
    return body


def _sums(row: RowSums) -> dict[str, Any]:
    body: dict[str, Any] = {k: [_number(x) for x in row.column(k)] for k in SUMS}
    if row.counts is not None:
        body["counts"] = [dict(c) for c in row.counts]
    return body


def _number(x: float) -> float | int:
    short = float(f"{x:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def _unpacked(path: Path) -> bytes:
    try:
        with (
            open_regular(path, path.name or str(path), follow=True) as file,
            gzip.GzipFile(fileobj=file) as packed,
        ):
            content = packed.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputRejectedError(
            f"{path.name} is not a snapshot file, or it was cut off",
            hint=_MADE_BY,
        ) from error
    except OSError as error:
        raise InputRejectedError(
            f"{path.name} could not be read: {error.strerror}",
            hint="Check the path.",
        ) from error
    if _too_large(content):
        raise InputRejectedError(
            f"{path.name} unpacks to more than a snapshot holds",
            hint="No snapshot of a chat is that large; do not trust this file.",
        )
    return content


def _too_large(content: bytes) -> bool:
    return len(content) > MOST_BYTES or any(
        content.count(mark) > most for mark, most in MOST_MARKS.items()
    )


def _verified_body(content: bytes, name: str) -> Mapping[str, Any]:
    try:
        document = json.loads(content)
        known = document["format"] == FORMAT
        version = document["format_version"]
        body, digest = document["body"], document["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputRejectedError(
            f"{name} is not a snapshot file",
            hint=_MADE_BY,
        ) from error
    if not known:
        raise InputRejectedError(f"{name} is not a persona snapshot", hint=_MADE_BY)
    if version not in READABLE or isinstance(version, bool):
        raise InputRejectedError(
            f"{name} is a snapshot of an unknown format version",
            hint="A newer persona-vault may read it.",
        )
    try:
        canonical = _canonical(body)
    except (ValueError, RecursionError) as error:
        raise InputRejectedError(
            f"{name} holds numbers that no snapshot has", hint=_MADE_BY
        ) from error
    if not isinstance(body, dict) or hashlib.sha256(canonical).hexdigest() != digest:
        raise InputRejectedError(
            f"{name} was changed or damaged after it was written",
            hint="Ask for the file again, or take the snapshot again.",
        )
    return body


def _snapshot(body: Mapping[str, Any]) -> Snapshot:
    if len(body["blocks"]) > MOST_BLOCKS:
        raise ValueError("too many blocks")
    blocks = tuple(_block(b) for b in body["blocks"])
    specs = {name: _spec(name, spec) for name, spec in body["specs"].items()}
    rows = {
        side: {
            name: _row(body["rows"][side][name], len(blocks), spec)
            for name, spec in specs.items()
        }
        for side in SIDES
    }
    period = body["period"]
    return Snapshot(
        persona=_word(body["persona"]),
        period=Period(
            _time(period["since"]),
            _time(period["until"]),
            _number_or_none(period["first"]),
            _number_or_none(period["last"]),
        ),
        blocks=blocks,
        specs=specs,
        rows=rows,
        excluded={_word(k): int(v) for k, v in body["excluded"].items()},
        time_quality={_word(k): int(v) for k, v in body["time_quality"].items()},
        sources=tuple(_word(s) for s in body["sources"]),
        tool_version=_word(body["tool_version"]),
        catalogue_version=int(body["catalogue_version"]),
        quotes=tuple(_quote(q) for q in body["quotes"]),
        covariates=_covariates(body, blocks, specs),
        marked=_marked(body.get("marked", {}), specs),
    )


def _marked(
    body: Mapping[str, Mapping[str, Any]], specs: Mapping[str, RowSpec]
) -> dict[str, dict[str, int]]:
    """Side -> row -> hits that were marked wrong."""
    found = {side: dict(rows) for side, rows in body.items()}
    if set(found) - set(SIDES):
        raise ValueError("sides")
    for rows in found.values():
        for name, n in rows.items():
            if name not in specs or type(n) is not int or not 0 < n < MOST_NUMBER:
                raise ValueError("marked")
    return found


def _covariates(
    body: Mapping[str, Any], blocks: Sequence[BlockInfo], specs: Mapping[str, RowSpec]
) -> CovariateSums | None:
    """None in a file of version 1, or where the covariates are of another version."""
    given = body.get("covariates")
    if given is None:
        return None
    return covariates_of(
        given,
        n_blocks=len(blocks),
        n_replies=sum(b.n_messages for b in blocks),
        n_rows=len(adjustable(specs)),
    )


def _spec(name: str, body: Mapping[str, Any]) -> RowSpec:
    """A row's spec, every field of its own type: wording and tests rely on them."""
    given = dict(body)
    languages = given.pop("languages")
    spec = RowSpec(
        languages=None if languages is None else tuple(_word(x) for x in languages),
        **given,
    )
    for text in (spec.family, spec.title, spec.unit, spec.definition, spec.twin):
        _word(text)
    if (
        spec.name != name
        or type(given["version"]) is not int
        or type(given["headline"]) is not bool
        or spec.scale != Scale(spec.scale).value
        or not 0 < float(spec.material) < MOST_NUMBER
    ):
        raise ValueError("spec")
    return spec


def _word(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        raise TypeError("text")
    return value


def _number_or_none(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError("number")
    return value


def _row(body: Mapping[str, Any], n_blocks: int, spec: RowSpec) -> RowSums:
    table = np.array([body[key] for key in SUMS], dtype=float).T
    if table.shape != (n_blocks, len(SUMS)) or not (abs(table) < MOST_NUMBER).all():
        raise ValueError("rows")
    counts = body.get("counts")
    if (counts is not None) != (spec.scale == Scale.DISTRIBUTION.value):
        raise ValueError("counts")
    if counts is None:
        return RowSums(table)
    kept = tuple({_word(k): int(v) for k, v in c.items()} for c in counts)
    if len(kept) != n_blocks or any(
        not 0 <= n < MOST_NUMBER for c in kept for n in c.values()
    ):
        raise ValueError("counts")
    return RowSums(table, kept)


def _block(body: Mapping[str, Any]) -> BlockInfo:
    n, n_user = int(body["n_messages"]), int(body["n_user_messages"])
    if not (0 <= n < MOST_NUMBER and 0 <= n_user < MOST_NUMBER):
        raise ValueError("counts")
    rule, language = _word(body["rule"]), _word(body["language"])
    return BlockInfo(rule, _time(body["started_at"]), n, n_user, language)


def _quote(body: Mapping[str, Any]) -> Quote:
    spans = tuple((int(a), int(b)) for a, b in body["spans"])
    native_id = body["native_id"]
    return Quote(
        int(body["message_id"]),
        None if native_id is None else _word(native_id),
        _time(body["sent_at"]),
        str(body["text"]),
        spans,
    )


def _time(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or not math.isfinite(moment.timestamp()):
        raise ValueError("time")
    return moment.astimezone(UTC)
