"""Rows of a user's own in a TOML file, always exploratory: word lists and axes.

    [[dimension]]
    name = "sea_words"
    title = "replies with a word of the sea"
    words = ["tide", "harbour", "salt water", "sail*"]
    languages = ["en"]      # left out: any language
    per = "replies"         # or "words"

A star at the end of a word stands for any ending. An axis lies between two sets of
examples, as a sentence model places them:

    [[dimension]]
    name = "at_ease"
    title = "how much at ease the replies sound"
    examples_high = ["No hurry at all, let us just sit here.", "...", "..."]
    examples_low = ["Quick, we have to finish this!", "...", "..."]

No rule of a published row can be changed here, and no row of this kind is ever a
headline row.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persona_vault.dimensions.base import NO_OCCASION, Measurement, Scale
from persona_vault.dimensions.registry import dimensions, optional_dimensions
from persona_vault.dimensions.row import RATE_MATERIAL, TurnRow, share
from persona_vault.dimensions.text import folded, n_spoken_words
from persona_vault.errors import InputRejectedError
from persona_vault.turns import Turn

FILE_NAME = "dimensions.toml"
MOST_ROWS = 40
MOST_WORDS = 2_000
LONGEST = 80
LEAST_EXAMPLES = 3
MOST_EXAMPLES = 200
LONGEST_EXAMPLE = 2_000
# Where the two sets of examples stand on the scale of their axis; a tenth of the way
# is worth calling a difference.
LOW, HIGH = 0.0, 100.0
AXIS_MATERIAL = 10.0
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LANGUAGE = re.compile(r"[a-z]{2}\Z")
_SIDES = ("examples_high", "examples_low")
_KEYS = frozenset({"name", "title", "words", "languages", "per", *_SIDES})
_HINT = "The format is described in README.md, “Measures of your own”."


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAxis:
    """An axis as the file tells it; `row` makes a dimension of it.

    Attributes:
        high, low: Example messages, at least three each, no two alike.
        place: Where it stands, such as "dimensions.toml, dimension 2".
    """

    name: str
    title: str
    high: tuple[str, ...]
    low: tuple[str, ...]
    languages: frozenset[str] | None
    source: str
    place: str

    @property
    def digest(self) -> str:
        """A fingerprint of the examples, 16 hex digits: it stands for them in files."""
        told = repr((sorted(self.high), sorted(self.low)))
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def row(self, model_id: str, value_of: Callable[[str], float | None]) -> TurnRow:
        """The dimension.

        Args:
            model_id: Of the model that placed the texts: rows of two are never mixed.
            value_of: A message's place, 0 = as the low examples, 100 = as the high
                ones, either way beyond; None = no occasion.
        """

        def of(turn: Turn) -> Measurement:
            value = value_of(turn.text)
            return NO_OCCASION if value is None else Measurement(value, 1.0)

        told = f"{self.digest} {sorted(self.languages or ())} {model_id}"
        return TurnRow(
            name=self.name,
            version=_number_of(told),
            family="own",
            title=self.title,
            unit="from 0, as the low examples, to 100, as the high ones",
            scale=Scale.MEAN,
            definition=(
                f"Where a message stands between {len(self.low)} examples of one's own"
                f" and {len(self.high)} others, on the line through their means, by"
                f" the model {model_id} (fingerprint of the examples {self.digest})."
            ),
            source=self.source,
            languages=self.languages,
            headline=False,
            material=AXIS_MATERIAL,
            of=of,
        )


def own_dimensions(path: Path) -> tuple[TurnRow | OwnAxis, ...]:
    """The rows of a TOML file, in its order; () where there is no such file.

    Raises:
        InputRejectedError: The file is no TOML, or a row lacks something or has a
            name that is taken.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        raise InputRejectedError(message, hint=_HINT) from error
    try:
        document = tomllib.loads(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path.name} is not valid TOML."
        raise InputRejectedError(message, hint=_HINT) from error
    given = document.get("dimension", [])
    if not isinstance(given, list) or set(document) - {"dimension"}:
        raise _rejected(path, 0, "only [[dimension]] tables may stand in it")
    if len(given) > MOST_ROWS:
        raise _rejected(path, 0, f"at most {MOST_ROWS} rows are read")
    taken = {d.name for d in (*dimensions(), *optional_dimensions())}
    rows: list[TurnRow | OwnAxis] = []
    for number, table in enumerate(given, start=1):
        row = _row(path, number, table)
        if row.name in taken:
            raise _rejected(path, number, f"the name “{row.name}” is taken")
        taken.add(row.name)
        rows.append(row)
    return tuple(rows)


def _row(path: Path, number: int, table: object) -> TurnRow | OwnAxis:
    if not isinstance(table, dict) or set(table) - _KEYS:
        known = ", ".join(sorted(_KEYS))
        raise _rejected(path, number, f"it may hold only {known}")
    name, title = table.get("name"), table.get("title")
    if not isinstance(name, str) or not _NAME.match(name):
        raise _rejected(path, number, "it needs a name of small letters, digits and _")
    if not isinstance(title, str) or not 0 < len(title.strip()) <= LONGEST:
        raise _rejected(path, number, f"it needs a title of up to {LONGEST} letters")
    if any(side in table for side in _SIDES):
        return _axis(path, number, table)
    return _word_list(path, number, table)


def _axis(path: Path, number: int, table: Mapping[str, Any]) -> OwnAxis:
    if "words" in table or "per" in table:
        raise _rejected(path, number, "it has either words or examples, not both")
    high, low = (_examples(path, number, table, side) for side in _SIDES)
    if set(high) & set(low):
        raise _rejected(path, number, "an example stands on both sides")
    return OwnAxis(
        name=table["name"],
        title=table["title"].strip(),
        high=high,
        low=low,
        languages=_languages(path, number, table),
        source=path.name,
        place=f"{path.name}, dimension {number}",
    )


def _examples(
    path: Path, number: int, table: Mapping[str, Any], side: str
) -> tuple[str, ...]:
    given = table.get(side, [])
    if not isinstance(given, list) or not all(isinstance(x, str) for x in given):
        raise _rejected(path, number, f"“{side}” is a list of texts")
    kept = tuple(dict.fromkeys(x.strip() for x in given if x.strip()))
    if not LEAST_EXAMPLES <= len(kept) <= MOST_EXAMPLES:
        raise _rejected(
            path,
            number,
            f"“{side}” needs {LEAST_EXAMPLES} to {MOST_EXAMPLES} different examples",
        )
    if any(len(x) > LONGEST_EXAMPLE for x in kept):
        raise _rejected(
            path, number, f"an example is a text of up to {LONGEST_EXAMPLE:,} letters"
        )
    return kept


def _word_list(path: Path, number: int, table: Mapping[str, Any]) -> TurnRow:
    per = table.get("per", "replies")
    if per not in ("replies", "words"):
        raise _rejected(path, number, "“per” is either “replies” or “words”")
    words = _words(path, number, table)
    pattern = _pattern(words)
    by_words = per == "words"
    return TurnRow(
        name=table["name"],
        version=_version(table),
        family="own",
        title=table["title"].strip(),
        unit=f"per 100 {per}",
        definition=(
            f"{'Words' if by_words else 'Replies with a word'} of a list of one's own "
            f"({len(words)} entries), out of all {'spoken words' if by_words else per}."
        ),
        source=path.name,
        languages=_languages(path, number, table),
        headline=False,
        material=0.01 if by_words else RATE_MATERIAL,
        of=_of(pattern, by_words=by_words),
    )


def _words(path: Path, number: int, table: Mapping[str, Any]) -> list[str]:
    given = table.get("words")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_WORDS:
        raise _rejected(path, number, f"it needs a list of 1 to {MOST_WORDS:,} words")
    words: set[str] = set()
    for word in given:
        if not isinstance(word, str) or len(word) > LONGEST:
            raise _rejected(
                path, number, f"a word is a text of up to {LONGEST} letters"
            )
        # Folded as messages are, so that capitals and curly quotes do not matter.
        plain = " ".join(folded(word.replace("*", "\0")).replace("\0", "*").split())
        if not re.fullmatch(r"[^*]*\w[^*]*\*?", plain):
            raise _rejected(
                path, number, "a word needs a letter, a star only at its end"
            )
        words.add(plain)
    return sorted(words)


def _languages(
    path: Path, number: int, table: Mapping[str, Any]
) -> frozenset[str] | None:
    given = table.get("languages")
    if given is None:
        return None
    if not isinstance(given, list) or not given:
        raise _rejected(path, number, '“languages” is a list such as ["en"]')
    if not all(isinstance(code, str) and _LANGUAGE.match(code) for code in given):
        raise _rejected(path, number, "a language is a code of two letters")
    return frozenset(given)


def _version(table: Mapping[str, Any]) -> int:
    """A number that follows from the list, so that changed lists are never mixed."""
    told = repr(sorted((k, str(v)) for k, v in table.items() if k != "title"))
    return _number_of(told)


def _number_of(told: str) -> int:
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:3], "big") + 1


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    # Longest first: of "sea" and "sea salt" the whole is the evidence.
    ordered = sorted(words, key=lambda w: (-len(w), w))
    forms = (
        re.escape(w.removesuffix("*")).replace(r"\ ", r"\s+")
        + (r"\w*" if w.endswith("*") else "")
        for w in ordered
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)")


def _of(pattern: re.Pattern[str], *, by_words: bool) -> Callable[[Turn], Measurement]:
    def of(turn: Turn) -> Measurement:
        spans = tuple(m.span() for m in pattern.finditer(folded(turn.text)))
        if not by_words:
            return share(spans)
        n = n_spoken_words(turn.text)
        if not n:
            return NO_OCCASION
        return Measurement(float(min(len(spans), n)), float(n), spans)

    return of


def _rejected(path: Path, number: int, what: str) -> InputRejectedError:
    where = f"{path.name}, dimension {number}" if number else path.name
    return InputRejectedError(f"{where}: {what}.", hint=_HINT)
