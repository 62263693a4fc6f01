"""Kept messages against their vendor's own records: the last level of `verify`."""

from collections.abc import Callable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from persona_vault.errors import VaultDamagedError
from persona_vault.importers.base import Importer, RereadingImporter, TellingImporter
from persona_vault.ingest.comparing import compared_records
from persona_vault.ingest.rereading import find_reader
from persona_vault.store.cells import ROTTEN
from persona_vault.store.vault import Vault
from persona_vault.store.verify import CONTENT, Damage, NotCompared

_MOST_IDS = 100
_TABLES = ("message", "persona_input")

# Ids of what was compared, by table.
Compared = dict[str, set[int]]


def check_records(
    vault: Vault,
    *,
    progress: Callable[[int, int], None] | None = None,
    compared: Compared | None = None,
) -> Iterator[Damage]:
    """Messages and persona inputs that are gone or do not say what their records say.

    A source that another version of its reader has read is passed over: `reimport`
    is what it needs.

    Args:
        vault: Open; it is not changed.
        progress: Called after each source with sources done and sources in all.
        compared: Is given the ids of what was compared, for `not_compared`.
    """
    try:
        with vault.read() as connection:
            rows = connection.exec_driver_sql("SELECT id FROM source ORDER BY id")
            sources = [row[0] for row in rows]
    except VaultDamagedError:
        return  # the levels before this one have met it
    for done, source_id in enumerate(sources, start=1):
        yield from _check_source(vault, source_id, {} if compared is None else compared)
        if progress is not None:
            progress(done, len(sources))


def _check_source(vault: Vault, source_id: int, compared: Compared) -> Iterator[Damage]:
    ids: dict[tuple[str, str], list[int]] = {}
    try:
        for kind, table, row_id in compared_records(vault, source_id):
            compared.setdefault(table, set()).add(row_id)
            if kind:
                ids.setdefault((kind, table), []).append(row_id)
    except (VaultDamagedError, SQLAlchemyError, *ROTTEN):
        yield Damage(
            level=CONTENT,
            kind="unreadable",
            table="raw_record",
            n=1,
            sources=(source_id,),
        )
    for (kind, table), rows in ids.items():
        yield Damage(
            level=CONTENT,
            kind=kind,
            table=table,
            n=len(rows),
            ids=tuple(rows[:_MOST_IDS]),
            sources=(source_id,),
        )


def not_compared(vault: Vault, compared: Compared) -> list[NotCompared]:
    """Messages and persona inputs that `check_records` could not compare, by app.

    Nothing where the vault is too far damaged to be counted.
    """
    try:
        return _not_compared(vault, compared)
    except (VaultDamagedError, SQLAlchemyError, *ROTTEN):
        return []


def _not_compared(vault: Vault, compared: Compared) -> list[NotCompared]:
    found: dict[tuple[str, str, str], list[int]] = {}
    with vault.read() as connection:
        run = connection.exec_driver_sql
        readers = {
            source_id: (name, version, find_reader(name))
            for source_id, name, version in run(
                "SELECT id, importer, importer_version FROM source"
            )
        }
        for table in _TABLES:
            known = compared.get(table, set())
            rows = run(
                f"SELECT id, source_id, EXISTS (SELECT 1 FROM raw_record"  # noqa: S608
                f" WHERE {table}_id = {table}.id) FROM {table}"
            )
            for row_id, source_id, has_record in rows:
                if row_id in known:
                    continue
                name, version, reader = readers[source_id]
                reason = _why_not(reader, version)
                alone = "record_alone" if has_record else "no_record"
                of = str(name) if reader is None else reader.app or name
                found.setdefault((table, of, reason or alone), []).append(source_id)
    return [
        NotCompared(
            table=table, of=of, n=len(held), reason=reason, sources=_first(held)
        )
        for (table, of, reason), held in found.items()
    ]


def _why_not(reader: Importer | None, version: int) -> str:
    """Why nothing of a source is compared; "" where it is."""
    if reader is None:
        return "no_reader"
    if not isinstance(reader, RereadingImporter | TellingImporter):
        return "whole_file"
    return "" if reader.version == version else "other_version"


def _first(sources: list[int]) -> tuple[int, ...]:
    return tuple(sorted(set(sources))[:_MOST_IDS])
