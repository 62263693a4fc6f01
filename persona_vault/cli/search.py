"""`search`: find messages by words and by meaning."""

import os
from typing import TYPE_CHECKING

import click

from persona_vault.cli._dates import make_period
from persona_vault.cli._options import (
    common,
    opened_vault,
    typed,
    with_common_options,
)
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
from persona_vault.cli.read import speaker_name, spoken_at
from persona_vault.model import Period, Role

if TYPE_CHECKING:
    from persona_vault.search import Hit, Line, SearchResult

_BY_WORDS = ("persona_vault.search.find",)
_LOADED = (*_BY_WORDS, "persona_vault.search.quick")  # numpy
_OTHER_WORDS = "Try other words or fewer, without a date, or --mode semantic."


@click.command("search", short_help="Find messages by words and by meaning")
@click.argument("query")
@click.option(
    "-k",
    type=click.IntRange(1),
    metavar="N",
    default=10,
    show_default=True,
    help="How many hits",
)
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "semantic", "keyword"]),
    default="hybrid",
    show_default=True,
    help="By words and meaning, by meaning, or by words",
)
@click.option("--persona", metavar="NAME", help="Only this companion's talk")
@click.option("--role", type=click.Choice(["user", "persona"]), help="Only this side")
@click.option("--since", metavar="DATE", help="Sent on this date or later")
@click.option("--until", metavar="DATE", help="Sent before this date")
@click.option("--app", metavar="APP", help="Only from this app")
@click.option("--model", metavar="NAME", help="Only messages that name this model")
@click.option(
    "--context",
    type=click.IntRange(0),
    metavar="N",
    default=2,
    show_default=True,
    help="Messages on either side",
)
@click.option(
    "--source", type=int, metavar="ID", help="Only what this import brought or has"
)
@click.option(
    "--by",
    type=click.Choice(["message", "conversation"]),
    default="message",
    show_default=True,
    help="Hits one by one, or together by conversation",
)
@click.option("--all", "show_all", is_flag=True, help="Near repeats one by one too")
@click.option("--embedder", metavar="MODEL", help="As for `embed`")
@with_common_options
def command(
    query: str,
    k: int,
    mode: str,
    persona: str | None,
    role: str | None,
    since: str | None,
    until: str | None,
    app: str | None,
    model: str | None,
    context: int,
    source: int | None,
    by: str,
    show_all: bool,
    embedder: str | None,
) -> None:
    """Find messages, best first, by words and by meaning.

    With '"quoted words"' every hit holds them as they stand, with harb* a word that
    begins so; only --mode semantic does not ask for that. -word leaves out messages
    with the word. A date may be said: yesterday, in May, last week, 3 months ago,
    after:2024-05-01, on:2024-05.
    With --by conversation, -k counts conversations. - for QUERY reads it from
    standard input, so that nobody sees it on the command line.

    Each hit shows its number; `persona-vault show NUMBER` opens it where it stands.
    """
    if mode != "keyword":
        from persona_vault.embedders.weights import begin_check

        begin_check()
        # A search multiplies on one thread; the others would only wait, and busily.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    words = typed(query)
    with opened_vault(_BY_WORDS if mode == "keyword" else _LOADED) as vault:
        from persona_vault.search import search_messages

        period = make_period(since, until, vault.zone)
        found = search_messages(
            vault,
            words,
            k=k,
            mode=mode,  # type: ignore[arg-type]
            persona=persona,
            role=Role(role) if role else None,
            period=None if period == Period() else period,
            app=app,
            model=model,
            context=context,
            embedder=embedder,
            source=source,
            fold=not show_all,
            by=by,  # type: ignore[arg-type]
        )
    if common().json:
        print_json(found.to_dict())
        return
    print_found(found, by=by)


def print_found(
    found: "SearchResult", *, by: str = "message", where_empty: str = _OTHER_WORDS
) -> None:
    """What was found, for a person; by conversation with a line above each.

    `where_empty` is the next step where nothing was.
    """
    for text in found.warnings:
        warn(text)
    if found.date_words and found.period:
        note(_dates_told(found.date_words, found.period))
    if not found.hits:
        print_text("Nothing was found.")
        note(
            "Without the quotation marks or the * the search goes by meaning as well."
            if found.required
            else where_empty
        )
    shown = None
    for hit in found.hits:
        heads = by == "conversation" and hit.conversation_id != shown
        if heads:
            _print_conversation(hit)
        shown = hit.conversation_id
        _print_hit(hit, first=heads or hit.rank == 1, is_cut=found.is_cut)


def _dates_told(words: "tuple[str, ...]", period: Period) -> str:
    """What the dates in the query were taken for; half-open as everywhere."""
    since = f"from {day(period.since)} on" if period.since else ""
    until = f"before {day(period.until)}" if period.until else ""
    sent = " and ".join(part for part in (since, until) if part)
    read = " and ".join(f'"{word}"' for word in words)
    return (
        f"{read} was read as a date: only messages sent {sent} were searched. "
        "In quotation marks it is searched for as words."
    )


def _print_conversation(hit: "Hit") -> None:
    if hit.rank > 1:
        print_text()
    title = f" · {hit.title}" if hit.title else ""
    print_text(one_line(f"Conversation {hit.conversation_id} · {hit.persona}{title}"))
    print_text()


def _print_hit(hit: "Hit", *, first: bool, is_cut: bool) -> None:
    who = speaker_name(hit.role, hit.speaker, hit.persona)
    when = spoken_at(hit.sent_at, hit.local_at)
    if not first:
        print_text()
    print_text(one_line(f"{hit.rank}. {who} · {when} · message {hit.message_id}"))
    for line in hit.before:
        print_text(_beside(line, hit.persona))
    print_text(wrapped(inert(hit.text), "  > "))
    for line in hit.after:
        print_text(_beside(line, hit.persona))
    if hit.alike:
        print_text(wrapped(f"({alike_told(hit.alike, is_cut=is_cut)})", "    "))


def alike_told(alike: "tuple[int, ...]", *, to: str = "", is_cut: bool = False) -> str:
    """Repeats that are folded, with the first of their numbers.

    Of a list that `is_cut` there may be more of them.
    """
    what = "1 message says" if len(alike) == 1 else f"{len(alike):,} messages say"
    same = f"nearly the same as {to}" if to else "nearly the same"
    numbers = ", ".join(str(number) for number in sorted(alike)[:5])
    more = ", ..." if len(alike) > 5 else ""
    least = "at least " if is_cut else ""
    return f"{least}{what} {same}: {numbers}{more}; --all shows each"


def _beside(line: "Line", persona: str) -> str:
    who = speaker_name(line.role, line.speaker, persona)
    return wrapped(inert(f"{who}: {line.text or '(no text)'}"), "    ")
