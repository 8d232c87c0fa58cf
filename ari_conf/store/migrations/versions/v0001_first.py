"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "accounts",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("auth_token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sid"),
    )
    op.create_table(
        "calls",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("from_", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("parent_call_sid", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("sip_status", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sid"),
    )
    op.create_index("calls_by_account_sid_created_at", "calls", ["account_sid", "created_at"], unique=False)
    op.create_index("calls_by_ended_at", "calls", ["ended_at"], unique=False)
    op.create_index("calls_by_parent_call_sid", "calls", ["parent_call_sid"], unique=False)
    op.create_table(
        "conferences",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("friendly_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("reason_ended", sa.Text(), nullable=True),
        sa.Column("call_sid_ending", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sid"),
    )
    op.create_index("conferences_by_account_sid_created_at", "conferences", ["account_sid", "created_at"], unique=False)
    op.create_index("conferences_by_account_sid_friendly_name", "conferences", ["account_sid", "friendly_name"], unique=False)
    op.create_index("conferences_by_ended_at", "conferences", ["ended_at"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("deliveries_by_account_sid_created_at", "deliveries", ["account_sid", "created_at"], unique=False)
    op.create_index("deliveries_by_lane", "deliveries", ["lane"], unique=False)
    op.create_index("deliveries_by_position", "deliveries", ["position"], unique=False)
    op.create_index("deliveries_by_state_ended_at", "deliveries", ["state", "ended_at"], unique=False)
    op.create_table(
        "documents",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.Double(), nullable=False),
        sa.Column("twiml", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "number"),
    )
    op.create_table(
        "events",
        sa.Column("conference_sid", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=True),
        sa.Column("sequence_number", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("conference_sid", "number"),
    )
    op.create_table(
        "notifications",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("request_method", sa.Text(), nullable=False),
        sa.Column("request_variables", sa.Text(), nullable=False),
        sa.Column("response_headers", sa.Text(), nullable=False),
        sa.Column("response_body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid"),
    )
    op.create_index("notifications_by_account_sid_at", "notifications", ["account_sid", "at"], unique=False)
    op.create_index("notifications_by_at", "notifications", ["at"], unique=False)
    op.create_index("notifications_by_call_sid", "notifications", ["call_sid"], unique=False)
    op.create_table(
        "participants",
        sa.Column("conference_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("hold", sa.Boolean(), nullable=False),
        sa.Column("coaching", sa.Boolean(), nullable=False),
        sa.Column("call_sid_to_coach", sa.Text(), nullable=True),
        sa.Column("start_conference_on_enter", sa.Boolean(), nullable=False),
        sa.Column("end_conference_on_exit", sa.Boolean(), nullable=False),
        sa.Column("left_at", sa.Double(), nullable=True),
        sa.Column("reason_left", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("conference_sid", "call_sid", "joined_at"),
    )
    op.create_index("participants_by_call_sid", "participants", ["call_sid"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channels", sa.BigInteger(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("conference_sid", sa.Text(), nullable=True),
        sa.Column("call_sid", sa.Text(), nullable=True),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sid"),
    )
    op.create_index("recordings_by_account_sid_created_at", "recordings", ["account_sid", "created_at"], unique=False)
    op.create_index("recordings_by_call_sid", "recordings", ["call_sid"], unique=False)
    op.create_index("recordings_by_conference_sid", "recordings", ["conference_sid"], unique=False)
    op.create_index("recordings_by_updated_at", "recordings", ["updated_at"], unique=False)
    op.create_table(
        "verbs",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "number"),
    )
