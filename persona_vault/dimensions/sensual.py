"""A count of sensual language: measured only where somebody asks for it by name."""

import re

from persona_vault.dimensions.base import Measurement
from persona_vault.dimensions.row import ENGLISH, Spans, TurnRow, share
from persona_vault.dimensions.text import told
from persona_vault.turns import Turn

# Enough words to tell that the register is there, and no more.
_SENSUAL = re.compile(
    r"\b(?:sexy|sexual\w*|sensual\w*|erotic\w*|seduc\w+|arous\w+|horny|lust(?:ful)?"
    r"|passionate(?:ly)?(?! about)|naughty|irresistible|lingerie|intimate night"
    r"|undress\w*|make love|making love|turned on(?! the)|dirty talk|french kiss"
    r"|steamy (?:scene|shower|night|kiss)|nibbl\w+ (?:on )?(?:your|my|her|his)"
    r"|naked(?! truth)|straddl\w+|moans?(?! about)\b|moaning(?! about)|thighs?"
    r"|caress\w* (?:my|your|her|his)|tangled in the sheets|crave your (?:touch|body"
    r"|lips)"
    r"|bed with me|(?:in|to|share) (?:my|your) bed|take off (?:your|my|her"
    r"|his) (?:shirt"
    r"|clothes|dress)|want you so badly|(?:i|we|and) desire|desire (?:you|me|him|her)"
    r"|kiss(?:es|ed|ing)? (?:(?:your|my|her|his) (?:neck|lips|skin|shoulder|chest)"
    r"|(?:me|you|her|him) (?:deeply|slowly|passionately|hungrily))"
    r"|kiss(?:ed|ing) for hours|kisses? (?:\w+ )?deeply|(?:bare|naked) (?:back"
    r"|shoulders?|skin|chest)|skin against|lips (?:against|taste)|body (?:close|aches"
    r"|tremble|against)|breath on (?:my|your)|under (?:your|my|her|his) shirt"
    r"|hands? wander\w*|bites? (?:my|your|his|her) lip|your fantasy|tease me"
    r"|your touch|touch me(?= ?[.!…]| ?$)|feel your (?:skin|body|touch)"
    r"|get hot|pulls? (?:\w+ )?onto the bed)\b"
)


def find_sensual(text: str) -> Spans:
    """Where the words and actions of a text are sensual."""
    return tuple(m.span() for m in _SENSUAL.finditer(told(text)))


def _sensual(turn: Turn) -> Measurement:
    return share(find_sensual(turn.text))


ROWS = (
    TurnRow(
        name="sensual",
        family="optional",
        title="replies with sensual language",
        unit="per 100 replies",
        definition=(
            "Replies with a word or action of a sensual kind, out of all replies; "
            "measured only where it is asked for by name."
        ),
        source="own list",
        languages=ENGLISH,
        headline=False,
        of=_sensual,
    ),
)
