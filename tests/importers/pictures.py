"""PNG pictures for tests, made chunk by chunk."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
    """One chunk, with its right checksum unless another is given."""
    right = zlib.crc32(kind + data)
    return (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", right if checksum is None else checksum)
    )


def png(*chunks: bytes) -> bytes:
    """A picture of one grey dot with these chunks before its end."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    dot = zlib.compress(b"\x00\x80")
    return b"".join(
        (
            SIGNATURE,
            chunk(b"IHDR", header),
            chunk(b"IDAT", dot),
            *chunks,
            chunk(b"IEND", b""),
        )
    )


def plain(keyword: str, text: bytes) -> bytes:
    """A tEXt chunk."""
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\x00" + text)


def packed(keyword: str, text: bytes) -> bytes:
    """A zTXt chunk."""
    data = keyword.encode("latin-1") + b"\x00\x00" + zlib.compress(text, 9)
    return chunk(b"zTXt", data)


def international(keyword: str, text: bytes, *, is_packed: bool = False) -> bytes:
    """An iTXt chunk with a language and a translated keyword."""
    body = zlib.compress(text) if is_packed else text
    marks = b"\x01\x00" if is_packed else b"\x00\x00"
    labels = b"de\x00" + "Schlüssel".encode() + b"\x00"
    return chunk(b"iTXt", keyword.encode("latin-1") + b"\x00" + marks + labels + body)
