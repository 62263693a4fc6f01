"""One companion under two names becomes one; two in one file become two."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import UnknownPersonaError, UsageError
from persona_vault.ingest.joining import join_personas, split_persona
from persona_vault.model import Event
from tests.ingest.desk import START, Desk, at, write_source
from tests.ingest.test_import_histories import (
    IDS,
    IDS_ONLY,
    NEIGHBOURS,
    TIMES,
    App,
    NewDesk,
)


def said(*texts: str, start: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Messages of the companion, a minute apart."""
    return [
        {"text": text, "sent_at": at(start + i), **more} for i, text in enumerate(texts)
    ]


def visible(desk: Desk, name: str) -> list[tuple[Any, ...]]:
    """What a reader sees of a companion, without row ids."""
    return [
        (m.conversation, m.native_id, m.text, m.sent_at, m.shown, m.flags)
        for m in desk.vault.messages(name, shown_only=False)
    ]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_joining_equals_having_imported_for_one(
    new_desk: NewDesk, data: st.DataObject
) -> None:
    """Two exports of one talk, given to two names and joined, or to one name."""
    kind = data.draw(st.sampled_from([IDS, IDS_ONLY, TIMES, NEIGHBOURS]))
    app = App(kind, ties=False)
    exports = []
    for _ in range(2):
        for _ in range(3):
            app.grow(data)
        for step in data.draw(st.lists(st.sampled_from(["edit", "drop", "reorder"]))):
            getattr(app, step)(data)
        exports.append(app.export(data))
    with new_desk() as desk:
        for export in exports:
            desk.bring([dict(r) for r in export], persona="One")
        for export, name in zip(exports, ("Two", "Other"), strict=True):
            desk.bring([dict(r) for r in export], persona=name)
        n_one = len(visible(desk, "One"))

        report = join_personas(desk.vault, "Other", "Two")

        assert visible(desk, "Two") == visible(desk, "One")
        assert report.n_messages == len(
            {r.get("native_id", i) for i, r in enumerate(exports[1])}
        )
        texts = (
            "SELECT message.native_id, revision.text FROM revision"
            " JOIN message ON message.id = message_id"
            " JOIN conversation ON conversation.id = conversation_id"
            " JOIN persona ON persona.id = persona_id WHERE name = ? ORDER BY 1, 2"
        )
        assert set(desk.rows(texts, "Two")) == set(desk.rows(texts, "One"))
        assert len(visible(desk, "Two")) == n_one
        assert [p.name for p in desk.vault.personas()] == ["One", "Two"]
        desk.check_index()
        # Forgetting both sources leaves nothing of the joined companion.
        for source in desk.vault.sources():
            if source.persona == "Two":
                desk.vault.forget_source(source.id)
        assert [p.name for p in desk.vault.personas()] == ["One"]
        desk.check_index()


def test_what_hangs_on_messages_and_companions_comes_along(desk: Desk) -> None:
    """Claims, files, raw records, inputs, events, ledgers and names; nothing twice."""
    beside = {"models": ["m-1"], "attachments": ["cup.png"], "raw": "{}"}
    first = said("a", "b", native_id=None, **beside)
    memory = {"record": "input", "kind": "memory", "text": "likes tea"}
    desk.bring([*first, {**memory, "valid_from": at(5)}])
    desk.bring(
        [
            *said("b", "c", start=1, **beside),
            {**memory, "valid_from": at(2)},
            {"record": "input", "kind": "memory", "text": "has a cat"},
        ],
        persona="Noor",
    )
    desk.vault.set_persona("Noor", pronoun="she", user_names=("Sam",))
    desk.vault.add_event(
        Event(id=0, at=START, kind="other", title="A day", persona="Noor")
    )

    report = join_personas(desk.vault, "Noor", "Ava")

    assert (report.n_merged, report.n_same, report.n_messages) == (1, 1, 2)
    assert desk.texts() == ["a", "b", "c"]
    for table, n in (("model_claim", 3), ("attachment", 3), ("raw_record", 4)):
        assert desk.rows(f"SELECT count(*) FROM {table}") == [(n,)]  # noqa: S608
    assert desk.rows(
        "SELECT text, valid_from IS NOT NULL FROM persona_input ORDER BY text"
    ) == [("has a cat", 0), ("likes tea", 1)]
    assert desk.rows("SELECT count(*) FROM persona_input_source") == [(3,)]
    (ava,) = desk.vault.personas()
    assert (ava.own_names, ava.user_names, ava.pronoun) == (("Noor",), ("Sam",), "she")
    assert [e.persona for e in desk.vault.events()] == ["Ava"]
    assert desk.rows("SELECT count(*) FROM conversation_ledger") == [(2,)]
    again = desk.bring_file(desk.folder / "export2.jsonl")
    assert (again.n_added, again.source_id) == (0, None)
    desk.check_index()


def test_two_apps_of_one_companion_stay_two_conversations(desk: Desk) -> None:
    """Other apps, other threads: they only come under one name."""
    desk.bring(said("a"), app="one")
    desk.bring(said("b"), app="two", persona="Noor")
    report = join_personas(desk.vault, "Noor", "Ava")
    assert (report.n_conversations, report.n_merged, report.n_same) == (1, 0, 0)
    assert [c.app for c in desk.vault.conversations("Ava")] == ["one", "two"]


def test_kept_files_survive_the_join(desk: Desk) -> None:
    """Bytes that only one of the two kept are those of the joined message."""
    folder = desk.folder / "export"
    folder.mkdir()
    (folder / "cup.png").write_bytes(b"a cup")
    attached = {"attachments": [{"name": "cup", "member": "cup.png"}]}
    path = desk.folder / "plain.jsonl"
    write_source(path, said("a", attachments=["cup"]))
    write_source(folder / "talk.jsonl", said("a", **attached))
    desk.bring_file(path)
    desk.bring_file(folder, persona="Noor", with_attachments=True)
    join_personas(desk.vault, "Noor", "Ava")
    assert desk.rows("SELECT kept, sha256 IS NOT NULL FROM attachment") == [(1, 1)]
    assert desk.vault.forget_source(2)["n_files"] == 1
    assert desk.rows("SELECT kept, sha256 FROM attachment") == [(0, None)]


def test_only_two_known_companions_can_be_joined(desk: Desk) -> None:
    """Itself, or somebody unknown: refused, nothing changed."""
    desk.bring(said("a"))
    with pytest.raises(UsageError):
        join_personas(desk.vault, "Ava", "Ava")
    with pytest.raises(UnknownPersonaError):
        join_personas(desk.vault, "Ava", "Noor")
    assert desk.texts() == ["a"]


def test_a_file_of_several_companions_is_split_by_speaker(desk: Desk) -> None:
    """Conversations of one speaker alone go; those of several stay and are counted."""
    desk.bring(
        [
            *said("a", conversation={"native_id": "1"}, speaker="Ava"),
            *said("b", conversation={"native_id": "2"}, speaker="Noor"),
            *said("c", conversation={"native_id": "3"}, speaker="Noor"),
            *said("d", start=1, conversation={"native_id": "3"}, speaker="Ava"),
            *said("e", conversation={"native_id": "4"}, speaker="Noor"),
            *said("f", start=1, conversation={"native_id": "4"}, role="user"),
        ]
    )
    desk.bring(said("b", conversation={"native_id": "2"}), persona="Noor")
    report = split_persona(desk.vault, "Ava", speaker="Noor", to="Noor")
    assert (report.n_conversations, report.n_shared) == (2, 1)
    assert sorted(m.text for m in desk.vault.messages("Noor")) == ["b", "b", "e", "f"]
    assert sorted(desk.texts()) == ["a", "c", "d"]
    with pytest.raises(UsageError) as caught:
        split_persona(desk.vault, "Ava", speaker="Noor", to="Noor")
    assert "--them Noor" in caught.value.hint
    with pytest.raises(UsageError):
        split_persona(desk.vault, "Ava", speaker="Ava", to="Ava")
    desk.check_index()


@pytest.mark.parametrize("how", ["move", "split"])
def test_what_was_given_away_is_not_doubled_by_the_next_export(
    desk: Desk, how: str
) -> None:
    """A grown export for the first companion grows the conversation where it is now."""
    told = [
        *said("a", conversation={"native_id": "1", "title": "One"}, speaker="Ava"),
        *said("b", conversation={"native_id": "2", "title": "Two"}, speaker="Noor"),
    ]
    desk.bring([dict(r, conversation=dict(r["conversation"])) for r in told])
    if how == "move":
        desk.vault.move_conversation(2, "Noor")
    else:
        split_persona(desk.vault, "Ava", speaker="Noor", to="Noor")
    told[1]["text"] = "b"
    grown = [
        *told,
        *said(
            "c",
            start=5,
            conversation={"native_id": "2", "title": "Renamed"},
            speaker="Noor",
        ),
    ]

    report = desk.bring(grown)

    assert (report.n_added, report.n_duplicate) == (1, 2)
    assert desk.texts() == ["a"]
    assert [m.text for m in desk.vault.messages("Noor")] == ["b", "c"]
    # Another companion's file of the same app is not drawn in.
    other = desk.bring_file(desk.folder / "export1.jsonl", persona="Mira")
    assert other.n_added == 2
    desk.check_index()
