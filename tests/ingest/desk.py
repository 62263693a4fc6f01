"""A tiny importer for the tests of the import: one JSON line a record; and a desk."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from persona_vault.importers.source import Source
from persona_vault.ingest import ImportReport, import_file
from persona_vault.model import (
    Attachment,
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    ModelClaim,
    PersonaInput,
    ReadOptions,
    Record,
    Role,
    SourceFact,
    TimeQuality,
)
from persona_vault.store.passages import refresh_passages
from persona_vault.store.vault import Vault

START = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


_INDEX = "INSERT INTO message_fts(message_fts"
_PASSAGES = """
SELECT passage.text, passage.digest FROM message
LEFT JOIN passage ON passage.message_id = message.id
ORDER BY conversation_id, position
"""


class BrokenHalfwayError(Exception):
    """What the fake importer raises in the middle of a file."""


class FakeImporter:
    """Reads what `write_source` wrote."""

    name: ClassVar[str] = "fake"
    version: ClassVar[int] = 1
    app: ClassVar[str] = "fake_app"
    tier: ClassVar[str] = "vendor"

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """Takes any file."""
        return True

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """One record a line; "broken" raises."""
        conversations: dict[str, Conversation] = {}
        member = None if source.kind == "file" else "talk.jsonl"
        for number, line in source.lines(member):
            record = json.loads(line)
            where = f"{source.name} line {number}"
            kind = record.pop("record", "message")
            if kind == "broken":
                raise BrokenHalfwayError
            if kind == "message":
                yield _message(record, where, conversations)
            elif kind == "fact":
                yield SourceFact(record["name"], record["value"], where)
            else:
                thread = _thread(record.pop("conversation", None), conversations)
                yield _beside(kind, record, where, thread)


class BetterFakeImporter(FakeImporter):
    """A later version, which can also read one raw record: a line of the file.

    It takes the marks *...* off a text, knows an operator, and reads "at" as a time.
    """

    version: ClassVar[int] = 2

    def reread(self, raw: str, where: str, options: ReadOptions) -> Record | None:
        """The record of a line; None where it says "whole file"."""
        record = json.loads(raw)
        if record.get("text") == "whole file":
            return None
        record["text"] = record["text"].strip("*")
        if record.pop("record", "message") == "input":
            return PersonaInput(where=where, **_timed(record, "valid_from"))
        if record.get("speaker") == "operator":
            record |= {"role": "system", "kind": "service", "shown": False}
        if "at" in record:
            record["sent_at"] = record.pop("at")
        return _message(record, where, {})


def _beside(
    kind: str, record: dict[str, Any], where: str, thread: Conversation | None
) -> Record:
    if kind == "ignored":
        return Ignored(record["reason"], where, thread)
    if kind == "issue":
        return ImportIssue(record["reason"], where, thread)
    timed = _timed(record, "valid_from")
    return PersonaInput(where=where, conversation=thread, **timed)


def _timed(record: dict[str, Any], key: str) -> dict[str, Any]:
    if record.get(key):
        record[key] = datetime.fromisoformat(record[key])
    return record


def _message(
    record: dict[str, Any], where: str, conversations: dict[str, Conversation]
) -> Message:
    thread = _thread(record.pop("conversation", {"native_id": "main"}), conversations)
    assert thread is not None
    role = Role(record.pop("role", "persona"))
    models = tuple(
        ModelClaim(value, ClaimSource.MESSAGE, ClaimPart.ANSWERED)
        for value in record.pop("models", ())
    )
    quality = "exact" if record.get("sent_at") else "none"
    return Message(
        conversation=thread,
        role=role,
        speaker=record.pop("speaker", "Ava" if role is Role.PERSONA else "me"),
        time_quality=TimeQuality(record.pop("time_quality", quality)),
        models=models,
        attachments=tuple(
            Attachment(given) if isinstance(given, str) else Attachment(**given)
            for given in record.pop("attachments", ())
        ),
        flags=tuple(record.pop("flags", ())),
        where=where,
        **_timed(record, "sent_at"),
    )


def _thread(
    told: dict[str, Any] | None, conversations: dict[str, Conversation]
) -> Conversation | None:
    if told is None:
        return None
    if told["native_id"] not in conversations:
        claims = tuple(
            ModelClaim(value, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
            for value in told.pop("models", ())
        )
        made = Conversation(**told, models=claims)
        conversations[made.native_id] = made
    return conversations[told["native_id"]]


def at(minutes: float) -> str:
    """A time so many minutes after the start of the talk."""
    return (START + timedelta(minutes=minutes)).isoformat()


def write_source(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """A source of these records."""
    text = "\n".join(json.dumps(record) for record in records)
    path.write_text(text, encoding="utf-8")
    return path


class Desk:
    """A vault and the files that are imported into it."""

    def __init__(self, vault: Vault, folder: Path) -> None:
        self.vault = vault
        self.folder = folder
        self._n_files = 0

    def bring(self, records: Iterable[dict[str, Any]], **options: Any) -> ImportReport:
        """Import a new file that holds these records; the ledger must sum."""
        self._n_files += 1
        path = self.folder / f"export{self._n_files}.jsonl"
        return self.bring_file(write_source(path, records), **options)

    def bring_file(self, path: Path, **options: Any) -> ImportReport:
        """Import a file; the ledgers must sum."""
        report = import_file(self.vault, path, **{"persona": "Ava", **options})
        for account in (report, *report.conversations):
            left_out = account.n_ignored + account.n_issues
            taken = account.n_added + account.n_duplicate + account.n_revised
            assert account.n_read == taken + left_out
            assert account.n_ignored == sum(account.ignored.values())
        for name in ("n_messages", "n_messages_added", "n_hidden", "n_regenerated"):
            parts = [getattr(one, name) for one in report.conversations]
            assert getattr(report, name) == sum(parts)
        return report

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with self.vault.read() as connection:
            found = connection.exec_driver_sql(statement, values).all()
        return [tuple(row) for row in found]

    def texts(self, conversation: str | None = None) -> list[str]:
        """The words of all messages in reading order, hidden ones included."""
        return [
            m.text
            for m in self.vault.messages("Ava", shown_only=False)
            if conversation in (None, m.conversation)
        ]

    def check_index(self) -> None:
        """Passages and full text are sound, and equal to ones that are built anew."""
        kept = self.passages()
        with self.vault.write() as connection:
            run = connection.exec_driver_sql
            run(f"{_INDEX}, rank) VALUES ('integrity-check', 1)")
            run(f"{_INDEX}) VALUES ('delete-all')")
            run("DELETE FROM passage")
            ids = run("SELECT id FROM conversation").scalars().all()
            refresh_passages(connection, ids)
            assert [tuple(row) for row in run(_PASSAGES)] == kept
            connection.rollback()

    def passages(self) -> list[tuple[Any, ...]]:
        """What search sees, in reading order."""
        return self.rows(_PASSAGES)


def drop_row(vault: Vault, table: str, row_id: int) -> None:
    """Take a row out alone, as rot does: what names it stays."""
    with vault.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))  # noqa: S608
        connection.invalidate()
