"""Broken."""

from alembic import op

revision = "c3"
down_revision = "b2"


def upgrade() -> None:
    """Fail half-way."""
    op.execute("CREATE TABLE half (id int)")
    op.execute("ALTER TABLE nowhere ADD x int")


def downgrade() -> None:
    """Nothing."""
