"""The report formats there are, and the one function that renders them."""

from persona_vault.errors import UsageError
from persona_vault.findings import PersonaDiff
from persona_vault.reports.base import Report
from persona_vault.reports.html import HtmlReport
from persona_vault.reports.json_ import JsonReport
from persona_vault.reports.markdown import MarkdownReport
from persona_vault.reports.page import without_quotes

_FORMATS: tuple[Report, ...] = (HtmlReport(), MarkdownReport(), JsonReport())


def report_formats() -> dict[str, Report]:
    """Formats by the name that `--format` takes."""
    return {report.name: report for report in _FORMATS}


def render_report(
    diff: PersonaDiff, *, format: str = "html", quotes: bool = True
) -> str:
    """The report as one text; writes no file.

    Args:
        diff: The comparison.
        format: A name of `report_formats()`.
        quotes: Without them no words of the talk are in it: no quotes, no phrases,
            no facts.

    Raises:
        UsageError: There is no such format.
    """
    formats = report_formats()
    if format not in formats:
        names = ", ".join(formats)
        raise UsageError(
            f'There is no report format "{format}".', hint=f"Choose one of {names}."
        )
    return formats[format].render(diff if quotes else without_quotes(diff))
