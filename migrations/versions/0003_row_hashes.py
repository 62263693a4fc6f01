"""Short hashes of rows: a plain file has no other way to notice a flipped bit."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0006"
branch_labels = None
depends_on = None

_HASHED = {
    "setting": "0",
    "persona": "{row}id >> 8",
    "source": "{row}id >> 8",
    "conversation": "{row}id >> 8",
    "conversation_ledger": "{row}source_id >> 8",
    "message": "{row}id >> 8",
    "message_source": "{row}message_id >> 8",
    "revision": "{row}id >> 8",
    "model_claim": "{row}id >> 8",
    "attachment": "{row}id >> 8",
    "attachment_source": "{row}attachment_id >> 8",
    "file_chunk": "{row}id >> 8",
    "raw_record": "{row}id >> 8",
    "persona_input": "{row}id >> 8",
    "persona_input_source": "{row}persona_input_id >> 8",
    "event": "{row}id >> 8",
    "vector": "substr({row}digest, 1, 2)",
    "snapshot": "{row}id >> 8",
    "forgotten": "{row}id >> 8",
}


def upgrade() -> None:
    """Make tables and triggers; every row there is gets its hash as this ends."""
    for name, columns in (
        ("row_hash", [sa.Column("digests", sa.LargeBinary(), nullable=False)]),
        ("row_hash_stale", []),
    ):
        op.create_table(
            name,
            sa.Column("table_name", sa.Text(), nullable=False),
            sa.Column("block", sa.LargeBinary(), nullable=False),
            *columns,
            sa.PrimaryKeyConstraint("table_name", "block", name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
    for table, block in _HASHED.items():
        _note_changes_of(table, block)
        op.execute(
            f"INSERT INTO row_hash_stale SELECT DISTINCT '{table}',"  # noqa: S608
            f" {block.format(row='')} FROM {table}"
        )
    op.execute("PRAGMA user_version=4")


def _note_changes_of(table: str, block: str) -> None:
    note = "INSERT INTO row_hash_stale VALUES ('{}', {}) ON CONFLICT DO NOTHING;"
    new = note.format(table, block.format(row="new."))
    old = note.format(table, block.format(row="old."))
    for verb, body in (
        ("insert", new),
        ("update", f"{old} {new}"),
        ("delete", old),
    ):
        op.execute(
            f"CREATE TRIGGER row_hash_{table}_{verb} AFTER {verb.upper()} ON {table}"
            f" BEGIN {body} END"
        )
