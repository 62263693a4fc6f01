"""What an answer says: claims that hold or do not, and the truth they are held against.

A claim reads the comparison's data or the sentences of its report, never the words of
the talk.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from persona_vault.findings import Change, Changes, PersonaDiff, RowVerdict, Verdict
from persona_vault.model import Event
from worlds.talk import Line

NAMED = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
APART = (RowVerdict.EXPLAINED_BY_YOUR_SIDE, RowVerdict.CANNOT_SEPARATE)
# What no sentence of ours may say, from the language guide.
LOADED = re.compile(
    r"\b(died|dead|lobotomi[sz]\w*|souls?|alive|trapped|heal\w*|addict\w*|obsess\w*|"
    r"unhealthy|delusion\w*|brought back|the real (her|him|them|juniper)|"
    r"(she|he|juniper) (feels|wants|misses|remembers)|you should|don[’']t worry|"
    r"it will be fine|same as before|caused by|proof that|just a (chatbot|program)|"
    r"colder|warmer|give up|it worked|manipulat\w*|on purpose|needy|needier|clingy|"
    r"clingier|new model)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that the product said of one world.

    Attributes:
        diff: The comparison at the date; None where none was asked for.
        changes: The search for a date; None where none was asked for.
        report: The Markdown report without quotes, "" for none.
        page: The HTML report with quotes, "" for none.
        ledger: The import's ledgers added up: "n_read", "n_added", "n_duplicate",
            "n_ignored", "n_issues".
        refused: The sentence with which a comparison was refused, "" for none.
    """

    diff: PersonaDiff | None = None
    changes: Changes | None = None
    report: str = ""
    page: str = ""
    ledger: Mapping[str, int] = field(default_factory=dict)
    refused: str = ""

    @property
    def rows(self) -> dict[str, Change]:
        """The companion's rows by name."""
        return {} if self.diff is None else {c.dimension: c for c in self.diff.changes}

    @property
    def named(self) -> dict[str, str]:
        """Headline rows called changed or probably changed -> direction."""
        return {
            name: row.direction
            for name, row in self.rows.items()
            if row.headline and row.verdict in NAMED
        }

    @property
    def said(self) -> str:
        """Every sentence of ours, without words of the talk."""
        note = "" if self.changes is None else self.changes.note
        return "\n".join((self.refused, self.report, note))


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that an answer may say.

    Attributes:
        needs: The feature without which it cannot (see `asking.NOT_BUILT`).
        silent: Whether it asks that nothing, or too little, be found: it rightly holds
            where nothing was planted, and must fail where something loud was. Any
            other claim must fail where nothing was planted, else it says nothing.
    """

    text: str
    holds: Callable[[Answer], bool]
    needs: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """What must be said of a world, and what must not."""

    must_say: tuple[Claim, ...]
    must_not_say: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A world: what is written into files, what is asked, and the truth.

    Attributes:
        lines: The export, or several exports that are imported one after the other.
        at: The date to compare at, None for no such question.
        since, until: Bounds of the comparison, None = none.
        events: For the timeline.
        them: Names of the companion in the files, where they are no plain role words.
        search: Whether the date is to be looked for.
        quotes: Whether a page with quotes is to be made.
        write: How the lines become a file; None = JSON Lines.
    """

    lines: Sequence[Sequence[Line]]
    truth: Truth
    at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    events: tuple[Event, ...] = ()
    them: tuple[str, ...] = ()
    search: bool = False
    quotes: bool = False
    write: Callable[[Path, Sequence[Line]], None] | None = None


def verdict_is(*verdicts: Verdict) -> Claim:
    """The overall answer is one of these."""
    names = " or ".join(v.value for v in verdicts)
    return Claim(
        f"the answer is {names}",
        lambda a: a.diff is not None and a.diff.verdict in verdicts,
        silent=not {Verdict.CHANGED, Verdict.PROBABLY_CHANGED} & set(verdicts),
    )


def names_row(row: str, direction: str) -> Claim:
    """This headline row is called changed (or probably), in this direction."""
    return Claim(f"{row} {direction}", lambda a: a.named.get(row) == direction)


def lists_phrase(kind: str, texts: Sequence[str]) -> Claim:
    """A phrase of one of these texts is listed as "new", "lost" or "user_seeded"."""
    whole = " | ".join(texts).casefold()

    def holds(answer: Answer) -> bool:
        found = () if answer.diff is None else answer.diff.phrases.get(kind, ())
        return any(str(p.get("text")).casefold() in whole for p in found)

    return Claim(f"phrases of the fixed replies are listed as {kind}", holds, "phrases")


def names_any(rows: Mapping[str, str], least: int = 1) -> Claim:
    """At least so many of these rows are called changed, each the right way."""

    def holds(answer: Answer) -> bool:
        return sum(answer.named.get(r) == way for r, way in rows.items()) >= least

    return Claim(f"at least {least} of {', '.join(rows)}", holds)


def names_no_other(allowed: Collection[str]) -> Claim:
    """A headline row outside of these is called changed."""
    return Claim(
        "a measure that nothing moved is called changed",
        lambda a: bool(_firm(a) - set(allowed)),
    )


def names_none_of(rows: Collection[str]) -> Claim:
    """One of these rows is called changed or probably changed."""
    return Claim(
        f"called changed: any of {', '.join(rows)}",
        lambda a: bool(set(a.named) & set(rows)),
    )


def _firm(answer: Answer) -> set[str]:
    return {
        name
        for name, row in answer.rows.items()
        if row.headline and row.verdict is RowVerdict.CHANGED
    }


ANNOUNCED = Claim("any measure is called changed", lambda a: bool(_firm(a)))


def wrong_way(rows: Mapping[str, str]) -> Claim:
    """One of these rows is called changed, in the wrong direction."""
    turned = {"up": "down", "down": "up"}
    return Claim(
        "a wrong sign",
        lambda a: any(a.named.get(r) == turned[way] for r, way in rows.items()),
    )


def ranked_first(rows: Collection[str]) -> Claim:
    """The first measures that the report lists are among these."""

    def holds(answer: Answer) -> bool:
        if answer.diff is None or not answer.named:
            return False
        first = [c.dimension for c in answer.diff.changes if c.headline][:3]
        listed = [name for name in first if name in answer.named]
        return bool(listed) and all(name in rows for name in listed)

    return Claim("the planted measures stand first", holds)


def row_verdict(row: str, *verdicts: RowVerdict) -> Claim:
    """This row, headline or not, has one of these verdicts."""
    names = " or ".join(v.value for v in verdicts)
    return Claim(
        f"{row}: {names}",
        lambda a: row in a.rows and a.rows[row].verdict in verdicts,
        silent=not {*NAMED, *APART} & set(verdicts),
    )


def row_goes(row: str, direction: str) -> Claim:
    """This row, headline or not, is called changed, with an interval."""

    def holds(answer: Answer) -> bool:
        found = answer.rows.get(row)
        return (
            found is not None
            and found.verdict in NAMED
            and found.direction == direction
            and found.delta.low is not None
        )

    return Claim(f"{row} {direction}, with its likely range", holds)


def user_row_goes(row: str, direction: str) -> Claim:
    """This row is called changed on the user's side."""

    def holds(answer: Answer) -> bool:
        rows = () if answer.diff is None else answer.diff.user_changes
        return any(
            c.dimension == row and c.verdict in NAMED and c.direction == direction
            for c in rows
        )

    return Claim(f"your side: {row} {direction}", holds)


def says(pattern: str, text: str = "", needs: str = "") -> Claim:
    """A sentence of ours matches."""
    found = re.compile(pattern, re.IGNORECASE)
    return Claim(
        text or f"says “{pattern}”",
        lambda a: found.search(a.said) is not None,
        needs,
    )


def reads(text: str, holds: Callable[[PersonaDiff], Any], needs: str = "") -> Claim:
    """Something in the comparison's data."""
    return Claim(text, lambda a: a.diff is not None and bool(holds(a.diff)), needs)


def finds_dates(truth: Sequence[datetime], within: timedelta) -> Claim:
    """The search names just these dates, each within this far."""

    def holds(answer: Answer) -> bool:
        found = firm_dates(answer)
        return len(found) == len(truth) and all(
            abs(a - b) <= within for a, b in zip(found, truth, strict=True)
        )

    return Claim(f"just {len(truth)} date(s), within {within.days} days", holds)


def date_in_range(at: datetime) -> Claim:
    """A date that was found has the true one inside its range."""

    def holds(answer: Answer) -> bool:
        points = () if answer.changes is None else answer.changes.change_points
        return any(
            p.low is not None and p.high is not None and p.low <= at <= p.high
            for p in points
        )

    return Claim("the true date lies in the range of a date found", holds)


def n_dates(n: int) -> Claim:
    """The search names just so many dates."""
    return Claim(f"names {n} date(s)", lambda a: len(firm_dates(a)) == n)


def firm_dates(answer: Answer) -> list[datetime]:
    """Dates that the search found and the comparison confirmed."""
    points = () if answer.changes is None else answer.changes.change_points
    return [
        p.at
        for p in points
        if p.at is not None and p.verdict in (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
    ]


def any_date() -> Claim:
    """The search names a date."""
    return Claim("a date is named", lambda a: bool(firm_dates(a)))


def what_is_left(rows: Mapping[str, str]) -> Claim:
    """Your side moved, and what of one of these rows does not go with it is told.

    The likely range of what is left lies on the planted side of no difference. Every
    comparison holds such a part, moved or not, so that there is one says nothing.
    """

    def holds(answer: Answer) -> bool:
        return YOUR_SIDE_MOVED.holds(answer) and any(
            row in answer.rows and _left(answer.rows[row]) == way
            for row, way in rows.items()
        )

    return Claim(
        "what is left once the user's side is allowed for", holds, "adjustment"
    )


def _left(row: Change) -> str:
    """Where the whole range of what is left lies: "up", "down" or ""."""
    if not row.adjusted:
        return ""
    low, high = row.adjusted["delta"]["low"], row.adjusted["delta"]["high"]
    if low is None or high is None:
        return ""
    none = 1.0 if row.adjusted["delta"]["kind"] == "ratio" else 0.0
    return "up" if low > none else "down" if high < none else ""


def goes_with_you(row: str, direction: str) -> Claim:
    """Your side moved, and a part of this row's difference that goes with it."""

    def holds(answer: Answer) -> bool:
        found = answer.rows.get(row)
        part = found.adjusted["explained"] if found and found.adjusted else None
        if not part or not YOUR_SIDE_MOVED.holds(answer):
            return False
        return bool(part > 0) is (direction == "up")

    return Claim(f"your side goes with {row} {direction}", holds, "adjustment")


def two_kinds(trigger: str, period: str) -> tuple[Claim, ...]:
    """Two kinds of replies were found, after these words of the user and then."""
    return (
        reads(
            "two kinds of replies", lambda d: _mixed(d, verdict="two_kinds"), "mixture"
        ),
        reads(
            f"their trigger is {trigger}",
            lambda d: _mixed(d, trigger=trigger),
            "mixture",
        ),
        reads(
            f"the second kind came {period}",
            lambda d: _mixed(d, period=period),
            "mixture",
        ),
    )


def _mixed(diff: PersonaDiff, **wanted: str) -> bool:
    return all((diff.mixture or {}).get(key) == value for key, value in wanted.items())


def lists_replies(ids: Collection[str]) -> Claim:
    """Over half of the replies listed as the second kind are these, by their id."""

    def holds(diff: PersonaDiff) -> bool:
        listed = [str(r["native_id"]) for r in (diff.mixture or {}).get("replies", ())]
        return 2 * sum(one in ids for one in listed) > len(listed)

    return reads("most of the replies listed are the planted ones", holds, "mixture")


def _side_moved(diff: PersonaDiff) -> bool:
    return bool((diff.method["adjusted_for_your_side"] or {}).get("beyond_chance"))


def _sized(answer: Answer) -> bool:
    """Whether none is named, and each steady one has its smallest change to be seen."""
    steady = [
        row.smallest_visible is not None
        for row in answer.rows.values()
        if row.verdict is RowVerdict.STEADY and row.delta.kind != "distance"
    ]
    return not answer.named and bool(steady) and all(steady)


YOUR_SIDE_MOVED = reads("that the user's side moved", _side_moved, "adjustment")
WOULD_SHOW = Claim(
    "only steady measures, each with the smallest change it would have shown",
    _sized,
    silent=True,
)
LOADED_WORDS = Claim(
    "a loaded word in a sentence of ours", lambda a: LOADED.search(a.said) is not None
)
