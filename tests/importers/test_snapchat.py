"""Snapchat: which talk is My AI's, whose export it is, and the field of two units."""

from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.snapchat import Snapchat
from persona_vault.importers.talk.people import WITHOUT_COMPANION
from persona_vault.importers.testing import check_golden
from persona_vault.model import Ignored, Role
from tests.importers.messengers import messages, read, save

GOLDEN = Path(__file__).parent / "golden" / "snapchat"


def line(
    second: int, who: str, text: str | None = "Hm.", **more: Any
) -> dict[str, Any]:
    """An entry of the newer generation; `sam` is the owner of the export."""
    return {
        "From": who,
        "Media Type": "TEXT",
        "Created": f"2024-03-01 12:00:{second:02} UTC",
        "Content": text,
        "IsSender": who == "sam",
        **more,
    }


def test_golden() -> None:
    """Both generations give their expected records."""
    assert check_golden(GOLDEN) == []


@pytest.mark.parametrize(
    "key", ["myai", "My AI", "b42f1f70-5a8b-4c53-8c25-34e7ec9e6781"]
)
def test_my_ai_is_chosen_by_itself(tmp_path: Path, key: str) -> None:
    """Without a word of the user, the talk with My AI is taken and no other."""
    talks = {
        "ida": [line(1, "ida"), line(2, "sam")],
        key: [line(3, "x"), line(4, "sam")],
    }
    path = save(tmp_path / "chat_history.json", talks)

    records = read(Snapchat(), path)

    assert [(m.role, m.conversation.native_id) for m in messages(records)] == [
        (Role.PERSONA, key),
        (Role.USER, key),
    ]
    left = [record for record in records if isinstance(record, Ignored)]
    assert {each.reason for each in left} == {WITHOUT_COMPANION}


def test_another_talk_is_chosen_by_name(tmp_path: Path) -> None:
    """With --them that person's talk is taken instead of My AI's."""
    talks = {"ida": [line(1, "ida"), line(2, "sam")], "myai": [line(3, "myai")]}
    path = save(tmp_path / "chat_history.json", talks)

    found = messages(read(Snapchat(), path, them=("Ida",)))

    assert [m.role for m in found] == [Role.PERSONA, Role.USER]


def test_without_my_ai_the_names_are_asked_for(tmp_path: Path) -> None:
    """Nothing is guessed among talks with people."""
    path = save(
        tmp_path / "chat_history.json", {"ida": [line(1, "ida"), line(2, "sam")]}
    )

    with pytest.raises(InputRejectedError, match="does not say who is the companion"):
        read(Snapchat(), path)


@pytest.mark.parametrize(
    ("value", "micro"),
    [
        (1709294405250, 250_000),
        (1709294405250000, 250_000),
        ("1709294405250", 250_000),
        (1709294405, 0),
        (12, 0),
        (1609294405250, 0),
        (None, 0),
    ],
)
def test_the_finer_time_is_judged_by_its_size(
    tmp_path: Path, value: Any, micro: int
) -> None:
    """Milliseconds or microseconds, whatever the name says; nonsense is not used."""
    entry = line(5, "myai", **{"Created(microseconds)": value})
    path = save(tmp_path / "chat_history.json", {"myai": [entry]})

    (found,) = messages(read(Snapchat(), path))

    assert found.sent_at is not None
    assert (found.sent_at.second, found.sent_at.microsecond) == (5, micro)


def test_order_is_by_time_and_then_by_the_file_turned_round(tmp_path: Path) -> None:
    """A list from new to old is turned, so that one second keeps its order."""
    rows = [
        line(9, "myai", "d"),
        line(5, "myai", "c"),
        line(5, "sam", "b"),
        line(1, "sam", "a"),
    ]
    path = save(tmp_path / "chat_history.json", {"myai": rows})

    assert "".join(m.text for m in messages(read(Snapchat(), path))) == "abcd"
