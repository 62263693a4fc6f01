"""Kindroid's exports: each tool's quirks end in the right record."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from persona_vault.importers.formats.kindroid.importer import Kindroid
from persona_vault.importers.source import Source
from persona_vault.model import (
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    TimeQuality,
)

GOLDEN = Path(__file__).parent / "golden" / "kindroid"
T = 1_765_000_000_000


def read(path: Path, **options: Any) -> list[Record]:
    """The records of a path that must be identified."""
    given = ReadOptions(**options)
    with Source.open(path) as source:
        assert Kindroid().identify(source, given)
        return list(Kindroid().read(source, given))


def messages(path: Path, **options: Any) -> list[Message]:
    """The messages among the records."""
    return [r for r in read(path, **options) if isinstance(r, Message)]


def reasons(records: list[Record]) -> list[str]:
    """The reasons of what was left out or could not be read."""
    return [r.reason for r in records if isinstance(r, Ignored | ImportIssue)]


def write(tmp_path: Path, text: str, name: str = "Ilse.json") -> Path:
    """A file with this text."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def api(number: int = 1, **change: Any) -> dict[str, Any]:
    """A message object of the API."""
    return {
        "id": f"k{number}",
        "sender": "ai",
        "timestamp": T + number,
        "message": "Hello",
        **change,
    }


def test_milliseconds_are_exact_times(tmp_path: Path) -> None:
    """A message object gives id, speaker, text and UTC time to the millisecond."""
    path = write(tmp_path, json.dumps([api(7, display_name="Ilse")]))

    (message,) = messages(path)

    assert message.sent_at == datetime(2025, 12, 6, 5, 46, 40, 7000, tzinfo=UTC)
    assert message.time_quality is TimeQuality.EXACT
    assert (message.role, message.speaker) == (Role.PERSONA, "Ilse")
    assert (message.native_id, message.text) == ("k7", "Hello")
    assert not message.conversation.threaded


@pytest.mark.parametrize(
    "layout", ["array", "lines", "page", "pages", "array of pages"]
)
def test_every_layout_gives_the_same_messages(tmp_path: Path, layout: str) -> None:
    """An array, JSON Lines and pages hold the same talk."""
    records = [api(n) for n in range(4)]
    page = {"messages": records, "pagination": {"hasMore": False}}
    halves = [{"messages": records[:2]}, {"messages": records[2:]}]
    text = {
        "array": json.dumps(records, indent=2),
        "lines": "\n".join(map(json.dumps, records)),
        "page": json.dumps(page, indent=2),
        "pages": "\n".join(map(json.dumps, halves)),
        "array of pages": json.dumps(halves),
    }[layout]

    found = messages(write(tmp_path, text))

    assert [m.native_id for m in found] == ["k0", "k1", "k2", "k3"]
    assert len({m.where for m in found}) == 4


def test_a_page_longer_than_the_head_is_known(tmp_path: Path) -> None:
    """One page may be larger than what is looked at."""
    page = {"messages": [api(n, message="quiet " * 2000) for n in range(9)]}

    assert len(messages(write(tmp_path, json.dumps(page)))) == 9


def test_a_picture_without_words_is_a_message(tmp_path: Path) -> None:
    """A null message with pictures is kept, with empty text."""
    path = write(
        tmp_path, json.dumps([api(message=None, image_urls=["https://i.example/1"])])
    )

    (message,) = messages(path)

    assert (message.text, message.kind) == ("", "image")
    assert message.attachments[0].name == "https://i.example/1"


def test_repeated_ids_are_yielded_as_they_stand(tmp_path: Path) -> None:
    """A resumed export repeats messages; to see that is not the importer's part."""
    path = write(tmp_path, json.dumps([api(1), api(2), api(2)]))

    assert [m.native_id for m in messages(path)] == ["k1", "k2", "k2"]


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ({"sender": "narrator"}, ImportIssue, "unknown speaker"),
        ({"sender": None}, ImportIssue, "no speaker"),
        ({"sender": ["ai"]}, ImportIssue, "unknown speaker"),
        ({"timestamp": None}, ImportIssue, "time cannot be read"),
        ({"timestamp": 10**30}, ImportIssue, "time cannot be read"),
        ({"timestamp": True}, ImportIssue, "time cannot be read"),
        ({"message": "!enc:U2FsdGVkX1"}, Ignored, "text is still encrypted"),
    ],
)
def test_a_bad_message_is_told(
    tmp_path: Path, change: dict[str, Any], kind: type, reason: str
) -> None:
    """What cannot be read is one record with its reason; the run goes on."""
    path = write(tmp_path, json.dumps([api(1), api(2, **change), api(3)]))

    records = read(path)

    assert [type(record) for record in records] == [Message, kind, Message]
    assert reasons(records) == [reason]


TXT = "Ilse_Chat_Export_20251206.txt"
TALK = """[2025-12-06 08:01:00] Noa
Did the kettle boil?

[2025-12-06 08:02:10] Ilse
It did.

Twice.
"""


def test_names_given_by_the_user_decide(tmp_path: Path) -> None:
    """With the names the speakers are known, whatever their case; times are local."""
    found = messages(write(tmp_path, TALK, TXT), me=("NOA",), them=("ilse",))

    assert [m.role for m in found] == [Role.USER, Role.PERSONA]
    assert [m.local_at for m in found] == ["2025-12-06T08:01:00", "2025-12-06T08:02:10"]
    assert {m.time_quality for m in found} == {TimeQuality.LOCAL}
    assert {m.sent_at for m in found} == {None}
    assert found[1].text == "It did.\n\nTwice."


@pytest.mark.parametrize(
    ("options", "me"), [({"me": ("Noa",)}, "Noa"), ({"them": ("Noa",)}, "Ilse")]
)
def test_of_two_speakers_one_name_is_enough(
    tmp_path: Path, options: dict[str, Any], me: str
) -> None:
    """Who is not the one named must be the other, if there are two."""
    found = messages(write(tmp_path, TALK, TXT), **options)

    assert {m.speaker for m in found if m.role is Role.USER} == {me}
    assert len(found) == 2


@pytest.mark.parametrize("name", ["You", "user"])
def test_you_is_the_user(tmp_path: Path, name: str) -> None:
    """Without names, "You" or "User" beside one other speaker is the user."""
    found = messages(write(tmp_path, TALK.replace("Noa", name), TXT))

    assert [m.role for m in found] == [Role.USER, Role.PERSONA]


@pytest.mark.parametrize(
    "text",
    [
        TALK,
        TALK.replace("Noa", "You") + "[2025-12-06 08:03:00] Bram\nHi\n",
        TALK.replace("Noa", "You").replace("Ilse", "User"),
    ],
)
def test_speakers_are_never_guessed(tmp_path: Path, text: str) -> None:
    """Without a known name, or with three speakers, every message is an issue."""
    records = read(write(tmp_path, text, TXT))

    assert {type(record) for record in records} == {ImportIssue}
    assert set(reasons(records)) == {"speaker not named by the user"}


def test_a_renamed_text_is_read_where_the_format_is_named(tmp_path: Path) -> None:
    """With the format named by the user, the file's own name does not matter."""
    with Source.open(write(tmp_path, TALK, "talk.txt")) as source:
        records = list(Kindroid().read(source, ReadOptions(me=("Noa",))))

    assert [type(record) for record in records] == [Message, Message]


def test_picture_lines_are_no_talk() -> None:
    """`Images:` lines become attachments and leave the words as they were."""
    found = messages(GOLDEN / "You_Chat_Export_20251206.txt")

    assert [m.kind for m in found] == ["text", "text", "image", "text"]
    assert found[2].text == ""
    assert found[3].text == "A fine mug."
    assert len(found[3].attachments) == 2


def test_kins_are_conversations() -> None:
    """Each kin of a folder is a conversation with its name, so that one can be kept."""
    talks = {
        m.conversation.native_id: m.conversation for m in messages(GOLDEN / "KinX")
    }

    assert {key: talk.title for key, talk in talks.items()} == {
        "0a1b-22": "Ilse",
        "7c": "Bram",
        "g9": "Supper",
    }
    assert talks["g9"].group == "Group Chats"


def test_a_later_change_is_flagged() -> None:
    """A document changed after it was made is an edited message."""
    flags = {m.native_id: m.flags for m in messages(GOLDEN / "KinX") if m.flags}

    assert flags == {"d2": ("edited",)}


def test_profile_and_journal_shape_the_persona() -> None:
    """What the user wrote about the kin is kept; the user's own name is not."""
    records = read(GOLDEN / "KinX")
    found = [record for record in records if isinstance(record, PersonaInput)]

    assert [record.kind for record in found] == ["journal", "backstory", "directive"]
    assert found[0].title == "bees, honey"
    assert not any("Noa" in record.raw for record in found if record.kind != "journal")


def test_kinx_zip_equals_its_folder(tmp_path: Path) -> None:
    """The same folder packed gives the same records."""
    path = tmp_path / "kinx.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (GOLDEN / "KinX").rglob("*"):
            archive.write(file, file.relative_to(GOLDEN / "KinX").as_posix())

    assert read(path) == read(GOLDEN / "KinX")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kindroid_export_checkpoint.json", json.dumps([api()])),
        ("nomi.json", json.dumps([{"sender": "user", "text": "x", "timestamp": T}])),
        ("seconds.json", json.dumps([api(timestamp=1_765_000_000)])),
        ("chat.txt", "[2025-12-06 08:01:00] Noa\nAnybody's words\n"),
        ("a_Chat_Export.txt", "[2025-12-06 08:01:00] Noa: one line\nmore\n"),
        ("a_Chat_Export.txt", "[06/12/2025, 08:01] Noa\nmore\n"),
        ("a_Chat_Export.md", "## A heading\n\nSome prose.\n"),
    ],
)
def test_near_misses_are_not_identified(tmp_path: Path, name: str, text: str) -> None:
    """What only resembles an export is not taken for one."""
    with Source.open(write(tmp_path, text, name)) as source:
        assert not Kindroid().identify(source, ReadOptions())
