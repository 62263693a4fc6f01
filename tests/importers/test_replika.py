"""Replika's backups: each tool's quirks end in the right record."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.replika.importer import Replika
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

GOLDEN = Path(__file__).parent / "golden" / "replika"
HEADER = "Timestamp,From,Text,Reaction,ID\n"
ID = "62a0003c000000000000000"


def read(path: Path) -> list[Record]:
    """The records of a path that must be identified."""
    with Source.open(path) as source:
        assert Replika().identify(source, ReadOptions())
        return list(Replika().read(source, ReadOptions()))


def messages(path: Path) -> list[Message]:
    """The messages among the records."""
    return [record for record in read(path) if isinstance(record, Message)]


def reasons(records: list[Record]) -> list[str]:
    """The reasons of what was left out or could not be read."""
    return [r.reason for r in records if isinstance(r, Ignored | ImportIssue)]


def backup(tmp_path: Path, rows: str, name: str = "wren.csv") -> Path:
    """A CSV backup with these rows."""
    path = tmp_path / name
    path.write_bytes((HEADER + rows).encode())
    return path


def test_a_row_is_a_message(tmp_path: Path) -> None:
    """Time, speaker, text and id of a row arrive unchanged."""
    path = backup(tmp_path, f"2022-06-08T18:02:15.004Z,Rep,Hello,Love,{ID}1\n")

    (message,) = messages(path)

    assert message.sent_at == datetime(2022, 6, 8, 18, 2, 15, 4000, tzinfo=UTC)
    assert message.time_quality is TimeQuality.EXACT
    assert (message.role, message.speaker) == (Role.PERSONA, "Rep")
    assert (message.text, message.native_id) == ("Hello", f"{ID}1")
    assert message.where == "wren.csv line 2"
    assert json.loads(message.raw)["Reaction"] == "Love"
    assert message.conversation.native_id == "main"
    assert not message.conversation.threaded


@pytest.mark.parametrize(
    ("cell", "text", "flags"),
    [
        ("a\\nb", "a\nb", ("lossy_newlines",)),
        ('"a\nb"', "a\nb", ()),
        ('"a\r\nb"', "a\nb", ()),
        ('"C:\\new\nline"', "C:\\new\nline", ()),
        ("[REDACTED] went out", "[REDACTED] went out", ("redacted",)),
        ("None", "None", ()),
        ('"a ""b"", c"', 'a "b", c', ()),
    ],
)
def test_line_breaks_of_both_tools(
    tmp_path: Path, cell: str, text: str, flags: tuple[str, ...]
) -> None:
    r"""Written breaks stay; a pair `\n` becomes one, flagged, where none is."""
    (message,) = messages(
        backup(tmp_path, f"2022-06-08T18:02:15Z,Me,{cell},None,{ID}1")
    )

    assert (message.text, message.flags) == (text, flags)


def test_both_orders_stay_in_file_order(tmp_path: Path) -> None:
    """Newest first or oldest first, records come as the file has them."""
    rows = [f"2022-06-0{n}T00:00:00Z,Me,{n},None,{ID}{n}\n" for n in range(1, 6)]

    forward = messages(backup(tmp_path, "".join(rows)))
    backward = messages(backup(tmp_path, "".join(reversed(rows))))

    assert [m.text for m in forward] == ["1", "2", "3", "4", "5"]
    assert [m.text for m in backward] == ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"soon,Me,x,None,{ID}2", "time cannot be read"),
        (f"2022-06-08T18:02:15Z,Ghost,x,None,{ID}2", "unknown speaker"),
        ("2022-06-08T18:02:15Z,Me,x", "wrong number of columns"),
        ("2022-06-08T18:02:15Z,Me,x,None,62a0", "id is not whole"),
        (HEADER.strip(), "repeated header line"),
    ],
)
def test_a_bad_row_is_told_and_the_next_is_read(
    tmp_path: Path, row: str, reason: str
) -> None:
    """A row that cannot be read is one issue without its text; the run goes on."""
    good = "2022-06-08T18:02:15Z,Me,good,None," + ID
    records = read(backup(tmp_path, f"{good}1\n{row}\n{good}3\n"))

    assert reasons(records) == [reason]
    assert records[1].where == "wren.csv line 3"
    assert [type(record) for record in records[::2]] == [Message, Message]


def test_ids_of_another_kind_are_taken_as_they_are(tmp_path: Path) -> None:
    """Where ids are not 24 hex digits from the start, none is called broken."""
    rows = "2022-06-08T18:02:15Z,Me,a,None,m1\n2022-06-08T18:02:16Z,Rep,b,None,\n"

    assert [m.native_id for m in messages(backup(tmp_path, rows))] == ["m1", None]


def test_a_cut_file_is_rejected_and_a_cut_part_is_an_issue(tmp_path: Path) -> None:
    """Alone, a file cut in a quote is refused; among others it is one issue."""
    good = f"2022-06-08T18:02:15Z,Me,good,None,{ID}1\n"
    path = backup(tmp_path, good + '2022-06-08T18:02:15Z,Me,"cut')

    with pytest.raises(InputRejectedError, match="cut off inside the row of line 3"):
        read(path)
    backup(tmp_path, good, "second.csv")
    assert reasons(read(tmp_path)) == ["file cannot be read to its end"]
    assert len(messages(tmp_path)) == 2


@given(st.text(st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"])))
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_survives_as_an_object(tmp_path: Path, text: str) -> None:
    """Whatever was said comes back letter by letter from `messages.json`."""
    path = tmp_path / "messages.json"
    path.write_text(json.dumps([record(text=text)]), encoding="utf-8")

    assert messages(path)[0].text == text


def record(nature: str = "Robot", **content: Any) -> dict[str, Any]:
    """A raw message object."""
    return {
        "id": f"{ID}1",
        "content": {"type": "text", **content},
        "meta": {"nature": nature, "timestamp": "2023-01-05T10:00:00.000Z"},
    }


def objects(tmp_path: Path, *records: Any) -> Path:
    """A `messages.json` with these objects."""
    path = tmp_path / "messages.json"
    path.write_text(json.dumps(list(records)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("nature", "kind", "role"),
    [
        ("Robot", "text", Role.PERSONA),
        ("Customer", "text", Role.USER),
        ("Operator", "text", Role.SYSTEM),
        ("Robot", "service_message", Role.SYSTEM),
        ("Robot", "achievement", Role.SYSTEM),
    ],
)
def test_bubbles_of_the_app_are_not_the_companion(
    tmp_path: Path, nature: str, kind: str, role: Role
) -> None:
    """Service and achievement bubbles and staff lines are the system's."""
    (message,) = messages(objects(tmp_path, record(nature, type=kind, text="x")))

    assert message.role is role


def test_media_are_named(tmp_path: Path) -> None:
    """Pictures and voice notes without text are messages with attachments."""
    picture, voice = messages(
        objects(
            tmp_path,
            record(type="images", images=["https://cdn.example/a.jpg"]),
            record(type="voice_message", voice_message_url="https://cdn.example/v"),
        )
    )

    assert (picture.kind, picture.text) == ("image", "")
    assert [a.media_type for a in picture.attachments] == ["image"]
    assert (voice.kind, voice.attachments[0].media_type) == ("voice", "audio")


def test_hints_are_flags_and_no_model_claims(tmp_path: Path) -> None:
    """`uses_advanced_ai` is a hint about the making, not a model's name."""
    (message,) = messages(
        objects(tmp_path, record(text="x") | {"uses_advanced_ai": True})
    )

    assert message.flags == ("advanced_ai",)
    assert message.models == ()


def test_login_tokens_are_never_kept(tmp_path: Path) -> None:
    """Neither a frame with a login nor a message's own token enters a record."""
    text = record(text="x")
    text["meta"]["client_token"] = "t0ken"  # noqa: S105 - invented
    frame = {"event_name": "init", "payload": {"auth_token": "t0ken"}}

    records = read(objects(tmp_path, frame, text))

    assert reasons(records) == ["frame without messages"]
    assert "t0ken" not in repr(records)


def test_bookmarklet_gives_order_only(tmp_path: Path) -> None:
    """A phrase such as "Today at 4:54 PM" is no time."""
    found = messages(GOLDEN / "bookmarklet.json")

    assert [m.role for m in found] == [Role.PERSONA, Role.USER]
    assert {m.time_quality for m in found} == {TimeQuality.NONE}


def test_pages_repeat_at_their_edges_and_keep_reactions() -> None:
    """Each page gives its records as they stand, with the reactions to them."""
    found = messages(GOLDEN / "chat_backup.log")

    assert [m.text for m in found] == [
        "Page one",
        "Edge of the page",
        "Edge of the page",
        "Page two",
    ]
    assert json.loads(found[1].raw)["message_reactions"] == ["Meaningful"]


def test_research_zip_equals_its_folder(tmp_path: Path) -> None:
    """The same export packed or unpacked gives the same records."""
    folder = GOLDEN / "replika-research-copy"
    path = tmp_path / "copy.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder).as_posix())

    assert read(path) == read(folder)


def test_research_tables_only_where_raw_pages_are_missing() -> None:
    """Tables repeat the raw pages; alone they are the chat."""
    with_raw = messages(GOLDEN / "replika-research-copy")
    tables = messages(GOLDEN / "replika-research-tables")

    assert all("pages.jsonl" in m.where for m in with_raw)
    assert all("chat_messages.csv" in m.where for m in tables)
    assert [m.native_id for m in tables[:2]] == [m.native_id for m in with_raw[:2]]


def test_diary_and_memories_are_persona_inputs() -> None:
    """What the app wrote down about the talk is evidence, but no message."""
    records = read(GOLDEN / "replika-research-copy")
    found = [record for record in records if isinstance(record, PersonaInput)]

    assert [record.kind for record in found] == ["diary", "diary", "memory", "memory"]
    assert len({record.native_id for record in found}) == 4


@pytest.mark.parametrize(
    "text",
    [
        "Timestamp,From,Text,Reaction\n",
        "timestamp,from,text,reaction,id\n",
        '[{"sender": "you", "message": "x", "timestamp": 1}]',
        '[{"type": "diary"}]',
        '[{"text": "he wrote \\"nature\\": \\"Robot\\""}]',
        "",
    ],
)
def test_near_misses_are_not_identified(tmp_path: Path, text: str) -> None:
    """What only resembles a backup is not taken for one."""
    path = tmp_path / "x.json"
    path.write_text(f"{text}\n", encoding="utf-8")

    with Source.open(path) as source:
        assert not Replika().identify(source, ReadOptions())
