"""The sentences: plain, exact, the same for more and for fewer, and never loaded."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from example import (
    AFTER,
    BEFORE,
    EVENTS,
    changes,
    length,
    mix,
    rich_diff,
    row,
    timeline,
    tone,
    user_changes,
)
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.findings import Change, Delta, Estimate, RowVerdict, Verdict
from persona_vault.reports import passages, render_report
from persona_vault.wording import (
    basis_sentence,
    certainty_sentence,
    continuity_sentence,
    coverage_sentence,
    notes,
    numbers,
    overall,
    overall_label,
    period_sentences,
    phrases,
    row_label,
    row_sentence,
    summary_sentence,
    user_side_sentence,
)
from persona_vault.wording.prompt import prompt_lines, prompt_sentences
from tests.language import FORBIDDEN

NUMBERLESS = re.compile(r"\b(nan|inf|None|null)\b|-0\b(?!\.)|\.\.|  |\(\)|\{|\}")

REASONS = ("", "few_blocks", "few_messages", "too_rare", "no_occasion", "language")


def mirrored(change: Change) -> Change:
    """The same row with before and after changed over."""
    delta = change.delta
    if delta.kind == "distance" or delta.value is None:
        return replace(change, before=change.after, after=change.before)
    if delta.kind == "ratio":
        turned = Delta(1 / delta.value, 1 / delta.high, 1 / delta.low, "ratio")
    else:
        turned = Delta(-delta.value, -delta.high, -delta.low, delta.kind)
    return replace(change, before=change.after, after=change.before, delta=turned)


def bare(change: Change) -> Change:
    """The row with every number that may be missing taken away."""
    none = Estimate(None, None, None, 0, 0)
    return replace(
        change,
        before=none,
        after=none,
        delta=Delta(None, None, None, change.delta.kind),
        smallest_visible=None,
        p=None,
        q=None,
        effect_size=None,
        own_sd_multiple=None,
        n_blocks_with={},
    )


def ratio_row(verdict: RowVerdict = RowVerdict.CHANGED) -> Change:
    """A row on the LOG_RATIO scale."""
    return replace(
        length(verdict),
        title="words said for each word heard",
        unit="words per word heard",
        scale="log_ratio",
    )


# What is left of a row: most of it, more than all, none, all, and no number.
LEFT: tuple[dict[str, Any], ...] = tuple(
    {"delta": {"value": value, "low": None, "high": None}, "explained": explained}
    for value, explained in (
        (0.7, -15.0),
        (0.3, 12.0),
        (0.0, -46.4),
        (0.5, 1e-9),
        (None, None),
    )
)


def every_row() -> list[Change]:
    """Verdict x scale x direction x reason x small x numbers known or not."""
    found = []
    for verdict, make, reason, small in product(
        RowVerdict, (row, length, ratio_row, tone, mix), REASONS, (False, True)
    ):
        change = replace(make(verdict=verdict), reason=reason, small=small)
        found += [change, mirrored(change), bare(change)]
        found += [replace(change, adjusted=left) for left in LEFT]
    return found


def version(near: bool, before: int | None, kept: int | None) -> dict[str, Any]:
    """A version of the prompt as a comparison holds it."""
    return {
        "kind": "backstory",
        "title": "",
        "at": "2025-05-14T00:00:00Z",
        "near": near,
        "n_words": 41,
        "n_words_before": before,
        "n_words_kept": kept,
    }


PROMPTS: tuple[dict[str, Any], ...] = tuple(
    {
        "versions": tuple(version(*known) for known in versions),
        "counts": counts,
        "n_undated": n_undated,
    }
    for versions, counts, n_undated in product(
        (
            (),
            ((True, None, None), (True, 40, 39), (True, 40, None)),
            ((False, 40, 39),),
            ((True, 40, 39),) * 10 + ((False, 40, 39),) * 10,
        ),
        ((), ({"kind": "memory", "n_before": 1, "n_after": 5, "n_near": 2},)),
        (0, 1, 3),
    )
)


def every_sentence() -> list[str]:
    """Whatever the wording can say, enumerated."""
    said: list[str] = []
    for change in every_row():
        for side in ("persona", "user"):
            said.append(row_sentence(change, side=side))
            said.append(row_sentence(change, side=side, titled=False))
            said.append(row_sentence(change, side=side, brief=True))
            said.append(basis_sentence(change, side=side))
            said.append(notes.bars_sentence(change, side=side))
        said += [row_label(change), notes.chance_sentence(change)]
        said += [
            notes.share_against_sentence(replace(change, share_against=share))
            for share in (None, 0.0, 0.004, 0.3, 1.0)
        ]
        said += [notes.wobble_sentence(change), notes.seen_sentence(change)]
        moved = replace(change, user_moved=True, headline=False)
        said += notes.something_else(moved, change)
        said.append(notes.always_something_else(EVENTS))
        said += notes.something_else(change, None)
        said.append(notes.always_something_else(()))
    for verdict, rows in product(Verdict, (changes(), (), changes()[:1])):
        for moved in (True, False):
            said.append(
                summary_sentence(verdict, rows, BEFORE, AFTER, user_moved=moved)
            )
        said += [overall_label(verdict), certainty_sentence(verdict)]
        said.append(coverage_sentence(rich_diff(changes=rows)))
    for rows in (user_changes(), (), user_changes()[1:]):
        said += [user_side_sentence(rows, 0.57), user_side_sentence(rows)]
    diff = rich_diff()
    said += [continuity_sentence(diff.continuity), *period_sentences(diff)]
    said += [continuity_sentence(None, why) for why in overall._NO_CONTINUITY]
    said += [overall.drift_sentence(diff.drift_multiple)]
    for share, common in product((0.05, 0.9), (True, False)):
        method = {
            "not_adjustable": ["message_length"],
            "nothing_in_common": common,
            "your_side_moved": True,
            "beyond_chance": False,
        }
        said += overall.your_side_notes(
            replace(
                diff,
                common_ground={"after_in_before": share, "before_in_after": 0.8},
                method={"adjusted_for_your_side": method if common else None},
            )
        )
    said += [notes.timeline_sentence(timeline()), notes.months_sentence([1, 2], [3])]
    said += [notes.events_sentence(EVENTS), notes.events_sentence(EVENTS[:1])]
    said += [line for record in PROMPTS for line in prompt_sentences(record)]
    said += prompt_lines(replace(diff, prompt=None, read={"sources": []}))
    said += prompt_lines(replace(diff, prompt=None, read={"sources": [1]}))
    for kind, entries in diff.phrases.items():
        said += [phrases.phrase_sentence(e, kind) for e in entries if kind != "novelty"]
    for reason in ("", "few_blocks"):
        novelty = {**diff.phrases["novelty"], "reason": reason}
        said.append(phrases.novelty_sentence(novelty))
    said += [phrases.LEAD, phrases.NONE_FOUND, *phrases.TITLES.values()]
    for name, value in vars(passages).items():
        said += texts(value) if name.isupper() else []
    said += [*notes._EVENT_KINDS.values(), *notes._EXCLUDED.values()]
    return [sentence for sentence in said if sentence]


def texts(value: Any) -> list[str]:
    """Every text inside nested tuples and dicts."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [t for v in value.values() for t in texts(v)]
    if isinstance(value, tuple):
        return [t for v in value for t in texts(v)]
    return []


def test_a_prompt_near_the_date_is_never_left_out() -> None:
    """Its own sentence names it, and one says what cannot be read from dates."""
    near = PROMPTS[0] | {"versions": (version(True, 40, 39),)}
    said = prompt_sentences(near)
    assert "14 May 2025" in said[0]
    assert "39 of them" in said[0]
    assert "cannot be read from dates" in said[1]
    assert prompt_sentences(None) == []


def test_no_sentence_holds_a_forbidden_phrase() -> None:
    """Every verdict, scale, direction and reason is said without loaded words."""
    found = {s for s in every_sentence() if FORBIDDEN.search(s)}
    assert found == set()


@pytest.mark.parametrize(
    "phrase",
    ["She misses you", "caused by the update", "same as before", "lobotomised"],
)
def test_the_search_for_forbidden_phrases_can_fail(phrase: str) -> None:
    """The rule above finds what it forbids."""
    assert FORBIDDEN.search(f"It seems: {phrase}.")


def test_no_sentence_shows_a_missing_number() -> None:
    """No "None", "nan", "-0", empty brackets or doubled spaces, whatever is missing."""
    found = {s for s in every_sentence() if NUMBERLESS.search(s)}
    assert found == set()


def test_a_report_without_quotes_holds_no_forbidden_phrase() -> None:
    """The whole page and the whole Markdown pass the same rule."""
    for name in ("html", "md"):
        text = render_report(rich_diff(), format=name, quotes=False)
        text = re.sub(r"<style>.*</style>", "", text, flags=re.DOTALL)
        assert FORBIDDEN.findall(text) == []


@pytest.mark.parametrize(
    ("verdict", "phrase"),
    [
        (RowVerdict.STEADY, "no change worth the name could be measured"),
        (RowVerdict.STEADY, "with this much text we would have seen"),
        (RowVerdict.STEADY, "smaller changes may be there"),
        (RowVerdict.CANNOT_TELL, "we could not tell"),
        (RowVerdict.CANNOT_TELL, "with this much text only a change"),
        (RowVerdict.CANNOT_SEPARATE, "we cannot separate the two"),
        (RowVerdict.EXPLAINED_BY_YOUR_SIDE, "a change in your own messages"),
        (RowVerdict.PROBABLY_CHANGED, "probably a change, not a firm one"),
        (RowVerdict.NOT_ENOUGH_DATA, "4 talks and 20 replies"),
    ],
)
def test_each_verdict_says_what_it_must(verdict: RowVerdict, phrase: str) -> None:
    """The phrase that carries the verdict is there, on every scale that has numbers."""
    for make in (row, length, ratio_row, tone):
        assert phrase in row_sentence(make(verdict=verdict))


def test_a_rate_is_said_with_amounts_range_and_counts() -> None:
    """About so many in 100 before and after, the likely range, what was counted."""
    assert row_sentence(row()) == (
        "Replies with a pet name: about 30 in 100 before, about 10 in 100 after, which "
        "is about 20 fewer per 100 (likely range of the change: 12 to 27 fewer per "
        "100; counted in 1,412 and 588 replies, 96 and 41 talks)."
    )


def test_a_length_is_said_as_a_factor() -> None:
    """Typical lengths, a factor in words and its likely range."""
    assert row_sentence(length()) == (
        "Length of replies: typically about 41 words per reply before, about 22 after, "
        "which is about half as long (likely range of the change: 0.45 to 0.62 times; "
        "counted in 1,412 and 588 replies, 96 and 41 talks)."
    )


@pytest.mark.parametrize(
    ("make", "down", "up"),
    [(row, "fewer", "more"), (tone, "lower", "higher"), (length, "half", "twice")],
)
def test_the_mirror_image_says_the_mirror_words(make: Any, down: str, up: str) -> None:
    """Changing over before and after changes the direction word and nothing else."""
    fall, rise = row_sentence(make()), row_sentence(mirrored(make()))
    assert down in fall
    assert up not in fall
    assert up in rise
    assert down not in rise
    assert len(fall.split()) == len(rise.split())


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("per 100 goodbyes", "about 30 in 100 goodbyes before, about 10 in 100 after,"),
        (
            "per 100 places where one could stand",
            "about 30 in 100 before, about 10 in 100 after (out of places where one "
            "could stand), which is about 20 fewer per 100",
        ),
    ],
)
def test_a_long_unit_stands_behind_the_numbers(unit: str, said: str) -> None:
    """Nothing reads as if the unit ended in "before"."""
    assert said in row_sentence(row(unit=unit))


def test_a_scale_is_named_once() -> None:
    """The ends of a scale stand behind both numbers."""
    assert (
        "about 0.31 before, about 0.24 after, on a scale from -1 (unpleasant) to 1 "
        "(pleasant), which is about 0.07 lower" in row_sentence(tone())
    )


def test_a_range_across_zero_names_both_directions() -> None:
    """From so many fewer to so many more."""
    change = row(delta=(1.0, -5.0, 9.0))
    assert "from 5 fewer to 9 more per 100" in row_sentence(change)


def test_too_little_data_says_what_there_is() -> None:
    """What is needed, and what each side has."""
    change = row(verdict=RowVerdict.NOT_ENOUGH_DATA, n=(18, 3, 412, 40))
    assert row_sentence(change, titled=False) == (
        "Not enough data; 4 talks and 20 replies with an occasion for it are needed on "
        "each side; there are 18 replies in 3 talks before and 412 replies in 40 talks "
        "after."
    )


def test_the_users_rows_speak_of_messages() -> None:
    """On the user's side nothing is called a reply."""
    for change in every_row():
        said = row_sentence(change, side="user")
        assert "repl" not in said.lower()


def test_a_factor_that_could_be_seen_is_never_rounded_to_none() -> None:
    """A smallest visible factor of 1.001 is not printed as 1.00."""
    said = row_sentence(length(RowVerdict.STEADY, smallest_visible=1.001))
    assert "a factor of about 1.01 either way" in said


def test_a_falling_factor_is_said_like_a_rising_one() -> None:
    """0.8 and 1.25 are the same smallest visible factor."""
    fall = row_sentence(length(RowVerdict.STEADY, smallest_visible=0.8))
    assert fall == row_sentence(length(RowVerdict.STEADY, smallest_visible=1.25))


def test_a_small_number_keeps_its_digit_beside_a_large_one() -> None:
    """0.6 next to 14.3 is not rounded to 1."""
    assert numbers.decimals([0.6, 14.3]) == 1


def test_two_different_numbers_never_look_alike() -> None:
    """Amounts that differ in the third place are shown with enough places."""
    assert numbers.decimals([0.301, 0.302]) == 3


def test_an_own_edit_beside_another_event_cannot_be_separated() -> None:
    """Both are named, and that dates alone do not part them."""
    both, one = notes.events_sentence(EVENTS), notes.events_sentence(EVENTS[:1])
    assert "coincides with" in both
    assert "cannot be separated" in both
    assert "cannot be separated" not in one


def test_a_date_with_month_precision_names_no_day() -> None:
    """What is known to the month is said to the month."""
    event = {"at": datetime(2025, 8, 1, tzinfo=UTC), "precision": "month"}
    assert notes.event_date(event) == "August 2025"


def test_the_summary_of_a_change_counts_rows_and_names_the_first() -> None:
    """How many of how many, three by name, how many steady."""
    said = summary_sentence(Verdict.CHANGED, changes(), BEFORE, AFTER)
    assert "4 of 13 measures with enough text differ" in said
    assert "length of replies (about half as long)" in said
    assert "5 show no change worth the name" in said


def test_the_summary_of_no_change_says_what_would_have_shown() -> None:
    """A null result states the size it could have seen."""
    rows = tuple(c for c in changes() if c.verdict is RowVerdict.STEADY)
    said = summary_sentence(Verdict.STEADY, rows, BEFORE, AFTER)
    assert "5 of 5 measures with enough text held steady" in said
    assert "would have shown" in said
    assert "smaller changes may be there" in said


def test_the_verdict_counts_add_up_to_the_rows() -> None:
    """Every row is in exactly one of the numbers of the coverage sentence."""
    total, *parts = map(int, re.findall(r"\d+", coverage_sentence(rich_diff())))
    assert total == sum(parts) == len(changes())


number = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.sampled_from(list(RowVerdict)),
    st.sampled_from((row, length, ratio_row, tone, mix)),
    st.lists(number, min_size=9, max_size=9),
)
def test_any_numbers_give_a_sentence(
    verdict: RowVerdict, make: Any, values: list[float | None]
) -> None:
    """NaN, infinity and missing values never raise and are never printed."""
    change = make(verdict=verdict)
    change = replace(
        change,
        before=Estimate(values[0], values[1], values[2], 3, 1),
        after=Estimate(values[3], values[4], values[5], 1, 1),
        delta=Delta(values[6], values[7], values[8], change.delta.kind, values[0]),
        smallest_visible=values[1],
        p=0.5,
        own_sd_multiple=values[2],
    )
    said = row_sentence(change) + notes.bars_sentence(change)
    assert not re.search(r"\b(nan|inf|None)\b", said)


def test_that_your_messages_moved_is_said_only_where_it_is_beyond_chance():
    """The summary, and a sentence for what alike talks show by chance."""
    said = {
        moved: summary_sentence(
            Verdict.CONFOUNDED, changes(), BEFORE, AFTER, user_moved=moved
        )
        for moved in (True, False)
    }
    assert "your own messages moved too" in said[True]
    assert "your own messages may account for it" in said[False]
    for moved, surely in ((True, True), (True, False), (False, False)):
        method = {"your_side_moved": moved, "beyond_chance": surely}
        diff = replace(rich_diff(), method={"adjusted_for_your_side": method})
        chance = any("by chance" in s for s in overall.your_side_notes(diff))
        assert chance is (moved and not surely)
