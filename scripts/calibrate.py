"""How often the comparison raises a false alarm, and how often it sees a change.

Three tables, each over invented talks whose truth is known:

    null    nothing changed; the sessions of a talk are alike to different degrees
    demo    the demo's planted update and its planted shift of the user's side alone
    power   the demo's update in part: a quarter, half, three quarters, all of the way

    python scripts/calibrate.py [null] [demo] [power] [--runs 400] [--seed 1]

Needs the project's environment (`python3 scripts/test.py` makes it). Results are kept
in a folder as they come, so that a stopped run goes on where it was. The last tables
stand in DESIGN.md.
"""

import argparse
import functools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from persona_vault import __version__
from persona_vault.demo import TalkShape, generate, generate_null
from persona_vault.diff import diff_periods, diff_snapshots
from persona_vault.findings import PersonaDiff, RowVerdict, Verdict
from persona_vault.ingest import import_file
from persona_vault.model import Period, Persona, ReadOptions, Role, StoredMessage
from persona_vault.model import TimeQuality as Quality
from persona_vault.snapshot import Snapshot
from persona_vault.snapshot.take import measure_messages
from persona_vault.stats.multiplicity import benjamini_hochberg
from persona_vault.store.vault import open_vault

Result = dict[str, Any]
LEVEL = 0.05

# name -> (blocks before, blocks after, replies a block, how alike its replies are)
NULLS = {
    "20+20, alike": (20, 20, 12, 1.0),
    "few talks (6+6)": (6, 6, 12, 1.0),
    "40+15, very alike": (40, 15, 12, 2.0),
    "20+20, independent": (20, 20, 12, 0.0),
}
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
SIZES = (8, 20, 40)


def main() -> None:
    """Run what was asked for and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("tables", nargs="*", help="null, demo, power; none = all three")
    parser.add_argument("--runs", type=int, default=400, help="runs of each null")
    parser.add_argument("--demo-runs", type=int, default=40, help="seeds of the demo")
    parser.add_argument("--power-runs", type=int, default=40, help="runs of each power")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--keep", type=Path, help="folder for results; resumes from it")
    options = parser.parse_args()
    chosen = options.tables or ["null", "demo", "power"]
    folder = options.keep or Path(tempfile.mkdtemp(prefix="calibration-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(
        f"persona-vault {__version__}, first seed {options.seed}, results in {folder}"
    )
    if "null" in chosen:
        null_table(folder, options.seed, options.runs)
    if "demo" in chosen:
        demo_table(folder, options.seed, options.demo_runs)
    if "power" in chosen:
        power_table(folder, options.seed, options.power_runs)


def null_table(folder: Path, seed: int, n_runs: int) -> None:
    """False alarms where nothing changed, beside testing message by message."""
    print(f"\n## Nothing changed: share of {n_runs} talks with any finding\n")
    print(
        "| talk | changed | probably changed | raw BH | not enough data said |"
        " rows steady | message by message + BH |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, (before, after, turns, alike) in NULLS.items():
        shape = TalkShape(
            n_blocks_before=before,
            n_blocks_after=after,
            n_turns=turns,
            correlation=alike,
        )
        run = functools.partial(one_null, shape=shape)
        found = list(kept(folder, f"null {name}", seed, n_runs, run))
        cells = [
            share(sum(r[k] for r in found), len(found))
            for k in ("changed", "probably", "raw_bh")
        ]
        cells.append(share(sum(r["n_enough"] == 0 for r in found), len(found)))
        steady = np.mean([r["n_steady"] / max(r["n_enough"], 1) for r in found])
        cells.append(f"{steady:.0%}")
        cells.append(share(sum(r["message_bh"] for r in found), len(found)))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def one_null(seed: int, shape: TalkShape) -> Result:
    """One talk in which nothing changed."""
    before, after = two_snapshots(seed, shape)
    found = diff_snapshots(before, after, seed=seed)
    rows = [c for c in found.changes if c.headline]
    q = [c.q for c in rows if c.q is not None]
    return {
        "changed": any(c.verdict is RowVerdict.CHANGED for c in rows),
        "probably": any(c.verdict is RowVerdict.PROBABLY_CHANGED for c in rows),
        "raw_bh": any(x <= LEVEL for x in q),
        "n_enough": sum(c.verdict is not RowVerdict.NOT_ENOUGH_DATA for c in rows),
        "n_steady": sum(c.verdict is RowVerdict.STEADY for c in rows),
        "rows": [c.dimension for c in rows if c.verdict is RowVerdict.CHANGED],
        "message_bh": message_by_message(before, after),
    }


def message_by_message(before: Snapshot, after: Snapshot) -> bool:
    """What a Welch test on single messages with BH would have said: any finding."""
    p = []
    for name, spec in before.specs.items():
        if spec.scale == "distribution" or not spec.headline:
            continue
        sides = [s.rows["persona"][name].table.sum(axis=0) for s in (before, after)]
        if any(s[0] < 20 for s in sides):
            continue
        means, errors = zip(*(_by_message(s) for s in sides), strict=True)
        se = float(np.hypot(*errors))
        if se > 0:
            t = abs(means[1] - means[0]) / se
            p.append(2 * stats.norm.sf(t))
    return bool(p) and bool((benjamini_hochberg(np.array(p)) <= LEVEL).any())


def _by_message(total: Any) -> tuple[float, float]:
    n, _, _, num, den, num2, numden, den2 = (float(x) for x in total)
    ratio = num / den
    squares = max(num2 - 2 * ratio * numden + ratio**2 * den2, 0.0)
    return ratio, float(np.sqrt(squares * n / (n - 1))) / den


def power_table(folder: Path, seed: int, n_runs: int) -> None:
    """How often a part of the demo's update is seen, by size and amount of text."""
    print(f"\n## The demo's update in part, {n_runs} talks each\n")
    print(
        "| way to the other voice | talks a side | verdict changed |"
        " declared rows named | wrong sign | declared rows without enough text |"
    )
    print("|---|---|---|---|---|---|")
    for strength in STRENGTHS:
        for size in SIZES:
            shape = TalkShape(
                n_blocks_before=size, n_blocks_after=size, strength=strength
            )
            name = f"power {strength} {size}"
            run = functools.partial(one_power, shape=shape)
            found = list(kept(folder, name, seed, n_runs, run))
            n_rows = sum(r["n_declared"] for r in found)
            print(
                f"| {strength:.0%} | {size} | "
                + share(sum(r["changed"] for r in found), len(found))
                + f" | {share(sum(r['n_named'] for r in found), n_rows)}"
                + f" | {sum(r['n_wrong'] for r in found)} of {n_rows}"
                + f" | {share(sum(r['n_missing'] for r in found), n_rows)} |",
                flush=True,
            )


def one_power(seed: int, shape: TalkShape) -> Result:
    """One talk whose companion moves part of the way to the demo's other voice."""
    found = diff_snapshots(*two_snapshots(seed, shape), seed=seed)
    return {
        "changed": found.verdict is Verdict.CHANGED,
        **declared(found, update_moves()),
    }


@functools.cache
def update_moves() -> dict[str, str]:
    """The rows that the demo's update moves by construction: row -> direction."""
    with tempfile.TemporaryDirectory() as folder:
        world = generate(Path(folder), seed=1)
    return {move.dimension: move.direction for move in world.update_moves}


def declared(found: PersonaDiff, moves: dict[str, str]) -> Result:
    """How the declared rows fared."""
    rows = {c.dimension: c for c in found.changes}
    mine = [(rows[d], way) for d, way in moves.items() if d in rows]
    changed = [(c, way) for c, way in mine if c.verdict is RowVerdict.CHANGED]
    right = [c.dimension for c, way in changed if way in (c.direction, "any")]
    return {
        "n_declared": len(mine),
        "n_named": len(right),
        "n_wrong": len(changed) - len(right),
        "n_missing": sum(c.verdict is RowVerdict.NOT_ENOUGH_DATA for c, _ in mine),
        "named": right,
        "verdicts": {c.dimension: c.verdict.value for c, _ in mine},
    }


def demo_table(folder: Path, seed: int, n_runs: int) -> None:
    """The demo itself: three exports imported into a vault, two comparisons."""
    found = list(kept(folder, "demo", seed, n_runs, one_demo))
    n = len(found)
    print(f"\n## The demo over {n} seeds\n")
    print("| row | planted | named with the right sign | with the wrong sign |")
    print("|---|---|---|---|")
    for row, way in found[0]["moves"].items():
        right = sum(row in r["update"]["named"] for r in found)
        wrong = sum(
            r["update"]["verdicts"].get(row) == "changed"
            and row not in r["update"]["named"]
            for r in found
        )
        print(f"| {row} | {way} | {share(right, n)} | {wrong} of {n} |")
    every = sum(r["update"]["n_named"] == r["update"]["n_declared"] for r in found)
    print(f"\nEvery declared row in one run: {share(every, n)}.")
    steady = Counter(row for r in found for row in r["false_rows"])
    with_false = sum(bool(r["false_rows"]) for r in found)
    print(
        f"Runs in which a row that no plant moves was called changed: "
        f"{share(with_false, n)}; rows: {dict(steady) or 'none'}."
    )
    print("\nThe user's side alone moved:\n")
    print("| answer | runs |")
    print("|---|---|")
    for verdict, k in Counter(r["shift_verdict"] for r in found).most_common():
        print(f"| {verdict} | {share(k, n)} |")
    blamed = Counter(row for r in found for row in r["shift_rows"])
    print(f"\nRows of the companion called changed there: {dict(blamed) or 'none'}.")


def one_demo(seed: int) -> Result:
    """Import the three exports of one seed and compare at both planted dates."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = generate(folder / "exports", seed=seed)
        with open_vault(folder / "vault", create=True) as vault:
            vault.set_zone("UTC")
            for path in (world.replika, world.kindroid):
                import_file(vault, path, persona=world.companion, options=ReadOptions())
            import_file(
                vault, world.chatgpt, persona=world.companion, only=(world.group,)
            )
            vault.set_persona(world.companion, user_names=(world.user,))
            at, shift = world.update_at, world.user_shift_at
            until = world.user_shift_until
            if at is None or shift is None or until is None:
                raise ValueError("the demo plants both")
            update = diff_periods(
                vault,
                world.companion,
                Period(since=until, until=at),
                Period(since=at),
                seed=seed,
            )
            user_only = diff_periods(
                vault,
                world.companion,
                Period(until=shift),
                Period(since=shift, until=until),
                seed=seed,
            )
    moves = {m.dimension: m.direction for m in world.update_moves}
    shift_moves = {m.dimension for m in world.user_shift_moves}
    return {
        "moves": moves,
        "update": declared(update, moves),
        "false_rows": [d for d in _changed(update) if d in world.update_steady],
        "shift_verdict": user_only.verdict.value,
        "shift_rows": [d for d in _changed(user_only) if d not in shift_moves],
    }


def _changed(found: PersonaDiff) -> list[str]:
    return [
        c.dimension
        for c in found.changes
        if c.headline and c.verdict is RowVerdict.CHANGED
    ]


def two_snapshots(seed: int, shape: TalkShape) -> tuple[Snapshot, Snapshot]:
    """The two sides of an invented talk, measured."""
    with tempfile.TemporaryDirectory() as folder:
        world = generate_null(Path(folder), seed, shape)
        messages = list(_messages(world.path))
    who = Persona(id=1, name="Juniper", user_names=("Sam",))
    sides: list[list[StoredMessage]] = [[], []]
    for message in messages:
        late = message.sent_at is not None and message.sent_at >= world.update_at
        sides[late].append(message)
    return measure_messages(sides[0], who), measure_messages(sides[1], who)


def _messages(path: Path) -> Iterator[StoredMessage]:
    threads: dict[str, int] = {}
    with path.open(encoding="utf-8") as file:
        for i, line in enumerate(file):
            row = json.loads(line)
            thread = threads.setdefault(row["conversation"], len(threads) + 1)
            yield StoredMessage(
                id=i,
                conversation_id=thread,
                conversation=row["conversation"],
                threaded=True,
                app="",
                native_id=row["id"],
                role=Role(row["speaker"]),
                speaker=row["speaker"],
                text=row["text"],
                sent_at=datetime.fromisoformat(row["timestamp"]),
                local_at=None,
                time_quality=Quality.EXACT,
                kind="text",
                shown=True,
                position=i,
            )


def kept(
    folder: Path, name: str, seed: int, n_runs: int, run: Callable[[int], Result]
) -> Iterator[Result]:
    """Results of the seeds in order; one that was kept before is not run again."""
    path = folder / f"{name.replace(' ', '_').replace(',', '')}.jsonl"
    done: dict[int, Result] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            done[row["seed"]] = row
    started = time.monotonic()
    with path.open("a", encoding="utf-8") as file:
        for i in range(n_runs):
            s = seed + i
            if s not in done:
                done[s] = {"seed": s, **run(s)}
                file.write(json.dumps(done[s]) + "\n")
                file.flush()
            yield done[s]
            spent = time.monotonic() - started
            sys.stderr.write(f"\r{name}: {i + 1} of {n_runs}, {spent:.0f} s ")
    sys.stderr.write("\n")


def share(k: int, n: int) -> str:
    """A share with its exact (Clopper-Pearson) 95 % interval."""
    if n == 0:
        return "none"
    found = stats.binomtest(k, n).proportion_ci(method="exact")
    return f"{k / n:.1%} ({found.low:.1%}-{found.high:.1%})"


if __name__ == "__main__":
    main()
