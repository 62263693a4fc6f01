"""What the rows share about text: spoken words, sentences, actions, folding.

Everything here keeps length: what is masked becomes blanks, what is folded becomes one
other character, so that offsets into a result are offsets into the message.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

# Rows are measured one after the other over a block; a block rarely has more messages.
CACHE_SIZE = 4_096

# Marks that are part of a word though Python's \w leaves them out: combining accents,
# Hebrew and Arabic points, the vowel signs of Indic and Thai script, (non-)joiners.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u0900-\u0903\u093a-\u094f\u0981-\u0983"
    "\u09bc-\u09cd\u0a3c-\u0a4d\u0abc-\u0acd\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c3e-\u0c4d"
    "\u0cbc-\u0ccd\u0d3e-\u0d4d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200c\u200d"
)
# Scripts without blanks between words: every character counts as one.
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER = rf"[^\W_{_SINGLE}]"
_WORD = re.compile(
    rf"[{_SINGLE}]|{_LETTER}[{_MARKS}]*(?:{_LETTER}|[{_MARKS}]|['’ʼ\-](?={_LETTER}))*"
)
# The same in a text of ASCII alone, in half the time.
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:['\-][A-Za-z0-9]+)*")

_CODE = re.compile(r"```(?:.*?```|.*\Z)|`[^`\n]+`", re.DOTALL)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>]+", re.IGNORECASE)
_TOKEN = re.compile(r"\{\{\w{1,40}\}\}|<[A-Z][A-Z_]{1,40}>|\[[A-Z][A-Z_ ]{2,40}\d*\]")
_MARKUP = re.compile(
    r"(?P<bold>\*{2,3}[^*\n]+\*{2,3})"
    r"|(?P<line>^\*[ ][^*\n]+[ ]\*[ \t]*$)"
    r"|(?<![*\w\\])\*(?![*\s])(?P<star>[^*\n]+)\*(?![*\w])"
    r"|(?<![\w\\])_(?![_\s])(?P<bar>[^_\n]+)_(?!\w)"
    r"|\(\((?P<paren>[^()\n]+)\)\)",
    re.MULTILINE,
)

# What people and companions do between asterisks, in the forms met there.
_GESTURE = re.compile(
    r"(?:smil|grin|smirk|giggl|chuckl|laugh|sigh|nod|blush|wink|wav|hug|kiss|cuddl"
    r"|snuggl|nuzzl|hold|tak|lean|look|gaz|star|whisper|murmur|mumbl|purr|pout|shrug"
    r"|gasp|paus|think|ponder|tilt|reach|strok|brush|touch|squeez|pat|pok|tickl|danc"
    r"|jump|bounc|bow|clap|facepalm|gulp|hum|sing|sit|stand|stretch|yawn|snor|sob"
    r"|cr(?:y|i)|sniffl|shiver|trembl|swallow|walk|run|wrap|pull|rest|rais|roll|wip"
    r"|beam|glanc|frown|winc|groan|moan|bit|lick|boop|headpat|high.?fiv|shak|scoff"
    r"|snort|cough|clear|tear|melt|open|lift|point|turn|step|press|tug|grab|blink"
    r"|twirl|spin|curl|flop|sleep|giv|hand|offer|pour|sip)"
    r"(?:e|s|es|ed|d|ing|ning|ting|ging|ming|ping|ies|y)?\Z"
)
# Words that look like a verb in -s, -ed or -ing, or that people stress alone.
_STRESSED = """
    this is was as his has its us yes thanks perhaps sometimes always does ours yours
    hers theirs these unless besides afterwards towards things days years everything
    something nothing anything being having doing going need indeed red bed during
    very really never so too you me my i we not only all any every exactly actually
    that the a an no now more most must should could would can will do love want and
    or but if important totally absolutely literally definitely especially truly both
    just still also even ever much well know mean feel are were had
"""
_NO_GESTURE = frozenset(_STRESSED.split())
_SUBJECTS = frozenset({"i", "he", "she", "they", "it", "her", "his", "my", "our", "we"})

_CLOSERS = "\"'”’»)\\]*_"
# Marks with closing signs behind them, the same in wide signs, or line breaks. All
# three begin in one class: a text is searched for that in a third of the time.
_SENTENCE_END = re.compile(
    rf"[.!?…؟。！？｡\n](?:(?<=[.!?…؟])[.!?…؟]*+[{_CLOSERS}]*(?!\w)"
    r"|(?<=[。！？｡])[。！？｡]*[」』）”]*|(?<=\n)\n*)"
)
_NO_MARKS = "\"'”’»)]*_」』）\n"
_ABBREVIATION = re.compile(
    r"\b(?:mr|mrs|ms|dr|st|vs|etc|e\.g|i\.e|a\.m|p\.m)\Z", re.IGNORECASE
)
_HAS_SUBSTANCE = re.compile(r"[^\W_]|[!?…？！؟]")


class Sentence(NamedTuple):
    """A sentence by its offsets, and the marks it ends with ("" for none)."""

    start: int
    end: int
    mark: str


class _Fold(dict[int, str]):
    """One character for one: compatibility form, lower case, plain quotes."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in "’‘ʼ＇´":
            plain = "'"
        elif char in "“”„":
            plain = '"'
        else:
            wide = unicodedata.normalize("NFKC", char)
            plain = wide if len(wide) == 1 else char
            lower = plain.lower()
            plain = lower if len(lower) == 1 else plain
        self[code] = plain
        return plain


_FOLD = _Fold()


@lru_cache(maxsize=CACHE_SIZE)
def visible(text: str) -> str:
    """The text with code, addresses and placeholders blanked, same length."""
    # Pieces without which nothing matches: to look for them takes a tenth of the time.
    if "`" in text:
        text = _CODE.sub(_blank, text)
    if "://" in text or ("." in text and "www." in text.lower()):
        text = _ADDRESS.sub(_blank, text)
    if "{{" in text or "<" in text or "[" in text:
        text = _TOKEN.sub(_blank, text)
    return text


@lru_cache(maxsize=CACHE_SIZE)
def actions(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of roleplay actions, their marks included; emphasis is left out."""
    if "*" not in text and "_" not in text and "((" not in text:
        return ()
    shown = visible(text)
    return tuple(m.span() for m in _MARKUP.finditer(shown) if _is_action(m, shown))


@lru_cache(maxsize=CACHE_SIZE)
def spoken(text: str) -> str:
    """The visible text with roleplay actions blanked too, same length.

    An action leaves a line break where it began: what stands before and after it are
    two sentences.
    """
    shown = visible(text)
    acted = actions(text)
    if not acted:
        return shown
    parts: list[str] = []
    done = 0
    for start, end in acted:
        parts += (shown[done:start], "\n", " " * (end - start - 1))
        done = end
    return "".join((*parts, shown[done:]))


@lru_cache(maxsize=CACHE_SIZE)
def folded(text: str) -> str:
    """The spoken text in lower case with plain quotes and apostrophes, same length."""
    said = spoken(text)
    return said.lower() if said.isascii() else said.translate(_FOLD)


def told(text: str) -> str:
    """The visible text, actions without their marks, folded, same length."""
    if not actions(text):
        return folded(text)
    shown = visible(text)
    shown = shown.lower() if shown.isascii() else shown.translate(_FOLD)
    return shown.replace("*", " ").replace("_", " ")


@lru_cache(maxsize=CACHE_SIZE)
def n_words(text: str) -> int:
    """Words of the visible text, those of actions included."""
    if text.isascii() and not actions(text):
        return len(words(text))  # the same, and asked for by other rows
    shown = visible(text)
    return len(_word_in(shown).findall(shown))


@lru_cache(maxsize=CACHE_SIZE)
def words(text: str) -> tuple[str, ...]:
    """Spoken words in lower case; each Han or Kana character is one word."""
    # Composed, so that both ways to write an accented letter are one word.
    said = unicodedata.normalize("NFC", folded(text))
    return tuple(_word_in(said).findall(said))


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where each spoken word stands; as many as `words`, but for composed accents."""
    said = folded(text)
    return [m.span() for m in _word_in(said).finditer(said)]


def n_spoken_words(text: str) -> int:
    """Words of the text without those of actions."""
    return len(words(text))


@lru_cache(maxsize=CACHE_SIZE)
def word_counts(text: str) -> Counter[str]:
    """How often each spoken word is used; not to be changed."""
    return Counter(words(text))


@lru_cache(maxsize=CACHE_SIZE)
def sentences(text: str) -> tuple[Sentence, ...]:
    """Spoken sentences; what has neither a word nor ! or ? is passed over."""
    said = spoken(text)
    found: list[Sentence] = []
    start = 0
    for match in _SENTENCE_END.finditer(said):
        mark = match[0].rstrip(_NO_MARKS)
        if _goes_on(said, match, mark):
            continue
        _add(found, said, (start, match.end()), mark)
        start = match.end()
    _add(found, said, (start, len(said)), "")
    return tuple(found)


def words_per_sentence(text: str) -> list[int]:
    """Spoken words of each of `sentences`, 0 for marks and pictures alone."""
    found = sentences(text)
    if len(found) == 1:
        return [n_spoken_words(text)]
    said = folded(text)
    word = _word_in(said)
    return [len(word.findall(said, s.start, s.end)) for s in found]


def _word_in(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _WORD


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _is_action(match: re.Match[str], text: str) -> bool:
    if match["bold"]:
        return False
    if match["line"] or match["paren"]:
        return True
    content = match["star"] or match["bar"]
    tokens = _WORD.findall(content)
    if not tokens:
        return False
    before = text[max(0, match.start() - 40) : match.start()]
    before = before.rpartition("\n")[2].rstrip()
    after = text[match.end() : match.end() + 40].partition("\n")[0].lstrip()
    inside = bool(before and (before[-1].isalnum() or before[-1] in ",;:'’\"“("))
    runs_on = bool(after and (after[0].islower() or after[0] in ",.;:!?'’"))
    if len(tokens) <= 2:
        return _is_short_action(tokens, inside=inside, runs_on=runs_on)
    return not (inside and runs_on) or _is_verb(tokens[0])


def _is_short_action(tokens: list[str], *, inside: bool, runs_on: bool) -> bool:
    """One or two words: a gesture, or something that stands alone and is no stress."""
    first = tokens[0].lower()
    if first in _NO_GESTURE:
        return False
    if _GESTURE.match(first) or _GESTURE.match(tokens[-1].lower()):
        # "you *hold* me" stresses the word; "hi *waves* how are you" does not.
        return not (inside and runs_on) or first.endswith("s")
    # At the start of a line a stressed word would have a capital.
    return not inside and tokens[0].islower()


def _is_verb(word: str) -> bool:
    if not word.islower() or word in _NO_GESTURE:
        return False
    return word in _SUBJECTS or word.endswith(("s", "ing", "ed", "ly"))


def _goes_on(said: str, match: re.Match[str], mark: str) -> bool:
    """Whether the sentence runs on after what looked like its end."""
    if not mark:
        return False
    if mark == "." and _ABBREVIATION.search(
        said[max(0, match.start() - 6) : match.start()]
    ):
        return True
    following = said[match.end() : match.end() + 3].lstrip(" ")[:1]
    if not following.islower():
        return False
    return match[0][-1] in "\"'”’»)" or mark[0] == "…" or mark.startswith("..")


def _add(found: list[Sentence], said: str, span: tuple[int, int], mark: str) -> None:
    part = said[span[0] : span[1]]
    if not _HAS_SUBSTANCE.search(part):
        return
    start = span[0] + len(part) - len(part.lstrip())
    found.append(Sentence(start, span[0] + len(part.rstrip()), mark))
