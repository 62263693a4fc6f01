"""The rows of memory: dimensions whose values a pass over the whole talk has found."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.row import ENGLISH, RATE_MATERIAL
from persona_vault.memory.history import History, Recorded, Stretch
from persona_vault.turns import Turn

# A talk is an occasion once the user has told so many facts in earlier talks.
LEAST_FACTS = 10
FAMILY = "memory"
_SOURCE = "own patterns, English"
_KNOWN = f"Only talks by which at least {LEAST_FACTS} such facts were told count."


@dataclass(slots=True, kw_only=True)
class MemoryRow:
    """A dimension read from a table; attributes as in `Dimension`.

    Attributes:
        table: Message id -> what was measured there; other turns are no occasion.
    """

    name: str
    title: str
    unit: str
    definition: str
    headline: bool
    family: str = FAMILY
    scale: Scale = Scale.RATE
    version: int = 1
    source: str = _SOURCE
    languages: frozenset[str] | None = ENGLISH
    material: float = RATE_MATERIAL
    twin: str = ""
    table: Mapping[int, Measurement] = field(default_factory=dict)

    def measure(self, turns: Sequence[Turn]) -> list[Measurement]:
        """One measurement per turn, in the same order."""
        return [self.table.get(t.message_id, NO_OCCASION) for t in turns]


def memory_rows(history: History) -> tuple[MemoryRow, ...]:
    """The rows of a period, from the pass over everything up to its end.

    Where two companions seem to be in one history (`two_companions`), every row is
    without occasion.
    """
    tables: Mapping[str, Mapping[int, Measurement]] = {}
    if not two_companions(history):
        tables = {
            **_by_talk(history, "recalled", "recall", by_slot=False),
            **_by_talk(history, "asked", "asked_again", by_slot=True),
            "fact_contradictions": _statements(history, "about_user", counted=False),
            "self_consistency": _statements(history, "about_itself", counted=True),
        }

    def table(name: str) -> Mapping[int, Measurement]:
        return tables.get(name, {})

    return (
        MemoryRow(
            name="recall",
            title="talks in which a reply brings up what you told before",
            unit="per 100 talks",
            definition="Talks in which a reply names something you told about yourself "
            "in an earlier talk and had not said in your last 30 messages. " + _KNOWN,
            headline=True,
            table=table("recall"),
        ),
        MemoryRow(
            name="recall_by_fact",
            title="things you told that a reply brings up, of all you had told",
            unit="of 100 facts known, in a talk",
            definition="The same, as a share of the facts that were known by then. "
            + _KNOWN,
            headline=False,
            scale=Scale.MEAN,
            material=1.0,
            table=table("recall_by_fact"),
        ),
        MemoryRow(
            name="asked_again",
            title="talks in which a reply asks for what you told before",
            unit="per 100 talks",
            definition="Talks in which a reply asks for something that you told in an "
            "earlier talk, such as the name of your dog. " + _KNOWN,
            headline=True,
            table=table("asked_again"),
        ),
        MemoryRow(
            name="asked_again_by_fact",
            title="things you told that a reply asks for, of all you had told",
            unit="of 100 facts known, in a talk",
            definition="The same, as a share of what was known by then. " + _KNOWN,
            headline=False,
            scale=Scale.MEAN,
            material=1.0,
            table=table("asked_again_by_fact"),
        ),
        MemoryRow(
            name="fact_contradictions",
            title="statements about you that differ from what you told",
            unit="per 100 statements about you",
            definition="Statements of a reply about your name, people, pets, work, "
            "places, dates or likes that differ from what you told, of all those "
            "about something you told.",
            headline=False,
            table=table("fact_contradictions"),
        ),
        MemoryRow(
            name="self_consistency",
            title="statements about itself that agree with earlier ones",
            unit="per 100 statements about itself",
            definition="Statements of a reply about this companion's own name, age, "
            "work, home, family or likes that agree with what was stated most often "
            "in at least three earlier talks, of all those stated there.",
            headline=True,
            table=table("self_consistency"),
        ),
    )


def _by_talk(
    history: History, what: str, name: str, *, by_slot: bool
) -> dict[str, dict[int, Measurement]]:
    """Two tables: one occasion per talk, and the share of the facts known by then."""
    found = _by_message(history, what)
    talks: dict[int, Measurement] = {}
    facts: dict[int, Measurement] = {}
    for stretch in history.stretches:
        facts_there = stretch.known if by_slot else stretch.waiting
        if len(facts_there) < LEAST_FACTS or not stretch.message_ids:
            continue
        things = {r.fact.slot if by_slot else r.fact for r in _of(stretch, found)}
        n = stretch.n_slots if by_slot else len(facts_there)
        place = stretch.message_ids[-1]
        talks[place] = Measurement(float(bool(things)), 1.0)
        facts[place] = Measurement(100 * len(things) / n, 1.0)
    return {name: talks, f"{name}_by_fact": facts}


def _by_message(history: History, what: str) -> dict[int, list[Recorded]]:
    found: dict[int, list[Recorded]] = defaultdict(list)
    for one in history.recorded:
        if one.what == what:
            found[one.message_id].append(one)
    return found


def _of(
    stretch: Stretch, found: Mapping[int, Sequence[Recorded]]
) -> Iterator[Recorded]:
    for message_id in stretch.message_ids:
        yield from found.get(message_id, ())


def _statements(
    history: History, what: str, *, counted: bool
) -> dict[int, Measurement]:
    """Statements that (dis)agree, of those that could."""
    table = {}
    for message_id, found in _by_message(history, what).items():
        judged = [r for r in found if r.agrees is not None]
        if judged:
            n = sum(r.agrees is counted for r in judged)
            spans = tuple(r.span for r in judged if r.agrees is counted)
            table[message_id] = Measurement(float(n), float(len(judged)), spans)
    return table


def two_companions(history: History) -> bool:
    """Whether the replies state two names, each in talks of conversations of its own.

    Then two companions may have been put into one history by an export or an import,
    and what one was told the other cannot bring up.
    """
    where: dict[str, set[int]] = defaultdict(set)
    talks: dict[str, set[int]] = defaultdict(set)
    for one in history.recorded:
        if _is_own_name(one):
            where[one.fact.value].add(history.conversations[one.talk])
            talks[one.fact.value].add(one.talk)
    often = [name for name in sorted(where) if len(talks[name]) > 1]
    return any(
        where[a].isdisjoint(where[b])
        for i, a in enumerate(often)
        for b in often[i + 1 :]
    )


def _is_own_name(one: Recorded) -> bool:
    return one.what == "about_itself" and one.fact.slot.kind == "name"
