"""Other accounts and other machines: refused, warned of, or kept out from the start."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from persona_vault.errors import UsageError
from persona_vault.store.exposure import exposures
from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture
def closed(plain_template: Path, tmp_path: Path) -> Path:
    """The folder of a closed plain vault."""
    folder = tmp_path / "vault"
    shutil.copytree(plain_template, folder)
    return folder


@posix_only
@pytest.mark.parametrize("name", ["", "vault.json", "vault.db"])
@pytest.mark.parametrize("bit", [stat.S_IWGRP, stat.S_IWOTH])
def test_a_vault_that_others_can_write_is_refused(
    closed: Path, name: str, bit: int
) -> None:
    """Folder, header or database: one bit is enough, and the hint takes it away."""
    place = closed / name
    place.chmod(place.stat().st_mode | bit)

    with pytest.raises(UsageError) as refused:
        open_vault(closed)

    assert "chmod" in refused.value.hint
    place.chmod(place.stat().st_mode & ~bit)
    open_vault(closed).close()


@posix_only
def test_a_vault_that_others_can_read_is_told_of(closed: Path) -> None:
    """Readable files count only where others can come into the folder."""
    assert exposures(closed) == ()
    (closed / "vault.db").chmod(0o644)
    assert exposures(closed) == ()
    closed.chmod(0o755)
    (sentence,) = exposures(closed)
    assert "read" in sentence
    open_vault(closed).close()


@pytest.mark.parametrize(
    ("place", "service"),
    [
        ("Dropbox/diary", "Dropbox"),
        ("Dropbox (Personal)/diary", "Dropbox"),
        ("OneDrive - Home/diary", "OneDrive"),
        ("Google Drive/diary", "Google Drive"),
        ("Library/CloudStorage/GoogleDrive-sam/diary", "a cloud service"),
        ("Library/Mobile Documents/com~apple~CloudDocs/diary", "iCloud Drive"),
        ("iCloudDrive/diary", "iCloud Drive"),
    ],
)
def test_a_synced_folder_is_told_of(tmp_path: Path, place: str, service: str) -> None:
    """A folder's name anywhere on the way says who copies it elsewhere."""
    (tmp_path / place).mkdir(parents=True)
    (sentence,) = exposures(tmp_path / place)
    assert f"a folder that {service} may copy" in sentence


@posix_only
def test_an_empty_folder_that_is_there_becomes_private(
    tmp_path: Path, cheap: Cost
) -> None:
    """Before the first file lies in it; a folder with content keeps its mode."""
    empty, used, open_to_all = (tmp_path / name for name in ("a", "b", "c"))
    for folder, mode in ((empty, 0o777), (used, 0o755), (open_to_all, 0o777)):
        folder.mkdir()
        folder.chmod(mode)
    for folder in (used, open_to_all):
        (folder / "letter.txt").touch()

    create_vault(empty, passphrase="pier", cost=cheap)  # noqa: S106
    create_vault(used, passphrase="pier", cost=cheap)  # noqa: S106
    with pytest.raises(UsageError):
        create_vault(open_to_all, passphrase="pier", cost=cheap)  # noqa: S106

    assert stat.S_IMODE(empty.stat().st_mode) == 0o700
    assert stat.S_IMODE(used.stat().st_mode) == 0o755
    assert [file.name for file in open_to_all.iterdir()] == ["letter.txt"]
