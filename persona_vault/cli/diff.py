"""`diff`: compare two periods or two snapshots."""

from typing import Any

import click

from persona_vault.cli._compare import Asked, compare, comparison_options
from persona_vault.cli._options import common, with_common_options
from persona_vault.cli._output import one_line, print_raw, print_text, wrapped
from persona_vault.findings import Change, PersonaDiff, RowVerdict, Verdict

CHANGED = 10
# Only what differs deserves a paragraph each; of the rest, what could have been seen.
PARAGRAPHS = (
    RowVerdict.CHANGED,
    RowVerdict.PROBABLY_CHANGED,
    RowVerdict.EXPLAINED_BY_YOUR_SIDE,
    RowVerdict.CANNOT_SEPARATE,
)
LINES = (RowVerdict.STEADY, RowVerdict.CANNOT_TELL)
LISTED_IN_JSON = "`--json` lists each"
WOULD_SHOW = "a change of this size, either way, would have shown"

NO_SIZE = "for this one the size is not known"


@click.command("diff", short_help="Compare two periods or two snapshots")
@comparison_options
@click.option(
    "--quotes/--no-quotes",
    default=True,
    help="Words of the talk: phrases, and in --json the replies behind a row",
)
@click.option("--exit-code", is_flag=True, help="Exit with 10 when a change was found")
@with_common_options
def command(quotes: bool, exit_code: bool, **asked: Any) -> int:
    """Say what changed between two periods of a companion's messages.

    With --at DATE all before the date is compared with the 90 days after it.
    """
    found = compare(Asked(**asked), quotes=quotes)
    if common().json:
        from persona_vault.reports import dump_diff

        print_raw(dump_diff(found))
    else:
        _print(found)
    changed = found.verdict in (Verdict.CHANGED, Verdict.PROBABLY_CHANGED)
    return CHANGED if exit_code and changed else 0


def _print(found: PersonaDiff) -> None:
    from persona_vault.wording import verdict_label
    from persona_vault.wording.families import families_sentence
    from persona_vault.wording.sensitivity import full_sentence
    from persona_vault.wording.too_little import needed_sentence

    print_text(wrapped(found.summary))
    if needed_sentence(found):
        print_text(wrapped(needed_sentence(found)))
    for verdict in PARAGRAPHS:
        rows = _headline(found, verdict)
        if rows:
            print_text(f"\n{verdict_label(verdict)}")
        for row in rows:
            print_text(wrapped(full_sentence(row), "  "))
    for verdict in LINES:
        rows = _headline(found, verdict)
        if rows:
            print_text(f"\n{verdict_label(verdict)} ({WOULD_SHOW})")
        for row in rows:
            print_text(_line(row))
    _print_untested(found)
    if families_sentence(found):
        print_text("")
        print_text(wrapped(families_sentence(found)))
    _print_your_side(found)
    _print_around(found)
    _print_mixture(found)
    _print_phrases(found)
    _print_where_more_is(found)


def _print_untested(found: PersonaDiff) -> None:
    """What had too little text, by reason, and only a few by name."""
    from persona_vault.wording import verdict_label
    from persona_vault.wording.too_little import untested_sentences

    missing = _headline(found, RowVerdict.NOT_ENOUGH_DATA)
    if missing:
        print_text(f"\n{verdict_label(RowVerdict.NOT_ENOUGH_DATA)} ({LISTED_IN_JSON})")
    for sentence in untested_sentences(missing):
        print_text(wrapped(sentence, "  "))


def _print_your_side(found: PersonaDiff) -> None:
    """Whether the user's own messages moved, and how that was allowed for."""
    from persona_vault.wording import user_side_sentence, your_side_notes

    said = [user_side_sentence(found.user_changes, found.user_side_auc)]
    print_text("\nYour side of the talk")
    print_text(wrapped(" ".join([*said, *your_side_notes(found)]), "  "))


def _print_around(found: PersonaDiff) -> None:
    """What else happened near the date, and whether the prompt changed."""
    from persona_vault.wording import notes
    from persona_vault.wording.prompt import TITLE, prompt_sentences

    if found.coincides_with:
        print_text("")
        print_text(wrapped(notes.events_sentence(found.coincides_with)))
    said = prompt_sentences(found.prompt)
    if said:
        print_text(f"\n{TITLE}")
        print_text(wrapped(" ".join(said), "  "))


def _print_mixture(found: PersonaDiff) -> None:
    """Two kinds of replies, and where to read them."""
    from persona_vault.wording import mixture

    said = mixture.mixture_sentences(found.mixture)
    known = found.mixture or {}
    if said or known.get("duplicates"):
        print_text(f"\n{mixture.TITLE}")
    if said:
        where = mixture.to_read(known.get("message_ids", ()))
        print_text(wrapped(" ".join(s for s in (*said, where) if s), "  "))
    for entry in known.get("duplicates", ()):
        where = mixture.to_read(entry["message_ids"][:3])
        line = f"A reply that comes back: {mixture.duplicate_sentence(entry)} {where}"
        print_text(wrapped(line, "  "))


def _print_phrases(found: PersonaDiff) -> None:
    """Hints in words: what came, went, changed its rate, and what you said first."""
    from persona_vault.wording import phrases

    novelty = phrases.novelty_sentence(found.phrases.get("novelty", {}))
    listed = [k for k in phrases.TITLES if found.phrases.get(k)]
    if not listed and (not novelty or found.verdict is Verdict.NOT_ENOUGH_DATA):
        return
    print_text("\nPhrases")
    print_text(wrapped(phrases.LEAD, "  "))
    print_text(wrapped(novelty, "  "))
    if not listed:
        print_text(wrapped(phrases.NONE_FOUND, "  "))
    for kind in listed:
        print_text(f"\n  {phrases.TITLES[kind]}")
        for entry in found.phrases[kind][: phrases.MOST_SHOWN]:
            seen = phrases.phrase_sentence(entry, kind)
            print_text(wrapped(f"“{one_line(entry['text'])}”: {seen}", "    "))


def _print_where_more_is(found: PersonaDiff) -> None:
    """What of this comparison only the report shows."""
    from persona_vault.wording.numbers import listed

    there = {
        "the replies behind a measure": any(row.evidence for row in found.changes),
        "continuity": found.continuity is not None,
        "what was told and asked again": bool(found.facts),
    }
    more = [what for what, is_there in there.items() if is_there]
    if more:
        said = (
            f"`persona-vault report` with the same options also shows {listed(more)}."
        )
        print_text("")
        print_text(wrapped(said))


def _headline(found: PersonaDiff, verdict: RowVerdict) -> list[Change]:
    return [c for c in found.changes if c.verdict is verdict and c.headline]


def _line(row: Change) -> str:
    from persona_vault.wording import row_title, smallest_size

    size = smallest_size(row)
    text = f"{row_title(row)}: {size or NO_SIZE}"
    return wrapped(text[:1].upper() + text[1:], "  ")
