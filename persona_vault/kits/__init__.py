"""Kits: what leaves the vault for another place, one module for each format."""

from persona_vault.kits.base import ExportReport
from persona_vault.kits.registry import export_formats, export_talk

__all__ = ["ExportReport", "export_formats", "export_talk"]
