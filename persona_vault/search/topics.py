"""What was talked about: messages that lie near each other, and the words of each heap.

The heaps are a way to look, not a measurement: another number of them draws other
borders, and `steadiness` says how firm these are.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text

from persona_vault.crisis import mentions_crisis
from persona_vault.embedders import Embedder
from persona_vault.errors import UsageError
from persona_vault.model import Period, Role
from persona_vault.plain import plain
from persona_vault.search.filters import Filters, build_filters
from persona_vault.search.hits import Line
from persona_vault.search.meaning import model_of_vectors
from persona_vault.search.query import ANYTHING, STOP_WORDS, as_words
from persona_vault.search.vectors import as_array, read_vectors
from persona_vault.store.cells import role_cell
from persona_vault.store.clock import from_micros
from persona_vault.store.vault import Vault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_MESSAGES = 100
LEAST_WORDS = 5  # "ok, good night" belongs to no topic
MOST_TOPICS = 50
MOST_SEED = 2**32 - 1  # the second sorting takes the next one, still 32 bits long
STEADY = 0.5
_MOST_READ = 20_000  # of more messages a sample draws the borders, all are sorted
_N_WORDS = 5
_N_QUOTED = 3
# Without vowels no key is a word. 20 letters to the power of 7: 1.3 thousand million.
_KEY_ALPHABET = "bcdfghjklmnpqrstvwxz"
_KEY_LETTERS = 7
_WORD = re.compile(r"[^\W\d_]{3,}(?:['’][^\W\d_]+)?")
_MESSAGES = """
    SELECT message.id, message.conversation_id, message.native_id, message.role,
      message.speaker, message.sent_at, message.local_at, message.text
    FROM message JOIN conversation ON conversation.id = message.conversation_id
    WHERE {condition} AND message.role IN ('user', 'persona')
    ORDER BY message.id
"""

Rows = Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class Month:
    """How much of a calendar month's sorted messages a topic has.

    `month` is "2024-05" in the vault's zone; `share` is of all sorted ones in it.
    """

    month: str
    n_messages: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A heap of messages that lie near each other.

    Attributes:
        id: From 1, the largest first.
        key: Seven letters that stand for exactly these messages as they are worded
            now; under another sorting they stand for nothing.
        words: Its most characteristic words, the strongest first; may be empty.
        share: Of all sorted messages.
        first_at, last_at: Aware UTC, None where no message has a time.
        months: Those in which it occurs, in order; messages without time are missing.
        messages: Typical ones, nearest to its middle, no two nearly the same.
        message_ids: Row ids of all its messages, in order; not in `to_dict`.
    """

    id: int
    key: str
    words: tuple[str, ...]
    n_messages: int
    share: float
    n_conversations: int
    first_at: datetime | None
    last_at: datetime | None
    months: tuple[Month, ...]
    messages: tuple[Line, ...]
    message_ids: tuple[int, ...]

    def __repr__(self) -> str:
        return f"Topic({self.id}, {self.n_messages} messages)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """All topics, the largest first; none where there was too little to go by.

    Attributes:
        n_messages: Sorted into topics.
        n_short: Messages of fewer than five words, which were left out.
        n_not_embedded: Messages that have no vector yet and were left out.
        steadiness: Agreement with a second sorting from another start, adjusted for
            chance: 1 the same, 0 as by lot; None without topics.
        note: What the reader should know, "" for nothing.
    """

    topics: tuple[Topic, ...]
    n_messages: int
    n_short: int
    n_not_embedded: int
    model_id: str
    steadiness: float | None
    note: str

    def to_dict(self) -> dict[str, Any]:
        """The topics as JSON types."""
        body: dict[str, Any] = plain(self)
        for topic in body["topics"]:
            del topic["message_ids"]
        return body

    def by_key(self, key: str) -> Topic:
        """The topic of that key.

        Raises:
            UsageError: None bears it: the messages or the sorting are not those of the
                list that showed it.
        """
        wanted = key.strip().casefold()
        for topic in self.topics:
            if topic.key == wanted:
                return topic
        if wanted.isdigit():
            raise UsageError(
                "A topic is named by its key, not by its place in the list.",
                hint="`persona-vault topics` shows seven letters for each.",
            )
        raise UsageError(
            "No topic bears that key now: the messages, or the options given, are not"
            " those of the list that showed it.",
            hint="Run `persona-vault topics` again, and give its options here as well.",
        )

    def __repr__(self) -> str:
        return f"Topics({len(self.topics)} of {self.n_messages} messages)"


def find_topics(
    vault: Vault,
    *,
    n: int | None = None,
    persona: str | None = None,
    role: Role | None = None,
    period: Period | None = None,
    embedder: Embedder | str | None = None,
    seed: int = 0,
) -> Topics:
    """Sort what was talked about into topics, with typical messages and their months.

    Made of the vectors of `embed_messages`; messages of fewer than five words are left
    out. Below 100 messages there are no topics, only a note.

    Args:
        vault: What to read.
        n: How many topics, 2 to 50; None goes by the number of messages (4 to 20).
        persona: Only this companion's conversations; None = all.
        role: Only this side; None = both.
        period: Only messages sent in it; None = all.
        embedder: As for `embed_messages`.
        seed: Decides where the sorting starts; the same seed gives the same topics.

    Raises:
        UsageError: `n` or `seed` is out of range, or nothing is embedded.
        UnknownPersonaError: There is no such persona.
        NoModelError: The model that was named, or one of several, is not on this
            machine.
    """
    if n is not None and not 2 <= n <= MOST_TOPICS:
        raise UsageError(
            f"There cannot be {n} topics.", hint=f"Ask for 2 to {MOST_TOPICS}."
        )
    if not 0 <= seed < MOST_SEED:
        raise UsageError(
            "The sorting cannot start there.",
            hint=f"A seed is a number from 0 to {MOST_SEED - 1}.",
        )
    chosen = model_of_vectors(vault, embedder)
    filters = build_filters(
        vault,
        query=ANYTHING,
        source=None,
        persona=persona,
        role=role,
        period=period,
        app=None,
        model=None,
        shown_only=True,
    )
    found = read_vectors(vault, chosen, filters)
    place_of = {number: place for place, number in enumerate(found.ids)}
    all_rows = [row for row in _read(vault, filters) if row.text.strip()]
    long = [r for r in all_rows if len(as_words(r.text).split()) >= LEAST_WORDS]
    rows = [row for row in long if row.id in place_of]
    counts: dict[str, Any] = {
        "n_messages": len(rows),
        "n_short": len(all_rows) - len(long),
        "n_not_embedded": len(long) - len(rows),
        "model_id": chosen.model_id,
    }
    if len(rows) < max(LEAST_MESSAGES, 10 * (n or 0)):
        least = max(LEAST_MESSAGES, 10 * (n or 0))
        note = (
            f"Too little to sort: {len(rows):,} embedded messages of {LEAST_WORDS} "
            f"words or more, where this needs {least:,}."
        )
        return Topics(topics=(), steadiness=None, note=note, **counts)
    n = n or min(20, max(4, round(math.sqrt(len(rows) / 10))))
    vectors = as_array(found, chosen)[[place_of[row.id] for row in rows]]
    heap_of, nearness, steadiness = _sort(vectors, n, seed)
    topics = _describe(vault, rows, heap_of, nearness)
    note = ""
    if steadiness < STEADY:
        note = (
            "The borders between these topics are loose: sorted from another start, "
            "many messages would stand elsewhere."
        )
    return Topics(topics=topics, steadiness=round(steadiness, 3), note=note, **counts)


def _read(vault: Vault, filters: Filters) -> Rows:
    with vault.read() as connection:
        return connection.execute(
            text(_MESSAGES.format(condition=filters.condition)), filters.values
        ).all()


def _sort(
    vectors: "NDArray[np.float16]", n: int, seed: int
) -> tuple["NDArray[np.int64]", "NDArray[np.float32]", float]:
    """The heap of each vector, its nearness to the middle of it, and steadiness."""
    import numpy as np  # noqa: PLC0415
    from sklearn.cluster import KMeans  # noqa: PLC0415
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    # What all messages share, such as the two names, says nothing about topics.
    exact = vectors.astype(np.float32)
    exact -= exact.mean(axis=0)
    exact /= np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), 1e-12)
    sample = exact
    if len(exact) > _MOST_READ:
        rng = np.random.default_rng(seed)
        sample = exact[np.sort(rng.choice(len(exact), _MOST_READ, replace=False))]
    # On one thread: the order of a sum must not depend on the machine's load.
    with threadpool_limits(limits=1):
        first, second = (
            KMeans(n, n_init=2, max_iter=50, random_state=start).fit(sample)
            for start in (seed, seed + 1)
        )
        heap_of = first.predict(exact).astype(np.int64)
    middles = first.cluster_centers_
    nearness = np.einsum("ij,ij->i", exact, middles[heap_of]).astype(np.float32)
    steadiness = float(adjusted_rand_score(first.labels_, second.labels_))
    return heap_of, nearness, steadiness


def _describe(
    vault: Vault,
    rows: Rows,
    heap_of: "NDArray[np.int64]",
    nearness: "NDArray[np.float32]",
) -> tuple[Topic, ...]:
    heaps: dict[int, list[int]] = {}
    for place, heap in enumerate(heap_of.tolist()):
        heaps.setdefault(heap, []).append(place)
    ordered = sorted(heaps.values(), key=lambda places: (-len(places), places[0]))
    words = _characteristic(vault, rows, ordered)
    zone = ZoneInfo(vault.zone) if vault.zone else UTC
    month_of = [
        None
        if r.sent_at is None
        else f"{from_micros(r.sent_at).astimezone(zone):%Y-%m}"
        for r in rows
    ]
    per_month = Counter(month for month in month_of if month)
    topics = []
    for number, places in enumerate(ordered, start=1):
        times = [rows[p].sent_at for p in places if rows[p].sent_at is not None]
        months = Counter(month for p in places if (month := month_of[p]))
        topics.append(
            Topic(
                id=number,
                key=_key(rows[p] for p in places),
                words=words[number - 1],
                n_messages=len(places),
                share=round(len(places) / len(rows), 4),
                n_conversations=len({rows[p].conversation_id for p in places}),
                first_at=from_micros(min(times)) if times else None,
                last_at=from_micros(max(times)) if times else None,
                months=tuple(
                    Month(month, k, round(k / per_month[month], 4))
                    for month, k in sorted(months.items())
                ),
                messages=_typical(rows, places, nearness),
                message_ids=tuple(rows[p].id for p in places),
            )
        )
    return tuple(topics)


def _key(rows: Iterable[Row[Any]]) -> str:
    """Letters that no other set of messages, and no other wording of them, has."""
    digest = blake2b(digest_size=8)
    for row in rows:
        digest.update(f"{row.id}:{len(row.text)}:".encode())
        digest.update(row.text.encode("utf-8", "surrogatepass"))
    number = int.from_bytes(digest.digest(), "big")
    letters = []
    for _ in range(_KEY_LETTERS):
        number, place = divmod(number, len(_KEY_ALPHABET))
        letters.append(_KEY_ALPHABET[place])
    return "".join(letters)


def _typical(
    rows: Rows, places: Sequence[int], nearness: "NDArray[np.float32]"
) -> tuple[Line, ...]:
    """The nearest to the middle; never one that speaks of self-harm."""
    lines: list[Line] = []
    seen: set[str] = set()
    for place in sorted(places, key=lambda p: (-float(nearness[p]), rows[p].id)):
        row = rows[place]
        words = as_words(row.text)
        if words in seen or mentions_crisis(row.text):
            continue
        seen.add(words)
        at = None if row.sent_at is None else from_micros(row.sent_at)
        lines.append(
            Line(
                row.id,
                row.native_id,
                role_cell(row.role),
                row.speaker,
                at,
                row.local_at,
                row.text,
            )
        )
        if len(lines) == _N_QUOTED:
            break
    return tuple(lines)


def _characteristic(
    vault: Vault, rows: Rows, heaps: Sequence[Sequence[int]]
) -> list[tuple[str, ...]]:
    """For each heap the words that its messages hold more often than the others do.

    By the log odds of a message to hold the word, over their standard error; a word
    stands in at least three messages of the heap, and is nobody's name.
    """
    names = _names(vault, rows)
    holding = [
        Counter(word for p in places for word in _words(rows[p].text) - names)
        for places in heaps
    ]
    total = sum(holding, Counter[str]())
    found = []
    for places, counts in zip(heaps, holding, strict=True):
        scored = []
        for word, k in counts.items():
            rest, n_rest = total[word] - k, len(rows) - len(places)
            odds = math.log((k + 0.5) / (len(places) - k + 0.5))
            odds -= math.log((rest + 0.5) / (n_rest - rest + 0.5))
            z = odds / math.sqrt(1 / (k + 0.5) + 1 / (rest + 0.5))
            if k >= 3 and z > 2:
                scored.append((-z, word))
        found.append(tuple(word for _, word in sorted(scored)[:_N_WORDS]))
    return found


def _words(message: str) -> set[str]:
    words = (w.replace("’", "'") for w in _WORD.findall(message.casefold()))
    return {word for word in words if word not in STOP_WORDS}


def _names(vault: Vault, rows: Rows) -> set[str]:
    named = {row.speaker for row in rows}
    for persona in vault.personas():
        named |= {persona.name, *persona.user_names, *persona.own_names}
    return {word for name in named for word in _words(name)}
