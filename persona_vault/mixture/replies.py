"""Replies of two periods as this part looks at them: what each answers, and how."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from persona_vault.crisis import mentions_crisis
from persona_vault.dimensions.base import Dimension
from persona_vault.dimensions.registry import dimensions as catalogue
from persona_vault.dimensions.row import ENGLISH
from persona_vault.dimensions.triggers import TRIGGERS
from persona_vault.turns import Turn

# Rows that look at one reply alone, whatever it answers, and that cost little.
STYLE_ROWS = (
    *("message_length", "sentence_length", "exclamation_rate", "ellipsis_dash_rate"),
    *("emoji_rate", "lowercase_starts", "contractions", "formality", "hedges"),
    *("action_share", "pet_names", "addressee_name", "question_rate"),
    *("closing_question", "self_disclosure", "affection", "praise", "togetherness"),
    *("words_i", "words_you", "words_we", "apology", "thanks", "refusal_all"),
    *("ai_disclosure", "help_boilerplate", "markdown", "lists"),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of the companion, with the words its burst answers.

    Attributes:
        turn: The message.
        heard: What the burst answers; "" at the start of a talk.
        talk: Number of the talk, 0.. over both periods in reading order.
        late: Of the later period.
        triggers: Names of `TRIGGERS` that the words heard are of.
    """

    turn: Turn
    heard: str
    talk: int
    late: bool
    triggers: frozenset[str]

    @property
    def is_answer(self) -> bool:
        """Whether it opens the answer to something."""
        return self.turn.first_of_burst and bool(self.heard)

    @property
    def quotable(self) -> bool:
        """Whether its words may be shown."""
        return not mentions_crisis(self.turn.text)


def read_replies(
    before: Iterable[Sequence[Turn]], after: Iterable[Sequence[Turn]]
) -> list[Reply]:
    """Replies of the talks of two periods; what answers a crisis turn is left out.

    Args:
        before: The companion's turns by talk, in reading order.
        after: Of the later period.
    """
    found: list[Reply] = []
    talk = 0
    for late, talks in ((False, before), (True, after)):
        for turns in talks:
            heard = ""
            for turn in turns:
                heard = turn.heard if turn.first_of_burst else heard
                if not mentions_crisis(heard):
                    found.append(Reply(turn, heard, talk, late, _triggers(turn, heard)))
            talk += bool(turns)
    return found


def _triggers(turn: Turn, heard: str) -> frozenset[str]:
    if not heard or turn.language not in ENGLISH:
        return frozenset()
    return frozenset(name for name, holds in TRIGGERS.items() if holds(heard))


def style_table(answers: Sequence[Reply]) -> NDArray[np.float64]:
    """Style numbers of whole bursts, shape (n, rows); NaN = no occasion."""
    known = {d.name: d for d in catalogue()}
    whole = [_as_one(a.turn) for a in answers]
    columns = [_column(known[n], whole) for n in STYLE_ROWS if n in known]
    return np.column_stack(columns) if columns else np.empty((len(answers), 0))


def _as_one(turn: Turn) -> Turn:
    if turn.n_burst == 1:
        return turn
    return replace(turn, text=turn.burst_words_text, n_burst=1, last_of_burst=True)


def _column(row: Dimension, turns: Sequence[Turn]) -> NDArray[np.float64]:
    return np.array(
        [
            m.numerator / m.denominator if m.denominator > 0 else np.nan
            for turn in turns
            # One by one: answers of several talks stand beside each other here.
            for m in row.measure([turn])
        ]
    )
