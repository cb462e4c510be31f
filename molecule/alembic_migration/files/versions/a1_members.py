"""The members."""
# slipway: backward-compatible

import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table("members", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text))


def downgrade() -> None:
    """Drop it, with all members."""
    op.drop_table("members")
