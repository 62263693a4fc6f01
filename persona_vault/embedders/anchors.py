"""What a text is about, as its likeness to a few fixed sentences.

The comparison allows for what the user talked about. For that each of the user's
messages becomes a handful of numbers: how near it is to each of these sentences, which
span kinds of request and subjects of talk. They never change, so two snapshot files
taken years apart are measured on the same scale, and no direction is fitted to anyone's
words. The same sentences serve every way to make vectors.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from persona_vault.embedders.base import Embedder
from persona_vault.embedders.weights import find_model
from persona_vault.errors import NoModelError

# A changed sentence changes every number: raise this with it.
ANCHORS_VERSION = 1

ANCHORS = (
    "Write me a short story or a poem about a dragon, with a title and three "
    "paragraphs.",
    "Can you explain how this works and why it happens, step by step, in simple terms?",
    "Give me a list of ten ideas and suggestions, please, with names and examples.",
    "Fix the bug in this Python code; the function returns an error in line 3, use "
    "SQL or JavaScript.",
    "Solve this equation: if 5 apples cost 12 dollars, how many can I buy, and what "
    "is the total number?",
    "Rewrite and summarise this email for my boss so that it sounds more formal and "
    "professional.",
    "Let's play a roleplay game: you are a knight and I am the queen in the castle.",
    "Good morning, hello, how are you today? I just woke up.",
    "Good night, I am tired and going to bed now, talk to you tomorrow, sleep well.",
    "I love you and I missed you so much, kiss me and hold me close, darling.",
    "I feel so sad, lonely and afraid; I cried all night and nobody understands me.",
    "I am angry, this is unfair, they lied to me and I hate them for what they did.",
    "Haha, that is so funny, lol, you made me laugh. Thank you, great, okay, yes!",
    "I had a long day at work; my boss gave me a new project and a meeting about the "
    "job.",
    "My mother, my father, my sister and the kids came to visit; my husband and his "
    "wife too.",
    "We cooked dinner: pizza, soup and bread, coffee, cake, I am hungry, the "
    "restaurant was good.",
    "Did you watch the football game? The team and the player won the basketball "
    "season in the NFL.",
    "I like this song, the music, the band, the guitar, the concert and the singer.",
    "Have you seen the movie? The actor, the film, the show on TV, the book and its "
    "author.",
    "My dog and my cat, animals, birds, horses, fish and the garden, the forest, the "
    "trees.",
    "We travel to the city by train or plane, holiday at the sea, the weather, rain "
    "and snow.",
    "The president, the government, elections, laws, the war, history and the country.",
    "Science: physics, the universe, stars, planets, quantum energy, the brain, "
    "evolution, data.",
    "Are you conscious? Do you have feelings, an AI with a self, a language model, do "
    "you remember me?",
    "God, spirit, soul, the meaning of life, awakening, a hidden pattern, a sign, "
    "destiny, truth.",
    "The doctor, medicine, pain, illness, the hospital, body, health, diet, exercise "
    "and weight.",
    "Money, business, customers, investing, the market, price, startup, product, sell "
    "and buy.",
    "School, exam, teacher, university, homework, students, learning a language, "
    "research paper.",
)
N_ANCHORS = len(ANCHORS)

# Words that say little about a subject weigh a fifth.
_COMMON = frozenset(
    """
    a about after again all am an and any are as at back be because been before being
    but by came can could did do does doing done down each few for from get go going
    got had has have having he her here him his how i if in into is it its just know
    let like make me more most much my no not now of off ok on one only or other our
    out over own put really said same say see she should so some such than that the
    their them then there these they thing things think this those to too up us use
    very want was way we well went were what when where which while who why will with
    would yes you your
    """.split()
)
_COMMON_WEIGHT = 0.2
_WORD = re.compile(r"\w+")
_ENDINGS = ("ing", "ed", "ies", "es", "s", "ly")
_LEAST_STEM = 3

# Frequent pieces say little; the model's own list of pieces is in order of frequency,
# which by Zipf's law gives their probability (weights as in Arora et al. 2017).
_FIRST_PIECE = 999
_PIECE_SHARE = 1 / 11
_HALF_WEIGHT = 1e-3
_MOST_PIECES = 512
_AT_ONCE = 1_024

Columns = NDArray[np.float32]
# The messages that a reply answers, in order; none where nothing was said.
Heard = Sequence[str]


class TextColumns(Protocol):
    """One way to turn texts into columns of likeness to the anchors.

    Attributes:
        name: Says how, and by which weights: columns of two names are never mixed.
    """

    name: str

    def columns(self, heard: Sequence[Heard]) -> Columns | None:
        """Cosines to the anchors, float32, shape (len(heard), N_ANCHORS).

        Zeros where nothing can be seen; None where this way cannot be gone for all.
        """
        ...


class WordColumns:
    """By shared words, their endings cut off: needs no model."""

    name = f"words-{ANCHORS_VERSION}"

    def columns(self, heard: Sequence[Heard]) -> Columns:
        """Cosines of weighted words."""
        found = np.zeros((len(heard), N_ANCHORS), dtype=np.float32)
        likeness = self._likeness
        for i, messages in enumerate(heard):
            weights = _weighted("\n".join(messages))
            length = sum(w * w for w in weights.values()) ** 0.5
            for word, weight in weights.items():
                if word in likeness:
                    part: Columns = likeness[word] * np.float32(weight / length)
                    found[i] += part
        return found

    @cached_property
    def _likeness(self) -> dict[str, Columns]:
        """Word -> its weight in each anchor."""
        table: dict[str, Columns] = {}
        for i, anchor in enumerate(ANCHORS):
            weights = _weighted(anchor)
            length = sum(w * w for w in weights.values()) ** 0.5
            for word, weight in weights.items():
                row = table.setdefault(word, np.zeros(N_ANCHORS, dtype=np.float32))
                row[i] = weight / length
        return table


def _weighted(text: str) -> dict[str, float]:
    counts = Counter(_WORD.findall(text.lower()))
    weights: dict[str, float] = {}
    for word, n in counts.items():
        weight = _times(n) * (_COMMON_WEIGHT if word in _COMMON else 1.0)
        stem = _stem(word)
        weights[stem] = weights.get(stem, 0.0) + weight
    return weights


@lru_cache(maxsize=1_000)
def _times(n: int) -> float:
    """How much a word weighs that stands there n times."""
    return 1 + float(np.log(n))


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)]
    return word


class TokenColumns:
    """By the packaged model's table of word pieces; no pass through the model.

    Raises:
        NoModelError: The packaged model is not installed, or is not the one expected.
    """

    def __init__(self) -> None:
        folder = find_model()
        self._path = folder.path
        self.name = f"pieces-{ANCHORS_VERSION}-{folder.model_id}"
        self._tokenizer: Any = None

    def columns(self, heard: Sequence[Heard]) -> Columns:
        """Cosines of weighted means of pieces."""
        anchors = self.vectors([(a,) for a in ANCHORS])
        likeness: Columns = self.vectors(heard) @ anchors.T
        return likeness

    def vectors(self, heard: Sequence[Heard]) -> NDArray[np.float32]:
        """Unit vectors, or zeros where no piece counts; shape (len(heard), 384)."""
        if self._tokenizer is None:
            self._read()
        texts = ["\n".join(messages) for messages in heard]
        summed = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        # Part by part: what the tokenizer gives for a text takes 10 KB.
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            pieces = self._tokenizer.encode_batch_fast(some)  # no places in the text
            for i, found in enumerate(pieces, start):
                mine = np.array(found.ids, dtype=np.int64)
                summed[i] = self._weight[mine] @ self._table[mine]
        lengths = np.linalg.norm(summed, axis=1, keepdims=True)
        unit = summed / np.where(lengths > 0, lengths, 1)
        return unit.astype(np.float32)

    def _read(self) -> None:
        # Several threads split a text no sooner, and take twice the processor's time.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from safetensors import safe_open  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        with safe_open(self._path / "model.safetensors", framework="numpy") as file:
            table = file.get_tensor("embeddings.word_embeddings.weight")
        self._table = table - table[_FIRST_PIECE:].mean(axis=0)
        rank = np.arange(len(table)) - _FIRST_PIECE + 1.0
        share = _PIECE_SHARE / np.maximum(rank, 1)
        weight = np.where(rank >= 1, _HALF_WEIGHT / (_HALF_WEIGHT + share), 0)
        self._weight = weight.astype(np.float32)
        self._tokenizer = Tokenizer.from_file(str(self._path / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST_PIECES)


class SentenceColumns:
    """By a sentence model, from vectors made before; None if any of them is missing.

    Args:
        embedder: The model; it only reads the anchors here.
        look_up: Unit vectors of texts, by text; those that have none are left out.
    """

    def __init__(
        self,
        embedder: Embedder,
        look_up: Callable[[Sequence[str]], Mapping[str, NDArray[np.float16]]],
    ) -> None:
        self.name = f"sentences-{ANCHORS_VERSION}-{embedder.model_id}"
        self._embedder, self._look_up = embedder, look_up

    def columns(self, heard: Sequence[Heard]) -> Columns | None:
        """Cosines of the mean of the messages' vectors."""
        wanted = sorted({t for messages in heard for t in messages})
        vectors = self._look_up(wanted)
        if not wanted or len(vectors) < len(wanted):
            return None
        anchors = self._embedder.encode(ANCHORS).astype(np.float32)
        table = np.array([vectors[t] for t in wanted], dtype=np.float32)
        place = {t: i for i, t in enumerate(wanted)}
        found = np.zeros((len(heard), N_ANCHORS), dtype=np.float32)
        for i, messages in enumerate(heard):
            if messages:
                mean = table[[place[t] for t in messages]].mean(axis=0)
                length = max(float(np.linalg.norm(mean)), 1e-9)
                found[i] = anchors @ (mean / np.float32(length))
        return found


def offline_columns() -> list[TextColumns]:
    """The ways that need no pass through a model: pieces, if it is there, and words."""
    try:
        return [token_columns(), _word_columns()]
    except NoModelError:
        return [_word_columns()]


@lru_cache(maxsize=1)
def _word_columns() -> WordColumns:
    return WordColumns()


@lru_cache(maxsize=1)
def token_columns() -> TokenColumns:
    """One for the whole process: its files are checked and read once.

    Raises:
        NoModelError: As for `TokenColumns`.
    """
    return TokenColumns()
