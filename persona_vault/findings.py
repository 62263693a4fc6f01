"""What a comparison found, as data: the shape behind `diff --json`.

Every class is frozen and has `to_dict()`; the keys are the documented contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from persona_vault.plain import plain

FORMAT = "persona-diff"
FORMAT_VERSION = 1


class RowVerdict(StrEnum):
    """What can be said of one row; the first that applies, in this order."""

    NOT_ENOUGH_DATA = "not_enough_data"
    EXPLAINED_BY_YOUR_SIDE = "explained_by_your_side"
    CANNOT_SEPARATE = "cannot_separate"
    CHANGED = "changed"
    PROBABLY_CHANGED = "probably_changed"
    STEADY = "steady"
    CANNOT_TELL = "cannot_tell"


class Verdict(StrEnum):
    """What can be said of the whole comparison."""

    CHANGED = "changed"
    PROBABLY_CHANGED = "probably_changed"
    CONFOUNDED = "confounded"
    STEADY = "steady"
    CANNOT_TELL = "cannot_tell"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A row on one side, in the row's display unit (see `Change.unit`).

    Attributes:
        value: None where there was no occasion.
        low, high: 95 % interval by blocks, None where it cannot be given.
        n_messages: Turns that were an occasion.
        n_blocks: Blocks with at least one occasion.
    """

    value: float | None
    low: float | None
    high: float | None
    n_messages: int
    n_blocks: int


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference after - before.

    Attributes:
        value, low, high: For `kind` "difference" in the display unit (percentage
            points for rates); for "ratio" after / before; for "distance" the
            Jensen-Shannon distance (0..1, base 2), with no interval.
        null_high: For "distance": what 95 % of shuffled talks stay under; else None.
    """

    value: float | None
    low: float | None
    high: float | None
    kind: str
    null_high: float | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A message, verbatim, with where it stands and what shows the row.

    `spans` are character offsets into `text`.
    """

    message_id: int
    native_id: str | None
    sent_at: datetime | None
    text: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class QuotePair:
    """One reply from before, one from after, chosen by rule before reading them.

    `similarity` is that of the user's words they answer, 0..1, None if not measured.
    Either side is None where that period has no fitting message.
    """

    before: Quote | None
    after: Quote | None
    similarity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the comparison.

    Attributes:
        dimension, family, title, unit, definition: From the dimension.
        scale: The dimension's scale.
        headline: Whether the row was fixed in advance.
        effect_size: Difference over the pooled standard deviation of block means
            (Hedges' g), None for distances.
        own_sd_multiple: Difference over the standard deviation between blocks in
            `before`: "so many times its normal wobble".
        p: Two-sided, by whole blocks; None where the row was not tested.
        q: Benjamini-Hochberg over the tested headline rows.
        direction: "up", "down" or "none".
        small: Significant, but under the size worth calling a difference.
        smallest_visible: The smallest difference that this much text would have shown
            in 4 of 5 tries, in the unit and kind of `delta`.
        user_moved: Whether the same row moved on the user's side (q <= .05).
        adjusted: What is left once the user's side is allowed for: {"delta": as above,
            "explained": raw less what is left (points or units; for a ratio
            hundredths of `before`), "p": the largest of all ways, "q", "agree":
            whether all ways go the way of the raw difference, "ways": way ->
            {"value", "p"}}; None where it could not be computed.
        trend: What the row did inside `before` alone, {"value": from its first block to
            its last, in the unit and kind of `delta`, "weeks", "p" (Kendall), "alike":
            likeness of neighbouring blocks, "jump_p": of a jump at the date beyond
            lines through both periods, None without a trend}; None without dates or
            with too few.
        placebo: The same comparison at fake dates inside `before`, {"value": between
            the nearest `n_blocks` on each side of the real date, "n_fakes",
            "n_as_large", "p", "fakes": the values at the fake dates in order (of rows
            with a difference only), "gate": "passed", "failed" (at most
            `probably_changed` then), "not_asked" (`before` does not move by itself),
            "unavailable" (fewer than 9)}; None without dates.
        matched: The difference among replies to similar words of the user, {"before",
            "after", "value": in the unit and kind of `delta`, "n_pairs",
            "share_against"}: it shows how far the answer hangs on what was asked, and
            decides nothing; None where quotes were not asked for, or too few are near.
        evidence, counter_example: Quotes, empty when none were asked for.
        share_against: Share (0..1) of the matched pairs with a difference in which it
            goes the other way, None where nothing was matched.
        n_blocks_with: How many blocks show it at all, {"before": [k, n], "after": ..}.
        n_marked_wrong: Hits that the user marked wrong, which are not counted,
            {"before", "after"}; empty where there are none.
        reason: Why `not_enough_data`: "few_blocks", "few_messages", "too_rare",
            "no_occasion", "language", or "".
    """

    dimension: str
    family: str
    title: str
    unit: str
    scale: str
    definition: str
    headline: bool
    before: Estimate
    after: Estimate
    delta: Delta
    effect_size: float | None
    own_sd_multiple: float | None
    p: float | None
    q: float | None
    verdict: RowVerdict
    direction: str
    small: bool = False
    smallest_visible: float | None = None
    user_moved: bool = False
    adjusted: Mapping[str, Any] | None = None
    trend: Mapping[str, Any] | None = None
    placebo: Mapping[str, Any] | None = None
    matched: Mapping[str, Any] | None = None
    evidence: tuple[QuotePair, ...] = ()
    counter_example: Quote | None = None
    share_against: float | None = None
    n_blocks_with: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    n_marked_wrong: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON types."""
        result: dict[str, Any] = plain(self)
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyFinding:
    """What can be said of a family of headline rows taken as one.

    Attributes:
        n_rows: Rows that take part: tested, not a repertoire, and not moving by
            themselves before the date.
        p: Of the smallest p of its rows, held against the same shuffles of blocks.
        p_adjusted: Corrected for all families (Westfall and Young, step-down).
        verdict: "changed" (`p_adjusted` <= .05), "probably_changed" (<= .10),
            "cannot_separate" (the same, but the user's side moved and no row was found
            with that allowed for), "cannot_tell" or "not_enough_data".
        stands_out: Whether a row of it is called changed, or probably so, by itself.
    """

    family: str
    n_rows: int
    p: float | None
    p_adjusted: float | None
    verdict: RowVerdict
    stands_out: bool


@dataclass(frozen=True, slots=True)
class ComparedPeriod:
    """What one side of the comparison was made of."""

    since: datetime | None
    until: datetime | None
    n_messages: int
    n_user_messages: int
    n_blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    """One month (or run of messages) of the talk, for charts.

    Attributes:
        label: Such as "2025-03" or "messages 1-500".
        n_messages: The companion's messages.
        n_user_messages: The user's.
        values: dimension -> estimate in the display unit, None without occasion.
    """

    label: str
    n_messages: int
    n_user_messages: int
    values: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """A date at which the replies changed, as the search found it.

    Attributes:
        at: Start of the first talk after it, aware UTC; None for undated talks.
        low, high: It came after the talk begun at low, and no later than the one begun
            at high: a range made so holds the true date in 95 of 100 redrawn series.
        block: Number of that talk in reading order, from 1; low_block, high_block.
        message: Of an undated talk of a vault: number of its first message, from 1 and
            in reading order, as `diff --before-messages` counts; None where there are
            dates. low_message, high_message.
        p: How often shuffled talks reach it, all dates looked at paid for.
        score: The largest standardised difference of one measure there.
        verdict: Of the full comparison of the stretches on both sides, every p
            doubled because the date was chosen by looking.
        dimensions: Measures that this comparison calls changed, largest first.
        changes: These rows whole.
        near_events: Events of the timeline within a week of low..high.
    """

    at: datetime | None
    low: datetime | None
    high: datetime | None
    block: int
    low_block: int
    high_block: int
    p: float
    score: float
    verdict: Verdict
    dimensions: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    near_events: tuple[Mapping[str, Any], ...] = ()
    message: int | None = None
    low_message: int | None = None
    high_message: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDate:
    """A date that was known before anyone looked, and what the comparison says.

    The stretch since the known date before it (all, without one) is compared with that
    until the next one, 90 days at most; neighbours leave at least 4 talks and 20
    replies on a side, else they are looked past.

    Attributes:
        smallest_length: The smallest factor of the length of replies that would have
            shown, either way; None where it was not tested.
    """

    at: datetime
    title: str
    source: str
    verdict: Verdict
    dimensions: tuple[str, ...]
    n_before: int
    n_after: int
    smallest_length: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """When a companion's messages changed, the date unknown.

    Attributes:
        known_dates: Events of the timeline and model switches in the data, tested
            first; one alone has no penalty for looking, several share the level.
        change_points: Dates that the search found, in order of time.
        gradual: Whether the replies moved slowly over a stretch, with no date.
        gradual_since, gradual_until: That stretch, None where undated or not gradual.
        maybe_gradual: Whether a slow change fits as well as the one date that was
            found.
        p: Of the search over everything, None where there is too little to search.
        note: One or more whole sentences: the answer.
    """

    persona: str
    known_dates: tuple[KnownDate, ...]
    change_points: tuple[ChangePoint, ...]
    gradual: bool
    gradual_since: datetime | None
    gradual_until: datetime | None
    maybe_gradual: bool
    p: float | None
    n_blocks: int
    n_messages: int
    note: str
    method: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON types."""
        body: dict[str, Any] = plain(self)
        return body


def no_phrases() -> dict[str, Any]:
    """What `PersonaDiff.phrases` holds where no phrases were asked for."""
    return {"new": [], "lost": [], "changed": [], "user_seeded": [], "novelty": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaDiff:
    """A comparison of two periods of one companion's messages.

    Attributes:
        summary: One sentence a lay reader can stand on.
        changes: The companion's rows, the ones that changed first.
        user_changes: The same rows measured on the user's messages.
        families: The companion's rows by family; they add to the rows and never decide
            one, nor the verdict.
        read: What was read and what was not: {"sources": [ledger...], ...}; empty for
            a diff of two files.
        timeline: Months in order, empty for a diff of two files.
        pauses: How long the user stayed away between talks (12 hours or more), see
            `diff.pauses.pauses`; None without times or with too few.
        coincides_with: Events near the date, new versions of the prompt among them.
        prompt: Versions of what the companion was told to be, without their words
            (`timeline.PromptRecord`); None where no input is kept, or for two files.
        user_side_auc: How well the user's own messages of the two periods can be told
            apart, 0.5..1 or by chance below; the largest of all ways.
        common_ground: Share of what the user said in one period that has a near
            neighbour in the other, {"after_in_before", "before_in_after"}, 0..1, None
            for a diff of two files; one and the same talk gives 0.9.
        phrases: "new", "lost", "changed" and "user_seeded" (you said it first): entries
            {"text", "kind": words, opener, action or emoji, "n_blocks": on the side
            with more, "n_blocks_with": {"before": [k, n], "after": ..}, "n_uses",
            "per_1000_words", "direction", "p", "q", for "lost" also "at_most", for
            "user_seeded" also "change"}, strongest first; "novelty": how many came and
            went, here and at other dates, {} where not asked for.
        excluded: reason -> number of messages left out of the measuring.
        method: Everything needed to do it again: versions, seed, rules, counts.
    """

    persona: str
    before: ComparedPeriod
    after: ComparedPeriod
    verdict: Verdict
    summary: str
    changes: tuple[Change, ...]
    user_changes: tuple[Change, ...]
    families: tuple[FamilyFinding, ...] = ()
    continuity: Mapping[str, float] | None = None
    drift_multiple: Mapping[str, float] | None = None
    user_side_auc: float | None = None
    common_ground: Mapping[str, float] | None = None
    pauses: Mapping[str, Any] | None = None
    phrases: Mapping[str, Any] = field(default_factory=no_phrases)
    facts: tuple[Mapping[str, Any], ...] = ()
    languages: Mapping[str, Any] = field(default_factory=dict)
    mixture: Mapping[str, Any] | None = None
    coincides_with: tuple[Mapping[str, Any], ...] = ()
    prompt: Mapping[str, Any] | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    read: Mapping[str, Any] = field(default_factory=dict)
    timeline: tuple[TimelinePoint, ...] = ()
    method: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The whole comparison as JSON types, keys as documented."""
        body: dict[str, Any] = plain(self)
        return {"format": FORMAT, "format_version": FORMAT_VERSION, **body}

    def __repr__(self) -> str:
        n = sum(c.verdict is RowVerdict.CHANGED for c in self.changes)
        return f"PersonaDiff({self.verdict.value}, {n} of {len(self.changes)} rows)"
