"""Key slots: who opens a vault, and what a changed header does."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import (
    UsageError,
    VaultDamagedError,
    VaultError,
    WrongKeyError,
)
from persona_vault.store import header, keys
from persona_vault.store.header import Header, read_header, write_header
from persona_vault.store.opening import create_vault, is_encrypted
from persona_vault.store.slots import add_passphrase, change_passphrase
from persona_vault.store.vault import Vault, open_vault

BARE = Header(
    vault_id="ab" * 16, created_at="2024-05-01T00:00:00+00:00", encrypted=True
)
CHEAP = keys.Cost(memory_kib=64, passes=1, lanes=1)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change vault.json and make its checksum right again, as an attacker would."""
    place = folder / "vault.json"
    content = json.loads(place.read_text("utf-8"))
    content.pop("checksum")
    change(content)
    content["checksum"] = hashlib.sha256(header.canonical(content)).hexdigest()
    place.write_text(json.dumps(content), "utf-8")


@given(st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text))
def test_any_passphrase_opens_its_own_slot_and_no_other(passphrase: str) -> None:
    """The data key comes back under the same words, and under no others."""
    key = keys.new_data_key()
    slot = keys.make_slot(BARE, key, passphrase, cost=CHEAP)
    slotted = Header(
        vault_id=BARE.vault_id,
        created_at=BARE.created_at,
        encrypted=True,
        slots=(json.loads(json.dumps(slot)),),
    )
    assert keys.unlock(slotted, passphrase) == key
    with pytest.raises(WrongKeyError):
        keys.unlock(slotted, passphrase + "x")


def test_two_spellings_of_one_accent_are_one_passphrase() -> None:
    """A keyboard that composes letters opens what one with ready letters made."""
    key = keys.new_data_key()
    slot = keys.make_slot(BARE, key, "caf\u00e9", cost=CHEAP)
    slotted = Header(
        vault_id=BARE.vault_id,
        created_at=BARE.created_at,
        encrypted=True,
        slots=(slot,),
    )
    assert keys.unlock(slotted, "cafe\u0301") == key


def test_a_slot_never_holds_the_key_or_the_passphrase(
    encrypted_vault: Callable[..., Vault], passphrase: str
) -> None:
    """Neither the words nor the data key stand in vault.json, in any usual spelling."""
    opened = encrypted_vault()
    key = keys.unlock(read_header(opened.path), passphrase)
    text = (opened.path / "vault.json").read_text("utf-8")
    for secret in (passphrase, key.hex(), base64.b64encode(key).decode()):
        assert secret not in text
        assert secret not in repr(opened.engine.url)


def test_several_passphrases_open_one_vault(
    encrypted_vault: Callable[..., Vault], passphrase: str, cheap: keys.Cost
) -> None:
    """A second passphrase opens the vault, the first goes on opening it."""
    opened = encrypted_vault()
    opened.set_zone("Europe/Lisbon")
    opened.close()
    add_passphrase(opened.path, passphrase, "five stones in a row", cost=cheap)
    for words in (passphrase, "five stones in a row"):
        with open_vault(opened.path, passphrase=words) as again:
            assert again.zone == "Europe/Lisbon"


def test_a_changed_passphrase_takes_the_place_of_the_one_typed(
    encrypted_vault: Callable[..., Vault], passphrase: str, cheap: keys.Cost
) -> None:
    """The new words open the vault, the old ones do not, and others still do."""
    opened = encrypted_vault()
    opened.close()
    add_passphrase(opened.path, passphrase, "second", cost=cheap)
    change_passphrase(opened.path, "second", "third", cost=cheap)
    for words in (passphrase, "third"):
        open_vault(opened.path, passphrase=words).close()
    with pytest.raises(WrongKeyError):
        open_vault(opened.path, passphrase="second")  # noqa: S106


def test_slots_are_limited(
    encrypted_vault: Callable[..., Vault], passphrase: str, cheap: keys.Cost
) -> None:
    """The slot after the last is refused instead of making an unreadable header."""
    opened = encrypted_vault()
    for n in range(header.MAX_SLOTS - 1):
        add_passphrase(opened.path, passphrase, f"words {n}", cost=cheap)
    with pytest.raises(UsageError):
        add_passphrase(opened.path, passphrase, "one too many", cost=cheap)
    assert len(read_header(opened.path).slots) == header.MAX_SLOTS


def test_a_plain_vault_has_no_passphrase_to_change(vault: Vault) -> None:
    """Neither command touches a plain vault."""
    with pytest.raises(UsageError):
        change_passphrase(vault.path, "a", "b")
    with pytest.raises(UsageError):
        add_passphrase(vault.path, "a", "b")
    assert not is_encrypted(vault.path)


def test_no_passphrase_is_not_a_wrong_one(
    encrypted_vault: Callable[..., Vault],
) -> None:
    """Who gives none is told that the vault is encrypted."""
    opened = encrypted_vault()
    with pytest.raises(WrongKeyError) as none_given:
        open_vault(opened.path)
    with pytest.raises(WrongKeyError) as wrong:
        open_vault(opened.path, passphrase="wrong")  # noqa: S106
    assert none_given.value.message != wrong.value.message


def set_field(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of one field of the header."""
    return lambda content: content.__setitem__(name, value)


def set_slot(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of one field of the first slot."""
    return lambda content: content["slots"][0].__setitem__(name, value)


def set_kdf(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of one parameter of the first slot's Argon2id."""
    return lambda content: content["slots"][0]["kdf"].__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (set_field("created_at", "1999-01-01T00:00:00+00:00"), WrongKeyError),
        (set_field("vault_id", "0" * 32), WrongKeyError),
        (set_field("vault_id", 7), VaultDamagedError),
        (set_field("slots", []), VaultDamagedError),
        (set_field("slots", [{}] * 99), VaultDamagedError),
        (set_field("slots", ["x"]), VaultDamagedError),
        (set_kdf("passes", 2), WrongKeyError),
        (set_kdf("salt", base64.b64encode(bytes(16)).decode()), WrongKeyError),
        (set_kdf("salt", "AAAA"), VaultDamagedError),
        (set_kdf("salt", "not base 64 \u00e9"), VaultDamagedError),
        (set_kdf("memory_kib", 4 * 1024**3), VaultDamagedError),
        (set_kdf("memory_kib", -1), VaultDamagedError),
        (set_kdf("memory_kib", True), VaultDamagedError),
        (set_kdf("passes", 10**9), VaultDamagedError),
        (set_kdf("passes", "3"), VaultDamagedError),
        (set_kdf("lanes", 0), VaultDamagedError),
        (set_kdf("name", "scrypt"), VaultDamagedError),
        (set_slot("kdf", None), VaultDamagedError),
        (set_slot("nonce", None), VaultDamagedError),
        (set_slot("wrapped_key", base64.b64encode(bytes(48)).decode()), WrongKeyError),
        (set_slot("wrapped_key", ""), VaultDamagedError),
        (set_slot("kind", "recovery"), VaultDamagedError),
        (set_slot("kind", "quantum"), UsageError),
        (set_slot("created_at", "1999-01-01T00:00:00+00:00"), WrongKeyError),
        (set_field("pending_slots", "x"), VaultDamagedError),
        (set_field("pending_slots", [{}] * 99), VaultDamagedError),
    ],
)
def test_a_changed_header_opens_nothing(
    encrypted_vault: Callable[..., Vault],
    passphrase: str,
    change: Callable[[dict[str, Any]], None],
    error: type[VaultError],
) -> None:
    """Whatever field is changed, even with a right checksum, the vault stays shut."""
    opened = encrypted_vault()
    opened.close()
    rewrite(opened.path, change)
    with pytest.raises(error):
        open_vault(opened.path, passphrase=passphrase)


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b" " * 70_000 + b"{}"],
)
def test_a_header_that_is_no_header_is_damaged(vault: Vault, data: bytes) -> None:
    """Any bytes at all in vault.json end in our own error."""
    (vault.path / "vault.json").write_bytes(data)
    with pytest.raises(VaultDamagedError):
        open_vault(vault.path)


def test_a_write_of_the_header_that_fails_leaves_the_old_one(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the rename the old header stands."""
    before = read_header(vault.path)

    def refuse(*_: object) -> None:
        raise OSError("no rename today")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="no rename"):
        write_header(vault.path, BARE)
    monkeypatch.undo()
    assert read_header(vault.path) == before
    write_header(vault.path, before)
    assert read_header(vault.path) == before


def test_calibration_keeps_memory_above_its_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow machine gets less memory, never below 64 MiB; a fast one more passes."""
    monkeypatch.setattr(keys, "_seconds", lambda _cost: 10.0)
    assert keys.calibrated_cost() == keys.Cost(memory_kib=64 * 1024)
    monkeypatch.setattr(keys, "_seconds", lambda _cost: 0.1)
    cost = keys.calibrated_cost()
    assert cost.memory_kib == 256 * 1024
    assert cost.passes > 3
    # What calibration may ask for, an opening must accept.
    monkeypatch.setattr(keys, "_seconds", lambda _cost: 0.0001)
    cost = keys.calibrated_cost()
    assert cost.memory_kib * cost.passes <= keys._MAX_WORK_KIB


def test_a_busy_machine_is_no_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds on the clock for half a second of work leave the cost as it is."""
    clock, work = iter(range(0, 1000, 10)), iter(n / 2 for n in range(100))
    monkeypatch.setattr(keys, "_stretch", lambda *_: b"")
    monkeypatch.setattr(keys.time, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(keys.time, "process_time", lambda: next(work))
    assert keys.calibrated_cost() == keys.Cost()


def test_a_real_vault_asks_for_at_least_64_mib(tmp_path: Path) -> None:
    """Without an explicit cost the slot is as dear as promised."""
    create_vault(tmp_path / "vault", passphrase="a bench by the water")  # noqa: S106
    kdf = read_header(tmp_path / "vault").slots[0]["kdf"]
    assert kdf["name"] == "argon2id"
    assert kdf["memory_kib"] >= 64 * 1024
    assert kdf["passes"] >= 3


def test_what_was_begun_opens_only_the_same_header_and_secret() -> None:
    """A secret that is stretched beforehand is stretched once, and used once."""
    key, other = keys.new_data_key(), keys.new_data_key()
    with_slot = replace(
        BARE, slots=(keys.make_slot(BARE, key, "a passphrase", cost=CHEAP),)
    )
    changed = replace(
        BARE, slots=(keys.make_slot(BARE, other, "a passphrase", cost=CHEAP),)
    )
    for begun, secret in ((with_slot, "a passphrase"), (with_slot, "wrong")):
        keys.begin_opening(begun, secret)
        assert keys.unlock(changed, "a passphrase") == other
        assert keys.unlock(begun, "a passphrase") == key
    keys.begin_opening(with_slot, "wrong")
    with pytest.raises(WrongKeyError):
        keys.unlock(with_slot, "wrong")
    assert keys.unlock(with_slot, "a passphrase") == key


def test_a_secret_that_was_begun_is_stretched_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command line begins before its imports; the opening waits for that."""
    slot = keys.make_slot(BARE, keys.new_data_key(), "a passphrase", cost=CHEAP)
    with_slot, stretched, real = replace(BARE, slots=(slot,)), [], keys._stretch

    def counted(passphrase: str, salt: bytes, cost: keys.Cost) -> bytes:
        stretched.append(passphrase)
        return real(passphrase, salt, cost)

    monkeypatch.setattr(keys, "_stretch", counted)
    keys.begin_opening(with_slot, "a passphrase")
    keys.unlock(with_slot, "a passphrase")
    assert stretched == ["a passphrase"]
