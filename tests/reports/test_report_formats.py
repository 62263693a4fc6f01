"""The registry, JSON and Markdown."""

import json
import re
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

import pytest
from example import PAIRS, changes, quote, rich_diff, row
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import UsageError
from persona_vault.findings import PersonaDiff, RowVerdict
from persona_vault.reports import dump_diff, passages, render_report, report_formats
from persona_vault.reports.inert import inert, pieces
from persona_vault.reports.markdown import code_span, fenced, plain_line
from persona_vault.reports.page import N_FINDINGS, arrange, without_quotes


def test_formats_are_named_as_the_command_line_names_them() -> None:
    """html, md and json, each with its usual suffix."""
    found = {name: report.suffix for name, report in report_formats().items()}
    assert found == {"html": ".html", "md": ".md", "json": ".json"}


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    """The next step names what there is."""
    with pytest.raises(UsageError) as caught:
        render_report(rich_diff(), format="pdf")
    assert "html, md, json" in caught.value.hint


def test_json_is_the_diff_and_nothing_else() -> None:
    """Reading the JSON gives `to_dict()`; the report and the dump are equal bytes."""
    diff = rich_diff()
    text = render_report(diff, format="json")
    assert text == dump_diff(diff)
    assert json.loads(text) == diff.to_dict()


def test_json_can_be_written_whatever_the_chat_holds() -> None:
    """Control marks, lone surrogates and infinities leave plain ASCII."""
    told = quote(1, "a\x1b[2J\u202eb\ud800")
    diff = rich_diff(
        changes=(row(counter_example=told, effect_size=float("inf"), p=float("nan")),)
    )
    text = dump_diff(diff)
    assert text.isascii()
    assert "\x1b" not in text
    first = json.loads(text)["changes"][0]
    assert first["counter_example"]["text"] == told.text
    assert first["effect_size"] is None


def strings(value: Any) -> list[str]:
    """Every text in a nested value, keys left out."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [s for f in fields(value) for s in strings(getattr(value, f.name))]
    if isinstance(value, dict):
        return [s for v in value.values() for s in strings(v)]
    if isinstance(value, list | tuple):
        return [s for v in value for s in strings(v)]
    return []


def spoken(diff: PersonaDiff) -> list[str]:
    """The words of the talk in a diff: quotes, phrases, facts."""
    words = [
        q.text
        for c in diff.changes
        for q in (
            *(p.before for p in c.evidence),
            *(p.after for p in c.evidence),
            c.counter_example,
        )
        if q
    ]
    kinds = (kind for kind in diff.phrases.values() if isinstance(kind, list))
    return words + [p["text"] for kind in kinds for p in kind]


@pytest.mark.parametrize("name", ["html", "md", "json"])
def test_without_quotes_no_word_of_the_talk_is_left(name: str) -> None:
    """Quotes, phrases and facts are gone in every format; the numbers stay."""
    diff = rich_diff()
    text = render_report(diff, format=name, quotes=False)
    assert [words for words in [*spoken(diff), "Heron"] if words in text] == []
    assert "pet name" in text
    assert strings(without_quotes(diff).phrases) == []


@given(st.lists(st.sampled_from(list(RowVerdict)), max_size=30), st.data())
def test_every_row_stands_in_exactly_one_section(
    verdicts: list[RowVerdict], data: st.DataObject
) -> None:
    """Whatever the verdicts: none lost, none twice, at most eight told at length."""
    rows = tuple(
        row(f"row {i}", verdict=v, headline=data.draw(st.booleans()))
        for i, v in enumerate(verdicts)
    )
    page = arrange(rich_diff(changes=rows))
    told = (
        *page.findings,
        *page.more_findings,
        *page.steady,
        *page.together,
        *page.untold,
        *page.untestable,
    )
    assert sorted(c.title for c in told) == sorted(c.title for c in rows)
    assert len(page.findings) <= N_FINDINGS


def test_rows_fixed_in_advance_come_first() -> None:
    """A hint never pushes a headline row out of the eight."""
    hints = tuple(row(f"hint {i}", headline=False) for i in range(9))
    probable = row("late", verdict=RowVerdict.PROBABLY_CHANGED)
    page = arrange(rich_diff(changes=(*hints, probable)))
    assert page.findings[0].title == "late"


def test_markdown_has_the_sections_in_order() -> None:
    """The nine parts of the page, in the order that was agreed."""
    text = render_report(rich_diff(), format="md")
    titles = re.findall(r"^## (.*)$", text, flags=re.MULTILINE)
    assert titles == list(passages.SECTIONS.values())


def test_markdown_and_page_say_the_same_sentences() -> None:
    """Head, footer, summary and limits are the same in both."""
    diff = rich_diff()
    text = render_report(diff, format="md")
    for sentence in (passages.HEAD, passages.FOOTER, diff.summary, *passages.LIMITS):
        assert plain_line(sentence) in text


HOSTILE = (
    "<script>alert(1)</script>",
    "![x](https://example.invalid/x.png)",
    "[click](javascript:alert(1))",
    "```\n<b>out of the fence</b>\n```",
    "````",
    "`` ` ``",
    "# heading\n- list\n> quote",
    "<https://example.invalid>",
    "https://example.invalid",
    "&lt;b&gt;",
    "a | b",
    "~~~\nx\n~~~",
    "<!-- hidden -->",
    "[ref]: https://example.invalid",
    "*bold* _it_ ~~gone~~",
    "line\r# after a lone return",
    "\\`",
    "</details><img src=x onerror=alert(1)>",
)


def poisoned(text: str) -> PersonaDiff:
    """A diff with hostile words wherever words of others may stand."""
    told = quote(1, text)
    pairs = (replace(PAIRS[0], before=told, after=told),)
    return rich_diff(
        persona=text,
        changes=(
            row(evidence=pairs, counter_example=told, definition=text),
            row(text, verdict=RowVerdict.STEADY, unit=text),
        ),
        summary=text,
        phrases={"new": [{"text": text, "n_blocks": 4}], "lost": [], "user_seeded": []},
        facts=({"slot": text, "before": text, "after": text, "kind": text},),
        coincides_with=({"at": text, "kind": text, "title": text, "source": text},),
        excluded={text: 3},
        languages={"before": {text: 1}},
        mixture={text: text},
        method={text: text, "deep": {text: [text]}},
        read={
            "sources": [
                {
                    "source": {"name": text, "sha256": text, "importer": text},
                    "imported_at": text,
                    "ignored": {text: 1},
                    "issues": [{"where": text, "reason": text}],
                    "warnings": [text],
                }
            ]
        },
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_no_markup_in_markdown(text: str) -> None:
    """A CommonMark reader finds no HTML, link, picture, table or foreign heading."""
    parser = pytest.importorskip(
        "markdown_it", reason="markdown-it-py reads the result"
    ).MarkdownIt("commonmark")
    parser.enable(["table", "strikethrough"])
    tokens = parser.parse(render_report(poisoned(text), format="md"))
    flat = [t for token in tokens for t in (token, *(token.children or ()))]
    kinds = {t.type for t in flat}
    assert kinds.isdisjoint(
        {"html_block", "html_inline", "link_open", "image", "table_open", "em_open"}
        | {"s_open", "blockquote_open", "code_block"}
    )
    told = [t.content for t in flat if t.type == "fence"]
    assert told == [inert(text) + "\n"] * 3
    headings = [t for t in flat if t.type == "heading_open" and t.tag in ("h1", "h2")]
    assert len(headings) == 1 + len(passages.SECTIONS)


@given(st.text())
def test_a_fence_is_longer_than_any_run_inside(text: str) -> None:
    """The words cannot end their own block, and stand in it line for line."""
    opening, *lines, closing = fenced(text).split("\n")
    assert "\n".join(lines) == inert(text)
    assert closing == opening.removesuffix("text")
    assert closing not in inert(text)


@given(st.text())
def test_a_code_span_is_one_line(text: str) -> None:
    """No line break can start a block out of a name."""
    assert len(code_span(text).splitlines()) == 1


@given(st.text(), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40))))
def test_pieces_of_a_quote_are_the_quote(
    text: str, spans: list[tuple[int, int]]
) -> None:
    """Whatever the spans, the words in order are verbatim; only hidden marks differ."""
    told = replace(quote(1, text), spans=tuple(spans))
    parts = pieces(told)
    words = "".join(
        chr(int(p.text[2:], 16)) if p.kind == "hidden" else p.text for p in parts
    )
    assert words == text


def test_hidden_marks_become_visible() -> None:
    """Escape codes and direction overrides are spelled out, joiners stay."""
    assert inert("a\x1b[0m \u202eb \U0001f469\u200d\U0001f680\n") == (
        "a⟨U+001B⟩[0m ⟨U+202E⟩b \U0001f469\u200d\U0001f680\n"
    )


def test_the_example_has_every_verdict() -> None:
    """What the other tests render covers all seven."""
    assert {c.verdict for c in changes()} == set(RowVerdict)
