"""Kept messages against their vendor's own records: the last level of `verify`."""

from collections.abc import Callable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from persona_vault.errors import VaultDamagedError
from persona_vault.ingest.rereading import differing_records
from persona_vault.store.cells import ROTTEN
from persona_vault.store.vault import Vault
from persona_vault.store.verify import CONTENT, Damage

_MOST_IDS = 100


def check_records(
    vault: Vault, *, progress: Callable[[int, int], None] | None = None
) -> Iterator[Damage]:
    """Messages and persona inputs that are gone or do not say what their records say.

    A source that another version of its reader has read is passed over: `reimport`
    is what it needs.

    Args:
        vault: Open; it is not changed.
        progress: Called after each source with sources done and sources in all.
    """
    try:
        with vault.read() as connection:
            rows = connection.exec_driver_sql("SELECT id FROM source ORDER BY id")
            sources = [row[0] for row in rows]
    except VaultDamagedError:
        return  # the levels before this one have met it
    for done, source_id in enumerate(sources, start=1):
        yield from _check_source(vault, source_id)
        if progress is not None:
            progress(done, len(sources))


def _check_source(vault: Vault, source_id: int) -> Iterator[Damage]:
    ids: dict[tuple[str, str], list[int]] = {}
    try:
        for kind, table, row_id in differing_records(vault, source_id):
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
