"""A comparison from the vault tells of a prompt that changed near the date."""

from datetime import UTC, datetime, timedelta

from persona_vault.diff.periods import _is_near
from persona_vault.model import Event

EDGE = datetime(2025, 5, 15, tzinfo=UTC)


def _event(days: int, precision: str = "day") -> Event:
    return Event(
        id=1,
        at=EDGE + timedelta(days=days),
        kind="other",
        title="x",
        precision=precision,
    )


def test_a_day_counts_for_a_week_and_a_month_for_all_its_days() -> None:
    """An event known to the month only may have been on any day of it."""
    assert _is_near(_event(-7), EDGE)
    assert not _is_near(_event(-8), EDGE)
    assert _is_near(_event(-36, "month"), EDGE)
    assert not _is_near(_event(8, "month"), EDGE)
