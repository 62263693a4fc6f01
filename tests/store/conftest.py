"""A small teller of talks: what an import does to the tables, without files."""

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from sqlalchemy import insert, select

from persona_vault.store.passages import refresh_passages
from persona_vault.store.personas import ensure_persona
from persona_vault.store.revisions import note_text
from persona_vault.store.schema import conversation, message, message_source, source
from persona_vault.store.vault import Vault

# Identity and text; "1", "3", ... are the user's, and the number is the position.
Talk = Sequence[tuple[str, str]]
MINUTE = 60_000_000


def _tell(  # the whole of an import, in miniature
    vault: Vault,
    name: str,
    talks: Mapping[str, Talk],
    *,
    persona: str = "Ada",
    started_at: int | None = 1_700_000_000_000_000,
) -> int:
    with vault.write() as connection:
        persona_id = ensure_persona(connection, persona)
        n_sources = len(connection.execute(select(source.c.id)).all())
        source_id = connection.execute(
            insert(source)
            .values(
                persona_id=persona_id,
                name=name,
                sha256="0" * 64,
                n_bytes=1,
                importer="told",
                importer_version=1,
                app="lumen",
                imported_at=n_sources,
                manifest="{}",
                ledger=json.dumps({"n_read": 1}),
            )
            .returning(source.c.id)
        ).scalar_one()
        touched = []
        for thread, turns in talks.items():
            key = (
                conversation.c.persona_id == persona_id,
                conversation.c.native_id == thread,
            )
            thread_id = connection.scalar(select(conversation.c.id).where(*key))
            if thread_id is None:
                thread_id = connection.execute(
                    insert(conversation)
                    .values(
                        persona_id=persona_id,
                        app="lumen",
                        native_id=thread,
                        title=thread.title(),
                        group_name="",
                        threaded=1,
                    )
                    .returning(conversation.c.id)
                ).scalar_one()
            touched.append(thread_id)
            for identity, text in turns:
                place = int(identity)
                known = connection.scalar(
                    select(message.c.id).where(
                        message.c.conversation_id == thread_id,
                        message.c.identity == identity,
                    )
                )
                if known is None:
                    user = place % 2 == 1
                    known = connection.execute(
                        insert(message)
                        .values(
                            conversation_id=thread_id,
                            source_id=source_id,
                            identity=identity,
                            role="user" if user else "persona",
                            speaker="Noor" if user else persona,
                            text=text,
                            sent_at=None
                            if started_at is None
                            else started_at + (place - 1) * MINUTE,
                            time_quality="exact" if started_at else "none",
                            position=place,
                            kind="text",
                            shown=1,
                            flags="",
                        )
                        .returning(message.c.id)
                    ).scalar_one()
                else:
                    note_text(
                        connection,
                        known,
                        source_id=source_id,
                        text=text,
                        seen_at=n_sources,
                    )
                connection.execute(
                    insert(message_source).values(message_id=known, source_id=source_id)
                )
        refresh_passages(connection, touched)
    return int(source_id)


@pytest.fixture
def tell() -> Callable[..., int]:
    """`tell(vault, source_name, {thread: [(identity, text), ...]}) -> source id`."""
    return _tell
