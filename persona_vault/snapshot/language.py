"""Which language a stretch of talk is in, so that no row reads words it cannot."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

UNCLEAR = "und"
# Below this many letters a guess is a coin toss: the block inherits the usual language.
LEAST_LETTERS = 40
SAMPLE = 1_000
# The languages companion apps are used in; a short list guesses better on short text.
CANDIDATES = [
    "en",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "cs",
    "sv",
    "no",
    "da",
    "fi",
    "hu",
    "ro",
    "el",
    "tr",
    "ru",
    "uk",
    "ar",
    "he",
    "fa",
    "hi",
    "id",
    "vi",
    "th",
    "ja",
    "ko",
    "zh",
]


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import (  # noqa: PLC0415 - loads a model: only when needed
        MODEL_FILE,
        LanguageIdentifier,
    )

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(CANDIDATES)
    return identifier


def block_languages(texts: Sequence[str]) -> list[str]:
    """ISO 639-1 code of each block's text; a short block gets the most usual one.

    Without any block long enough all are "und".
    """
    found = [_language(t) for t in texts]
    known = Counter(code for code in found if code)
    usual = known.most_common(1)[0][0] if known else UNCLEAR
    return [code or usual for code in found]


def _language(text: str) -> str | None:
    return _of_sample(text[:SAMPLE])


# One comparison asks for each block several times: its rows, its phrases, its facts.
@lru_cache(maxsize=8192)
def _of_sample(sample: str) -> str | None:
    letters = filter(str.isalpha, sample)
    if next(islice(letters, LEAST_LETTERS - 1, None), None) is None:
        return None
    code: str = _identifier().classify(sample)[0]
    return code
