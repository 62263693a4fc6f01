"""Kill a change of the data key at a chosen moment, and look at what is left.

The suite does so at a few moments; a sweep calls `kill_and_check` with many.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from persona_vault.store.header import read_header
from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import Vault, open_vault

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
OLD, NEW = "a gate by the mill", "a mill by the gate"

# A moment is a step of `rekey_vault`; "journal:0.4", when the rollback journal has
# grown to that share of the database; or "after:0.2", so many seconds after "noted".
STEPS = ("begun", "noted", "moved", "settled")

_CHILD = """
import json, os, signal, sys, threading, time
from pathlib import Path
from persona_vault.store import rekeying
from persona_vault.store.keys import Cost
call = json.loads(sys.stdin.readline())
folder, moment = Path(call["folder"]), call["moment"]
kind, _, amount = moment.partition(":")
before = (folder / "vault.db").stat().st_size

def die():
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

def watch():
    if kind == "after":
        time.sleep(float(amount))
        die()
    journal = folder / "vault.db-journal"
    while not journal.exists() or journal.stat().st_size < float(amount) * before:
        pass
    die()

def step(name):
    if name == moment:
        die()
    if name == "noted" and amount:
        threading.Thread(target=watch, daemon=True).start()

write = rekeying.write_header
def first_write(*words):
    if moment == "begun":
        die()
    write(*words)
rekeying.write_header = first_write
rekeying.rekey_vault(
    folder, call["known"], passphrase=call["passphrase"],
    cost=Cost(memory_kib=64, passes=1, lanes=1), on_step=step,
)
"""


def make_vault(folder: Path, *, n_pages: int = 600) -> str:
    """A closed vault of about so many pages under OLD; gives what it holds, hashed."""
    create_vault(folder, passphrase=OLD, cost=CHEAP)
    with open_vault(folder, passphrase=OLD) as vault:
        with vault.write() as connection:
            for n in range(n_pages // 5):
                word = hashlib.sha256(b"%d" % n).hexdigest()
                connection.exec_driver_sql(
                    "INSERT INTO setting (key, value) VALUES (?, ?)",
                    (f"filler {n}", word * 300),
                )
        return content(vault)


def content(vault: Vault) -> str:
    """A hash over the rows of `make_vault`."""
    with vault.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT key, value FROM setting ORDER BY key"
        ).all()
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def killed_rekey(folder: Path, moment: str, *, known: str, passphrase: str) -> bool:
    """Change the key in a process of its own that dies at a moment; did it die?"""
    call = {
        "folder": str(folder),
        "moment": moment,
        "known": known,
        "passphrase": passphrase,
    }
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=json.dumps(call) + "\n",
        encoding="utf-8",
        capture_output=True,
        timeout=120,
        check=False,
    )
    if done.returncode > 0 and sys.platform != "win32":
        raise RuntimeError(done.stderr)
    return done.returncode != 0


def which_opens(folder: Path, *secrets: str) -> str:
    """The one of these that opens the vault, wholly; a second one is a mistake.

    Raises:
        AssertionError: None or both open it, or it is not as it should be.
    """
    from persona_vault.errors import WrongKeyError

    found = []
    for secret in secrets:
        try:
            with open_vault(folder, passphrase=secret) as vault, vault.read() as rows:
                for check in ("cipher_integrity_check", "integrity_check"):
                    said = rows.exec_driver_sql(f"PRAGMA {check}").all()
                    assert said in ([], [("ok",)]), said
                mode = rows.exec_driver_sql("PRAGMA journal_mode").scalar()
                assert mode == "wal"
        except WrongKeyError:
            continue
        found.append(secret)
    assert len(found) == 1, found
    assert read_header(folder).pending == ()
    assert not (folder / "vault.db-journal").exists()
    return found[0]


def kill_and_check(folder: Path, moment: str, expected: str) -> str:
    """Kill a change from OLD to NEW, check the vault, and bring it back to OLD.

    Args:
        folder: Of `make_vault`.
        moment: As above.
        expected: What `make_vault` gave.

    Returns:
        The passphrase that opened the vault after the kill, OLD or NEW.

    Raises:
        AssertionError: The vault is not wholly under one of the two keys, or does not
            hold what it held.
    """
    from persona_vault.store.rekeying import rekey_vault

    killed_rekey(folder, moment, known=OLD, passphrase=NEW)
    found = which_opens(folder, OLD, NEW)
    with open_vault(folder, passphrase=found) as vault:
        assert content(vault) == expected
    rekey_vault(folder, found, passphrase=OLD, cost=CHEAP)
    assert which_opens(folder, OLD, NEW) == OLD
    return found


class FakeKeyring:
    """What the package `keyring` offers, in memory.

    Args:
        fit: Whether its backend can keep anything.
    """

    class KeyringError(Exception):
        """The base of its errors."""

    class PasswordDeleteError(KeyringError):
        """There was nothing to delete."""

    def __init__(self, *, fit: bool = True) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.errors = SimpleNamespace(
            KeyringError=self.KeyringError, PasswordDeleteError=self.PasswordDeleteError
        )
        module = "keyring.backends.SecretService" if fit else "keyring.backends.fail"
        self._backend = type("Keyring", (), {"__module__": module})()
        self.locked = False

    def load(self, name: str) -> Any:
        """Stand in for `import_module`."""
        return self.errors if name == "keyring.errors" else self

    def get_keyring(self) -> Any:
        """The backend."""
        return self._backend

    def _check(self) -> None:
        if self.locked:
            raise self.KeyringError("words of the system's own")

    def get_password(self, service: str, name: str) -> str | None:
        """What is kept, or None."""
        self._check()
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, secret: str) -> None:
        """Keep it."""
        self._check()
        self.kept[service, name] = secret

    def delete_password(self, service: str, name: str) -> None:
        """Drop it."""
        self._check()
        if (service, name) not in self.kept:
            raise self.PasswordDeleteError
        del self.kept[service, name]
