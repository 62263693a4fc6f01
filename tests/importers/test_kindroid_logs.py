"""KinLog's notes of what stood on the screen, and cards that hold a persona."""

import json
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.kindroid.importer import Kindroid
from persona_vault.model import ReadOptions, Role, TimeQuality
from tests.importers.exports import (
    facts,
    inputs,
    issues,
    knows,
    messages,
    read,
    reasons,
)
from tests.importers.pictures import international, packed, plain, png

KINDROID = Kindroid()
GOLDEN = Path(__file__).parent / "golden" / "kindroid"


def seen(who: str, text: str, at: str) -> dict[str, str]:
    """One entry of a log."""
    return {"username": who, "content": text, "timestamp": at, "signature": "s"}


def log(tmp_path: Path, *entries: Any) -> Path:
    """A log with these entries."""
    path = tmp_path / "KindroidLogs.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_times_are_when_the_screen_was_seen(tmp_path: Path) -> None:
    """Capture times are kept as such; the ledger hears of rejected answers."""
    records = read(
        KINDROID,
        log(
            tmp_path,
            seen("You", "Hello", "2026-01-01T10:00:00.000Z"),
            seen("Ilse", "Hello!", "2026-01-01T10:00:05.000Z"),
        ),
    )

    assert {m.time_quality for m in messages(records)} == {TimeQuality.CAPTURE}
    assert [m.role for m in messages(records)] == [Role.USER, Role.PERSONA]
    assert facts(records) == ["answers"]


def test_speakers_are_named_by_the_user(tmp_path: Path) -> None:
    """Two names of which none is known are not guessed; one name given is enough."""
    path = log(
        tmp_path,
        seen("Jo", "Hello", "2026-01-01T10:00:00.000Z"),
        seen("Ilse", "Hello!", "2026-01-01T10:00:05.000Z"),
    )

    assert issues(read(KINDROID, path)) == ["speaker not named by the user"] * 2
    named = messages(read(KINDROID, path, ReadOptions(them=("ilse",))))
    assert [m.role for m in named] == [Role.USER, Role.PERSONA]


def test_a_loaded_page_brings_nothing_twice(tmp_path: Path) -> None:
    """Bubbles noted all at once are left out where their words are known already."""
    talk = [
        seen("You", "One", "2026-01-01T10:00:00.000Z"),
        seen("Ilse", "Two", "2026-01-01T10:00:09.000Z"),
        seen("You", "Three", "2026-01-01T10:00:30.000Z"),
    ]
    loaded = [
        seen("Ilse", "Two", "2026-01-02T10:00:00.000Z"),
        seen("You", "Three", "2026-01-02T10:00:00.001Z"),
        seen("Ilse", "Four", "2026-01-02T10:00:00.002Z"),
    ]

    records = read(KINDROID, log(tmp_path, *talk, *loaded))

    assert [m.text for m in messages(records)] == ["One", "Two", "Three", "Four"]
    assert reasons(records) == ["bubble shown again"] * 2


def test_the_same_words_said_again_stay(tmp_path: Path) -> None:
    """Somebody who repeats a phrase said it again, even within a second."""
    records = read(
        KINDROID,
        log(
            tmp_path,
            seen("You", "Good night", "2026-01-01T22:00:00.000Z"),
            seen("You", "Good night", "2026-01-01T22:00:00.500Z"),
            seen("Ilse", "Sleep well", "2026-01-01T22:00:09.000Z"),
            seen("You", "Good night", "2026-01-02T22:00:00.000Z"),
        ),
    )

    assert [m.text for m in messages(records)].count("Good night") == 3


def test_bubbles_of_the_first_version_are_text_again() -> None:
    """Its texts are HTML: breaks, signs and leftover tags become plain words."""
    records = read(
        KINDROID, GOLDEN / "Ilse_20240301090000.json", ReadOptions(me=("Jo",))
    )

    assert [m.text for m in messages(records)] == [
        *("Salt & vinegar?", "*nods* Always.\nTwo bags.")
    ]
    assert {m.time_quality for m in messages(records)} == {TimeQuality.NONE}


def card(tmp_path: Path, *chunks: bytes) -> Path:
    """A picture with these chunks."""
    path = tmp_path / "card.png"
    path.write_bytes(png(*chunks))
    return path


def test_a_card_is_a_persona_without_talk(tmp_path: Path) -> None:
    """Words that shape the kin are inputs, whichever chunk holds them."""
    payload = json.dumps({"v": 1, "p": {"ai_directive": "Speak plainly."}}).encode()

    for made in (plain, packed, international):
        records = read(KINDROID, card(tmp_path, made("kindroid", payload)))
        assert [(i.kind, i.text) for i in inputs(records)] == [
            ("directive", "Speak plainly.")
        ]
        assert messages(records) == []


def test_a_card_keeps_nothing_about_the_user(tmp_path: Path) -> None:
    """Fields that describe the user are not read, should a card hold any."""
    payload = {"v": 2, "p": {"user_name": "Jo", "user_gender": "x", "ai_memory": "m"}}
    path = card(tmp_path, plain("kindroid", json.dumps(payload).encode()))

    assert "Jo" not in repr(read(KINDROID, path))


@pytest.mark.parametrize("text", [b"not json", b"[]", b'{"v": 2}', b"\xff\xfe"])
def test_a_card_without_a_persona_is_refused(tmp_path: Path, text: bytes) -> None:
    """A picture that bears the mark and no persona is told as such."""
    with pytest.raises(InputRejectedError, match="holds no persona"):
        read(KINDROID, card(tmp_path, plain("kindroid", text)))


def test_other_pictures_are_not_claimed(tmp_path: Path) -> None:
    """A picture with other text, or a damaged one, is nobody's card."""
    assert not knows(KINDROID, card(tmp_path, plain("prompt", b"{}")))
    path = card(tmp_path, plain("kindroid", b"{}"))
    path.write_bytes(path.read_bytes()[:70])
    assert not knows(KINDROID, path)


def test_pictures_of_a_folder_are_not_walked(tmp_path: Path) -> None:
    """Selfies come in thousands; only a picture that is named alone is a card."""
    payload = b'{"v": 2, "p": {"ai_memory": "m"}}'
    card(tmp_path, plain("kindroid", payload))

    assert not knows(KINDROID, tmp_path)
