"""One file in, one ledger out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from persona_vault.errors import InputRejectedError
from persona_vault.importers.base import Importer
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.ingest.arrival import Arrivals
from persona_vault.ingest.attachments import AttachmentBytes, member_contents
from persona_vault.ingest.choice import NOT_CHOSEN, Choice
from persona_vault.ingest.closing import Closing
from persona_vault.ingest.identity import load_zone
from persona_vault.ingest.inputs import InputArrivals
from persona_vault.ingest.ledger import FORGOTTEN, ImportReport, Ledger
from persona_vault.ingest.settle import Settlement
from persona_vault.ingest.tally import Tally
from persona_vault.model import (
    Ignored,
    ImportIssue,
    Message,
    PersonaInput,
    ReadOptions,
    SourceFact,
    TimeQuality,
)
from persona_vault.store.clock import now_micros
from persona_vault.store.forgotten import Forgotten
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
    zone_named: bool
    only: tuple[str, ...]
    except_: tuple[str, ...]
    with_attachments: bool
    bring_back: bool
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
    with_attachments: bool = False,
    bring_back: bool = False,
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
        with_attachments: Keep the bytes of attachments that the export brings; else
            they are only named and hashed.
        bring_back: Take in again what was forgotten; else it is left out and counted.
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
            zone_named=timezone is not None,
            only=tuple(only),
            except_=tuple(except_),
            with_attachments=with_attachments,
            bring_back=bring_back,
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
        known_source = self._find_known()
        source_id = self._open_source()
        forgotten = Forgotten(connection, bring_back=order.bring_back)
        arrivals = Arrivals(
            connection,
            source_id=source_id,
            persona_id=self._persona_id,
            app=order.app,
            zone=order.zone,
            seen_at=self._now,
            forgotten=forgotten,
        )
        inputs = InputArrivals(
            connection,
            source_id=source_id,
            persona_id=self._persona_id,
            forgotten=forgotten,
        )
        self._read(arrivals, inputs)
        if self._ledger.times_are_equal:
            raise _TimesAreEqualError
        last_at = self._ledger.whole().last
        settlement = Settlement(arrivals, last_at=last_at, known_source_id=known_source)
        settlement.run()
        forgotten.settle()
        for key, thread in arrivals.threads.items():
            if thread.n_forgotten:
                self._ledger.note_kept_out(key, thread.n_forgotten)
        whole = self._ledger.whole()
        self._require_something(whole)
        closing = Closing(self._ledger, whole, arrivals, inputs, settlement)
        # A file that was there and brings nothing new leaves no row of its own.
        again = known_source if closing.brought_nothing else None
        files = AttachmentBytes(
            connection,
            order.source,
            self._contents,
            source_id=source_id if again is None else again,
            keep=order.with_attachments,
        )
        files.take(arrivals)
        report = closing.report(
            source=self._source_facts(),
            source_id=None if order.dry_run or again is not None else source_id,
            persona=self._persona,
            app=order.app,
            dry_run=order.dry_run,
            skipped=order.source.skipped_members(),
            attachments=files.counts,
            options=self._options(),
            n_unmatched=self._choice.n_unmatched,
        )
        self._record(report, source_id, again)
        if again is None:
            closing.record_conversations(report, source_id)
        return report

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
        self._contents = member_contents(order.source)
        manifest = {
            name: "" if content is None else content.sha256
            for name, content in self._contents.items()
        }
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

    def _read(self, arrivals: Arrivals, inputs: InputArrivals) -> None:
        """Every record of the source, counted and written."""
        order, ledger = self._order, self._ledger
        for record in order.reader.read(order.source, order.options):
            if isinstance(record, SourceFact):
                ledger.note_fact(record)
            elif not self._is_chosen(record):
                ledger.note_left_out(Ignored(NOT_CHOSEN, record.where))
            elif isinstance(record, Message):
                self._take(record, arrivals)
            elif isinstance(record, PersonaInput):
                if inputs.add(record):
                    ledger.note_input(record)
                else:
                    self._leave_out(record)
            else:
                ledger.note_left_out(record)
            if order.progress is not None and ledger.n_read % _STEP == 0:
                order.progress(ledger.n_read)
        arrivals.flush()
        arrivals.drop_empty()
        if order.progress is not None:
            order.progress(ledger.n_read)

    def _is_chosen(
        self, record: Message | PersonaInput | Ignored | ImportIssue
    ) -> bool:
        """What belongs to no conversation is for all of them."""
        thread = record.conversation
        return thread is None or self._choice.takes(thread)

    def _take(self, message: Message, arrivals: Arrivals) -> None:
        if self._equal_times:
            message = replace(
                message, sent_at=None, local_at=None, time_quality=TimeQuality.NONE
            )
        when = arrivals.add(message)
        if when is None:
            self._leave_out(message)
            return
        self._ledger.note_message(message)
        self._ledger.note_time(when)

    def _leave_out(self, record: Message | PersonaInput) -> None:
        """Count what the user had forgotten."""
        left = Ignored(FORGOTTEN, record.where, record.conversation)
        self._ledger.note_left_out(left)

    def _require_something(self, whole: Tally) -> None:
        name = self._order.source.name
        n_left = whole.ignored[NOT_CHOSEN]
        if whole.n_messages or (whole.n_inputs and not n_left):
            return
        if whole.ignored[FORGOTTEN]:
            return
        if n_left:
            raise InputRejectedError(
                f"None of the conversations in {name} was chosen.",
                hint="See what it holds with `persona-vault import --list`.",
            )
        raise InputRejectedError(
            f"{name} was read as {self._order.reader.name} and holds no message"
            f" (records: {whole.n_read}, not readable: {whole.n_issues}).",
            hint="If it is another format, name it with --format.",
        )

    def _source_facts(self) -> dict[str, Any]:
        order = self._order
        return {
            "name": order.source.name,
            "sha256": order.sha256,
            "importer": order.reader.name,
            "importer_version": order.reader.version,
        }

    def _options(self) -> dict[str, Any]:
        """What another reading of the same records must know."""
        order = self._order
        return {
            "me": list(order.options.me),
            "them": list(order.options.them),
            "columns": dict(order.options.columns),
            "day_first": order.options.day_first,
            "only": list(order.only),
            "except": list(order.except_),
            "times_set_aside": self._equal_times,
        }

    def _record(self, report: ImportReport, source_id: int, again: int | None) -> None:
        run = self._connection.exec_driver_sql
        zone, named = self._order.zone, self._order.zone_named
        has_wall_times = TimeQuality.LOCAL in report.time_quality
        key = zone.key if zone is not None and has_wall_times else None
        if again is not None:
            run("DELETE FROM source WHERE id = ?", (source_id,))
            if key is not None:
                # Its wall times had no zone until now.
                run(
                    "UPDATE source SET zone = ?, zone_named = ?"
                    " WHERE id = ? AND zone IS NULL",
                    (key, named, again),
                )
            return
        kept = report.to_dict()
        del kept["conversations"]
        run(
            "UPDATE source SET ledger = ?, zone = ?, zone_named = ? WHERE id = ?",
            (json.dumps(kept, ensure_ascii=False), key, named, source_id),
        )
