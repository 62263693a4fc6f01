"""Marks of what was forgotten, so that the next import does not bring it back unseen.

A mark holds no word: it is a keyed hash. `thread`, `after_id` and `place` say where a
message stood that only its neighbours told apart.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; nothing was forgotten so far as is known."""
    op.create_table(
        "forgotten",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sign", sa.LargeBinary(), nullable=False),
        sa.Column("thread", sa.LargeBinary(), nullable=True),
        sa.Column("after_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forgotten")),
    )
    op.create_index("ix_forgotten_sign", "forgotten", ["sign"], unique=False)
    op.create_index("ix_forgotten_thread", "forgotten", ["thread"], unique=False)
    op.execute("PRAGMA user_version=3")
