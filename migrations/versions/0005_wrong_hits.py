"""Hits of a measure that the user marked wrong.

A mark holds no word of the message: a digest tells whether it still reads the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

_NOTE = (
    "INSERT INTO row_hash_stale VALUES ('wrong_hit', {}message_id >> 8)"
    " ON CONFLICT DO NOTHING;"
)


def upgrade() -> None:
    """Make the table, and the triggers of its row hashes."""
    op.create_table(
        "wrong_hit",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("marked_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_wrong_hit_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "row", name=op.f("pk_wrong_hit")),
        sqlite_with_rowid=False,
    )
    new, old = _NOTE.format("new."), _NOTE.format("old.")
    for verb, body in (("insert", new), ("update", f"{old} {new}"), ("delete", old)):
        op.execute(
            f"CREATE TRIGGER row_hash_wrong_hit_{verb} AFTER {verb.upper()}"
            f" ON wrong_hit BEGIN {body} END"
        )
    op.execute("PRAGMA user_version=5")
