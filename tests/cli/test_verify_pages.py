"""`verify` where the headers of pages rotted: rows come and go there by one bit."""

import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import NoResultFound

from persona_vault.errors import DiskFullError, VaultDamagedError
from persona_vault.store.hashing import content_hash
from persona_vault.store.vault import open_vault
from persona_vault.store.verify import Damage, derived
from tests.cli.conftest import Run, RunJson

PAGE = 4096
LEAVES = (0x0A, 0x0D)  # of an index and of a table, by SQLite's file format
# Tables whose rows others hang on, each in its own way; the rest is slow.
FIRST = ("message", "raw_record", "passage", "vector", "source", "message_fts_config")

Flip = tuple[int, int]  # place in the file, bit


def leaf_headers(data: bytes, root: int) -> Iterator[int]:
    """Where the headers of a tree's leaf pages stand in the file."""
    start = (root - 1) * PAGE
    at = start + 100 if root == 1 else start
    if data[at] in LEAVES:
        yield at
        return
    (n_cells,) = struct.unpack_from(">H", data, at + 3)
    for number in range(n_cells):
        (cell,) = struct.unpack_from(">H", data, at + 12 + 2 * number)
        yield from leaf_headers(data, *struct.unpack_from(">I", data, start + cell))
    yield from leaf_headers(data, *struct.unpack_from(">I", data, at + 8))


def flips_of(data: bytes, root: int) -> Iterator[Flip]:
    """One more or one less cell, a cell elsewhere: of a tree's first and last leaf."""
    headers = list(leaf_headers(data, root))
    for at in sorted({headers[0], headers[-1]}):
        (n_cells,) = struct.unpack_from(">H", data, at + 3)
        yield at + 4, 0
        if n_cells:
            yield at + 8, 0
            yield at + 7 + 2 * n_cells, 3


def roots_of(vault: Path) -> dict[str, int]:
    """First pages of all tables."""
    with open_vault(vault) as opened, opened.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, rootpage FROM sqlite_schema"
            " WHERE type = 'table' AND rootpage > 0"
        )
        return {row.name: row.rootpage for row in rows}


def seen(vault: Path) -> list[str]:
    """All that a reader would see."""
    with open_vault(vault) as opened, opened.read() as connection:
        run = connection.exec_driver_sql
        words = "SELECT rowid FROM message_fts WHERE message_fts MATCH ? ORDER BY rowid"
        return [
            content_hash(connection),
            str(run("SELECT * FROM vector ORDER BY digest").all()),
            *(str(run(words, (word,)).all()) for word in ("the", "you", "tea")),
        ]


@pytest.fixture
def spoil(talk_home: Path) -> Callable[[Flip], None]:
    """Puts the vault back as it was, but for one bit."""
    vault, sound = talk_home / "vault", talk_home / "sound"
    shutil.copytree(vault, sound)

    def run(flip: Flip) -> None:
        shutil.rmtree(vault)
        shutil.copytree(sound, vault)
        data = bytearray((sound / "vault.db").read_bytes())
        data[flip[0]] ^= 1 << flip[1]
        (vault / "vault.db").write_bytes(data)

    return run


def check_flips(
    vault: Path, names: Iterable[str], spoil: Callable[[Flip], None], run: Run
) -> int:
    """Each is told as damage, or shows nowhere; how many were told."""
    wanted, roots = seen(vault), roots_of(vault)
    data = (vault / "vault.db").read_bytes()
    n_told = 0
    for name, flip in [(n, f) for n in names for f in flips_of(data, roots[n])]:
        spoil(flip)
        codes = [run("verify").code, run("verify", "--repair").code]
        assert set(codes) <= {0, 7}, (name, flip, codes)
        n_told += codes[0] == 7
        if codes[0] == 0:
            assert seen(vault) == wanted, (name, flip)
    return n_told


@pytest.mark.parametrize("name", FIRST)
def test_a_rotten_page_header_is_told(
    talk_home: Path, spoil: Callable[[Flip], None], run: Run, name: str
) -> None:
    """Never a traceback, and neither a repair ends in one."""
    assert check_flips(talk_home / "vault", [name], spoil, run)


@pytest.mark.slow
def test_a_rotten_page_header_of_any_table_is_told(
    talk_home: Path, spoil: Callable[[Flip], None], run: Run
) -> None:
    """Of every table, those of the word index and of SQLite itself included."""
    vault = talk_home / "vault"
    names = roots_of(vault).keys() - set(FIRST)
    assert len(names) > 20
    assert check_flips(vault, sorted(names), spoil, run) > 20


def test_a_message_that_is_gone_is_named(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Deleted by another program: its number and its source; `reimport` says so too."""
    other = sqlite3.connect(talk_home / "vault" / "vault.db")
    other.execute("DELETE FROM message WHERE id = 7")
    other.commit()
    other.close()
    found = run_json("verify", code=7)["damage"]
    kinds = {(d["level"], d["kind"], d["table"]): d for d in found}
    assert ("hashes", "lost", "message") in kinds
    gone = kinds["content", "lost", "message"]
    assert (gone["ids"], gone["sources"], gone["n"]) == ([7], [1], 1)
    assert not gone["rebuildable"]
    left = run("verify", "--repair")
    assert left.code == 7
    assert "1 row of message is gone" in left.out
    assert "message ids: 7" in left.out
    assert "restore" in left.out


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NoResultFound(), 7),
        (VaultDamagedError("x"), 7),
        (TypeError(), 7),
        (DiskFullError("x"), 9),
    ],
)
def test_what_was_found_stays_where_a_later_check_breaks_off(
    talk_home: Path,
    run_json: RunJson,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    code: int,
) -> None:
    """The broken check is one finding more; a full disk alone is no damage."""

    def broken(_reader: object) -> Iterator[Damage]:
        raise failure
        yield

    monkeypatch.setattr(derived, "check_files", broken)
    said = run_json("verify", code=code)
    assert code == 9 or [d["kind"] for d in said["damage"]] == ["unfinished"]
    other = sqlite3.connect(talk_home / "vault" / "vault.db")
    other.execute("UPDATE message SET speaker = 'X' WHERE id = 5")
    other.commit()
    other.close()
    kinds = [d["kind"] for d in run_json("verify", code=7)["damage"]]
    assert kinds == ["changed", "passage", "unfinished", "record"]
