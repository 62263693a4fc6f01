"""A backup is the vault at one moment, in one file; a restore never costs anything."""

import json
import os
import random
import sqlite3
import stat
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from persona_vault.errors import (
    ForeignVaultError,
    NewerVaultError,
    NoVaultError,
    UsageError,
    VaultDamagedError,
    VaultError,
    WrongKeyError,
)
from persona_vault.ingest import import_file
from persona_vault.store.backup import (
    check_backup,
    is_encrypted_backup,
    restore_backup,
    write_backup,
)
from persona_vault.store.hashing import content_hash
from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.recovery import new_code
from persona_vault.store.vault import Vault, open_vault
from persona_vault.store.verify import find_damage
from tests.hostile.console import fingerprint
from tests.hostile.processes import calls, own_environment

Tell = Callable[..., int]
TALK = {"quay": [(str(i), f"the ferry of {i} o'clock is late") for i in range(1, 9)]}


def _hash(vault: Vault) -> str:
    with vault.read() as connection:
        return content_hash(connection)


@pytest.fixture
def told(vault: Vault, tell: Tell) -> Vault:
    """A plain vault with a talk in it."""
    tell(vault, "one.json", TALK)
    return vault


def test_a_restored_vault_is_the_one_that_was_backed_up(
    told: Vault, tmp_path: Path
) -> None:
    """Content, ids and structure are equal, and no other file is left behind."""
    file = tmp_path / "spare.pvbackup"
    report = write_backup(told, file)
    assert report.content_sha256 == _hash(told)
    assert check_backup(file) == report
    restored = restore_backup(file, tmp_path / "new" / "vault")
    assert restored.n_messages == 8
    assert restored.content_sha256 == _hash(told)
    with open_vault(tmp_path / "new" / "vault") as vault:
        assert _hash(vault) == _hash(told)
        assert vault.vault_id == told.vault_id
        assert list(find_damage(vault)) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", file.name, "vault"]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["vault"]


def test_an_encrypted_backup_says_nothing_and_opens_with_passphrase_or_code(
    tmp_path: Path, tell: Tell, passphrase: str, cheap: Cost
) -> None:
    """No word and no hash of the content stands in it; a wrong key leaves no folder."""
    code = new_code()
    home = tmp_path / "vault"
    create_vault(home, passphrase=passphrase, recovery_code=code, cost=cheap)
    file = tmp_path / "spare.pvbackup"
    with open_vault(home, passphrase=passphrase) as vault:
        tell(vault, "one.json", TALK)
        report = write_backup(vault, file)
        content = _hash(vault)
    assert is_encrypted_backup(file)
    assert report.content_sha256 is None
    data = file.read_bytes()
    assert content.encode() not in data
    assert b"ferry" not in data
    assert b"SQLite format 3" not in data
    with pytest.raises(WrongKeyError):
        restore_backup(file, tmp_path / "wrong", passphrase=passphrase + "s")
    assert not (tmp_path / "wrong").exists()
    for name, secret in (("one", passphrase), ("two", code)):
        restored = restore_backup(file, tmp_path / name, passphrase=secret)
        assert restored.content_sha256 == content
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_during_an_import_is_a_whole_number_of_sources(
    plain_template: Path, tmp_path: Path
) -> None:
    """The drill: whatever moment it meets, the restored vault holds whole imports."""
    files = []
    for number in range(3):
        lines = [
            {
                "conversation": f"talk {number}",
                "role": "user" if i % 2 == 0 else "assistant",
                "text": f"remark {i} about the {number}th of the boats",
                "sent_at": f"2024-03-0{number + 1}T10:{i:02d}:00Z",
            }
            for i in range(40)
        ]
        files.append(tmp_path / f"{number}.jsonl")
        files[-1].write_text("\n".join(map(json.dumps, lines)), "utf-8")
    states = []
    with open_vault(tmp_path / "alone", create=True) as vault:
        states.append(_hash(vault))
        for file in files:
            import_file(vault, file, persona="Ada")
            states.append(_hash(vault))

    with open_vault(tmp_path / "shared", create=True) as vault:
        other = subprocess.Popen(
            calls(
                *(
                    (
                        "import",
                        f,
                        "--persona",
                        "Ada",
                        "--no-embed",
                        "--vault",
                        vault.path,
                    )
                    for f in files
                )
            ),
            env=own_environment(tmp_path / "home"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        taken = []
        while other.poll() is None or not taken:
            taken.append(tmp_path / f"{len(taken)}.pvbackup")
            write_backup(vault, taken[-1])
            with suppress(subprocess.TimeoutExpired):
                other.wait(0.2)
        assert other.returncode == 0
        assert _hash(vault) == states[-1]
    told = {check_backup(file).content_sha256: file for file in taken}
    assert set(told) <= set(states)
    for wanted, file in told.items():
        restored = restore_backup(file, tmp_path / f"{file.stem}-restored")
        assert restored.content_sha256 == wanted


def test_nothing_is_written_over(told: Vault, tmp_path: Path) -> None:
    """Neither a file by a backup, nor a vault or anything else by a restore."""
    file = tmp_path / "spare.pvbackup"
    file.write_bytes(b"my own")
    with pytest.raises(UsageError):
        write_backup(told, file)
    assert file.read_bytes() == b"my own"
    file.unlink()
    write_backup(told, file)
    told.close()
    before = fingerprint(told.path)
    with pytest.raises(UsageError, match="already"):
        restore_backup(file, told.path)
    assert fingerprint(told.path) == before
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").touch()
    with pytest.raises(UsageError):
        restore_backup(file, tmp_path / "letters")
    with pytest.raises(UsageError, match="no folder"):
        write_backup(told, tmp_path / "no" / "spare.pvbackup")
    (tmp_path / "empty").mkdir()
    assert restore_backup(file, tmp_path / "empty").n_messages == 8


@pytest.mark.parametrize("damage", ["another word", "a row the less", "a page"])
def test_a_damaged_vault_is_not_backed_up(
    told: Vault, tmp_path: Path, damage: str
) -> None:
    """It would be found on the day when it is needed; so it is said now."""
    told.close()
    place = told.path / "vault.db"
    raw = sqlite3.connect(place)
    if damage == "another word":
        raw.execute("UPDATE message SET text = 'the ferry is here' WHERE id = 3")
    elif damage == "a row the less":
        raw.execute("DELETE FROM message WHERE id = 3")
    raw.execute("DELETE FROM row_hash_stale")  # as if no trigger had seen it
    (root,) = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'message'")
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.commit()
    raw.close()
    if damage == "a page":
        data = bytearray(place.read_bytes())
        data[(root[0] - 1) * size + 4] ^= 1  # how many rows the page has
        place.write_bytes(data)
    with (
        open_vault(told.path) as vault,
        pytest.raises(VaultDamagedError, match="no backup was written"),
    ):
        write_backup(vault, tmp_path / "spare.pvbackup")
    assert not list(tmp_path.glob("spare*"))


@pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")
def test_files_are_the_owners_alone(told: Vault, tmp_path: Path) -> None:
    """Under the most open umask, backup and restored vault can be read by nobody."""
    mask = os.umask(0)
    try:
        write_backup(told, tmp_path / "spare.pvbackup")
        restore_backup(tmp_path / "spare.pvbackup", tmp_path / "new")
    finally:
        os.umask(mask)
    made = [tmp_path / "spare.pvbackup", *(tmp_path / "new").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_run_that_was_killed_is_in_nobodys_way(told: Vault, tmp_path: Path) -> None:
    """What it left beside the file goes with the next run."""
    left = tmp_path / "spare.pvbackup.part"
    (left / "unfinished").mkdir(parents=True)
    (left / "unfinished" / "vault.db").write_bytes(b"half")
    write_backup(told, tmp_path / "spare.pvbackup")
    assert not left.exists()


def test_what_a_run_left_after_its_last_step_goes_when_it_is_run_again(
    told: Vault, tmp_path: Path
) -> None:
    """The file, or the vault, is there by then: the run is refused, and sweeps."""
    backup, vault = tmp_path / "spare.pvbackup", tmp_path / "new"
    write_backup(told, backup)
    restore_backup(backup, vault)
    for made in (backup, vault):
        left = made.with_name(f"{made.name}.part")
        (left / "unfinished").mkdir(parents=True)
        (left / "unfinished" / "vault.db").write_bytes(b"left")
        with pytest.raises(UsageError, match="nothing was written over"):
            write_backup(told, backup) if made is backup else restore_backup(
                backup, vault
            )
        assert not left.exists()


def test_a_folder_of_someone_else_is_never_swept(told: Vault, tmp_path: Path) -> None:
    """It only has the name that ours would have: refused, and untouched."""
    mine = tmp_path / "spare.pvbackup.part"
    mine.mkdir()
    (mine / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"spare\.pvbackup\.part"):
        write_backup(told, tmp_path / "spare.pvbackup")
    assert (mine / "letter.txt").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "spare.pvbackup").exists()


def test_a_vault_that_bears_the_name_is_never_swept(
    told: Vault, tmp_path: Path
) -> None:
    """`new.part` may be anybody's vault; restoring to `new` leaves it as it is."""
    write_backup(told, tmp_path / "spare.pvbackup")
    restore_backup(tmp_path / "spare.pvbackup", tmp_path / "new.part")
    with pytest.raises(UsageError, match=r"new\.part"):
        restore_backup(tmp_path / "spare.pvbackup", tmp_path / "new")
    with open_vault(tmp_path / "new.part") as kept:
        assert _hash(kept) == _hash(told)


def test_this_folder_is_a_place_like_any_other(
    told: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--vault .`: refused where something is in it, restored to where it is empty."""
    write_backup(told, tmp_path / "spare.pvbackup")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="nothing was written over"):
        restore_backup(tmp_path / "spare.pvbackup", Path())
    if os.name == "posix":  # elsewhere the folder one stands in cannot be replaced
        monkeypatch.chdir(empty)
        restore_backup(tmp_path / "spare.pvbackup", Path())
        assert (empty / "vault.db").exists()


def test_a_flipped_bit_in_a_backup_is_found_or_shows_nowhere(
    told: Vault, tmp_path: Path
) -> None:
    """At 40 places, half of them in the small parts; a failure leaves nothing."""
    file = tmp_path / "spare.pvbackup"
    write_backup(told, file)
    wanted = _hash(told)
    data = file.read_bytes()
    chance = random.Random(3)
    damaged = tmp_path / "damaged.pvbackup"
    n_found = 0
    for number in range(40):
        spoiled = bytearray(data)
        at = chance.randrange(len(data))
        if number % 2:  # before and behind the database
            at = chance.choice((chance.randrange(2_000), -1 - chance.randrange(400)))
        spoiled[at] ^= 1 << chance.randrange(8)
        damaged.write_bytes(spoiled)
        try:
            check_backup(damaged)
            found = False
        except VaultError:
            found = True
        n_found += found
        target = tmp_path / "target"
        if found:
            with pytest.raises((VaultDamagedError, NewerVaultError, NoVaultError)):
                restore_backup(damaged, target)
            assert not target.exists()
        elif number % 4 == 1:
            restored = restore_backup(damaged, tmp_path / f"restored {number}")
            assert restored.content_sha256 == wanted
    assert n_found > 20


def _rewrite(file: Path, target: Path, **changes: bytes | None) -> Path:
    """The archive with some entries changed, taken out or put in."""
    with zipfile.ZipFile(file) as archive:
        entries: dict[str, bytes | None] = {
            name: archive.read(name) for name in archive.namelist()
        }
    entries.update({name.replace("_", "."): data for name, data in changes.items()})
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)
    return target


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"manifest_json": None}, ForeignVaultError),
        ({"manifest_json": b"{}"}, ForeignVaultError),
        ({"manifest_json": b"[" * 100_000}, VaultDamagedError),
        ({"manifest_json": b'{"format": "persona-vault-backup"}'}, VaultDamagedError),
        (
            {
                "manifest_json": b'{"format": "persona-vault-backup",'
                b' "format_version": 2}'
            },
            NewerVaultError,
        ),
        ({"vault_db": b"other"}, VaultDamagedError),
        ({"vault_json": None}, VaultDamagedError),
        ({"../evil_db": b"x"}, VaultDamagedError),
    ],
)
def test_a_strange_archive_is_refused(
    told: Vault,
    tmp_path: Path,
    changes: dict[str, bytes | None],
    error: type[Exception],
) -> None:
    """What is not as this program writes it makes no vault and no file."""
    write_backup(told, tmp_path / "spare.pvbackup")
    strange = _rewrite(
        tmp_path / "spare.pvbackup", tmp_path / "strange.pvbackup", **changes
    )
    with pytest.raises(error):
        restore_backup(strange, tmp_path / "new")
    with pytest.raises(error):
        check_backup(strange)
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "evil.db").exists()


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    """Another file, an empty one, and none at all."""
    for name, data in (("a", b"not a backup"), ("b", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ForeignVaultError):
            check_backup(tmp_path / name)
    with pytest.raises(NoVaultError):
        check_backup(tmp_path / "none")
