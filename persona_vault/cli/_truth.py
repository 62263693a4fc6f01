"""What was planted beside what the comparison said, row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from persona_vault.demo import DemoWorld, Move
from persona_vault.findings import Change, PersonaDiff, RowVerdict
from persona_vault.wording import row_title, size_phrase, verdict_label

_MOVED = (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
_WITH_YOURS = (RowVerdict.EXPLAINED_BY_YOUR_SIDE, RowVerdict.CANNOT_SEPARATE)


class Outcome(StrEnum):
    """How a row's verdict stands to the truth; a row left alone is found if silent."""

    FOUND = "found"
    NOT_FOUND = "not found"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One row held against the truth.

    Attributes:
        side: "persona" or "user".
        planted: "up", "down", or "none" where the row was left alone.
        direction: What the comparison named, "none" where it named no change.
        said: Its verdict in words.
        size: Such as "about half as long", "" where no change was named.
    """

    dimension: str
    title: str
    side: str
    planted: str
    direction: str
    said: str
    size: str
    outcome: Outcome


def check_update(world: DemoWorld, diff: PersonaDiff) -> list[Checked]:
    """The replies' rows round the update; rows that may move or not are left out."""
    moves = [_moved(diff.changes, move, "persona") for move in world.update_moves]
    alone = [c for c in diff.changes if c.dimension in world.update_steady]
    return [*moves, *_left_alone(alone)]


def check_user_shift(world: DemoWorld, diff: PersonaDiff) -> list[Checked]:
    """Both sides' rows round the shift, in which no reply was changed.

    A row of the replies that moves because the user's words do is right only where
    the comparison says that it goes with the user's side.
    """
    user = [
        _moved(diff.user_changes, move, "user") for move in world.user_shift_user_moves
    ]
    shared = [_with_yours(diff.changes, move) for move in world.user_shift_moves]
    declared = {move.dimension for move in world.user_shift_moves}
    alone = [c for c in diff.changes if c.dimension not in declared and c.headline]
    return [*user, *shared, *_left_alone(alone)]


def _moved(changes: Sequence[Change], move: Move, side: str) -> Checked:
    row = _row(changes, move)
    if row.verdict not in _MOVED:
        return _checked(row, side, move.direction, Outcome.NOT_FOUND)
    same = row.direction == move.direction
    return _checked(row, side, move.direction, Outcome.FOUND if same else Outcome.WRONG)


def _with_yours(changes: Sequence[Change], move: Move) -> Checked:
    row = _row(changes, move)
    if row.verdict in _MOVED:
        outcome = Outcome.WRONG
    else:
        found = row.verdict in _WITH_YOURS and row.direction == move.direction
        outcome = Outcome.FOUND if found else Outcome.NOT_FOUND
    return _checked(row, "persona", move.direction, outcome)


def _left_alone(rows: Iterable[Change]) -> list[Checked]:
    return [
        _checked(
            row,
            "persona",
            "none",
            Outcome.WRONG if row.verdict in _MOVED else Outcome.FOUND,
        )
        for row in rows
    ]


def _row(changes: Sequence[Change], move: Move) -> Change:
    return next(c for c in changes if c.dimension == move.dimension)


def _checked(row: Change, side: str, planted: str, outcome: Outcome) -> Checked:
    named = row.verdict in (*_MOVED, *_WITH_YOURS)
    return Checked(
        dimension=row.dimension,
        title=row_title(row, side=side),
        side=side,
        planted=planted,
        direction=row.direction if named else "none",
        said=verdict_label(row.verdict).lower(),
        size=size_phrase(row) if named else "",
        outcome=outcome,
    )
