"""Key slots: a random data key, wrapped under what a passphrase is stretched to.

The data key opens the database; a slot holds it under ChaCha20-Poly1305 with a key
that Argon2id makes from the passphrase. The header's fields and the slot's own are
associated data, so a changed header opens nothing.
"""

import base64
import binascii
import os
import time
import unicodedata
from dataclasses import asdict, dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from persona_vault.errors import UsageError, VaultDamagedError, WrongKeyError
from persona_vault.store.header import HEADER_NAME, Header, canonical

KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16

# What a header may ask for: a hostile one must not take all memory or run for hours.
_MAX_MEMORY_KIB = 1024 * 1024
_MAX_PASSES = 64
_MAX_LANES = 16

_FLOOR_MEMORY_KIB = 64 * 1024
# An unlock should take between these: slow for who guesses, bearable for the owner.
_FASTEST_S, _SLOWEST_S, _AIM_S = 0.3, 1.5, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one try of a passphrase costs under Argon2id."""

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 4


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


def calibrated_cost() -> Cost:
    """The cost at which this machine takes about 0.3 to 1.5 s for one try.

    Memory never falls below 64 MiB, whatever the time.
    """
    cost = Cost()
    while True:
        try:
            started = time.perf_counter()
            _stretch("calibration", bytes(_SALT_BYTES), cost)
            took = time.perf_counter() - started
        except MemoryError:
            took = float("inf")
        if took > _SLOWEST_S and cost.memory_kib > _FLOOR_MEMORY_KIB:
            cost = replace(cost, memory_kib=cost.memory_kib // 2)
            continue
        if took < _FASTEST_S:
            passes = min(_MAX_PASSES, int(cost.passes * _AIM_S / took))
            cost = replace(cost, passes=passes)
        return cost


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
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    slot: dict[str, Any] = {
        "kind": "passphrase",
        "kdf": {"name": "argon2id", **asdict(cost), "salt": _encode(salt)},
    }
    wrapped = ChaCha20Poly1305(_stretch(passphrase, salt, cost)).encrypt(
        nonce, data_key, _bound(header, slot)
    )
    return {**slot, "nonce": _encode(nonce), "wrapped_key": _encode(wrapped)}


def unlock(header: Header, passphrase: str | None) -> bytes:
    """The data key, from whichever slot the passphrase opens.

    Raises:
        WrongKeyError: It opens none, or none was given.
        VaultDamagedError: A slot cannot be read.
    """
    if passphrase is None:
        raise WrongKeyError(
            "This vault is encrypted and no passphrase was given.",
            hint="Type it when asked, or name a file with --passphrase-file.",
        )
    for slot in header.slots:
        if slot.get("kind") != "passphrase":
            continue
        cost, salt, nonce, wrapped = _read_slot(slot)
        bound = _bound(header, {"kind": slot["kind"], "kdf": slot["kdf"]})
        try:
            return ChaCha20Poly1305(_stretch(passphrase, salt, cost)).decrypt(
                nonce, wrapped, bound
            )
        except InvalidTag:
            continue
    raise WrongKeyError(
        "The passphrase does not open this vault.",
        hint="Check capital letters and the keyboard layout, and try again; nothing"
        " was changed.",
    )


def _bound(header: Header, slot: dict[str, Any]) -> bytes:
    return canonical({"header": header.fields(), "slot": slot})


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(value: object, n_bytes: int) -> bytes:
    if not isinstance(value, str):
        raise _bad_slot()
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad_slot() from error
    if len(data) != n_bytes:
        raise _bad_slot()
    return data


def _bounded(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad_slot()
    if not low <= value <= high:
        raise _bad_slot()
    return value


def _read_slot(slot: dict[str, Any]) -> tuple[Cost, bytes, bytes, bytes]:
    kdf = slot.get("kdf")
    if not isinstance(kdf, dict) or kdf.get("name") != "argon2id":
        raise _bad_slot()
    lanes = _bounded(kdf.get("lanes"), 1, _MAX_LANES)
    cost = Cost(
        # Argon2 itself asks for eight blocks a lane.
        memory_kib=_bounded(kdf.get("memory_kib"), 8 * lanes, _MAX_MEMORY_KIB),
        passes=_bounded(kdf.get("passes"), 1, _MAX_PASSES),
        lanes=lanes,
    )
    return (
        cost,
        _decode(kdf.get("salt"), _SALT_BYTES),
        _decode(slot.get("nonce"), _NONCE_BYTES),
        _decode(slot.get("wrapped_key"), KEY_BYTES + _TAG_BYTES),
    )


def _bad_slot() -> VaultDamagedError:
    return VaultDamagedError(
        f"A key slot in {HEADER_NAME} is damaged or asks for more than any vault does.",
        hint=f"Put {HEADER_NAME} back from a backup of the same vault.",
    )
