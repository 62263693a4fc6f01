"""Key slots: a random data key, wrapped under what a secret is made into.

The data key opens the database; a slot holds it under ChaCha20-Poly1305. The wrapping
key comes from a passphrase by Argon2id, or from a random code (printed for recovery, or
kept in the system's keyring) by HKDF: 160 random bits need no stretching. The header's
fields and the slot's own are associated data, so a changed header opens nothing.
"""

import base64
import binascii
import hashlib
import os
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from persona_vault.beside import Beside
from persona_vault.errors import UsageError, VaultDamagedError, WrongKeyError
from persona_vault.store.header import HEADER_NAME, Header, canonical
from persona_vault.store.recovery import read_code, resembles_code

PASSPHRASE, RECOVERY, KEYRING = "passphrase", "recovery", "keyring"
KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_STRETCHED, _RANDOM = "argon2id", "hkdf-sha256"
_SEALED = ("nonce", "wrapped_key")  # of a slot; the rest is bound to them

# What a header may ask for: a hostile one must not take all memory or run for hours.
_MAX_MEMORY_KIB = 1024 * 1024
_MAX_PASSES = 64
_MAX_LANES = 16
_MAX_WORK_KIB = 16 * 1024 * 1024  # memory times passes: about 13 s on a small machine

_FLOOR_MEMORY_KIB = 64 * 1024
# An unlock should take between these: slow for who guesses, bearable for the owner.
_FASTEST_S, _SLOWEST_S, _AIM_S = 0.3, 1.5, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one try of a passphrase costs under Argon2id."""

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """What a secret opened.

    Attributes:
        key: The data key, 32 bytes.
        slot_id: As `slot_id` gives it.
        kind: The slot's.
        pending: Whether the slot is of the key that a `rekey` was moving to.
    """

    key: bytes = field(repr=False)
    slot_id: str
    kind: str
    pending: bool = False


class _BadSlotError(Exception):
    """A slot that cannot be read."""


def new_data_key() -> bytes:
    """256 random bits."""
    return os.urandom(KEY_BYTES)


def check_passphrase(passphrase: str) -> None:
    """Refuse what cannot serve as a passphrase.

    Raises:
        UsageError: It is empty or holds a NUL character.
    """
    if not passphrase:
        raise UsageError(
            "An empty passphrase protects nothing.", hint="Choose one and try again."
        )
    if "\0" in passphrase:
        raise UsageError(
            "The passphrase holds a NUL character, which cannot be typed again.",
            hint="Choose one of letters, digits and signs.",
        )


def _stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    # One spelling for an accented letter: keyboards of two systems may differ in it.
    words = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(words)


def _derive(code: bytes, salt: bytes) -> bytes:
    return HKDF(
        algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"persona-vault slot"
    ).derive(code)


def calibrated_cost() -> Cost:
    """The cost at which this machine takes about 0.3 to 1.5 s for one try.

    Memory never falls below 64 MiB, whatever the time.
    """
    cost = Cost()
    while True:
        took = _seconds(cost)
        if took > _SLOWEST_S and cost.memory_kib > _FLOOR_MEMORY_KIB:
            cost = replace(cost, memory_kib=cost.memory_kib // 2)
            continue
        if took < _FASTEST_S:
            passes = min(_MAX_PASSES, int(cost.passes * _AIM_S / took))
            cost = replace(cost, passes=passes)
        return cost


def _seconds(cost: Cost) -> float:
    """How long a try takes; for ever where the memory is not to be had.

    A machine that is busy for a moment is no slow one, so work counts where it is less
    than the time that went by.
    """
    started, worked = time.perf_counter(), time.process_time()
    try:
        _stretch("calibration", bytes(_SALT_BYTES), cost)
    except MemoryError:
        return float("inf")
    return min(time.perf_counter() - started, time.process_time() - worked)


def make_slot(
    header: Header, data_key: bytes, passphrase: str, *, cost: Cost | None = None
) -> dict[str, Any]:
    """A slot for `header` that gives `data_key` to who knows the passphrase.

    Args:
        header: Its fields are bound into the slot; its slots are not.
        data_key: 32 bytes.
        passphrase: Not empty, without NUL.
        cost: None = measured on this machine (one to three tries).

    Raises:
        UsageError: The passphrase cannot serve.
    """
    check_passphrase(passphrase)
    cost = cost or calibrated_cost()
    salt = os.urandom(_SALT_BYTES)
    kdf = {"name": _STRETCHED, **asdict(cost), "salt": _encode(salt)}
    return _sealed(
        header, data_key, PASSPHRASE, kdf, wrapping=_stretch(passphrase, salt, cost)
    )


def make_code_slot(
    header: Header, data_key: bytes, code: str, *, kind: str = RECOVERY
) -> dict[str, Any]:
    """A slot that a random code opens: the recovery code, or what a keyring keeps.

    Args:
        header: As for `make_slot`.
        data_key: 32 bytes.
        code: As `recovery.new_code` makes it.
        kind: RECOVERY or KEYRING.
    """
    data = read_code(code)
    if data is None:
        raise ValueError("not a recovery code")
    salt = os.urandom(_SALT_BYTES)
    kdf = {"name": _RANDOM, "salt": _encode(salt)}
    return _sealed(header, data_key, kind, kdf, wrapping=_derive(data, salt))


def _sealed(
    header: Header, data_key: bytes, kind: str, kdf: dict[str, Any], *, wrapping: bytes
) -> dict[str, Any]:
    slot: dict[str, Any] = {
        "kind": kind,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kdf": kdf,
    }
    nonce = os.urandom(_NONCE_BYTES)
    wrapped = ChaCha20Poly1305(wrapping).encrypt(nonce, data_key, _bound(header, slot))
    return {**slot, "nonce": _encode(nonce), "wrapped_key": _encode(wrapped)}


def slot_id(slot: dict[str, Any]) -> str:
    """A short name for a slot: 8 hexadecimal digits, new with every new secret."""
    kdf = slot.get("kdf")
    salt = kdf.get("salt") if isinstance(kdf, dict) else None
    return hashlib.sha256(str(salt).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def slot_cost(slot: dict[str, Any]) -> Cost | None:
    """What a try of the slot's passphrase costs; None where nothing is stretched.

    Raises:
        VaultDamagedError: The slot cannot be read.
    """
    try:
        return _read_slot(slot)[0]
    except _BadSlotError:
        raise _bad_slot() from None


def unlock(header: Header, secret: str | None) -> bytes:
    """The data key, from whichever slot the passphrase or the code opens.

    Raises:
        WrongKeyError: It opens none, or none was given.
        UsageError: The vault has no slot of the kind that was typed.
        VaultDamagedError: No slot opened, and one of them cannot be read.
    """
    return open_slots(header, secret)[0].key


def open_slots(header: Header, secret: str | None) -> tuple[Unlocked, ...]:
    """What a secret opens: one slot, or two while a `rekey` is under way.

    Raises:
        WrongKeyError, UsageError, VaultDamagedError: As `unlock`.
    """
    begun = _begun.pop() if _begun else None
    if begun and begun[:2] == (header, secret):
        return begun[2].result()
    return _open_slots(header, secret)


def begin_opening(header: Header, secret: str) -> None:
    """Begin to stretch a secret, for an `open_slots` of the same soon after.

    Beside imports: they take .5 s and stretching .3 to 1.5 s, outside of Python.
    """
    _begun[:] = [(header, secret, Beside(partial(_open_slots, header, secret)))]


# What `begin_opening` has begun and nobody has asked for yet: one at most.
_begun: list[tuple[Header, str, Beside[tuple[Unlocked, ...]]]] = []


def _open_slots(header: Header, secret: str | None) -> tuple[Unlocked, ...]:
    if secret is None:
        raise WrongKeyError(
            "This vault is encrypted and no passphrase was given.",
            hint="Type it when asked, or name a file with --passphrase-file.",
        )
    found, rotten = [], False
    for pending, slots in ((False, header.slots), (True, header.pending)):
        opened, bad = _first_opened(header, slots, secret)
        rotten |= bad
        if opened is not None:
            found.append(replace(opened, pending=pending))
    if found:
        return tuple(found)
    if rotten:
        raise _bad_slot()
    raise _not_opened(header, secret)


def _first_opened(
    header: Header, slots: Iterable[dict[str, Any]], secret: str
) -> tuple[Unlocked | None, bool]:
    """The first slot that opens, and whether one before it could not be read."""
    code, rotten = read_code(secret), False
    # The quick ones first.
    for slot in sorted(slots, key=lambda each: each.get("kind") == PASSPHRASE):
        kind = slot.get("kind")
        if kind not in (PASSPHRASE, RECOVERY, KEYRING):
            continue
        try:
            cost, salt, nonce, wrapped = _read_slot(slot)
        except _BadSlotError:
            rotten = True
            continue
        if cost is not None:
            wrapping = _stretch(secret, salt, cost)
        elif code is not None:
            wrapping = _derive(code, salt)
        else:
            continue
        try:
            key = ChaCha20Poly1305(wrapping).decrypt(
                nonce, wrapped, _bound(header, slot)
            )
        except InvalidTag:
            continue
        return Unlocked(key=key, slot_id=slot_id(slot), kind=kind), rotten
    return None, rotten


def _not_opened(header: Header, secret: str) -> WrongKeyError | UsageError:
    kinds = {slot.get("kind") for slot in (*header.slots, *header.pending)}
    is_code = read_code(secret) is not None
    if is_code and RECOVERY not in kinds:
        return UsageError(
            "A recovery code was typed, and this vault has none.",
            hint="Type the passphrase; `persona-vault key recovery` makes a code.",
        )
    if is_code:
        return WrongKeyError(
            "The recovery code does not open this vault.",
            hint="It is of another vault, or a newer code has taken its place; nothing"
            " was changed.",
        )
    if resembles_code(secret) and RECOVERY in kinds:
        return WrongKeyError(
            "What was typed looks like a recovery code with a slip in it.",
            hint="Compare it sign by sign with your copy, nine groups of four; nothing"
            " was changed.",
        )
    if PASSPHRASE not in kinds:
        return UsageError(
            "This vault has no slot for a passphrase.",
            hint="Type the recovery code; `persona-vault key list` shows what opens"
            " the vault.",
        )
    return WrongKeyError(
        "The passphrase does not open this vault.",
        hint="Check capital letters and the keyboard layout, and try again; nothing"
        " was changed.",
    )


def _bound(header: Header, slot: dict[str, Any]) -> bytes:
    told = {name: value for name, value in slot.items() if name not in _SEALED}
    return canonical({"header": header.fields(), "slot": told})


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(value: object, n_bytes: int) -> bytes:
    if not isinstance(value, str):
        raise _BadSlotError
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise _BadSlotError from None
    if len(data) != n_bytes:
        raise _BadSlotError
    return data


def _bounded(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _BadSlotError
    if not low <= value <= high:
        raise _BadSlotError
    return value


def _read_slot(slot: dict[str, Any]) -> tuple[Cost | None, bytes, bytes, bytes]:
    kdf = slot.get("kdf")
    if not isinstance(kdf, dict):
        raise _BadSlotError
    expected = _STRETCHED if slot.get("kind") == PASSPHRASE else _RANDOM
    if kdf.get("name") != expected:
        raise _BadSlotError
    return (
        _read_cost(kdf) if expected == _STRETCHED else None,
        _decode(kdf.get("salt"), _SALT_BYTES),
        _decode(slot.get("nonce"), _NONCE_BYTES),
        _decode(slot.get("wrapped_key"), KEY_BYTES + _TAG_BYTES),
    )


def _read_cost(kdf: dict[str, Any]) -> Cost:
    lanes = _bounded(kdf.get("lanes"), 1, _MAX_LANES)
    # Argon2 itself asks for eight blocks a lane.
    memory_kib = _bounded(kdf.get("memory_kib"), 8 * lanes, _MAX_MEMORY_KIB)
    passes = _bounded(kdf.get("passes"), 1, _MAX_PASSES)
    _bounded(memory_kib * passes, 1, _MAX_WORK_KIB)
    return Cost(memory_kib=memory_kib, passes=passes, lanes=lanes)


def _bad_slot() -> VaultDamagedError:
    return VaultDamagedError(
        f"A key slot in {HEADER_NAME} is damaged or asks for more than any vault does.",
        hint=f"Put {HEADER_NAME} back from a backup of the same vault.",
    )
