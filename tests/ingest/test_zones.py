"""Wall times: placed where the user says, never invented."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from persona_vault.errors import UsageError
from persona_vault.ingest.zones import change_zone
from tests.ingest.desk import Desk, at


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


N_QUARTERS = 104  # hours of a day and a little more
# Zone, and the local day of a night in 2024 in which its clocks went back.
FOLDS = [
    ("Europe/Berlin", "2024-10-27"),
    ("America/New_York", "2024-11-03"),
    ("America/St_Johns", "2024-11-03"),
    ("Australia/Lord_Howe", "2024-04-07"),
    ("Pacific/Chatham", "2024-04-07"),
    ("America/Santiago", "2024-04-06"),
]


@pytest.mark.parametrize(("zone", "night"), FOLDS)
def test_every_zone_gives_the_same_instants(desk: Desk, zone: str, night: str) -> None:
    """One talk over the night of a fold, as the wall clocks of six zones had it.

    Every message outside the hour that came twice lies at its true instant; those in
    it lie at the first of the two, say so, and keep the order of the talk.
    """
    there = ZoneInfo(zone)
    start = datetime.fromisoformat(f"{night}T00:00").replace(tzinfo=there)
    instants = [
        start.astimezone(UTC) + timedelta(minutes=15 * i) for i in range(N_QUARTERS)
    ]
    walls = [i.astimezone(there).replace(tzinfo=None).isoformat() for i in instants]
    assert len(set(walls)) < len(walls), "there is no fold in this night"

    desk.bring([wall(f"said {i}", each) for i, each in enumerate(walls)], timezone=zone)

    stored = list(desk.vault.messages("Ava"))
    assert [m.text for m in stored] == [f"said {i}" for i in range(N_QUARTERS)]
    for message, instant in zip(stored, instants, strict=True):
        fold = there.utcoffset(instant.astimezone(there).replace(fold=0))
        twice = "time_ambiguous" in message.flags
        if not twice:
            assert message.sent_at == instant
        else:
            local = instant.astimezone(there).replace(tzinfo=None)
            assert message.sent_at == (local - fold).replace(tzinfo=UTC)
    assert 0 < sum(bool(m.flags) for m in stored) <= 8


@pytest.mark.parametrize(("zone", "night"), FOLDS)
def test_a_zone_named_later_gives_the_same_instants_as_one_named_at_once(
    desk: Desk, zone: str, night: str
) -> None:
    """At the import, for the vault, or for the vault after the import: all the same."""
    walls = [
        f"{night}T{hour:02}:{minute:02}:00" for hour in range(24) for minute in (5, 40)
    ]
    records = [wall(f"said {i}", each) for i, each in enumerate(walls)]
    desk.bring([dict(r) for r in records], persona="Named", timezone=zone)
    desk.bring([dict(r) for r in records], persona="Later")
    unknown = list(desk.vault.messages("Later"))
    assert {m.sent_at for m in unknown} == {None}

    changed = change_zone(desk.vault, zone)

    assert (changed.before, changed.n_placed) == (None, len(walls))
    desk.bring([dict(r) for r in records], persona="Vault's")
    told = [
        [(m.text, m.sent_at, m.local_at, m.flags) for m in desk.vault.messages(name)]
        for name in ("Named", "Later", "Vault's")
    ]
    assert told[0] == told[1] == told[2]


def test_another_zone_of_the_vault_moves_what_it_placed(desk: Desk) -> None:
    """Only wall times without a zone of their own, and the ledgers say so."""
    desk.vault.set_zone("Europe/Berlin")
    desk.bring(
        [
            wall("mine", "2024-03-01T12:00:00"),
            {"text": "exact", "sent_at": at(-30)},
            {"text": "day", "sent_at": at(0), "time_quality": "chat_level"},
        ]
    )
    desk.bring([wall("theirs", "2024-03-01T12:00:00")], timezone="Europe/Berlin")
    assert desk.texts() == ["mine", "theirs", "exact", "day"]

    changed = change_zone(desk.vault, "America/New_York")

    assert (changed.n_placed, changed.n_conversations) == (1, 1)
    assert desk.vault.zone == "America/New_York"
    assert desk.texts() == ["theirs", "exact", "day", "mine"]
    assert times(desk) == [utc(1, 11), utc(1, 11, 30), utc(1, 12), utc(1, 17)]
    assert desk.rows("SELECT zone FROM source ORDER BY id") == [
        ("America/New_York",),
        ("Europe/Berlin",),
    ]
    (first, _) = desk.vault.sources()
    assert first.ledger["last_at"] == "2024-03-01T17:00:00Z"
    ((kept,),) = desk.rows("SELECT ledger FROM conversation_ledger WHERE source_id = 1")
    assert json.loads(kept)["last_at"] == "2024-03-01T17:00:00Z"
    desk.check_index()


def test_there_and_back_is_as_before(desk: Desk) -> None:
    """A mistaken zone can be taken back, flags included."""
    desk.vault.set_zone("Europe/Berlin")
    walls = ["2024-10-27T01:50:00", "2024-10-27T02:30:00", "2024-10-27T03:10:00"]
    desk.bring([wall(each, each) for each in walls])
    rows = desk.rows("SELECT * FROM message ORDER BY id")
    assert change_zone(desk.vault, "Asia/Tokyo").n_ambiguous == 0
    assert desk.rows("SELECT * FROM message ORDER BY id") != rows
    assert change_zone(desk.vault, "Europe/Berlin").n_ambiguous == 1
    assert desk.rows("SELECT * FROM message ORDER BY id") == rows


def test_the_sentence_about_missing_zones_goes_with_its_reason(desk: Desk) -> None:
    """It stands in the ledger until a zone is named."""
    report = desk.bring([wall("a", "2024-03-01T12:00:00"), wall("b", "yesterday")])
    assert any("without a zone" in w for w in report.warnings)
    change_zone(desk.vault, "Asia/Tokyo")
    (source,) = desk.vault.sources()
    assert not any("without a zone" in w for w in source.ledger["warnings"])
    assert source.ledger["first_at"] == "2024-03-01T03:00:00Z"
    assert times(desk) == [utc(1, 3), None]


def test_a_zone_that_a_later_import_names_is_not_moved(desk: Desk) -> None:
    """Read again with --timezone: the words are placed by it, and stay."""
    desk.bring([wall("a", "2024-03-01T12:00:00")])
    desk.bring_file(desk.folder / "export1.jsonl", timezone="Europe/Berlin")
    desk.vault.set_zone("Europe/Berlin")
    assert change_zone(desk.vault, "Asia/Tokyo").n_placed == 0
    assert times(desk) == [utc(1, 11)]


def test_a_zone_that_is_none_changes_nothing(desk: Desk) -> None:
    """Refused before anything is written."""
    desk.vault.set_zone("Europe/Berlin")
    with pytest.raises(UsageError):
        change_zone(desk.vault, "Mars/Olympus")
    assert desk.vault.zone == "Europe/Berlin"
