"""Two languages in one talk: compared within the one that both periods share."""

from dataclasses import replace
from datetime import timedelta

import pytest

from persona_vault.diff import diff_snapshots
from persona_vault.findings import RowVerdict, Verdict
from persona_vault.snapshot.take import measure_messages
from tests.talk import PERSONA, START, talk

LATER = START + timedelta(days=100)


def _told(seed, start, first, n_blocks=16, **how):
    messages = talk(
        seed, n_blocks=n_blocks, start=start, first_conversation=first, **how
    )
    return measure_messages(messages, PERSONA)


def _spoken(snapshot, *languages):
    """The same talks, their languages as named, in turn."""
    return replace(
        snapshot,
        blocks=tuple(
            replace(block, language=languages[i % len(languages)])
            for i, block in enumerate(snapshot.blocks)
        ),
    )


@pytest.fixture(scope="module")
def switched():
    """From a date on every second talk is German, and short for that alone."""
    before = _spoken(_told(1, START, 1), "en")
    english = talk(2, n_blocks=16, start=LATER, first_conversation=500)
    german = talk(3, n_blocks=16, words=5.0, start=LATER, first_conversation=900)
    after = measure_messages(english + german, PERSONA)
    n = len(after.blocks) // 2
    languages = ["en"] * n + ["de"] * n
    blocks = tuple(
        replace(block, language=language)
        for block, language in zip(after.blocks, languages, strict=True)
    )
    return before, replace(after, blocks=blocks)


def test_rows_are_compared_within_the_shared_language(switched) -> None:
    """The length of English replies did not change, and is not said to have."""
    found = diff_snapshots(*switched)

    rows = {c.dimension: c for c in found.changes}
    assert found.languages["compared"] == "en"
    assert rows["message_length"].verdict is not RowVerdict.CHANGED
    assert rows["message_length"].after.n_blocks == 16
    assert found.excluded["language"] == 16 * 8
    assert found.after.n_blocks == 32


def test_one_language_is_left_alone() -> None:
    """A talk in one language, with a few unclear talks, loses nothing."""
    before = _spoken(_told(1, START, 1), "en", "en", "und")
    after = _spoken(_told(2, LATER, 500), "en")

    found = diff_snapshots(before, after)

    assert found.languages["compared"] == "all"
    assert "language" not in found.excluded


def test_without_a_shared_language_nothing_is_compared() -> None:
    """English before, German after: only the mix itself can be told."""
    before = _spoken(_told(1, START, 1), "en")
    after = _spoken(_told(2, LATER, 500, words=4.0), "de")

    found = diff_snapshots(before, after)

    assert found.languages["compared"] is None
    reasons = {c.reason for c in found.changes if c.dimension != "language_share"}
    assert reasons == {"language"}
    assert found.verdict is not Verdict.CHANGED
