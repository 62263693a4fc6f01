"""The calibration talks: no change unless asked for, sessions that hang together."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import pytest

from persona_vault.demo import NullWorld, TalkShape, generate_null
from persona_vault.demo.words import load_words
from persona_vault.demo.world import _write_sessions


def _rows(world: NullWorld) -> list[dict[str, str]]:
    text = world.path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _icc(groups: list[list[float]]) -> float:
    """One-way intraclass correlation of unequal groups, by mean squares."""
    groups = [group for group in groups if len(group) > 1]
    n, total = len(groups), sum(len(group) for group in groups)
    size = (total - sum(len(g) ** 2 for g in groups) / total) / (n - 1)
    grand = fmean(x for group in groups for x in group)
    between = sum(len(g) * (fmean(g) - grand) ** 2 for g in groups) / (n - 1)
    within = sum((x - fmean(g)) ** 2 for g in groups for x in g) / (total - n)
    return (between - within) / (between + (size - 1) * within)


def _by_block(world: NullWorld, of: Callable[[str], float]) -> list[list[float]]:
    blocks = defaultdict(list)
    for row in _rows(world):
        if row["speaker"] == "persona":
            blocks[row["conversation"]].append(of(row["text"]))
    return list(blocks.values())


def _n_words(text: str) -> float:
    return float(len(text.split()))


def test_the_file_has_the_shape_asked_for(tmp_path: Path) -> None:
    """Conversations and turns as asked, ids unique, the date between the two sides."""
    shape = TalkShape(n_blocks_before=5, n_blocks_after=3, n_turns=4)
    world = generate_null(tmp_path, 3, shape)
    found = _rows(world)
    assert list(found[0]) == ["id", "conversation", "timestamp", "speaker", "text"]
    assert len(found) == (5 + 3) * 4 * 2 == len({row["id"] for row in found})
    stamp = world.update_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    early = {row["conversation"] for row in found if row["timestamp"] < stamp}
    late = {row["conversation"] for row in found if row["timestamp"] >= stamp}
    assert (len(early), len(late), early & late) == (5, 3, set())


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Seeds alone decide."""
    one, two, other = (
        generate_null(tmp_path / name, seed).path.read_bytes()
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert one == two != other


def test_a_change_leaves_everything_before_its_date_alone(tmp_path: Path) -> None:
    """Worlds with and without a change are the same up to the date."""
    still = generate_null(tmp_path / "still", 4)
    moved = generate_null(
        tmp_path / "moved", 4, TalkShape(strength=0.6, user_strength=0.6)
    )
    stamp = still.update_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    early = [
        [row for row in _rows(world) if row["timestamp"] < stamp]
        for world in (still, moved)
    ]
    assert early[0] == early[1]
    assert _rows(still) != _rows(moved)


def test_a_change_of_the_user_leaves_the_companion_alone(tmp_path: Path) -> None:
    """With the user's side moved alone, every reply is the same to the letter."""
    still = generate_null(tmp_path / "still", 4)
    moved = generate_null(tmp_path / "moved", 4, TalkShape(user_strength=1.0))
    said = [
        [row["text"] for row in _rows(world) if row["speaker"] == "persona"]
        for world in (still, moved)
    ]
    assert said[0] == said[1]
    assert _rows(still) != _rows(moved)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_replies_of_one_conversation_are_alike_as_asked(
    tmp_path: Path, seed: int
) -> None:
    """Intraclass correlation of words: over .1 at correlation 1, about 0 at 0."""
    alike = generate_null(tmp_path / "alike", seed)
    free = generate_null(tmp_path / "free", seed, TalkShape(correlation=0.0))
    assert _icc(_by_block(alike, _n_words)) > 0.1
    assert abs(_icc(_by_block(free, _n_words))) < 0.06


def test_sessions_of_the_demo_are_alike_within(tmp_path: Path) -> None:
    """Length, emoji and actions of one session hang together (ICC over .05)."""
    sessions = _write_sessions(1, plant=False)
    signs = load_words().emoji
    measures: dict[str, Callable[[str], float]] = {
        "words": _n_words,
        "emoji": lambda t: float(any(sign in t for sign in signs)),
        "action": lambda t: float("*" in t),
    }
    for of in measures.values():
        groups = [
            [of(x.text) for x in s.lines if x.role == "persona"] for s in sessions
        ]
        assert _icc(groups) > 0.05
