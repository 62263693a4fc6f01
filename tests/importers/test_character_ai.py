"""Character.AI: answers that were tried, chats without times, tokens and literals."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.character_ai.importer import CharacterAi
from persona_vault.model import Role, TimeQuality
from tests.importers.exports import (
    facts,
    inputs,
    issues,
    knows,
    messages,
    read,
    reasons,
)

GOLDEN = Path(__file__).parent / "golden" / "character_ai"
AI = CharacterAi()
AT = "2025-01-01T10:00:00.000000Z"


def turn(*answers: dict[str, Any], primary: str = "a", **fields: Any) -> dict[str, Any]:
    """A turn of the companion with these answers."""
    return {
        "turn_key": {"chat_id": "c", "turn_id": "t"},
        "create_time": AT,
        "author": {"author_id": "x", "name": "Odile"},
        "candidates": list(answers),
        "primary_candidate_id": primary,
        **fields,
    }


def answer(key: str, text: str | None = "Hm.", **fields: Any) -> dict[str, Any]:
    """One answer; without a text where that is None."""
    made = {"candidate_id": key, "create_time": AT, **fields}
    return made if text is None else {**made, "raw_content": text}


def chat(tmp_path: Path, *turns: Any) -> Path:
    """A file with these turns."""
    path = tmp_path / "chat.json"
    text = json.dumps({"turns": turns, "meta": {"next_token": None}})
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("primary", ["a", "b", "c"])
def test_the_chosen_answer_is_shown_wherever_it_stands(
    tmp_path: Path, primary: str
) -> None:
    """Every answer is kept; only the one that the app names is shown."""
    path = chat(tmp_path, turn(answer("a"), answer("b"), answer("c"), primary=primary))

    found = messages(read(AI, path))

    assert [m.native_id for m in found] == ["a", "b", "c"]
    assert [m.native_id for m in found if m.shown] == [primary]


def test_without_a_chosen_answer_the_first_is_shown(tmp_path: Path) -> None:
    """A turn that names no answer of its own still shows one."""
    path = chat(tmp_path, turn(answer("a"), answer("b"), primary="gone"))

    assert [m.shown for m in messages(read(AI, path))] == [True, False]


def test_what_came_later_is_regenerated_whatever_the_order(tmp_path: Path) -> None:
    """Times tell which answer was the first, not the place in the list."""
    late = "2025-01-01T10:00:30.000000Z"
    path = chat(tmp_path, turn(answer("b", create_time=late), answer("a")))

    assert [m.flags for m in messages(read(AI, path))] == [
        ("branch", "regenerated"),
        (),
    ]


def test_an_edit_keeps_the_place_of_its_turn(tmp_path: Path) -> None:
    """An edit weeks later is flagged and does not move the message in time."""
    path = chat(
        tmp_path,
        turn(
            answer("a"),
            answer(
                "b", create_time="2025-02-01T10:00:00.000000Z", editor={"name": "me"}
            ),
            primary="b",
        ),
    )

    found = messages(read(AI, path))[1]

    assert (found.shown, found.flags) == (True, ("edited",))
    assert found.sent_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert found.time_quality is TimeQuality.EXACT


@pytest.mark.parametrize(
    ("author", "role"),
    [
        ({"name": "m", "is_human": True}, Role.USER),
        ({"name": "Odile"}, Role.PERSONA),
        ({"name": "Odile", "is_human": False}, Role.PERSONA),
    ],
)
def test_only_people_bear_the_mark(
    tmp_path: Path, author: dict[str, Any], role: Role
) -> None:
    """The mark of a human is left out for the companion."""
    path = chat(tmp_path, turn(answer("a"), author=author))

    assert [m.role for m in messages(read(AI, path))] == [role]


def test_bad_turns_are_issues_and_the_next_is_read(tmp_path: Path) -> None:
    """A turn in another shape, without an author or without a text stops nothing."""
    path = chat(
        tmp_path,
        turn(answer("a")),
        {"text": "?"},
        "turn",
        turn(answer("b"), author=None),
        turn(answer("d", None), {"x": 1}, 7),
        turn(),
        turn(answer("e"), primary="e"),
    )

    records = read(AI, path)

    assert [m.native_id for m in messages(records)] == ["a", "e"]
    assert reasons(records) == [
        *("turn in an unknown shape", "turn in an unknown shape", "no speaker"),
        *("answer without text", "answer without text"),
        *("answer in an unknown shape", "turn without text"),
    ]


def test_a_raw_record_is_its_own_answer_alone(tmp_path: Path) -> None:
    """Each message keeps its turn with one answer, so that nothing is kept twice."""
    path = chat(tmp_path, turn(answer("a", "one"), answer("b", "two")))

    raws = [json.loads(m.raw) for m in messages(read(AI, path))]

    assert [[c["raw_content"] for c in raw["candidates"]] for raw in raws] == [
        ["one"],
        ["two"],
    ]


def test_a_first_turn_longer_than_the_head_is_known(tmp_path: Path) -> None:
    """A file whose first turn does not end in 64 KiB is identified all the same."""
    answers = [answer(f"k{n}", "word " * 400) for n in range(60)]
    path = chat(tmp_path, turn(*answers, primary="k3"))
    assert path.stat().st_size > 100_000

    assert len(messages(read(AI, path))) == 60
    pages = tmp_path / "pages.json"
    pages.write_text(f"[{path.read_text(encoding='utf-8')}]", encoding="utf-8")
    assert len(messages(read(AI, pages))) == 60


def test_a_list_of_chats_is_no_talk(tmp_path: Path) -> None:
    """Alone it is not identified; beside a chat it is left out with its reason."""
    listed = GOLDEN / "export" / "chats.json"

    assert not knows(AI, listed)
    assert "list of chats without their messages" in reasons(
        read(AI, GOLDEN / "export")
    )


def test_times_of_a_dump_are_those_of_its_chats() -> None:
    """A message of the dumper has the time of its chat and says so."""
    found = messages(read(AI, GOLDEN / "Odile.json"))

    assert {m.time_quality for m in found} == {TimeQuality.CHAT_LEVEL}
    assert len({m.sent_at for m in found}) == len({m.conversation for m in found}) == 2


def test_a_dump_keeps_nobodys_account() -> None:
    """Account data of the user is in no raw record, under either spelling."""
    for message in messages(read(AI, GOLDEN / "Odile.json")):
        assert "ACCOUNT_NAME" not in message.raw
        assert "username" not in message.raw


def test_a_zip_with_one_damaged_file_gives_the_others(tmp_path: Path) -> None:
    """A broken file among several is one issue."""
    path = tmp_path / "backup.zip"
    with zipfile.ZipFile(path, "w") as file:
        whole = (GOLDEN / "turns.json").read_text(encoding="utf-8")
        file.writestr("a.json", whole)
        file.writestr("b.json", whole[: len(whole) // 2])

    records = read(AI, path)

    assert "file cannot be read to its end" in issues(records)
    assert len(messages(records)) > 9


def page(tmp_path: Path, literal: str) -> Path:
    """An offline page with this inside its literal."""
    path = tmp_path / "Odile_Offline.html"
    script = f"<script>\nconst d = JSON.parse(`{literal}`);\n</script>"
    path.write_text(f"<!DOCTYPE html><html>{script}</html>", encoding="utf-8")
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
            str.strip
        ),
        min_size=1,
        max_size=4,
    ),
    is_escaped=st.booleans(),
)
def test_any_words_survive_the_page(
    tmp_path: Path, texts: list[str], is_escaped: bool
) -> None:
    """Percent signs, quotes, back-quotes and emoji arrive, escaped literal or not."""
    lines = [
        {
            "isUser": n % 2 == 1,
            "name": 'O"dile',
            "message": quote(text, safe="!~*'()-_."),
        }
        for n, text in enumerate(texts)
    ]
    literal = json.dumps({"history": [{"chat": lines}]}, ensure_ascii=False)
    if is_escaped:
        literal = literal.replace("\\", "\\\\").replace("`", "\\`")

    found = messages(read(AI, page(tmp_path, literal)))

    assert [m.text for m in found] == texts
    assert {m.speaker for m in found} == {'O"dile'}


def test_a_zero_byte_of_a_page_is_shown_and_not_kept(tmp_path: Path) -> None:
    """Written as %00 it passes the JSON; in the vault it would cut the words."""
    lines = [{"name": "Odile", "message": "Under%00the lamp"}]
    literal = json.dumps({"history": [{"chat": lines}]})

    [found] = messages(read(AI, page(tmp_path, literal)))

    assert found.text == "Under\ufffdthe lamp"


def test_a_page_without_its_end_is_cut_off(tmp_path: Path) -> None:
    """A page that stops inside its data is refused as a whole."""
    path = page(tmp_path, '{"history": [{"chat": []}]}')
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("`);")], encoding="utf-8")

    with pytest.raises(InputRejectedError, match="cut off inside its chats"):
        read(AI, path)


def test_a_literal_that_is_no_json_is_refused(tmp_path: Path) -> None:
    """Data that is neither JSON nor escaped JSON is told, without its text."""
    with pytest.raises(InputRejectedError, match="holds no chat") as caught:
        read(AI, page(tmp_path, '{"history": secret words}'))
    assert "secret" not in str(caught.value)


def test_a_chat_without_a_date_keeps_its_name_as_it_grows(tmp_path: Path) -> None:
    """The same talk saved again, longer, is the same conversation; another is not."""

    def conversation(*words: str) -> str:
        lines = [
            {"isUser": n % 2 == 1, "name": "x", "message": quote(text)}
            for n, text in enumerate(words)
        ]
        path = page(tmp_path, json.dumps({"history": [{"chat": lines}]}))
        (native_id,) = {m.conversation.native_id for m in messages(read(AI, path))}
        return native_id

    first = conversation("Come in.", "Thanks.")

    assert conversation("Come in.", "Thanks.", "Sit.", "I will.") == first
    assert conversation("Come in.", "No.") != first


def test_pages_and_examples_say_which_answers_they_hold() -> None:
    """The extension saves the last answer tried; the ledger is told."""
    for name in ("Odile_Offline.html", "Odile_Example.txt"):
        assert facts(read(AI, GOLDEN / name)) == ["answers"]


def test_an_example_has_order_only_and_lines_go_on() -> None:
    """Without times; a line without a placeholder belongs to the turn above."""
    found = messages(read(AI, GOLDEN / "Odile_Example.txt"))

    assert {m.time_quality for m in found} == {TimeQuality.NONE}
    assert found[0].text == "*Odile trims the wick.* Come in.\nMind the step."
    assert len({m.conversation.native_id for m in found}) == 2


def test_definitions_are_inputs_and_not_talk() -> None:
    """The character editor's file gives what the character was told to be."""
    records = read(AI, GOLDEN / "Odile (Definitions).json")

    assert [entry.kind for entry in inputs(records)] == [
        *("tagline", "description", "greeting", "definition")
    ]
    assert messages(records) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"turns": []}',
        '{"histories": []}',
        '{"turns": [{"speaker": "a"}]}',
        '{"character": {"name": "x", "definition": "y"}}',
        "<START>\nOnce upon a time",
        "<html><script>JSON.parse(`{}`)</script></html>",
        '{"user": {}, "character": {"definition": "d"}, "messages": [[0, "hi"]]}',
    ],
)
def test_what_only_looks_alike_is_not_claimed(tmp_path: Path, text: str) -> None:
    """Files of other shapes with the same words in them are left to others."""
    path = tmp_path / "other.txt"
    path.write_text(text, encoding="utf-8")

    assert not knows(AI, path)
