"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up; row counts of older tables may not fall."""
    ${upgrades if upgrades else "pass"}
    # And the number of this revision, which opening a vault compares:
    # op.execute("PRAGMA user_version=N")
