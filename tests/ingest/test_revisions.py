"""The same id with other words: both are kept, the newer one is shown."""

from typing import Any

from tests.ingest.desk import Desk, at


def message(text: str, number: int = 1, minute: float = 0) -> dict[str, Any]:
    """A message with an id."""
    return {"native_id": str(number), "text": text, "sent_at": at(minute)}


LATER = message("later", 2, 10)


def kept(desk: Desk) -> set[str]:
    """All texts that the vault holds of message 1."""
    current = desk.rows("SELECT text FROM message WHERE native_id = '1'")
    noted = desk.rows(
        "SELECT revision.text FROM revision"
        " JOIN message ON message.id = message_id WHERE native_id = '1'"
    )
    return {text for (text,) in (*current, *noted)}


def test_an_edit_is_a_revision_and_keeps_the_first_words(desk: Desk) -> None:
    """The newer export's words are the message's; the others stay beside them."""
    desk.bring([message("I am here")])
    report = desk.bring([message("I am there"), LATER])
    assert (report.n_revised, report.n_added, report.n_duplicate) == (1, 1, 0)
    assert desk.texts() == ["I am there", "later"]
    assert kept(desk) == {"I am here", "I am there"}
    desk.check_index()


def test_an_older_export_takes_nothing_back(desk: Desk) -> None:
    """Imported later, but told earlier: known or unknown, its words are not shown."""
    desk.bring([message("new"), LATER])
    report = desk.bring([message("old")])
    assert (report.n_revised, report.n_duplicate) == (1, 0)
    assert desk.texts() == ["new", "later"]
    assert kept(desk) == {"new", "old"}
    report = desk.bring([message("old"), message("first", 0, -10)])
    assert (report.n_revised, report.n_added, report.n_duplicate) == (0, 1, 1)
    assert desk.texts() == ["first", "new", "later"]


def test_the_same_file_again_takes_nothing_back(desk: Desk) -> None:
    """A file that was imported before is no news, even if nothing tells its age."""
    desk.bring([message("one")])
    desk.bring([message("two")])
    assert desk.texts() == ["two"]
    again = desk.bring_file(desk.folder / "export1.jsonl")
    assert (again.n_revised, again.n_duplicate, again.source_id) == (0, 1, None)
    assert desk.texts() == ["two"]
    assert len(desk.vault.sources()) == 2
    assert kept(desk) == {"one", "two"}


def test_words_that_come_back_later_are_the_newest_again(desk: Desk) -> None:
    """Edited and edited back: the last export decides."""
    desk.bring([message("one")])
    desk.bring([message("two"), LATER])
    report = desk.bring([message("one"), LATER, message("last", 3, 20)])
    assert report.n_revised == 1
    assert desk.texts() == ["one", "later", "last"]
    assert kept(desk) == {"one", "two"}
    desk.check_index()


def test_two_wordings_in_one_file_are_both_kept(desk: Desk) -> None:
    """The later one in the file is shown, whether in one batch or in two."""
    report = desk.bring([message("draft"), message("final")])
    assert (report.n_added, report.n_revised) == (1, 1)
    assert desk.texts() == ["final"]
    assert kept(desk) == {"draft", "final"}
    again = desk.bring_file(desk.folder / "export1.jsonl")
    assert (again.n_added, again.n_revised, again.n_duplicate) == (0, 0, 2)
    assert desk.texts() == ["final"]


def test_every_source_that_tells_it_is_noted(desk: Desk) -> None:
    """So that forgetting a source can fall back to what the others show."""
    desk.bring([message("one")])
    desk.bring([message("one"), message("x", 5, 1)])
    desk.bring([message("two"), LATER])
    desk.bring([message("two"), LATER, message("y", 6, 12)])
    noted = desk.rows(
        "SELECT source_id, revision.text FROM revision ORDER BY source_id"
    )
    assert noted == [(1, "one"), (2, "one"), (3, "two"), (4, "two")]
    desk.vault.forget_source(4)
    desk.vault.forget_source(3)
    assert desk.texts() == ["one", "x"]
    desk.check_index()


def test_revisions_in_many_messages_are_all_counted(desk: Desk) -> None:
    """More than fit into one question to the database."""
    numbers = range(1100)
    desk.bring([message(f"a{i}", i, i) for i in numbers])
    report = desk.bring([message(f"b{i}", i, i) for i in numbers])
    assert (report.n_revised, report.n_duplicate) == (1100, 0)
    assert desk.texts() == [f"b{i}" for i in numbers]


def test_the_title_of_the_newest_export_counts(desk: Desk) -> None:
    """A renamed thread has its new name, and an older export does not rename it."""
    desk.bring([{**message("a"), "conversation": {"native_id": "c", "title": "One"}}])
    desk.bring([{**LATER, "conversation": {"native_id": "c", "title": "Two"}}])
    old = {**message("a"), "conversation": {"native_id": "c", "title": "Zero"}}
    desk.bring([old])
    assert [c.title for c in desk.vault.conversations()] == ["Two"]
