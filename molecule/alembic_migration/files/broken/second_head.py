"""A second head: it follows a1, as b2 does."""

revision = "c3"
down_revision = "a1"


def upgrade() -> None:
    """Nothing."""


def downgrade() -> None:
    """Nothing."""
