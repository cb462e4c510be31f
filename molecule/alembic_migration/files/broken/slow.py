"""Slow."""

from alembic import op

revision = "c3"
down_revision = "b2"


def upgrade() -> None:
    """Take too long."""
    op.execute("SELECT pg_sleep(9)")


def downgrade() -> None:
    """Nothing."""
