"""Whether a Pi takeout is the talk that its vendor signed, checked without network."""

import base64
import binascii
import zlib
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from persona_vault.importers.files.jsontext import NotJsonError, parse_line
from persona_vault.importers.files.texts import MAX_ELEMENT
from persona_vault.importers.values import as_list, as_word

AUTHENTIC = "authentic"
ALTERED = "altered"
CANNOT_TELL = "cannot_tell"

# The one public key that Inflection AI publishes (github.com/InflectionAI/
# Signature-Verification, August 2024), as an uncompressed point of P-521. Each takeout
# bears four signatures; the keys of the other three are held in reserve.
_PUBLISHED_KEY = bytes.fromhex(
    "0401dcfee0c980d002eb5555fc8bff88f2acb78b62bc7f68c886c3aab10fc54e37d4a50f"
    "ba60f09f6368b66a902637ec9cbfc7036a9b810b5f53ec65ebad4df439749a0158cedbf7"
    "466b328f07f91e92c1285829416732ee3e99b08ab9508025c1607bb69d926cf61bc9aaff"
    "2d440c6442d5403eb601d073cf36758f87f7d74c9d8aaecbcb"
)
_N_SIGNATURES = 16  # a takeout has four; each costs a millisecond


def check(takeout: dict[str, Any], key: bytes = _PUBLISHED_KEY) -> str:
    """What the signed copy inside a takeout says about the talk beside it.

    `AUTHENTIC` means that a signature of the vendor holds and the talk is the one that
    was signed. `ALTERED` means that the talk and the copy differ, so that one of them
    was changed. `CANNOT_TELL` is everything else: no copy, a copy that cannot be read,
    or signatures by other keys.

    Args:
        takeout: The whole decoded file.
        key: The vendor's public key, an uncompressed point of P-521.
    """
    copy = as_word(takeout.get("base64encoded_compressed_user_data"))
    try:
        packed = base64.b64decode(copy, validate=True)
        signed = _unpacked(packed)
    except (binascii.Error, ValueError, zlib.error):
        return CANNOT_TELL
    if signed != takeout.get("user_data"):
        return ALTERED
    signatures = as_list(takeout.get("signatures_of_compressed_user_data"))
    for signature in signatures[:_N_SIGNATURES]:
        if _holds(as_word(signature), packed, key):
            return AUTHENTIC
    return CANNOT_TELL


def _unpacked(packed: bytes) -> Any:
    """The signed copy, decoded by the rules that the talk itself was decoded by.

    Raises:
        ValueError: It is cut off, larger than any talk, or not JSON.
        zlib.error: It is not packed data.
    """
    stream = zlib.decompressobj()
    data = stream.decompress(packed, MAX_ELEMENT)
    if not stream.eof:
        raise ValueError("longer than what may be read, or cut off")
    try:
        return parse_line(data.decode("utf-8"))
    except NotJsonError as error:
        raise ValueError(str(error)) from None


def _holds(signature: str, packed: bytes, key: bytes) -> bool:
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP521R1(), key)
        public.verify(
            base64.b64decode(signature, validate=True),
            packed,
            ec.ECDSA(hashes.SHA256()),
        )
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
