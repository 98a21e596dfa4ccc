"""Events are found by their trigger time: what else was seen at that moment?"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_events_trigger_time", "events", ["trigger_time"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_events_trigger_time", table_name="events")
