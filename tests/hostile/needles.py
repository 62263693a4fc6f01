"""Words looked for in files in every spelling that they could stand there in."""

import base64
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_MOST_UNPACKED = 64 * 1024 * 1024
_GZIP = b"\x1f\x8b\x08"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_MOST_STARTS = 20_000


def spellings(words: str) -> Iterator[bytes]:
    """How the words could stand in a file: also as base64 from any byte on."""
    yield words.encode()
    yield words.encode("utf-16-le")
    for shift in range(3):
        cut = base64.b64encode(b"x" * shift + words.encode())
        yield cut[4 : len(cut) - 4]


def files(*folders: Path) -> list[Path]:
    """Every file below these folders."""
    return [p for folder in folders for p in folder.rglob("*") if p.is_file()]


def unpacked(data: bytes) -> Iterator[bytes]:
    """What is packed inside these bytes, by gzip or zlib, from any byte on."""
    for magic, bits in ((_GZIP, zlib.MAX_WBITS | 16), *((m, 0) for m in _ZLIB)):
        at, tries = data.find(magic), 0
        while at >= 0 and tries < _MOST_STARTS:
            packed = zlib.decompressobj(bits or zlib.MAX_WBITS)
            with suppress(zlib.error):
                yield packed.decompress(data[at:], _MOST_UNPACKED)
            at, tries = data.find(magic, at + 1), tries + 1


def leaks(
    folders: Iterable[Path], secrets: Iterable[str | bytes]
) -> list[tuple[str, str]]:
    """File and secret, for each that is found; packed contents are looked into."""
    wanted = {
        secret if isinstance(secret, str) else secret[:8].hex(): (
            tuple(spellings(secret)) if isinstance(secret, str) else (secret,)
        )
        for secret in secrets
    }
    found = []
    for path in files(*folders):
        whole = path.read_bytes()
        for data in (whole, *unpacked(whole)):
            found += [
                (path.name, name)
                for name, spelled in wanted.items()
                if any(spelling in data for spelling in spelled)
            ]
    return sorted(set(found))


def packed(words: str) -> bytes:
    """The words as a gzip file, for a look that must find them."""
    return gzip.compress(words.encode())
