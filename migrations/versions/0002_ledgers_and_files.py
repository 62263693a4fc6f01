"""A ledger for each conversation of a source, the bytes of attachments, named zones.

Of older imports is only known which conversations they told of: an empty ledger.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; of older sources no zone counts as named for them alone."""
    op.add_column(
        "source",
        sa.Column("zone_named", sa.Integer(), server_default="0", nullable=False),
    )
    op.create_table(
        "conversation_ledger",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_conversation_ledger_source_id_source"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_ledger_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "source_id", "conversation_id", name=op.f("pk_conversation_ledger")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_conversation_ledger_conversation_id",
        "conversation_ledger",
        ["conversation_id"],
        unique=False,
    )
    op.execute(
        "INSERT INTO conversation_ledger (source_id, conversation_id, ledger)"
        " SELECT DISTINCT held.source_id, message.conversation_id, '{}'"
        " FROM message_source AS held JOIN message ON message.id = held.message_id"
    )
    op.create_table(
        "attachment_source",
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachment.id"],
            name=op.f("fk_attachment_source_attachment_id_attachment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_attachment_source_source_id_source"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "attachment_id", "source_id", name=op.f("pk_attachment_source")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_attachment_source_source_id",
        "attachment_source",
        ["source_id"],
        unique=False,
    )
    op.create_index(
        "ix_attachment_source_sha256", "attachment_source", ["sha256"], unique=False
    )
    op.create_table(
        "file_chunk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_chunk")),
        sa.UniqueConstraint(
            "sha256", "number", name=op.f("uq_file_chunk_sha256_number")
        ),
    )
    op.execute("PRAGMA user_version=2")
