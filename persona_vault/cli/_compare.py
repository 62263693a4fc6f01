"""The choice of periods that `diff` and `report` share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._dates import parse_date, parse_numbers, parse_period, parse_span
from persona_vault.cli._options import opened_vault
from persona_vault.cli._output import progress
from persona_vault.errors import UsageError

if TYPE_CHECKING:
    from persona_vault.findings import PersonaDiff
    from persona_vault.model import Period
    from persona_vault.store.vault import Vault

HOW = "Name --at DATE, --event ID, --before with --after, or two snapshot files."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says about the two periods."""

    files: tuple[str, ...]
    persona: str | None
    at: str | None
    event: int | None
    window: str | None
    gap: str | None
    before: str | None
    after: str | None
    before_messages: str | None
    after_messages: str | None
    seed: int


def comparison_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose what is compared."""
    for option in reversed(
        (
            click.argument("files", nargs=-1, metavar="[BEFORE AFTER]"),
            click.option("--persona", metavar="NAME", help="The companion"),
            click.option("--at", metavar="DATE", help="The date between the periods"),
            click.option(
                "--event", type=int, metavar="ID", help="The date of this event"
            ),
            click.option(
                "--window", metavar="90d", help="Length after the date; `all` for all"
            ),
            click.option("--gap", metavar="0d", help="Left out round the date"),
            click.option("--before", metavar="A..B", help="The earlier period"),
            click.option("--after", metavar="C..D", help="The later period"),
            click.option("--before-messages", metavar="1..500", help="By number"),
            click.option("--after-messages", metavar="501..900", help="By number"),
            click.option(
                "--seed",
                type=click.IntRange(0),
                metavar="N",
                default=0,
                show_default=True,
                help="Of the shuffles",
            ),
        )
    ):
        function = option(function)
    return function


def compare(asked: Asked, *, quotes: bool) -> "PersonaDiff":
    """Carry out the comparison that was asked for.

    Raises:
        UsageError: The periods are not given, or given in more than one way.
    """
    with compared(asked, quotes=quotes) as (found, _):
        return found


@contextmanager
def compared(
    asked: Asked, *, quotes: bool
) -> "Iterator[tuple[PersonaDiff, Vault | None]]":
    """The same, with the vault still open; None where it came from two files.

    Raises:
        UsageError: The periods are not given, or given in more than one way.
    """
    if asked.files:
        yield _from_files(asked), None
        return
    with opened_vault() as vault:
        from persona_vault.comparison import compare_periods
        from persona_vault.snapshot.processes import usable_cores

        before, after = _periods(asked, vault)
        found = compare_periods(
            vault,
            asked.persona,
            before,
            after,
            quotes=quotes,
            seed=asked.seed,
            progress=progress("Measuring talks"),
            processes=usable_cores(),
        )
        yield found, vault


def _from_files(asked: Asked) -> "PersonaDiff":
    from persona_vault.diff import diff_snapshots, refuse_same_talk
    from persona_vault.snapshot import read_snapshot

    if len(asked.files) != 2:
        raise UsageError("A comparison needs two snapshot files", hint=HOW)
    chosen = [f.name for f in fields(asked) if f.name not in ("files", "seed")]
    given = [name for name in chosen if getattr(asked, name) is not None]
    if given:
        raise UsageError(
            "Two snapshot files are compared as they are, without"
            f" --{given[0].replace('_', '-')}",
            hint="Leave the option out, or leave the files out and use the vault.",
        )
    before, after = (read_snapshot(Path(f)) for f in asked.files)
    refuse_same_talk(before, after)
    return diff_snapshots(before, after, seed=asked.seed)


def _periods(asked: Asked, vault: "Vault") -> "tuple[Period, Period]":
    zone = vault.zone
    ways = [
        asked.at is not None,
        asked.event is not None,
        asked.before is not None or asked.after is not None,
        asked.before_messages is not None or asked.after_messages is not None,
    ]
    if sum(ways) != 1:
        raise UsageError("It is not clear which two periods to compare", hint=HOW)
    around = asked.at is not None or asked.event is not None
    if not around and (asked.window is not None or asked.gap is not None):
        raise UsageError(
            "--window and --gap belong to a date",
            hint="Leave them out, or name the date with --at or --event.",
        )
    if asked.before_messages is not None and asked.after_messages is not None:
        return parse_numbers(asked.before_messages), parse_numbers(asked.after_messages)
    if asked.before is not None and asked.after is not None:
        return parse_period(asked.before, zone), parse_period(asked.after, zone)
    if asked.at is not None:
        return _around(parse_date(asked.at, zone), asked)
    if asked.event is not None:
        return _around(_event_at(vault, asked.event), asked)
    raise UsageError("Only one of the two periods was given", hint=HOW)


def _around(at: Any, asked: Asked) -> "tuple[Period, Period]":
    from persona_vault.diff import around_date

    window = parse_span(asked.window or "90d") if asked.window != "all" else None
    try:
        return around_date(at, window=window, gap=parse_span(asked.gap or "0d"))
    except OverflowError as error:
        raise UsageError(
            "The periods round this date leave the calendar",
            hint="Write --window all, or a shorter one such as 90d.",
        ) from error


def _event_at(vault: "Vault", event_id: int) -> Any:
    for event in vault.events():
        if event.id == event_id:
            return event.at
    raise UsageError(
        f"There is no event {event_id}", hint="See `persona-vault events list`."
    )
