"""The report as one self-contained page: no script, nothing fetched from elsewhere."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from persona_vault import __version__
from persona_vault.findings import FORMAT_VERSION, PersonaDiff
from persona_vault.reports import charts, inert, page, passages
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
from persona_vault.wording import phrases as phrase_words
from persona_vault.wording.memory import known_facts_sentence
from persona_vault.wording.prompt import TITLE, prompt_lines


def _harmless(value: object) -> object:
    """Every value on its way to the page; escaping follows, done by the template."""
    return value if isinstance(value, Markup) else inert.inert(str(value))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("persona_vault.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        passages=passages,
        phrase_words=phrase_words,
        charts=charts,
        families=families,
        mixture=mixture,
        notes=notes,
        numbers=numbers,
        overall=overall,
        prompt_lines=prompt_lines,
        prompt_title=TITLE,
        rows=rows,
        sensitivity=sensitivity,
        too_little=too_little,
        pieces=inert.pieces,
        flat=page.flat,
        n_issues=page.N_ISSUES,
    )
    return environment


class HtmlReport:
    """A page to read, print and keep."""

    name = "html"
    suffix = ".html"

    def render(self, diff: PersonaDiff) -> str:
        """The whole page; every word of a chat is text in it, never markup."""
        view = page.arrange(diff)
        context: Mapping[str, Any] = {
            "diff": diff,
            "page": view,
            "sources": page.sources(diff),
            "mixture_said": mixture.mixture_sentences(diff.mixture),
            "mixture_numbers": page.mixture_numbers(diff),
            "replies_to_read": page.replies_to_read(diff),
            "come_back": page.replies_that_come_back(diff),
            "phrases": page.phrases(diff),
            "novelty": phrase_words.novelty_sentence(diff.phrases.get("novelty", {})),
            "facts": page.facts(diff),
            "facts_known": known_facts_sentence(diff.method),
            "timeline": charts.timeline(diff, view.events),
            "version": __version__,
            "format_version": FORMAT_VERSION,
        }
        return _environment().get_template("report.html.j2").render(context)
