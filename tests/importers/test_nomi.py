"""Nomi: speakers under any of five keys, hidden marks, pages, and clocks of a tool."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.nomi.importer import Nomi
from persona_vault.importers.source import Source
from persona_vault.model import Message, ReadOptions, Role, TimeQuality
from tests.importers.exports import (
    facts,
    inputs,
    issues,
    knows,
    messages,
    read,
    reasons,
)

GOLDEN = Path(__file__).parent / "golden" / "nomi"
NOMI = Nomi()
SENT = "2026-01-10T08:00:00.000Z"


def cache(tmp_path: Path, *records: Any, **fields: Any) -> Path:
    """A NomiVault cache with these messages."""
    path = tmp_path / "Brin.json"
    content = {
        "uuid": "n-1",
        "name": "Brin",
        "numeric_nomi_id": 5,
        "messages": records,
        **fields,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def only_message(
    tmp_path: Path, record: dict[str, Any], options: ReadOptions | None = None
) -> Message:
    """The one message that a cache of one record gives."""
    made = {"id": "m", "text": "Hm.", "sent": SENT, **record}
    (found,) = messages(read(NOMI, cache(tmp_path, made), options or ReadOptions()))
    return found


@pytest.mark.parametrize(
    ("record", "role"),
    [
        ({"role": "user"}, Role.USER),
        ({"sender": "User"}, Role.USER),
        ({"from": "human"}, Role.USER),
        ({"type": "UserMessage"}, Role.USER),
        ({"senderType": 0}, Role.USER),
        ({"sender": "Nomi"}, Role.PERSONA),
        ({"senderType": "NomiMessage"}, Role.PERSONA),
        ({"sender": "Brin"}, Role.PERSONA),
        ({"sender": "N-1"}, Role.PERSONA),
        ({"role": "assistant"}, Role.PERSONA),
        # The first of the keys that is there decides, as in the tool.
        ({"senderType": "user", "role": "nomi"}, Role.PERSONA),
        ({"role": None, "sender": "user"}, Role.USER),
    ],
)
def test_the_speaker_under_any_key(
    tmp_path: Path, record: dict[str, Any], role: Role
) -> None:
    """Each of the keys that the tool tries names the speaker, in its order."""
    assert only_message(tmp_path, record).role is role


def test_an_unknown_speaker_is_an_issue_until_it_is_named(tmp_path: Path) -> None:
    """Nobody is guessed to be the companion; a name given by the user counts."""
    path = cache(tmp_path, {"sender": "Fern", "text": "Hm.", "sent": SENT})

    assert issues(read(NOMI, path)) == ["unknown speaker"]
    named = messages(read(NOMI, path, ReadOptions(them=("Fern",))))
    assert [m.role for m in named] == [Role.PERSONA]


def test_hidden_messages_are_no_talk(tmp_path: Path) -> None:
    """A hidden record is of the app, not shown; the mark of a call has its kind."""
    call = only_message(
        tmp_path, {"sender": "user", "hidden": True, "text": "*we start a voice call*"}
    )
    other = only_message(tmp_path, {"hidden": True, "text": "(context)"})

    assert (call.role, call.shown, call.kind) == (Role.SYSTEM, False, "voice_call")
    assert (other.role, other.shown, other.kind) == (Role.SYSTEM, False, "hidden")


def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    """The service writes UTC and at times leaves the zone out."""
    found = only_message(tmp_path, {"role": "user", "sent": "2026-01-10T08:00:00"})

    assert found.sent_at == datetime(2026, 1, 10, 8, tzinfo=UTC)
    assert found.time_quality is TimeQuality.EXACT


def test_spoken_lines_have_their_own_times_or_that_of_the_call() -> None:
    """A line without a time stands at the beginning of its call and says so."""
    spoken = [
        m for m in messages(read(NOMI, GOLDEN / "Brin.json")) if m.kind == "voice"
    ]

    assert [m.time_quality for m in spoken] == [
        *(TimeQuality.EXACT, TimeQuality.EXACT, TimeQuality.CHAT_LEVEL)
    ]
    assert spoken[2].sent_at == datetime(2026, 1, 10, 9, 0, 2, tzinfo=UTC)


def test_a_cache_larger_than_the_head_is_known_and_streamed(tmp_path: Path) -> None:
    """What stands behind the first 64 KiB is read, the fields after it too."""
    records = [
        {"id": str(n), "role": "user", "text": "word " * 40, "sent": SENT}
        for n in range(1000)
    ]
    term = {"uuid": "t", "title": "Tea", "dossier": "Green."}
    path = cache(tmp_path, *records, mind_map_terms=[term])

    found = read(NOMI, path)

    assert len(messages(found)) == 1000
    assert [entry.text for entry in inputs(found)] == ["Green."]


def test_a_page_beside_its_cache_repeats_it() -> None:
    """The same talk is read once, from the file that has the ids."""
    records = read(NOMI, GOLDEN / "output")

    assert "same records as another file of the export" in reasons(records)
    assert {m.native_id is None for m in messages(records) if m.kind != "voice"} == {
        False
    }


def escaped(text: str) -> str:
    """The text as the tool writes it into its page."""
    for letter, spelled in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\n", "<br>"),
    ):
        text = text.replace(letter, spelled)
    return text


def page(tmp_path: Path, *texts: str) -> Path:
    """A page with one bubble of the companion for each text."""
    whole = (GOLDEN / "Brin-chat.html").read_text(encoding="utf-8")
    before, _, rest = whole.partition('  <div class="chat-container">\n')
    after = rest[rest.index("  <footer>") :]
    rows = [
        '<div class="message-row nomi-side"><div class="bubble nomi-bubble">'
        '<div class="sender-name">Brin</div>'
        f'<div class="message-text">{escaped(text)}</div>'
        f'<div class="timestamp"><time class="ts" data-utc="{SENT}">x</time></div>'
        "</div></div>"
        for text in texts
    ]
    path = tmp_path / "Brin-chat.html"
    path.write_text(before + "\n".join(rows) + after, encoding="utf-8")
    return path


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
    str.strip
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(WORDS, min_size=1, max_size=4))
def test_any_words_survive_the_page(tmp_path: Path, texts: list[str]) -> None:
    """Signs of HTML in the talk are words, not markup."""
    assert [m.text for m in messages(read(NOMI, page(tmp_path, *texts)))] == texts


def test_line_breaks_of_a_page(tmp_path: Path) -> None:
    """A break written as a tag is a line break of the text."""
    (found,) = messages(read(NOMI, page(tmp_path, "one\ntwo\n\n<br> three")))

    assert found.text == "one\ntwo\n\n<br> three"


def test_a_page_of_many_bubbles(tmp_path: Path) -> None:
    """A page of several pieces gives every bubble once, in order."""
    texts = [f"{n} " + "word " * 100 for n in range(1200)]

    found = messages(read(NOMI, page(tmp_path, *texts)))

    assert [m.text for m in found] == texts
    assert len({m.where for m in found}) == 1200


def test_a_cut_page_is_refused(tmp_path: Path) -> None:
    """Without its end a page may lack its newest talk."""
    path = page(tmp_path, "Hm.")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("</html>")], encoding="utf-8")

    with pytest.raises(InputRejectedError, match="cut off before the end"):
        read(NOMI, path)


def test_a_tag_that_never_ends_is_refused(tmp_path: Path) -> None:
    """What is open is bounded, so that a hostile page costs little."""
    path = page(tmp_path, "Hm.")
    text = path.read_text(encoding="utf-8")
    begins = text.index('<div class="message-row')
    endless = '<div class="' + "x\n" * 1_500_000
    path.write_text(text[:begins] + endless, encoding="utf-8")

    with pytest.raises(InputRejectedError, match="tag that does not end"):
        read(NOMI, path)


def test_a_row_without_its_end_is_an_issue(tmp_path: Path) -> None:
    """What a lost tag would swallow is told; the rows behind it are read."""
    path = page(tmp_path, "one", "two", "three")
    text = path.read_text(encoding="utf-8")

    for lost, left in (("two", ["one", "three"]), ("three", ["one", "two"])):
        path.write_text(text.replace(f"{lost}</div>", lost), encoding="utf-8")
        found = read(NOMI, path)
        assert [m.text for m in messages(found)] == left
        assert issues(found) == ["message without its end"]


def test_the_tools_clock_is_no_time_of_the_talk() -> None:
    """Nomi Manager notes when it saw a message; the ledger hears of its gaps."""
    records = read(NOMI, GOLDEN / "chat_messages.json")

    timed = [m for m in messages(records) if m.sent_at]
    assert {m.time_quality for m in timed} == {TimeQuality.CAPTURE}
    assert facts(records) == ["repeats"]
    assert issues(records) == ["no speaker"]


def test_no_key_and_no_words_about_the_user_are_kept() -> None:
    """Keys, settings and the user's own looks are in no record."""
    for name in ("cloud", "nomi_backup.json"):
        records = read(NOMI, GOLDEN / name)
        assert "canary" not in repr(records)
        assert "Tall." not in repr(records)
        assert "describes the user" in reasons(records)


def test_the_key_file_is_refused() -> None:
    """Named alone, the file with the keys is not even opened."""
    with pytest.raises(InputRejectedError, match="login, key or payment"):
        Source.open(GOLDEN / "cloud" / "nomi_cloud_keys.json")


def test_a_profile_with_a_large_picture_is_known(tmp_path: Path) -> None:
    """Pictures inside a profile may push all its words behind the head."""
    profile = json.loads(
        (GOLDEN / "cloud" / "n_1768000000001.json").read_text(encoding="utf-8")
    )
    profile["photo"] = "data:image/png;base64," + "A" * 100_000
    path = tmp_path / "n_1.json"
    path.write_text(json.dumps(profile), encoding="utf-8")

    assert [entry.kind for entry in inputs(read(NOMI, path))] == [
        *("backstory", "inclination", "section")
    ]


def test_a_section_of_any_name_has_a_place_that_can_be_told(tmp_path: Path) -> None:
    """The name of a section is the file's, and a place stands in one line."""
    profile = json.loads(
        (GOLDEN / "cloud" / "n_1768000000001.json").read_text(encoding="utf-8")
    )
    profile["data"]["9" * 4_000] = "of any name"
    path = tmp_path / "n_1.json"
    path.write_text(json.dumps(profile), encoding="utf-8")

    *_, entry = (e for e in inputs(read(NOMI, path)) if e.text == "of any name")

    assert 80 < len(entry.where) < 200


@pytest.mark.parametrize(
    "text",
    [
        '{"messages": [{"role": "user", "text": "hi"}]}',
        '{"a": [{"sender": "ann", "text": "hi", "timestamp": 1768900000123}]}',
        '{"a": [{"sender": "user", "text": "hi", "timestamp": "today"}]}',
        '{"id": "x", "name": "y", "photo": null, "sectionOrder": []}',
        '{"nomis": [{"uuid": "x", "name": "y"}]}',
        "<!DOCTYPE html><html><title>Tea &mdash; Chat</title></html>",
    ],
)
def test_what_only_looks_alike_is_not_claimed(tmp_path: Path, text: str) -> None:
    """Files of other shapes with some of the words are left to others."""
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")

    assert not knows(NOMI, path)
