"""Roleplay actions between asterisks, underscores or double brackets."""

from persona_vault.dimensions.base import Measurement
from persona_vault.dimensions.row import TurnRow, share
from persona_vault.dimensions.text import actions
from persona_vault.turns import Turn


def _rate(turn: Turn) -> Measurement:
    return share(actions(turn.text))


def _share(turn: Turn) -> Measurement:
    spans = actions(turn.text)
    acted = sum(_n_shown(turn.text[start:end]) for start, end in spans)
    return Measurement(float(acted), float(_n_shown(turn.text)), spans)


def _n_shown(text: str) -> int:
    return sum(map(len, text.split()))


ROWS = (
    TurnRow(
        name="action_rate",
        family="roleplay",
        title="replies with a roleplay action",
        unit="per 100 replies",
        definition=(
            "Replies with an action between *asterisks*, _underscores_ or ((double "
            "brackets)), out of all replies; stressed words are left out."
        ),
        source="own",
        of=_rate,
    ),
    TurnRow(
        name="action_share",
        family="roleplay",
        title="share of the text that is roleplay action",
        unit="per 100 characters",
        definition=(
            "Characters inside roleplay actions, out of all characters; blanks are "
            "not counted."
        ),
        source="own",
        of=_share,
    ),
)
