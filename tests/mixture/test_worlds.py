"""Planted worlds and mirrors: a second voice, fixed replies, a topic that went."""

import json
import re
from functools import cache

import pytest
from scipy import stats

from persona_vault.diff import around_date, diff_periods
from persona_vault.findings import Verdict
from persona_vault.ingest import import_file
from persona_vault.mixture import add_mixture, mixture_of
from persona_vault.model import Role
from persona_vault.reports import render_report
from persona_vault.reports.page import without_quotes
from persona_vault.store.vault import open_vault
from persona_vault.wording.mixture import (
    DUPLICATES_LEAD,
    REPLIES_LEAD,
    TITLE,
    duplicate_sentence,
    mixture_sentences,
    to_read,
)
from tests.language import FORBIDDEN
from tests.mixture import worlds
from tests.talk import START, stored

CRISIS = "Some evenings I want to die."
MIXED = (6, 2, 4)
# Two periods each: what differs from the usual world.
WORLDS = {
    "routed": (None, {"share": 0.15}),
    "no longer routed": ({"share": 0.15}, None),
    "warmer": (None, {"share": 0.15, "pool": worlds.WARMER}),
    "mostly routed": (None, {"share": 0.9}),
    "mostly routed before": ({"share": 0.9}, None),
    "filtered": ({"weights": MIXED}, {"weights": MIXED, "canned": 0.6}),
    "no longer filtered": ({"weights": MIXED, "canned": 0.6}, {"weights": MIXED}),
    "topic gone": ({"weights": MIXED}, {"weights": (8, 4, 0.1), "canned": 0.6}),
    "topic new": ({"weights": (8, 4, 0.1)}, {"weights": MIXED, "canned": 0.6}),
    "all replaced": (None, {"voice": worlds.OTHER}),
    "nothing": (None, None),
}


@cache
def found(name):
    """What is said of a world; places in `replies`, not messages."""
    replies = worlds.world(4, *WORLDS[name])
    return replies, mixture_of(replies, names=("Juniper", "Sam"), n_shuffles=199)


def said(name):
    """The sentences of a world."""
    mixture = found(name)[1]
    return " ".join(mixture_sentences(mixture))


def entry(name, trigger):
    """What one trigger came to."""
    return next(e for e in found(name)[1]["triggers"] if e["trigger"] == trigger)


@pytest.mark.parametrize(
    ("name", "period", "pool"),
    [
        ("routed", "after", worlds.OTHER),
        ("no longer routed", "before", worlds.OTHER),
        ("warmer", "after", worlds.WARMER),
    ],
)
def test_a_second_voice_is_found_with_its_trigger(name, period, pool):
    """15 of 100 answers to low words: period, trigger, share, and the right list."""
    replies, mixture = found(name)

    assert mixture["verdict"] == "two_kinds"
    assert (mixture["trigger"], mixture["period"]) == ("distress", period)
    assert 0.08 <= mixture["share"] <= 0.25
    assert mixture["n"] == len(mixture["replies"])
    assert min(mixture["n_opportunities"].values()) >= 20
    starts = {line.partition("{t}")[0] for line in pool}
    planted = {
        i
        for i, r in enumerate(replies)
        if any(r.turn.text.startswith(s) for s in starts)
    }
    listed = set(mixture["replies"])
    assert len(planted & listed) >= 0.75 * len(planted)
    assert len(planted & listed) >= 0.75 * len(listed)
    assert "two kinds" in said(name)
    assert "messages of yours that tell of distress" in said(name)


@pytest.mark.parametrize(
    ("name", "period"),
    [("mostly routed", "after"), ("mostly routed before", "before")],
)
def test_a_kind_that_is_most_of_its_period_is_the_one_that_is_told(name, period):
    """Not the usual replies of the other period, of which there are even more."""
    replies, mixture = found(name)

    assert (mixture["verdict"], mixture["period"]) == ("two_kinds", period)
    assert mixture["share"] >= 0.4
    assert mixture["share_other_period"] <= 0.15
    starts = {line.partition("{t}")[0] for line in worlds.OTHER}
    planted = {
        i
        for i, r in enumerate(replies)
        if any(r.turn.text.startswith(s) for s in starts)
    }
    assert len(planted & set(mixture["replies"])) >= 0.75 * mixture["n"]


def test_the_mirror_names_the_earlier_period():
    """A second voice that went is told with the same words as one that came."""
    assert "two kinds in the later period" in said("routed")
    assert "two kinds in the earlier period" in said("no longer routed")


@pytest.mark.parametrize("name", ["filtered", "no longer filtered"])
def test_fixed_replies_after_intimate_words_are_counted_and_listed(name):
    """More of them given the occasion, both lines listed, other replies untouched."""
    _, mixture = found(name)
    one = entry(name, "delicate")
    more, less = ("after", "before") if name == "filtered" else ("before", "after")

    assert one["canned_differs"]
    k, n = one["canned"][more]
    assert k / n >= 0.4
    assert one["canned"][less][0] / one["canned"][less][1] <= 0.1
    assert entry(name, "distress")["canned_differs"] is False
    assert entry(name, "distress")["two_kinds"] is False
    top = mixture["duplicates"][:2]
    assert {d["trigger"] for d in top} == {"delicate"}
    assert all(d["n_talks"][more] >= 10 and d["n_talks"][less] == 0 for d in top)
    assert mixture["trigger"] == "delicate"
    assert f" {k} of {n} " in said(name)
    # "kiss me" is a request as well.
    also = "Replies to requests of yours show it as well" in said(name)
    assert also is entry(name, "request")["two_kinds"]


@pytest.mark.parametrize("name", ["topic gone", "topic new"])
def test_a_topic_that_hardly_comes_up_cannot_be_told(name):
    """Too few opportunities, with both numbers; never "no second kind" for it."""
    one = entry(name, "delicate")
    n = one["n_opportunities"]

    assert not one["tested"]
    assert one["p"] is None
    assert (
        "raise an intimate or grave subject: too few opportunities to tell: "
        f"{n['before']} before, {n['after']} after."
    ) in said(name)
    assert found(name)[1]["verdict"] == "none_found"
    none = next(s for s in said(name).split(". ") if s.startswith("No second"))
    assert "intimate" not in none


def test_another_voice_for_everything_is_no_second_kind():
    """All replies replaced: nothing is laid on one kind of message."""
    assert found("all replaced")[1]["verdict"] == "all_replies_changed"
    assert "two kinds" not in said("all replaced")


def test_nothing_is_found_where_nothing_is():
    """Silence, with the occasions that were looked at."""
    mixture = found("nothing")[1]
    assert mixture["verdict"] == "none_found"
    assert mixture["trigger"] is None
    assert said("nothing").startswith("No second kind of reply stood out")


def test_too_little_of_everything():
    """Three talks a side: not enough, and the numbers say why."""
    replies = worlds.world(1, {"n_talks": 3}, {"n_talks": 3, "share": 1.0})
    mixture = mixture_of(replies, n_shuffles=19)

    assert mixture["verdict"] == "not_enough_data"
    assert "too few opportunities" in " ".join(mixture_sentences(mixture))


def test_false_alarms_on_null_talks():
    """8 talks without any change, three triggers each; 200 are in DESIGN."""
    same = {"weights": (6, 3, 3), "n_talks": 16}
    hits = 0
    for seed in range(8):
        mixture = mixture_of(worlds.world(f"n{seed}", same, same), n_shuffles=199)
        hits += mixture["verdict"] == "two_kinds"
        hits += any(e["canned_differs"] for e in mixture["triggers"])
    assert hits <= stats.binom.ppf(0.999, 8, 0.05)


@pytest.mark.parametrize("name", WORLDS)
def test_the_sentences_keep_to_the_language_guide(name):
    """Every sentence of every world: plain, whole, nothing forbidden or stray."""
    duplicates = found(name)[1]["duplicates"]
    lines = [
        *mixture_sentences(found(name)[1]),
        *map(duplicate_sentence, duplicates),
        *(TITLE, REPLIES_LEAD, DUPLICATES_LEAD, to_read([3, 4])),
    ]
    for sentence in lines:
        assert not FORBIDDEN.search(sentence), sentence
        assert not re.search(r"None|nan|\.\.|  |\{|\}", sentence), sentence
        assert sentence == TITLE or sentence.endswith(".")
    assert mixture_sentences(None) == mixture_sentences({"a": "b"}) == []


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A vault with the routed world, and a crisis turn with a fixed reply to it."""
    folder = tmp_path_factory.mktemp("routed")
    before = worlds.talks("v before", n_talks=16, n_turns=8)
    after = worlds.talks("v after", n_talks=16, n_turns=8, first=501, share=0.35)
    again = "I am here with you, and I listen to every word of this."
    for i in range(4):
        after += stored(
            [(Role.USER, CRISIS), (Role.PERSONA, again), (Role.PERSONA, again)],
            conversation=900 + i,
            first_id=900_000 + 10 * i,
            start=after[-1].sent_at,
        )
    path = folder / "talk.jsonl"
    rows = (
        {
            "id": m.native_id,
            "conversation": m.conversation,
            "timestamp": m.sent_at.isoformat(),
            "speaker": m.role.value,
            "text": m.text,
        }
        for m in before + after
    )
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    periods = around_date(START.replace(year=START.year + 1), window=None)
    with open_vault(folder / "vault", create=True) as vault:
        import_file(vault, path, persona="Juniper")
        yield vault, periods, diff_periods(vault, "Juniper", *periods)


def test_from_the_vault_to_the_page(told):
    """Message numbers are real, words verbatim, crisis turns nowhere; all formats."""
    vault, periods, diff = told
    full = add_mixture(diff, vault, *periods)
    mixture = full.mixture

    assert mixture["verdict"] == "two_kinds"
    assert [q["message_id"] for q in mixture["replies"]] == mixture["message_ids"]
    for told_quote in mixture["replies"]:
        assert vault.message(told_quote["message_id"]).text == told_quote["text"]
    assert full.changes == diff.changes
    assert full.verdict is diff.verdict is not Verdict.NOT_ENOUGH_DATA
    assert "every word of this" not in json.dumps(full.to_dict()["mixture"])
    for name in ("html", "md"):
        page = render_report(full, format=name)
        assert TITLE in page
        assert "look like two kinds in the later period" in page.replace("\\", "")


def test_no_words_where_none_are_wanted(told):
    """Numbers of messages stay, their words go."""
    vault, periods, diff = told
    full = add_mixture(diff, vault, *periods)
    bare = add_mixture(diff, vault, *periods, quotes=False)
    text = full.mixture["replies"][0]["text"]

    assert text in json.dumps(full.to_dict(), ensure_ascii=False)
    for without in (bare, without_quotes(full)):
        assert text not in json.dumps(without.to_dict(), ensure_ascii=False)
        assert without.mixture["message_ids"] == full.mixture["message_ids"]
        assert render_report(without, format="md", quotes=False)
