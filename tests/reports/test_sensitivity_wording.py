"""What stands beside a row: other dates, the earlier period alone, similar words."""

import re
from dataclasses import replace

import pytest
from example import changes, length, rich_diff, row
from test_wording import NUMBERLESS

from persona_vault.findings import FamilyFinding, RowVerdict
from persona_vault.reports import render_report
from persona_vault.reports.charts import other_dates
from persona_vault.wording import families, sensitivity, your_side_notes
from tests.language import FORBIDDEN

TREND = {"value": -8.2, "weeks": 23.6, "p": 0.01, "alike": 0.3}
FAKES = [-12.0, -4.0, 3.0, 9.5, -1.0, 2.0, 6.0, -7.0, 0.5]
PLACEBO = {
    "value": -9.0,
    "n_blocks": 10,
    "n_fakes": 9,
    "n_as_large": 2,
    "p": 0.3,
    "fakes": FAKES,
    "gate": "not_asked",
}
MATCHED = {
    "before": 28.0,
    "after": 11.0,
    "value": -17.0,
    "n_pairs": 143,
    "share_against": 0.12,
}


def beside(gate="not_asked", n=2, **more):
    """A row that changed, with all that can stand beside it."""
    placebo = {**PLACEBO, "gate": gate, "n_as_large": n}
    return row(trend=TREND, placebo=placebo, matched=MATCHED, **more)


def family(verdict, *, stands_out=False, p=0.031, name="warmth"):
    """A family."""
    return FamilyFinding(
        family=name,
        n_rows=3,
        p=p,
        p_adjusted=p,
        verdict=verdict,
        stands_out=stands_out,
    )


def every_sentence():
    """Whatever can be said here."""
    said = []
    shapes = [
        beside(gate, n) for gate in ("passed", "failed", "not_asked") for n in (0, 2)
    ]
    for change in [*changes(), *shapes]:
        for verdict in RowVerdict:
            one = replace(
                change,
                verdict=verdict,
                trend=TREND if change.trend is None else change.trend,
                matched=MATCHED | {"share_against": 0.0},
            )
            said.append(sensitivity.visible_sentence(one))
            said += [sensitivity.full_sentence(one), *sensitivity.dates_sentences(one)]
    for found in RowVerdict:
        diff = rich_diff(families=(family(found), family(found, name="own", p=0.0001)))
        said.append(families.families_sentence(diff))
        said += families.families_table(diff).values()
    return [sentence for sentence in said if sentence]


def test_every_sentence_is_plain_and_whole():
    """No loaded word and no missing number."""
    for sentence in every_sentence():
        assert not FORBIDDEN.search(sentence), sentence
        assert not NUMBERLESS.search(sentence), sentence


def test_the_matched_difference_stands_beside_the_row():
    """Its size, how many replies, and the share that goes the other way."""
    said = sensitivity.full_sentence(beside())
    assert "In 143 pairs of replies to words of yours that are alike" in said
    assert "about 17 fewer per 100" in said
    assert "about 12 in 100 go the other way" in said
    assert "other dates" not in said


def test_a_row_lowered_by_other_dates_says_so():
    """The count, and that nothing firm is said of the date."""
    said = sensitivity.full_sentence(
        beside("failed", verdict=RowVerdict.PROBABLY_CHANGED)
    )
    assert "as large at 2 of 9 other dates" in said
    assert "cannot be called firm" in said


def test_a_trend_of_the_earlier_period_is_told_from_its_level_on():
    """At p = .01 it is, at p = .2 it is not."""
    assert "between its first talk and its last, 24 weeks apart," in (
        sensitivity.moving_sentence(beside())
    )
    assert not sensitivity.moving_sentence(row(trend={**TREND, "p": 0.2}))


@pytest.mark.parametrize("gate", ["unavailable", None])
def test_too_few_other_dates_are_not_told(gate):
    """Neither a sentence nor a picture."""
    change = row(placebo={**PLACEBO, "gate": gate})
    assert sensitivity.fake_dates_sentence(change) == ""
    assert other_dates(change) is None


def test_the_picture_holds_every_other_date_inside_its_frame():
    """Places in per cent, the real date among them at its value."""
    drawn = other_dates(beside())
    assert len(drawn.fakes) == len(FAKES)
    assert all(2 <= x <= 98 for x in (*drawn.fakes, drawn.real))
    assert min(drawn.fakes) < drawn.real < max(drawn.fakes)


def test_a_family_is_told_only_where_no_row_of_it_stands_out():
    """It adds to the rows and repeats none."""
    told = rich_diff(families=(family(RowVerdict.CHANGED),))
    assert "the measures of “warmth” (p = 0.031) changed" in (
        families.families_sentence(told)
    )
    for quiet in (
        family(RowVerdict.CHANGED, stands_out=True),
        family(RowVerdict.CANNOT_SEPARATE),
        family(RowVerdict.CANNOT_TELL, p=0.4),
        family(RowVerdict.NOT_ENOUGH_DATA, p=None),
    ):
        assert families.families_sentence(rich_diff(families=(quiet,))) == ""


@pytest.mark.parametrize("name", ["html", "md"])
def test_both_reports_show_them(name):
    """The same sentences in the page and in the text, and the table of families."""
    diff = rich_diff(
        changes=(beside(), *changes()[1:]),
        families=(family(RowVerdict.CHANGED),),
    )
    text = re.sub(r"\s+", " ", render_report(diff, format=name).replace("\\", ""))
    for sentence in (
        sensitivity.visible_sentence(beside()),
        sensitivity.matched_sentence(beside()),
        *sensitivity.dates_sentences(beside()),
        families.families_sentence(diff),
        families.TITLE,
    ):
        assert sentence in text


def test_two_files_say_that_similar_words_need_the_vault():
    """Only where rows were found, and not with a vault at hand."""
    needs = "not from two snapshot files"
    adjusted = replace(
        length(), adjusted={"delta": {"value": 0.7, "kind": "ratio"}, "explained": 3.0}
    )
    diff = rich_diff(changes=(adjusted,))
    assert not any(needs in s for s in your_side_notes(diff))
    assert any(needs in s for s in your_side_notes(replace(diff, read={})))


def test_a_finding_that_was_not_adjusted_is_named():
    """Saying nothing of the user's side must not pass for a side that has no part."""
    adjusted = replace(
        length(), adjusted={"delta": {"value": 0.7, "kind": "ratio"}, "explained": 0.0}
    )
    other = replace(length(), dimension="emoji_repertoire", title="kinds of emoji")
    said = " ".join(your_side_notes(rich_diff(changes=(adjusted, other))))
    assert "could not be allowed for in: kinds of emoji." in said
    said = " ".join(your_side_notes(rich_diff(changes=(adjusted,))))
    assert "allowed for in:" not in said
