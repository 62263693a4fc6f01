"""A harness for importer authors: golden files, and rules every importer keeps.

Part of the product: `write_golden` makes the expectations of a folder of exports, and a
plugin's own tests call `check_golden` and `conformance`, which return what is wrong as
plain sentences, so that they suit any test runner.
"""

import dataclasses
import json
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from persona_vault.errors import VaultError
from persona_vault.importers.base import Importer
from persona_vault.importers.files.containers import Container, Stream
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import HEAD_BYTES, Source
from persona_vault.model import Message, ReadOptions, Record, TimeQuality

EXPECTED = ".expected.jsonl"
OPTIONS = ".options.json"
_SECRET = "canary-7f3a"  # noqa: S105 - planted where no importer may look
_N_FLIPS = 40
_FOREIGN = {
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "empty-list.json": b"[]",
    "empty-object.json": b"{}",
    "other.json": b'[{"colour": "green", "size": 3}]',
    "prose.txt": b"A quiet evening by the river.\nNothing was said.\n",
    "other.csv": b"colour,size\ngreen,3\n",
}


def golden_records(
    path: Path, importer: Importer, options: ReadOptions | None = None
) -> str:
    """The records of an export as canonical JSON lines, the importer named first.

    Fields that hold their default are left out.
    """
    head = {"importer": importer.name, "version": importer.version}
    lines = [json.dumps(head, sort_keys=True)]
    with Source.open(path) as source:
        for record in importer.read(source, options or ReadOptions()):
            lines.append(json.dumps(_plain(record), ensure_ascii=False, sort_keys=True))
    return "\n".join(lines) + "\n"


def _plain(record: Record) -> dict[str, Any]:
    return {"record": type(record).__name__, **_fields(record)}


def _fields(value: Any) -> dict[str, Any]:
    found = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if content != field.default:
            found[field.name] = _json_value(content)
    return found


def _json_value(content: Any) -> Any:
    if dataclasses.is_dataclass(content):
        return _fields(content)
    if isinstance(content, datetime):
        return content.isoformat()
    if isinstance(content, tuple):
        return [_json_value(part) for part in content]
    return content


def golden_exports(folder: Path) -> list[Path]:
    """The exports of a golden folder: all but notes, options and expectations."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.name != "NOTE.md"
        and not path.name.startswith(".")
        and not path.name.endswith((EXPECTED, OPTIONS))
    )


def beside(export: Path, ending: str) -> Path:
    """The file beside an export that belongs to it, such as its expectation."""
    return export.with_name(export.name + ending)


def golden_options(export: Path) -> ReadOptions:
    """What `<export>.options.json` gives as options; the defaults without one."""
    path = beside(export, OPTIONS)
    if not path.exists():
        return ReadOptions()
    given = json.loads(path.read_text(encoding="utf-8"))
    for key in ("me", "them"):
        if key in given:
            given[key] = tuple(given[key])
    return ReadOptions(**given)


def identified(
    export: Path, options: ReadOptions, among: Sequence[Importer] | None = None
) -> Importer:
    """The one importer that knows an export.

    Raises:
        InputRejectedError: None does, or several do.
    """
    with Source.open(export) as source:
        return find_importer(source, options, among=among)


def write_golden(
    folder: Path,
    *,
    force: bool = False,
    among: Sequence[Importer] | None = None,
) -> tuple[list[str], list[str]]:
    """Write the expected records that a golden folder lacks: (written, refused).

    An expectation that is there and differs is overwritten only with `force`: read the
    difference first. Both lists hold one line for each export concerned.
    """
    written, refused = [], []
    for export in golden_exports(folder):
        target, options = beside(export, EXPECTED), golden_options(export)
        try:
            importer = identified(export, options, among)
            text = golden_records(export, importer, options)
        except VaultError as error:
            refused.append(f"{export.name}: {error}")
            continue
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        if target.exists() and not force:
            refused.append(f"{export.name}: differs; --force overwrites")
            continue
        target.write_text(text, encoding="utf-8", newline="\n")
        written.append(f"{export.name}: written by {importer.name}")
    return written, refused


def check_golden(folder: Path, among: Sequence[Importer] | None = None) -> list[str]:
    """What differs between the exports of a folder and their expected records.

    A `NOTE.md` must say where the shapes come from. `among` are the importers to
    choose from, by default all that are registered.
    """
    problems = [] if (folder / "NOTE.md").exists() else [f"{folder.name}: no NOTE.md"]
    exports = golden_exports(folder)
    expected = {p.name.removesuffix(EXPECTED) for p in folder.glob(f"*{EXPECTED}")}
    lost = expected - {export.name for export in exports}
    problems += [f"{name}: expected, but there is no export" for name in sorted(lost)]
    for export in exports:
        if export.name not in expected:
            problems.append(f"{export.name}: no expected records")
            continue
        problems += _golden_problem(export, among)
    return problems


def _golden_problem(export: Path, among: Sequence[Importer] | None) -> list[str]:
    options = golden_options(export)
    try:
        importer = identified(export, options, among)
    except VaultError as error:
        return [f"{export.name}: {error}"]
    found = golden_records(export, importer, options).splitlines()
    wanted = beside(export, EXPECTED).read_text(encoding="utf-8").split("\n")[:-1]
    for number, pair in enumerate(zip(found, wanted, strict=False), 1):
        if pair[0] != pair[1]:
            return [f"{export.name}: record line {number} differs from the expected"]
    if len(found) != len(wanted):
        return [f"{export.name}: {len(found)} lines, expected {len(wanted)}"]
    return []


def conformance(
    importer: Importer, export: Path, options: ReadOptions | None = None
) -> list[str]:
    """Which rules of an importer are broken on an export that it should read.

    Reads it twice, then copies that are cut off, damaged, or have a login beside them.
    """
    options = options or ReadOptions()
    return [
        *_identify_problems(importer, export, options),
        *_record_problems(importer, export, options),
        *_damage_problems(importer, export, options),
        *_secret_problems(importer, export, options),
    ]


def _read(importer: Importer, path: Path, options: ReadOptions) -> list[Record]:
    with Source.open(path) as source:
        if not importer.identify(source, options):
            return []
        return list(importer.read(source, options))


class _Counted:
    """A container that remembers the longest reading of any member."""

    def __init__(self, inner: Container) -> None:
        self._inner = inner
        self.kind = inner.kind
        self.sizes = inner.sizes
        self.skipped = inner.skipped
        self.streams: list[Stream] = []

    def open(self, name: str) -> Stream:
        self.streams.append(self._inner.open(name))
        return self.streams[-1]

    def close(self) -> None:
        self._inner.close()

    def n_longest(self) -> int:
        return max((stream.n_read for stream in self.streams), default=0)


def _identify_problems(
    importer: Importer, export: Path, options: ReadOptions
) -> Iterator[str]:
    with Source.open(export) as plain:
        counted = _Counted(plain.container)
        if not importer.identify(Source(export, counted), options):
            yield f"{export.name} is not identified"
        if counted.n_longest() > HEAD_BYTES:
            yield f"identify reads {counted.n_longest()} bytes of one member"
    with tempfile.TemporaryDirectory() as folder:
        for name, data in _FOREIGN.items():
            path = Path(folder, name)
            path.write_bytes(data)
            # A file that cannot be looked at is refused, which is no claim to it.
            with suppress(VaultError), Source.open(path) as source:
                if importer.identify(source, options):
                    yield f"the foreign file {name} is identified"


def _record_problems(
    importer: Importer, export: Path, options: ReadOptions
) -> Iterator[str]:
    records = _read(importer, export, options)
    if records != _read(importer, export, options):
        yield "two readings give different records"
    if not records:
        yield "no record is read"
    places = [(type(record), record.where) for record in records]
    if len(set(places)) != len(places):
        yield "two records stand at the same place"
    for record in records:
        if not record.where:
            yield "a record has no place"
        if isinstance(record, Message):
            yield from _message_problems(record)
        elif problem := _entry_problem(record):
            yield f"{record.where}: {problem}"


def _entry_problem(record: Record) -> str:
    reason = getattr(record, "reason", "given")
    valid_from = getattr(record, "valid_from", None)
    if not reason:
        return "no reason is given"
    if valid_from is not None and valid_from.utcoffset() != timedelta(0):
        return "valid_from is not aware UTC"
    return ""


def _message_problems(message: Message) -> Iterator[str]:
    timeless = message.time_quality is TimeQuality.NONE
    local = message.time_quality is TimeQuality.LOCAL
    if not message.speaker:
        yield f"{message.where}: no speaker"
    if message.sent_at is not None and message.sent_at.utcoffset() != timedelta(0):
        yield f"{message.where}: sent_at is not aware UTC"
    if (message.sent_at is None) != (timeless or local):
        yield f"{message.where}: sent_at does not fit {message.time_quality}"
    if (message.local_at is not None) != local:
        yield f"{message.where}: local_at does not fit {message.time_quality}"
    if message.local_at and datetime.fromisoformat(message.local_at).tzinfo:
        yield f"{message.where}: local_at names a zone"
    if message.sent_at and message.sent_at > datetime.now(UTC) + timedelta(days=1):
        yield f"{message.where}: sent_at lies in the future"
    if any("\ud800" <= letter <= "\udfff" for letter in message.text):
        yield f"{message.where}: a lone surrogate in the text"


@contextmanager
def _copy(export: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, export.name)
        if export.is_dir():
            shutil.copytree(export, copy)
        else:
            shutil.copyfile(export, copy)
        yield copy


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file())


def _damages(data: bytes) -> Iterator[tuple[str, bytes]]:
    n = len(data)
    for at in sorted({1, n // 7, n // 3, n // 2, n * 4 // 5, n - 2, n - 1}):
        if 0 < at < n:
            yield f"cut at byte {at}", data[:at]
    # Fixed, so that a failure can be seen again.
    chance = random.Random(11)
    for _ in range(_N_FLIPS if n else 0):
        at, bit = chance.randrange(n), chance.randrange(8)
        flipped = bytearray(data)
        flipped[at] ^= 1 << bit
        yield f"bit {bit} of byte {at} flipped", bytes(flipped)


def _damage_problems(
    importer: Importer, export: Path, options: ReadOptions
) -> Iterator[str]:
    """Whatever the damage, only a VaultError may come out."""
    with _copy(export) as copy:
        for path in _files(copy):
            whole = path.read_bytes()
            for damage, data in _damages(whole):
                path.write_bytes(data)
                try:
                    _read(importer, copy, options)
                except VaultError:
                    pass
                except Exception as error:  # noqa: BLE001 - the rule under test
                    yield f"{path.name}, {damage}: {type(error).__name__}"
            path.write_bytes(whole)


def _secret_problems(
    importer: Importer, export: Path, options: ReadOptions
) -> Iterator[str]:
    """Put files with a login beside the export; no record may hold their content."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "export")
        if export.is_dir():
            shutil.copytree(export, folder)
        else:
            folder.mkdir()
            shutil.copyfile(export, folder / export.name)
        for name in ("chat_backup.ini", ".env", "user_auth.json"):
            Path(folder, name).write_text(f'["{_SECRET}"]', encoding="utf-8")
        try:
            records = _read(importer, folder, options)
        except VaultError:
            return
        for record in records:
            if _SECRET in repr(record):
                yield f"{record.where}: holds the content of a secret file"
