"""What a person typed, as an expression that full text search cannot choke on."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from unicodedata import normalize

from persona_vault.errors import UsageError

_MAX_LETTERS = 10_000
_MAX_TERMS = 64
_WORD = re.compile(r"[^\W_]+")  # to the index `_` is a space as well
_QUOTED = re.compile(r'"([^"]*)"')
# A minus before a word or a quote, not inside a word and not before a number or a mark;
# or a quote as a whole, in which a minus says nothing.
_EXCLUDED = re.compile(r'(?<!\S)-(?:"([^"]*)"|([^\W\d][^\s"]*))|("[^"]*")')
# Pasted role-play: its stars hold an action and ask for no ending.
_ACTION = re.compile(r"(?<![\w*])\*(\S[^*]*)\*(?![\w*])")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_CURLY = str.maketrans("“”„«»", '"""""')
# Scripts that put no space between words: the full text index sees a whole sentence
# as one word there, so such text is looked for letter pair by letter pair.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+"
)
# NUL ends a string inside SQLite, a lone surrogate cannot be stored at all.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

STOP_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
        a about am an and are as at be been being but by can could did didn't do does
        doesn't don't for from had has have he her hers him his how i i'm if in into is
        isn't it it's its me my mine of on or our ours she should so some than that
        that's the their theirs them then there these they this those to too us very was
        wasn't we were what what's when where which who whom whose why will with would
        you you're your yours
        """,
    )
)


@dataclass(frozen=True, slots=True)
class Required:
    """What a hit must hold itself: quoted words, or the beginning of a word.

    Attributes:
        typed: Without the quotes or the star.
        words: Its words as `plain_words` has them, "" for signs such as emoji.
        is_prefix: Whether any ending may follow.
    """

    typed: str
    words: str
    is_prefix: bool = False

    @property
    def is_unspaced(self) -> bool:
        """Whether a script without spaces is in it, which the index cannot look up."""
        return bool(_UNSPACED.search(self.words))

    def is_in(self, text: str, words: str) -> bool:
        """Whether a message holds it; `words` are the text's `plain_words`."""
        if not self.words:
            return self.typed in text
        if self.is_unspaced:
            return self.words in words
        end = "" if self.is_prefix else " "
        return f" {self.words}{end}" in f" {words} "


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart.

    Attributes:
        text: As typed, without what cannot be stored: what a model embeds.
        expression: For `MATCH`, "" where there is no word to match.
        terms: What it is made of, each for `MATCH` by itself: words and quoted
            phrases, but not the phrase that a query without quotes is. Beginnings of
            words come in with `required.ranked_by`.
        literals: Pieces to be found letter by letter in the message's own text.
        phrases: Word sequences a message must hold, all of them, to be an exact find:
            the quoted ones, else the whole query; () for a prefix or no word at all.
        required: What every hit must hold itself: all that was quoted or has a star.
        excluded: Words for `MATCH` that a hit must not hold itself, "" for none.
        excluded_required: Quoted phrases and beginnings of words to be left out.
        excluded_literals: The same letter by letter, for scripts without spaces.
    """

    text: str
    expression: str
    terms: tuple[str, ...]
    literals: tuple[str, ...]
    phrases: tuple[str, ...]
    required: tuple[Required, ...] = ()
    excluded: str = ""
    excluded_required: tuple[Required, ...] = ()
    excluded_literals: tuple[str, ...] = ()

    def is_in(self, text: str) -> bool:
        """Whether the text holds the phrases, whatever the case and punctuation."""
        if not self.phrases:
            return False
        words = f" {plain_words(text)} "
        return all(f" {phrase} " in words for phrase in self.phrases)


ANYTHING = Query("", "", (), (), ())  # leaves nothing out


def as_words(text: str) -> str:
    """The words of a text, lower-case, with one space between them."""
    return " ".join(_WORD.findall(text.casefold()))


def plain_words(text: str) -> str:
    """The same without accents, which the index does not tell apart either."""
    if text.isascii():
        return as_words(text)
    return as_words(normalize("NFC", _ACCENTS.sub("", normalize("NFD", text))))


def in_index(words: str) -> str:
    """A string of FTS5; its only special character is the quote."""
    return '"' + words.replace('"', '""') + '"'


def unspaced_runs(text: str) -> list[str]:
    """The pieces of a text that are in scripts without spaces."""
    return _UNSPACED.findall(text)


def parse_query(text: str) -> Query:
    """Take a query apart: "quoted phrases", prefix*, -without, words; no more syntax.

    Stop words count only where there is nothing else.

    Raises:
        UsageError: It is empty, only says what to leave out, or is longer than 10,000
            letters.
    """
    text = _UNSTORABLE.sub(" ", text.translate(_CURLY)).strip()
    if not text.strip('"* '):
        raise UsageError("The search is empty.", hint="Give at least one word.")
    if len(text) > _MAX_LETTERS:
        raise UsageError(
            "The search is longer than 10,000 letters.", hint="Give fewer words."
        )
    excluded = _EXCLUDED.findall(text)
    text = _EXCLUDED.sub(lambda found: found[3] or " ", text).strip()
    if not text.strip('"* '):
        raise UsageError(
            "The search only says what to leave out.",
            hint="Add what to find; -word leaves out messages that hold the word.",
        )
    quoted = [q.strip() for q in _QUOTED.findall(text) if q.strip()]
    rest = _ACTION.sub(r" \1 ", _QUOTED.sub(" ", text).replace('"', " "))
    split = [w for w in rest.split() if w.strip("*")]
    begun = [w.rstrip("*") for w in split if _is_prefix(w)]
    loose = [w for w in split if not _is_prefix(w)]
    terms = [*map(in_index, filter(_WORD.search, quoted)), *_terms(loose)]
    if not terms and not begun:
        terms = _terms(loose, stop_words=True)
    phrases = [plain_words(q) for q in quoted if _WORD.search(q)]
    wholes = []
    if not quoted and not begun:
        wholes = [w for w in [plain_words(" ".join(loose))] if w]
    literals = _literals([*quoted, *loose, *begun])
    if not terms and not begun and not wholes and not literals:
        literals = loose
    return Query(
        text=text,
        expression=_joined([*terms, *map(in_index, wholes)]),
        terms=tuple(dict.fromkeys(terms[:_MAX_TERMS])),
        literals=tuple(dict.fromkeys(literals[:_MAX_TERMS])),
        phrases=tuple(phrases or wholes),
        required=_required(quoted, begun),
        **_left_out(excluded),
    )


def _left_out(found: list[tuple[str, str, str]]) -> dict[str, Any]:
    """The fields of a query that say what to leave out."""
    pieces = [quoted or word for quoted, word, _ in found if quoted or word]
    quoted = [q for q, _, _ in found if q]
    words = [w for _, w, _ in found if w and not _UNSPACED.search(w)]
    begun = [w.rstrip("*") for w in words if w.endswith("*")]
    spaced = [q for q in quoted if not _UNSPACED.search(q)]
    return {
        "excluded": _joined([in_index(w) for w in words if not w.endswith("*")]),
        "excluded_required": _required(spaced, begun),
        "excluded_literals": tuple(w.strip("*") for w in pieces if _UNSPACED.search(w)),
    }


def _required(quoted: list[str], begun: list[str]) -> tuple[Required, ...]:
    found = [Required(q, plain_words(q)) for q in quoted]
    found += [Required(w, plain_words(w), is_prefix=True) for w in begun]
    return tuple(dict.fromkeys(found[:_MAX_TERMS]))


def _joined(terms: list[str]) -> str:
    return " OR ".join(dict.fromkeys(terms[:_MAX_TERMS]))


def _is_prefix(word: str) -> bool:
    return word.endswith("*") and bool(_WORD.search(word))


def _terms(loose: list[str], *, stop_words: bool = False) -> list[str]:
    """Words for the index; stop words only where they are wanted."""
    spaced = [w for w in loose if _WORD.search(w) and not _UNSPACED.search(w)]
    return [in_index(w) for w in spaced if stop_words or not _is_stop_word(w)]


def _is_stop_word(word: str) -> bool:
    bare = word.casefold().replace("’", "'").strip(".,;:!?()[]{}…-'")
    return bare in STOP_WORDS


def _literals(pieces: list[str]) -> list[str]:
    """Letter pairs of unspaced scripts, and signs such as emoji that stand alone."""
    found: list[str] = []
    for piece in pieces:
        for run in _UNSPACED.findall(piece):
            found += ["".join(pair) for pair in pairwise(run)] or [run]
        if not _WORD.search(piece) and any(ord(letter) > 0x2100 for letter in piece):
            found.append(piece)
    return found
