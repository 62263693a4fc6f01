"""Where a file may be put, who can read it, and what is said of what it lacks."""

import os
import signal
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import UnknownPersonaError, UsageError
from persona_vault.kits import export_formats, export_talk
from persona_vault.kits.base import Talk
from persona_vault.model import Period, PersonaInput, TimeQuality
from persona_vault.store.opening import create_vault
from persona_vault.store.receipt import files_before
from persona_vault.store.vault import Vault, open_vault
from persona_vault.store.whole import unfinished
from tests.kits.talks import START, keep, said, talk

FORMATS = tuple(export_formats())
SECRET = "velvet anchor thursday"  # noqa: S105 - words that nothing may print


@pytest.fixture
def kept(vault: Vault) -> Vault:
    """A vault with a short talk and a memory."""
    memory = PersonaInput(kind="memory", text="Sam likes tea.", where="memory 1")
    keep(vault, [*talk(["tea?", SECRET, "yes"]), memory])
    return vault


@pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("name", FORMATS)
def test_only_the_owner_can_read_it(
    name: str, mask: int, kept: Vault, tmp_path: Path
) -> None:
    """0600 under every mask, and nothing is left beside it."""
    folder = tmp_path / "out"
    folder.mkdir()
    old = os.umask(mask)
    try:
        export_talk(kept, folder / "file", format=name)
    finally:
        os.umask(old)
    (made,) = folder.iterdir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_vault_gives_the_same_bytes(
    name: str, kept: Vault, tmp_path: Path
) -> None:
    """Nothing of the moment of writing is in a file."""
    for number in (1, 2):
        export_talk(kept, tmp_path / f"{number}", format=name)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_a_file_that_is_there_stays(kept: Vault, tmp_path: Path) -> None:
    """Also a link that leads nowhere."""
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="exists already"):
            export_talk(kept, tmp_path / name)
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_comes_meanwhile_stays(
    kept: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was first has the name."""
    real = Talk.messages

    def messages(self: Talk) -> Iterator[Any]:
        (tmp_path / "file").write_bytes(b"mine")
        return real(self)

    monkeypatch.setattr(Talk, "messages", messages)
    with pytest.raises(UsageError, match="exists already"):
        export_talk(kept, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_never_inside_the_vault(kept: Vault, tmp_path: Path) -> None:
    """Not in its folder, nor by a link to it."""
    (tmp_path / "other").symlink_to(kept.path)
    before = sorted(kept.path.iterdir())
    for place in (kept.path / "out.csv", tmp_path / "other" / "out.csv"):
        with pytest.raises(UsageError, match="inside the vault"):
            export_talk(kept, place)
    assert sorted(kept.path.iterdir()) == before


def test_an_empty_vault_writes_nothing(vault: Vault, tmp_path: Path) -> None:
    """A file without a message is no file."""
    with pytest.raises(UsageError, match="no message to write"):
        export_talk(vault, tmp_path / "file")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"persona": "Robin"}, UnknownPersonaError, "no companion named"),
        ({"source": 99}, UsageError, "no source 99"),
        ({"format": "odt"}, UsageError, 'no format "odt"'),
        ({"period": Period(since=START + timedelta(days=9))}, UsageError, "fits"),
    ],
)
def test_what_is_not_there_is_said(
    asked: dict[str, Any], error: type, words: str, kept: Vault, tmp_path: Path
) -> None:
    """Companion, import, format, period: one sentence, and no file."""
    with pytest.raises(error, match=words):
        export_talk(kept, tmp_path / "file", **asked)
    assert not (tmp_path / "file").exists()


def test_what_is_left_out_is_counted(vault: Vault, tmp_path: Path) -> None:
    """Each message that stays behind has one reason, the first that applies."""
    keep(vault, talk(["one", "two", "three"]))
    more = [
        said("set aside", 5, shown=False, native_id="a"),
        said("when?", 6, sent_at=None, time_quality=TimeQuality.NONE, native_id="b"),
        said("later", 7, native_id="c"),
        said("much later", 700, native_id="d"),
    ]
    keep(vault, more)
    keep(vault, talk(["of somebody else"]), persona="Robin")
    period = Period(until=START + timedelta(minutes=60))
    asked: dict[str, Any] = {"persona": "Wren", "source": 2, "period": period}

    told = export_talk(vault, tmp_path / "a", **asked)
    assert (told.n_messages, told.n_conversations) == (1, 1)
    assert told.n_left_out == {
        "hidden": 1,
        "other_source": 3,
        "outside_period": 1,
        "without_time": 1,
    }
    told = export_talk(vault, tmp_path / "b", shown_only=False, **asked)
    assert told.n_messages == 2
    assert "hidden" not in told.n_left_out
    told = export_talk(vault, tmp_path / "c", shown_only=False)
    assert (told.n_messages, told.n_conversations) == (8, 2)
    assert told.n_left_out == {}


def test_the_vault_notes_the_file(kept: Vault, tmp_path: Path) -> None:
    """A later forgetting names it; one that could not be written is not noted."""
    export_talk(kept, tmp_path / "file")
    with pytest.raises(UsageError, match="no folder"):
        export_talk(kept, tmp_path / "none" / "file")
    with kept.read() as connection:
        files = files_before(connection, kept.path)
    assert files.snapshots == (str(tmp_path / "file"),)
    assert files.not_found == ()


def test_what_breaks_off_leaves_nothing(
    kept: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure in the middle: no half file, no note of one."""
    real = Talk.messages

    def messages(self: Talk) -> Iterator[Any]:
        yield next(real(self))
        raise OSError(28, "full")

    monkeypatch.setattr(Talk, "messages", messages)
    with pytest.raises(OSError, match="full"):
        export_talk(kept, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]
    with kept.read() as connection:
        assert files_before(connection, kept.path).not_found == ()


_KILLED = """
import os, signal, sys
from pathlib import Path
from persona_vault.kits import base, export_talk
from persona_vault.store.vault import open_vault
read = base.read_outgoing
def killed(*asked):
    for number, message in enumerate(read(*asked)):
        if number == 450:
            os.kill(os.getpid(), signal.SIGKILL)
        yield message
base.read_outgoing = killed
with open_vault(Path(sys.argv[1])) as vault:
    export_talk(vault, sys.argv[2])
"""


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_killed_on_the_way_it_has_no_name(vault: Vault, tmp_path: Path) -> None:
    """No file of that name; what was begun is private, and the next run's to clear."""
    keep(vault, talk(f"message {number}" for number in range(600)))
    vault.close()
    target = tmp_path / "out" / "file.csv"
    target.parent.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(vault.path), str(target)], check=False
    )
    assert done.returncode == -signal.SIGKILL
    (begun,) = target.parent.iterdir()
    assert begun == unfinished(target)
    assert stat.S_IMODE(begun.stat().st_mode) == 0o600
    with open_vault(vault.path) as again, again.read() as connection:
        assert files_before(connection, again.path).snapshots == (str(begun),)
    with open_vault(vault.path) as again:
        assert export_talk(again, target).n_messages == 600
    assert list(target.parent.iterdir()) == [target]


def test_memory_does_not_grow_with_the_talk(vault: Vault, tmp_path: Path) -> None:
    """Of 12 MB of words in one conversation a part is held at a time."""
    keep(vault, talk(f"{number} {'word ' * 400}" for number in range(6_000)))
    for name in ("csv", "jsonl"):
        tracemalloc.start()
        export_talk(vault, tmp_path / name, format=name)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (tmp_path / name).stat().st_size > 12_000_000
        assert peak < 8_000_000, name


def test_an_encrypted_vault_is_written_too(tmp_path: Path, cheap: Any) -> None:
    """The file is readable: that is what it is for, and what the command says."""
    create_vault(tmp_path / "vault", passphrase="a lamp", cost=cheap)  # noqa: S106
    with open_vault(tmp_path / "vault", passphrase="a lamp") as vault:  # noqa: S106
        keep(vault, talk([SECRET]))
        export_talk(vault, tmp_path / "file")
    assert SECRET in (tmp_path / "file").read_text("utf-8")
