"""SQLite files of strangers: read as plain tables, or refused."""

import hashlib
import random
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files import sqlite_file
from persona_vault.importers.files.sqlite_file import open_database
from persona_vault.importers.formats.llm_logs.importer import LlmLogs
from persona_vault.importers.source import Source
from persona_vault.model import SourceFact
from tests.importers.flat import NO_OPTIONS, messages, read

GOLDEN = Path(__file__).parent / "golden" / "llm_logs"
COLUMNS = "id, model, prompt, response, conversation_id, datetime_utc"


def made(path: Path, script: str) -> Path:
    """A database made by a script."""
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def rows(path: Path, table: str, *columns: str) -> list[dict[str, object]]:
    """The rows of a table, read as a stranger's."""
    with Source.open(path) as source, open_database(source, path.name) as database:
        return list(database.select(table, columns))


def test_file_is_not_touched(tmp_path: Path) -> None:
    """Reading leaves every byte as it was, and no file beside it."""
    path = tmp_path / "logs.db"
    shutil.copyfile(GOLDEN / "logs.db", path)
    before = hashlib.sha256(path.read_bytes()).digest()
    path.chmod(0o400)

    read(LlmLogs(), path)

    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert list(tmp_path.iterdir()) == [path]


def test_same_records_out_of_a_zip_and_a_folder(tmp_path: Path) -> None:
    """A file inside a zip is read in memory and gives what the file gives."""
    archive = tmp_path / "logs.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(GOLDEN / "logs.db", "logs.db")
    folder = tmp_path / "io.datasette.llm"
    folder.mkdir()
    shutil.copyfile(GOLDEN / "logs.db", folder / "logs.db")

    alone = read(LlmLogs(), GOLDEN / "logs.db")

    assert read(LlmLogs(), archive) == alone
    assert read(LlmLogs(), folder) == alone


def test_changes_beside_the_file_are_told(tmp_path: Path) -> None:
    """What another program has not yet written into the file is missing: say so."""
    path = tmp_path / "logs.db"
    shutil.copyfile(GOLDEN / "logs.db", path)
    Path(f"{path}-wal").write_bytes(b"changes")

    assert read(LlmLogs(), path)[0] == SourceFact(
        "changes_beside", "not read", "logs.db"
    )
    assert SourceFact("changes_beside", "not read", "logs.db") in read(
        LlmLogs(), tmp_path
    )


@pytest.mark.parametrize(
    "script",
    [
        # A view in the place of a table, over a list that never ends.
        "CREATE TABLE conversations (id); CREATE VIEW responses (%s) AS "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i, i, i, i, i, i FROM n",
        # A virtual table in the place of a table.
        "CREATE TABLE conversations (id);CREATE VIRTUAL TABLE responses USING fts5(%s)",
    ],
)
def test_only_plain_tables_count(tmp_path: Path, script: str) -> None:
    """What computes its rows is no table, so that the file is not this format."""
    path = made(tmp_path / "logs.db", script % COLUMNS)

    with Source.open(path) as source:
        assert not LlmLogs().identify(source, NO_OPTIONS)


def test_column_that_computes_makes_no_plain_table(tmp_path: Path) -> None:
    """A computed column would run the file's own functions, unseen by any guard."""
    own = COLUMNS.replace("response,", "response AS (hex(zeroblob(id))),")
    script = "CREATE TABLE conversations (id); CREATE TABLE responses (COLUMNS);"
    script += "CREATE TABLE t (a, b AS (a) STORED); INSERT INTO t VALUES (1)"
    path = made(tmp_path / "logs.db", script.replace("COLUMNS", own))

    with Source.open(path) as source:
        assert not LlmLogs().identify(source, NO_OPTIONS)
    assert rows(path, "t", "a", "b") == []


def test_long_work_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading that takes far more steps than the file has bytes is given up."""
    many = "INSERT INTO t SELECT 1 FROM n" + ", n" * 2
    path = made(
        tmp_path / "logs.db",
        "CREATE TABLE t (a); CREATE TABLE n (i);"
        + "INSERT INTO n VALUES (1);" * 25
        + many,
    )
    assert len(rows(path, "t", "a")) == 25**3
    monkeypatch.setattr(sqlite_file, "_LEAST_BUDGET", 0)
    monkeypatch.setattr(sqlite_file, "_BUDGET_PER_BYTE", 0)

    with pytest.raises(InputRejectedError):
        rows(path, "t", "a")


def test_writing_is_impossible(tmp_path: Path) -> None:
    """The connection denies all but reading, whoever asks."""
    path = made(tmp_path / "logs.db", "CREATE TABLE t (a)")
    with Source.open(path) as source, open_database(source, path.name) as database:
        for statement in (
            "INSERT INTO t VALUES (1)",
            "ATTACH ':memory:' AS other",
            "PRAGMA query_only = OFF",
            "SELECT load_extension('x')",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n)"
            " SELECT i FROM n",
        ):
            with pytest.raises(InputRejectedError):
                list(database._rows(statement))


def test_strange_text_becomes_plain(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, and NUL, become the replacement sign."""
    path = made(
        tmp_path / "logs.db",
        "CREATE TABLE t (a TEXT);"
        "INSERT INTO t VALUES (CAST(X'61ff00' AS TEXT)), (X'61'), (3), (NULL)",
    )

    found = [row["a"] for row in rows(path, "t", "a", "missing")]

    assert found == ["a\ufffd\ufffd", "a", "3", None]


def test_damage_is_refused_or_read_never_a_crash() -> None:
    """Any change of bytes gives records or one error of our own."""
    whole = (GOLDEN / "logs_2023.db").read_bytes()
    chance = random.Random(7)
    n_refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        n_refused += _is_refused(bytes(data))

    assert 0 < n_refused < 150


def _is_refused(data: bytes) -> bool:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "logs.db")
        path.write_bytes(data)
        try:
            with Source.open(path) as source:
                if LlmLogs().identify(source, NO_OPTIONS):
                    list(LlmLogs().read(source, NO_OPTIONS))
        except InputRejectedError:
            return True
    return False


def test_names_with_signs_of_an_address_are_names(tmp_path: Path) -> None:
    """A question mark or percent sign in a name is no part of the address."""
    path = tmp_path / "lo%3fgs #1.db"
    shutil.copyfile(GOLDEN / "logs.db", path)

    assert messages(read(LlmLogs(), path))
