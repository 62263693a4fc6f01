"""Whether the prompt changed when the voice changed: persona inputs of two periods."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import groupby

from sqlalchemy import Connection, select

from persona_vault.model import Period
from persona_vault.store.clock import from_micros
from persona_vault.store.schema import persona_input
from persona_vault.store.vault import Vault

NEAR = timedelta(days=3)
# Of these a companion has any number at once; of all others one holds at a time.
MANY = frozenset(
    "memory diary journal lorebook_entry mind_map project_doc example_dialogue".split()
)
_MOST_WORDS = 20_000  # aligned word by word; more would take minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class InputVersion:
    """One dated version of what the companion was told to be.

    Attributes:
        kind, title: As for a persona input.
        at: When these words were first seen to hold, aware UTC.
        near: Whether that is within 3 days of the date between the periods.
        n_words: Words of this version.
        n_words_before: Words of the version before it, None for the first.
        n_words_kept: Words of this version that stood, in order, in the one before.
    """

    kind: str
    title: str
    at: datetime
    near: bool
    n_words: int
    n_words_before: int | None = None
    n_words_kept: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCount:
    """How many memories, entries and the like were first seen in each period."""

    kind: str
    n_before: int
    n_after: int
    n_near: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRecord:
    """What is known of the companion's prompt over two periods; holds no text.

    Attributes:
        versions: First seen within either period, oldest first.
        counts: By kind, for the kinds that a companion has many of.
        n_undated: Inputs whose date the files do not give.
    """

    versions: tuple[InputVersion, ...]
    counts: tuple[InputCount, ...]
    n_undated: int


@dataclass(frozen=True, slots=True)
class _Input:
    kind: str
    title: str
    text: str
    at: datetime | None


def prompt_record(
    vault: Vault, persona: str, before: Period, after: Period
) -> PromptRecord | None:
    """The prompt's versions over two periods; None where no input is kept.

    The same words seen again are no new version. Periods by message number have no
    dates: all versions are then told, and none counts as near.
    """
    with vault.read() as connection:
        inputs = _inputs(connection, vault.persona(persona).id)
    if not inputs:
        return None
    edges = [t for t in (before.until, after.since) if t]
    dated = [i for i in inputs if i.at is not None]
    counts = Counter[tuple[str, str]]()
    for given in dated:
        if given.kind in MANY:
            counts.update(_counted(given, before, after, edges))
    kinds = sorted({kind for kind, _what in counts})
    return PromptRecord(
        versions=tuple(
            version
            for version in _versions(dated, edges)
            if _within(version.at, before) or _within(version.at, after)
        ),
        counts=tuple(
            InputCount(
                kind=kind,
                n_before=counts[kind, "before"],
                n_after=counts[kind, "after"],
                n_near=counts[kind, "near"],
            )
            for kind in kinds
        ),
        n_undated=len(inputs) - len(dated),
    )


def _inputs(connection: Connection, persona_id: int) -> list[_Input]:
    """Each text once, with the first time at which it was seen."""
    table = persona_input.c
    query = (
        select(table.kind, table.title, table.text, table.valid_from)
        .where(table.persona_id == persona_id)
        .order_by(table.kind, table.title, table.valid_from.is_(None), table.valid_from)
    )
    first: dict[tuple[str, str, str], _Input] = {}
    for kind, title, text, at in connection.execute(query):
        moment = None if at is None else from_micros(at)
        first.setdefault((kind, title, text), _Input(kind, title, text, moment))
    return list(first.values())


def _versions(
    inputs: Sequence[_Input], edges: Sequence[datetime]
) -> Iterator[InputVersion]:
    single = [(i.at, i) for i in inputs if i.kind not in MANY and i.at is not None]
    single.sort(key=lambda pair: (pair[1].kind, pair[1].title, pair[0]))
    found: list[InputVersion] = []
    for _slot, versions in groupby(single, key=lambda p: (p[1].kind, p[1].title)):
        earlier: list[str] | None = None
        for at, given in versions:
            words = given.text.split()
            version = InputVersion(
                kind=given.kind,
                title=given.title,
                at=at,
                near=_near(at, edges),
                n_words=len(words),
            )
            if earlier is not None:
                version = replace(
                    version,
                    n_words_before=len(earlier),
                    n_words_kept=_n_kept(earlier, words),
                )
            earlier = words
            found.append(version)
    yield from sorted(found, key=lambda version: (version.at, version.kind))


def _n_kept(earlier: Sequence[str], later: Sequence[str]) -> int | None:
    if len(earlier) + len(later) > _MOST_WORDS:
        return None
    matcher = SequenceMatcher(None, earlier, later, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


def _counted(
    given: _Input, before: Period, after: Period, edges: Sequence[datetime]
) -> Iterator[tuple[str, str]]:
    if given.at is None:
        return
    if _within(given.at, before):
        yield given.kind, "before"
    if _within(given.at, after):
        yield given.kind, "after"
    if _near(given.at, edges):
        yield given.kind, "near"


def _within(at: datetime, period: Period) -> bool:
    since, until = period.since, period.until
    return (since is None or at >= since) and (until is None or at < until)


def _near(at: datetime, edges: Sequence[datetime]) -> bool:
    return any(abs(at - edge) <= NEAR for edge in edges)
