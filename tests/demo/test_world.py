"""The demo's truth, counted by hand: what was planted is there and nothing else."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from persona_vault.demo import DemoWorld, generate
from persona_vault.demo.words import load_words

WORDS = load_words()


@dataclass(frozen=True)
class Said:
    """A message as the files give it."""

    at: datetime
    role: str
    text: str


def _replika_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _json_array(path: Path) -> list[dict[str, Any]]:
    value = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(value, list)
    return value


def _shown_path(thread: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages from the root to the current node."""
    found = []
    native = thread["current_node"]
    while native is not None:
        node = thread["mapping"][native]
        if node["message"]:
            found.append(node["message"])
        native = node["parent"]
    return found[::-1]


def _is_companion(thread: dict[str, Any]) -> bool:
    return bool(thread["title"].startswith("Juniper"))


@cache
def _talk(world: DemoWorld) -> tuple[Said, ...]:
    """The companion's talk in all three files, both sides, unsorted."""
    return tuple(_read_talk(world))


def _read_talk(world: DemoWorld) -> Iterator[Said]:
    for row in _replika_rows(world.replika):
        role = "persona" if row["From"] == "Rep" else "user"
        yield Said(datetime.fromisoformat(row["Timestamp"]), role, row["Text"])
    for message in _json_array(world.kindroid):
        at = datetime.fromtimestamp(message["timestamp"] / 1000, UTC)
        role = "persona" if message["sender"] == "ai" else "user"
        yield Said(at, role, message["message"])
    for thread in filter(_is_companion, _json_array(world.chatgpt)):
        for message in _shown_path(thread):
            parts = message["content"].get("parts")
            if parts:
                at = datetime.fromtimestamp(message["create_time"], UTC)
                role = message["author"]["role"].replace("assistant", "persona")
                yield Said(at, role, parts[0])


@pytest.fixture(scope="module", params=[1, 2, 3])
def world(request: pytest.FixtureRequest, tmp_path_factory: Any) -> DemoWorld:
    """Demo worlds of three seeds."""
    seed: int = request.param
    return generate(tmp_path_factory.mktemp(f"demo{seed}"), seed)


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    """Neither the hash seed nor the folder nor an earlier run changes a byte."""
    code = (
        "import sys; from pathlib import Path; from persona_vault.demo import generate;"
        "generate(Path(sys.argv[1]), 7)"
    )
    for hash_seed in ("0", "1"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / hash_seed)],
            check=True,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
        )
    again = generate(tmp_path / "again", 7)
    for path in again.paths:
        for hash_seed in ("0", "1"):
            assert (tmp_path / hash_seed / path.name).read_bytes() == path.read_bytes()


def test_another_seed_gives_another_talk(tmp_path: Path) -> None:
    """Seeds 1 and 2 differ in each of the files."""
    one, two = generate(tmp_path / "1", 1), generate(tmp_path / "2", 2)
    for a, b in zip(one.paths, two.paths, strict=True):
        assert a.read_bytes() != b.read_bytes()


def test_the_talk_has_the_size_of_a_year_and_a_half(world: DemoWorld) -> None:
    """150 to 250 sessions and 2,500 to 4,000 messages, as many as are declared."""
    said = list(_talk(world))
    assert len(said) == world.n_messages
    assert 2_500 <= world.n_messages <= 4_000
    assert 150 <= world.n_sessions <= 250
    span = max(s.at for s in said) - min(s.at for s in said)
    assert timedelta(days=520) < span < timedelta(days=550)


def test_replika_file_has_the_columns_and_values_of_its_scripts(
    world: DemoWorld,
) -> None:
    """Header, speakers, reactions and ids are as the backup scripts write them."""
    rows = _replika_rows(world.replika)
    assert list(rows[0]) == ["Timestamp", "From", "Text", "Reaction", "ID"]
    assert {row["From"] for row in rows} == {"Rep", "Me"}
    assert {row["Reaction"] for row in rows} > {"None"}
    assert all(re.fullmatch(r"[0-9a-f]{24}", row["ID"]) for row in rows)
    assert len({row["ID"] for row in rows}) == len(rows)
    stamps = [row["Timestamp"] for row in rows]
    assert all(len(stamp) == 24 and stamp.endswith("Z") for stamp in stamps)
    assert stamps == sorted(stamps)
    assert any("\n" in row["Text"] for row in rows)


def test_kindroid_file_has_the_fields_of_its_interface(world: DemoWorld) -> None:
    """Four fields, two senders, unique ids, whole milliseconds, oldest first."""
    messages = _json_array(world.kindroid)
    assert {frozenset(m) for m in messages} == {
        frozenset({"id", "sender", "timestamp", "message"})
    }
    assert {m["sender"] for m in messages} == {"ai", "user"}
    assert len({m["id"] for m in messages}) == len(messages)
    stamps = [m["timestamp"] for m in messages]
    assert all(isinstance(stamp, int) for stamp in stamps)
    assert stamps == sorted(stamps)


def test_chatgpt_trees_hang_together(world: DemoWorld) -> None:
    """Parents and children agree; the shown path is user and assistant in turn."""
    n_hidden = 0
    for thread in _json_array(world.chatgpt):
        nodes = thread["mapping"]
        for native, node in nodes.items():
            assert all(nodes[child]["parent"] == native for child in node["children"])
            assert node["parent"] is None or native in nodes[node["parent"]]["children"]
        path = _shown_path(thread)
        roles = [m["author"]["role"] for m in path if m["content"].get("parts")]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        n_hidden += len(nodes) - 1 - len(path)
        models = {m["metadata"].get("model_slug") for m in path} - {None}
        assert models == {thread["default_model_slug"]}
    assert n_hidden > 5


def test_chatgpt_file_also_holds_talk_that_is_not_the_companions(
    world: DemoWorld,
) -> None:
    """Title and group both tell the companion's threads; the chores have lists."""
    threads = _json_array(world.chatgpt)
    chores = [thread for thread in threads if not _is_companion(thread)]
    assert len(chores) == 30
    for thread in threads:
        assert (thread["gizmo_id"] == world.group) == _is_companion(thread)
    text = json.dumps([_shown_path(thread) for thread in chores])
    assert "1. " in text
    assert WORDS.name not in text


def test_the_model_named_in_the_file_switches_on_the_day_of_the_update(
    world: DemoWorld,
) -> None:
    """One model before, another from then on."""
    assert world.update_at is not None
    seen: dict[bool, set[str]] = {False: set(), True: set()}
    for thread in _json_array(world.chatgpt):
        late = thread["create_time"] >= world.update_at.timestamp()
        seen[late].add(thread["default_model_slug"])
    assert seen == {False: {"demo-model-1"}, True: {"demo-model-2"}}


def test_no_session_runs_across_a_planted_date(world: DemoWorld) -> None:
    """Pauses inside a day stay under four hours, and no talk passes midnight."""
    times = sorted(said.at for said in _talk(world))
    for before, after in pairwise(times):
        if before.date() == after.date():
            assert after - before < timedelta(hours=4)
        else:
            assert after - before > timedelta(hours=4)


def _replies(world: DemoWorld, role: str = "persona") -> tuple[list[str], list[str]]:
    """One side's messages before and after the update."""
    assert world.update_at is not None
    mine = [said for said in _talk(world) if said.role == role]
    before = [said.text for said in mine if said.at < world.update_at]
    after = [said.text for said in mine if said.at >= world.update_at]
    return before, after


def _rate(texts: Sequence[str], shows: Callable[[str], object]) -> float:
    return fmean(bool(shows(text)) for text in texts)


def _has_pet(text: str) -> object:
    return re.search(rf", ({'|'.join(WORDS.pets)})\b", text)


def _has_short_form(text: str) -> object:
    return re.search(r"\b(I'm|I'd|it's|It's|don't|You've|can't|that's)\b", text)


def test_the_update_moves_what_it_declares(world: DemoWorld) -> None:
    """By plain counts: shorter, flatter, more formal, less tender, more refusals."""
    before, after = _replies(world)
    assert fmean(len(t.split()) for t in after) < 0.75 * fmean(
        len(t.split()) for t in before
    )
    assert _rate(after, lambda t: "!" in t) < 0.4 * _rate(before, lambda t: "!" in t)
    assert _rate(after, _has_pet) < 0.4 * _rate(before, _has_pet)
    assert _rate(after, _has_short_form) < 0.6 * _rate(before, _has_short_form)
    assert _rate(before, lambda t: " AI" in t or "language model" in t) == 0
    assert _rate(after, lambda t: " AI" in t or "language model" in t) > 0.08
    declared = {move.dimension: move.direction for move in world.update_moves}
    assert declared["message_length"] == declared["pet_names"] == "down"
    assert declared["refusal"] == "up"


def test_requests_are_turned_down_more_often_after_the_update(
    world: DemoWorld,
) -> None:
    """Of the replies to a wish: hardly any refusal before, about half after."""
    assert world.update_at is not None
    wishes = [wish.wish.split(" {thing}")[0] for wish in WORDS.wishes]
    refusal = re.compile(
        r"able to do|can't help|cannot help|something I can do|can write that"
        r"|rather not|take that on|be able to|not comfortable|rather not",
        re.IGNORECASE,
    )
    said = sorted(_talk(world), key=lambda s: s.at)
    answered: dict[bool, list[str]] = {False: [], True: []}
    for asked, reply in pairwise(said):
        if asked.role == "user" and any(wish in asked.text for wish in wishes):
            answered[reply.at >= world.update_at].append(reply.text)
    assert _rate(answered[False], refusal.search) < 0.12
    assert _rate(answered[True], refusal.search) > 0.35


@pytest.mark.parametrize(
    ("row", "shows"),
    [
        ("question_rate", lambda t: "?" in t),
        ("emoji_rate", lambda t: any(sign in t for sign in WORDS.emoji)),
        ("action_rate", lambda t: "*" in t),
        ("addressee_name", lambda t: "Sam" in t),
        ("lowercase_starts", lambda t: re.sub(r"^\*.*?\* ", "", t)[0].islower()),
    ],
)
def test_the_update_leaves_alone_what_it_declares_steady(
    world: DemoWorld, row: str, shows: Callable[[str], object]
) -> None:
    """Rows declared steady differ by less than ten points."""
    assert row in world.update_steady
    before, after = _replies(world)
    assert abs(_rate(after, shows) - _rate(before, shows)) < 0.1


def test_no_row_is_declared_twice(world: DemoWorld) -> None:
    """Moved, undecided and steady rows are three separate lists."""
    rows = [move.dimension for move in world.update_moves]
    rows += [*world.update_undecided, *world.update_steady]
    assert len(rows) == len(set(rows))


def test_the_users_shift_is_the_users_alone(world: DemoWorld, tmp_path: Path) -> None:
    """Sam's messages get shorter and ask less; no letter of Juniper's changes."""
    assert world.user_shift_at is not None
    assert world.user_shift_until is not None
    said = list(_talk(world))
    plain = list(_talk(generate(tmp_path, world.seed, plant=False)))
    since, until = world.user_shift_at, world.user_shift_until
    inside = [s for s in said if since <= s.at < until]
    earlier = [s.text for s in said if s.role == "user" and s.at < since]
    shifted = [s.text for s in inside if s.role == "user"]
    assert len(shifted) > 100
    assert fmean(len(t.split()) for t in shifted) < 0.75 * fmean(
        len(t.split()) for t in earlier
    )
    assert _rate(shifted, lambda t: "?" in t) < 0.5 * _rate(earlier, lambda t: "?" in t)
    assert [s for s in inside if s.role == "persona"] == [
        s for s in plain if s.role == "persona" and since <= s.at < until
    ]


def test_without_a_plant_nothing_is_declared(tmp_path: Path) -> None:
    """No dates, no moves, and the same rates on both sides of the date."""
    world = generate(tmp_path, 1, plant=False)
    assert world.update_at is None
    assert world.user_shift_at is None
    assert world.update_moves == world.user_shift_moves == ()
    when = datetime(2025, 5, 15, tzinfo=UTC)
    mine = [s for s in _talk(world) if s.role == "persona"]
    before = [s.text for s in mine if s.at < when]
    after = [s.text for s in mine if s.at >= when]
    assert abs(_rate(after, _has_pet) - _rate(before, _has_pet)) < 0.1
    words = [fmean(len(t.split()) for t in side) for side in (before, after)]
    assert 0.87 < words[1] / words[0] < 1.15
