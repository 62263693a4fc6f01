"""Vaults with an invented talk in them, put there without any importer."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from persona_vault.embedders import Embedder
from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.store import schema
from persona_vault.store.clock import micros
from persona_vault.store.passages import refresh_passages
from persona_vault.store.vault import Vault
from tests.embedders.conftest import load_packaged

START = datetime(2024, 3, 1, 20, 0, tzinfo=UTC)

AddTalk = Callable[..., list[int]]


def add_talk(
    vault: Vault,
    lines: Sequence[tuple[str, str]],
    *,
    persona: str = "Mira",
    app: str = "kindroid",
    thread: str = "main",
    start: datetime | None = START,
    shown: bool = True,
    model: str | None = None,
) -> list[int]:
    """Add (role, text) pairs, a minute apart; gives the ids of the messages."""
    with vault.write() as connection:

        def make(table, **values):
            return connection.execute(insert(table), values).inserted_primary_key[0]

        found = {p.name: p.id for p in vault.personas()}
        persona_id = found.get(persona) or make(schema.persona, name=persona)
        source_id = make(
            schema.source,
            persona_id=persona_id,
            name="talk",
            sha256="0" * 64,
            n_bytes=1,
            importer="test",
            importer_version=1,
            app=app,
            imported_at=0,
            ledger="{}",
        )
        conversation_id = make(
            schema.conversation, persona_id=persona_id, app=app, native_id=thread
        )
        ids = []
        for position, (role, text) in enumerate(lines):
            at = None if start is None else start + timedelta(minutes=position)
            ids.append(
                make(
                    schema.message,
                    conversation_id=conversation_id,
                    source_id=source_id,
                    identity=f"{thread}-{position}",
                    native_id=f"{thread}-{position}",
                    role=role,
                    speaker="Sam" if role == "user" else persona,
                    text=text,
                    sent_at=None if at is None else micros(at),
                    time_quality="none" if at is None else "exact",
                    position=position,
                    shown=int(shown),
                )
            )
            if model:
                make(
                    schema.model_claim,
                    message_id=ids[-1],
                    value=model,
                    claim_source="message",
                    part="answered",
                )
        refresh_passages(connection, [conversation_id])
    return ids


def edit_message(vault: Vault, message_id: int, text: str) -> None:
    """Give a message another text, as a later import would."""
    with vault.write() as connection:
        table = schema.message
        row = table.c.id == message_id
        connection.execute(table.update().where(row).values(text=text))
        conversation_id = connection.scalar(
            table.select().with_only_columns(table.c.conversation_id).where(row)
        )
        refresh_passages(connection, [conversation_id])


class CountingEmbedder(HashingEmbedder):
    """The hashing embedder, with every text it was given."""

    def __init__(self, model_id: str = "counting-1") -> None:
        super().__init__()
        self.model_id = model_id
        self.texts: list[str] = []

    def encode(self, texts):
        """As the parent does, and remembers."""
        self.texts += texts
        return super().encode(texts)


@pytest.fixture
def counting() -> CountingEmbedder:
    """An embedder without a model that remembers what it was given."""
    return CountingEmbedder()


@pytest.fixture
def packaged() -> Embedder:
    """The packaged model, loaded once for all tests."""
    return load_packaged()
