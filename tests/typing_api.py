"""The public names as a user writes them; checked by mypy, run by test_api."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from persona_vault import (
    EmbedReport,
    ExportReport,
    ImportReport,
    Period,
    PersonaDiff,
    ReadOptions,
    Role,
    Snapshot,
    Vault,
    VaultError,
    around_date,
    diff_periods,
    diff_snapshots,
    embed_messages,
    export_talk,
    import_file,
    open_vault,
    read_snapshot,
    render_report,
    search_messages,
    take_snapshot,
    write_snapshot,
)


def keep(folder: Path, export: Path) -> ImportReport:
    """A new vault with one export in it."""
    with open_vault(folder, create=True) as vault:
        report: ImportReport = import_file(
            vault, export, persona="Juniper", options=ReadOptions(me=("user",))
        )
        embedded: EmbedReport = embed_messages(vault, "hashing")
        if embedded.n_left:
            raise RuntimeError("everything was to be embedded")
    return report


def find(vault: Vault, words: str) -> list[str]:
    """The texts that are found."""
    period = Period(since=datetime(2024, 1, 1, tzinfo=UTC))
    found = search_messages(
        vault, words, k=3, mode="keyword", role=Role.PERSONA, period=period
    )
    return [hit.text for hit in found]


def replies(vault: Vault) -> Iterator[str]:
    """What the companion wrote, in reading order."""
    for message in vault.messages("Juniper", role=Role.PERSONA):
        yield message.text


def compare(vault: Vault, at: datetime, folder: Path) -> tuple[PersonaDiff, str]:
    """The same comparison from two files, and from the vault as a report."""
    before, after = around_date(at, window=None)
    read: list[Snapshot] = []
    for name, period in (("before", before), ("after", after)):
        path = folder / f"{name}.pvs"
        write_snapshot(take_snapshot(vault, "Juniper", period), path)
        read.append(read_snapshot(path))
    from_files: PersonaDiff = diff_snapshots(read[0], read[1], seed=1)
    found = diff_periods(vault, "Juniper", before, after, seed=1)
    return from_files, render_report(found, format="md")


def write_out(vault: Vault, path: Path) -> int:
    """How many messages were written into a file."""
    report: ExportReport = export_talk(vault, path, format="jsonl", persona="Juniper")
    return report.n_messages


def refused(folder: Path) -> str:
    """What a failure says."""
    try:
        with open_vault(folder):
            return ""
    except VaultError as error:
        return f"{error.message} {error.hint} ({error.exit_code})"
