"""Times as exports write them: exact where a zone is named, never guessed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.importers.talk.clock import from_iso, from_millis, from_seconds
from persona_vault.model import TimeQuality


@pytest.mark.parametrize(
    ("text", "sent_at", "local_at", "quality"),
    [
        ("2024-01-02T03:04:05.120Z", "2024-01-02T03:04:05.120000+00:00", None, "exact"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05+00:00", None, "exact"),
        ("2024-01-02 03:04:05 UTC", "2024-01-02T03:04:05+00:00", None, "exact"),
        ("2024-01-02T03:04:05.1234567Z", "2024-01-02T03:04:05.123456Z", None, "exact"),
        ("2024-01-02T03:04Z", "2024-01-02T03:04:00+00:00", None, "minute"),
        ("2024-01-02 03:04:05", None, "2024-01-02T03:04:05", "local"),
        (" 2024-01-02T03:04 ", None, "2024-01-02T03:04:00", "local"),
    ],
)
def test_iso_times(
    text: str, sent_at: str | None, local_at: str | None, quality: str
) -> None:
    """A zone gives UTC, no zone gives a wall time, no seconds give the minute."""
    stamp = from_iso(text)

    assert stamp is not None
    assert stamp.sent_at == (datetime.fromisoformat(sent_at) if sent_at else None)
    assert (stamp.local_at, stamp.quality) == (local_at, TimeQuality(quality))


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2024-01-02", "2024-13-02T03:04:05Z", "0001-01-01T00:00:00+14:00", 7],
)
def test_no_time_is_no_time(value: Any) -> None:
    """What is no date and time gives None."""
    assert from_iso(value) is None


@given(st.datetimes(datetime(1970, 1, 1), datetime(2400, 1, 1)))  # noqa: DTZ001
def test_milliseconds_are_kept(moment: datetime) -> None:
    """Unix milliseconds come back to the millisecond."""
    sent_at = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    millis = (sent_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    assert from_millis(millis) == sent_at


@given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()))
def test_any_value_gives_utc_or_none(value: Any) -> None:
    """No number is too large and no value too odd for an answer."""
    for found in (from_seconds(value), from_millis(value)):
        assert found is None or found.utcoffset() == timedelta(0)
