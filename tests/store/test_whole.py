"""Snapshots, reports and attachments are there whole or not at all."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from persona_vault.store.whole import unfinished, write_whole


def test_a_file_is_whole_private_and_alone(tmp_path: Path) -> None:
    """All pieces in order, readable by its owner only, and nothing beside it."""
    target = tmp_path / "one.pvs"
    mask = os.umask(0)
    try:
        write_whole(target, (b"one ", b"two"))
    finally:
        os.umask(mask)
    assert target.read_bytes() == b"one two"
    assert list(tmp_path.iterdir()) == [target]
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("replace", [False, True])
def test_what_breaks_off_leaves_what_was_there(tmp_path: Path, replace: bool) -> None:
    """A full disk in the middle: no half file, and the old one as it was."""

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, "full")

    target = tmp_path / "report.html"
    if replace:
        target.write_bytes(b"old")
    with pytest.raises(OSError, match="full"):
        write_whole(target, pieces(), replace=replace)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([b"old"] if replace else [])


def test_what_is_there_gives_way_only_if_asked(tmp_path: Path) -> None:
    """Also where it came while we wrote; a killed run's rest is in nobody's way."""
    target = tmp_path / "one.pvs"
    unfinished(target).write_bytes(b"of a run that was killed")

    def meanwhile() -> Iterator[bytes]:
        target.write_bytes(b"mine")
        yield b"yours"

    with pytest.raises(FileExistsError):
        write_whole(target, meanwhile())
    with pytest.raises(FileExistsError):
        write_whole(target, (b"yours",))
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"mine"]
    write_whole(target, (b"yours",), replace=True)
    assert target.read_bytes() == b"yours"


def test_a_file_of_somebody_else_is_nobody_s_rest(tmp_path: Path) -> None:
    """What a browser or a person calls NAME.part stays, whatever becomes of ours."""
    target, theirs = tmp_path / "all.csv", tmp_path / "all.csv.part"
    theirs.write_bytes(b"half a download of mine")
    write_whole(target, (b"ours",))
    assert theirs.read_bytes() == b"half a download of mine"
    assert sorted(tmp_path.iterdir()) == [target, theirs]


def test_two_at_once_give_one_whole_file(tmp_path: Path) -> None:
    """The second one takes the place; the first never names what is not its own."""
    target = tmp_path / "all.csv"

    def first() -> Iterator[bytes]:
        yield b"first"
        second = unfinished(target)
        second.unlink()
        second.write_bytes(b"half of the second")

    with pytest.raises(FileExistsError):
        write_whole(target, first())
    assert not target.exists()
    assert unfinished(target).read_bytes() == b"half of the second"


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    """What is written beside it has no longer one, in letters of several bytes too."""
    target = tmp_path / ("\U0001f426" * 63)
    write_whole(target, (b"x",))
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name != "posix", reason="links and devices of POSIX")
def test_links_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    """Replacing goes through a link, and into a device."""
    real = tmp_path / "real.html"
    real.write_bytes(b"old")
    link = tmp_path / "link.html"
    link.symlink_to(real)
    write_whole(link, (b"new",), replace=True)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    write_whole(Path("/dev/null"), (b"x",), replace=True)
    assert not Path("/dev/null").is_file()
