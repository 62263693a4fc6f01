"""Character cards and lorebooks as persona inputs."""

import base64
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.cards.importer import Cards
from persona_vault.importers.source import Source
from persona_vault.ingest import import_file
from persona_vault.model import Ignored, ImportIssue, PersonaInput, ReadOptions, Record

NO_OPTIONS = ReadOptions()
V1 = {
    "name": "Ilse",
    "description": "Keeps a lighthouse.",
    "personality": "dry",
    "scenario": "",
    "first_mes": "Come in.",
    "mes_example": "",
}


def document(path: Path, value: Any) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def v2(**more: Any) -> dict[str, Any]:
    """A card of version 2."""
    data = {**V1, "extensions": {}, **more}
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def picture(path: Path, **texts: Any) -> Path:
    """A PNG with text chunks: bytes as they stand, other values as a card."""
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13))
    for keyword, value in texts.items():
        is_raw = isinstance(value, bytes)
        text = value if is_raw else base64.b64encode(json.dumps(value).encode())
        data += chunk(b"tEXt", keyword.encode() + b"\x00" + text)
    path.write_bytes(data + chunk(b"IEND", b""))
    return path


def read(path: Path) -> list[Record]:
    """Every record; the file must be known."""
    with Source.open(path) as source:
        assert Cards().identify(source, NO_OPTIONS)
        return list(Cards().read(source, NO_OPTIONS))


def inputs(path: Path) -> dict[str, str]:
    """Kind -> text; the last one of each kind."""
    return {r.kind: r.text for r in read(path) if isinstance(r, PersonaInput)}


def is_known(path: Path) -> bool:
    """Whether a source is taken for cards."""
    with Source.open(path) as source:
        return Cards().identify(source, NO_OPTIONS)


def test_fields_without_words_are_no_inputs(tmp_path: Path) -> None:
    """V1 needs its opening message and two more; blank fields say nothing."""
    assert inputs(document(tmp_path / "a.json", V1)) == {
        "profile": "Name: Ilse",
        "card_description": "Keeps a lighthouse.",
        "card_personality": "dry",
        "greeting": "Come in.",
    }


def test_data_counts_before_the_mirror(tmp_path: Path) -> None:
    """Of a card that has its fields twice, those under `data` are the newer ones."""
    card = {**V1, "description": "Old words.", **v2(description="New words.")}

    assert inputs(document(tmp_path / "a.json", card))["card_description"] == (
        "New words."
    )


def test_newer_chunk_wins(tmp_path: Path) -> None:
    """`ccv3` is read and `chara` left out, whichever stands first."""
    old, new = v2(description="Old."), v2(description="New.")
    new["spec"] = "chara_card_v3"

    for texts in ({"chara": old, "ccv3": new}, {"ccv3": new, "chara": old}):
        path = picture(tmp_path / "a.png", **texts)
        assert inputs(path)["card_description"] == "New."
        assert len([r for r in read(path) if isinstance(r, Ignored)]) == 1


@pytest.mark.parametrize("broken", [b"%%%", b"bm90IGpzb24=", b"/////w=="])
def test_broken_chunk_leaves_the_other(tmp_path: Path, broken: bytes) -> None:
    """A chunk that is no card is an issue; the older one beside it is still read."""
    path = picture(tmp_path / "a.png", ccv3=broken, chara=v2())

    assert [r.reason for r in read(path) if isinstance(r, ImportIssue)] == [
        "card cannot be decoded"
    ]
    assert inputs(path)["greeting"] == "Come in."


def test_only_a_dated_wording_is_dated(tmp_path: Path) -> None:
    """V3 says when it was changed; the day on which a card was made says nothing."""
    dated = v2(creation_date=1735732800, modification_date=1764460800)
    made = {**v2(), "create_date": "2025-11-20T10:00:00.000Z"}
    never = v2(creation_date=0, modification_date="soon")

    def dates(card: Any) -> set[str | None]:
        records = read(document(tmp_path / "a.json", card))
        times = [r.valid_from for r in records if isinstance(r, PersonaInput)]
        return {time.isoformat() if time else None for time in times}

    assert dates(dated) == {"2025-11-30T00:00:00+00:00"}
    assert dates(made) == dates(never) == {None}


def test_entries_of_both_kinds_of_book(tmp_path: Path) -> None:
    """Entries come as a list or as an object; those switched off are left out."""
    on = {"content": "Oil.", "keys": ["lamp"], "enabled": True, "id": 4}
    off = {"content": "Gas.", "keys": [], "enabled": False}
    world = {
        "entries": {
            "0": {"uid": 0, "key": ["pier"], "content": "Closed.", "disable": False},
            "1": {"uid": 1, "key": ["boat"], "content": "Sold.", "disable": True},
        }
    }
    book = {"spec": "lorebook_v3", "data": {"name": "Coast", "entries": [on, off]}}

    one = read(document(tmp_path / "coast.json", book))
    two = read(document(tmp_path / "world.json", world))

    found = [(r.title, r.text, r.native_id) for r in (one[0], two[0])]  # type: ignore[union-attr]
    assert found == [
        ("lamp", "Oil.", "Coast/entry 4"),
        ("pier", "Closed.", "world/entry 0"),
    ]
    assert [type(r) for r in (one[1], two[1])] == [Ignored, Ignored]


def test_card_inside_a_zip(tmp_path: Path) -> None:
    """Of a CHARX only `card.json` is read; its pictures are counted."""
    path = tmp_path / "a.charx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("card.json", json.dumps(v2()))
        file.writestr("assets/main.png", b"\x89PNG")

    assert inputs(path)["card_personality"] == "dry"
    assert [r.where for r in read(path) if isinstance(r, Ignored)] == [
        "assets/main.png"
    ]


def test_folder_of_cards_and_nothing_else(tmp_path: Path) -> None:
    """Versions of a card are read together; a folder with a chat is left to others."""
    folder = tmp_path / "versions"
    folder.mkdir()
    document(folder / "1.json", V1)
    picture(folder / "2.png", chara=v2())
    picture(folder / "photo.png")

    assert is_known(folder)
    assert "not a card" in [r.reason for r in read(folder) if isinstance(r, Ignored)]
    (folder / "1.json").unlink()
    assert is_known(folder)
    (folder / "chat.jsonl").write_text('{"name": "A", "mes": "Hi."}', encoding="utf-8")
    assert not is_known(folder)


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ilse", "first_mes": "Come in."},
        {"name": "Ilse", "description": "A shop.", "personality": "none"},
        {"entries": {"0": {"title": "x"}}},
        [V1],
    ],
)
def test_other_documents_are_not_claimed(tmp_path: Path, value: Any) -> None:
    """A few words that cards use as well are not enough."""
    assert not is_known(document(tmp_path / "a.json", value))


def test_cut_off_picture_is_refused(tmp_path: Path) -> None:
    """A picture whose chunks end too early is an error that names it."""
    path = picture(tmp_path / "a.png", chara=v2())
    path.write_bytes(path.read_bytes()[:-30])

    with (
        pytest.raises(InputRejectedError, match=r"a\.png"),
        Source.open(path) as source,
    ):
        Cards().identify(source, NO_OPTIONS)


def test_a_card_alone_can_be_imported(vault: Any, tmp_path: Path) -> None:
    """A source with inputs alone is taken; a changed card is a version, not another."""
    first = import_file(vault, picture(tmp_path / "a.png", chara=v2()), persona="Ilse")
    changed = picture(tmp_path / "b.png", chara=v2(description="Keeps bees."))
    second = import_file(vault, changed, persona="Ilse")

    assert (first.n_added, first.n_persona_inputs, first.n_messages) == (4, 4, 0)
    assert (second.n_revised, second.n_duplicate, second.n_added) == (1, 3, 0)
    for report in (first, second):
        assert report.n_read == (
            report.n_added
            + report.n_duplicate
            + report.n_revised
            + report.n_ignored
            + report.n_issues
        )
