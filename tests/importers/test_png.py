"""Text chunks of pictures: found in order, bounded, and never from a damaged chunk."""

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.png import is_png, text_chunks
from persona_vault.importers.source import Source
from tests.importers.pictures import (
    SIGNATURE,
    chunk,
    international,
    packed,
    plain,
    png,
)

TEXT = "Wärme und Licht".encode()


def texts(
    folder: Path, data: bytes, *keywords: str, max_bytes: int = 10_000
) -> list[tuple[str, bytes]]:
    """What is found in a picture of these bytes."""
    path = folder / "card.png"
    path.write_bytes(data)
    with Source.open(path) as source:
        found = text_chunks(
            source, "card.png", keywords or ("note",), max_bytes=max_bytes
        )
        return list(found)


@pytest.mark.parametrize(
    "made",
    [
        plain("note", TEXT),
        packed("note", TEXT),
        international("note", TEXT),
        international("note", TEXT, is_packed=True),
    ],
    ids=["tEXt", "zTXt", "iTXt", "packed iTXt"],
)
def test_every_form_gives_the_same_text(tmp_path: Path, made: bytes) -> None:
    """The bytes of the text arrive unpacked, whichever chunk holds them."""
    assert texts(tmp_path, png(made)) == [("note", TEXT)]


def test_order_and_keywords(tmp_path: Path) -> None:
    """Chunks of the wanted keywords come in file order; all others are left."""
    data = png(
        plain("b", b"1"), plain("B", b"other"), packed("a", b"2"), plain("b", b"")
    )

    assert texts(tmp_path, data, "a", "b") == [("b", b"1"), ("a", b"2"), ("b", b"")]
    assert texts(tmp_path, data, "c") == []


def test_long_pixels_are_stepped_over(tmp_path: Path) -> None:
    """Text behind more pixels than are read at once is found."""
    pixels = chunk(b"IDAT", bytes(600_000))

    assert texts(tmp_path, png(pixels, plain("note", b"x"))) == [("note", b"x")]


@pytest.mark.parametrize(
    "made",
    [
        chunk(b"tEXt", b"note\x00hello", checksum=1),
        chunk(b"tEXt", b"note without an end"),
        chunk(b"tEXt", b"\x00no keyword"),
        chunk(b"tEXt", b""),
        chunk(b"zTXt", b"note\x00\x01" + zlib.compress(b"x")),
        chunk(b"zTXt", b"note\x00"),
        chunk(b"zTXt", b"note\x00\x00no packed text"),
        chunk(b"zTXt", b"note\x00\x00" + zlib.compress(TEXT)[:-6]),
        chunk(b"iTXt", b"note\x00\x00\x00de"),
        chunk(b"iTXt", b"note\x00\x02\x00\x00\x00" + TEXT),
        chunk(b"iTXt", b"note\x00\x01\x07\x00\x00" + zlib.compress(TEXT)),
        chunk(b"\x00\x01\x02\x03", b""),
        struct.pack(">I", 2**31) + b"IDAT",
    ],
)
def test_a_damaged_chunk_is_refused(tmp_path: Path, made: bytes) -> None:
    """A chunk that breaks the rules of PNG gives no text and one plain error."""
    with pytest.raises(InputRejectedError, match=r"card\.png is damaged before byte"):
        texts(tmp_path, png(made))


def test_a_checksum_counts_for_the_text_alone(tmp_path: Path) -> None:
    """A flipped pixel does not hide the text."""
    pixels = chunk(b"IDAT", b"pixels", checksum=1)

    assert texts(tmp_path, png(pixels, plain("note", b"x"))) == [("note", b"x")]


def test_packed_text_has_a_bound(tmp_path: Path) -> None:
    """A few kilobytes that unpack to megabytes are refused, packed either way."""
    bomb = bytes(5_000_000)

    for made in (packed("note", bomb), international("note", bomb, is_packed=True)):
        assert len(made) < 10_000
        with pytest.raises(InputRejectedError, match="holds more text"):
            texts(tmp_path, png(made))


def test_the_bound_holds_for_all_texts_together(tmp_path: Path) -> None:
    """Many texts that are each allowed may together be too many."""
    made = [plain("note", b"1234"), packed("note", b"1234"), plain("note", b"12")]

    assert len(texts(tmp_path, png(*made), max_bytes=10)) == 3
    with pytest.raises(InputRejectedError, match="holds more text"):
        texts(tmp_path, png(*made), max_bytes=9)


def test_a_giant_chunk_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A declared length beyond the bound is enough: the bytes need not be there."""
    data = SIGNATURE + struct.pack(">I", 2**31 - 1) + b"tEXtnote\x00" + bytes(100)

    with pytest.raises(InputRejectedError, match="holds more text"):
        texts(tmp_path, data)


def test_a_giant_chunk_of_another_keyword_is_read_past(tmp_path: Path) -> None:
    """Text that nobody asked for may be of any length."""
    data = png(plain("other", bytes(500_000)), plain("note", b"x"))

    assert texts(tmp_path, data, max_bytes=10) == [("note", b"x")]


@given(at=st.integers(min_value=8, max_value=10_000))
def test_a_cut_picture_is_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int
) -> None:
    """Wherever a picture ends before its end chunk, that is said."""
    whole = png(plain("note", TEXT))
    # The end chunk carries nothing but its own checksum.
    at = min(at, len(whole) - 5)

    with pytest.raises(InputRejectedError, match="cut off at byte"):
        texts(tmp_path_factory.mktemp("cut"), whole[:at])


def test_other_files_are_no_pictures(tmp_path: Path) -> None:
    """A file without the signature is told apart before it is walked."""
    path = tmp_path / "card.png"
    for data, is_one in ((png(), True), (b"GIF89a" + bytes(20), False), (b"x", False)):
        path.write_bytes(data)
        with Source.open(path) as source:
            assert is_png(source, "card.png") is is_one
    with pytest.raises(InputRejectedError, match="is no PNG picture"):
        texts(tmp_path, b"GIF89a" + bytes(20))
