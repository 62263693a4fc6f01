"""Two snapshots in, one comparison out; needs no vault."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import isnan
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from persona_vault.diff.adjust import Adjustment, adjust_rows
from persona_vault.diff.continuity import continuity, withheld
from persona_vault.diff.families import all_together, family_findings
from persona_vault.diff.ground import common_ground
from persona_vault.diff.languages import (
    incomparable,
    of_language,
    shared_language,
    with_mix,
)
from persona_vault.diff.marked import with_marks
from persona_vault.diff.pauses import pauses
from persona_vault.diff.placebo import Alone, before_alone
from persona_vault.diff.rows import (
    LEAST_BLOCKS,
    LEAST_OCCASIONS,
    LEAST_USES,
    N_RESAMPLES,
    N_SHUFFLES,
    SHUFFLING_FROM,
    RowTest,
    SideTests,
    draw_sides,
    run_tests,
)
from persona_vault.diff.verdicts import (
    LEVEL,
    judged,
    judged_user,
    overall,
)
from persona_vault.errors import InputRejectedError
from persona_vault.findings import ComparedPeriod, PersonaDiff
from persona_vault.snapshot import Snapshot
from persona_vault.snapshot.sums import SIDES
from persona_vault.wording import summary_sentence


def diff_snapshots(
    before: Snapshot,
    after: Snapshot,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    n_looks: float = 1,
) -> PersonaDiff:
    """Compare two snapshots, which may come from files alone.

    Args:
        before: The earlier period.
        after: The later one.
        confidence: Of the intervals, 0.5..0.999.
        seed: Of the shuffles and resamples; the same seed gives the same numbers.
        n_looks: Every p of the companion's is multiplied by it: 2 for a date chosen by
            looking. What the user's side did is told apart as if it were the only one.

    Raises:
        InputRejectedError: The snapshots were measured by different versions of a
            row, or hold no row in common.
    """
    _refuse_mixed_versions(before, after)
    # Many small matrix products: several threads only wait for each other (measured:
    # three times the work beside other busy programs).
    with threadpool_limits(limits=1, user_api="blas"):
        return _compared(before, after, confidence, seed=seed, n_looks=n_looks)


def _compared(
    all_before: Snapshot,
    all_after: Snapshot,
    confidence: float,
    *,
    seed: int,
    n_looks: float,
) -> PersonaDiff:
    def tested(before: Snapshot, after: Snapshot, *sides: str) -> list[SideTests]:
        draws = draw_sides(before, after, seed)
        return [
            _looked(
                run_tests(
                    before, after, s, confidence=confidence, seed=seed, draws=draws
                ),
                n_looks if s == "persona" else 1,
            )
            for s in sides
        ]

    before, after = all_before, all_after
    language = shared_language(before, after)
    if language:
        before, after = (of_language(s, language) for s in (before, after))
    by_side = dict(zip(SIDES, tested(before, after, *SIDES), strict=True))
    persona, user = (by_side[side].rows for side in SIDES)
    if language:
        persona = with_mix(persona, tested(all_before, all_after, "persona")[0].rows)
    elif language is None:
        persona, user = incomparable(persona), incomparable(user)
    by_side = {
        side: replace(by_side[side], rows=rows)
        for side, rows in zip(SIDES, (persona, user), strict=True)
    }
    user_changes = judged_user(user)
    user_differs = any(c.q is not None and c.q <= LEVEL for c in user_changes)
    adjustment = adjust_rows(
        before,
        after,
        persona,
        user_moved=user_differs,
        confidence=confidence,
        seed=seed,
        n_looks=n_looks,
    )
    alone = before_alone(before, after, persona)
    changes = judged(persona, user_changes, adjustment, alone)
    together = {side: all_together(tests) for side, tests in by_side.items()}
    together["persona"] = _paid(n_looks, together["persona"])
    user_moved = adjustment is not None and adjustment.moved
    surely = adjustment is not None and adjustment.surely
    verdict = overall(changes, together["persona"], 0.0 if surely else together["user"])
    families = family_findings(
        by_side["persona"],
        changes,
        moving=[name for name, found in alone.items() if found.gate == "failed"],
        user_moved=user_differs if adjustment is None else user_moved,
        n_looks=n_looks,
    )
    sides = _side(all_before), _side(all_after)
    ground = common_ground(before.heard, after.heard)
    apart = adjustment is not None and adjustment.nothing_in_common
    why_not = withheld(before, after, ground, nothing_in_common=apart)
    score, multiple = continuity(
        before, after, ground, seed=seed, nothing_in_common=apart
    )
    excluded = Counter(before.excluded) + Counter(after.excluded)
    excluded["language"] += sum(s.n_messages for s in (all_before, all_after))
    excluded["language"] -= sum(s.n_messages for s in (before, after))
    return PersonaDiff(
        persona=after.persona or before.persona,
        before=sides[0],
        after=sides[1],
        verdict=verdict,
        summary=summary_sentence(
            verdict,
            changes,
            *sides,
            user_moved=user_differs if adjustment is None else surely,
        ),
        changes=with_marks(changes, all_before, all_after, "persona"),
        user_changes=with_marks(user_changes, all_before, all_after, "user"),
        families=families,
        user_side_auc=adjustment.auc if adjustment else None,
        common_ground=ground,
        pauses=pauses(all_before, all_after),
        continuity=score,
        drift_multiple=multiple,
        languages={
            "before": _languages(all_before),
            "after": _languages(all_after),
            "compared": "all" if language == "" else language,
        },
        excluded=dict(+excluded),
        method={
            **_method(before, after, persona, confidence=confidence, seed=seed),
            "p_all_rows_together": together,
            "placebo_dates": _gates(alone),
            "adjusted_for_your_side": _adjustment(adjustment),
            "n_looks": n_looks,
            "continuity_withheld": why_not,
        },
    )


def _looked(tests: SideTests, n_looks: float) -> SideTests:
    """Every p multiplied by the number of looks."""
    rows = [replace(t, p=_at_most_one(n_looks * t.p)) for t in tests.rows]
    return replace(tests, rows=rows)


def _gates(alone: Mapping[str, Alone]) -> Mapping[str, list[str]]:
    """The rows for which fake dates were asked, by outcome."""
    return {
        gate: sorted(name for name, found in alone.items() if found.gate == gate)
        for gate in ("passed", "failed")
    }


def _paid(n_looks: float, p: float | None) -> float | None:
    return None if p is None else _at_most_one(n_looks * p)


def _at_most_one(p: float) -> float:
    return p if isnan(p) else min(1.0, p)


def _refuse_mixed_versions(before: Snapshot, after: Snapshot) -> None:
    shared = before.specs.keys() & after.specs.keys()
    if not shared:
        raise InputRejectedError(
            "The two snapshots have no measure in common",
            hint="Take both again with this version of persona-vault.",
        )
    mixed = sorted(
        n for n in shared if before.specs[n].version != after.specs[n].version
    )
    if mixed:
        raise InputRejectedError(
            f"The two snapshots measured {', '.join(mixed)} by different versions",
            hint="Take the older one again with this version of persona-vault.",
        )


def _side(snapshot: Snapshot) -> ComparedPeriod:
    return ComparedPeriod(
        snapshot.period.since,
        snapshot.period.until,
        snapshot.n_messages,
        snapshot.n_user_messages,
        len(snapshot.blocks),
    )


def _languages(snapshot: Snapshot) -> dict[str, int]:
    """Persona's messages by language."""
    found: Counter[str] = Counter()
    for block in snapshot.blocks:
        found[block.language] += block.n_messages
    return dict(found.most_common())


def _method(
    before: Snapshot,
    after: Snapshot,
    tests: list[RowTest],
    *,
    confidence: float,
    seed: int,
) -> Mapping[str, Any]:
    """Everything that is needed to do it again."""
    return {
        "tool_version": after.tool_version,
        "catalogue_version": after.catalogue_version,
        "seed": seed,
        "confidence": confidence,
        "n_shuffles": N_SHUFFLES,
        "n_resamples": N_RESAMPLES,
        "least_blocks": LEAST_BLOCKS,
        "least_occasions": LEAST_OCCASIONS,
        "least_uses": LEAST_USES,
        "shuffling_from_blocks": SHUFFLING_FROM,
        "n_rows_tested": sum(t.spec.headline and not t.reason for t in tests),
        "n_rows_headline": sum(t.spec.headline for t in tests),
        "correction": "Benjamini-Hochberg over the headline rows tested",
        "blocks": {"before": _rules(before), "after": _rules(after)},
        "time_quality": {
            "before": dict(before.time_quality),
            "after": dict(after.time_quality),
        },
        "tests": {t.spec.name: t.test for t in tests if t.test},
        "joined_blocks": {t.spec.name: t.joined for t in tests if t.joined > 1},
        "row_versions": {t.spec.name: t.spec.version for t in tests},
        "sources": sorted({*before.sources, *after.sources}),
    }


def _adjustment(found: Adjustment | None) -> Mapping[str, Any] | None:
    """How the user's side was allowed for; None where it could not be."""
    if found is None:
        return None
    return {
        "your_side_moved": found.moved,
        "beyond_chance": found.surely,
        "ways": found.ways,
        "not_adjustable": found.lost,
        "nothing_in_common": found.nothing_in_common,
    }


def _rules(snapshot: Snapshot) -> dict[str, int]:
    return dict(Counter(b.rule for b in snapshot.blocks))
