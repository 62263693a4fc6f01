"""Which of the ranked messages are shown: repeats folded, conversations together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from persona_vault.search.query import as_words

By = Literal["message", "conversation"]
PER_CONVERSATION = 3

# From so many words on two texts may differ a little and still be one: a greeting with
# another name in it. Shorter ones are repeats only word for word.
_LONG = 8
_RUN = 3
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ranked message, as far as choosing needs it.

    `whose` is what repeats must share to be one: the companion and the side.
    """

    message_id: int
    conversation_id: int
    whose: tuple[str, str]
    text: str


@dataclass(slots=True)
class Chosen:
    """A message to show, with the ids of those that say the same."""

    candidate: Candidate
    alike: list[int] = field(default_factory=list)


def choose(
    ranked: Sequence[Candidate], k: int, *, fold: bool = True, by: By = "message"
) -> list[Chosen]:
    """The first `k` messages, or those of the first `k` conversations.

    Args:
        ranked: Best first, each message once.
        k: How many messages or conversations.
        fold: Whether a message that nearly repeats a better one stands behind it.
        by: "conversation" puts hits of one conversation together, at most three of
            each, in the order of the best hit of each.
    """
    groups: dict[int, list[Chosen]] = {}
    by_words: dict[tuple[tuple[str, str], str], Chosen] = {}
    runs_of: list[tuple[Chosen, frozenset[str]]] = []
    # Compared is only with what is shown: nothing is lost behind a message that is
    # not, and a long list costs no more than its length times k.
    for candidate in ranked:
        words, runs = "", frozenset[str]()
        if fold:
            words = as_words(candidate.text) or candidate.text.strip()
            runs = _runs(words)
            known = by_words.get((candidate.whose, words)) or _nearly(
                candidate, runs, runs_of
            )
            if known:
                known.alike.append(candidate.message_id)
                continue
        group = candidate.conversation_id if by == "conversation" else 0
        if by == "conversation" and group not in groups and len(groups) == k:
            continue
        hits = groups.setdefault(group, [])
        if len(hits) == (PER_CONVERSATION if by == "conversation" else k):
            continue
        found = Chosen(candidate)
        hits.append(found)
        by_words[candidate.whose, words] = found
        if runs:
            runs_of.append((found, runs))
    return [found for hits in groups.values() for found in hits]


def is_enough(
    chosen: Sequence[Chosen], k: int, *, n_conversations: int | None = None
) -> bool:
    """Whether a list that was cut need not be read further.

    Args:
        chosen: What `choose` took of it.
        k: As there.
        n_conversations: By conversation, of so many there may be hits at all.
    """
    if n_conversations is None:
        return len(chosen) >= k
    n_found = len({one.candidate.conversation_id for one in chosen})
    n_hits = min(k, n_conversations * PER_CONVERSATION)
    return n_found >= min(k, n_conversations) and len(chosen) >= n_hits


def _runs(words: str) -> frozenset[str]:
    """Runs of three words, none for a short text."""
    each = words.split()
    if len(each) < _LONG:
        return frozenset()
    return frozenset(
        " ".join(each[start : start + _RUN]) for start in range(len(each) - _RUN + 1)
    )


def _nearly(
    candidate: Candidate,
    runs: frozenset[str],
    runs_of: Sequence[tuple[Chosen, frozenset[str]]],
) -> Chosen | None:
    for found, others in runs_of:
        if found.candidate.whose == candidate.whose and runs:
            shared = len(runs & others)
            if shared >= _ALIKE * (len(runs) + len(others) - shared):
                return found
    return None
