"""The one table that is printed, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benches.measure import Figure

ELSEWHERE = (
    "Goal 9, how often the right message is found, is scripts/evaluate_search.py; that"
    " a kill loses at most one shard (goal 7) is shown by scripts/kill_embed.py."
)


def page(
    machine: Mapping[str, str],
    figures: Sequence[Figure],
    sizes: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
) -> Iterator[str]:
    """Machine, figures beside their goals, how things grow, and what is missing."""
    for name, value in machine.items():
        yield f"{name}: {value}"
    if figures:
        yield from ("", *_figures(figures))
    if sizes:
        yield from ("", *_sizes(sizes))
    yield from ("", *notes, ELSEWHERE)


def _figures(figures: Sequence[Figure]) -> Iterator[str]:
    yield "| goal | what | median (lowest-highest, rounds) | goal | | figures |"
    yield "|---|---|---|---|---|---|"
    for one in figures:
        wanted = ""
        if one.wanted is not None:
            wanted = f"{'>=' if one.at_least else '<='} {one.wanted:.3g}"
        low, high, n = min(one.ratios), max(one.ratios), len(one.ratios)
        found = f"{one.ratio:.3g} ({low:.3g}-{high:.3g}, {n})"
        yield (
            f"| {one.goal} | {one.what} | {found} | {wanted} | {one.verdict} |"
            f" {one.told} |"
        )


_COLUMNS = {
    "messages": "{:,}",
    "vault": "{}",
    "import s": "{:.1f}",
    "messages/s": "{:,.0f}",
    "import MiB": "{:.0f}",
    "of that grown": "{:+.0f}",
    "disk MB": "{:.0f}",
    "embed texts/s": "{:,.0f}",
    "embed MiB": "{:.0f}",
    "open s": "{:.2f}",
    "open MiB": "{:.0f}",
    "warm search ms": "{:.0f}",
    "search command s": "{:.2f}",
    "search command MiB": "{:.0f}",
}


def _sizes(sizes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| " + " | ".join(_COLUMNS) + " |"
    yield "|" + "---|" * len(_COLUMNS)
    for one in sizes:
        cells = (
            "" if one.get(name) is None else how.format(one[name])
            for name, how in _COLUMNS.items()
        )
        yield "| " + " | ".join(cells) + " |"
