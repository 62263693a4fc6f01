"""Facebook and Instagram: order of files, repaired letters, sealed threads, edits."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from persona_vault.importers.formats.meta_messages import MetaMessages, repaired
from persona_vault.importers.testing import check_golden
from persona_vault.model import Ignored
from tests.importers.messengers import messages, read, save

GOLDEN = Path(__file__).parent / "golden" / "meta"
START = 1717228800000
WORDS = st.text(st.characters(exclude_categories=["Cs"]))


def line(seconds: int, who: str, text: str, **fields: Any) -> dict[str, Any]:
    """A message of few fields."""
    at = START + seconds * 1000
    return {"sender_name": who, "timestamp_ms": at, "content": text, **fields}


def test_golden() -> None:
    """A download with several threads and a single file give their records."""
    assert check_golden(GOLDEN) == []


@given(WORDS)
def test_misspelled_letters_are_put_right(text: str) -> None:
    """Whatever was said comes back from the vendor's spelling of it."""
    assert repaired(text.encode("utf-8").decode("latin-1")) == text


@given(
    st.text(st.characters(min_codepoint=0x100, exclude_categories=["Cs"]), min_size=1)
)
def test_right_letters_stay_as_they_are(text: str) -> None:
    """A text with any letter beyond Latin-1 was never misspelled."""
    assert repaired(text) == text


def test_a_repair_that_fails_keeps_the_text() -> None:
    """A lone é, or a text cut inside a letter, is no such spelling."""
    for text in ("caf\xe9", "Sch\xc3", "\xff"):
        assert repaired(text) == text


def test_files_and_lists_run_from_new_to_old(tmp_path: Path) -> None:
    """message_2 is older than message_1, message_10 than both, and so within each."""
    folder = tmp_path / "inbox" / "mira_1"
    for number, start in ((1, 30), (2, 20), (10, 10)):
        rows = [
            line(start + 1, "Mira", f"{start} c"),
            line(start, "Mira", f"{start} b"),
            line(start, "Sam", f"{start} a"),
        ]
        save(folder / f"message_{number}.json", {"messages": rows})

    found = messages(read(MetaMessages(), tmp_path, them=("Mira",)))

    wanted = [f"{start} {part}" for start in (10, 20, 30) for part in "abc"]
    assert [m.text for m in found] == wanted


def test_encrypted_threads_are_never_repaired(tmp_path: Path) -> None:
    """Their letters are right, even those that look like the vendor's misspelling."""
    rows = [
        {
            "senderName": "Mira",
            "text": "\u00c3\u00a9",
            "timestamp": START,
            "type": "text",
        }
    ]
    path = save(
        tmp_path / "Mira_3.json",
        {"participants": ["Mira", "Sam"], "threadName": "Mira_3", "messages": rows},
    )

    (found,) = messages(read(MetaMessages(), path, them=("Mira",)))

    assert found.text == "\u00c3\u00a9"
    assert found.conversation.native_id == "Mira"


def test_an_edited_message_replaces_its_first_version(tmp_path: Path) -> None:
    """Of two versions one is shown; another message near by is none of them."""
    rows = [
        line(0, "Mira", "The boat leaves at nine"),
        line(5, "Mira", "Bring tea"),
        line(60, "Mira", "The boat leaves at ten (edited)"),
        line(61, "Sam", "Fine"),
        line(4000, "Mira", "Bring tea (edited)"),
    ]
    path = save(tmp_path / "message_1.json", {"messages": rows})

    found = messages(read(MetaMessages(), path, them=("Mira",)))

    assert [(m.text, m.shown, m.flags) for m in found] == [
        ("The boat leaves at nine", False, ("replaced",)),
        ("Bring tea", True, ()),
        ("The boat leaves at ten", True, ("edited",)),
        ("Fine", True, ()),
        ("Bring tea", True, ("edited",)),  # an hour later: not the same message
    ]


def test_the_same_record_twice_is_one_message(tmp_path: Path) -> None:
    """Overlapping files repeat records; two different ones of one second are two."""
    row = line(0, "Mira", "ok")
    other = line(0, "Mira", "ok", reactions=[{"reaction": "x", "actor": "Sam"}])
    path = save(tmp_path / "message_1.json", {"messages": [row, row, other]})

    records = read(MetaMessages(), path, them=("Mira",))

    assert len(messages(records)) == 2
    assert [r.reason for r in records if isinstance(r, Ignored)] == ["told twice"]
