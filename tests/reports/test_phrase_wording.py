"""What is said about phrases, and where it stands in every report."""

import json
from dataclasses import replace

import pytest
from example import phrase, rich_diff

from persona_vault.findings import no_phrases
from persona_vault.reports import render_report
from persona_vault.wording.phrases import (
    LEAD,
    MOST_SHOWN,
    NONE_FOUND,
    novelty_sentence,
    phrase_sentence,
)


def test_a_new_phrase_is_said_with_its_talks():
    """So many of so many after, none before."""
    entry = phrase("hello there", (0, 38), (9, 40))

    assert phrase_sentence(entry, "new") == (
        "seen in 9 of 40 talks after, in none of 38 before"
    )
    assert phrase_sentence({**entry, "kind": "action"}, "new").startswith(
        "as an action, seen in"
    )


def test_a_lost_phrase_is_said_with_what_may_remain():
    """Not seen is not never: the upper bound is told."""
    entry = phrase("hello there", (12, 38), (0, 40), at_most=3 / 40)

    assert phrase_sentence(entry, "lost") == (
        "seen in 12 of 38 talks before, in none of 40 after; up to about 8 of 100 "
        "talks may still hold it"
    )


def test_a_changed_rate_is_said_with_both_rates():
    """Talks first, then uses for as many words; also where the user said it first."""
    entry = phrase("hello there", (30, 38), (9, 40))
    said = (
        "seen in 9 of 40 talks after, in 30 of 38 before; 0.50 times in 1,000 words "
        "before, 0.36 after"
    )

    assert phrase_sentence(entry, "changed") == said
    assert phrase_sentence({**entry, "change": "changed"}, "user_seeded") == said


def test_the_yard_stick_is_one_plain_sentence_each_way():
    """What came and what was not seen again, each with what is usual."""
    assert novelty_sentence(rich_diff().phrases["novelty"]) == (
        "31 recurring phrases are new in the first 32 talks of the later period, held "
        "against the last 32 talks of the earlier one; between two such parts of its "
        "own past, 6 to 11 would be usual for as many words. 8 were not seen again; "
        "5 to 12 would be usual."
    )
    assert "too few talks" in novelty_sentence({"reason": "few_blocks"})
    assert novelty_sentence({}) == ""


@pytest.mark.parametrize("name", ["html", "md"])
def test_reports_show_every_kind_and_at_most_twelve_of_each(name):
    """New, lost, changed, said by the user first; the thirteenth stays in the JSON."""
    many = [phrase(f"saying {i:02}", (0, 38), (9, 40)) for i in range(20)]
    diff = rich_diff()
    diff = replace(diff, phrases={**diff.phrases, "new": many})

    text = render_report(diff, format=name)

    for shown in ("the gate is shut", "good evening", "the ferry", "You said it first"):
        assert shown in text
    assert f"saying {MOST_SHOWN - 1:02}" in text
    assert f"saying {MOST_SHOWN:02}" not in text
    assert "saying 19" in render_report(diff, format="json")


@pytest.mark.parametrize("name", ["html", "md"])
def test_no_phrase_found_is_said_and_not_asked_for_is_not(name):
    """With a yard-stick alone the page says that none stood out; without, nothing."""
    diff = rich_diff()
    novelty = diff.phrases["novelty"]
    looked = replace(diff, phrases={**no_phrases(), "novelty": novelty})
    not_asked = replace(diff, phrases=no_phrases())

    assert NONE_FOUND in render_report(looked, format=name)
    assert LEAD not in render_report(not_asked, format=name)
    bare = json.loads(render_report(diff, format="json", quotes=False))
    assert bare["phrases"] == no_phrases()
