"""Text that programs put into pictures: the tEXt, zTXt and iTXt chunks of a PNG."""

import struct
import zlib
from collections.abc import Collection, Iterator

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.containers import Stream
from persona_vault.importers.files.texts import CHUNK_BYTES, cut_off
from persona_vault.importers.source import Source

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_TEXT_TYPES = (b"tEXt", b"zTXt", b"iTXt")
_LONGEST_KEYWORD = 79
# Language tag and translated keyword of an iTXt chunk; real ones are a few bytes.
_LONGEST_LABELS = 1024
_LONGEST_CHUNK = 2**31 - 1
_HINT = "Download or copy the picture again; this copy cannot be read."


def is_png(source: Source, member: str) -> bool:
    """Whether a member begins as a PNG does."""
    with source.stream(member) as stream:
        return stream.read(len(SIGNATURE)) == SIGNATURE


def text_chunks(
    source: Source, member: str, keywords: Collection[str], *, max_bytes: int
) -> Iterator[tuple[str, bytes]]:
    """(keyword, text) of the chunks with one of the keywords, in file order.

    The text is unpacked but not decoded: tEXt and zTXt should be Latin-1 and iTXt is
    UTF-8, which programs do not all keep to. Nothing else of the picture is held in
    memory; its pixels are not checked.

    Args:
        source: Where the picture stands.
        member: Its name there.
        keywords: Exact keywords, of at most 79 Latin-1 characters.
        max_bytes: What all these texts together may have.

    Raises:
        InputRejectedError: It is no PNG, cut off or damaged, or the texts are larger.
    """
    wanted = {keyword.encode("latin-1"): keyword for keyword in keywords}
    with source.stream(member) as stream:
        walk = _Walk(stream, member, max_bytes)
        while walk.next_chunk():
            if walk.type not in _TEXT_TYPES:
                walk.skip_rest()
                continue
            found = walk.keyword()
            if found in wanted:
                yield wanted[found], walk.text()
            else:
                walk.skip_rest()


class _Walk:
    """A place between or inside the chunks of one PNG.

    Attributes:
        type: The four letters of the chunk at hand.
    """

    def __init__(self, stream: Stream, name: str, max_bytes: int) -> None:
        self._stream = stream
        self._name = name
        self._n_allowed = max_bytes
        self._n_left = 0
        self._begin = b""
        self.type = b""
        if stream.read(len(SIGNATURE)) != SIGNATURE:
            raise self._refuse("is no PNG picture")

    def _refuse(self, what: str) -> InputRejectedError:
        return InputRejectedError(f"{self._name} {what}", hint=_HINT)

    def _damaged(self) -> InputRejectedError:
        return self._refuse(f"is damaged before byte {self._stream.n_read}")

    def _take(self, n_bytes: int) -> bytes:
        pieces = []
        while n_bytes > 0:
            piece = self._stream.read(min(n_bytes, CHUNK_BYTES))
            if not piece:
                raise cut_off(self._name, f"at byte {self._stream.n_read}")
            pieces.append(piece)
            n_bytes -= len(piece)
        return b"".join(pieces)

    def next_chunk(self) -> bool:
        """Step to the next chunk; False at the end of the picture."""
        n_bytes, self.type = struct.unpack(">I4s", self._take(8))
        if not self.type.isalpha() or n_bytes > _LONGEST_CHUNK:
            raise self._damaged()
        self._n_left, self._begin = n_bytes, b""
        return self.type != b"IEND"

    def skip_rest(self) -> None:
        """Step over what is left of the chunk, and its checksum."""
        self._n_left += 4
        while self._n_left:
            self._n_left -= len(self._take(min(self._n_left, CHUNK_BYTES)))

    def keyword(self) -> bytes:
        """The keyword before the text."""
        self._begin = self._take(min(self._n_left, _LONGEST_KEYWORD + 1))
        self._n_left -= len(self._begin)
        keyword, end, _rest = self._begin.partition(b"\x00")
        if not keyword or not end:
            raise self._damaged()
        return keyword

    def text(self) -> bytes:
        """The unpacked text of the chunk, whose checksum must hold."""
        if self._n_left > self._n_allowed + _LONGEST_LABELS:
            raise self._too_large()
        data = self._begin + self._take(self._n_left)
        (checksum,) = struct.unpack(">I", self._take(4))
        if zlib.crc32(data, zlib.crc32(self.type)) != checksum:
            raise self._damaged()
        is_packed, packed = self._packed(data.partition(b"\x00")[2])
        text = self._unpacked(packed) if is_packed else packed
        if len(text) > self._n_allowed:
            raise self._too_large()
        self._n_allowed -= len(text)
        return text

    def _too_large(self) -> InputRejectedError:
        return self._refuse("holds more text than a picture of this kind has")

    def _packed(self, data: bytes) -> tuple[bool, bytes]:
        """(whether it is packed, the text) of what stands behind the keyword."""
        if self.type == b"tEXt":
            return False, data
        marks, rest = (data[:1], data[1:]) if self.type == b"zTXt" else (data[:2], b"")
        if self.type == b"iTXt":
            parts = data[2:].split(b"\x00", 2)
            if len(parts) != 3:
                raise self._damaged()
            rest = parts[2]
            if marks[:1] == b"\x00":
                return False, rest
        # The one method there is; a flag before it says that an iTXt chunk is packed.
        if marks != (b"\x00" if self.type == b"zTXt" else b"\x01\x00"):
            raise self._damaged()
        return True, rest

    def _unpacked(self, data: bytes) -> bytes:
        unpacking = zlib.decompressobj()
        try:
            text = unpacking.decompress(data, self._n_allowed + 1)
        except zlib.error:
            raise self._damaged() from None
        if len(text) > self._n_allowed:
            raise self._too_large()
        if not unpacking.eof:
            raise self._damaged()
        return text
