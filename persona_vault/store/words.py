"""Words as whoever forgets them means them: whatever the case, accents and markup."""

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

from persona_vault.errors import UsageError

# Scripts without spaces: a name stands there with letters on either side of it.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
# Vowels and other signs that belong to a word, which `\w` does not know.
_SIGNS = "\u3099\u309a" + "".join(
    chr(n) for n in range(0x900, 0x1D00) if unicodedata.category(chr(n)) in {"Mn", "Mc"}
)
# A letter or a digit. `_` is neither: it is the markup of roleplay and of file names.
_LETTER = rf"(?:[^\W_]|[{_SIGNS}])"
_GAP = rf"(?:(?![{_SIGNS}])[\W_])+"
_WORD = re.compile(f"{_LETTER}+")
# What folding may change one by one: not ASCII, dashes and quotes, Chinese, Japanese
# and Korean letters, emoji.
_FOLDING = re.compile(
    "[^\x00-\x7f\u2010-\u2027\u3041-\u309e\u30a1-\u30fe\u4e00-\u9fff\uac00-\ud7a3"
    "\U0001f300-\U0001faff]+"
)
# Letters with a stroke and the like, which have no accent to take off.
_ALIKE = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
# Inside a word these show nothing: soft hyphen, joiners.
_UNSEEN = frozenset("\u00ad\u200c\u200d\u2060")


def folded(text: str) -> str:
    """The text for comparing words: without case, accents and unseen signs."""
    if text.isascii():
        return text.casefold()
    plain = _FOLDING.sub(lambda run: "".join(map(_folded_letter, run[0])), text)
    return unicodedata.normalize("NFC", plain.casefold())


@lru_cache(maxsize=8_192)
def _folded_letter(letter: str) -> str:
    if letter in _UNSEEN:
        return ""
    parts = unicodedata.normalize("NFD", letter)
    if letter.isalnum():  # wide and ornate ones, but not a sign such as "TM"
        simple = unicodedata.normalize("NFKD", letter)
        if all(one.isalnum() or unicodedata.combining(one) for one in simple):
            parts = simple
    kept = "".join(one for one in parts if not _is_accent(one)).casefold()
    return _ALIKE.get(kept, kept)


def _is_accent(sign: str) -> bool:
    """Accents and vowel points, by their class in Unicode.

    Not the signs of Japanese, Thai or Indian scripts: these make another letter.
    """
    kind = unicodedata.combining(sign)
    return kind == 1 or 10 <= kind <= 36 or kind >= 200


def words_in(plain: str) -> tuple[str, ...]:
    """The words of a `folded` text, in order."""
    return tuple(_WORD.findall(plain))


def word_pattern(words: str) -> "re.Pattern[str]":
    """What finds these words in a row in a `folded` text, whatever stands between.

    A word ends where its letters do, and a number where its digits do: the name is
    found in `name_92` and `name92`, but not in a longer word.

    Raises:
        UsageError: There is no word.
    """
    parts = words_in(folded(words))
    if not parts:
        raise UsageError(
            "No word was named.", hint="Name at least one word, of letters or digits."
        )
    first, last = _kind(parts[0][0]), _kind(parts[-1][-1])
    start = "".join(f"(?<!{one})" for one in first)
    end = "".join(f"(?!{one})" for one in last)
    return re.compile(start + _GAP.join(map(re.escape, parts)) + end)


def _kind(letter: str) -> tuple[str, ...]:
    """What a letter would go on with."""
    if re.match(f"[{_UNSPACED}]", letter):
        return ()
    return (r"\d",) if letter.isdecimal() else (r"[^\W\d_]", f"[{_SIGNS}]")


def replaced(text: str, pattern: "re.Pattern[str]", mark: str) -> str:
    """The text with a mark where the folded text matches; the rest as it was."""
    plain = folded(text)
    if not pattern.search(plain):
        return text
    parts, end = [], 0
    for found in pattern.finditer(plain):
        start = _place(text, found.start())
        parts += [text[end:start], mark]
        end = _place(text, found.end(), after=True)
    spliced = "".join([*parts, text[end:]])
    # Where letters and places cannot be told apart all of it is written folded.
    return pattern.sub(mark, plain) if pattern.search(folded(spliced)) else spliced


def _place(text: str, n: int, *, after: bool = False) -> int:
    """Where in a text its folded form has `n` letters; else before or after that."""

    def length(place: int) -> int:
        return len(folded(text[:place]))

    place = bisect_right(range(len(text) + 1), n, key=length) - 1
    return place + 1 if after and length(place) < n else place
