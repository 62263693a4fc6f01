"""Times as people and programs write them, and what a whole file says about them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.talk.dates import NO_TIME, from_any, from_number, from_text
from persona_vault.importers.talk.timecolumn import TimeColumn
from persona_vault.model import TimeQuality

INSTANTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("text", "wanted", "quality"),
    [
        ("2024-07-12T10:00:05Z", "2024-07-12T10:00:05+00:00", TimeQuality.EXACT),
        ("2024-07-12 10:00:05.5 UTC", "2024-07-12T10:00:05.500000+00:00", "exact"),
        ("2024-07-12T10:00:05+0530", "2024-07-12T04:30:05+00:00", "exact"),
        ("2024-07-12T10:00-01:00", "2024-07-12T11:00:00+00:00", "minute"),
        ("20240712T100005Z", "2024-07-12T10:00:05+00:00", "exact"),
        ("Fri, 12 Jul 2024 10:00:05 +0000", "2024-07-12T10:00:05+00:00", "exact"),
        ("1720778405", "2024-07-12T10:00:05+00:00", "exact"),
        ("1720778405250", "2024-07-12T10:00:05.250000+00:00", "exact"),
        ("1720778405.25", "2024-07-12T10:00:05.250000+00:00", "exact"),
        ("1720778405250000000", "2024-07-12T10:00:05.250000+00:00", "exact"),
    ],
)
def test_zoned_times(text: str, wanted: str, quality: str) -> None:
    """A time with a zone, or counted from 1970, is an instant in UTC."""
    stamp = from_text(text)
    assert stamp is not None
    assert stamp.sent_at is not None
    assert (stamp.sent_at.isoformat(), stamp.local_at) == (wanted, None)
    assert stamp.quality == quality


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024-07-12 10:00:05", "2024-07-12T10:00:05"),
        ("2024-7-2 9:05", "2024-07-02T09:05:00"),
        ("2024/07/12, 10:00", "2024-07-12T10:00:00"),
        ("July 12, 2024 2:20pm", "2024-07-12T14:20:00"),
        ("12 July 2024 at 12:05 a.m.", "2024-07-12T00:05:00"),
        ("Friday, July 12th, 2024, 3 PM", "2024-07-12T15:00:00"),
        ("13/07/24, 10:11:12\u202fPM", "2024-07-13T22:11:12"),
        ("07/13/2024 10:11", "2024-07-13T10:11:00"),
        ("02.07.2024 10.11", "2024-07-02T10:11:00"),
        ("07/07/2024 10:11", "2024-07-07T10:11:00"),
        ("\u200e2024-07-12", "2024-07-12T00:00:00"),
    ],
)
def test_wall_times(text: str, wanted: str) -> None:
    """A time without a zone stays a wall time: no zone is assumed here."""
    stamp = from_text(text)
    assert stamp is not None
    assert (stamp.sent_at, stamp.local_at) == (None, wanted)
    assert stamp.quality is TimeQuality.LOCAL


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "12", "2024", "2024-02-30", "2024-07-12T25:00:00Z", "10:30"),
        *("13/13/2024", "0/0/2024", "13:00 pm 2024-07-12", "2024-07-12 13:00 PM"),
        *("2024-07-12 10", "Smarch 1, 2024", "1" * 40, "9999-12-31T23:59:59-12:00"),
        *("03/04/2024 10:00", "٢٠٢٤-٠٧-١٢", "2024-07-12" + " " * 80 + "x"),
    ],
)
def test_no_times(text: str) -> None:
    """What is no time, or could be two, is said to be none; nothing is guessed."""
    assert from_text(text) is None


def test_given_order_is_kept_to() -> None:
    """An order that the user gave is never bent to make a date fit."""
    first = from_text("03/04/2024", day_first=True)
    second = from_text("03/04/2024", day_first=False)
    assert first is not None
    assert second is not None
    assert (first.local_at, second.local_at) == (
        "2024-04-03T00:00:00",
        "2024-03-04T00:00:00",
    )
    assert from_text("13/04/2024", day_first=False) is None


@given(INSTANTS)
def test_every_spelling_of_an_instant_agrees(instant: datetime) -> None:
    """ISO text and Unix numbers of any unit give back the instant they came from."""
    whole = instant.replace(microsecond=0)
    seconds = int(whole.timestamp())
    for value in (seconds, seconds * 1000, seconds * 10**6, str(seconds)):
        stamp = from_any(value)
        assert stamp is not None
        assert stamp.sent_at == whole
    written = from_text(instant.isoformat())
    assert written is not None
    assert written.sent_at == instant


@given(st.text() | st.floats() | st.integers() | st.none() | st.lists(st.none()))
def test_nothing_breaks_it(value: object) -> None:
    """Any value is a time or is none; no error, and never both kinds of time."""
    stamp = from_any(value)
    if stamp is not None:
        assert stamp.sent_at is None or stamp.local_at is None
        assert (stamp.quality is TimeQuality.NONE) == (stamp == NO_TIME)
    assert from_number("1720778405") is NO_TIME


def test_one_clear_date_decides_for_the_file() -> None:
    """Ambiguous dates are read in the order that another date of the file proves."""
    for clear, wanted in (("25/12/2024", "2024-04-03"), ("12/25/2024", "2024-03-04")):
        column = TimeColumn.decide(["03/04/2024", clear], None, "talk.csv")
        stamp, _flags = column.read("03/04/2024")
        assert (stamp.local_at or "").startswith(wanted)


@pytest.mark.parametrize(
    "dates", [["03/04/2024"], ["03/04/2024", "25/12/2024", "12/25/2024"]]
)
def test_undecidable_dates_are_asked_for(dates: list[str]) -> None:
    """Without proof, or with proof of both orders, the user is asked, not the coin."""
    with pytest.raises(InputRejectedError, match=r"talk\.csv") as caught:
        TimeColumn.decide(dates, None, "talk.csv")
    assert "--day-first" in caught.value.hint
    assert TimeColumn.decide(dates, True, "talk.csv").day_first is True


def test_a_column_without_any_time_is_refused() -> None:
    """A column of something else is not taken for times; single bad values are."""
    with pytest.raises(InputRejectedError, match="could be read as a time"):
        TimeColumn.decide(["soon", "later", ""], None, "talk.csv")
    column = TimeColumn.decide(["soon", "2024-07-12T10:00:00Z"], None, "talk.csv")
    assert column.read("soon") == (NO_TIME, ("time_unread",))
    assert TimeColumn.decide([None, ""], None, "talk.csv") == TimeColumn()


@pytest.mark.parametrize(
    ("times", "is_demoted"),
    [
        ([f"2024-07-12T10:00:0{i // 3}Z" for i in range(9)], True),
        (["2024-07-12T10:00:00Z"] * 4, False),
        (["2024-07-12 10:00"] * 20, True),
        (["2024-07-12 10:00"] * 19, False),
        (["2024-07-12"] * 50, False),
        # A question and its answer with one stamp, as some vendors write it.
        ([f"2024-07-12T10:{i // 2:02}:00Z" for i in range(100)], False),
        ([f"2024-07-12T10:{i:02}:00Z" for i in range(50)], False),
    ],
)
def test_times_of_a_copying_tool(times: list[str], is_demoted: bool) -> None:
    """Times that nearly all fall together are dropped, and each message says so."""
    column = TimeColumn.decide(times, None, "talk.csv")
    assert column.is_demoted is is_demoted
    stamp, flags = column.read(times[0])
    assert ("time_demoted" in flags) is is_demoted
    assert (stamp == NO_TIME) is is_demoted
