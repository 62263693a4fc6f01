"""One file in, one ledger out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from persona_vault.errors import InputRejectedError
from persona_vault.findings import plain
from persona_vault.importers.base import Importer
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.ingest.arrival import Arrivals
from persona_vault.ingest.choice import NOT_CHOSEN, Choice
from persona_vault.ingest.identity import load_zone
from persona_vault.ingest.inputs import InputArrivals
from persona_vault.ingest.ledger import ImportReport, Ledger
from persona_vault.ingest.settle import Settlement
from persona_vault.ingest.wording import Told, write_warnings
from persona_vault.model import (
    Ignored,
    Message,
    PersonaInput,
    ReadOptions,
    SourceFact,
    TimeQuality,
)
from persona_vault.store.clock import from_micros, now_micros
from persona_vault.store.personas import ensure_persona, find_persona
from persona_vault.store.vault import Vault

Progress = Callable[[int], None]

_STEP = 1_000
_AS_READ = ReadOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What was asked for: one file into one vault."""

    source: Source
    sha256: str
    reader: Importer
    options: ReadOptions
    persona: str | None
    app: str
    zone: ZoneInfo | None
    only: tuple[str, ...]
    except_: tuple[str, ...]
    dry_run: bool
    progress: Progress | None


def import_file(  # noqa: PLR0913 - what a user can say about a file
    vault: Vault,
    path: Path | str,
    *,
    persona: str | None = None,
    importer: str | None = None,
    app: str | None = None,
    timezone: str | None = None,
    options: ReadOptions = _AS_READ,
    only: Sequence[str] = (),
    except_: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Read an export into the vault, in one transaction: all of it or nothing.

    Args:
        vault: An open vault.
        path: A file, a zip archive or a folder.
        persona: The companion, who is made if new; None = the only one there is.
        importer: Name of the format; None = known by its content.
        app: The app whose talk it is; None = what the importer says.
        timezone: IANA zone of wall times in the file; None = the vault's zone.
        options: What the user knows and the file does not say.
        only: Conversations to take: ids, group ids or names, title patterns (`*`,
            `?`); empty = all.
        except_: Conversations to leave out, in the same words.
        dry_run: Do everything, then undo it.
        progress: Called now and then with the number of records read.

    Raises:
        InputRejectedError: The file cannot be read, or holds no message.
        UnknownPersonaError: No companion was named and there is not exactly one.
        UsageError: The zone, the format or the name does not exist.
    """
    zone = load_zone(vault.zone if timezone is None else timezone)
    with Source.open(Path(path)) as source:
        reader = find_importer(source, options, importer)
        order = _Order(
            source=source,
            sha256=source.sha256(),
            reader=reader,
            options=options,
            persona=persona,
            app=reader.app if app is None else app,
            zone=zone,
            only=tuple(only),
            except_=tuple(except_),
            dry_run=dry_run,
            progress=progress,
        )
        try:
            return _bring(vault, order)
        except _TimesAreEqualError:
            return _bring(vault, order, equal_times=True)


class _TimesAreEqualError(Exception):
    """Read to its end, the source turned out to bear one time on nearly everything."""


def _bring(vault: Vault, order: _Order, *, equal_times: bool = False) -> ImportReport:
    with vault.write() as connection:
        report = _Import(order, connection, equal_times=equal_times).run()
        if order.dry_run:
            connection.rollback()
    return report


class _Import:
    """One source on its way into the vault, inside the transaction."""

    def __init__(
        self, order: _Order, connection: Connection, *, equal_times: bool
    ) -> None:
        self._order = order
        self._connection = connection
        self._choice = Choice(order.only, order.except_)
        self._ledger = Ledger()
        self._equal_times = equal_times

    def run(self) -> ImportReport:
        order, connection = self._order, self._connection
        if order.persona is None:
            found = find_persona(connection, None)
            self._persona_id, self._persona = found.id, found.name
        else:
            self._persona = order.persona
            self._persona_id = ensure_persona(connection, order.persona)
        self._known_source = self._find_known()
        self._source_id = self._open_source()
        arrivals, inputs = self._read()
        if self._ledger.times_are_equal:
            raise _TimesAreEqualError
        self._require_something()
        settlement = Settlement(
            arrivals, last_at=self._ledger.last, known_source_id=self._known_source
        )
        settlement.run()
        return self._close_source(arrivals, inputs, settlement)

    def _find_known(self) -> int | None:
        """The row of this very file, if the same reader has read it before."""
        order = self._order
        found = self._connection.exec_driver_sql(
            "SELECT min(id) FROM source WHERE persona_id = ? AND app = ?"
            " AND sha256 = ? AND importer = ? AND importer_version = ?",
            (
                self._persona_id,
                order.app,
                order.sha256,
                order.reader.name,
                order.reader.version,
            ),
        ).scalar()
        return None if found is None else int(found)

    def _open_source(self) -> int:
        order = self._order
        manifest = {} if order.source.kind == "file" else order.source.manifest()
        self._now = now_micros()
        made = self._connection.exec_driver_sql(
            "INSERT INTO source (persona_id, name, sha256, n_bytes, importer,"
            " importer_version, app, imported_at, zone, manifest, ledger)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, '{}')",
            (
                self._persona_id,
                order.source.name,
                order.sha256,
                order.source.n_bytes(),
                order.reader.name,
                order.reader.version,
                order.app,
                self._now,
                json.dumps(manifest, ensure_ascii=False),
            ),
        )
        return int(made.lastrowid)

    def _read(self) -> tuple[Arrivals, InputArrivals]:
        """Every record of the source, counted and written."""
        order, ledger = self._order, self._ledger
        arrivals = Arrivals(
            self._connection,
            source_id=self._source_id,
            persona_id=self._persona_id,
            app=order.app,
            zone=order.zone,
            seen_at=self._now,
        )
        inputs = InputArrivals(
            self._connection,
            source_id=self._source_id,
            persona_id=self._persona_id,
        )
        for record in order.reader.read(order.source, order.options):
            if isinstance(record, Message):
                self._take(record, arrivals)
            elif isinstance(record, PersonaInput):
                ledger.note_input()
                inputs.add(record)
            elif isinstance(record, SourceFact):
                ledger.note_fact(record)
            else:
                ledger.note_left_out(record)
            if order.progress is not None and ledger.n_read % _STEP == 0:
                order.progress(ledger.n_read)
        arrivals.flush()
        if order.progress is not None:
            order.progress(ledger.n_read)
        return arrivals, inputs

    def _take(self, message: Message, arrivals: Arrivals) -> None:
        if not self._choice.takes(message.conversation):
            self._ledger.note_left_out(Ignored(NOT_CHOSEN, message.where))
            return
        if self._equal_times:
            message = replace(
                message, sent_at=None, local_at=None, time_quality=TimeQuality.NONE
            )
        self._ledger.note_message(message)
        self._ledger.note_time(arrivals.add(message))

    def _require_something(self) -> None:
        ledger, name = self._ledger, self._order.source.name
        n_left = ledger.ignored[NOT_CHOSEN]
        if ledger.n_messages or (ledger.n_inputs and not n_left):
            return
        if n_left:
            raise InputRejectedError(
                f"None of the conversations in {name} was chosen.",
                hint="See what it holds with `persona-vault import --list`.",
            )
        raise InputRejectedError(
            f"{name} was read as {self._order.reader.name} and holds no message"
            f" (records: {ledger.n_read}, not readable: {ledger.n_issues}).",
            hint="If it is another format, name it with --format.",
        )

    def _close_source(
        self, arrivals: Arrivals, inputs: InputArrivals, settlement: Settlement
    ) -> ImportReport:
        """Write the ledger; a file that was there and brought nothing leaves no row."""
        order, ledger = self._order, self._ledger
        n_revised = settlement.n_revised + inputs.n_revised
        n_added = arrivals.n_added + inputs.n_added
        again = self._known_source is not None and not n_added and not n_revised
        skipped: dict[str, int] = {}
        for _, reason in order.source.skipped_members():
            skipped[reason] = skipped.get(reason, 0) + 1
        report = ImportReport(
            source={
                "name": order.source.name,
                "sha256": order.sha256,
                "importer": order.reader.name,
                "importer_version": order.reader.version,
            },
            source_id=None if order.dry_run or again else self._source_id,
            persona=self._persona,
            app=order.app,
            dry_run=order.dry_run,
            n_read=ledger.n_read,
            n_added=n_added,
            n_duplicate=arrivals.n_told_again
            - settlement.n_revised
            + inputs.n_duplicate,
            n_revised=n_revised,
            n_ignored=ledger.ignored.total(),
            ignored=dict(ledger.ignored),
            n_issues=ledger.n_issues,
            issues=tuple(ledger.issues),
            n_conversations=len(arrivals.threads),
            n_messages=ledger.n_messages,
            n_messages_added=arrivals.n_added,
            n_hidden=ledger.n_hidden,
            n_persona_inputs=ledger.n_inputs,
            first_at=None if ledger.first is None else from_micros(ledger.first),
            last_at=None if ledger.last is None else from_micros(ledger.last),
            time_quality=dict(ledger.qualities),
            models=dict(ledger.models),
            share_model_observed=ledger.share_model_observed,
            gaps=tuple(ledger.gaps()),
            skipped_files=skipped,
            facts=tuple(plain(fact) for fact in ledger.facts),
            warnings=(),
        )
        told = Told(
            importer=order.reader.name,
            equal_times=self._equal_times,
            n_unmatched=self._choice.n_unmatched,
            n_unjoined=settlement.n_unjoined,
        )
        report = replace(report, warnings=write_warnings(report, ledger, told))
        self._record(report, again=again)
        return report

    def _record(self, report: ImportReport, *, again: bool) -> None:
        if again:
            self._connection.exec_driver_sql(
                "DELETE FROM source WHERE id = ?", (self._source_id,)
            )
            return
        zone = self._order.zone
        has_wall_times = TimeQuality.LOCAL in report.time_quality
        self._connection.exec_driver_sql(
            "UPDATE source SET ledger = ?, zone = ? WHERE id = ?",
            (
                json.dumps(report.to_dict(), ensure_ascii=False),
                zone.key if zone is not None and has_wall_times else None,
                self._source_id,
            ),
        )
