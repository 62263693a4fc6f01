"""One file in, one ledger out: what lands in the vault and what is said about it."""

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from persona_vault.errors import InputRejectedError, UnknownPersonaError, UsageError
from persona_vault.ingest import import_file, list_conversations, listing
from persona_vault.store.vault import Vault
from tests.ingest.desk import BrokenHalfwayError, Desk, FakeImporter, at


def said(*texts: str, step: float = 1, **more: object) -> list[dict[str, object]]:
    """Messages of the companion, a minute apart."""
    return [
        {"text": text, "sent_at": at(i * step), **more} for i, text in enumerate(texts)
    ]


def test_everything_of_a_message_is_kept(desk: Desk) -> None:
    """Text, time, claims, attachments, flags and the raw record land in the vault."""
    thread = {
        "native_id": "c1",
        "title": "Tea",
        "group": "g1",
        "threaded": True,
        "models": ["default-model"],
    }
    full = {
        "conversation": thread,
        "native_id": "m1",
        "parent": "m0",
        "text": "Tea is ready",
        "sent_at": at(0),
        "kind": "voice",
        "models": ["model-1"],
        "attachments": ["cup.png"],
        "flags": ["edited"],
        "raw": '{"id": "m1"}',
    }
    report = desk.bring([full])
    (stored,) = desk.vault.messages("Ava")
    assert (stored.text, stored.native_id, stored.kind) == (
        "Tea is ready",
        "m1",
        "voice",
    )
    assert stored.sent_at == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert stored.flags == ("edited",)
    assert [claim.value for claim in stored.models] == ["model-1"]
    assert desk.rows("SELECT name FROM attachment") == [("cup.png",)]
    ((data, place),) = desk.rows("SELECT data, place FROM raw_record")
    assert zlib.decompress(data).decode() == '{"id": "m1"}'
    assert place == "export1.jsonl line 1"
    assert desk.rows("SELECT value FROM model_claim WHERE message_id IS NULL") == [
        ("default-model",)
    ]
    (found,) = desk.vault.conversations("Ava")
    assert (found.native_id, found.title, found.group) == ("c1", "Tea", "g1")
    assert report.models == {"model-1": 1}
    assert report.share_model_observed == 1


def test_the_ledger_is_the_documented_json(desk: Desk) -> None:
    """Every key of the contract is there, the source row holds the same JSON."""
    report = desk.bring(
        [
            *said("a", "b"),
            {"record": "ignored", "reason": "empty message"},
            {"record": "issue", "reason": "no speaker"},
            {"record": "input", "kind": "memory", "text": "likes tea"},
        ]
    )
    body = report.to_dict()
    wanted = (
        "source n_read n_added n_duplicate n_revised n_ignored ignored n_issues issues"
        " n_conversations first_at last_at time_quality models n_persona_inputs"
        " warnings"
    )
    assert set(wanted.split()) <= set(body)
    assert set(body["source"]) == {"name", "sha256", "importer", "importer_version"}
    assert (body["n_read"], body["n_added"], body["n_messages_added"]) == (5, 3, 2)
    assert body["ignored"] == {"empty message": 1}
    assert body["issues"] == [{"where": "export1.jsonl line 4", "reason": "no speaker"}]
    assert body["first_at"] == "2024-03-01T12:00:00Z"
    assert body["time_quality"] == {"exact": 2}
    ((ledger,),) = desk.rows("SELECT ledger FROM source")
    (one,) = body.pop("conversations")
    assert json.loads(ledger) == json.loads(json.dumps(body))
    ((kept,),) = desk.rows("SELECT ledger FROM conversation_ledger")
    assert json.loads(kept) == json.loads(json.dumps(one))


def test_the_same_file_again_adds_nothing(desk: Desk) -> None:
    """All its messages are duplicates, and there is still one source."""
    desk.bring([*said("a", "b", "b"), {"record": "input", "kind": "k", "text": "t"}])
    again = desk.bring_file(desk.folder / "export1.jsonl")
    assert (again.n_added, again.n_duplicate, again.source_id) == (0, 4, None)
    assert len(desk.vault.sources()) == 1
    assert desk.rows("SELECT count(*) FROM message_source") == [(3,)]
    assert "in the vault already" in " ".join(again.warnings)


def test_equal_messages_of_one_minute_stay_apart(desk: Desk) -> None:
    """Three times "ok" in one minute are three messages, however often imported."""
    equal = said("ok", "ok", "ok", step=0, time_quality="minute")
    desk.bring(equal)
    desk.bring([*equal, *said("later", step=0, native_id="x")])
    assert desk.texts().count("ok") == 3


def test_equals_in_different_batches_stay_apart(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number among equals counts over the whole file, not over a batch."""
    monkeypatch.setattr("persona_vault.ingest.arrival.BATCH_MESSAGES", 3)
    equal = said(*["ok"] * 10, "hm", *["ok"] * 4, step=0)
    desk.bring(equal)
    assert len(desk.texts()) == 15
    report = desk.bring([*equal, *said("ok", step=0), *said("new")])
    assert (report.n_added, report.n_duplicate) == (2, 15)


def test_a_repeated_id_in_one_file_is_a_duplicate(desk: Desk) -> None:
    """Overlapping pages inside one file give each message once."""
    page1 = [{"native_id": str(i), "text": f"t{i}", "sent_at": at(i)} for i in range(4)]
    page2 = [{"native_id": str(i), "text": f"t{i}", "sent_at": at(i)} for i in (3, 4)]
    report = desk.bring([*page1, *page2])
    assert (report.n_added, report.n_duplicate) == (5, 1)
    assert desk.texts() == ["t0", "t1", "t2", "t3", "t4"]


def test_a_failing_importer_leaves_the_vault_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in the middle of a file undoes all that was read before it."""
    monkeypatch.setattr("persona_vault.ingest.arrival.BATCH_MESSAGES", 2)
    desk.bring(said("a"))
    before = desk.rows("SELECT count(*), max(id) FROM message")
    with pytest.raises(BrokenHalfwayError):
        desk.bring([*said(*"bcdefgh"), {"record": "broken"}], persona="Noor")
    assert desk.rows("SELECT count(*), max(id) FROM message") == before
    assert [p.name for p in desk.vault.personas()] == ["Ava"]
    assert len(desk.vault.sources()) == 1
    desk.check_index()


def test_a_dry_run_says_everything_and_keeps_nothing(desk: Desk) -> None:
    """The report is that of a real import; the vault is as before."""
    report = desk.bring(said("a", "b"), dry_run=True)
    assert (report.n_added, report.dry_run, report.source_id) == (2, True, None)
    assert desk.vault.personas() == []
    assert desk.rows("SELECT count(*) FROM message") == [(0,)]


def test_nothing_recognised_is_rejected(desk: Desk) -> None:
    """A file without a single message is an error and leaves nothing behind."""
    with pytest.raises(InputRejectedError) as caught:
        desk.bring([{"record": "issue", "reason": "no speaker"}])
    assert "records: 1, not readable: 1" in caught.value.message
    assert desk.vault.personas() == []
    assert desk.vault.sources() == []


def test_persona_may_be_left_out_when_there_is_one(desk: Desk) -> None:
    """None means the only companion there is; else one must be named."""
    with pytest.raises(UnknownPersonaError):
        desk.bring(said("a"), persona=None)
    desk.bring(said("a"))
    assert desk.bring(said("b"), persona=None).persona == "Ava"
    desk.bring(said("a"), persona="Noor")
    with pytest.raises(UnknownPersonaError):
        desk.bring(said("c"), persona=None)


def test_two_personas_do_not_share_messages(desk: Desk) -> None:
    """The same file given to two companions is kept for both."""
    desk.bring(said("a", "b"))
    report = desk.bring_file(desk.folder / "export1.jsonl", persona="Noor")
    assert report.n_added == 2


THREADS = [
    {"conversation": {"native_id": "c1", "title": "Ava and tea"}, "text": "one"},
    {"conversation": {"native_id": "c2", "title": "Taxes"}, "text": "two"},
    {"conversation": {"native_id": "c3", "group": "g-ava"}, "text": "three"},
    {"conversation": {"native_id": "c4", "title": "AVA again"}, "text": "four"},
]


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ({"only": ["c2"]}, ["two"]),
        ({"only": ["ava*"]}, ["one", "four"]),
        ({"only": ["g-ava", "taxes"]}, ["two", "three"]),
        ({"except_": ["*ava*"]}, ["two"]),
        ({"only": ["*ava*"], "except_": ["c4"]}, ["one", "three"]),
    ],
)
def test_only_the_chosen_conversations_are_taken(
    desk: Desk, choice: dict[str, list[str]], kept: list[str]
) -> None:
    """By id, title pattern or group; what is left out is counted with its reason."""
    report = desk.bring(json.loads(json.dumps(THREADS)), **choice)
    assert desk.texts() == kept
    assert report.ignored == {"conversation not chosen": 4 - len(kept)}


def test_a_choice_that_matches_nothing_is_said(desk: Desk) -> None:
    """All choices empty: an error. One of several empty: a sentence."""
    with pytest.raises(InputRejectedError, match="was chosen"):
        desk.bring(json.loads(json.dumps(THREADS)), only=["nothing"])
    report = desk.bring(json.loads(json.dumps(THREADS)), only=["c1", "nothing"])
    assert any("1 choice given with --only" in w for w in report.warnings)


def test_listing_needs_no_vault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conversations with title, group, counts, dates and models."""
    monkeypatch.setattr(listing, "find_importer", lambda *_: FakeImporter())
    thread = {"native_id": "c1", "title": "Tea", "group": "g"}
    desk.bring(
        [
            {"conversation": thread, "text": "a", "sent_at": at(5), "models": ["m"]},
            {"conversation": thread, "text": "b", "sent_at": at(3)},
            {"conversation": {"native_id": "c2"}, "text": "c"},
        ]
    )
    one, two = list_conversations(desk.folder / "export1.jsonl")
    assert (one.native_id, one.title, one.group, one.n_messages) == (
        "c1",
        "Tea",
        "g",
        2,
    )
    assert one.first_at is not None
    assert one.last_at is not None
    assert (one.first_at.minute, one.last_at.minute) == (3, 5)
    assert one.models == {"m": 1}
    assert (two.native_id, two.n_messages, two.first_at) == ("c2", 1, None)


def test_gaps_and_hidden_messages_are_counted(desk: Desk) -> None:
    """A pause of over 30 days is named with its days; one of 20 is not."""
    day = 24 * 60
    report = desk.bring(
        [
            *said("a", "b", step=20 * day),
            {"text": "c", "sent_at": at(60 * day), "shown": False},
        ]
    )
    assert report.gaps == (
        {"since": "2024-03-21", "until": "2024-04-30", "n_days": 40},
    )
    assert report.n_hidden == 1
    assert any("1 stretch of more than 30 days" in w for w in report.warnings)


def test_times_that_are_nearly_all_equal_are_set_aside(desk: Desk) -> None:
    """A file stamped with one moment is read as one without times, in its order."""
    words = [f"word {i}" for i in range(60)]
    stamped = said(*words, step=0)
    report = desk.bring(stamped)
    assert report.time_quality == {"none": 60}
    assert any("same time" in w for w in report.warnings)
    assert desk.texts() == words
    assert desk.rows("SELECT DISTINCT sent_at, time_quality FROM message") == [
        (None, "none")
    ]
    grown = desk.bring([*stamped, *said("word 60")])
    assert (grown.n_added, grown.n_duplicate) == (1, 60)


def test_a_newest_first_file_is_turned(desk: Desk) -> None:
    """Messages of one minute keep the order they were said in."""
    told = [
        {"text": text, "sent_at": at(minute), "time_quality": "minute"}
        for minute, text in [(0, "a"), (1, "b"), (1, "c"), (1, "d"), (2, "e")]
    ]
    desk.bring(reversed(told))
    assert desk.texts() == ["a", "b", "c", "d", "e"]
    desk.bring(told)
    assert desk.texts() == ["a", "b", "c", "d", "e"]


def test_a_newer_export_says_which_answer_is_shown(desk: Desk) -> None:
    """A first answer regenerated later is hidden; an older export undoes nothing."""
    one = {"native_id": "1", "text": "first", "sent_at": at(0)}
    two = {"native_id": "2", "text": "second", "sent_at": at(1)}
    desk.bring([one])
    desk.bring([{**one, "shown": False}, two])
    assert [m.text for m in desk.vault.messages("Ava")] == ["second"]
    desk.bring_file(desk.folder / "export1.jsonl")
    desk.bring([one, {"native_id": "0", "text": "zero", "sent_at": at(-5)}])
    assert [m.text for m in desk.vault.messages("Ava")] == ["zero", "second"]


def test_persona_inputs_are_versions(desk: Desk) -> None:
    """The same words are one version with the earliest date; others are new ones."""
    told = {"record": "input", "kind": "memory", "native_id": "7"}
    desk.bring([{**told, "text": "likes tea", "valid_from": at(5)}])
    report = desk.bring(
        [
            {**told, "text": "likes tea", "valid_from": at(2)},
            {**told, "text": "likes coffee"},
            {"record": "input", "kind": "memory", "text": "has a cat"},
        ]
    )
    assert (report.n_added, report.n_duplicate, report.n_revised) == (1, 1, 1)
    assert report.n_persona_inputs == 3
    kept = desk.rows(
        "SELECT text, valid_from IS NOT NULL FROM persona_input ORDER BY id"
    )
    assert kept == [("likes tea", 1), ("likes coffee", 0), ("has a cat", 0)]
    ((earliest,),) = desk.rows("SELECT min(valid_from) FROM persona_input")
    assert earliest == 1_709_294_520_000_000


def test_an_unknown_zone_is_a_usage_error(desk: Desk) -> None:
    """A zone that does not exist is refused before anything is read."""
    with pytest.raises(UsageError, match="time zone"):
        desk.bring(said("a"), timezone="Mars/Olympus")


def test_progress_is_told(desk: Desk) -> None:
    """The number of records read so far, at the end that of all."""
    steps: list[int] = []
    desk.bring(said(*map(str, range(2500))), progress=steps.append)
    assert steps == [1000, 2000, 2500]


def test_a_newer_part_is_appended_without_moving_what_is_kept(desk: Desk) -> None:
    """Later messages get later positions; the kept ones are not written again."""
    desk.bring(said("a", "b"))
    before = desk.rows("SELECT id, position FROM message")
    desk.bring([{"text": "c", "sent_at": at(9)}, {"text": "d", "sent_at": at(9)}])
    after = desk.rows("SELECT id, position FROM message ORDER BY position")
    assert after[:2] == before
    assert desk.texts() == ["a", "b", "c", "d"]


def test_long_messages_are_written_before_they_fill_the_memory(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch ends at so many characters too; nothing is lost between batches."""
    monkeypatch.setattr("persona_vault.ingest.arrival.BATCH_CHARACTERS", 100)
    texts = [str(i) * 60 for i in range(5)]
    desk.bring(said(*texts))
    assert desk.texts() == texts


def test_an_encrypted_vault_takes_the_same(
    desk: Desk, encrypted_vault: Callable[..., Vault]
) -> None:
    """The report of an import into an encrypted vault is that of a plain one."""
    plain = desk.bring(said("a", "b"))
    report = import_file(
        encrypted_vault(), desk.folder / "export1.jsonl", persona="Ava"
    )
    assert report == plain
