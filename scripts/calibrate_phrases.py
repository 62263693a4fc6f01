"""How often phrases are listed where nothing changed, and how often a planted one is.

    null    invented talks in which nothing changes: any phrase listed as new, as lost,
            as changed; and how often the count of new ones leaves its usual range
    power   one sentence planted into a share of the talks after the date

    python scripts/calibrate_phrases.py [null] [power] [--runs 200] [--seed 1]

Needs the project's environment (`python3 scripts/test.py` makes it). The last tables
stand in DESIGN.md.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from persona_vault.demo import TalkShape, generate_null
from persona_vault.model import Persona, Role, StoredMessage, TimeQuality
from persona_vault.phrases import find_phrases
from persona_vault.snapshot.take import measured_blocks

PERSONA = Persona(id=1, name="Juniper", user_names=("Sam",))
PLANTED = "every lantern finds a harbour"

# name -> (blocks before, blocks after, replies a block, how alike its replies are)
NULLS = {
    "20+20, alike": (20, 20, 12, 1.0),
    "60+20, alike": (60, 20, 8, 1.0),
    "40+15, very alike": (40, 15, 12, 2.0),
}
SIZES = ((20, 20), (40, 20), (80, 30))
SHARES = (0.3, 0.5, 0.7)

Sides = tuple[list[StoredMessage], list[StoredMessage]]


def main() -> None:
    """Run what was asked for and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("tables", nargs="*", help="null, power; none = both")
    parser.add_argument("--runs", type=int, default=200, help="runs of each null")
    parser.add_argument("--power-runs", type=int, default=20, help="runs of each power")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    options = parser.parse_args()
    chosen = options.tables or ["null", "power"]
    if "null" in chosen:
        null_table(options.seed, options.runs)
    if "power" in chosen:
        power_table(options.seed, options.power_runs)


def null_table(first: int, n_runs: int) -> None:
    """Share of null talks with a phrase in each list, by kind of talk."""
    print("| nulls | runs | new or lost | changed | any | new above usual | below |")
    print("|---|---|---|---|---|---|---|")
    for name, (before, after, n_turns, correlation) in NULLS.items():
        shape = TalkShape(
            n_blocks_before=before,
            n_blocks_after=after,
            n_turns=n_turns,
            correlation=correlation,
        )
        total: Counter[str] = Counter()
        for seed in range(first, first + n_runs):
            total.update({k: int(v) for k, v in one_null(seed, shape).items()})
        ranged = total["ranged"] or 1
        print(
            f"| {name} | {n_runs} | {total['one_side'] / n_runs:.1%} "
            f"| {total['changed'] / n_runs:.1%} | {total['any'] / n_runs:.1%} "
            f"| {total['above'] / ranged:.1%} | {total['below'] / ranged:.1%} |"
        )
        sys.stdout.flush()


def power_table(first: int, n_runs: int) -> None:
    """Share of talks in which the planted sentence is listed as new."""
    print("| talks before + after | in this share of talks after | listed as new |")
    print("|---|---|---|")
    for before, after in SIZES:
        shape = TalkShape(n_blocks_before=before, n_blocks_after=after, n_turns=8)
        for share in SHARES:
            seeds = range(first, first + n_runs)
            n = sum(one_power(seed, shape, share) for seed in seeds)
            print(f"| {before} + {after} | {share:.0%} | {n / n_runs:.0%} |")
            sys.stdout.flush()


def one_null(seed: int, shape: TalkShape) -> dict[str, bool]:
    """What was listed, wrongly, in one talk where nothing changed."""
    found = listed(two_sides(seed, shape))
    seeded = Counter(entry["change"] for entry in found["user_seeded"])
    one_side = bool(found["new"] or found["lost"] or seeded["new"] or seeded["lost"])
    changed = bool(found["changed"] or seeded["changed"])
    novelty = found["novelty"]
    ranged = not novelty["reason"]
    return {
        "one_side": one_side,
        "changed": changed,
        "any": one_side or changed,
        "ranged": ranged,
        "above": ranged and novelty["n_new"] > novelty["usual"]["new"][1],
        "below": ranged and novelty["n_new"] < novelty["usual"]["new"][0],
    }


def one_power(seed: int, shape: TalkShape, share: float) -> bool:
    """Whether a sentence in this share of the later talks is listed as new."""
    before, after = two_sides(seed, shape)
    found = listed((before, planted(after, share, Random(seed))))
    return any(PLANTED in entry["text"].lower() for entry in found["new"])


def listed(sides: Sides) -> Any:
    """`PersonaDiff.phrases` of two lists of messages."""
    blocks = [measured_blocks(messages, PERSONA) for messages in sides]
    return find_phrases(blocks, PERSONA).phrases


def planted(
    messages: list[StoredMessage], share: float, rng: Random
) -> list[StoredMessage]:
    """The messages with the sentence at the end of one reply in some of the talks."""
    talks = sorted({m.conversation_id for m in messages})
    chosen = set(rng.sample(talks, round(share * len(talks))))
    result = []
    for message in messages:
        if message.role is Role.PERSONA and message.conversation_id in chosen:
            chosen.discard(message.conversation_id)
            text = f"{message.text} {PLANTED.capitalize()}."
            result.append(replace(message, text=text))
        else:
            result.append(message)
    return result


def two_sides(seed: int, shape: TalkShape) -> Sides:
    """The messages of an invented talk, before and after its date."""
    with tempfile.TemporaryDirectory() as folder:
        world = generate_null(Path(folder), seed, shape)
        messages = list(_messages(world.path))
    at = world.update_at
    return (
        [m for m in messages if m.sent_at and m.sent_at < at],
        [m for m in messages if m.sent_at and m.sent_at >= at],
    )


def _messages(path: Path) -> Iterator[StoredMessage]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for position, line in enumerate(lines):
        row = json.loads(line)
        yield StoredMessage(
            id=position + 1,
            conversation_id=int(row["conversation"][1:]),
            conversation=row["conversation"],
            threaded=True,
            app="demo",
            native_id=row["id"],
            role=Role(row["speaker"]),
            speaker=row["speaker"],
            text=row["text"],
            sent_at=datetime.fromisoformat(row["timestamp"]),
            local_at=None,
            time_quality=TimeQuality.EXACT,
            kind="text",
            shown=True,
            position=position,
        )


if __name__ == "__main__":
    main()
