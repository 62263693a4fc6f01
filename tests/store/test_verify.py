"""Damage is found wherever a reader could meet it; what is derived is made again."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import DiskFullError, VaultDamagedError, VaultError
from persona_vault.store.hashing import TABLES, content_hash
from persona_vault.store.schema import HASHED, metadata
from persona_vault.store.vault import Vault, open_vault
from persona_vault.store.verify import Damage, find_damage, repair

Tell = Callable[..., int]
TALK = {
    "quay": [
        (str(i), f"the tide table says {i} and the lamp is lit") for i in (1, 2, 3)
    ],
    "attic": [(str(i), f"a letter of the year {1900 + i} in a tin") for i in (1, 2)],
}


@pytest.fixture
def told(vault: Vault, tell: Tell) -> Vault:
    """A vault with something in every table that has row hashes."""
    tell(vault, "one.json", TALK)
    tell(vault, "two.json", {"quay": [("1", "the tide table was wrong")]})
    _fill(vault)
    return vault


def _fill(vault: Vault) -> None:
    """One row in each table that the telling leaves empty."""
    with vault.write() as connection:
        run = connection.exec_driver_sql
        run("INSERT INTO conversation_ledger VALUES (1, 1, '{}')")
        run("INSERT INTO model_claim VALUES (1, 1, NULL, 'm', 'message', 'answered')")
        run("INSERT INTO attachment VALUES (1, 1, 'a.png', '', 3, 'ab', 0)")
        run("INSERT INTO attachment_source VALUES (1, 1, 'ab', 0)")
        run("INSERT INTO raw_record VALUES (1, 1, 1, NULL, 'line 1', x'00ff')")
        run(
            "INSERT INTO persona_input VALUES (1, 1, 1, 'd:1', NULL, 'memory', '',"
            " 'tea at four', NULL)"
        )
        run("INSERT INTO persona_input_source VALUES (1, 1)")
        run("INSERT INTO event VALUES (1, 1, 5, 'note', 'a day', 'day', 'user')")
        run("INSERT INTO snapshot VALUES (1, 1, 'may', 5, 0, 'ab')")
        run("INSERT INTO forgotten VALUES (1, x'01', NULL, 0, 0)")
        run("INSERT INTO wrong_hit VALUES (1, 'length', x'01', 5)")
        for digest, data in (
            (b"\x00" * 16, b"\x00<\x00\x00"),
            (b"\xff" * 16, b"\0" * 4),
        ):
            run("INSERT INTO vector VALUES (?, 'm', 'fp16', ?)", (digest, data))
        run("INSERT INTO file_chunk VALUES (1, ?, 0, ?)", (EMPTY_SHA256, b""))


EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _rot(vault: Vault, *statements: str) -> None:
    """Change rows behind the back of their hashes, as a flipped bit does."""
    with vault.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("BEGIN IMMEDIATE")
        for statement in statements:
            raw.execute(statement)
        raw.execute("DELETE FROM row_hash_stale")  # as if no trigger had seen it
        raw.execute("COMMIT")
        raw.execute("PRAGMA foreign_keys=ON")


def _found(vault: Vault) -> list[Damage]:
    return list(find_damage(vault))


def test_a_sound_vault_has_no_damage(told: Vault) -> None:
    """After every kind of writing, also of deletion, nothing is said to be damaged."""
    assert _found(told) == []
    told.forget_source(2)
    assert _found(told) == []


def test_every_table_with_something_to_read_has_hashes() -> None:
    """Only what is derived, or empties itself, goes without."""
    derived = {"passage", "row_hash", "row_hash_stale", "vector_part"}
    assert set(metadata.tables) - set(HASHED) == derived
    assert set(TABLES) == set(HASHED)


@pytest.mark.parametrize("table", HASHED)
def test_each_changed_cell_is_found(told: Vault, table: str) -> None:
    """Whatever the column, the row is named; a row that goes is missed."""
    with told.read() as connection:
        n_rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()  # noqa: S608
    assert n_rows, "the fixture fills every table"
    order = ", ".join(f'"{c.name}"' for c in metadata.tables[table].primary_key)
    first = f"({order}) = (SELECT {order} FROM {table} ORDER BY 1 LIMIT 1)"  # noqa: S608
    for column in metadata.tables[table].columns:
        if column.primary_key or (table, column.name) == ("file_chunk", "data"):
            continue
        with told.read() as connection:
            before = connection.exec_driver_sql(
                f'SELECT quote("{column.name}") FROM {table} WHERE {first}'  # noqa: S608
            ).scalar_one()
        _rot(told, f'UPDATE {table} SET "{column.name}" = 77 WHERE {first}')  # noqa: S608
        damages = [d for d in _hashes(told) if d.table == table]
        assert [d.kind for d in damages] == ["changed"], column
        assert damages[0].n == 1
        assert damages[0].rebuildable == (table == "vector")
        _rot(told, f'UPDATE {table} SET "{column.name}" = {before} WHERE {first}')  # noqa: S608
        assert _hashes(told) == [], column
    _rot(told, f"DELETE FROM {table} WHERE {first}")  # noqa: S608
    assert [(d.kind, d.n) for d in _hashes(told) if d.table == table] == [("lost", 1)]


def _hashes(vault: Vault) -> list[Damage]:
    from persona_vault.store.verify.damage import Reader
    from persona_vault.store.verify.rows import check_rows

    reader = Reader(vault)
    try:
        return list(check_rows(reader))
    finally:
        reader.close()


def test_a_damaged_message_is_placed(told: Vault) -> None:
    """Its number, its conversation and its source are told, and none of its words."""
    _rot(told, "UPDATE message SET text = 'the tide tablf' WHERE id = 2")
    (damage,) = [d for d in _found(told) if d.level == "hashes"]
    assert (damage.ids, damage.conversations, damage.sources) == ((2,), (1,), (1,))
    assert not damage.rebuildable
    assert "tide" not in repr(damage)


def test_a_cell_that_is_no_text_is_damage_and_not_a_crash(told: Vault) -> None:
    """Bytes that are no UTF-8, and another type with the same bytes, are both found."""
    _rot(told, "UPDATE message SET text = CAST(x'fffe' AS TEXT) WHERE id = 1")
    assert ("changed", "message") in {(d.kind, d.table) for d in _found(told)}
    _rot(told, "UPDATE message SET speaker = CAST(speaker AS BLOB) WHERE id = 3")
    (damage,) = [d for d in _hashes(told) if d.table == "message"]
    assert damage.ids == (1, 3)


DERIVED = {
    "passage": "UPDATE passage SET text = 'other words' WHERE message_id = 2",
    "passage digest": "UPDATE passage SET digest = x'00' WHERE message_id = 2",
    "passage gone": "DELETE FROM passage WHERE message_id = 2",
    "word index": "UPDATE message_fts_data SET block = x'0000' WHERE id > 10",
    "word index setting": "DELETE FROM message_fts_config WHERE k = 'secure-delete'",
    "vector": "UPDATE vector SET data = x'01' WHERE digest = x'" + "00" * 16 + "'",
    "vector of nothing": "UPDATE vector SET data = x'007e007e'",
    "hash": "UPDATE row_hash SET digests = x'0102030405060708' WHERE block = 0",
    "hash gone": "DELETE FROM row_hash WHERE table_name = 'message'",
    "numbers": "UPDATE sqlite_sequence SET seq = 1",
}


@pytest.mark.parametrize("name", DERIVED)
def test_what_is_derived_is_made_again(told: Vault, name: str) -> None:
    """Damage of it is found, said to be rebuildable, and gone after the repair."""
    with told.read() as connection:
        before = content_hash(connection)
    _rot(told, DERIVED[name])
    found = _found(told)
    assert found
    if name == "word index setting":  # a setting: the schema is not as written
        assert {d.kind for d in found} == {"schema"}
        return
    assert all(damage.rebuildable for damage in found), found
    assert repair(told, found)
    assert _found(told) == []
    with told.read() as connection:
        assert content_hash(connection) == before
        words = "SELECT rowid FROM message_fts WHERE message_fts MATCH 'tide'"
        assert connection.exec_driver_sql(words).scalars().all()


def test_a_repair_leaves_messages_as_they_are(told: Vault) -> None:
    """A changed message is not blessed by a repair: it is found again after it."""
    _rot(told, "UPDATE message SET speaker = 'Moor' WHERE id = 2", DERIVED["passage"])
    repair(told, _found(told))
    left = _found(told)
    assert [(d.kind, d.table, d.ids) for d in left] == [("changed", "message", (2,))]


def test_what_another_program_wrote_is_not_hashed_for_it(
    told: Vault, tell: Tell
) -> None:
    """Neither by a repair nor by what is written later elsewhere in the vault."""
    other = sqlite3.connect(told.path / "vault.db")
    other.execute("UPDATE message SET text = 'the tide was out' WHERE id = 2")
    other.execute("DELETE FROM raw_record")
    other.commit()
    other.close()
    repair(told, _found(told))
    told.set_zone("Europe/Berlin")
    found = {(d.kind, d.table, d.ids) for d in _found(told)}
    assert found >= {("changed", "message", (2,)), ("lost", "raw_record", ())}


def test_what_an_index_says_is_checked(told: Vault) -> None:
    """An index that lost an entry is found and made anew."""
    with told.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA writable_schema=ON")
        sql = "CREATE INDEX ix_message_sent_at ON message (sent_at)"
        other = f"{sql} WHERE sent_at < 5"
        say = "UPDATE sqlite_schema SET sql = ? WHERE name = 'ix_message_sent_at'"
        raw.execute(say, (other,))
        raw.execute("PRAGMA writable_schema=RESET")
        raw.execute("REINDEX ix_message_sent_at")
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute(say, (sql,))
        raw.execute("PRAGMA writable_schema=RESET")
    found = _found(told)
    assert {(d.kind, d.table) for d in found} == {("index", "ix_message_sent_at")}
    assert repair(told, found) == ["index"]
    assert _found(told) == []


def test_a_schema_that_is_not_ours_is_damage(told: Vault) -> None:
    """One statement more, or a trigger less, is found even by the quick look."""
    with told.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER row_hash_message_update")
    assert [d.kind for d in find_damage(told, quick=True)] == ["schema"]


def test_a_reference_to_nothing_is_damage(told: Vault) -> None:
    """A row that names a companion who is not there is named."""
    _rot(told, "UPDATE event SET persona_id = 99")
    assert ("reference", "event") in {(d.kind, d.table) for d in _found(told)}


def test_others_may_write_while_it_looks(told: Vault, tell: Tell) -> None:
    """A row that comes meanwhile is no damage, and the writer does not wait."""
    looking = find_damage(told, progress=lambda _level: arrivals())

    def arrivals() -> None:
        number = str(len(list(told.messages())) + 9)
        tell(told, f"{number}.json", {"quay": [(number, "and one more thing")]})

    assert list(looking) == []


@pytest.fixture(params=["plain", "encrypted"])
def closed(
    request: pytest.FixtureRequest,
    plain_template: Path,
    tmp_path: Path,
    tell: Tell,
    encrypted_vault: Callable[..., Vault],
    passphrase: str,
) -> Iterator[tuple[Path, str | None]]:
    """A closed vault with a talk in it, and its passphrase."""
    secret = None
    if request.param == "plain":
        shutil.copytree(plain_template, tmp_path / "vault")
        vault = open_vault(tmp_path / "vault")
    else:
        vault, secret = encrypted_vault("vault"), passphrase
    with vault:
        tell(vault, "one.json", TALK)
        _fill(vault)
    return vault.path, secret


def _seen(path: Path, secret: str | None) -> list[str]:
    """All that a reader would see, as text."""
    with open_vault(path, passphrase=secret) as vault, vault.read() as connection:
        run = connection.exec_driver_sql
        found = [content_hash(connection)]
        for word in ("tide", "letter", "lamp"):
            rows = run(
                "SELECT rowid FROM message_fts WHERE message_fts MATCH ?"
                " ORDER BY rank, rowid",
                (word,),
            )
            found.append(str(rows.all()))
        found.append(str(run("SELECT * FROM vector ORDER BY digest").all()))
        return found


def test_a_flipped_bit_is_found_or_shows_nowhere(
    closed: tuple[Path, str | None], tmp_path: Path
) -> None:
    """At 14 places of header and database, of each kind of vault."""
    path, secret = closed
    wanted = _seen(path, secret)
    chance = random.Random(11)
    work = tmp_path / "work"
    for number in range(14):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(path, work)
        file = work / ("vault.json" if number % 7 == 6 else "vault.db")
        data = bytearray(file.read_bytes())
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        found: list[object] = []
        try:
            with open_vault(work, passphrase=secret) as vault:
                found += _found(vault)
        except VaultError as error:
            found.append(error)
        if secret is not None:
            assert found, at
        assert found or _seen(work, secret) == wanted, (file.name, at)


def _is_readable(vault: Vault, message_id: int) -> bool:
    try:
        vault.message(message_id)
    except VaultDamagedError:
        return False
    return True


def test_an_unreadable_page_costs_only_its_rows(
    encrypted_vault: Callable[..., Vault], tell: Tell, passphrase: str
) -> None:
    """In an encrypted vault the rows on a damaged page are named, others compared."""
    with encrypted_vault("pages") as vault:
        text = "so many words that a page holds but a few of them " * 10
        tell(vault, "one.json", {"quay": [(str(i), text) for i in range(1, 60)]})
        with vault.read() as connection:
            size = int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    sound = (vault.path / "vault.db").read_bytes()
    for start in range(size * 40, len(sound), size):  # behind the schema
        data = bytearray(sound)
        data[start + 100] ^= 1
        (vault.path / "vault.db").write_bytes(data)
        with (
            suppress(VaultDamagedError),
            open_vault(vault.path, passphrase=passphrase) as opened,
        ):
            if _is_readable(opened, 30):
                continue
            found = next(d for d in _hashes(opened) if d.table == "message")
            break
    assert found.kind == "unreadable"
    assert 0 < len(found.ids) == found.n < 59


def test_a_disk_that_fills_up_while_rows_are_hashed_keeps_nothing(told: Vault) -> None:
    """The hashes are of the same transaction: without them there are no rows either."""
    with told.read() as connection:
        before = content_hash(connection)
        n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    many = [(f"k{number:04d}", "x" * 50) for number in range(200)]

    def write(room: int) -> None:
        with told.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={n_pages + room}")
            connection.exec_driver_sql("INSERT INTO setting VALUES (?, ?)", many)

    for room in range(8):
        with suppress(DiskFullError):
            write(room)
            break
        assert _found(told) == []
        with told.read() as connection:
            assert content_hash(connection) == before
    assert room > 1
    assert _found(told) == []


def test_a_page_that_only_the_log_has_whole_is_no_damage(
    encrypted_vault: Callable[..., Vault], passphrase: str, tmp_path: Path, tell: Tell
) -> None:
    """A process that ended as it read the log in leaves a torn page, and no loss."""
    vault = encrypted_vault()
    tell(vault, "one.json", TALK)
    with vault.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO setting VALUES ('long', hex(randomblob(40000)))"
        )
    copy = tmp_path / "copy"
    shutil.copytree(vault.path, copy)
    assert (copy / "vault.db-wal").stat().st_size > 40_000
    with (copy / "vault.db").open("ab") as file:
        file.write(b"half of the page that comes next")
    with open_vault(copy, passphrase=passphrase) as torn:
        assert list(find_damage(torn)) == []
        assert _long(torn) == _long(vault)


def _long(vault: Vault) -> object:
    return vault.setting("long")
