"""Indexes for who looks back: conferences and calls of all accounts, callbacks by their state, and those of one conference."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make them; one takes the place of another that began with the same column."""
    op.create_index("conferences_by_created_at", "conferences", ["created_at"], unique=False)
    op.create_index("calls_by_created_at", "calls", ["created_at"], unique=False)
    op.create_index(
        "deliveries_by_account_sid_state_created_at", "deliveries", ["account_sid", "state", "created_at"], unique=False
    )
    op.create_index("deliveries_by_lane_created_at", "deliveries", ["lane", "created_at"], unique=False)
    op.drop_index("deliveries_by_lane", "deliveries")
