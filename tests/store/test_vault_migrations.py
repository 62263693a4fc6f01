"""Revisions make what the metadata says, all of it or nothing, and lose no row."""

import ast
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from persona_vault.errors import VaultDamagedError, VaultError
from persona_vault.store import driver, migrate
from persona_vault.store.listing import list_ledgers
from persona_vault.store.schema import (
    HASHED,
    MESSAGE_FTS,
    MESSAGE_FTS_SECURE,
    VECTOR_PART_TRIGGERS,
    hash_triggers,
    metadata,
)
from persona_vault.store.vault import Vault, open_vault

NEXT = '''"""The next revision, for a test."""
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{present}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the test asks for."""
{body}
    op.execute("PRAGMA user_version={number}")
'''
PRESENT = migrate.SCHEMA_VERSION
ADD_COLUMN = 'op.add_column("persona", sa.Column("mood", sa.Text()))'
REBUILD_PARENT = """\
with op.batch_alter_table("conversation", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.Text()))"""


def schema_of(connection: Connection) -> dict[str, list[str]]:
    """Every statement of the schema by name; constraints in no particular order."""
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'alembic%'"
        " AND name NOT LIKE 'sqlite_autoindex%'"
    )
    found = {}
    for name, sql in rows:
        head, *constraints = " ".join(sql.split()).split(" CONSTRAINT ")
        found[name] = [head, *sorted(each.rstrip(" ,)") for each in constraints)]
    return found


def dump(engine: Engine) -> list[str]:
    """Schema and rows as SQL."""
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        names = raw.execute(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
        rows = [
            raw.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for name, sql in names
            if sql.startswith("CREATE TABLE")
        ]
    return [repr(names), *map(repr, rows)]


@pytest.fixture
def next_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Makes the program one whose newest revision does what is asked."""
    folder = tmp_path / "100% migrations"
    shutil.copytree(
        migrate.migrations_folder(),
        folder,
        ignore=shutil.ignore_patterns("__pycache__"),
    )

    def install(body: str) -> None:
        lines = "\n".join(f"    {line}" for line in body.split("\n"))
        script = ScriptDirectory.from_config(migrate.alembic_config())
        text = NEXT.format(
            body=lines,
            name="next",
            number=PRESENT + 1,
            present=script.get_current_head(),
        )
        (folder / "versions" / "9999_next.py").write_text(text, "utf-8")
        monkeypatch.setattr(migrate, "migrations_folder", lambda: folder)
        monkeypatch.setattr(migrate, "SCHEMA_VERSION", PRESENT + 1)

    return install


def test_the_revisions_make_what_the_metadata_says(
    vault: Vault, tmp_path: Path
) -> None:
    """From nothing to head equals the metadata, statement by statement."""
    place = tmp_path / "direct.db"
    driver.make_file(place)
    engine = driver.make_engine(place, None)
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.exec_driver_sql(MESSAGE_FTS)
        connection.exec_driver_sql(MESSAGE_FTS_SECURE)
        for table, block in HASHED.items():
            for statement in hash_triggers(table, block):
                connection.exec_driver_sql(statement)
        for statement in VECTOR_PART_TRIGGERS:
            connection.exec_driver_sql(statement)
    with engine.connect() as direct, vault.read() as migrated:
        assert schema_of(migrated) == schema_of(direct)
        secure = "SELECT v FROM message_fts_config WHERE k = 'secure-delete'"
        assert migrated.exec_driver_sql(secure).scalar() == 1
    engine.dispose()


def test_there_is_one_head_and_its_number_is_known() -> None:
    """One line of revisions, counted by SCHEMA_VERSION, each setting its number."""
    script = ScriptDirectory.from_config(migrate.alembic_config())
    assert len(script.get_heads()) == 1
    revisions = list(script.walk_revisions())[::-1]
    assert len(revisions) == migrate.SCHEMA_VERSION
    for number, revision in enumerate(revisions, start=1):
        text = Path(revision.module.__file__ or "").read_text("utf-8")
        assert f"PRAGMA user_version={number}" in text


def test_no_revision_leans_on_the_present_schema() -> None:
    """A released revision imports nothing of the package, which goes on changing."""
    for file in (migrate.migrations_folder() / "versions").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("persona_vault")


@pytest.mark.parametrize("kind", ["plain", "encrypted"])
def test_an_older_vault_is_copied_and_then_upgraded(
    kind: str,
    vault: Vault,
    encrypted_vault: Callable[..., Vault],
    tell: Callable[..., int],
    next_revision: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The upgrade keeps every row, and the copy beside it is the vault as it was."""
    given = None if kind == "plain" else "a second pair of shoes"
    old = vault if given is None else encrypted_vault("old", given)
    tell(old, "one.json", {"quay": [("1", "good morning"), ("2", "and to you")]})
    old.close()
    next_revision(ADD_COLUMN)
    with open_vault(old.path, passphrase=given) as upgraded:
        assert [m.text for m in upgraded.messages()] == ["good morning", "and to you"]
        with upgraded.read() as connection:
            connection.exec_driver_sql("SELECT mood FROM persona")
    [told] = migrate.upgrade_copies(old.path)
    assert told.version == PRESENT
    copy = old.path / told.name
    assert copy.is_file()
    assert copy.read_bytes().startswith(driver.MAGIC) == (kind == "plain")
    monkeypatch.undo()
    copy.replace(old.path / "vault.db")
    with open_vault(old.path, passphrase=given) as back:
        assert [m.text for m in back.messages()] == ["good morning", "and to you"]


def test_a_vault_of_today_is_not_copied(vault: Vault) -> None:
    """Opening an up-to-date vault makes no copy."""
    vault.close()
    open_vault(vault.path).close()
    assert not list(vault.path.glob("*before-upgrade*"))


@pytest.mark.parametrize(
    "body",
    [
        ADD_COLUMN + '\nop.execute("DROP NOTHING")',
        REBUILD_PARENT + '\nop.execute("SELECT no_such_function()")',
    ],
)
def test_a_revision_that_fails_leaves_no_trace(
    body: str,
    vault: Vault,
    tell: Callable[..., int],
    next_revision: Callable[[str], None],
) -> None:
    """Schema, rows and revision number are those from before, half steps included."""
    tell(vault, "one.json", {"quay": [("1", "good morning"), ("2", "and to you")]})
    before = dump(vault.engine)
    vault.close()
    next_revision(body)
    with pytest.raises(OperationalError):
        open_vault(vault.path)
    assert dump(vault.engine) == before


def test_rebuilding_a_parent_table_keeps_its_children(
    vault: Vault,
    tell: Callable[..., int],
    next_revision: Callable[[str], None],
) -> None:
    """A batch rebuild drops the old parent: with foreign keys on, that empties it."""
    tell(vault, "one.json", {"quay": [("1", "good morning"), ("2", "and to you")]})
    vault.close()
    next_revision(REBUILD_PARENT)
    with open_vault(vault.path) as upgraded:
        assert [m.text for m in upgraded.messages()] == ["good morning", "and to you"]
        with upgraded.read() as connection:
            # The guard is back on the connection that the upgrade used.
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_pitfall_that_the_upgrade_avoids_is_real(
    vault: Vault, tell: Callable[..., int]
) -> None:
    """Dropping a parent with foreign keys on empties the child without an error."""
    tell(vault, "one.json", {"quay": [("1", "good morning"), ("2", "and to you")]})
    with vault.write() as connection:
        connection.exec_driver_sql("DROP TABLE conversation")
        count = "SELECT count(*) FROM message"
        assert connection.exec_driver_sql(count).scalar() == 0


@pytest.mark.parametrize(
    "body",
    [
        'op.execute("DELETE FROM message WHERE identity = 1")',
        'op.execute("UPDATE message SET conversation_id = 99")',
    ],
)
def test_a_revision_that_loses_rows_is_refused(
    body: str,
    vault: Vault,
    tell: Callable[..., int],
    next_revision: Callable[[str], None],
) -> None:
    """Fewer rows or dangling references end the upgrade, and everything is kept."""
    tell(vault, "one.json", {"quay": [("1", "good morning"), ("2", "and to you")]})
    before = dump(vault.engine)
    vault.close()
    next_revision(body)
    with pytest.raises(VaultDamagedError):
        open_vault(vault.path)
    assert dump(vault.engine) == before


def test_an_installation_without_revisions_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken installation is named as such."""
    place = tmp_path / "persona_vault" / "store" / "migrate.py"
    monkeypatch.setattr(migrate, "__file__", str(place))
    with pytest.raises(VaultError, match="incomplete"):
        migrate.migrations_folder()
    wheel = tmp_path / "persona_vault" / "_migrations"
    wheel.mkdir(parents=True)
    (wheel / "env.py").touch()
    assert migrate.migrations_folder() == wheel


def test_a_vault_of_the_first_format_is_read(
    vault: Vault, tell: Callable[..., int]
) -> None:
    """What the second revision adds is taken away again, as an older program had it."""
    tell(vault, "one.json", {"quay": [("1", "good morning"), ("2", "and to you")]})
    with vault.write() as connection:
        for table in HASHED:
            for verb in ("insert", "update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER row_hash_{table}_{verb}")
        for verb in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER vector_part_{verb}")
        for table in (
            "vector_part",
            "conversation_ledger",
            "attachment_source",
            "file_chunk",
            "forgotten",
            "wrong_hit",
            "row_hash",
            "row_hash_stale",
        ):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("ALTER TABLE source DROP COLUMN zone_named")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        connection.exec_driver_sql("PRAGMA user_version=1")
    vault.close()

    with open_vault(vault.path) as upgraded, upgraded.read() as connection:
        assert [m.text for m in upgraded.messages()] == ["good morning", "and to you"]
        named = connection.exec_driver_sql("SELECT zone_named FROM source")
        assert named.scalars().all() == [0]
        told = connection.exec_driver_sql("SELECT * FROM conversation_ledger").all()
        assert [tuple(row) for row in told] == [(1, 1, "{}")]
        assert list_ledgers(connection, None) == []
    assert [c.version for c in migrate.upgrade_copies(vault.path)] == [1]
