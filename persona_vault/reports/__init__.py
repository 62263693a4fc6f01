"""Reports: a comparison in, a text out."""

from persona_vault.reports.json_ import dump_diff
from persona_vault.reports.registry import render_report, report_formats

__all__ = ["dump_diff", "render_report", "report_formats"]
