"""Comparisons straight from the vault, with what was read and the messages behind."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from persona_vault.diff import (
    around_date,
    diff_periods,
    diff_snapshots,
    refuse_same_talk,
)
from persona_vault.errors import UsageError
from persona_vault.evidence import add_evidence
from persona_vault.findings import RowVerdict
from persona_vault.ingest import import_file
from persona_vault.model import Event, Period, Role
from persona_vault.snapshot import take_snapshot
from persona_vault.store.vault import open_vault
from tests.diff.drawn import ROWS, drawn
from tests.talk import START, stored, talk

AT = START + timedelta(days=60)
CRISIS = "Some evenings I want to die."


def as_jsonl(messages, path):
    """Messages as a plain JSON Lines export."""
    with path.open("w", encoding="utf-8") as file:
        for m in messages:
            row = {
                "id": m.native_id,
                "conversation": m.conversation,
                "timestamp": m.sent_at.isoformat(),
                "speaker": m.role.value,
                "text": m.text,
            }
            file.write(json.dumps(row) + "\n")
    return path


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A vault with 24 talks before and after a date; replies get shorter at it."""
    folder = tmp_path_factory.mktemp("told")
    before = talk(1, n_blocks=24, exclaim=0.5)
    after = talk(2, n_blocks=24, words=6, exclaim=0.1, start=AT, first_conversation=500)
    near = stored(
        [(Role.USER, CRISIS), (Role.PERSONA, "I am here with you, and I listen!")],
        conversation=900,
        first_id=900_000,
        start=AT + timedelta(days=3),
    )
    path = as_jsonl([*before, *after, *near], folder / "talk.jsonl")
    with open_vault(folder / "vault", create=True) as vault:
        import_file(vault, path, persona="Juniper")
        yield vault


@pytest.fixture(scope="module")
def found(told):
    """The comparison at the planted date."""
    return diff_periods(told, "Juniper", *around_date(AT))


@pytest.fixture(scope="module")
def shown(told, found):
    """The same with quotes."""
    return add_evidence(found, told, *around_date(AT))


def test_the_vault_and_two_snapshots_give_the_same_rows(told, found):
    """`diff` from the vault is `snapshot` twice and `diff` of the two."""
    by_hand = diff_snapshots(
        *(take_snapshot(told, "Juniper", p) for p in around_date(AT))
    )

    assert found.changes == by_hand.changes
    assert found.verdict == by_hand.verdict


def test_the_window_is_half_open_and_the_gap_is_left_out():
    """All before the date, so many days after it, none of the gap."""
    before, after = around_date(AT, window=timedelta(days=90), gap=timedelta(days=3))

    assert before == Period(until=AT - timedelta(days=3))
    assert after == Period(since=AT + timedelta(days=3), until=AT + timedelta(days=93))


def test_each_message_is_on_one_side_or_counted_as_left_out(told):
    """The two halves of a talk add up to the whole."""
    whole = take_snapshot(told, "Juniper")
    halves = [take_snapshot(told, "Juniper", p) for p in around_date(AT, window=None)]

    assert sum(h.n_messages for h in halves) == whole.n_messages
    assert sum(h.n_user_messages for h in halves) == whole.n_user_messages


def test_of_undated_files_only_identical_ones_are_refused() -> None:
    """Without times nothing says which came first, or whether they overlap."""
    rng = np.random.default_rng(1)
    one, other = (
        drawn({ROWS[0].name: np.full(5, 0.3)}, rng, dated=False) for _ in range(2)
    )
    refuse_same_talk(one, other)
    refuse_same_talk(other, one)
    with pytest.raises(UsageError, match="very same talk"):
        refuse_same_talk(one, replace(one))


def test_overlapping_periods_are_refused(told):
    """A message cannot be before and after."""
    with pytest.raises(UsageError, match="overlap"):
        diff_periods(told, None, Period(until=AT), Period(since=START))


def test_what_was_read_and_what_happened_near_the_date_are_named(told):
    """The ledger of the source and an event two days off are part of the answer."""
    told.add_event(
        Event(id=0, at=AT + timedelta(days=2), kind="model_swap", title="New voice")
    )
    told.add_event(
        Event(id=0, at=datetime(2020, 1, 1, tzinfo=UTC), kind="other", title="Long ago")
    )

    found = diff_periods(told, "Juniper", *around_date(AT))

    assert [e["title"] for e in found.coincides_with] == ["New voice"]
    assert found.read["sources"][0]["n_read"] == found.read["sources"][0]["n_added"]
    assert sum(p.n_messages for p in found.timeline) == (
        found.before.n_messages + found.after.n_messages
    )


def test_quotes_are_verbatim_from_the_right_side_and_from_different_talks(told, shown):
    """Every quote is a stored message, and each stands on its side of the date."""
    changed = [c for c in shown.changes if c.verdict is RowVerdict.CHANGED]
    assert changed
    for change in changed:
        assert change.evidence, change.dimension
        for pair in change.evidence:
            for quote, late in ((pair.before, False), (pair.after, True)):
                assert quote.text == told.message(quote.message_id).text
                assert (quote.sent_at >= AT) is late
                for start, end in quote.spans:
                    assert 0 <= start < end <= len(quote.text)
        threads = [
            told.message(p.after.message_id).conversation_id for p in change.evidence
        ]
        assert len(set(threads)) == len(threads)


def test_quotes_change_no_number(found, shown):
    """Evidence is added; estimates, p and verdicts stay."""
    for plain, quoted in zip(found.changes, shown.changes, strict=True):
        assert (plain.p, plain.q, plain.verdict) == (quoted.p, quoted.q, quoted.verdict)
        assert plain.before == quoted.before


def test_quoted_pairs_go_the_way_of_the_change_and_the_counter_example_does_not(shown):
    """Typical pairs show it, one pair shows the opposite, and their share is told."""
    length = next(c for c in shown.changes if c.dimension == "message_length")

    for pair in length.evidence:
        assert len(pair.after.text.split()) < len(pair.before.text.split())
    assert 0 <= length.share_against <= 0.5


def test_a_crisis_turn_is_never_quoted(told, shown):
    """Neither the words nor the reply to them, in no row."""
    quoted = [
        q.text
        for c in shown.changes
        for q in (
            *(p.before for p in c.evidence),
            *(p.after for p in c.evidence),
            c.counter_example,
        )
        if q is not None
    ]
    assert quoted
    assert not any("die" in t.split() or "I listen" in t for t in quoted)
    snapshot = take_snapshot(told, "Juniper", quotes=10_000)
    assert not any("want to die" in q.text for q in snapshot.quotes)


def test_messages_by_number_split_a_talk_without_times(vault, tmp_path):
    """An export without times is compared by message number, in runs of 50."""
    lines = []
    for i, m in enumerate([*talk(1, n_blocks=40), *talk(2, n_blocks=40, words=5)]):
        lines.append(json.dumps({"id": f"n{i}", "role": m.role.value, "text": m.text}))
    path = tmp_path / "untimed.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    import_file(vault, path, persona="Juniper")

    found = diff_periods(
        vault, None, Period(first=1, last=640), Period(first=641, last=1280)
    )

    assert found.before.n_messages == found.after.n_messages == 320
    assert found.method["blocks"]["before"] == {"run": 13}
    length = next(c for c in found.changes if c.dimension == "message_length")
    assert length.verdict is RowVerdict.CHANGED
    assert length.direction == "down"


def test_replies_to_similar_words_stand_beside_and_decide_nothing(found, shown):
    """Shorter among them too, by nearly as much; a few words go the other way."""
    assert all(c.matched is None for c in found.changes)
    length = next(c for c in shown.changes if c.dimension == "message_length")

    matched = length.matched
    assert matched["n_pairs"] >= 20
    assert matched["value"] == pytest.approx(
        matched["after"] / matched["before"], rel=0.02
    )
    assert 0.7 < matched["value"] / length.delta.value < 1.4
    assert 0 <= matched["share_against"] <= 0.5
