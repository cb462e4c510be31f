"""Add phone."""
# slipway: backward-compatible, downgrade-safe

import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    """Add the column."""
    op.add_column("members", sa.Column("phone", sa.Text))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("members", "phone")
