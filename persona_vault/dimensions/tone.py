"""VADER's tone of a sentence, its rules asked only where they could say something.

VADER takes every letter for a possible emoji and every word through all its rules; most
of that comes to nothing. The numbers are VADER's own.
"""

from functools import lru_cache

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    SentiText,
    negated,
    normalize,
)

# No set phrase of its lists is there without the longest of its words.
_OF_PHRASES = frozenset(
    max(phrase.split(), key=len)
    for phrase in (*SPECIAL_CASES, *BOOSTER_DICT)
    if " " in phrase
)
_TURNING = frozenset({"never", "so", "this", "without", "doubt"})


@lru_cache(maxsize=100_000)
def _may_turn(word: str) -> bool:
    """Whether a word may turn or strengthen the tone of what follows it."""
    return word in _TURNING or bool(negated([word]))


# What stands around a word is cut off once for all.
_bare = lru_cache(maxsize=100_000)(SentiText._strip_punc_if_word)


class _Sentence(SentiText):  # type: ignore[misc]
    """The words of a sentence, and whether some but not all are in capitals."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words_and_emoticons = list(map(_bare, text.split()))
        n_loud = sum(map(str.isupper, self.words_and_emoticons))
        self.is_cap_diff = 0 < n_loud < len(self.words_and_emoticons)


class ToneReader(SentimentIntensityAnalyzer):  # type: ignore[misc]
    """VADER for one sentence after the other."""

    def __init__(self, changed: dict[str, float]) -> None:
        super().__init__()
        self.lexicon.update(changed)
        self._turns = self._has_phrases = True
        # Two sentences in five hold no word of the list: they are passed over by this.
        self._is_listed = lru_cache(maxsize=100_000)(
            lambda written: _bare(written).lower() in self.lexicon
        )

    def compound(self, said: str) -> float:
        """The tone of a sentence, -1 to 1; 0 where it holds no word of the list."""
        if not any(map(self._is_listed, said.split())):
            return 0.0
        text = _Sentence(said.strip())
        words = [w.lower() for w in text.words_and_emoticons]
        self._turns = any(map(_may_turn, words))
        self._has_phrases = not _OF_PHRASES.isdisjoint(words)
        tones: list[float] = []
        for i, word in enumerate(words):
            if (
                word not in self.lexicon
                or word in BOOSTER_DICT
                or (word == "kind" and words[i + 1 : i + 2] == ["of"])
            ):
                tones.append(0)
            else:
                written = text.words_and_emoticons[i]
                self.sentiment_valence(0, text, written, i, tones)
        if "but" in words:
            tones = self._but_check(words, tones)
        return self._compound(float(sum(tones)), text.text)

    def _compound(self, tone: float, said: str) -> float:
        """What `score_valence` gives under that name; its other shares are not read."""
        stress = self._punctuation_emphasis(said)
        if tone:
            tone += stress if tone > 0 else -stress
        return round(float(normalize(tone)), 4)

    def _negation_check(
        self, valence: float, words: list[str], start_i: int, i: int
    ) -> float:
        if not self._turns:
            return valence
        return float(super()._negation_check(valence, words, start_i, i))

    def _special_idioms_check(self, valence: float, words: list[str], i: int) -> float:
        if not self._has_phrases:
            return valence
        return float(super()._special_idioms_check(valence, words, i))
