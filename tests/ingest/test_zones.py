"""Wall times: placed where the user says, never invented."""

from datetime import UTC, datetime
from typing import Any

from tests.ingest.desk import Desk


def wall(text: str, local_at: str) -> dict[str, Any]:
    """A message with a wall time."""
    return {"text": text, "local_at": local_at, "time_quality": "local"}


def times(desk: Desk) -> list[datetime | None]:
    """Instants in reading order."""
    return [m.sent_at for m in desk.vault.messages("Ava")]


def utc(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """An instant in 2024."""
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


def test_a_named_zone_places_wall_times(desk: Desk) -> None:
    """The instant is computed, the wall time and the zone are kept beside it."""
    report = desk.bring([wall("a", "2024-03-01T12:00:00")], timezone="Europe/Berlin")
    (stored,) = desk.vault.messages("Ava")
    assert (stored.sent_at, stored.local_at) == (utc(1, 11), "2024-03-01T12:00:00")
    assert stored.time_quality == "local"
    assert stored.flags == ()
    assert desk.rows("SELECT zone FROM message") == [("Europe/Berlin",)]
    assert desk.rows("SELECT zone FROM source") == [("Europe/Berlin",)]
    assert report.first_at == utc(1, 11)


def test_the_vaults_zone_is_the_default(desk: Desk) -> None:
    """Without --timezone the zone of the vault's owner holds."""
    desk.vault.set_zone("America/New_York")
    desk.bring([wall("a", "2024-03-01T12:00:00")])
    assert times(desk) == [utc(1, 17)]


def test_an_unknown_zone_leaves_the_instant_empty(desk: Desk) -> None:
    """The order follows the wall times; the report says how to place them."""
    report = desk.bring(
        [wall("b", "2024-03-01T12:01:00"), wall("a", "2024-03-01T12:00:00")]
    )
    assert times(desk) == [None, None]
    assert desk.texts() == ["a", "b"]
    assert any("without a zone" in w and "--timezone" in w for w in report.warnings)
    assert desk.rows("SELECT zone FROM source") == [(None,)]


def test_naming_the_zone_later_places_what_is_kept(desk: Desk) -> None:
    """The same file with a zone: no new message, but instants."""
    desk.bring([wall("a", "2024-03-01T12:00:00"), wall("b", "2024-10-27T02:30:00")])
    again = desk.bring_file(desk.folder / "export1.jsonl", timezone="Europe/Berlin")
    assert (again.n_added, again.n_duplicate) == (0, 2)
    assert times(desk) == [utc(1, 11), utc(27, 0, 30, month=10)]
    stored = list(desk.vault.messages("Ava"))
    assert [m.flags for m in stored] == [(), ("time_ambiguous",)]


def test_another_zone_makes_no_new_messages(desk: Desk) -> None:
    """Identity goes by the wall time, which no zone changes; the first zone stays."""
    desk.bring([wall("a", "2024-03-01T12:00:00")], timezone="Europe/Berlin")
    again = desk.bring_file(desk.folder / "export1.jsonl", timezone="Asia/Tokyo")
    assert (again.n_added, again.n_duplicate) == (0, 1)
    assert times(desk) == [utc(1, 11)]


def test_an_hour_that_came_twice_is_flagged_and_keeps_its_order(desk: Desk) -> None:
    """02:30 came twice on that night; the file's order tells which came first."""
    walls = ["01:50", "02:10", "02:50", "02:05", "02:40", "03:10"]
    report = desk.bring(
        [wall(f"at {hour}", f"2024-10-27T{hour}:00") for hour in walls],
        timezone="Europe/Berlin",
    )
    assert desk.texts() == [f"at {hour}" for hour in walls]
    flags = [m.flags for m in desk.vault.messages("Ava")]
    assert flags == [(), *[("time_ambiguous",)] * 4, ()]
    assert times(desk)[1] == utc(27, 0, 10, month=10)
    assert any("4 messages fall in an hour" in w for w in report.warnings)


def test_an_hour_that_never_came_is_flagged(desk: Desk) -> None:
    """02:30 did not exist on that morning: read with the offset from before."""
    desk.bring(
        [wall("a", "2024-03-31T02:30:00"), wall("b", "2024-03-31T03:10:00")],
        timezone="Europe/Berlin",
    )
    stored = list(desk.vault.messages("Ava"))
    assert [m.text for m in stored] == ["a", "b"]
    assert [m.flags for m in stored] == [("time_ambiguous",), ()]
    assert stored[0].sent_at == utc(31, 1, 30)


def test_a_wall_time_that_is_none_places_nothing(desk: Desk) -> None:
    """A time that is not ISO 8601, or outside all years, is no time."""
    report = desk.bring(
        [wall("a", "yesterday"), wall("b", "0001-01-01T00:00:00")],
        timezone="Asia/Tokyo",
    )
    assert desk.texts() == ["a", "b"]
    assert report.n_added == 2


def test_a_chats_own_time_neither_orders_nor_identifies(desk: Desk) -> None:
    """The time of the whole chat is kept, but the order of the file stands."""
    records = [
        {"text": t, "sent_at": s, "time_quality": "chat_level"}
        for t, s in [("a", "2024-03-02T00:00+00:00"), ("b", "2024-03-01T00:00+00:00")]
    ]
    report = desk.bring(records)
    assert desk.texts() == ["a", "b"]
    assert any("2 messages bear no usable time" in w for w in report.warnings)
    later = [{**r, "sent_at": "2024-05-01T00:00+00:00"} for r in records]
    assert desk.bring([*later, {"text": "c"}]).n_added == 1
