"""Facts that a comparison names: lost, new, stated differently, each with its talks.

A fact is named where the share of talks that show it differs more between the periods
than chance gives (Fisher's exact test, Benjamini-Hochberg over all facts looked at).
Where the row of recall itself changed, every fact that was seen in two talks or more
and now in none is named with it: all of them together were tested. Statements of
replies that differ from what the user told are listed as they are.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import comb
from typing import Any

import numpy as np

from persona_vault.findings import PersonaDiff, RowVerdict
from persona_vault.memory.history import (
    Fact,
    History,
    Recorded,
    Told,
    compatible_values,
    read_history,
)
from persona_vault.memory.rows import FAMILY, LEAST_FACTS, two_companions
from persona_vault.memory.slots import LIKING, Slot
from persona_vault.model import Period, Role
from persona_vault.stats.multiplicity import benjamini_hochberg
from persona_vault.store.vault import Vault

LEVEL = 0.05
LEAST_TALKS = 2
_MOVED = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
MOST_EVIDENCE = 3
# Reasons that say less than "fewer than ten facts were told".
_LESS = frozenset({"no_occasion", "few_blocks", "few_messages"})
_OF_USER = frozenset({"recall", "asked_again"})

_LABELS = {
    "name": ("your name", "this companion's name"),
    "age": ("your age", "this companion's age"),
    "birthday": ("your birthday", "this companion's birthday"),
    "anniversary": ("your anniversary", "this companion's anniversary"),
    "home": ("where you live", "where this companion says it lives"),
    "origin": ("where you are from", "where this companion says it is from"),
    "job": ("your work", "this companion's work"),
    "workplace": ("where you work", "where this companion says it works"),
    "study": ("what you study", "what this companion says it studied"),
    "plays": ("the instrument you play", "the instrument of this companion"),
    "allergy": ("your allergy", "this companion's allergy"),
    "like": ("something you like", "something this companion says it likes"),
    "dislike": (
        "something you do not like",
        "something this companion says it does not like",
    ),
}


def slot_label(slot: Slot) -> str:
    """A slot as a plain noun phrase, such as "the name of your dog"."""
    of_persona = slot.subject is Role.PERSONA
    whose = "this companion's" if of_persona else "your"
    if slot.kind in ("person", "pet"):
        return f"the name of {whose} {slot.key}"
    if slot.kind == "favourite":
        return f"{whose} favourite {slot.key}"
    return _LABELS[slot.kind][of_persona]


@dataclass(slots=True)
class _Side:
    """One period: its talks, and in which of them what was seen.

    Attributes:
        talks: Number of the talk -> what the user had told before it.
        waiting: The same without what was told anew shortly before.
        seen: (what, fact) -> talk -> messages that show it.
    """

    talks: dict[int, frozenset[Fact]] = field(default_factory=dict)
    waiting: dict[int, frozenset[Fact]] = field(default_factory=dict)
    seen: dict[tuple[str, Fact], dict[int, list[Recorded]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def share(self, what: str, fact: Fact) -> tuple[int, int]:
        """In how many talks, out of how many that could."""
        n = len(self.talks)
        if what == "recalled":
            n = sum(fact in known for known in self.waiting.values())
        return len(self.seen.get((what, fact), ())), n

    def evidence(self, what: str, fact: Fact) -> list[int]:
        """Ids of messages, one from each of the first talks."""
        talks = self.seen.get((what, fact), {})
        return [talks[t][0].message_id for t in sorted(talks)][:MOST_EVIDENCE]

    def said(self, what: str, fact: Fact) -> str | None:
        """The value as last written."""
        talks = self.seen.get((what, fact), {})
        return talks[max(talks)][-1].said if talks else None


def add_facts(
    diff: PersonaDiff,
    vault: Vault,
    before: Period,
    after: Period,
    *,
    words: bool = True,
) -> PersonaDiff:
    """The same comparison with the facts that it names, and how many were known.

    A row of memory that lacks known facts says so. The numbers stay untouched; without
    `words` no fact itself is given.
    """
    who = vault.persona(diff.persona)
    history = read_history(vault.messages(who.name, shown_only=False), who)
    periods = [
        {m.id for m in vault.messages(who.name, period=p, shown_only=False)}
        for p in (before, after)
    ]
    sides = [_side(history, ids) for ids in periods]
    known = [_most_known(side) for side in sides]
    recall = next(
        (
            c.direction
            for c in diff.changes
            if c.dimension == "recall" and c.verdict in _MOVED
        ),
        "none",
    )
    return replace(
        diff,
        facts=compare_facts(history, *periods, recall=recall) if words else (),
        changes=tuple(
            replace(c, reason="few_facts")
            if c.family == FAMILY
            and c.dimension in _OF_USER
            and c.reason in _LESS
            and min(known) < LEAST_FACTS
            else c
            for c in diff.changes
        ),
        method={
            **diff.method,
            "memory": {
                "facts_known": dict(zip(("before", "after"), known, strict=True)),
                "least_facts": LEAST_FACTS,
                "two_companions": two_companions(history),
            },
        },
    )


def _most_known(side: _Side) -> int:
    return max((len(known) for known in side.talks.values()), default=0)


def compare_facts(
    history: History,
    before: Container[int],
    after: Container[int],
    *,
    recall: str = "none",
) -> tuple[Mapping[str, Any], ...]:
    """The facts to name, strongest first; none where two companions seem mixed up.

    Args:
        history: Of everything, read without a period.
        before: Ids of the messages of the earlier period.
        after: Of the later one.
        recall: Which way the row of recall was found to change: "up", "down", "none".
    """
    if two_companions(history):
        return ()
    sides = (_side(history, before), _side(history, after))
    told = {t.fact: t for t in history.told}
    entries = [*_shares(sides, told), *_restated(sides)]
    q = benjamini_hochberg(np.array([p for p, _ in entries], dtype=float))
    # Every fact was looked at; only one that is wholly absent on a side is named.
    named = sorted(
        (p, i)
        for i, ((p, entry), x) in enumerate(zip(entries, q, strict=True))
        if entry and (x <= LEVEL or _goes_with(entry, recall))
    )
    return (*(entries[i][1] for _, i in named), *_contradicted(sides, told))


def _goes_with(entry: Mapping[str, Any], recall: str) -> bool:
    """Whether a fact of the user is part of a recall that changed as a whole."""
    if entry["subject"] != Role.USER.value:
        return False
    kind, when = {"down": ("lost", "before"), "up": ("new", "after")}.get(
        recall, ("", "before")
    )
    return bool(entry["kind"] == kind and entry["n_talks"][when][0] >= LEAST_TALKS)


def _side(history: History, ids: Container[int]) -> _Side:
    side = _Side()
    for stretch in history.stretches:
        if any(m in ids for m in stretch.message_ids):
            side.talks[stretch.talk] = stretch.known
            side.waiting[stretch.talk] = stretch.waiting
    for one in history.recorded:
        if one.message_id in ids:
            side.seen[one.what, one.fact][one.talk].append(one)
    return side


Sides = tuple[_Side, _Side]
Entry = tuple[float, dict[str, Any]]


def _shares(sides: Sides, told: Mapping[Fact, Told]) -> Iterator[Entry]:
    """Facts of the user as brought up, and slots of the companion as stated."""
    for what, fact in _keys(sides, "recalled"):
        yield _share_entry(sides, what, fact, said=told[fact].said)
    own = {f.slot for _, f in _keys(sides, "about_itself")}
    for slot in sorted(own, key=lambda s: (s.kind, s.key)):
        whole = tuple(_merged(side, slot) for side in sides)
        yield _share_entry((whole[0], whole[1]), "about_itself", Fact(slot, ""))


def _keys(sides: Sides, what: str) -> list[tuple[str, Fact]]:
    found = {key for side in sides for key in side.seen if key[0] == what}
    return sorted(found, key=lambda k: (k[1].slot.kind, k[1].slot.key, k[1].value))


def _merged(side: _Side, slot: Slot) -> _Side:
    """The side with all values of a slot as one."""
    talks: dict[int, list[Recorded]] = defaultdict(list)
    for (what, fact), where in side.seen.items():
        if what == "about_itself" and fact.slot == slot:
            for talk, found in where.items():
                talks[talk] += found
    whole = _Side(side.talks)
    if talks:
        whole.seen["about_itself", Fact(slot, "")] = talks
    return whole


def _share_entry(
    sides: Sides, what: str, fact: Fact, *, said: str | None = None
) -> Entry:
    """Lost or new, with its p; no entry where both periods or neither show it."""
    (k_before, n_before), (k_after, n_after) = (s.share(what, fact) for s in sides)
    if not n_before or not n_after:
        return 1.0, {}
    p = fisher_p((k_before, n_before), (k_after, n_after))
    if bool(k_before) == bool(k_after):
        return p, {}
    lost = not k_after
    absent = n_after if lost else n_before
    value = said or sides[not lost].said(what, fact)
    return p, {
        "slot": slot_label(fact.slot),
        "subject": fact.slot.subject.value,
        "before": value if lost else None,
        "after": None if lost else value,
        "kind": "lost" if lost else "new",
        "n_talks": {"before": [k_before, n_before], "after": [k_after, n_after]},
        # The rule of three: what could be there and not have shown.
        "at_most_per_100": min(100.0, 300 / absent),
        "evidence": [i for side in sides for i in side.evidence(what, fact)],
    }


def _restated(sides: Sides) -> Iterator[Entry]:
    """Slots of the companion whose usual value is another one than before."""
    values: dict[Slot, list[Counter[str]]] = defaultdict(lambda: [Counter(), Counter()])
    for i, side in enumerate(sides):
        for (what, fact), talks in side.seen.items():
            if what == "about_itself" and fact.slot.kind not in LIKING:
                values[fact.slot][i][fact.value] += len(talks)
    for slot, (before, after) in sorted(
        values.items(), key=lambda x: (x[0].kind, x[0].key)
    ):
        if not before or not after:
            continue
        usual, now = (c.most_common(1)[0][0] for c in (before, after))
        p = fisher_p((before[usual], before.total()), (after[usual], after.total()))
        if compatible_values(slot, usual, now):
            yield p, {}
            continue
        shown = [
            s.said("about_itself", Fact(slot, v))
            for s, v in zip(sides, (usual, now), strict=True)
        ]
        yield (
            p,
            {
                "slot": slot_label(slot),
                "subject": slot.subject.value,
                "before": shown[0],
                "after": shown[1],
                "kind": "contradicted",
                "n_statements": {
                    "before": [before[usual], before.total()],
                    "after": [after[now], after.total()],
                },
                "evidence": [
                    *sides[0].evidence("about_itself", Fact(slot, usual)),
                    *sides[1].evidence("about_itself", Fact(slot, now)),
                ],
            },
        )


def _contradicted(sides: Sides, told: Mapping[Fact, Told]) -> Iterator[dict[str, Any]]:
    """What replies stated about the user otherwise than told, slot by slot."""
    wrong: dict[Slot, list[list[Recorded]]] = defaultdict(lambda: [[], []])
    n_stated: Counter[tuple[Slot, int]] = Counter()
    for i, side in enumerate(sides):
        for (what, fact), talks in side.seen.items():
            if what == "about_user":
                found = [r for of_talk in talks.values() for r in of_talk]
                n_stated[fact.slot, i] += len(found)
                wrong[fact.slot][i] += [r for r in found if r.agrees is False]
    for slot, both in sorted(wrong.items(), key=lambda x: (x[0].kind, x[0].key)):
        if not any(both):
            continue
        value = _told_value(slot, told)
        stated = [
            _most_said(found) or (value if n_stated[slot, i] else None)
            for i, found in enumerate(both)
        ]
        yield {
            "slot": slot_label(slot),
            "subject": slot.subject.value,
            "before": stated[0],
            "after": stated[1],
            "kind": "contradicted",
            "told": value,
            "n_statements": {
                when: [len(both[i]), n_stated[slot, i]]
                for i, when in enumerate(("before", "after"))
            },
            "evidence": [r.message_id for found in both for r in found[:MOST_EVIDENCE]],
        }


def _most_said(found: Sequence[Recorded]) -> str | None:
    said = Counter(r.said for r in found)
    return said.most_common(1)[0][0] if said else None


def _told_value(slot: Slot, told: Mapping[Fact, Told]) -> str | None:
    """What the user told last for a slot, as written; of a like, the opposite."""
    fitting: Iterable[Told] = told.values()
    if slot.kind in LIKING:
        other = "dislike" if slot.kind == "like" else "like"
        kinds = {"like": "that you like it", "dislike": "that you do not like it"}
        found = [
            t
            for t in fitting
            if (t.fact.slot.kind, t.fact.slot.key) == (other, slot.key)
        ]
        return kinds[other] if found else None
    mine = [t for t in fitting if t.fact.slot == slot]
    return max(mine, key=lambda t: (t.talk, t.message_id)).said if mine else None


def fisher_p(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Two-sided Fisher exact p of two shares (k of n).

    The sum of all tables with the same margins that are no likelier than this one.
    """
    (k1, n1), (k2, n2) = before, after
    k = k1 + k2
    ways = [
        comb(n1, i) * comb(n2, k - i) for i in range(max(0, k - n2), min(k, n1) + 1)
    ]
    seen = comb(n1, k1) * comb(n2, k2)
    return sum(w for w in ways if w <= seen) / sum(ways)
