"""`changes`: when a companion's messages changed, the date unknown."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import (
    day,
    one_line,
    print_json,
    print_text,
    progress,
    wrapped,
)


@click.command("changes", short_help="Find when it changed, the date unknown")
@click.option("--persona", metavar="NAME", help="The companion")
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    show_default=True,
    help="Of the shuffles",
)
@with_common_options
def command(persona: str | None, seed: int) -> None:
    """Look over the whole talk for the dates at which the replies changed.

    Events of the timeline and model switches in the data are tested first. What the
    search finds beyond them is confirmed by the full comparison, which allows for the
    date having been chosen by looking. Slow change is called gradual.
    """
    with opened_vault() as vault:
        from persona_vault.diff import find_change_points
        from persona_vault.snapshot.processes import usable_cores

        found = find_change_points(
            vault,
            persona,
            seed=seed,
            progress=progress("Measuring talks"),
            processes=usable_cores(),
        )
    if common().json:
        print_json(found)
        return
    from persona_vault.wording.changes import known_sentence

    if found.known_dates:
        print_text("Dates that were known before:")
        for date in found.known_dates:
            print_text(wrapped(known_sentence(date), "  "))
        print_text("")
    print_text(wrapped(found.note))
    for point in found.change_points:
        if point.at is not None:
            _print_next(f"--at {day(point.at)}", persona)
        elif point.message is not None:
            before = f"--before-messages 1..{point.message - 1}"
            _print_next(f"{before} --after-messages {point.message}..", persona)


def _print_next(options: str, persona: str | None) -> None:
    """How to look at it, with the companion that was named."""
    if persona:
        options = f'--persona "{one_line(persona)}" {options}'
    print_text(wrapped(f"See it with `persona-vault diff {options}`.", "  "))
