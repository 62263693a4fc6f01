"""SillyTavern's chats and what other programs write in its shape."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.importers.formats.sillytavern.importer import (
    CaiToolsTavern,
    JanitorTavern,
    SillyTavern,
)
from persona_vault.importers.formats.sillytavern.times import StampedRuns, read_time
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.ingest import import_file
from persona_vault.model import (
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    SourceFact,
    TimeQuality,
)

NO_OPTIONS = ReadOptions()
HEADER = {"chat_metadata": {}, "user_name": "unused", "character_name": "unused"}


def row(
    mes: str, minute: int = 0, *, mine: bool = False, **more: Any
) -> dict[str, Any]:
    """A row of a modern chat."""
    return {
        "name": "Sam" if mine else "Ilse",
        "is_user": mine,
        "is_system": False,
        "send_date": f"2025-05-01T07:{minute:02}:00.000Z",
        "mes": mes,
        "extra": {},
        **more,
    }


def write(path: Path, *rows: Any) -> Path:
    """A chat file."""
    path.parent.mkdir(exist_ok=True)
    lines = [each if isinstance(each, str) else json.dumps(each) for each in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read(path: Path, options: ReadOptions = NO_OPTIONS) -> list[Record]:
    """Every record, through the importer that the registry finds."""
    with Source.open(path) as source:
        return list(find_importer(source, options).read(source, options))


def talk(path: Path, options: ReadOptions = NO_OPTIONS) -> list[Message]:
    """The messages."""
    return [record for record in read(path, options) if isinstance(record, Message)]


def known_by(path: Path) -> list[str]:
    """Names of the importers of this module that know a file."""
    ours = (SillyTavern(), CaiToolsTavern(), JanitorTavern())
    with Source.open(path) as source:
        return [each.name for each in ours if each.identify(source, NO_OPTIONS)]


@pytest.mark.parametrize(
    ("value", "quality", "expected"),
    [
        (1683927149224, TimeQuality.EXACT, "2023-05-12T21:32:29.224000+00:00"),
        ("1683927149224", TimeQuality.EXACT, "2023-05-12T21:32:29.224000+00:00"),
        ("2025-12-01T08:00:00.000Z", TimeQuality.EXACT, "2025-12-01T08:00:00+00:00"),
        ("June 19, 2023 2:20pm", TimeQuality.LOCAL, "2023-06-19T14:20:00"),
        ("March 1, 2025 12:04AM", TimeQuality.LOCAL, "2025-03-01T00:04:00"),
        ("2023-5-12 @21h 32m 29s 7ms", TimeQuality.LOCAL, "2023-05-12T21:32:29.007000"),
        ("2024-7-2@01h31m37s", TimeQuality.LOCAL, "2024-07-02T01:31:37"),
        ("2024-07-12@01h31m37s123ms", TimeQuality.LOCAL, "2024-07-12T01:31:37.123000"),
        (0, TimeQuality.NONE, None),
        ("", TimeQuality.NONE, None),
        (None, TimeQuality.NONE, None),
    ],
)
def test_every_spelling_of_a_date(
    value: object, quality: TimeQuality, expected: str | None
) -> None:
    """Only forms that name UTC are exact; the wall clock of the machine is local."""
    stamp, flags = read_time(value)

    found = stamp.sent_at.isoformat() if stamp.sent_at else stamp.local_at
    assert (stamp.quality, found, flags) == (quality, expected, ())


@pytest.mark.parametrize("value", ["some day", "2024-13-40@99h00m00s", True, [], -5])
def test_a_date_that_is_none_is_told(value: object) -> None:
    """It gives no time and a flag, never a guess."""
    stamp, flags = read_time(value)

    assert (stamp.quality, flags) == (TimeQuality.NONE, ("time_unread",))


@given(st.lists(st.integers(2, 10_000), max_size=30))
def test_real_pauses_are_never_taken_for_stamps(pauses: list[int]) -> None:
    """Rows two seconds apart or more keep their times, however many there are."""
    runs, at = StampedRuns(), 1_700_000_000
    for pause in pauses:
        at += pause
        runs.see(read_time(at * 1000)[0])

    assert runs.marks() == bytes(len(pauses))


def test_only_the_stamped_stretch_loses_its_times(tmp_path: Path) -> None:
    """What was copied in one go is without time; what was said later keeps its own."""
    copied = [row(f"Old {n}.", 0, mine=n % 2 == 1) for n in range(6)]
    path = write(tmp_path / "a.jsonl", HEADER, *copied, row("New.", 30))

    found = talk(path)

    assert [m.time_quality for m in found] == [TimeQuality.NONE] * 6 + [
        TimeQuality.EXACT
    ]
    assert all("time_demoted" in m.flags for m in found[:6])


def test_four_quick_rows_are_believed(tmp_path: Path) -> None:
    """Four rows in one second may be people; five are not."""
    path = write(tmp_path / "a.jsonl", HEADER, *[row(f"{n}") for n in range(4)])

    assert {m.time_quality for m in talk(path)} == {TimeQuality.EXACT}


def test_twenty_rows_in_a_minute_are_stamped(tmp_path: Path) -> None:
    """Of times without seconds, twenty equal ones were written by a tool."""
    date = "June 19, 2023 2:20pm"
    rows = [row(f"{n}", send_date=date) for n in range(20)]

    assert {
        m.time_quality for m in talk(write(tmp_path / "a.jsonl", HEADER, *rows))
    } == {TimeQuality.NONE}
    assert {
        m.time_quality for m in talk(write(tmp_path / "b.jsonl", HEADER, *rows[1:]))
    } == {TimeQuality.LOCAL}


def test_shown_text_is_the_row_whatever_the_number_says(tmp_path: Path) -> None:
    """The swipe with the shown text is the shown one; the number may be stale."""
    swiped = row("B", swipes=["A", "B", "C"], swipe_id=0, swipe_info=[])
    found = talk(write(tmp_path / "a.jsonl", HEADER, row("Hi.", mine=True), swiped))

    assert [(m.text, m.shown) for m in found[1:]] == [
        ("B", True),
        ("A", False),
        ("C", False),
    ]
    assert all("regenerated" in m.flags for m in found[2:])


def test_a_text_that_is_no_swipe_keeps_what_stood_there(tmp_path: Path) -> None:
    """The row's text is shown; the numbered swipe is its earlier wording."""
    swiped = row("A, changed", swipes=["A", "B"], swipe_id=0, swipe_info=[])
    found = talk(write(tmp_path / "a.jsonl", HEADER, row("Hi.", mine=True), swiped))

    assert [(m.text, m.shown, m.flags) for m in found[1:]] == [
        ("A, changed", True, ("differs_from_swipe",)),
        ("A", False, ("earlier_wording",)),
        ("B", False, ("regenerated",)),
    ]


def test_each_swipe_names_its_own_model(tmp_path: Path) -> None:
    """The model of a swipe is claimed by that swipe alone; the row's own goes first."""
    infos = [{"extra": {"model": name}} for name in ("one", "two")]
    two = row("B", swipes=["A", "B"], swipe_id=1, swipe_info=infos)
    own = {**two, "extra": {"model": "three"}}
    found = talk(write(tmp_path / "a.jsonl", HEADER, row("Hi.", mine=True), two, own))

    claims = [[(c.value, c.source.value) for c in m.models] for m in found[1:]]
    assert claims == [
        [("two", "swipe")],
        [("one", "swipe")],
        [("three", "message")],
        [("one", "swipe")],
    ]


@pytest.mark.parametrize("swipes", [None, "A", [1, None, " "], [["A"]], {}])
def test_strange_swipes_bring_no_message(tmp_path: Path, swipes: object) -> None:
    """What is no text is no other answer; the row itself is still told."""
    path = write(tmp_path / "a.jsonl", HEADER, row("A", swipes=swipes, swipe_id="x"))

    assert [m.text for m in talk(path)] == ["A"]


def test_talk_kept_from_the_prompt_is_still_talk(tmp_path: Path) -> None:
    """`is_system` hides from the model, not the reader; the app speaks as software."""
    machine = {"name": "SillyTavern System", "extra": {"type": "help"}}
    path = write(
        tmp_path / "a.jsonl",
        HEADER,
        row("Early.", is_system=True),
        row("Mine.", 1, mine=True, is_system=True),
        row("Later.", 2),
        row("Commands:", 3, is_system=True, **machine),
        row("A door.", 4, name="Narrator", send_date=0),
        row("Aside.", 5, name="Note", is_system=True, extra={"type": "comment"}),
    )

    found = {m.text: m for m in talk(path)}

    assert "hidden_from_prompt" in found["Early."].flags
    assert [found[t].role for t in ("Early.", "Mine.", "Later.")] == [
        Role.PERSONA,
        Role.USER,
        Role.PERSONA,
    ]
    assert all(found[t].shown for t in ("Early.", "Mine.", "A door."))
    for text in ("Commands:", "Aside."):
        assert (found[text].role, found[text].shown) == (Role.SYSTEM, False)
    assert found["A door."].role is Role.SYSTEM


def test_group_chats_need_a_choice(tmp_path: Path) -> None:
    """Without --them all characters are companions by name; with it, only those are."""
    rows = [row("One.", name="Marlow"), row("Two.", 1), row("Hi.", 2, mine=True)]
    path = write(tmp_path / "g.jsonl", HEADER, *rows)

    everybody = talk(path)
    only = talk(path, ReadOptions(them=("ilse",)))

    assert [(m.speaker, m.role) for m in everybody][:2] == [
        ("Marlow", Role.PERSONA),
        ("Ilse", Role.PERSONA),
    ]
    assert (only[0].role, only[0].kind) == (Role.SYSTEM, "other_character")
    assert [m.role for m in only[1:]] == [Role.PERSONA, Role.USER]


def test_rows_without_sides_need_a_name(tmp_path: Path) -> None:
    """Two names alone do not say who is who: nobody is guessed."""
    rows = [{"name": "Ilse", "mes": "Hi."}, {"name": "Robin", "mes": "Hello."}]
    path = write(tmp_path / "a.jsonl", *rows)

    assert [r.reason for r in read(path) if isinstance(r, ImportIssue)] == [
        "unknown speaker"
    ] * 2
    assert [m.role for m in talk(path, ReadOptions(me=("Robin",)))] == [
        Role.PERSONA,
        Role.USER,
    ]


def test_old_header_names_the_sides(tmp_path: Path) -> None:
    """Where rows do not say whose they are, the header's names do."""
    header = {"user_name": "Robin", "character_name": "Ilse", "create_date": ""}
    rows = [{"name": "Ilse", "mes": "Hi."}, {"name": "Robin", "mes": "Hello."}]

    found = talk(write(tmp_path / "a.jsonl", "", header, *rows))

    assert [m.role for m in found] == [Role.PERSONA, Role.USER]


def test_bad_lines_are_issues_and_the_rest_is_read(tmp_path: Path) -> None:
    """Every line is accounted for, wherever it stands."""
    path = write(
        tmp_path / "a.jsonl",
        HEADER,
        row("Hi."),
        "{broken",
        "[1]",
        {"mes": 5},
        row("Yes."),
    )

    records = read(path)

    assert len(records) == 6
    assert [r.reason for r in records if isinstance(r, ImportIssue)] == [
        "line is not JSON",
        "not a message",
        "not a message",
    ]
    assert [m.text for m in records if isinstance(m, Message)] == ["Hi.", "Yes."]


@pytest.mark.parametrize("strange", [{"a": 1}, [], 5, True])
def test_strange_fields_break_nothing(tmp_path: Path, strange: object) -> None:
    """A field of another type than it should have says nothing."""
    odd = row("Hi.", extra={"type": strange, "model": strange, "media": strange})
    odd |= {"swipe_info": strange, "send_date": strange, "gen_started": strange}

    assert [m.text for m in talk(write(tmp_path / "a.jsonl", HEADER, odd))] == ["Hi."]


def test_chat_settings_are_inputs_of_their_chat(tmp_path: Path) -> None:
    """Scenario, note and persona of the header are kept with the conversation."""
    settings = {"scenario": "A pier.", "note_prompt": " ", "persona": "sam.png"}
    path = write(
        tmp_path / "a.jsonl", {**HEADER, "chat_metadata": settings}, row("Hi.")
    )

    found = [r for r in read(path) if isinstance(r, PersonaInput)]

    assert [(i.kind, i.text) for i in found] == [
        ("scenario", "A pier."),
        ("user_persona", "sam.png"),
    ]
    assert {i.conversation.native_id for i in found if i.conversation} == {"a"}


def test_a_greeting_is_not_a_reply(tmp_path: Path) -> None:
    """What the card says first is flagged; its other openings replaced nothing."""
    opening = row("Hello.", swipes=["Hello.", "Good day."], swipe_id=0)
    made = row("And?", 1, gen_started="2025-05-01T07:01:00.000Z")
    found = talk(
        write(tmp_path / "a.jsonl", HEADER, opening, made, row("Hi.", 2, mine=True))
    )

    assert [m.flags for m in found] == [("greeting",), ("greeting",), (), ()]
    assert [m.shown for m in found] == [True, False, True, True]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A character's folder: a chat and a branch that went on after it."""
    start = [row("Out?"), row("Yes.", 1, mine=True), row("Where?", 2)]
    folder = tmp_path / "Ilse"
    write(folder / "A.jsonl", HEADER, *start, row("Left.", 3, mine=True))
    branch = {**HEADER, "chat_metadata": {"main_chat": "A"}}
    write(folder / "A - Branch #1.jsonl", branch, *start, row("Right.", 9, mine=True))
    return folder


def test_a_branch_is_told_once(folder: Path) -> None:
    """Equal beginnings are one conversation; the file that went on last is shown."""
    found = talk(folder)

    assert [(m.text, m.shown) for m in found] == [
        ("Out?", True),
        ("Yes.", True),
        ("Where?", True),
        ("Right.", True),
        ("Left.", False),
    ]
    assert {m.conversation.native_id for m in found} == {"A"}
    assert found[-1].flags == ("branch",)
    ignored = [r for r in read(folder) if isinstance(r, Ignored)]
    assert len(ignored) == 2 + 3


def test_a_branch_without_a_link_is_proven_by_content(folder: Path) -> None:
    """The user's words at the same time are enough where the file names no origin."""
    rows = (folder / "A - Branch #1.jsonl").read_text(encoding="utf-8").splitlines()
    write(folder / "A - Branch #1.jsonl", HEADER, *rows[1:])

    assert {m.conversation.native_id for m in talk(folder)} == {"A"}
    assert len(talk(folder)) == 5


def test_the_same_greeting_is_no_branch(folder: Path) -> None:
    """Another chat that opens alike, at another time, is a conversation of its own."""
    write(folder / "B.jsonl", HEADER, row("Out?", 40), row("Yes.", 41, mine=True))
    write(folder / "C.jsonl", HEADER, row("Out?"), row("No.", 1, mine=True))

    assert {m.conversation.native_id for m in talk(folder)} == {"A", "B", "C"}


def test_a_link_without_shared_words_joins_nothing(folder: Path) -> None:
    """What a file says of its origin counts only where content agrees."""
    linked = {**HEADER, "chat_metadata": {"main_chat": "A"}}
    write(folder / "D.jsonl", linked, row("Quite other.", 50))

    records = read(folder)

    assert "D" in {m.conversation.native_id for m in records if isinstance(m, Message)}
    assert [f.value for f in records if isinstance(f, SourceFact)] == [
        "the chat that it branched from begins otherwise"
    ]
    (folder / "A.jsonl").unlink()
    assert "the chat that it branched from is absent" in [
        f.value for f in read(folder) if isinstance(f, SourceFact)
    ]


def test_a_grown_folder_adds_only_what_is_new(vault: Any, folder: Path) -> None:
    """A later import may change which path is shown, and repeats nothing."""
    first = import_file(vault, folder, persona="Ilse")
    main = folder / "A.jsonl"
    more = row("And on.", 20)
    main.write_text(
        main.read_text(encoding="utf-8") + "\n" + json.dumps(more), encoding="utf-8"
    )
    second = import_file(vault, folder, persona="Ilse")

    assert (first.n_added, second.n_added, second.n_conversations) == (5, 1, 1)
    with vault.read() as connection:
        shown = connection.exec_driver_sql(
            "SELECT text FROM message WHERE shown ORDER BY position"
        ).scalars()
        assert list(shown) == ["Out?", "Yes.", "Where?", "Left.", "And on."]


def cai(mes: str, *, mine: bool, at: int = 1743500000000) -> dict[str, Any]:
    """A row as CAI Tools writes it."""
    name = "You" if mine else "Kara"
    return {"name": name, "is_user": mine, "is_name": True, "send_date": at, "mes": mes}


def test_cai_tools_is_known_by_its_one_moment(tmp_path: Path) -> None:
    """Five keys and one moment are CAI Tools; the same keys with real times are not."""
    rows = [cai("Hi.", mine=False), cai("Hello.", mine=True)]
    later = cai("Hello.", mine=True, at=1743500090000)

    assert known_by(write(tmp_path / "a.jsonl", *rows)) == ["cai_tools_tavern"]
    assert known_by(write(tmp_path / "b.jsonl", rows[0], later)) == ["sillytavern"]


def test_cai_tools_times_are_never_used(tmp_path: Path) -> None:
    """Even two rows are without time, and every row may be several joined ones."""
    path = write(tmp_path / "a.jsonl", cai("Hi.", mine=False), cai("Yes.", mine=True))

    for message in talk(path):
        assert message.time_quality is TimeQuality.NONE
        assert {"joined_possible", "time_demoted"} <= set(message.flags)


def test_a_cai_chat_is_one_whatever_its_number(tmp_path: Path) -> None:
    """Numbers and names of downloads change; how the talk opens does not."""
    rows = [cai("Hi.", mine=False), cai("Hello.", mine=True), cai("So?", mine=False)]
    one = write(tmp_path / "chat_1.jsonl", *rows)
    two = write(tmp_path / "chat_2.jsonl", *rows, cai("Later.", mine=True))

    ids = {m.conversation.native_id for path in (one, two) for m in talk(path)}

    assert len(ids) == 1


def test_janitor_tells_its_first_message_once(tmp_path: Path) -> None:
    """The doubled row is known by content, and left out once."""
    first = row("Plums?", send_date="March 1, 2025 3:04PM")
    path = write(tmp_path / "a.jsonl", first, first, row("Yes.", mine=True))

    assert known_by(path) == ["janitor_tavern"]
    assert [m.text for m in talk(path)] == ["Plums?", "Yes."]


def test_a_greeting_longer_than_the_head_is_known(tmp_path: Path) -> None:
    """The first line may be longer than what is looked at."""
    long = row("x" * 70_000)

    assert known_by(write(tmp_path / "a.jsonl", long, row("Hi."))) == ["sillytavern"]
    header = {"chat_metadata": {"variables": "x" * 70_000}}
    assert known_by(write(tmp_path / "b.jsonl", header, row("Hi."))) == ["sillytavern"]


def test_other_json_lines_are_not_claimed(tmp_path: Path) -> None:
    """A table of messages with other columns is left to others."""
    assert known_by(write(tmp_path / "a.jsonl", {"name": "A", "text": "Hi."})) == []
    assert known_by(write(tmp_path / "b.jsonl", {"user_name": "A"})) == []
