"""Attachments are named, hashed where the export has them, kept where asked for."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from persona_vault.errors import VaultDamagedError
from persona_vault.store import files
from persona_vault.store.files import list_attachments, read_bytes
from tests.ingest.desk import Desk, at, write_source

CUP, SEA = b"a cup " * 50, b"the sea " * 300


def export(folder: Path, name: str = "export", *, more: str = "") -> Path:
    """A folder with a talk of three messages and two pictures, one of them twice."""
    target = folder / name
    target.mkdir()
    (target / "cup.png").write_bytes(CUP)
    (target / "sea.png").write_bytes(SEA)
    named = [
        [{"name": "cup", "member": "cup.png"}],
        [
            {"name": "sea", "member": "sea.png"},
            {"name": "cup", "member": "cup.png"},
            {"name": "lost", "member": "lost.png"},
        ],
        ["elsewhere.png"],
    ]
    texts = ["one", "two", "three", *filter(None, [more])]
    write_source(
        target / "talk.jsonl",
        [
            {
                "text": text,
                "sent_at": at(i),
                "attachments": named[i] if i < len(named) else [],
            }
            for i, text in enumerate(texts)
        ],
    )
    return target


def kept_bytes(desk: Desk, sha256: str | None) -> bytes:
    """What the vault holds under a hash."""
    with desk.vault.read() as connection:
        return b"".join(read_bytes(connection, sha256 or ""))


def test_attachments_are_hashed_and_not_kept_unless_asked(desk: Desk) -> None:
    """Hash and size land in the vault, no bytes; the ledger says so."""
    report = desk.bring_file(export(desk.folder))
    counts = {"n_named": 5, "n_found": 3, "n_kept": 0}
    assert counts.items() <= report.attachments.items()
    with desk.vault.read() as connection:
        (one,) = list_attachments(connection, 1)
    assert one.sha256 == hashlib.sha256(CUP).hexdigest()
    assert (one.n_bytes, one.kept) == (len(CUP), False)
    assert desk.rows("SELECT count(*) FROM file_chunk") == [(0,)]
    (said,) = [w for w in report.warnings if "--with-attachments" in w]
    assert "5 attachments are named, 3 found in the export and 0 kept" in said


def test_kept_attachments_come_out_as_they_went_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, in pieces, each content once."""
    monkeypatch.setattr("persona_vault.ingest.attachments.CHUNK_BYTES", 64)
    report = desk.bring_file(export(desk.folder), with_attachments=True)
    assert report.attachments["n_kept"] == 3
    assert report.attachments["n_bytes_kept"] == len(CUP) + len(SEA)
    with desk.vault.read() as connection:
        sea, cup, lost = list_attachments(connection, 2)
    assert kept_bytes(desk, sea.sha256) == SEA
    assert kept_bytes(desk, cup.sha256) == CUP
    assert (lost.sha256, lost.kept) == (None, False)
    n_chunks = -(-len(CUP) // 64) + -(-len(SEA) // 64)
    assert desk.rows("SELECT count(*) FROM file_chunk") == [(n_chunks,)]


def test_the_same_export_again_can_bring_the_files(desk: Desk) -> None:
    """Imported without them first: nothing new but the bytes, and still one source."""
    place = export(desk.folder)
    desk.bring_file(place)
    again = desk.bring_file(place, with_attachments=True)
    assert (again.n_added, again.source_id, again.attachments["n_kept"]) == (0, None, 3)
    assert len(desk.vault.sources()) == 1
    assert desk.rows("SELECT count(*) FROM attachment") == [(5,)]
    with desk.vault.read() as connection:
        (one,) = list_attachments(connection, 1)
    assert kept_bytes(desk, one.sha256) == CUP
    third = desk.bring_file(place)
    assert third.attachments["n_kept"] == 0
    assert kept_bytes(desk, one.sha256) == CUP


def test_forgetting_takes_the_bytes_with_it(desk: Desk) -> None:
    """What only that source brought goes; what another keeps too stays."""
    desk.bring_file(export(desk.folder, "one"), with_attachments=True)
    desk.bring_file(export(desk.folder, "two", more="four"), with_attachments=True)
    assert desk.vault.forget_source(1)["n_files"] == 0
    with desk.vault.read() as connection:
        (one,) = list_attachments(connection, 1)
    assert kept_bytes(desk, one.sha256) == CUP
    assert desk.vault.forget_source(2)["n_files"] == 2
    assert desk.rows("SELECT count(*) FROM file_chunk") == [(0,)]
    assert desk.rows("SELECT count(*) FROM attachment_source") == [(0,)]
    assert desk.rows("SELECT count(*) FROM attachment") == [(0,)]


def test_forgetting_the_source_that_kept_leaves_the_other_s_hash(desk: Desk) -> None:
    """The messages stay, held by the other; the bytes go, their hash does not."""
    desk.bring_file(export(desk.folder, "one"))
    desk.bring_file(export(desk.folder, "two", more="four"), with_attachments=True)
    assert desk.vault.forget_source(2)["n_files"] == 2
    with desk.vault.read() as connection:
        (one,) = list_attachments(connection, 1)
    assert (one.kept, one.sha256) == (False, hashlib.sha256(CUP).hexdigest())
    desk.vault.forget_source(1)
    assert desk.vault.personas() == []


def test_a_damaged_attachment_leaves_the_talk_whole(desk: Desk) -> None:
    """A zip whose picture is damaged: the messages come in, the picture is said."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted(export(desk.folder).iterdir()):
            archive.write(path, path.name)
    broken = data.getvalue().replace(CUP, b"b" + CUP[1:])
    place = desk.folder / "export.zip"
    place.write_bytes(broken)
    report = desk.bring_file(place, with_attachments=True)
    assert (report.n_added, report.attachments["n_unreadable"]) == (3, 2)
    assert any("damaged inside the export" in w for w in report.warnings)
    assert desk.rows("SELECT DISTINCT sha256 FROM file_chunk") == [
        (hashlib.sha256(SEA).hexdigest(),)
    ]


def test_bytes_that_changed_inside_the_vault_are_noticed(desk: Desk) -> None:
    """What comes out is checked against its hash."""
    desk.bring_file(export(desk.folder), with_attachments=True)
    with desk.vault.write() as connection:
        connection.exec_driver_sql("UPDATE file_chunk SET data = X'00'")
    with pytest.raises(VaultDamagedError):
        kept_bytes(desk, hashlib.sha256(CUP).hexdigest())


def test_a_dry_run_keeps_no_bytes(desk: Desk) -> None:
    """It says what would be kept."""
    report = desk.bring_file(export(desk.folder), with_attachments=True, dry_run=True)
    assert report.attachments["n_kept"] == 3
    assert desk.rows("SELECT count(*) FROM file_chunk") == [(0,)]
    assert files.CHUNK_BYTES == 1024 * 1024
