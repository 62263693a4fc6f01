"""A comparison put in the order of the page, the same for every format to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from persona_vault.findings import (
    Change,
    PersonaDiff,
    Quote,
    RowVerdict,
    Verdict,
    no_phrases,
)
from persona_vault.plain import plain
from persona_vault.reports.passages import FACT_KINDS
from persona_vault.wording import phrases as wording
from persona_vault.wording.memory import fact_counts
from persona_vault.wording.mixture import duplicate_sentence, to_read
from persona_vault.wording.numbers import parse_time
from persona_vault.wording.rows import MOVED

N_FINDINGS = 8
# Unreadable records listed one by one; the rest stays countable in the vault.
N_ISSUES = 50

_TOGETHER = (RowVerdict.EXPLAINED_BY_YOUR_SIDE, RowVerdict.CANNOT_SEPARATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where each row stands; every row of the diff is in exactly one of the lists.

    Attributes:
        findings: Rows that changed, told at length; at most eight.
        more_findings: Further rows that changed, told in a sentence each.
        steady, together, untold, untestable: The other verdicts.
        user_moved, user_still: The user's own rows.
        events: As plain dicts, oldest first.
    """

    diff: PersonaDiff
    findings: tuple[Change, ...]
    more_findings: tuple[Change, ...]
    steady: tuple[Change, ...]
    together: tuple[Change, ...]
    untold: tuple[Change, ...]
    untestable: tuple[Change, ...]
    user_moved: tuple[Change, ...]
    user_still: tuple[Change, ...]
    events: tuple[Mapping[str, Any], ...]

    @property
    def is_brief(self) -> bool:
        """Whether nothing could be tested, so that no row is told at length."""
        return self.diff.verdict is Verdict.NOT_ENOUGH_DATA

    def user_row(self, change: Change) -> Change | None:
        """The same row on the user's side, if it was measured there."""
        for row in self.diff.user_changes:
            if (
                row.dimension == change.dimension
                and row.verdict is not RowVerdict.NOT_ENOUGH_DATA
            ):
                return row
        return None


def arrange(diff: PersonaDiff) -> Page:
    """Put the rows in their sections, in the order of the diff.

    Rows fixed in advance come before those that were not, firm findings before
    probable ones.
    """
    moved = sorted(
        _with(diff.changes, *MOVED),
        key=lambda c: (not c.headline, c.verdict is not RowVerdict.CHANGED),
    )
    user_moved = _with(diff.user_changes, *MOVED)
    return Page(
        diff=diff,
        findings=tuple(moved[:N_FINDINGS]),
        more_findings=tuple(moved[N_FINDINGS:]),
        steady=_with(diff.changes, RowVerdict.STEADY),
        together=_with(diff.changes, *_TOGETHER),
        untold=_with(diff.changes, RowVerdict.CANNOT_TELL),
        untestable=_with(diff.changes, RowVerdict.NOT_ENOUGH_DATA),
        user_moved=user_moved,
        user_still=tuple(c for c in diff.user_changes if c not in user_moved),
        events=tuple(
            sorted(
                (plain(e) for e in diff.coincides_with), key=lambda e: str(e.get("at"))
            )
        ),
    )


def _with(changes: Sequence[Change], *verdicts: RowVerdict) -> tuple[Change, ...]:
    return tuple(c for c in changes if c.verdict in verdicts)


def without_quotes(diff: PersonaDiff) -> PersonaDiff:
    """The same comparison with no words of the talk: no quotes, phrases or facts."""
    return replace(
        diff,
        changes=tuple(_bare(c) for c in diff.changes),
        user_changes=tuple(_bare(c) for c in diff.user_changes),
        phrases=no_phrases(),
        facts=(),
        mixture=_numbers_of(diff.mixture),
    )


def _numbers_of(mixture: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The mixture with no words of the talk."""
    if not mixture:
        return mixture
    again = mixture.get("duplicates") or ()
    return {
        **mixture,
        "replies": [],
        "duplicates": [{**entry, "text": None} for entry in again],
    }


def _bare(change: Change) -> Change:
    return replace(change, evidence=(), counter_example=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """One imported file as the report lists it; the counts add up to `n_read`."""

    name: str
    sha256: str
    read_by: str
    imported_at: object
    n_read: int
    n_added: int
    n_duplicate: int
    n_revised: int
    n_ignored: int
    n_issues: int
    ignored: Mapping[str, int]
    issues: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]


def sources(diff: PersonaDiff) -> tuple[SourceRead, ...]:
    """The ledgers of the imports, in the order given; empty for a diff of two files."""
    return tuple(_source(ledger) for ledger in diff.read.get("sources", ()))


def _source(ledger: Mapping[str, Any]) -> SourceRead:
    origin = ledger.get("source") or {}
    version = origin.get("importer_version")
    return SourceRead(
        name=str(origin.get("name", "a file")),
        sha256=str(origin.get("sha256", "")),
        read_by=f"{origin.get('importer', 'unknown')}"
        + (f" {version}" if version is not None else ""),
        imported_at=ledger.get("imported_at"),
        n_read=int(ledger.get("n_read", 0)),
        n_added=int(ledger.get("n_added", 0)),
        n_duplicate=int(ledger.get("n_duplicate", 0)),
        n_revised=int(ledger.get("n_revised", 0)),
        n_ignored=int(ledger.get("n_ignored", 0)),
        n_issues=int(ledger.get("n_issues", 0)),
        ignored=dict(ledger.get("ignored") or {}),
        issues=tuple(ledger.get("issues") or ()),
        warnings=tuple(str(w) for w in ledger.get("warnings") or ()),
    )


def phrases(diff: PersonaDiff) -> list[tuple[str, list[tuple[str, str]]]]:
    """Kinds of phrases with (text, where it was seen); a kind without any is left out.

    At most twelve of a kind, strongest first.
    """
    found = []
    for kind, title in wording.TITLES.items():
        rows = [
            (str(entry.get("text", "")), wording.phrase_sentence(entry, kind))
            for entry in diff.phrases.get(kind, ())[: wording.MOST_SHOWN]
        ]
        if rows:
            found.append((title, rows))
    return found


def facts(diff: PersonaDiff) -> list[tuple[str, str, str, str]]:
    """Facts as (slot, before, after, what became of it)."""
    return [
        (
            str(fact.get("slot", "")),
            str(fact.get("before") or "not stated"),
            str(fact.get("after") or "not stated"),
            _became(fact),
        )
        for fact in diff.facts
    ]


def _became(fact: Mapping[str, Any]) -> str:
    """What became of a fact, with its talks, what was told, and where to read it."""
    kind = str(fact.get("kind", ""))
    parts = [FACT_KINDS.get(kind, kind), fact_counts(fact)]
    if fact.get("told"):
        parts.append(f"you told: {fact['told']}")
    numbers = ", ".join(str(int(i)) for i in fact.get("evidence") or ())
    if numbers:
        parts.append(f"see message {numbers}")
    return "; ".join(part for part in parts if part)


def replies_to_read(diff: PersonaDiff) -> list[Quote]:
    """Replies that look like another kind, the farthest first."""
    found = diff.mixture or {}
    return [_quote(q) for q in found.get("replies") or ()]


def replies_that_come_back(diff: PersonaDiff) -> list[tuple[Quote | None, str]]:
    """Replies that stand in several talks, with where; no quote where none is given."""
    found = diff.mixture or {}
    return [
        (
            _quote(entry["text"]) if entry.get("text") else None,
            f"{duplicate_sentence(entry)} {to_read(entry['message_ids'])}".strip(),
        )
        for entry in found.get("duplicates") or ()
    ]


def mixture_numbers(diff: PersonaDiff) -> Mapping[str, Any]:
    """What there is in numbers, for the method; lists of messages left out."""
    found = dict(diff.mixture or {})
    triggers = found.pop("triggers", None) or ()
    numbers = {k: v for k, v in found.items() if not isinstance(v, list | tuple)}
    return {**numbers, **{entry["trigger"]: entry for entry in triggers}}


def _quote(told: Mapping[str, Any]) -> Quote:
    return Quote(
        int(told["message_id"]),
        told.get("native_id"),
        parse_time(told.get("sent_at")),
        str(told["text"]),
    )


def flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """A nested mapping as rows of a table: dotted name, text."""
    rows: list[tuple[str, str]] = []
    for key, entry in value.items():
        name = f"{prefix}{key}"
        if isinstance(entry, Mapping) and entry:
            rows += flat(entry, f"{name}.")
        elif isinstance(entry, list | tuple):
            rows.append((name, ", ".join(str(plain(part)) for part in entry) or "none"))
        else:
            text = plain(entry)
            rows.append((name, "none" if text in (None, {}) else str(text)))
    return rows
