"""Reading zips in place: what an untouched export never has is refused."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError, VaultError
from persona_vault.importers.files import containers
from persona_vault.importers.source import Source


def make_zip(path: Path, entries: dict[str, bytes], packing: int = 8) -> Path:
    """Write a zip with these entries and return its path."""
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("packing", [0, 8, 12, 14])
def test_members_are_read_in_place(tmp_path: Path, packing: int) -> None:
    """Files come by name, without folders and the Mac's shadow files."""
    path = make_zip(
        tmp_path / "e.zip",
        {"b.json": b"[2]", "a/": b"", "a/c.txt": b"hi\n", "__MACOSX/._b": b"x"},
        packing,
    )

    with Source.open(path) as source:
        assert source.kind == "zip"
        assert [(m.name, m.n_bytes) for m in source.members()] == [
            ("a/c.txt", 3),
            ("b.json", 3),
        ]
        assert source.json_document("b.json") == [2]
        assert list(source.lines("a/c.txt")) == [(1, "hi")]
        assert source.n_bytes() == path.stat().st_size
        assert set(source.manifest()) == {"a/c.txt", "b.json"}


def test_a_zip_is_known_by_its_content(tmp_path: Path) -> None:
    """The ending of the name decides nothing."""
    path = make_zip(tmp_path / "export.json", {"a.txt": b"hi"})

    with Source.open(path) as source:
        assert source.kind == "zip"


def test_secret_members_are_skipped(tmp_path: Path) -> None:
    """A login inside a zip is named and never read."""
    path = make_zip(tmp_path / "e.zip", {"x/chat_backup.ini": b"t", "a.txt": b"hi"})

    with Source.open(path) as source:
        assert [m.name for m in source.members()] == ["a.txt"]
        assert [name for name, _ in source.skipped_members()] == ["x/chat_backup.ini"]


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "C:/x", "a\\..\\x"])
def test_climbing_names_are_refused(tmp_path: Path, name: str) -> None:
    """Absolute names, drive letters and ".." are no names of an export."""
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, b"x")

    with pytest.raises(InputRejectedError, match="unsafe name at entry 1"):
        Source.open(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_doubled_names_are_refused(tmp_path: Path) -> None:
    """Two entries of one name could show one text to us and another elsewhere."""
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", b"1")
        archive.writestr("a.txt", b"2")

    with pytest.raises(InputRejectedError, match="two entries of one name"):
        Source.open(path)


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    """A link inside a zip points out of it."""
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, b"/etc/passwd")

    with pytest.raises(InputRejectedError, match="symbolic link"):
        Source.open(path)


def patched(path: Path, offset: int, value: int) -> Path:
    """Set a 16-bit field in the first central directory entry."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + offset
    data[at : at + 2] = struct.pack("<H", value)
    path.write_bytes(bytes(data))
    return path


def test_locked_entries_are_refused(tmp_path: Path) -> None:
    """A zip with a password says so, with the way out."""
    path = patched(make_zip(tmp_path / "e.zip", {"a.txt": b"hi"}), 8, 1)

    with pytest.raises(InputRejectedError, match="locked with a password"):
        Source.open(path)


def test_unknown_packing_is_refused(tmp_path: Path) -> None:
    """A packing method that cannot be read is found before reading."""
    path = patched(make_zip(tmp_path / "e.zip", {"a.txt": b"hi"}), 10, 99)

    with pytest.raises(InputRejectedError, match="unknown packing method"):
        Source.open(path)


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    """Many names for the same packed bytes are a bomb, whatever each one says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"x" * 5000)
        archive.writestr("b.txt", b"y" * 5000)
        archive.filelist[1].header_offset = archive.filelist[0].header_offset
    path = tmp_path / "e.zip"
    path.write_bytes(buffer.getvalue())

    with pytest.raises(InputRejectedError, match="overlapping"):
        Source.open(path)


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to hundreds of times its size is no chat."""
    monkeypatch.setattr(containers, "RATIO_FROM_BYTES", 100_000)
    path = make_zip(tmp_path / "e.zip", {"a.json": bytes(1_000_000)})

    with pytest.raises(InputRejectedError, match="200 times its size"):
        Source.open(path)


def test_bytes_really_unpacked_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound of a member holds while it is read, whatever its header says."""
    path = make_zip(tmp_path / "e.zip", {"a.txt": b"line\n" * 1000})
    monkeypatch.setattr(containers, "MAX_MEMBER_BYTES", 1000)

    with (
        Source.open(path) as source,
        pytest.raises(InputRejectedError, match=r"a\.txt is larger than"),
    ):
        list(source.lines())


def test_too_many_entries_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count of members is bounded, in a zip and in a folder."""
    monkeypatch.setattr(containers, "MAX_MEMBERS", 3)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text("x", encoding="utf-8")
    path = make_zip(tmp_path / "e.zip", {f"{n}.txt": b"x" for n in range(5)})

    for named in (path, folder):
        with pytest.raises(InputRejectedError, match="more than 3"):
            Source.open(named)


def test_damage_is_one_error(tmp_path: Path) -> None:
    """Cut anywhere or flipped in any byte, a zip is read or refused, never more."""
    whole = make_zip(
        tmp_path / "w.zip", {"a.json": b'["quiet"]' * 9, "b.txt": b"hello\n" * 30}
    ).read_bytes()
    damaged = [whole[:at] for at in range(5, len(whole), 7)]
    for at in range(4, len(whole)):
        damaged.append(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
    path = tmp_path / "d.zip"
    n_refused = 0

    for data in damaged:
        path.write_bytes(data)
        try:
            with Source.open(path) as source:
                source.manifest()
        except VaultError:
            n_refused += 1

    assert n_refused > len(damaged) // 3
