"""A new data key: whole before, whole after, and whole where it was cut short."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from persona_vault.errors import (
    DiskFullError,
    UsageError,
    VaultDamagedError,
    VaultLockedError,
    WrongKeyError,
)
from persona_vault.store import driver, keys, opening, rekeying
from persona_vault.store.header import read_header, write_header
from persona_vault.store.keystore import SystemKeystore
from persona_vault.store.recovery import new_code
from persona_vault.store.rekeying import rekey_vault
from persona_vault.store.slots import add_keyring, list_slots, set_recovery_code
from persona_vault.store.vault import Vault, open_vault
from tests.store.rekey_kills import (
    CHEAP,
    NEW,
    OLD,
    STEPS,
    FakeKeyring,
    content,
    kill_and_check,
    killed_rekey,
    make_vault,
    which_opens,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A closed encrypted vault to copy, and what it holds."""
    folder = tmp_path_factory.mktemp("rekey") / "vault"
    return folder, make_vault(folder)


@pytest.fixture
def closed(made: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """The folder of a closed encrypted vault, and what it holds."""
    shutil.copytree(made[0], tmp_path / "vault")
    return tmp_path / "vault", made[1]


def test_a_kill_at_any_moment_leaves_the_old_key_or_the_new(
    closed: tuple[Path, str],
) -> None:
    """Killed before the data has moved it is the old key's, then the new one's."""
    folder, expected = closed

    found = [kill_and_check(folder, moment, expected) for moment in STEPS]

    assert found == [OLD, OLD, NEW, NEW]


def test_a_kill_while_pages_are_written_is_undone(closed: tuple[Path, str]) -> None:
    """With pages under both keys in the file, all come back under the old one."""
    folder, expected = closed
    before = (folder / "vault.db").read_bytes()

    assert killed_rekey(folder, "journal:0.9", known=OLD, passphrase=NEW)

    journal = folder / "vault.db-journal"
    assert journal.stat().st_size > 0.9 * len(before)
    assert (folder / "vault.db").read_bytes() != before
    assert which_opens(folder, OLD, NEW) == OLD
    with open_vault(folder, passphrase=OLD) as vault:
        assert content(vault) == expected


def test_what_was_typed_for_the_other_side_is_said(closed: tuple[Path, str]) -> None:
    """Cut short after the move, the old passphrase is wrong in words of its own."""
    folder, _ = closed
    killed_rekey(folder, "moved", known=OLD, passphrase=NEW)

    with pytest.raises(WrongKeyError) as other_side:
        open_vault(folder, passphrase=OLD)
    with pytest.raises(WrongKeyError) as neither:
        open_vault(folder, passphrase="neither")  # noqa: S106

    assert "cut short" in other_side.value.message
    assert other_side.value.message != neither.value.message
    open_vault(folder, passphrase=NEW).close()


def test_old_slots_and_old_headers_open_nothing_after_it(
    encrypted_vault: Callable[..., Vault], passphrase: str
) -> None:
    """The code, the keyring and a kept header of before are all out."""
    vault = encrypted_vault()
    vault.close()
    ring = FakeKeyring()
    code = new_code()
    set_recovery_code(vault.path, passphrase, lambda: code)
    add_keyring(vault.path, passphrase, SystemKeystore(ring))
    (kept,) = ring.kept.values()
    before = read_header(vault.path)

    done = rekey_vault(vault.path, passphrase, cost=CHEAP)

    assert sorted(done.dropped) == ["keyring", "recovery"]
    assert [slot.kind for slot in list_slots(vault.path)] == ["passphrase"]
    for secret in (code, kept):
        with pytest.raises(UsageError, match="has none"):
            open_vault(vault.path, passphrase=secret)
    write_header(vault.path, before)
    with pytest.raises(VaultDamagedError):
        open_vault(vault.path, passphrase=passphrase)


def test_nobody_else_may_have_the_vault_open(
    encrypted_vault: Callable[..., Vault],
    passphrase: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An open vault elsewhere is a lock, and nothing was changed."""
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_MS", 10)
    vault = encrypted_vault()
    before = read_header(vault.path)
    vault.set_zone("Europe/Lisbon")

    with pytest.raises(VaultLockedError):
        rekey_vault(vault.path, passphrase, cost=CHEAP)

    assert read_header(vault.path) == before
    vault.set_zone("Europe/Oslo")
    vault.close()
    rekey_vault(vault.path, passphrase, cost=CHEAP)
    with open_vault(vault.path, passphrase=passphrase) as again:
        assert again.zone == "Europe/Oslo"


def test_nobody_gets_in_while_the_key_is_changed(
    encrypted_vault: Callable[..., Vault],
    passphrase: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who comes while the header has both keys waits, and takes neither away."""
    monkeypatch.setattr(driver, "BUSY_TIMEOUT_MS", 10)
    vault = encrypted_vault()
    vault.close()
    seen = []

    def look(step: str) -> None:
        with pytest.raises(VaultLockedError):
            open_vault(vault.path, passphrase=passphrase)
        seen.append((step, len(read_header(vault.path).pending)))

    rekey_vault(vault.path, passphrase, cost=CHEAP, on_step=look)

    assert seen == [("noted", 1), ("moved", 1), ("settled", 0)]
    open_vault(vault.path, passphrase=passphrase).close()


def test_who_waited_with_the_old_key_is_told_to_try_again(
    encrypted_vault: Callable[..., Vault],
    passphrase: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A header read before the change and a database of after it are no damage."""
    vault = encrypted_vault()
    vault.close()
    old = read_header(vault.path)
    rekey_vault(vault.path, passphrase, cost=CHEAP)
    real = opening.read_header
    answers = [old]
    monkeypatch.setattr(
        opening, "read_header", lambda f: answers.pop() if answers else real(f)
    )

    with pytest.raises(VaultLockedError, match="keys"):
        open_vault(vault.path, passphrase=passphrase)


def test_a_header_that_changed_meanwhile_is_not_written_over(
    encrypted_vault: Callable[..., Vault],
    passphrase: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slot that another program added just before is not lost by the change."""
    vault = encrypted_vault()
    vault.close()
    real = keys.make_slot

    def slow(*args: object, **more: object) -> dict[str, object]:
        header = read_header(vault.path)
        write_header(vault.path, replace(header, slots=(*header.slots, {"kind": "x"})))
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(keys, "make_slot", slow)
    with pytest.raises(VaultLockedError):
        rekey_vault(vault.path, passphrase, cost=CHEAP)

    assert [slot.kind for slot in list_slots(vault.path)] == ["passphrase", "x"]
    open_vault(vault.path, passphrase=passphrase).close()


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_failure_on_the_way_is_put_in_order_at_once(
    closed: tuple[Path, str], step: str
) -> None:
    """An interrupt leaves a header of one key, without another opening."""
    folder, _ = closed

    def interrupt(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rekey_vault(folder, OLD, passphrase=NEW, cost=CHEAP, on_step=interrupt)

    assert read_header(folder).pending == ()
    assert which_opens(folder, OLD, NEW) == (OLD if step == "noted" else NEW)


def test_a_rotten_page_stops_it(closed: tuple[Path, str]) -> None:
    """A page that cannot be read is not lost on the way: the old key stays."""
    folder, _ = closed
    place = folder / "vault.db"
    data = bytearray(place.read_bytes())
    data[len(data) * 3 // 4] ^= 1
    place.write_bytes(data)
    before = read_header(folder)

    with pytest.raises(VaultDamagedError):
        rekey_vault(folder, OLD, passphrase=NEW, cost=CHEAP)

    assert read_header(folder) == before
    assert place.read_bytes()[4096:] == bytes(data)[4096:]
    open_vault(folder, passphrase=OLD).close()


_SHORT_OF_SPACE = """
import resource, signal, sys
from pathlib import Path
from persona_vault.errors import VaultError
from persona_vault.store.rekeying import rekey_vault
from persona_vault.store.keys import Cost
folder, old, new, limit = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
try:
    rekey_vault(
        Path(folder), old, passphrase=new, cost=Cost(memory_kib=64, passes=1, lanes=1)
    )
except VaultError as error:
    sys.exit(error.exit_code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
def test_a_full_disk_leaves_the_old_key(closed: tuple[Path, str]) -> None:
    """Where the journal does not fit the vault is as it was, and says so with 9."""
    folder, _ = closed
    limit = int((folder / "vault.db").stat().st_size * 0.6)

    left = subprocess.run(
        [sys.executable, "-c", _SHORT_OF_SPACE, str(folder), OLD, NEW, str(limit)],
        check=False,
    )

    assert left.returncode == DiskFullError.exit_code
    assert which_opens(folder, OLD, NEW) == OLD


@pytest.mark.parametrize("left", [None, b"", b"\0" * 28])
def test_ok_counts_only_where_no_journal_would_undo_it(
    left: bytes | None, tmp_path: Path
) -> None:
    """SQLCipher says "ok" although the transaction's end failed; the journal tells."""
    place = tmp_path / "vault.db"
    journal = tmp_path / "vault.db-journal"
    if left is not None:
        journal.write_bytes(left)
    driver.change_key(_Ok(), place, bytes(32))

    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(20))
    with pytest.raises(DiskFullError):
        driver.change_key(_Ok(), place, bytes(32))


class _Ok:
    """A connection that answers "ok" to everything."""

    def execute(self, _words: str) -> "_Ok":
        return self

    def fetchone(self) -> tuple[str]:
        return ("ok",)


def test_copies_under_the_old_key_go(closed: tuple[Path, str]) -> None:
    """What `migrate` kept from before an upgrade opens with the old key alone."""
    folder, _ = closed
    copy = folder / "vault.before-upgrade-from-1.db"
    copy.write_bytes((folder / "vault.db").read_bytes())

    done = rekey_vault(folder, OLD, cost=CHEAP)

    assert done.n_copies_removed == 1
    assert not copy.exists()
    assert done.n_bytes == (folder / "vault.db").stat().st_size


def test_the_result_says_no_secret(closed: tuple[Path, str]) -> None:
    """Neither the move nor what was unlocked shows a key when it is printed."""
    header = read_header(closed[0])
    (unlocked,) = keys.open_slots(header, OLD)
    move = rekeying._Move(closed[0], header, header, unlocked.key, bytes(32))

    for shown in (repr(unlocked), repr(move)):
        assert unlocked.key.hex() not in shown
        assert repr(unlocked.key) not in shown
        assert repr(bytes(32)) not in shown
