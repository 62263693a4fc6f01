"""`attachments`: what a message names is listed, what is kept comes out again."""

import json
import zipfile
from pathlib import Path

import pytest

from persona_vault.cli.attachments import file_name
from persona_vault.store.files import StoredAttachment
from tests.cli.conftest import Run, RunJson

PICTURE = b"\x89PNG\r\n\x1a\n and so on"


def write_export(path: Path) -> None:
    """A ChatGPT export of one question with two pictures, one of them inside."""
    message = {
        "id": "m1",
        "author": {"role": "user"},
        "create_time": 1_735_725_601,
        "content": {
            "content_type": "multimodal_text",
            "parts": [
                "Look at this",
                {
                    "content_type": "image_asset_pointer",
                    "asset_pointer": "file-service://file-Ab12",
                },
                {
                    "content_type": "image_asset_pointer",
                    "asset_pointer": "file-service://file-Cd34",
                },
            ],
        },
    }
    talk = {
        "id": "c1",
        "title": "A picture",
        "mapping": {"m1": {"id": "m1", "parent": None, "message": message}},
        "current_node": "m1",
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps([talk]))
        archive.writestr("file-Ab12-river.png", PICTURE)


def test_a_kept_attachment_can_be_written_out(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """Byte for byte; the one that the export does not bring is named; none twice."""
    write_export(plain_home / "chatgpt.zip")
    words = ("import", "chatgpt.zip", "--persona", "Wren", "--no-embed")
    assert run_json(*words)["attachments"]["n_kept"] == 0
    assert run_json(*words, "--with-attachments")["attachments"]["n_kept"] == 1

    one, two = run_json("attachments", "1", "-o", "out")["attachments"]

    assert (one["kept"], two["kept"], two["file"]) == (True, False, None)
    assert Path(one["file"]).read_bytes() == PICTURE
    again = run("attachments", "1", "-o", "out")
    assert again.code == 2, again
    assert "is there already" in again.err
    listed = run("attachments", "1")
    assert "file-service://file-Ab12" in listed.out
    assert "--with-attachments" in listed.err


def test_messages_without_files_and_unknown_ones(talk_home: Path, run: Run) -> None:
    """The first is said, the second is an error with a hint."""
    assert run("attachments", "5").out == "This message names no files.\n"
    assert run("attachments", "99999").code == 2


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("file-service://file-Ab12", "7-file-Ab12.image"),
        ("../../etc/passwd", "7-passwd.image"),
        ("C:\\Users\\nul.txt", "7-nul.txt"),
        ("https://example.org/a/b.png?x=1", "7-b.png"),
        ("..", "7-attachment.image"),
        ("", "7-attachment.image"),
        ("a\x00b\n\u202e.png", "7-a_b__.png"),
        ("x" * 300 + ".png", f"7-{'x' * 96}.png"),
    ],
)
def test_a_name_from_an_export_leads_nowhere(name: str, written: str) -> None:
    """Whatever an export calls a file, it is written into the folder named."""
    given = StoredAttachment(
        id=7,
        message_id=1,
        name=name,
        media_type="image",
        n_bytes=None,
        sha256=None,
        kept=True,
    )
    assert file_name(given) == written
