"""Facts that a comparison names: which, with what numbers, in which words."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from persona_vault.diff import diff_periods
from persona_vault.ingest import import_file
from persona_vault.memory.found import add_facts, fisher_p
from persona_vault.model import Period
from persona_vault.reports import render_report
from persona_vault.reports.page import facts
from persona_vault.store.vault import open_vault
from persona_vault.wording.memory import fact_counts, known_facts_sentence
from tests.diff.test_periods import as_jsonl
from tests.language import FORBIDDEN
from tests.memory.compare import named_facts
from tests.memory.worlds import AT, FACTS, facts_world

ONE = FACTS[:1]
MANY = {"n_before": 60, "n_after": 60}
BEFORE, AFTER = Period(until=AT), Period(since=AT)


def test_a_fact_that_is_no_longer_brought_up_is_named_with_its_talks():
    """Lost: in so many talks before and none after, at most so often, and where."""
    messages = facts_world(3, **MANY, recall=(0.6, 0.0), facts=ONE, told_over=1)
    [fact] = [f for f in named_facts(messages) if f["subject"] == "user"]
    by_id = {m.id: m for m in messages}

    assert (fact["slot"], fact["kind"]) == ("the name of your dog", "lost")
    assert (fact["before"], fact["after"]) == ("Rex", None)
    assert fact["n_talks"]["after"] == [0, 60]
    assert fact["at_most_per_100"] == 5.0
    assert all(
        "Rex" in by_id[i].text or "your dog" in by_id[i].text for i in fact["evidence"]
    )


def test_a_fact_that_is_brought_up_only_later_is_named_as_new():
    """The mirror image of a lost one."""
    messages = facts_world(3, **MANY, recall=(0.0, 0.6), facts=ONE, told_over=1)
    [fact] = [f for f in named_facts(messages) if f["subject"] == "user"]

    assert (fact["kind"], fact["before"], fact["after"]) == ("new", None, "Rex")


def test_another_usual_value_of_the_companion_is_named():
    """Its own age, origin and colour are stated otherwise after the date."""
    messages = facts_world(6, **MANY, own=(0.9, 0.9), own_same=(1.0, 0.0))
    found = [f for f in named_facts(messages) if f["subject"] == "persona"]

    assert {f["slot"] for f in found} == {
        "this companion's age",
        "where this companion says it is from",
        "this companion's favourite colour",
    }
    assert {f["kind"] for f in found} == {"contradicted"}


def test_no_fact_is_named_where_nothing_changed():
    """The same habits throughout: of ten histories none has a fact lost or new."""
    for seed in range(10):
        messages = facts_world(seed, **MANY, own=(0.8, 0.8), own_same=(0.8, 0.8))
        assert named_facts(messages) == ()


@given(
    st.tuples(st.integers(0, 12), st.integers(1, 12)).filter(lambda x: x[0] <= x[1]),
    st.tuples(st.integers(0, 12), st.integers(1, 12)).filter(lambda x: x[0] <= x[1]),
)
def test_the_exact_test_is_fishers(before, after):
    """The p is the one that SciPy gives."""
    table = [[k, n - k] for k, n in (before, after)]
    expected = stats.fisher_exact(table).pvalue
    assert math.isclose(fisher_p(before, after), expected, rel_tol=1e-6)


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    """A vault whose companion brings up nothing after the date."""
    folder = tmp_path_factory.mktemp("memory")
    messages = facts_world(3, n_before=40, n_after=40, recall=(0.8, 0.0), told_over=3)
    path = as_jsonl(messages, folder / "talk.jsonl")
    with open_vault(folder / "vault", create=True) as found:
        import_file(found, path, persona="Juniper")
        yield found


def test_the_vault_gives_the_rows_and_the_facts(vault):
    """A comparison from the vault has the rows of memory; the facts come on top."""
    found = diff_periods(vault, "Juniper", BEFORE, AFTER)
    more = add_facts(found, vault, BEFORE, AFTER)
    recall = next(c for c in found.changes if c.dimension == "recall")

    assert recall.verdict.value == "changed"
    assert recall.n_blocks_with["after"][0] == 0
    assert found.facts == ()
    assert {f["kind"] for f in more.facts} == {"lost"}
    assert more.changes == found.changes
    assert add_facts(found, vault, BEFORE, AFTER, words=False).facts == ()


def test_the_report_lists_facts_only_where_words_are_wanted(vault):
    """The name of the dog is on the page, and on none without quotes."""
    found = add_facts(
        diff_periods(vault, "Juniper", BEFORE, AFTER), vault, BEFORE, AFTER
    )
    said = [f["before"] for f in found.facts]

    for style in ("html", "md"):
        page = render_report(found, format=style)
        assert all(value in page for value in said)
        assert "could be read by the end of the earlier period" in page
        bare = render_report(found, format=style, quotes=False)
        assert not any(re.search(rf"\b{value}\b", bare) for value in said)
    assert json.loads(render_report(found, format="json"))["facts"]


def test_too_few_facts_are_told_with_their_number(tmp_path):
    """With three facts known the rows say that too few were told, the page how many."""
    messages = facts_world(3, n_before=30, n_after=30, facts=FACTS[:3], told_over=1)
    path = as_jsonl(messages, tmp_path / "talk.jsonl")
    with open_vault(tmp_path / "vault", create=True) as few:
        import_file(few, path, persona="Juniper")
        found = add_facts(
            diff_periods(few, "Juniper", BEFORE, AFTER), few, BEFORE, AFTER
        )
    recall = next(c for c in found.changes if c.dimension == "recall")

    assert (recall.verdict.value, recall.reason) == ("not_enough_data", "few_facts")
    assert "10 are needed" in known_facts_sentence(found.method)
    assert "too few facts were told" in render_report(found, format="md")


def test_every_sentence_keeps_the_language_guide():
    """Counts, bounds and what is known, for every kind of fact."""
    pairs = {"before": [9, 40], "after": [0, 38]}
    said = [
        fact_counts({"n_talks": pairs, "at_most_per_100": 7.9}),
        fact_counts({"n_statements": pairs}),
        *(
            known_facts_sentence(
                {
                    "memory": {
                        "facts_known": {"before": n, "after": n},
                        "least_facts": 10,
                        "two_companions": two,
                    }
                }
            )
            for n in (4, 14)
            for two in (False, True)
        ),
    ]
    assert said[0] == (
        "in 9 of 40 talks before, in none of 38 talks after; in fewer than about 8 of "
        "100 talks, as far as these tell"
    )
    assert not any(FORBIDDEN.search(sentence) for sentence in said)
    assert fact_counts({}) == known_facts_sentence({}) == ""


def test_a_fact_on_the_page_says_what_became_of_it_and_where():
    """Slot, values, what became of it, counts, what was told, message numbers."""

    class Found:
        facts = (
            {
                "slot": "the name of your dog",
                "before": "Rex",
                "after": "Max",
                "kind": "contradicted",
                "told": "Rex",
                "n_statements": {"before": [0, 4], "after": [3, 5]},
                "evidence": [12, 31],
            },
        )

    assert facts(Found()) == [
        (
            "the name of your dog",
            "Rex",
            "Max",
            "stated differently; in none of 4 statements before, in 3 of 5 statements "
            "after; you told: Rex; see message 12, 31",
        )
    ]
