"""What a person typed, as an expression that full text search cannot choke on."""

import re
from dataclasses import dataclass
from itertools import pairwise

from persona_vault.errors import UsageError

_MAX_LETTERS = 10_000
_MAX_TERMS = 64
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r'"([^"]*)"')
# A minus before a word or a quote, not inside a word and not before a number or a mark;
# or a quote as a whole, in which a minus says nothing.
_EXCLUDED = re.compile(r'(?<!\S)-(?:"([^"]*)"|([^\W\d][^\s"]*))|("[^"]*")')
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
class Query:
    """A query taken apart.

    Attributes:
        text: As typed, without what cannot be stored: what a model embeds.
        expression: For `MATCH`, "" where there is no word to match.
        terms: What it is made of, each for `MATCH` by itself: words, prefixes and
            quoted phrases, but not the phrase that a query without quotes is.
        literals: Pieces to be found letter by letter in the message's own text.
        phrases: Word sequences a message must hold, all of them, to be an exact find:
            the quoted ones, else the whole query; () for a prefix or no word at all.
        excluded: For `MATCH`, what a hit must not hold itself, "" for nothing.
        excluded_literals: The same letter by letter, for scripts without spaces.
    """

    text: str
    expression: str
    terms: tuple[str, ...]
    literals: tuple[str, ...]
    phrases: tuple[str, ...]
    excluded: str = ""
    excluded_literals: tuple[str, ...] = ()

    def is_in(self, text: str) -> bool:
        """Whether the text holds the phrases, whatever the case and punctuation."""
        if not self.phrases:
            return False
        words = f" {as_words(text)} "
        return all(f" {phrase} " in words for phrase in self.phrases)

    @property
    def is_quoted(self) -> bool:
        """Whether the phrases were put in quotes, and can be told word by word."""
        return '"' in self.text and not any(map(_UNSPACED.search, self.phrases))


ANYTHING = Query("", "", (), (), ())  # leaves nothing out


def as_words(text: str) -> str:
    """The words of a text, lower-case, with one space between them."""
    return " ".join(_WORD.findall(text.casefold()))


def parse_query(text: str) -> Query:
    """Take a query apart: "quoted phrases", prefix*, -without, words; no more syntax.

    Stop words count only where there is nothing else.

    Raises:
        UsageError: It is empty, only says what to leave out, or is longer than 10,000
            letters.
    """
    text = _UNSTORABLE.sub(" ", text.translate(_CURLY)).strip()
    if not text.strip('" '):
        raise UsageError("The search is empty.", hint="Give at least one word.")
    if len(text) > _MAX_LETTERS:
        raise UsageError(
            "The search is longer than 10,000 letters.", hint="Give fewer words."
        )
    excluded = [first or word for first, word, _ in _EXCLUDED.findall(text)]
    text = _EXCLUDED.sub(lambda found: found[3] or " ", text).strip()
    if not text.strip('" '):
        raise UsageError(
            "The search only says what to leave out.",
            hint="Add what to find; -word leaves out messages that hold the word.",
        )
    quoted = [q for q in _QUOTED.findall(text) if as_words(q)]
    loose = [
        w for w in _QUOTED.sub(" ", text).replace('"', " ").split() if w.strip("*")
    ]
    spaced = [w for w in loose if _WORD.search(w) and not _UNSPACED.search(w)]
    content = [w for w in spaced if not _is_stop_word(w)]
    terms = [_quote(q) for q in quoted]
    terms += [_term(w) for w in (content or ([] if quoted else spaced))]
    phrases = [as_words(q) for q in quoted] or _whole_phrase(loose)
    wholes = [] if quoted else [_quote(p) for p in phrases]
    literals = _literals([*quoted, *loose])
    if not terms and not wholes and not literals:
        literals = loose
    return Query(
        text=text,
        expression=" OR ".join(dict.fromkeys([*terms, *wholes][:_MAX_TERMS])),
        terms=tuple(dict.fromkeys(terms[:_MAX_TERMS])),
        literals=tuple(dict.fromkeys(literals[:_MAX_TERMS])),
        phrases=tuple(phrases),
        excluded=" OR ".join(
            _term(w) for w in excluded if _WORD.search(w) and not _UNSPACED.search(w)
        ),
        excluded_literals=tuple(w.strip("*") for w in excluded if _UNSPACED.search(w)),
    )


def _is_stop_word(word: str) -> bool:
    bare = word.casefold().replace("’", "'").strip(".,;:!?()[]{}…-'")
    return bare in STOP_WORDS


def _quote(words: str) -> str:
    """A string of FTS5; its only special character is the quote."""
    return '"' + words.replace('"', '""') + '"'


def _term(word: str) -> str:
    return _quote(word.rstrip("*")) + ("*" if word.endswith("*") else "")


def _whole_phrase(words: list[str]) -> list[str]:
    phrase = as_words(" ".join(words))
    return [phrase] if phrase and not any(w.endswith("*") for w in words) else []


def _literals(pieces: list[str]) -> list[str]:
    """Letter pairs of unspaced scripts, and signs such as emoji that stand alone."""
    found: list[str] = []
    for piece in pieces:
        for run in _UNSPACED.findall(piece):
            found += ["".join(pair) for pair in pairwise(run)] or [run]
        if not _WORD.search(piece) and any(ord(letter) > 0x2100 for letter in piece):
            found.append(piece)
    return found
