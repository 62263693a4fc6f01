"""Suggestions: from the data and the calendar, for the apps and times that are kept."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.store.vault import Vault
from persona_vault.timeline import read_calendar, suggest_events
from persona_vault.timeline.calendar import PRECISIONS, REPORTERS
from tests.timeline.test_observed import tell_models


def test_the_shipped_calendar_is_whole() -> None:
    """Each row has a source, a known kind and a date that is not in the future."""
    from persona_vault.cli.events import KINDS

    rows = read_calendar()
    assert len(rows) >= 10
    for row in rows:
        assert row.kind in KINDS
        assert row.precision in PRECISIONS
        assert row.reported_by in REPORTERS
        assert len(row.source) >= 10
        assert (
            datetime(2020, 1, 1, tzinfo=UTC) < row.at < datetime(2027, 1, 1, tzinfo=UTC)
        )
        assert row.precision == "day" or row.at.day == 1
    assert rows == sorted(rows, key=lambda row: row.at)


def test_calendar_rows_are_for_kept_apps_and_times_only(vault: Vault) -> None:
    """A talk of August 2025 hears of August 2025, and not of another app's dates."""
    tell_models(vault, [None] * 30, app="chatgpt")
    found = suggest_events(vault)
    assert [s.event.at.date() for s in found] == [date(2025, 8, 7)]
    assert found[0].origin == "calendar"
    assert found[0].reported_by == "vendor"


def test_an_app_that_is_not_kept_has_no_dates(vault: Vault) -> None:
    """Another vendor's dates say nothing about this talk."""
    tell_models(vault, [None] * 30, app="lumen")
    assert suggest_events(vault) == []


def test_what_is_kept_is_not_proposed_again(vault: Vault) -> None:
    """A kept suggestion leaves the list; the others stay."""
    tell_models(vault, ["one"] * 12 + ["two"] * 12)
    first = suggest_events(vault)
    assert {s.origin for s in first} == {"observed", "calendar"}
    vault.add_event(first[0].event)
    assert suggest_events(vault) == first[1:]


def test_own_calendar_replaces_the_shipped_one(vault: Vault, tmp_path: Path) -> None:
    """A file of the same form is read instead."""
    tell_models(vault, [None] * 30, app="lumen")
    own = tmp_path / "own.toml"
    own.write_text(
        '[[event]]\napp = "lumen"\nat = 2025-08-02\nkind = "other"\n'
        'title = "Lamp replaced"\nsource = "my own notes"\n',
        encoding="utf-8",
    )
    (found,) = suggest_events(vault, calendar=own)
    assert found.event.title == "Lamp replaced"


@pytest.mark.parametrize(
    "text",
    [
        "event = 3",
        "[[event]]\napp = 3",
        "[[event",
        '[[event]]\napp="a"\nat="2025-01-01"\nkind="other"\ntitle="t"\nsource="s"',
        '[[event]]\napp="a"\nat=2025-01-01\nkind="other"\ntitle="t"\nsource=""',
        '[[event]]\napp="a"\nat=2025-01-01\nkind="o"\ntitle="t"\nsource="s"\nx=1',
        '[[event]]\napp="a"\nat=2025-01-01\nkind="o"\ntitle="t"\nsource="s"\n'
        'precision="hour"',
    ],
)
def test_a_broken_calendar_says_where(text: str, tmp_path: Path) -> None:
    """A file that is no calendar is refused in one sentence with its name."""
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputRejectedError, match=r"own\.toml"):
        read_calendar(path)
