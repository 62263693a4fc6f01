"""The report as Markdown: the order and the sentences of the page, no charts.

Words of a chat stand in fenced blocks, foreign names in code spans: nothing inside
those can become markup, a link or HTML.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from persona_vault import __version__
from persona_vault.findings import FORMAT_VERSION, Change, PersonaDiff, Quote
from persona_vault.reports import passages
from persona_vault.reports.charts import filled
from persona_vault.reports.inert import inert
from persona_vault.reports.page import (
    N_ISSUES,
    Page,
    SourceRead,
    arrange,
    facts,
    flat,
    mixture_numbers,
    phrases,
    replies_that_come_back,
    replies_to_read,
    sources,
)
from persona_vault.wording import (
    families,
    mixture,
    notes,
    numbers,
    overall,
    rows,
    sensitivity,
    too_little,
)
from persona_vault.wording.memory import known_facts_sentence
from persona_vault.wording.phrases import LEAD, NONE_FOUND, novelty_sentence
from persona_vault.wording.prompt import TITLE, prompt_lines

_ACTIVE = re.compile(r"[\\`*_\[\]<>#&|~!]")
_LONGEST_FENCE = re.compile("`+")


def code_span(text: str) -> str:
    """Foreign text on one line, shown as it is."""
    line = " ".join(inert(text).split()) or "(empty)"
    ticks = "`" * (_longest(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    # In a table a bar parts cells even inside a code span; there are no tables here.
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fenced(text: str) -> str:
    """Foreign text of any length, line for line as it is."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}text\n{inert(text)}\n{fence}"


def _longest(text: str) -> int:
    return max((len(run) for run in _LONGEST_FENCE.findall(text)), default=0)


def plain_line(text: str) -> str:
    """A sentence of ours on one line, with nothing in it that Markdown acts on."""
    line = _ACTIVE.sub(lambda found: "\\" + found[0], " ".join(inert(text).split()))
    return re.sub(r"^([-+=]|\d+(?=[.)]))", r"\\\1", line)


def bullets(lines: Iterable[str]) -> str:
    """A list; the lines are Markdown already."""
    return "\n".join(f"- {line}" for line in lines)


class MarkdownReport:
    """A text to keep beside other notes."""

    name = "md"
    suffix = ".md"

    def render(self, diff: PersonaDiff) -> str:
        """The whole report; quotes stand in fenced blocks, verbatim."""
        page = arrange(diff)
        parts = [*_head(diff)]
        bodies = {
            "read": _read(diff),
            "answer": _answer(diff),
            "time": _time(page),
            "changed": _changed(page),
            "steady": _steady(page),
            "yours": _yours(page),
            "untold": _untold(page),
            "keep": _keep(),
            "method": _method(diff),
        }
        for key, title in passages.SECTIONS.items():
            parts += [f"## {title}", *bodies[key]]
        parts += ["---", plain_line(passages.FOOTER)]
        return "\n\n".join(part for part in parts if part) + "\n"


def _head(diff: PersonaDiff) -> list[str]:
    return [
        f"# {passages.TITLE}",
        f"Messages of {code_span(diff.persona)}",
        *(plain_line(sentence) for sentence in overall.period_sentences(diff)),
        plain_line(passages.HEAD),
    ]


def _read(diff: PersonaDiff) -> list[str]:
    ledgers = sources(diff)
    parts = [_ledger(s) for s in ledgers] or [plain_line(passages.NO_SOURCES)]
    parts.append("### Messages that were read but not measured")
    left_out = [
        plain_line(f"{numbers.count(n, 'message')}: {notes.excluded_label(reason)}")
        for reason, n in diff.excluded.items()
    ]
    parts.append(bullets(left_out) or "None were set aside.")
    return parts


def _ledger(source: SourceRead) -> str:
    lines = [
        f"{code_span(source.name)}, read as {code_span(source.read_by)}: "
        f"{numbers.count(source.n_read, 'record')} read = {source.n_added:,} kept + "
        f"{source.n_duplicate:,} already there + {source.n_revised:,} newer wording + "
        f"{source.n_ignored:,} left out + {source.n_issues:,} not readable"
    ]
    lines += [f"  {code_span(warning)}" for warning in source.warnings]
    lines += [
        f"  {numbers.count(n, 'record')} left out: {code_span(reason)}"
        for reason, n in source.ignored.items()
    ]
    lines += [
        f"  not readable: {code_span(str(issue.get('where', '')))} "
        f"({code_span(str(issue.get('reason', '')))})"
        for issue in source.issues[:N_ISSUES]
    ]
    if len(source.issues) > N_ISSUES:
        lines.append(f"  and {len(source.issues) - N_ISSUES} more, listed in the vault")
    return "\n".join(
        f"  - {line.strip()}" if line.startswith("  ") else f"- {line}"
        for line in lines
    )


def _answer(diff: PersonaDiff) -> list[str]:
    return [
        f"**{plain_line(overall.overall_label(diff.verdict))}**",
        plain_line(diff.summary),
        plain_line(overall.certainty_sentence(diff.verdict)),
        plain_line(too_little.needed_sentence(diff)),
        plain_line(overall.coverage_sentence(diff)),
        plain_line(
            overall.continuity_sentence(
                diff.continuity, diff.method.get("continuity_withheld")
            )
        ),
    ]


def _time(page: Page) -> list[str]:
    points = filled(page.diff.timeline)
    parts = [
        plain_line(notes.timeline_sentence(points) if points else passages.NO_TIMELINE)
    ]
    if page.events:
        listed = bullets(_event(event) for event in page.events)
        parts += [plain_line(notes.events_sentence(page.events)), listed]
    else:
        parts.append(plain_line(passages.NO_EVENTS))
    said = prompt_lines(page.diff)
    if said:
        parts += [f"### {TITLE}", bullets(plain_line(line) for line in said)]
    return parts


def _event(event: Mapping[str, Any]) -> str:
    title = str(event.get("title") or notes.event_kind(event))
    about = plain_line(f"({notes.event_kind(event)}; {notes.event_source(event)})")
    return f"{notes.event_date(event)}: {code_span(title)} {about}"


def _changed(page: Page) -> list[str]:
    parts: list[str] = []
    if not page.findings:
        parts.append(plain_line(passages.NOTHING_CHANGED))
    else:
        parts += [
            "### Could this be something else?",
            plain_line(notes.always_something_else(page.events)),
        ]
    for change in page.findings:
        parts += _finding(page, change)
    if page.more_findings:
        parts += ["### Further measures that changed", _rows(page.more_findings)]
    parts.append(plain_line(families.families_sentence(page.diff)))
    parts += _mixture(page.diff) + _phrases(page.diff) + _facts(page.diff)
    return parts


def _finding(page: Page, change: Change) -> list[str]:
    is_mix = change.delta.kind == "distance"
    weighed = notes.something_else(change, page.user_row(change), page.diff.pauses)
    weighed += sensitivity.dates_sentences(change)
    return [
        f"### {_heading(change)}",
        plain_line(sensitivity.full_sentence(change, titled=False)),
        "" if is_mix else plain_line(notes.bars_sentence(change)),
        plain_line(notes.seen_sentence(change)),
        "Could this be something else?" if weighed else "",
        bullets(plain_line(sentence) for sentence in weighed),
        *_evidence(change),
        "How we know:",
        bullets(
            plain_line(sentence)
            for sentence in (
                change.definition,
                notes.chance_sentence(change),
                notes.wobble_sentence(change),
                sensitivity.visible_sentence(change),
            )
            if sentence
        ),
    ]


def _heading(change: Change) -> str:
    label = rows.row_label(change)
    return plain_line(f"{numbers.capital(change.title)} ({label})")


def _evidence(change: Change) -> list[str]:
    parts = [plain_line(passages.QUOTES_LEAD)] if change.evidence else []
    for pair in change.evidence:
        parts += _quote(pair.before, "Before") + _quote(pair.after, "After")
    against = notes.share_against_sentence(change)
    if against and parts:
        parts.append(plain_line(against))
    if change.counter_example:
        parts.append(plain_line(passages.COUNTER_LEAD))
        parts += _quote(change.counter_example, "Other way")
    return parts


def _quote(quote: Quote | None, when: str) -> list[str]:
    if quote is None:
        return []
    at = f", {numbers.date_words(quote.sent_at)}" if quote.sent_at else ""
    return [f"{when}{at}, message {quote.message_id}:", fenced(quote.text)]


def _mixture(diff: PersonaDiff) -> list[str]:
    """Two kinds of replies, and replies that come back."""
    said, again = mixture.mixture_sentences(diff.mixture), replies_that_come_back(diff)
    if not said and not again:
        return []
    parts = [f"### {mixture.TITLE}", *map(plain_line, said)]
    quotes = replies_to_read(diff)
    parts += [plain_line(mixture.REPLIES_LEAD)] if quotes else []
    for quote in quotes:
        parts += _quote(quote, "Reply")
    parts += [plain_line(mixture.DUPLICATES_LEAD)] if again else []
    for example, where in again:
        parts += [plain_line(where), fenced(example.text) if example else ""]
    return parts


def _phrases(diff: PersonaDiff) -> list[str]:
    found = phrases(diff)
    novelty = novelty_sentence(diff.phrases.get("novelty", {}))
    if not found and not novelty:
        return []
    parts = [f"### {passages.PHRASES_HEAD}", plain_line(LEAD), plain_line(novelty)]
    if not found:
        parts.append(plain_line(NONE_FOUND))
    for title, texts in found:
        listed = (f"{code_span(text)}: {plain_line(seen)}" for text, seen in texts)
        parts += [f"{title}:", bullets(listed)]
    return parts


def _facts(diff: PersonaDiff) -> list[str]:
    found, known = facts(diff), known_facts_sentence(diff.method)
    if not found:
        return [plain_line(known)] if known else []
    return [
        "### Facts, as the replies state them",
        plain_line(known),
        bullets(
            f"{code_span(slot)}: before {code_span(before)}, after {code_span(after)} "
            f"({plain_line(kind)})"
            for slot, before, after, kind in found
        ),
    ]


def _rows(changes: Sequence[Change], *, side: str = "persona") -> str:
    return bullets(plain_line(sensitivity.full_sentence(c, side=side)) for c in changes)


def _short(changes: Sequence[Change], *, side: str = "persona") -> str:
    said = too_little.untested_sentences(changes, side=side)
    return bullets(plain_line(sentence) for sentence in said)


def _steady(page: Page) -> list[str]:
    if not page.steady:
        return [plain_line(passages.NOTHING_STEADY)]
    return [plain_line(passages.STEADY_LEAD), _rows(page.steady)]


def _yours(page: Page) -> list[str]:
    diff = page.diff
    said = overall.user_side_sentence(diff.user_changes, diff.user_side_auc)
    parts = [plain_line(said), *map(plain_line, overall.your_side_notes(diff))]
    if page.user_moved:
        parts += [
            plain_line(passages.USER_LEAD),
            _rows(page.user_moved, side="user"),
        ]
    if page.user_still:
        parts += [
            "The other measures of your side:",
            _short(page.user_still, side="user")
            if page.is_brief
            else _rows(page.user_still, side="user"),
        ]
    if page.together:
        parts += [f"### {passages.TOGETHER_LEAD}", _rows(page.together)]
        for change in page.together:
            quotes = _evidence(change)
            title = plain_line(numbers.capital(change.title))
            parts += [f"#### {title}", *quotes] if quotes else []
    return parts


def _untold(page: Page) -> list[str]:
    untold = page.untold + page.untestable
    return [
        (_short(untold) if page.is_brief else _rows(untold))
        or plain_line(passages.NOTHING_UNTOLD),
        "### What this report cannot tell you",
        bullets(plain_line(sentence) for sentence in passages.LIMITS),
    ]


def _keep() -> list[str]:
    commands = (f"{word}: `{command}` {does}." for word, command, does in passages.KEEP)
    return [bullets(commands), passages.KEEP_LEAD]


def _method(diff: PersonaDiff) -> list[str]:
    parts = [
        f"Made by persona\\_vault {__version__}, comparison format {FORMAT_VERSION}. "
        "The same files and settings give the same numbers.",
        plain_line(overall.drift_sentence(diff.drift_multiple)),
    ]
    for title, mapping in (
        ("Settings and rules", diff.method),
        ("Languages", diff.languages),
        (families.TITLE, families.families_table(diff)),
        ("Two kinds of replies", mixture_numbers(diff)),
        (
            "Fingerprints (SHA-256) of the files that were read",
            {s.name: s.sha256 for s in sources(diff)},
        ),
    ):
        if mapping:
            table = (f"{code_span(k)}: {code_span(v)}" for k, v in flat(mapping))
            parts += [f"### {title}", bullets(table)]
    words = (f"**{word}**: {plain_line(text)}" for word, text in passages.GLOSSARY)
    return [*parts, "### Words used here", bullets(words)]
