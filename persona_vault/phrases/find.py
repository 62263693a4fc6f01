"""From a talk to the phrases that came, went or changed their rate.

Phrases are hints: they were not fixed in advance and have a correction of their own.
What is listed has q <= .05; how many came in all, and how many come at any other date,
is told apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from persona_vault.crisis import mentions_crisis
from persona_vault.findings import PersonaDiff
from persona_vault.model import Period, Persona, Role
from persona_vault.phrases.counting import (
    Counted,
    Hashing,
    Places,
    Stream,
    absorbed,
    count_phrases,
)
from persona_vault.phrases.talk import (
    PROMPTED_WITHIN,
    Talk,
    block_of,
    grown,
    is_prompted,
    message_of,
    places_of,
    read_talk,
    usual_spelling,
)
from persona_vault.phrases.words import Kind
from persona_vault.snapshot.take import MeasuredBlock, measured_blocks
from persona_vault.stats import phrases as stats
from persona_vault.store.vault import Vault

VERSION = 1
LEVEL = 0.05
LEAST_BLOCKS_A_SIDE = 4
MOST_LISTED = 50
# Two lists, what stands on one side and what on both: each pays for the other.
N_FAMILIES = 2
# Looked at for the list; most of them say the same in other words.
MOST_LOOKED_AT = 400
# A phrase is left out where most of its uses touch one that is listed already.
SAME_WORDS = 0.8
CHANGES = ("new", "lost", "changed")


@dataclass(frozen=True, slots=True)
class FoundPhrases:
    """The phrases of a comparison, as `PersonaDiff.phrases` holds them.

    Attributes:
        phrases: {"new", "lost", "changed", "user_seeded": lists of entries, strongest
            first, "novelty": counts}.
        method: What is needed to do it again.
    """

    phrases: Mapping[str, Any]
    method: Mapping[str, Any]


def add_phrases(
    diff: PersonaDiff, vault: Vault, before: Period, after: Period, *, seed: int = 0
) -> PersonaDiff:
    """The same comparison with phrases of the companion's messages.

    Raises:
        UnknownPersonaError: The vault does not know the persona.
    """
    who = vault.persona(diff.persona)
    sides = [
        measured_blocks(vault.messages(who.name, period=period, shown_only=False), who)
        for period in (before, after)
    ]
    found = find_phrases(sides, who, seed=seed)
    return replace(
        diff,
        phrases=found.phrases,
        method={**diff.method, "phrases": found.method},
    )


def find_phrases(
    sides: Sequence[Iterable[MeasuredBlock]], persona: Persona, *, seed: int = 0
) -> FoundPhrases:
    """Phrases that came, went or changed between two periods, the earlier one first."""
    talk = read_talk(sides)
    hashing = Hashing(talk.vocabulary)
    counted = count_phrases(talk.persona, hashing)
    order = talk.block_order()
    order = order[talk.persona.n_messages()[order] > 0]
    table = stats.Occurrences(
        counted.table[order],
        int((order < talk.n_before).sum()),
        talk.persona.n_words(talk.vocabulary)[order],
    )
    kept = (
        stats.spread_out(table)
        & ~absorbed(counted, talk.persona, hashing)
        & ~_names_only(counted, talk, persona)
    )
    rng = np.random.default_rng(seed)
    lists: dict[str, list[dict[str, Any]]] = {k: [] for k in (*CHANGES, "user_seeded")}
    if min(table.n_before, table.n_after) >= LEAST_BLOCKS_A_SIDE:
        tested = _Tested.of(table, kept, rng)
        for change, entry in _Listing(talk, hashing, counted, table).entries(tested):
            seeded = entry.pop("user_seeded")
            if seeded:
                lists["user_seeded"].append({**entry, "change": change})
            else:
                lists[change].append(entry)
    return FoundPhrases(
        {
            **{name: found[:MOST_LISTED] for name, found in lists.items()},
            "novelty": _novelty(stats.novelty(table, kept, rng)),
        },
        {
            "version": VERSION,
            "seed": seed,
            "n_candidates": int(kept.sum()),
            "n_shuffles": stats.N_SHUFFLES,
            "least_blocks": stats.LEAST_BLOCKS,
            "most_from_one_block": stats.MOST_FROM_ONE_BLOCK,
            "least_uses_for_a_rate": stats.LEAST_USES,
            "your_words_within": PROMPTED_WITHIN,
            "correction": (
                "Benjamini-Hochberg, new and lost together over those that could pass, "
                "changed rates apart, every q doubled for the two lists"
            ),
        },
    )


def _names_only(counted: Counted, talk: Talk, persona: Persona) -> NDArray[np.bool_]:
    """Phrases that hold nothing but names of the two."""
    names = talk.vocabulary.of((persona.name, *persona.own_names, *persona.user_names))
    ids = np.frombuffer(talk.persona.ids, dtype=np.int32) if talk.persona.ids else None
    only = np.zeros(len(counted.hashes), dtype=bool)
    if ids is None:
        return only
    no_content = np.array(sorted({*names, Kind.START, Kind.OPEN, Kind.CLOSE}))
    for length in np.unique(counted.lengths):
        chosen = np.flatnonzero(counted.lengths == length)
        rows = ids[counted.places[chosen][:, None] + np.arange(length)]
        only[chosen] = np.isin(rows, no_content).all(axis=1)
    return only


class _Row(NamedTuple):
    """A phrase that passed: its column and its numbers."""

    column: int
    p: float
    q: float
    z: float


@dataclass(frozen=True, slots=True)
class _Tested:
    """What passed, by change, strongest first."""

    rows: Mapping[str, list[_Row]]

    @classmethod
    def of(
        cls,
        table: stats.Occurrences,
        kept: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> "_Tested":
        sides = stats.appearances(table, kept, LEVEL / N_FAMILIES)
        rates = stats.rate_changes(table, kept, rng)
        uses = np.add(*table.n_uses())
        passed = {
            "new": (sides.new_p, sides.new_q),
            "lost": (sides.lost_p, sides.lost_q),
            "changed": (rates.p, rates.q),
        }
        rows = {}
        for change, (p, raw_q) in passed.items():
            q = np.minimum(N_FAMILIES * raw_q, 1.0)
            chosen = np.flatnonzero(q <= LEVEL)
            # By p; where p is the same, the clearer rate and the more frequent first.
            best = np.lexsort((-uses[chosen], -np.abs(rates.z[chosen]), p[chosen]))
            rows[change] = [
                _Row(int(i), float(p[i]), float(q[i]), float(rates.z[i]))
                for i in chosen[best][:MOST_LOOKED_AT]
            ]
        return cls(rows)


class _Listing:
    """Looks the phrases that passed up in the talk and describes them."""

    def __init__(
        self,
        talk: Talk,
        hashing: Hashing,
        counted: Counted,
        table: stats.Occurrences,
    ) -> None:
        self._talk, self._hashing, self._counted = talk, hashing, counted
        self._ids = (
            np.frombuffer(talk.persona.ids, dtype=np.int32)
            if talk.persona.ids
            else np.zeros(0, np.int32)
        )
        self._kinds = talk.vocabulary.kinds()
        self._blocks = table.n_blocks_with()
        self._uses = table.n_uses()
        self._n = table.n_before, table.n_after
        late = np.arange(len(table.n_words)) >= table.n_before
        self._words = [max(float(table.n_words[s].sum()), 1.0) for s in (~late, late)]
        self._turns = {
            role: talk.turn_numbers(role) for role in (Role.PERSONA, Role.USER)
        }

    def entries(self, tested: _Tested) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each phrase once, in the words that always surround it."""
        columns = sorted({r.column for rows in tested.rows.values() for r in rows})
        if not columns:
            return
        places = self._look_up(self._talk.persona, self._counted.hashes[columns])
        withheld = self._look_up(self._talk.withheld, self._counted.hashes[columns])
        heard = self._heard(columns)
        at = {column: i for i, column in enumerate(columns)}
        for change, rows in tested.rows.items():
            covered = np.zeros(len(self._ids), dtype=bool)
            for row in rows:
                i = at[row.column]
                if self._was_there(change, withheld[i]):
                    continue
                entry = self._entry(row, change, places[i], covered)
                if entry is not None:
                    seeded = self._user_seeded(change, row, places[i], heard[i])
                    yield change, {**entry, "user_seeded": seeded}

    def _look_up(self, stream: Stream, hashes: NDArray[np.uint64]) -> list[Places]:
        return places_of(stream, self._hashing, hashes)

    def _heard(self, columns: list[int]) -> list[Places]:
        """Where the user says the same: of an action its words, an opener as such."""
        bare = []
        for column in columns:
            place, length = self._counted.places[column], self._counted.lengths[column]
            stretch = self._ids[place : place + int(length)]
            content = stretch[~np.isin(stretch, (Kind.OPEN, Kind.CLOSE))]
            bare.append(self._hashing.of_rows(content[None, :])[0])
        wanted, which = np.unique(np.array(bare), return_inverse=True)
        found = self._look_up(self._talk.user, wanted)
        return [found[i] for i in which]

    def _was_there(self, change: str, withheld: Places) -> bool:
        """Whether withheld messages hold what is called new before, or lost after."""
        early = block_of(self._talk.withheld, withheld) < self._talk.n_before
        return (change == "new" and bool(early.any())) or (
            change == "lost" and bool((~early).any())
        )

    def _entry(
        self, row: _Row, change: str, places: Places, covered: NDArray[np.bool_]
    ) -> dict[str, Any] | None:
        """A phrase as it is listed; None where the list has it, or it must not show."""
        length = int(self._counted.lengths[row.column])
        first_kind = Kind(self._kinds[self._ids[places[0]]])
        more_before, more_after = grown(self._ids, self._kinds, places, length)
        starts, length = places - more_before, length + more_before + more_after
        spans = starts[:, None] + np.arange(length)
        if covered[spans].any(axis=1).mean() >= SAME_WORDS:
            return None
        text = usual_spelling(self._talk, starts, length)
        if mentions_crisis(text):
            return None
        covered[spans] = True
        before, after = (int(side[row.column]) for side in self._blocks)
        more = "after" if change == "new" or row.z > 0 else "before"
        more = "before" if change == "lost" else more
        entry = {
            "text": text,
            "kind": _KINDS.get(first_kind, "words"),
            "n_blocks": after if more == "after" else before,
            "n_blocks_with": {
                "before": [before, self._n[0]],
                "after": [after, self._n[1]],
            },
            "n_uses": self._by_side(lambda i: int(self._uses[i][row.column])),
            "per_1000_words": self._by_side(
                lambda i: 1000 * float(self._uses[i][row.column]) / self._words[i]
            ),
            "direction": "up" if more == "after" else "down",
            "p": row.p,
            "q": row.q,
        }
        if change == "lost":
            # With 0 of n seen, the 95 % bound of the share (the rule of three).
            entry["at_most"] = min(1.0, 3 / self._n[1])
        return entry

    def _by_side(self, of: Any) -> dict[str, Any]:
        return {side: of(i) for i, side in enumerate(("before", "after"))}

    def _user_seeded(
        self, change: str, row: _Row, places: Places, heard: Places
    ) -> bool:
        """Whether the user brought the phrase.

        A new one: the user said it within 50 messages before the companion first did.
        Another: so it was in at least half of the talks with it, and the user's own
        use at least halved or doubled the same way.
        """
        talk = self._talk
        said = self._turns[Role.PERSONA][message_of(talk.persona, places)]
        asked = np.sort(self._turns[Role.USER][message_of(talk.user, heard)])
        prompted = is_prompted(said, asked)
        if change == "new":
            return bool(prompted[np.argmin(said)])
        blocks = block_of(talk.persona, places)
        by_time = np.lexsort((said, blocks))
        first = by_time[np.flatnonzero(np.diff(blocks[by_time], prepend=-1))]
        if prompted[first].mean() < 0.5:
            return False
        mine = np.unique(block_of(talk.user, heard)) < talk.n_before
        early, late = mine.sum() / self._n[0], (~mine).sum() / self._n[1]
        falls = change == "lost" or row.z < 0
        return bool(2 * late <= early if falls else 2 * early <= late)


_KINDS = {Kind.START: "opener", Kind.OPEN: "action", Kind.EMOJI: "emoji"}


def _novelty(found: stats.Novelty | None) -> dict[str, Any]:
    """The yard-stick: counts here, and the usual range for as many words."""
    if found is None:
        return {"reason": "few_blocks"}
    sides = {
        "new": (found.n_new, found.n_words_after, found.usual_new),
        "lost": (found.n_lost, found.n_words_before, found.usual_lost),
    }
    return {
        "n_blocks": found.n_blocks,
        "n_dates": found.n_dates,
        "n_new": found.n_new,
        "n_lost": found.n_lost,
        "per_1000_words": {
            name: 1000 * n / max(words, 1.0) for name, (n, words, _) in sides.items()
        },
        "usual": {
            name: [round(rate * words) for rate in usual]
            for name, (_, words, usual) in sides.items()
        },
        "usual_per_1000_words": {
            name: [1000 * rate for rate in usual]
            for name, (_, _, usual) in sides.items()
        },
        "reason": "",
    }
