"""`topics`: what was talked about, over time."""

import math
import shlex
from typing import TYPE_CHECKING, Any

import click

from persona_vault.cli._dates import make_period
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import (
    day,
    inert,
    note,
    one_line,
    print_json,
    print_text,
    warn,
    wrapped,
)
from persona_vault.model import Period, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from persona_vault.search import Topic, Topics
    from persona_vault.search.topics import Month
    from persona_vault.store.vault import Vault

# What a number stands for, in months, and how many such numbers are a short line.
_STEPS = (("month", 1, 12), ("quarter", 3, 12), ("year", 12, math.inf))


@click.command("topics", short_help="See what was talked about, over time")
@click.option("-n", type=int, metavar="N", help="How many topics; else by the amount")
@click.option("--persona", metavar="NAME", help="Only this companion's talk")
@click.option("--role", type=click.Choice(["user", "persona"]), help="Only this side")
@click.option("--since", metavar="DATE", help="Sent on this date or later")
@click.option("--until", metavar="DATE", help="Sent before this date")
@click.option(
    "--seed", type=int, metavar="N", default=0, help="Where the sorting starts"
)
@click.option("--embedder", metavar="MODEL", help="As for `embed`")
@click.option("--show", "key", metavar="KEY", help="List every message of one topic")
@with_common_options
def command(key: str | None, **typed: Any) -> None:
    """Sort messages into topics by nearness of meaning, the largest first.

    Each is named by its most characteristic words and shown by typical messages. It is
    a way to look at a talk: another number of topics draws other borders. Needs
    `persona-vault embed` first.

    The key of a topic stands for its messages: `topics --show KEY` lists them all,
    and `forget --topic KEY` takes them out, both with the same options as here.
    """
    with opened_vault() as vault:
        found = sorted_topics(vault, **typed)
        if key is not None:
            _print_all(vault, found.by_key(key))
            return
    if common().json:
        print_json(found.to_dict())
        return
    if found.note:
        warn(found.note)
    for topic in found.topics:
        print_topic(topic)
    told = (
        f"{found.n_messages:,} messages in {len(found.topics)} topics; left out: "
        f"{found.n_short:,} of fewer than five words, {found.n_not_embedded:,} not "
        "embedded yet."
    )
    print_text(wrapped(told))
    if found.topics:
        again = " ".join(["KEY", *_as_typed(typed)])
        note(f"All messages of one: persona-vault topics --show {again}")
        note(f"To forget one: persona-vault forget --topic {again} --dry-run")


def sorted_topics(
    vault: "Vault",
    *,
    n: int | None,
    persona: str | None,
    role: str | None,
    since: str | None,
    until: str | None,
    seed: int,
    embedder: str | None,
) -> "Topics":
    """The topics as the options of this command ask for them.

    Raises:
        UsageError, UnknownPersonaError, NoModelError: As `find_topics`; no date.
    """
    from persona_vault.search import find_topics

    period = make_period(since, until, vault.zone)
    return find_topics(
        vault,
        n=n,
        persona=persona,
        role=Role(role) if role else None,
        period=None if period == Period() else period,
        embedder=embedder,
        seed=seed,
    )


def _as_typed(options: "Mapping[str, Any]") -> list[str]:
    """The options again, as they can be typed; those left at their default are not."""
    words: list[str] = []
    for name, value in sorted(options.items()):
        if value not in (None, 0):
            lead = "-n" if name == "n" else f"--{name}"
            words += [lead, shlex.quote(str(value))]
    return words


def _print_all(vault: "Vault", topic: "Topic") -> None:
    """Every message of a topic, one below the other."""
    if common().json:
        from persona_vault.search import Line

        lines = [Line.of(vault.message(number)) for number in topic.message_ids]
        print_json({"key": topic.key, "messages": lines})
        return
    from persona_vault.cli._receipt import print_messages

    print_messages(vault, topic.message_ids, whole=True)


def print_topic(topic: "Topic") -> None:
    """A topic for a person: its words, key, amount and dates, and typical messages."""
    words = ", ".join(topic.words) or "(no word stands out)"
    head = (
        f"{topic.id}. {words} · {topic.n_messages:,} messages ({topic.share:.0%}) in "
        f"{topic.n_conversations:,} "
        f"{'conversation' if topic.n_conversations == 1 else 'conversations'}"
    )
    if topic.first_at:
        head += f", {day(topic.first_at)} to {day(topic.last_at)}"
    print_text(wrapped(one_line(f"{head} · key {topic.key}")))
    if topic.months:
        most = max(topic.months, key=lambda month: (month.n_messages, month.month))
        print_text(
            f"   most in {most.month}: {most.n_messages:,} messages, {most.share:.0%} "
            "of that month"
        )
        print_text(wrapped(over_time(topic.months), "   "))
    for line in topic.messages:
        print_text(wrapped(inert(f"{line.text} [message {line.message_id}]"), "   > "))
    print_text()


def over_time(months: "Sequence[Month]") -> str:
    """How many messages in each month from the first to the last, none left out.

    Quarters or years where there would be more than twelve numbers, so that the line
    stays short; named by their first month or by the year.
    """
    counted = {_place(month.month): month.n_messages for month in months}
    first, last = min(counted), max(counted)
    name, length = next(
        (name, length)
        for name, length, most in _STEPS
        if last // length - first // length < most
    )
    start = first // length
    numbers = [0] * (last // length - start + 1)
    for place, n in counted.items():
        numbers[place // length - start] += n
    year, month = divmod(start * length, 12)
    since = f"{year}" if name == "year" else f"{year}-{month + 1:02}"
    return f"by {name} from {since} on: {' '.join(map(str, numbers))}"


def _place(month: str) -> int:
    """Months from the year 0 on."""
    year, number = month.split("-")
    return int(year) * 12 + int(number) - 1
