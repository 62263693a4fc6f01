"""Rules of date words in a query."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import UsageError
from persona_vault.search.dates import read_date_words

NOW = datetime(2024, 5, 15, 9, 30, tzinfo=UTC)  # a Wednesday


def days(query, zone=None, now=NOW):
    """The stretch as two dates, and the rest of the query."""
    found = read_date_words(query, now=now, zone=zone)
    ends = (found.period.since, found.period.until) if found.period else (None, None)
    return tuple(f"{e:%Y-%m-%d}" if e else None for e in ends), found.rest


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("yesterday", "2024-05-14", "2024-05-15"),
        ("today", "2024-05-15", "2024-05-16"),
        ("last week", "2024-05-06", "2024-05-13"),
        ("this month", "2024-05-01", "2024-06-01"),
        ("last year", "2023-01-01", "2024-01-01"),
        ("3 days ago", "2024-05-12", "2024-05-13"),
        ("5 months ago", "2023-12-01", "2024-01-01"),
        ("last Wednesday", "2024-05-08", "2024-05-09"),
        ("last Monday", "2024-05-13", "2024-05-14"),
        ("last March", "2024-03-01", "2024-04-01"),
        ("last May", "2023-05-01", "2023-06-01"),
        ("in May", "2024-05-01", "2024-06-01"),
        ("in June", "2023-06-01", "2023-07-01"),
        ("December 2022", "2022-12-01", "2023-01-01"),
        ("7 July, 2023", "2023-07-07", "2023-07-08"),
        ("1st of May 2023", "2023-05-01", "2023-05-02"),
        ("before August 11, 2023", None, "2023-08-11"),
        ("since 3rd October 2023", "2023-10-03", None),
        ("in 2024-05", "2024-05-01", "2024-06-01"),
        ("in 2023", "2023-01-01", "2024-01-01"),
        ("on 2024-02-29", "2024-02-29", "2024-03-01"),
        ("on:2024-02-29", "2024-02-29", "2024-03-01"),
        ("before:2024-02", None, "2024-02-01"),
        ("after:2024-02-29", "2024-03-01", None),
        ("since:2024", "2024-01-01", None),
        ("before last March", None, "2024-03-01"),
        ("since May 2023", "2023-05-01", None),
        ("after 2023", "2024-01-01", None),
        ("since yesterday", "2024-05-14", None),
        ("after:2024-01-31 before:2024-03", "2024-02-01", "2024-03-01"),
    ],
)
def test_date_words_are_a_stretch_of_days(words, since, until):
    """Each form means whole calendar days, and goes out of what is looked for."""
    for query in (f"the boat trip {words}", f"{words.capitalize()} the boat trip"):
        assert days(query) == (
            (since, until),
            query.replace(words, "").replace(words.capitalize(), "").strip(),
        )


@pytest.mark.parametrize(
    "query",
    [
        "we march on",
        "may I ask",
        "the last of us",
        "before dinner",
        "after the rain",
        'what you said "last March"',
        "in 2 hours",
        "room 2024",
        "yesterday",
        "someday-yesterday-ish",
        "before: dinner",
        "on 2024-02-31 we met",
        "last weekend",
        "the last week of school",
        "before August 11 we met",
        "in May 3 of us met",
        "31 June 2023 we met",
    ],
)
def test_other_words_stay_words(query):
    """What can mean something else, stands in quotes or is all there is, is no date."""
    if query == "before: dinner":
        with pytest.raises(UsageError, match="cannot be read"):
            days(query)
        return
    assert days(query) == ((None, None), query)


def test_days_begin_in_the_vaults_zone():
    """Midnight is that of the place where the talk was held."""
    found = read_date_words(
        "boats yesterday", now=datetime(2024, 5, 14, 23, tzinfo=UTC), zone="Asia/Tokyo"
    )
    assert found.period.since == datetime(2024, 5, 13, 15, tzinfo=UTC)
    assert found.words == ("yesterday",)


@pytest.mark.parametrize("query", ["boats before:x", "boats on:2024-13", "boats on:"])
def test_a_key_without_a_date_is_refused(query):
    """Who writes before: means a date: it is never silently left away."""
    with pytest.raises(UsageError, match="cannot be read"):
        days(query)


@pytest.mark.parametrize(
    "query", ["before:2024-02", " on:2024-05-01 ? ", "last March since:2024-03-04"]
)
def test_a_query_that_only_says_when_is_refused(query):
    """before: alone is no word that anybody said; the next step is told."""
    with pytest.raises(UsageError, match="only says when") as error:
        days(query)
    assert "what to find" in error.value.hint


def test_a_sign_beside_a_date_is_something_to_find():
    """Not only words can be looked for in a time."""
    assert days("🌧️ before:2024-02") == ((None, "2024-02-01"), "🌧️")


def test_dates_that_leave_nothing_are_refused():
    """Two dates that exclude each other are a mistake, not an empty result."""
    with pytest.raises(UsageError, match="no time between"):
        days("boats before:2023 after:2024")


def test_spoken_dates_that_leave_nothing_are_words():
    """A question is no mistake: what contradicts the first date stays in the words."""
    assert days("boats last Friday on 23 January, 2022") == (
        ("2024-05-10", "2024-05-11"),
        "boats on 23 January, 2022",
    )
    assert days("boats last Friday before:2022") == (
        (None, "2022-01-01"),
        "boats last Friday",
    )


@given(st.text(st.sampled_from('last may-in 20:3"agobefore'), max_size=40))
def test_whatever_is_typed_is_read_or_refused(query):
    """No query ends in anything but a stretch in order, nothing, or a usage error."""
    try:
        found = read_date_words(query, now=NOW, zone="Europe/Berlin")
    except UsageError:
        return
    if found.period is None:
        assert found.rest == query
    elif found.period.since and found.period.until:
        assert found.period.since < found.period.until
