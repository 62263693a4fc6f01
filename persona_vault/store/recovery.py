"""Recovery codes: 160 random bits, written so that a person can copy and type them.

36 signs in nine groups of four: 32 hold the bits, 4 are a checksum, so that a slip of
the pen is told apart from the code of another vault. The alphabet (Crockford's) has
neither I, L, O nor U; typed, they are read as the digits they look like.
"""

import hashlib
import secrets

CODE_BYTES = 20
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {sign: value for value, sign in enumerate(_ALPHABET)}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GROUP = 4
_N_SIGNS, _N_CHECK = 32, 4
# What people and their programs put between groups.
_BETWEEN = " \t-._\u00a0\u2010\u2011\u2012\u2013\u2014\u2212"
_DROPPED = str.maketrans("", "", _BETWEEN)


def new_code() -> str:
    """A fresh recovery code, such as `7K3M-...` (nine groups of four)."""
    return write_code(secrets.token_bytes(CODE_BYTES))


def write_code(data: bytes) -> str:
    """The code that stands for 20 bytes."""
    signs = _signs(data, _N_SIGNS) + _checksum(data)
    return "-".join(signs[i : i + _GROUP] for i in range(0, len(signs), _GROUP))


def read_code(typed: str) -> bytes | None:
    """The bytes of a code as somebody typed it; None where it is none, or has a slip.

    Case, blanks and dashes do not count; O is read as 0, I and L as 1.
    """
    signs = _cleaned(typed)
    if len(signs) != _N_SIGNS + _N_CHECK or not all(s in _VALUES for s in signs):
        return None
    number = 0
    for sign in signs[:_N_SIGNS]:
        number = number * len(_ALPHABET) + _VALUES[sign]
    data = number.to_bytes(CODE_BYTES, "big")
    return data if signs[_N_SIGNS:] == _checksum(data) else None


def resembles_code(typed: str) -> bool:
    """Whether it was meant as a code, a sign too few or too many included."""
    signs = _cleaned(typed)
    n_wrong = sum(sign not in _VALUES for sign in signs)
    near = abs(len(signs) - _N_SIGNS - _N_CHECK) <= _GROUP and n_wrong <= _GROUP
    return near and any(sign.isdigit() for sign in signs)


def _cleaned(typed: str) -> str:
    return typed.translate(_DROPPED).upper().translate(_READ_AS)


def _signs(data: bytes, n_signs: int) -> str:
    number = int.from_bytes(data, "big") >> (8 * len(data) - 5 * n_signs)
    places = range(5 * (n_signs - 1), -1, -5)
    return "".join(_ALPHABET[number >> place & 31] for place in places)


def _checksum(data: bytes) -> str:
    digest = hashlib.sha256(b"persona-vault recovery code" + data).digest()
    return _signs(digest, _N_CHECK)
