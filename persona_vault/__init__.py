"""An archive of talks with an AI companion, and an instrument for change.

The public names below are loaded when they are first used: importing the package
loads neither a database driver nor a model.
"""

from typing import TYPE_CHECKING

from persona_vault.late import loader

if TYPE_CHECKING:
    from persona_vault.comparison import compare_periods
    from persona_vault.diff import (
        around_date,
        diff_periods,
        diff_snapshots,
        find_change_points,
    )
    from persona_vault.errors import VaultError
    from persona_vault.evidence import add_evidence
    from persona_vault.findings import Changes, PersonaDiff
    from persona_vault.ingest import ImportReport, import_file
    from persona_vault.kits import ExportReport, export_talk
    from persona_vault.model import Period, ReadOptions, Role
    from persona_vault.reports import render_report
    from persona_vault.search import (
        EmbedReport,
        embed_messages,
        find_similar,
        find_topics,
        search_messages,
    )
    from persona_vault.snapshot import (
        Snapshot,
        read_snapshot,
        take_snapshot,
        write_snapshot,
    )
    from persona_vault.store.vault import Vault, open_vault

__version__ = "0.1.0"

__all__ = [
    "Changes",
    "EmbedReport",
    "ExportReport",
    "ImportReport",
    "Period",
    "PersonaDiff",
    "ReadOptions",
    "Role",
    "Snapshot",
    "Vault",
    "VaultError",
    "add_evidence",
    "around_date",
    "compare_periods",
    "diff_periods",
    "diff_snapshots",
    "embed_messages",
    "export_talk",
    "find_change_points",
    "find_similar",
    "find_topics",
    "import_file",
    "open_vault",
    "read_snapshot",
    "render_report",
    "search_messages",
    "take_snapshot",
    "write_snapshot",
]

_ROOMS = {
    "comparison": ("compare_periods",),
    "diff": ("around_date", "diff_periods", "diff_snapshots", "find_change_points"),
    "errors": ("VaultError",),
    "evidence": ("add_evidence",),
    "findings": ("Changes", "PersonaDiff"),
    "ingest": ("ImportReport", "import_file"),
    "kits": ("ExportReport", "export_talk"),
    "model": ("Period", "ReadOptions", "Role"),
    "reports": ("render_report",),
    "search": (
        "EmbedReport",
        "embed_messages",
        "find_similar",
        "find_topics",
        "search_messages",
    ),
    "snapshot": ("Snapshot", "read_snapshot", "take_snapshot", "write_snapshot"),
    "store.vault": ("Vault", "open_vault"),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}


__getattr__ = loader(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
