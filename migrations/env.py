"""Alembic's entry: runs on the connection it is handed, and on nothing else.

`store.migrate` opens the vault, its key included, begins the transaction and commits;
there is no ini file and no URL, so that no second driver can touch a vault.
"""

from alembic import context

from persona_vault.store.schema import metadata


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Leave the full-text tables out: they belong to FTS5, not to the metadata."""
    del parents
    return not (kind == "table" and name is not None and name.startswith("message_fts"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=include_name,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
