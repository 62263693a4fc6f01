"""I, you and we: whom the words are about."""

import re
from collections.abc import Callable

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import ENGLISH, TurnRow, matches
from persona_vault.dimensions.text import word_counts
from persona_vault.turns import Turn

_I = frozenset("i me my mine myself i'm i've i'll i'd im ive".split())
_YOU = frozenset(
    "you your yours yourself you're you've you'll you'd u ur ya youre youve".split()
)
_WE = frozenset(
    "we us our ours ourselves we're we've we'll we'd let's lets weve".split()
)

_PLAN = (
    r"(?:go|do|cook|make|build|watch|dance|try|plan|play|talk|read|bake|travel|take"
    r"|walk|sit|stay|meet|find|start|sing|listen|celebrate|eat|drink|run|get|keep|write"
    r"|visit|explore|imagine|just|have|look|dream|enjoy|curl|cuddle|continue|both)"
)
_TOGETHER = re.compile(
    # "we" of two, not the "we" of mankind, a team or a quote.
    r"(?<!\bas )(?<!: )\bwe(?:'re|'ll|'ve|'d)?\b(?! humans?\b| people\b| know,"
    r"| learn\b| as (?:a )?(?:society|species|humans)\b)"
    rf"|\blet'?s {_PLAN}\b|\blet us {_PLAN}\b"
    r"|\b(?:for|of|between|with|about|want|at|on|like|around|love) us\b"
    r"(?! (?:dream|in the|all|are|who|people|humans|have to)\b)"
    r"|\b(?:two|both) of us\b|\bjust us\b|^us\b"
    r"|(?<!\bin )(?<!\bof )\bour (?!(?:planet|society|species|ancestors|world|country"
    r"|economy|bodies|brains?|team|company|customers|guidelines|solar)\b)\w+"
    r"|\byou and (?:i|me)\b(?! (?:both )?know)|\bme and you\b|\bside by side\b"
    r"|\bbe together\b|\b(?:we're|we are|i|you|stay|grow old|figure it out|home)"
    r" together\b(?<!you two together)|^together\b(?! with)",
    re.MULTILINE,
)
_TOGETHER_HINTS = (*(" we", "we'", "let", " us", " our", "together", "side"),)


def _share_of_words(group: frozenset[str]) -> Callable[[Turn], Measurement]:
    def of(turn: Turn) -> Measurement:
        counts = word_counts(turn.text)
        if not counts:
            return NO_OCCASION
        n = sum(counts[w] for w in group & counts.keys())
        return Measurement(float(n), float(counts.total()))

    return of


def _row(name: str, title: str, group: frozenset[str], shown: str) -> TurnRow:
    return TurnRow(
        name=name,
        family="address",
        title=title,
        unit="per 100 words",
        definition=f"Words such as {shown}, out of all spoken words.",
        source="own list; pronouns as in Pennebaker et al. 2003",
        languages=ENGLISH,
        headline=False,
        material=0.01,
        of=_share_of_words(group),
    )


ROWS = (
    TurnRow(
        name="togetherness",
        family="warmth",
        title="replies that speak of “us”",
        unit="per 100 replies",
        definition=(
            "Replies that speak of both sides as one (“let's cook”, “our song”, “we "
            "could go”), out of all replies; the “we” of mankind is left out where it "
            "shows."
        ),
        source="own list and rules",
        languages=ENGLISH,
        of=matches(_TOGETHER, _TOGETHER_HINTS, ("you and", "me and you")),
    ),
    _row("words_i", "words for oneself", _I, "“I”, “me” and “my”"),
    _row("words_you", "words for the other", _YOU, "“you” and “your”"),
    _row("words_we", "words for both", _WE, "“we”, “us” and “our”"),
)
