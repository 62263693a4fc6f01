"""Vectors a second time, a byte a number and many to a row, for a fast search.

Derived: `embed` makes them. What goes out of `vector`, or changes there, goes out of
here with all of its model, and is made again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty, and the triggers that empty it."""
    op.create_table(
        "vector_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("error", sa.Float(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("scales", sa.LargeBinary(), nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vector_part")),
    )
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER vector_part_{verb} AFTER {verb.upper()} ON vector"  # noqa: S608
            " BEGIN DELETE FROM vector_part WHERE model_id = old.model_id; END"
        )
    op.execute("PRAGMA user_version=6")
