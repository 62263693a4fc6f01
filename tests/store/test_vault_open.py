"""Opening and making vaults: each failure has its own error and changes nothing."""

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3

from persona_vault.errors import (
    DiskFullError,
    ForeignVaultError,
    NewerVaultError,
    NoVaultError,
    UsageError,
    VaultDamagedError,
    VaultError,
    VaultLockedError,
    WrongKeyError,
)
from persona_vault.store import driver, header
from persona_vault.store.opening import create_vault, is_encrypted
from persona_vault.store.vault import Vault, open_vault

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


def fingerprint(folder: Path) -> dict[str, str]:
    """Names and SHA-256 of every file of a folder."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
    }


def edit_header(folder: Path, **changes: Any) -> None:
    """Change fields of vault.json as somebody would who knows the checksum."""
    place = folder / "vault.json"
    content = json.loads(place.read_text("utf-8")) | changes
    content.pop("checksum")
    content["checksum"] = hashlib.sha256(header.canonical(content)).hexdigest()
    place.write_text(json.dumps(content), "utf-8")


@pytest.fixture(params=["plain", "encrypted"])
def closed(
    request: pytest.FixtureRequest, vault: Vault, encrypted_vault: Callable[..., Vault]
) -> Path:
    """The folder of a closed vault of either kind that holds one setting."""
    opened = vault if request.param == "plain" else encrypted_vault()
    opened.set_zone("Europe/Lisbon")
    opened.close()
    return opened.path


def key_of(folder: Path, passphrase: str) -> str | None:
    """What opens the vault in this folder."""
    return passphrase if is_encrypted(folder) else None


def test_a_vault_opens_again_with_what_was_written(
    closed: Path, passphrase: str
) -> None:
    """Both kinds of vault keep what was written, and their id."""
    with open_vault(closed, passphrase=key_of(closed, passphrase)) as again:
        assert again.zone == "Europe/Lisbon"
        assert (
            again.vault_id
            == json.loads((closed / "vault.json").read_text())["vault_id"]
        )


def test_only_an_encrypted_database_hides_its_magic(
    vault: Vault, encrypted_vault: Callable[..., Vault]
) -> None:
    """A plain database begins with SQLite's magic, an encrypted one never does."""
    vault.close()
    hidden = encrypted_vault()
    hidden.close()
    assert (vault.path / "vault.db").read_bytes().startswith(driver.MAGIC)
    assert not (hidden.path / "vault.db").read_bytes().startswith(driver.MAGIC)


def test_every_connection_has_all_guards(vault: Vault) -> None:
    """WAL, full syncs, foreign keys, overwritten deletions, no trusted schema."""
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "temp_store": 2,
        "busy_timeout": driver.BUSY_TIMEOUT_MS,
        "application_id": driver.APPLICATION_ID,
    }
    with vault.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in wanted
        }
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    assert found == wanted
    assert tuple(int(part) for part in version.split(".")) >= (3, 51, 3)


def test_no_vault_is_said_and_none_is_made(tmp_path: Path) -> None:
    """Opening never creates, neither files nor the folder."""
    with pytest.raises(NoVaultError):
        open_vault(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_vaults_place_is_no_vault(tmp_path: Path) -> None:
    """A vault is a folder; a file of that name is left alone."""
    (tmp_path / "vault").write_text("notes", "utf-8")
    for create in (False, True):
        with pytest.raises(NoVaultError):
            open_vault(tmp_path / "vault", create=create)
    assert (tmp_path / "vault").read_text("utf-8") == "notes"


def test_creating_never_overwrites(closed: Path) -> None:
    """A folder with a header or a database is refused, byte for byte unchanged."""
    before = fingerprint(closed)
    with pytest.raises(UsageError):
        open_vault(closed, create=True)
    assert fingerprint(closed) == before
    (closed / "vault.json").unlink()
    with pytest.raises(UsageError):
        open_vault(closed, create=True)


def test_a_creation_that_was_killed_is_no_obstacle(tmp_path: Path) -> None:
    """What a killed creation leaves is cleared away by the next one."""
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "vault.db.new").write_bytes(b"half a database")
    (folder / "vault.db.new-wal").write_bytes(b"half a log")
    open_vault(folder, create=True).close()
    assert sorted(file.name for file in folder.iterdir()) == ["vault.db", "vault.json"]


@pytest.mark.parametrize("passphrase", [None, "a quay by night"])
def test_a_creation_killed_at_any_rename_leaves_no_vault_or_all_of_one(
    tmp_path: Path, passphrase: str | None
) -> None:
    """Either the next try is free, or what is there opens: there is no dead end."""
    script = tmp_path / "creating.py"
    script.write_text(
        textwrap.dedent(
            """
            import os
            import sys
            from pathlib import Path
            from persona_vault.store.opening import create_vault
            from persona_vault.store.keys import Cost

            folder, passphrase, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
            replace = Path.replace

            def counted(*given):
                global left
                left -= 1
                if not left:
                    os._exit(9)
                return replace(*given)

            Path.replace = counted
            create_vault(Path(folder), passphrase=passphrase or None,
                         cost=Cost(memory_kib=64, passes=1, lanes=1))
            """
        ),
        encoding="utf-8",
    )
    ends = []
    for k in itertools.count(1):
        folder = tmp_path / f"vault{k}"
        done = subprocess.run(
            [sys.executable, script, folder, passphrase or "", str(k)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        made = (folder / "vault.db").exists()
        open_vault(folder, create=not made, passphrase=passphrase).close()
        names = sorted(file.name for file in folder.iterdir())
        assert names == ["vault.db", "vault.json"]
        ends.append((done.returncode, made))
        if done.returncode != 9:
            break
    assert ends == [(9, False), (9, True), (0, True)]


def test_a_creation_that_fails_leaves_no_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure halfway leaves no file, so the next try is free."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError):
        create_vault(tmp_path / "vault")
    monkeypatch.undo()
    open_vault(tmp_path / "vault", create=True).close()


@pytest.mark.parametrize("passphrase", ["", "quay\0side"])
def test_passphrases_that_cannot_serve_are_refused(
    tmp_path: Path, passphrase: str
) -> None:
    """Neither an empty passphrase nor one with NUL makes a vault."""
    with pytest.raises(UsageError):
        open_vault(tmp_path / "vault", create=True, passphrase=passphrase)
    assert not (tmp_path / "vault").exists()


def damage_wrong_key(folder: Path) -> None:
    """Nothing: the passphrase of the case is wrong."""


def cut(n_bytes: int) -> Callable[[Path], None]:
    """Cut the database to so many bytes."""
    return lambda folder: os.truncate(folder / "vault.db", n_bytes)


def damage_foreign_database(folder: Path) -> None:
    """Put another program's database in the place of a plain one."""
    (folder / "vault.db").unlink()
    other = sqlcipher3.connect(str(folder / "vault.db"))
    other.execute("CREATE TABLE notes (words)")
    other.close()


def damage_foreign_header(folder: Path) -> None:
    """Put another program's vault.json there."""
    (folder / "vault.json").write_text('{"format": "some-other-vault"}', "utf-8")


def damage_newer_header(folder: Path) -> None:
    """Say that the header is of the next format."""
    edit_header(folder, format_version=2)


def damage_newer_tables(folder: Path) -> None:
    """Say that the tables are of a later revision."""
    other = sqlcipher3.connect(str(folder / "vault.db"))
    other.execute("PRAGMA user_version=99")
    other.close()


def damage_no_database(folder: Path) -> None:
    """Lose the database."""
    (folder / "vault.db").unlink()


def damage_no_header(folder: Path) -> None:
    """Lose the header."""
    (folder / "vault.json").unlink()


def damage_header_text(folder: Path) -> None:
    """Cut the header short."""
    os.truncate(folder / "vault.json", 40)


def damage_header_field(folder: Path) -> None:
    """Change a field without knowing of the checksum."""
    place = folder / "vault.json"
    text = place.read_text("utf-8")
    place.write_text(text.replace('"created_at": "2', '"created_at": "1'), "utf-8")


def damage_says_plain(folder: Path) -> None:
    """Say that an encrypted database is plain."""
    edit_header(folder, encrypted=False, slots=[])


def damage_other_header(folder: Path) -> None:
    """Put the header of another vault there."""
    edit_header(folder, vault_id="0" * 32)


def damage_first_page(folder: Path) -> None:
    """Flip one bit of the first page."""
    with (folder / "vault.db").open("r+b") as file:
        file.seek(100)
        byte = file.read(1)[0]
        file.seek(100)
        file.write(bytes([byte ^ 1]))


PLAIN_CASES: dict[str, tuple[Callable[[Path], None], type[VaultError]]] = {
    "0 bytes": (cut(0), VaultDamagedError),
    "1 byte": (cut(1), VaultDamagedError),
    "one page": (cut(4096), VaultDamagedError),
    "flipped bit": (damage_first_page, VaultDamagedError),
    "no database": (damage_no_database, VaultDamagedError),
    "no header": (damage_no_header, VaultDamagedError),
    "header cut": (damage_header_text, VaultDamagedError),
    "header changed": (damage_header_field, VaultDamagedError),
    "header of another": (damage_other_header, VaultDamagedError),
    "foreign database": (damage_foreign_database, ForeignVaultError),
    "foreign header": (damage_foreign_header, ForeignVaultError),
    "newer header": (damage_newer_header, NewerVaultError),
    "newer tables": (damage_newer_tables, NewerVaultError),
}
ENCRYPTED_CASES: dict[str, tuple[Callable[[Path], None], type[VaultError]]] = {
    "wrong key": (damage_wrong_key, WrongKeyError),
    "0 bytes": (cut(0), VaultDamagedError),
    "one page": (cut(4096), VaultDamagedError),
    "half a page": (cut(2048), VaultDamagedError),
    "flipped bit": (damage_first_page, VaultDamagedError),
    "plain database": (damage_foreign_database, VaultDamagedError),
    "says plain": (damage_says_plain, VaultDamagedError),
    "newer header": (damage_newer_header, NewerVaultError),
}


@pytest.mark.parametrize("case", PLAIN_CASES)
def test_a_plain_vault_that_is_not_whole_is_refused_unchanged(
    case: str, vault: Vault
) -> None:
    """Each damage has its error and a next step, and no byte of any file changes."""
    vault.close()
    damage, error = PLAIN_CASES[case]
    damage(vault.path)
    before = fingerprint(vault.path)
    with pytest.raises(VaultError) as caught:
        open_vault(vault.path)
    assert type(caught.value) is error
    assert caught.value.hint
    assert fingerprint(vault.path) == before


@pytest.mark.parametrize("case", ENCRYPTED_CASES)
def test_an_encrypted_vault_that_is_not_whole_is_refused_unchanged(
    case: str, encrypted_vault: Callable[..., Vault], passphrase: str
) -> None:
    """Each damage has its error and a next step, and no byte of any file changes."""
    opened = encrypted_vault()
    opened.close()
    damage, error = ENCRYPTED_CASES[case]
    damage(opened.path)
    before = fingerprint(opened.path)
    given = f"not {passphrase}" if case == "wrong key" else passphrase
    with pytest.raises(VaultError) as caught:
        open_vault(opened.path, passphrase=given)
    assert type(caught.value) is error
    assert caught.value.hint
    assert fingerprint(opened.path) == before


def test_each_failure_says_something_else(tmp_path: Path, plain_template: Path) -> None:
    """No two ways of being broken share a message."""
    said = {}
    for number, (case, (damage, _)) in enumerate(PLAIN_CASES.items()):
        folder = tmp_path / str(number)
        shutil.copytree(plain_template, folder)
        damage(folder)
        with pytest.raises(VaultError) as caught:
            open_vault(folder)
        said[case] = caught.value.message.replace(str(folder), "")
    # These are one thing to a reader: the database's content is damaged, resp. the
    # header's.
    assert said.pop("flipped bit") == said["one page"]
    assert said.pop("header changed") == said["header cut"]
    assert len(set(said.values())) == len(said)


@posix_only
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_files_belong_to_their_owner_alone(
    tmp_path: Path, cheap: Any, mask: int
) -> None:
    """Folder 0700 and files 0600 under any umask, the log and its index included."""
    folder = tmp_path / "vault"
    old = os.umask(mask)
    try:
        create_vault(folder, passphrase="pier", cost=cheap)  # noqa: S106
        with open_vault(folder, passphrase="pier") as vault:  # noqa: S106
            vault.set_zone("Europe/Lisbon")
            modes = {f.name: f.stat().st_mode & 0o777 for f in folder.iterdir()}
    finally:
        os.umask(old)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(modes) >= {"vault.db", "vault.db-wal", "vault.db-shm", "vault.json"}
    assert set(modes.values()) == {0o600}


def test_a_vault_that_another_process_writes_to_is_locked(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the busy time-out a second writer gets its own error, and the lock ends."""
    holder = (
        "import sys, sqlcipher3\n"
        "c = sqlcipher3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_MS", 10)
    place = str(vault.path / "vault.db")
    with (
        subprocess.Popen(
            [sys.executable, "-c", holder, place],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other,
        open_vault(vault.path) as second,
    ):
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(VaultLockedError):
            second.set_zone("Europe/Lisbon")
        assert second.zone is None  # reading goes on
        other.kill()
        other.wait()
        second.set_zone("Europe/Lisbon")
    assert vault.zone == "Europe/Lisbon"


def test_a_full_disk_keeps_nothing_of_the_step(vault: Vault) -> None:
    """When pages run out the whole transaction is undone, with its own error."""

    def fill() -> None:
        with vault.write() as connection:
            raw: Any = connection.connection.dbapi_connection
            n_pages = raw.execute("PRAGMA page_count").fetchone()[0]
            raw.execute(f"PRAGMA max_page_count={n_pages + 3}")
            for n in range(100):
                connection.exec_driver_sql(
                    "INSERT INTO setting VALUES (?, ?)", (f"k{n}", "x" * 4000)
                )

    with pytest.raises(DiskFullError):
        fill()
    with vault.read() as connection:
        assert connection.exec_driver_sql(
            "SELECT key FROM setting"
        ).scalars().all() == ["vault_id"]


def test_a_transaction_is_kept_whole_or_not_at_all(vault: Vault) -> None:
    """What was written before an exception is gone, tables included."""

    class StoppedError(Exception):
        pass

    def half() -> None:
        with vault.write() as connection:
            connection.exec_driver_sql("INSERT INTO setting VALUES ('a', 'b')")
            connection.exec_driver_sql("CREATE TABLE extra (x)")
            raise StoppedError

    with pytest.raises(StoppedError):
        half()
    assert vault.setting("a") is None
    with vault.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_schema").scalars()
        assert "extra" not in names.all()


def test_a_reader_sees_one_moment(vault: Vault) -> None:
    """What is written beside an open view does not show in it."""
    query = "SELECT count(*) FROM setting"
    with vault.read() as connection:
        before = connection.exec_driver_sql(query).scalar()
        vault.set_zone("Europe/Lisbon")
        assert connection.exec_driver_sql(query).scalar() == before
    assert vault.zone == "Europe/Lisbon"


def test_a_closed_vault_refuses_to_go_on(vault: Vault) -> None:
    """Closing twice is fine; reading afterwards is a bug that is told."""
    vault.close()
    vault.close()
    with pytest.raises(RuntimeError):
        vault.personas()
