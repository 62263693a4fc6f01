"""The demo over many seeds: three exports imported into a vault, two comparisons."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from persona_vault.demo import generate
from persona_vault.diff import diff_periods
from persona_vault.findings import PersonaDiff, RowVerdict
from persona_vault.ingest import import_file
from persona_vault.model import Period, ReadOptions
from persona_vault.store.vault import open_vault
from worlds.schedule import Keeper, Result
from worlds.tables import share, whole


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


def declared(found: PersonaDiff, moves: dict[str, str]) -> Result:
    """How the declared rows fared."""
    rows = {c.dimension: c for c in found.changes}
    mine = [(rows[d], way) for d, way in moves.items() if d in rows]
    changed = [(c, way) for c, way in mine if c.verdict is RowVerdict.CHANGED]
    right = [c.dimension for c, way in changed if way in (c.direction, "any")]
    return {
        "n_declared": len(mine),
        "n_named": len(right),
        "named": right,
        "verdicts": {c.dimension: c.verdict.value for c, _ in mine},
    }


def _changed(found: PersonaDiff) -> list[str]:
    return [
        c.dimension
        for c in found.changes
        if c.headline and c.verdict is RowVerdict.CHANGED
    ]


def demo_table(keeper: Keeper) -> Iterator[str]:
    """The demo's declared rows, and its shift of the user's side alone."""
    found = whole(keeper.of("demo"))
    n = len(found)
    yield "| row | planted | named with the right sign | with the wrong sign |"
    yield "|---|---|---|---|"
    moves: dict[str, Any] = found[0]["moves"] if found else {}
    for row, way in moves.items():
        right = sum(row in r["update"]["named"] for r in found)
        wrong = sum(
            r["update"]["verdicts"].get(row) == "changed"
            and row not in r["update"]["named"]
            for r in found
        )
        yield f"| {row} | {way} | {share(right, n)} | {wrong} of {n} |"
    yield ""
    every = sum(r["update"]["n_named"] == r["update"]["n_declared"] for r in found)
    yield f"Every declared row in one run: {share(every, n)}."
    steady = Counter(row for r in found for row in r["false_rows"])
    with_false = sum(bool(r["false_rows"]) for r in found)
    yield (
        "A row that no plant moves called changed: "
        f"{share(with_false, n)}; rows: {dict(steady) or 'none'}."
    )
    answers = Counter(r["shift_verdict"] for r in found)
    blamed = Counter(row for r in found for row in r["shift_rows"])
    yield (
        f"Where the user's side alone moved, the answers were {dict(answers)}; rows of"
        f" the companion called changed there: {dict(blamed) or 'none'}."
    )
