"""Every row against the hash that was written with it, and the hashes themselves."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from persona_vault.store.hashing import (
    TABLES,
    Block,
    HashedTable,
    row_digest,
    unseal,
)
from persona_vault.store.verify.damage import (
    HASHES,
    Damage,
    Reader,
    UnreadableError,
    first_ids,
    placed,
)

# Vectors can be computed again.
_DERIVED = frozenset({"vector"})


def check_rows(
    reader: Reader, *, progress: Callable[[int, int], None] | None = None
) -> Iterator[Damage]:
    """Compare rows and hashes, table by table.

    Args:
        reader: On the vault.
        progress: Called after each table with tables done and tables in all.
    """
    for done, table in enumerate(TABLES.values(), start=1):
        yield from _check_table(reader, table)
        if progress is not None:
            progress(done, len(TABLES))


def _check_table(reader: Reader, table: HashedTable) -> Iterator[Damage]:
    try:
        kept = dict(
            reader.rows(
                "SELECT block, digests FROM row_hash WHERE table_name = ?",
                (table.name,),
            )
        )
        there = reader.rows(f"SELECT DISTINCT {table.block} FROM {table.name}")  # noqa: S608
    except UnreadableError:
        yield Damage(level=HASHES, kind="unreadable", table=table.name, n=1)
        return
    found = _Found(reader, table)
    for block in sorted({*kept, *(row[0] for row in there)}, key=_order):
        found.compare(block, kept.get(block))
    yield from found.damages()


def _order(block: object) -> tuple[str, Any]:
    return type(block).__name__, block


class _Found:
    """What is wrong with the rows of one table."""

    def __init__(self, reader: Reader, table: HashedTable) -> None:
        self._reader = reader
        self._table = table
        self._counts: Counter[str] = Counter()
        self._ids: dict[str, list[object]] = {}

    def compare(self, block: Block, sealed: object) -> None:
        """Compare a block of rows with its hashes."""
        if not isinstance(block, int | bytes):
            self._note("unreadable", [None])
            return
        digests = unseal(self._table.name, block, sealed)
        try:
            rows = self._reader.rows(self._table.rows, self._table.bounds(block))
        except UnreadableError:
            self._compare_one_by_one(block, digests or [])
            return
        if digests is None:
            # The hashes are gone or damaged: of these rows nothing is known.
            self._note("hash_damaged", [key for key, _ in rows] or [None])
            return
        self._compare_rows(rows, digests)

    def _compare_rows(self, rows: Sequence[Any], digests: Sequence[bytes]) -> None:
        found = [row_digest(data) for _, data in rows]
        if len(found) == len(digests):
            pairs = zip(rows, found, digests, strict=True)
            self._note("changed", [row[0] for row, is_, was in pairs if is_ != was])
            return
        left = Counter(digests)
        strange = []
        for row, digest in zip(rows, found, strict=True):
            if left[digest]:
                left[digest] -= 1
            else:
                strange.append(row[0])
        self._note("changed", strange)
        self._note("lost", [None] * max(len(digests) - len(rows), 0))

    def _compare_one_by_one(self, block: Block, digests: Sequence[bytes]) -> None:
        """Of rows that cannot be read together: which can be, and are as written."""
        start, stop = self._table.bounds(block)
        numbers = range(0)
        if isinstance(start, int) and isinstance(stop, int):
            numbers = range(start, stop)
        left = Counter(digests)
        unreadable: list[object] = []
        n_there = 0
        for key in numbers:
            try:
                rows = self._reader.rows(self._table.rows, (key, key + 1))
            except UnreadableError:
                unreadable.append(key)
                continue
            n_there += len(rows)
            left.subtract(row_digest(data) for _, data in rows)
            if digests and any(left[row_digest(data)] < 0 for _, data in rows):
                self._note("changed", [key])
        n_gone = max(len(digests) - n_there, 1)
        self._counts["unreadable"] += n_gone
        # A number that was never given lies on an unreadable page just as well.
        self._ids.setdefault("unreadable", []).extend(unreadable[:n_gone])

    def _note(self, kind: str, keys: Sequence[object]) -> None:
        if keys:
            self._counts[kind] += len(keys)
            self._ids.setdefault(kind, []).extend(keys)

    def damages(self) -> Iterator[Damage]:
        """One for each kind that was found."""
        for kind, n in self._counts.items():
            ids = first_ids(self._ids[kind])
            where = (
                {}
                if kind == "hash_damaged"
                else placed(self._reader, self._table.name, ids)
            )
            yield Damage(
                level=HASHES,
                kind=kind,
                table=self._table.name,
                n=n,
                ids=ids,
                rebuildable=kind == "hash_damaged"
                or (self._table.name in _DERIVED and kind != "unreadable"),
                **where,
            )
