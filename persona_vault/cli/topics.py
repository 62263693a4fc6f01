"""`topics`: what was talked about, over time."""

from typing import TYPE_CHECKING

import click

from persona_vault.cli._dates import make_period
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, inert, print_json, print_text, warn, wrapped
from persona_vault.model import Period, Role

if TYPE_CHECKING:
    from persona_vault.search import Topic


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
@with_common_options
def command(
    n: int | None,
    persona: str | None,
    role: str | None,
    since: str | None,
    until: str | None,
    seed: int,
    embedder: str | None,
) -> None:
    """Sort messages into topics by nearness of meaning, the largest first.

    Each is named by its most characteristic words and shown by typical messages. It is
    a way to look at a talk: another number of topics draws other borders. Needs
    `persona-vault embed` first.
    """
    from persona_vault.search import find_topics

    with opened_vault() as vault:
        period = make_period(since, until, vault.zone)
        found = find_topics(
            vault,
            n=n,
            persona=persona,
            role=Role(role) if role else None,
            period=None if period == Period() else period,
            embedder=embedder,
            seed=seed,
        )
    if common().json:
        print_json(found.to_dict())
        return
    if found.note:
        warn(found.note)
    for topic in found.topics:
        _print_topic(topic)
    print_text(
        f"{found.n_messages:,} messages in {len(found.topics)} topics; left out: "
        f"{found.n_short:,} of fewer than five words, {found.n_not_embedded:,} not "
        "embedded yet."
    )


def _print_topic(topic: "Topic") -> None:
    words = ", ".join(topic.words) or "(no word stands out)"
    head = (
        f"{topic.id}. {words} · {topic.n_messages:,} messages ({topic.share:.0%}) in "
        f"{topic.n_conversations:,} "
        f"{'conversation' if topic.n_conversations == 1 else 'conversations'}"
    )
    if topic.first_at:
        head += f", {day(topic.first_at)} to {day(topic.last_at)}"
    print_text(wrapped(inert(head)))
    if topic.months:
        most = max(topic.months, key=lambda month: (month.n_messages, month.month))
        print_text(
            f"   most in {most.month}: {most.n_messages:,} messages, {most.share:.0%} "
            "of that month"
        )
    for line in topic.messages:
        print_text(wrapped(inert(f"{line.text} [message {line.message_id}]"), "   > "))
    print_text()
