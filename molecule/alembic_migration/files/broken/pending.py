"""Pending."""

revision = "c3"
down_revision = "b2"


def upgrade() -> None:
    """Nothing."""


def downgrade() -> None:
    """Nothing."""
