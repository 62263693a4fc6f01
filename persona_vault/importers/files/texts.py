"""From bytes to text: encodings, lines and the places of errors."""

import codecs
from collections.abc import Iterator

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.containers import Stream

CHUNK_BYTES = 256 * 1024
MAX_ELEMENT = 64 * 1024**2  # characters of one line, one CSV row or one JSON element

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODING_HINT = "Save the file as UTF-8 and import it again."


def cut_off(name: str, where: str) -> InputRejectedError:
    """The error for a file that ends too early, such as "at byte 1024"."""
    return InputRejectedError(
        f"{name} is cut off {where}",
        hint="Export or copy it again; nothing of this copy was kept.",
    )


class TextReader:
    """Decodes a stream piece by piece: UTF-8 with or without BOM, UTF-16 with BOM.

    Attributes:
        name: The member's name, for errors.
        encoding: Python's name of the encoding, without BOM.
        start: Bytes before the first character (the BOM).
    """

    def __init__(self, stream: Stream, name: str) -> None:
        self.name = name
        self._stream = stream
        head = stream.read(CHUNK_BYTES)
        self.encoding, self.start = "utf-8", 0
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                self.encoding, self.start = encoding, len(bom)
                break
        else:
            # UTF-16 without its mark decodes as UTF-8 with a NUL beside every letter.
            if head[:1] == b"\x00" or head[1:2] == b"\x00":
                raise InputRejectedError(
                    f"{name} is not UTF-8 text (byte 0)", hint=_ENCODING_HINT
                )
        self._decoder = codecs.getincrementaldecoder(self.encoding)()
        self._pending = head[self.start :]
        self._n_fed = self.start

    def read(self) -> str:
        """The next piece of text, "" at the end.

        Raises:
            InputRejectedError: Another encoding, or cut off inside a character.
        """
        while True:
            data = self._pending or self._stream.read(CHUNK_BYTES)
            self._pending = b""
            n_kept = len(self._decoder.getstate()[0])
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                at = self._n_fed - n_kept + error.start
                if not data:
                    raise cut_off(self.name, f"at byte {at}") from None
                raise InputRejectedError(
                    f"{self.name} is not {self.encoding.upper()} text (byte {at})",
                    hint=_ENCODING_HINT,
                ) from None
            self._n_fed += len(data)
            if text or not data:
                return text

    def n_bytes(self, text: str) -> int:
        """How many bytes this text has in the file."""
        return len(text.encode(self.encoding, "surrogatepass"))


def split_lines(reader: TextReader) -> Iterator[str]:
    r"""Lines with their ends as written (\n or \r\n; a lone \r ends nothing).

    NUL becomes U+FFFD: it only comes from damaged files and cuts words in SQLite.

    Raises:
        InputRejectedError: A line of more than 64 Mi characters.
    """
    rest: list[str] = []
    n_rest = 0
    while piece := reader.read():
        if "\x00" in piece:
            piece = piece.replace("\x00", "\ufffd")
        parts = piece.split("\n")
        if len(parts) > 1:
            yield "".join(rest) + parts[0] + "\n"
            rest, n_rest = [], 0
            for line in parts[1:-1]:
                yield line + "\n"
        rest.append(parts[-1])
        n_rest += len(parts[-1])
        if n_rest > MAX_ELEMENT:
            raise InputRejectedError(
                f"{reader.name} has a line of more than 64 MiB",
                hint="This is not a chat export that can be read.",
            )
    last = "".join(rest)
    if last:
        yield last
