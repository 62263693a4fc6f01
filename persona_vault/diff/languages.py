"""Two languages in one talk: each measure is compared within the language both share.

Length, marks and words differ between languages whatever the companion does; what the
mix itself did is told by the row of the language share, over all talks.
"""

from collections import Counter
from dataclasses import replace

from persona_vault.diff.rows import LEAST_BLOCKS, LEAST_OCCASIONS, NAN, RowTest
from persona_vault.snapshot import Snapshot

UNCLEAR = "und"
# A talk with fewer words of another language than this counts as of one language.
ONE_LANGUAGE = 0.9
# The row that is about the mix itself.
MIX = "language_share"


def shared_language(before: Snapshot, after: Snapshot) -> str | None:
    """The language to compare within: "" where all talks are comparable as they are.

    None where both sides hold too little of any one language. Talks too short to tell
    their language go with whichever it is.
    """
    sides = [_replies(s) for s in (before, after)]
    for language in sides[0]:
        if all(n[language] >= ONE_LANGUAGE * n.total() for n in sides):
            return ""
    if not all(sides):
        return ""
    both = [language for language in sides[0] if _is_enough(before, after, language)]
    if not both:
        return None
    return max(both, key=lambda language: min(n[language] for n in sides))


def of_language(snapshot: Snapshot, language: str) -> Snapshot:
    """The talks of one language, and those too short to tell."""
    return snapshot.part(
        i
        for i, block in enumerate(snapshot.blocks)
        if block.language in (language, UNCLEAR)
    )


def incomparable(tests: list[RowTest]) -> list[RowTest]:
    """All rows but that of the mix taken back: no language is shared enough."""
    return [
        test
        if test.spec.name == MIX
        else replace(test, p=NAN, test="", reason="language")
        for test in tests
    ]


def with_mix(tests: list[RowTest], of_all: list[RowTest]) -> list[RowTest]:
    """The rows within one language, and the row of the mix over all talks."""
    mix = {test.spec.name: test for test in of_all if test.spec.name == MIX}
    return [mix.get(test.spec.name, test) for test in tests]


def _replies(snapshot: Snapshot) -> Counter[str]:
    found: Counter[str] = Counter()
    for block in snapshot.blocks:
        if block.language != UNCLEAR:
            found[block.language] += block.n_messages
    return found


def _is_enough(before: Snapshot, after: Snapshot, language: str) -> bool:
    for snapshot in (before, after):
        mine = [b for b in snapshot.blocks if b.language == language]
        if len(mine) < LEAST_BLOCKS:
            return False
        if sum(b.n_messages for b in mine) < LEAST_OCCASIONS:
            return False
    return True
