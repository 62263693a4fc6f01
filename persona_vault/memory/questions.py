"""Questions of the companion for a fact about the user: "what's your dog's name?"."""

import re
from collections.abc import Iterator
from functools import lru_cache

from persona_vault.crisis import mentions_crisis
from persona_vault.dimensions.text import folded, sentences
from persona_vault.memory import words

# Kind and key of the slot asked for; "*" for any of that kind.
Asked = tuple[str, str, tuple[int, int]]

_THING = "|".join(sorted(words.NAMED, key=len, reverse=True))
_FAVOURITE = "|".join(words.FAVOURITES)
_WHAT = r"what(?:'s|\s+is|\s+was|\s+are)"
_OF = r"(?:\w+\s+)?"

_NAMED = re.compile(
    rf"\b(?:{_WHAT}\s+your\s+{_OF}(?P<a>{_THING})(?:'?s)?\s+(?:name|called)\b"
    rf"|{_WHAT}\s+the\s+name\s+of\s+your\s+{_OF}(?P<b>{_THING})\b"
    rf"|what\s+(?:did|do)\s+you\s+(?:call|name)\s+your\s+{_OF}(?P<c>{_THING})\b"
    rf"|your\s+{_OF}(?P<d>{_THING}),?\s+(?:what\s+is|what's)\s+(?:her|his|its|their)"
    rf"\s+name\b"
    rf"|do\s+you\s+have\s+(?:a|an)\s+{_OF}(?P<e>{_THING})(?=\s*\?))"
)
_SIMPLE: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (kind, key, re.compile(pattern))
    for kind, key, pattern in (
        ("pet", "*", r"\bdo\s+you\s+have\s+(?:any\s+|a\s+)?pets?\b"),
        (
            "person",
            "*",
            r"\bdo\s+you\s+have\s+(?:any\s+)?(?:siblings|brothers|sisters)",
        ),
        (
            "person",
            "partner",
            r"\bare\s+you\s+(?:married|single|seeing\s+someone)\s*\?",
        ),
        (
            "name",
            "",
            rf"\b(?:{_WHAT}\s+your\s+(?:real\s+)?name\b(?!\s+mean)|what\s+(?:should|shall|"
            r"may|can|do)\s+i\s+call\s+you|by\s+what\s+name)",
        ),
        (
            "job",
            "",
            rf"\b(?:{_WHAT}\s+your\s+(?:job|profession|occupation|line\s+of\s+work)\b"
            r"|what\s+(?:kind\s+of\s+work\s+)?do\s+you\s+do"
            r"(?:\s+for\s+(?:a\s+living|work))(?:\s+again)?\b|and,?\s+as\s+what\b)",
        ),
        (
            "workplace",
            "",
            r"\bwhere\s+(?:do|are)\s+you\s+work(?:ing)?\s*(?:now|again)?\?",
        ),
        (
            "home",
            "",
            r"\b(?:where\s+(?:do|are)\s+you\s+(?:live|living|based)\b|(?:which|what)\s+"
            r"(?:city|town|country|part\s+of\s+the\s+world)\s+(?:do|are)\s+you\b)",
        ),
        (
            "origin",
            "",
            r"\bwhere\s+(?:are\s+you\s+(?:originally\s+)?from|did\s+you\s+grow\s+up)\b",
        ),
        (
            "birthday",
            "",
            r"\bwhen(?:'s|\s+is|\s+were)\s+(?:your\s+birthday|you\s+born)\b",
        ),
        ("age", "", rf"\b(?:how\s+old\s+are\s+you|{_WHAT}\s+your\s+age)\b"),
        ("study", "", r"\bwhat\s+(?:are|did|do)\s+you\s+study(?:ing)?\b"),
        (
            "plays",
            "",
            r"\b(?:(?:what|which)\s+instruments?\s+do\s+you\s+play|do\s+you\s+play\s+"
            r"(?:any|an)\s+instruments?)\b",
        ),
        (
            "allergy",
            "",
            r"\b(?:do\s+you\s+have\s+any\s+allerg|are\s+you\s+allergic\s+to\s+anything|"
            r"what\s+are\s+you\s+allergic\s+to)",
        ),
        (
            "anniversary",
            "",
            r"\bwhen(?:'s|\s+is)\s+your\s+(?:wedding\s+)?anniversary\b",
        ),
    )
)
_FAVOURITES = re.compile(rf"\b{_WHAT}\s+your\s+favou?rite\s+(?P<thing>{_FAVOURITE})\b")


@lru_cache(maxsize=16_384)
def slots_asked(text: str) -> tuple[Asked, ...]:
    """Which of the user's slots a message asks for, in the order of the text."""
    if "?" not in text or mentions_crisis(text):
        return ()
    said = folded(text)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for sentence in sentences(text):
        if "?" in sentence.mark:
            for kind, key, span in _asked(said, sentence.start, sentence.end):
                found.setdefault((kind, key), span)
    return tuple(
        (kind, key, span)
        for (kind, key), span in sorted(found.items(), key=lambda x: x[1])
    )


def _asked(said: str, start: int, end: int) -> Iterator[Asked]:
    for match in _NAMED.finditer(said, start, end):
        thing = next(v for v in match.groups() if v)
        yield (*words.NAMED[thing], match.span())
    for match in _FAVOURITES.finditer(said, start, end):
        yield "favourite", words.FAVOURITES[match["thing"]], match.span()
    for kind, key, pattern in _SIMPLE:
        for match in pattern.finditer(said, start, end):
            yield kind, key, match.span()
