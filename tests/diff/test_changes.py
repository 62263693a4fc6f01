"""When it changed, the date unknown: planted steps, returns, drift, and nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from persona_vault.diff import find_changes
from persona_vault.diff.changes import _Known, _looks
from persona_vault.findings import Change, ChangePoint, Changes, KnownDate, Verdict
from persona_vault.model import Event
from persona_vault.snapshot.take import measure_messages
from persona_vault.wording.changes import changes_note, known_sentence
from tests.diff.drawn import drawn
from tests.language import FORBIDDEN
from tests.talk import PERSONA, START, talk

DATE = START + timedelta(days=24)


def _snapshot(*messages):
    return measure_messages([m for part in messages for m in part], PERSONA)


def _step(seed=1, n_blocks=24, **after):
    """Talks that change at DATE, one a day."""
    return _snapshot(
        talk(seed, n_blocks=24),
        talk(seed + 50, n_blocks=n_blocks, start=DATE, first_conversation=500, **after),
    )


@pytest.fixture(scope="module")
def stepped():
    """Replies of a third of the length, with few exclamations, from DATE on."""
    event = Event(id=3, at=DATE, kind="model_swap", title="Another model")
    return find_changes(
        _step(words=5.0, exclaim=0.05),
        known=[_Known(DATE, "Another model", "user")],
        events=[event],
    )


def test_a_planted_step_is_dated_and_confirmed(stepped: Changes) -> None:
    """One date within three days of the truth, its rows named, the event near it."""
    (point,) = stepped.change_points
    assert abs(point.at - DATE) <= timedelta(days=3)
    assert point.low <= point.at <= point.high
    assert point.verdict is Verdict.CHANGED
    assert "message_length" in point.dimensions
    assert [event["id"] for event in point.near_events] == [3]
    assert not stepped.gradual


def test_a_known_date_is_tested_first(stepped: Changes) -> None:
    """The date that was known is judged as it is, before the search."""
    (known,) = stepped.known_dates
    assert known.verdict is Verdict.CHANGED
    assert known.title == "Another model"


def test_later_edits_are_not_told_for_the_update() -> None:
    """Edits after a change, none with effect: each is held against its neighbours."""
    edits = [_Known(DATE + timedelta(days=d), "Own edit", "user") for d in (8, 16)]
    found = find_changes(
        _step(words=5.0, exclaim=0.05),
        known=[_Known(DATE, "Another model", "user"), *edits],
    )
    update, *rest = found.known_dates
    assert update.verdict is Verdict.CHANGED
    for edit in rest:
        assert edit.verdict not in (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
        assert "would have shown" in known_sentence(edit)


def test_many_known_dates_share_the_level() -> None:
    """What one date alone would name is not named among twenty of which none else is.

    And where all of them differ, none pays for the others.
    """
    diffs = [SimpleNamespace(changes=[SimpleNamespace(q=q)]) for q in (0.02, 0.9, None)]
    weak, other, untested = diffs
    assert _looks([]) == _looks([weak]) == _looks([weak] * 7) == 1
    assert _looks([weak, other]) == _looks([weak, untested]) == 2
    assert _looks([weak, *[other] * 19]) == 20
    assert _looks([weak, weak, other, other]) == 2


def test_a_weak_difference_at_one_of_many_dates_is_not_firm() -> None:
    """The same two stretches, `changed` with no other date, not with five of none."""
    levels = {"question_rate": np.repeat([0.3, 0.45], [150, 25])}
    whole = drawn(levels, np.random.default_rng(4))
    days = range(25, 175, 25)
    dates = [_Known(START + timedelta(days=d), "Edit", "user") for d in days]
    one = find_changes(whole.part(range(125, 175)), known=dates[-1:])
    all_ = find_changes(whole, known=dates)
    assert one.known_dates[0].verdict is Verdict.CHANGED
    assert all_.known_dates[-1].verdict is not Verdict.CHANGED


def test_nothing_is_found_where_nothing_changed() -> None:
    """Of six talks of one kind at most one shows a confirmed date."""
    confirmed = 0
    for seed in range(6):
        found = find_changes(_step(seed))
        confirmed += any(p.verdict is Verdict.CHANGED for p in found.change_points)
    assert confirmed <= 1


def test_undated_talks_are_told_by_number() -> None:
    """Without times the place in reading order is named."""
    snapshot = _step(words=5.0, exclaim=0.05)
    undated = replace(
        snapshot,
        blocks=tuple(replace(block, started_at=None) for block in snapshot.blocks),
    )
    found = find_changes(undated)
    (point,) = found.change_points
    assert point.at is None
    assert abs(point.block - 25) <= 3
    assert "talk 2" in found.note


def test_too_little_text_is_said() -> None:
    """A handful of talks is not searched, and the answer says what is needed."""
    found = find_changes(_snapshot(talk(1, n_blocks=6)))
    assert found.p is None
    assert found.change_points == ()
    assert "Too little text" in found.note


def test_the_same_seed_gives_the_same_answer() -> None:
    """Run twice, every number is the same."""
    snapshot = _step(words=6.0)
    assert find_changes(snapshot).to_dict() == find_changes(snapshot).to_dict()


def _point(verdict: Verdict, *changes: Change, dated: bool = True) -> ChangePoint:
    at = datetime(2025, 5, 7, tzinfo=UTC) if dated else None
    return ChangePoint(
        at=at,
        low=at,
        high=None if at is None else at + timedelta(days=5),
        block=12,
        low_block=10,
        high_block=14,
        p=0.001,
        score=5.0,
        verdict=verdict,
        dimensions=tuple(c.dimension for c in changes),
        changes=changes,
    )


def test_every_answer_keeps_the_language_guide(stepped: Changes) -> None:
    """All verdicts, dated or not, once or twice, gradual or not: no loaded word."""
    row = stepped.change_points[0].changes[0]
    turned = replace(row, direction="up" if row.direction == "down" else "down")
    said = []
    for verdict in Verdict:
        for dated in (True, False):
            one = _point(verdict, row, dated=dated)
            back = _point(verdict, turned, dated=dated)
            for points in ((one,), (one, back), (_point(verdict, dated=dated),)):
                said.append(changes_note(replace(stepped, change_points=points)))
        known = KnownDate(
            at=DATE,
            title="An update",
            source="user",
            verdict=verdict,
            dimensions=(),
            n_before=10,
            n_after=10,
        )
        said.append(known_sentence(known))
        said.append(known_sentence(replace(known, smallest_length=1.31)))
    since = datetime(2025, 2, 1, tzinfo=UTC)
    for start in (since, None):
        said.append(
            changes_note(
                replace(stepped, gradual=True, gradual_since=start, gradual_until=start)
            )
        )
    assert [text for text in said if FORBIDDEN.search(text)] == []
    assert all(text.endswith(".") for text in said)
    firm = (_point(Verdict.CHANGED, row), _point(Verdict.CHANGED, turned))
    assert "moved back" in changes_note(replace(stepped, change_points=firm))
