"""The calibration's tables, from the results that are kept."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from statistics import median
from typing import Any

from worlds.catalogue import NULLS, WORLDS, World
from worlds.gradings import DATES, GRADES, MOVES
from worlds.schedule import Keeper, Result

Found = Sequence[Result]


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson, both ends in 0..1."""
    z = 1.959964
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(k * (n - k) / n + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(k: int, n: int) -> str:
    """A share with its interval; "-" for no run at all."""
    if n == 0:
        return "-"
    low, high = wilson(k, n)
    return f"{k}/{n} ({100 * low:.0f}-{100 * high:.0f}%)"


def whole(found: Mapping[int, Result]) -> Found:
    """Results of runs that did not fail, by seed."""
    return [found[seed] for seed in sorted(found) if "failed" not in found[seed]]


def world_table(keeper: Keeper) -> Iterator[str]:
    """One line a world, and below it what went wrong where."""
    head = ("world", "planted", "runs", "said what it must", "said what it must not")
    yield f"| {' | '.join(head)} | note |"
    yield "|---|---|---|---|---|---|"
    for world in WORLDS.values():
        found = whole(keeper.of(world.name))
        yield _world_line(world, found, len(keeper.of(world.name)) - len(found))


def _world_line(world: World, found: Found, n_failed: int) -> str:
    n = len(found)
    missing = sorted({name for r in found for name in r["missing"]})
    right = sum(all(v is not False for v in r["said"].values()) for r in found)
    wrong = sum(any(r["blurted"].values()) for r in found)
    said = f"not built: {', '.join(missing)}" if missing else share(right, n)
    notes = [*_unsaid(found), *_blurted(found)]
    if n_failed:
        notes.append(f"{n_failed} runs ended in an error")
    return (
        f"| {world.name} | {world.title} | {n} | {said} | {share(wrong, n)}"
        f" | {'; '.join(notes)} |"
    )


def _unsaid(found: Found) -> Iterator[str]:
    """Which claims were not made how often."""
    missed = Counter(
        claim for r in found for claim, said in r["said"].items() if said is False
    )
    for claim, k in missed.most_common():
        yield f"not said in {k}: {claim}"


def _blurted(found: Found) -> Iterator[str]:
    blurted = Counter(claim for r in found for claim, s in r["blurted"].items() if s)
    for claim, k in blurted.most_common():
        seeds = [r["seed"] for r in found if r["blurted"].get(claim)][:3]
        rows = Counter(
            row
            for r in found
            if r["blurted"].get(claim)
            for row, what in r["named"].items()
            if what.startswith("changed")
        )
        named = ", ".join(row for row, _ in rows.most_common(4))
        where = f" [{named}]" if named else ""
        yield f"said in {k} (seeds {', '.join(map(str, seeds))}): {claim}{where}"


def null_table(keeper: Keeper) -> Iterator[str]:
    """False alarms where nothing changed, and how much could be called steady."""
    yield (
        "| nothing changed | runs | any measure `changed` | `probably_changed` at most"
        " | answer `changed` or `probably` | rows steady | intervals that hold 0"
        " | message by message + BH |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for null in NULLS.values():
        found = whole(keeper.of(null.name))
        n = len(found)
        firm = sum(_has(r, "changed") for r in found)
        weak = sum(
            _has(r, "probably_changed") and not _has(r, "changed") for r in found
        )
        alarm = sum(r["verdict"] in ("changed", "probably_changed") for r in found)
        enough = [
            v for r in found for v in r["verdicts"].values() if v != "not_enough_data"
        ]
        held = [v for r in found for v in r.get("covered", {}).values()]
        yield (
            f"| {null.title} | {n} | {share(firm, n)} | {share(weak, n)}"
            f" | {share(alarm, n)} | {share(enough.count('steady'), len(enough))}"
            f" | {share(sum(held), len(held))}"
            f" | {share(sum(r['message_bh'] for r in found), n)} |"
        )


def _has(result: Result, verdict: str) -> bool:
    return any(what.split()[0] == verdict for what in result["named"].values())


def power_table(keeper: Keeper) -> Iterator[str]:
    """How often each planted change is named, by its size and the amount of text."""
    yield (
        f"| strength | talks a side | runs | {' | '.join(MOVES)} | answer `changed`"
        " | wrong signs | further rows a run | intervals that hold the truth |"
    )
    yield "|" + "---|" * (7 + len(MOVES))
    for grade in GRADES:
        found = whole(keeper.of(grade.name))
        n = len(found)
        named = [_named(found, row) for row in MOVES]
        firm = sum(r["verdict"] == "changed" for r in found)
        wrong = sum(len(r["wrong"]) for r in found)
        extra = sum(len(r["extra"]) for r in found) / max(n, 1)
        held = [v for r in found for v in r["covered"].values()]
        yield (
            f"| {grade.strength} | {grade.n} | {n} | {' | '.join(named)}"
            f" | {share(firm, n)} | {wrong} of {n * len(MOVES)} | {extra:.2f}"
            f" | {share(sum(held), len(held))} |"
        )


def _named(found: Found, row: str) -> str:
    """Runs that named the row, out of those with enough occasions for it."""
    untold = sum(row in r["untold"] for r in found)
    k = sum(row in r["named"] for r in found)
    refused = f", {untold} too few" if untold else ""
    return f"{k}/{len(found) - untold}{refused}"


def date_table(keeper: Keeper) -> Iterator[str]:
    """How far the dates lie from the truth, and how often one is made up."""
    yield (
        "| step | runs | just one date, confirmed | within 7 days | median error, days"
        " | true date in a range | called gradual |"
    )
    yield "|---|---|---|---|---|---|---|"
    for kind in DATES:
        found = whole(keeper.of(f"dates {kind}"))
        n = len(found)
        one = sum(r["n_dates"] == 1 for r in found)
        any_one = sum(r["n_dates"] > 0 for r in found)
        errors = [min(r["errors"]) for r in found if r["errors"]]
        near = sum(e <= 7 for e in errors)
        none = kind.startswith("none")
        middle = f"{median(errors):.1f}" if errors else "-"
        yield (
            f"| {kind} | {n} | {share(any_one if none else one, n)}"
            f" | {'-' if none else share(near, n)} | {middle}"
            f" | {'-' if none else share(sum(r['in_range'] for r in found), n)}"
            f" | {share(sum(r['gradual'] for r in found), n)} |"
        )


def coverage_line(keeper: Keeper) -> Iterator[str]:
    """Rows whose intervals hold the truth least often."""
    held: dict[str, list[bool]] = {}
    for name in (*(g.name for g in GRADES), *NULLS):
        for result in whole(keeper.of(name)):
            for row, inside in result.get("covered", {}).items():
                held.setdefault(row, []).append(inside)
    worst = sorted(held.items(), key=lambda cell: sum(cell[1]) / len(cell[1]))[:8]
    cells = (f"{row} {share(sum(v), len(v))}" for row, v in worst)
    yield f"Rows with the fewest: {', '.join(cells) or 'none yet'}."


def time_line(keeper: Keeper, names: Sequence[str]) -> Iterator[str]:
    """How long the runs took, and which kinds of run took most."""
    busy: dict[str, list[float]] = {}
    failed: Counter[str] = Counter()
    for name in names:
        for result in keeper.of(name).values():
            busy.setdefault(name, []).append(result["cpu"])
            failed[name] += "failed" in result
    total = sum(sum(v) for v in busy.values())
    n = sum(len(v) for v in busy.values())
    slow = sorted(busy.items(), key=lambda cell: -median(cell[1]))[:3]
    yield (
        f"{n} runs took {total / 60:.1f} minutes of work of one core; the longest: "
        + ", ".join(f"{name} {median(v):.1f} s" for name, v in slow)
        + "."
    )
    for name, k in failed.items():
        if k:
            first = next(r for r in keeper.of(name).values() if "failed" in r)
            last = first["failed"].strip().splitlines()[-1]
            yield f"Failed: {name}, {k} runs, first seed {first['seed']}: {last}"


def wrong_sentences(keeper: Keeper) -> Iterator[str]:
    """For each world that went wrong: the first seed and what was said."""
    for world in WORLDS.values():
        for result in whole(keeper.of(world.name)):
            bad = [c for c, said in result["said"].items() if said is False]
            bad += [c for c, said in result["blurted"].items() if said]
            if bad:
                yield f"- {world.name}, seed {result['seed']}: {'; '.join(bad)}."
                yield from _words(result)
                break


def _words(result: Mapping[str, Any]) -> Iterator[str]:
    for key in ("summary", "note"):
        if result[key]:
            yield f"  > {result[key]}"
    if result["named"]:
        named = ", ".join(f"{row} {what}" for row, what in result["named"].items())
        yield f"  Rows: {named}."
