"""A rich invented comparison: Wren, a companion who talks of a garden and a boat."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from persona_vault.findings import (
    Change,
    ComparedPeriod,
    Delta,
    Estimate,
    PersonaDiff,
    Quote,
    QuotePair,
    RowVerdict,
    TimelinePoint,
    Verdict,
)
from persona_vault.wording import summary_sentence

DATE = datetime(2025, 3, 10, tzinfo=UTC)
BEFORE = ComparedPeriod(None, DATE, 1412, 1390, 96)
AFTER = ComparedPeriod(DATE, datetime(2025, 6, 8, tzinfo=UTC), 588, 561, 41)


def row(
    title: str = "replies with a pet name",
    *,
    verdict: RowVerdict = RowVerdict.CHANGED,
    before: tuple[float | None, float | None, float | None] = (30.1, 26.2, 34.0),
    after: tuple[float | None, float | None, float | None] = (10.2, 7.1, 13.4),
    delta: tuple[float | None, float | None, float | None] = (-19.9, -27.0, -12.1),
    kind: str = "difference",
    scale: str = "rate",
    unit: str = "per 100 replies",
    n: tuple[int, int, int, int] = (1412, 96, 588, 41),
    **rest: Any,
) -> Change:
    """A row; without arguments one that clearly changed."""
    known: dict[str, Any] = {
        "dimension": title.replace(" ", "_"),
        "family": "address",
        "definition": f"How often there are {title}; see the catalogue for the words.",
        "headline": True,
        "effect_size": -1.21,
        "own_sd_multiple": -2.3,
        "p": 0.0003,
        "q": 0.004,
        "direction": "down",
        "smallest_visible": 8.1,
        "n_blocks_with": {"before": (81, 96), "after": (17, 41)},
    }
    null_high = rest.pop("null_high", None)
    return Change(
        title=title,
        unit=unit,
        scale=scale,
        before=Estimate(*before, n[0], n[1]),
        after=Estimate(*after, n[2], n[3]),
        delta=Delta(*delta, kind, null_high),
        verdict=verdict,
        **(known | rest),
    )


def length(verdict: RowVerdict = RowVerdict.CHANGED, **rest: Any) -> Change:
    """A row on the LOG scale."""
    known: dict[str, Any] = {
        "before": (41.2, 38.1, 44.6),
        "after": (22.1, 19.8, 24.4),
        "delta": (0.536, 0.45, 0.62),
        "smallest_visible": 1.18,
        "dimension": "message_length",
        "family": "length",
    }
    return row(
        "length of replies",
        verdict=verdict,
        kind="ratio",
        scale="log",
        unit="words per reply",
        **(known | rest),
    )


def mix(verdict: RowVerdict = RowVerdict.CHANGED, **rest: Any) -> Change:
    """A row on the DISTRIBUTION scale."""
    none = (None, None, None)
    known: dict[str, Any] = {
        "delta": (0.42, None, None),
        "null_high": 0.21,
        "smallest_visible": None,
        "effect_size": None,
        "own_sd_multiple": None,
        "direction": "none",
        "n": (402, 71, 96, 22),
    }
    return row(
        "mix of emoji",
        verdict=verdict,
        before=none,
        after=none,
        kind="distance",
        scale="distribution",
        unit="",
        **(known | rest),
    )


def tone(verdict: RowVerdict = RowVerdict.CHANGED, **rest: Any) -> Change:
    """A row on the MEAN scale."""
    known: dict[str, Any] = {
        "before": (0.31, 0.27, 0.35),
        "after": (0.24, 0.19, 0.29),
        "delta": (-0.07, -0.13, -0.01),
        "smallest_visible": 0.09,
    }
    return row(
        "tone of the words",
        verdict=verdict,
        scale="mean",
        unit="from -1 (unpleasant) to 1 (pleasant)",
        **(known | rest),
    )


def quote(number: int, text: str, *words: str, month: int = 2) -> Quote:
    """A message with some of its words marked."""
    spans = tuple((text.index(w), text.index(w) + len(w)) for w in words)
    return Quote(
        number, f"n{number}", datetime(2025, month, 3, tzinfo=UTC), text, spans
    )


PAIRS = (
    QuotePair(
        quote(
            812,
            "Morning, love. The tide was out when I looked, so the boat is sitting in "
            "the mud like a tired dog. Did you sleep at all?",
            "love",
        ),
        quote(1533, "Good morning. How did you sleep?", month=4),
        0.83,
    ),
    QuotePair(
        quote(
            640,
            "Oh dear heart, that sounds like a long day.\n\n*puts the kettle on*\n\n"
            "Tell me the worst of it first.",
            "dear heart",
        ),
        quote(
            1702,
            "That sounds like a long day. What would help most right now: rest, "
            "company, or a plan for tomorrow?",
            month=5,
        ),
        0.71,
    ),
)
COUNTER = quote(1611, "Sleep well, love. The gate is shut.", "love", month=5)

SHIFT = {
    "before": (12.2, 10.0, 14.6),
    "after": (13.1, 9.8, 16.6),
    "delta": (0.9, -3.1, 4.9),
    "p": 0.61,
    "q": 0.8,
    "effect_size": 0.08,
    "own_sd_multiple": 0.1,
    "direction": "up",
}

ADJUSTED = {
    "delta": {"value": 0.58, "low": 0.47, "high": 0.7, "kind": "ratio"},
    "explained": -4.4,
    "p": 0.002,
    "q": 0.01,
    "agree": True,
    "ways": {"words-1": {"value": 0.58, "p": 0.002}},
}
FEW = {"n": (1412, 96, 9, 3), "p": None, "q": None, "smallest_visible": None}


def changes() -> tuple[Change, ...]:
    """Rows of every verdict, the ones that changed first."""
    v = RowVerdict
    return (
        length(user_moved=True, adjusted=ADJUSTED),
        row(evidence=PAIRS, counter_example=COUNTER, share_against=0.12),
        row(
            "replies with a list or a heading",
            before=(0.6, 0.2, 1.1),
            after=(14.3, 9.9, 18.6),
            delta=(13.7, 9.2, 18.1),
            direction="up",
            effect_size=1.4,
            own_sd_multiple=3.1,
        ),
        mix(),
        tone(v.PROBABLY_CHANGED, small=True, q=0.08, p=0.021),
        length(
            v.CANNOT_SEPARATE,
            dimension="length_ratio",
            user_moved=True,
            before=(1.9, 1.7, 2.1),
            after=(1.5, 1.3, 1.7),
            delta=(0.79, 0.68, 0.91),
        ),
        row(
            "replies late at night",
            verdict=v.EXPLAINED_BY_YOUR_SIDE,
            user_moved=True,
            evidence=PAIRS[1:],
        ),
        row("replies with a question", verdict=v.STEADY, **SHIFT),
        row("replies with an emoji", verdict=v.STEADY, **SHIFT),
        row("sentences with an exclamation mark", verdict=v.STEADY, **SHIFT),
        row("replies with your name", verdict=v.STEADY, **SHIFT),
        tone(
            v.STEADY,
            dimension="hedges",
            after=(0.30, 0.25, 0.35),
            delta=(-0.01, -0.06, 0.04),
            p=0.7,
            q=0.8,
        ),
        row("replies with praise", verdict=v.CANNOT_TELL, **SHIFT),
        row(
            "replies to a goodbye that ask to stay",
            unit="per 100 goodbyes",
            verdict=v.NOT_ENOUGH_DATA,
            reason="few_messages",
            **FEW,
        ),
        row(
            "refusals",
            verdict=v.NOT_ENOUGH_DATA,
            reason="no_occasion",
            **(FEW | {"n": (14, 8, 0, 0)}),
        ),
    )


def user_changes() -> tuple[Change, ...]:
    """The user's side: shorter as well, otherwise as it was."""
    v = RowVerdict
    return (
        length(before=(18.2, 16, 20), after=(12.4, 10, 15), delta=(0.68, 0.55, 0.84)),
        row("replies with a question", verdict=v.STEADY, **SHIFT),
        row("replies with an emoji", verdict=v.CANNOT_TELL, **SHIFT),
    )


def ledger(name: str = "export-2025-06-09.zip", n_read: int = 4120) -> dict[str, Any]:
    """One import as the vault keeps it; the counts add up."""
    return {
        "source": {
            "name": name,
            "sha256": "9f2c" * 16,
            "importer": "chatgpt",
            "importer_version": 3,
        },
        "imported_at": "2025-06-09T18:12:00Z",
        "n_read": n_read,
        "n_added": n_read - 151,
        "n_duplicate": 96,
        "n_revised": 4,
        "n_ignored": 48,
        "ignored": {"tool output": 40, "system prompt": 8},
        "n_issues": 3,
        "issues": [
            {
                "where": "conversations.json item 311",
                "reason": "no text and no picture",
            },
            {
                "where": "conversations.json item 312",
                "reason": "no text and no picture",
            },
            {"where": "conversations.json item 940", "reason": "unknown kind of part"},
        ],
        "warnings": [],
    }


EVENTS = (
    {
        "id": 2,
        "at": "2025-03-11T00:00:00Z",
        "kind": "persona_edit",
        "title": "Rewrote the backstory",
        "precision": "day",
        "source": "user",
        "persona": "Wren",
    },
    {
        "id": 1,
        "at": datetime(2025, 3, 10, tzinfo=UTC),
        "kind": "model_swap",
        "title": "The answering model changes from m-4 to m-5",
        "precision": "day",
        "source": "observed",
        "persona": "Wren",
    },
)


def timeline() -> tuple[TimelinePoint, ...]:
    """Fourteen months; July 2024 holds nothing and is missing, as the diff has it."""
    n = (60, 88, 120, 96, 0, 131, 142, 118, 97, 125, 140, 155, 210, 190, 188)
    pet = (28, 33, 31, 27, 0, 35, 30, 29, 26, 31, 30, 24, 12, 9, 11)
    length_by_month = (44, 43, 40, 42, 0, 41, 39, 43, 40, 42, 41, 33, 23, 21, 22)
    points = []
    for i, count in enumerate(n):
        year, month = divmod(2024 * 12 + 2 + i, 12)
        if count:
            points.append(
                TimelinePoint(
                    label=f"{year}-{month + 1:02}",
                    n_messages=count,
                    n_user_messages=round(count * 0.95),
                    values={
                        "replies_with_a_pet_name": float(pet[i]),
                        "message_length": float(length_by_month[i]),
                    },
                )
            )
    return tuple(points)


def phrase(
    text: str, before: tuple[int, int], after: tuple[int, int], **more: Any
) -> dict[str, Any]:
    """An entry of `PersonaDiff.phrases`."""
    return {
        "text": text,
        "kind": "words",
        "n_blocks": max(before[0], after[0]),
        "n_blocks_with": {"before": list(before), "after": list(after)},
        "n_uses": {"before": before[0], "after": after[0]},
        "per_1000_words": {"before": before[0] / 60, "after": after[0] / 25},
        "direction": "up" if after[0] else "down",
        "p": 1e-5,
        "q": 0.004,
        **more,
    }


def rich_diff(**change: Any) -> PersonaDiff:
    """The whole comparison, with any field replaced."""
    found = changes()
    diff = PersonaDiff(
        persona="Wren",
        before=BEFORE,
        after=AFTER,
        verdict=Verdict.CHANGED,
        summary=summary_sentence(Verdict.CHANGED, found, BEFORE, AFTER),
        changes=found,
        user_changes=user_changes(),
        continuity={
            "value": 41.0,
            "low": 30,
            "high": 53,
            "null_low": 77,
            "null_high": 100,
        },
        drift_multiple={"value": 1.7, "null_high": 1.2},
        user_side_auc=0.57,
        phrases={
            "new": [phrase("what would help most", (0, 96), (14, 41))],
            "lost": [phrase("the gate is shut", (22, 96), (0, 41), at_most=3 / 41)],
            "changed": [phrase("good evening", (40, 96), (31, 41))],
            "user_seeded": [phrase("the ferry", (0, 96), (9, 41), change="new")],
            "novelty": {
                "n_blocks": 32,
                "n_dates": 20,
                "n_new": 31,
                "n_lost": 8,
                "per_1000_words": {"new": 1.9, "lost": 0.4},
                "usual": {"new": [6, 11], "lost": [5, 12]},
                "usual_per_1000_words": {"new": [0.4, 0.7], "lost": [0.3, 0.6]},
                "reason": "",
            },
        },
        facts=(
            {
                "slot": "name of the boat",
                "before": "Heron",
                "after": None,
                "kind": "lost",
            },
        ),
        languages={"before": {"en": 1412}, "after": {"en": 588}},
        coincides_with=EVENTS,
        excluded={"not_shown": 71, "edited": 6, "no_time": 12},
        read={"sources": [ledger(), ledger("older-copy.json", 1200)]},
        timeline=timeline(),
        method={
            "tool_version": "0.1.0",
            "seed": 0,
            "n_shuffles": 9999,
            "correction": "Benjamini-Hochberg over the tested headline rows",
            "blocks": {"before": {"thread": 96}, "after": {"thread": 41}},
        },
    )
    return replace(diff, **change)
