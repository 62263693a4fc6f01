"""Tasks: importing, beside bare SQLite that writes the same rows."""

from __future__ import annotations

import json
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlalchemy import text

from benches.measure import forget_peak, peak_mib
from benches.talk import write_talk
from persona_vault.embedders import Embedder, load_embedder
from persona_vault.embedders.weights import find_model
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.ingest import import_file
from persona_vault.model import ReadOptions
from persona_vault.search import embed_messages
from persona_vault.store.vault import Vault, open_vault

PASSPHRASE = "a passphrase of the bench"  # noqa: S105 - the vault lives for seconds
_SMALL = 100
_PASSAGES = text(
    """
    SELECT message.native_id, passage.text
    FROM message JOIN passage ON passage.message_id = message.id ORDER BY message.id
    """
)

Taken = tuple[float, float]  # wall and processor seconds


def make_vault(folder: Path, *, encrypted: bool) -> Vault:
    """A new vault."""
    return open_vault(folder, create=True, passphrase=PASSPHRASE if encrypted else None)


def reach_vault(folder: Path, *, encrypted: bool) -> Vault:
    """A vault that was made by `make_vault`."""
    return open_vault(folder, passphrase=PASSPHRASE if encrypted else None)


def compare_imports(
    *, n_messages: int, n_rounds: int, kinds: Sequence[str]
) -> dict[str, Any]:
    """Case -> wall and processor seconds of each round.

    Every round does all cases once, so that a busy moment hits all of them.
    """
    _one_round(_SMALL, n_rounds, kinds)  # what is loaded once is loaded before
    taken: dict[str, list[Taken]] = {}
    for number in range(n_rounds):
        for case, spent in _one_round(n_messages, number, kinds).items():
            taken.setdefault(case, []).append(spent)
    return {"taken": taken}


def _one_round(n_messages: int, seed: int, kinds: Sequence[str]) -> dict[str, Taken]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        talk = folder / "talk.jsonl"
        write_talk(talk, n_messages, seed=seed)
        cases = _import_into(folder, talk, kinds)
        made = folder / kinds[0]
        cases |= bare_insert(folder, made, encrypted=kinds[0] != "plain")
        cases["reading alone"] = _timed(lambda: _read_only(talk))
    return cases


def _import_into(folder: Path, talk: Path, kinds: Sequence[str]) -> dict[str, Taken]:
    cases: dict[str, Taken] = {}
    for kind in kinds:
        with make_vault(folder / kind, encrypted=kind != "plain") as vault:
            for case in ("import", "again"):
                cases[f"{case}, {kind}"] = _timed(
                    lambda: import_file(vault, talk, persona="Ava")
                )
    return cases


def _read_only(talk: Path) -> None:
    with Source.open(talk) as source:
        reader = find_importer(source, ReadOptions())
        deque(reader.read(source, ReadOptions()), maxlen=0)


def _timed(work: Callable[[], Any]) -> Taken:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def bare_insert(folder: Path, vault: Path, *, encrypted: bool) -> dict[str, Taken]:
    """What bare SQLite takes for the vault's rows, journal off, in one go.

    The message rows alone, without any index; then all rows of all tables with the
    vault's own keys, indexes and full text.
    """
    with reach_vault(vault, encrypted=encrypted) as opened:
        raw: Any = opened.engine.raw_connection()
        schema = (
            raw.cursor()
            .execute(
                "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
                " AND name NOT LIKE 'sqlite_%' AND type IN ('table', 'index')"
            )
            .fetchall()
        )
        virtual = [name for _, name, sql in schema if "VIRTUAL TABLE" in sql.upper()]
        own = [
            one
            for one in schema
            if not any(one[1].startswith(f"{v}_") for v in virtual)
        ]
        rows = {
            name: raw.cursor().execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
            for kind, name, _ in own
            if kind == "table" and name not in virtual
        }
        raw.close()
    columns = ", ".join(f"c{i}" for i in range(len(rows["message"][0])))
    return {
        "bare rows": _bare(
            folder / "rows.db",
            [f"CREATE TABLE message ({columns})"],
            {"message": rows["message"]},
            [],
        ),
        "bare all": _bare(folder / "all.db", [sql for *_, sql in own], rows, virtual),
    }


def _bare(
    path: Path,
    statements: Sequence[str],
    rows: dict[str, list[Any]],
    full_text: Sequence[str],
) -> Taken:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    for statement in statements:
        connection.execute(statement)

    def write() -> None:
        connection.execute("BEGIN")
        for name, values in rows.items():
            if values:
                marks = ", ".join("?" * len(values[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", values)  # noqa: S608
        for name in full_text:
            connection.execute(f"INSERT INTO {name}({name}) VALUES('rebuild')")
        connection.execute("COMMIT")

    spent = _timed(write)
    connection.close()
    return spent


def build_vault(*, folder: str, n_messages: int, encrypted: bool) -> dict[str, Any]:
    """Import a talk of this size into a new vault; seconds, memory, size on disk."""
    place = Path(folder)
    place.mkdir(parents=True)
    small, talk = place / "small.jsonl", place / "talk.jsonl"
    write_talk(small, _SMALL, seed=1)
    write_talk(talk, n_messages, seed=2)
    with make_vault(place / "vault", encrypted=encrypted) as vault:
        import_file(vault, small, persona="Noor")
        opened = peak_mib()
        forget_peak()  # stretching a passphrase takes 256 MiB, under which much hides
        before = peak_mib()
        wall, _ = _timed(lambda: import_file(vault, talk, persona="Ava"))
    after = peak_mib()
    most = None if opened is None or after is None else max(opened, after)
    talk.unlink()
    return {
        "wall": wall,
        "peak_mib": most,
        "grown_mib": None if before is None or after is None else after - before,
        "n_bytes": (place / "vault" / "vault.db").stat().st_size,
    }


def write_for_peers(*, path: str, n_messages: int) -> dict[str, Any]:
    """A talk for all programs alike, and where the model's weights are."""
    write_talk(Path(path), n_messages, seed=3)
    return {"weights": str(find_model().path)}


def write_passages(*, talk: str, path: str) -> dict[str, Any]:
    """The texts that a vault gives to its model for the messages of a talk, with ids.

    Each stands for a message, with the turn before it: about twice as long as that.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        make_vault(Path(name) / "vault", encrypted=False) as vault,
    ):
        import_file(vault, Path(talk), persona="Ava")
        with vault.read() as connection:
            rows = connection.execute(_PASSAGES).all()
    with Path(path).open("w", encoding="utf-8") as file:
        for number, passage in rows:
            file.write(json.dumps({"id": number, "text": passage}) + "\n")
    return {"n_texts": len(rows)}


class Counting:
    """An embedder that counts the texts it is given."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.model_id, self.dim = embedder.model_id, embedder.dim
        self.n_texts = 0

    def encode(self, texts: Sequence[str]) -> Any:
        """Vectors of the embedder within."""
        self.n_texts += len(texts)
        return self._embedder.encode(texts)


def embed_more(*, n_messages: int, n_rounds: int) -> dict[str, Any]:
    """Embed a talk, import it again, and with one message in a hundred more.

    For each round the seconds of the two embeddings, and the texts that were embedded
    first, after the second import of the same file, and for the new messages.
    """
    embedder = load_embedder()
    embedder.encode(["a text that has the model read into memory"] * 40)
    rounds = []
    for number in range(n_rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            longer, talk = folder / "longer.jsonl", folder / "talk.jsonl"
            write_talk(longer, n_messages * 101 // 100, seed=number)
            with longer.open(encoding="utf-8") as file:
                lines = [next(file) for _ in range(n_messages)]
            talk.write_text("".join(lines), encoding="utf-8")
            with make_vault(folder / "vault", encrypted=False) as vault:
                rounds.append(
                    [_embed_after(vault, p, embedder) for p in (talk, talk, longer)]
                )
    return {"rounds": rounds}


def _embed_after(vault: Vault, talk: Path, embedder: Embedder) -> tuple[float, int]:
    import_file(vault, talk, persona="Ava")
    counting = Counting(embedder)
    wall, _ = _timed(lambda: embed_messages(vault, counting))
    return wall, counting.n_texts


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "compare_imports": compare_imports,
    "build_vault": build_vault,
    "embed_more": embed_more,
    "write_for_peers": write_for_peers,
    "write_passages": write_passages,
}
