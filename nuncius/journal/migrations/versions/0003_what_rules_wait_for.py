"""Rules that look again later, at several events together, and that people silence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.String(32).with_variant(TIMESTAMP(timezone=True), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "members",
        sa.Column("reaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("mission", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["reaction_id"], ["reactions.id"], name="fk_members_reaction_id"),
        sa.PrimaryKeyConstraint("reaction_id", "event_id", name="pk_members"),
    )
    op.create_index("ix_members_object", "members", ["object"], unique=False)
    _waits()
    _silences()
    _passed_over()
    _reviews()


def _waits() -> None:
    """What a rule looks at later."""
    op.create_table(
        "waits",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("per", sa.Text(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_waits"),
        sa.UniqueConstraint("key", name="uq_waits_key"),
    )
    op.create_index("ix_waits_state_due", "waits", ["state", "due"], unique=False)
    op.create_index("ix_waits_rule_id", "waits", ["rule", "id"], unique=False)


def _silences() -> None:
    """What people do not want to hear for a while."""
    op.create_table(
        "silences",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
    )
    op.create_index("ix_silences_until", "silences", ["until"], unique=False)


def _passed_over() -> None:
    """Rules that a cheap comparison ruled out, where there are thousands."""
    op.create_table(
        "rule_indexes",
        sa.Column("index", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("index", name="pk_rule_indexes"),
    )
    op.create_table(
        "passed_over",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("index", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("decided", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"], name="fk_passed_over_seq"),
        sa.PrimaryKeyConstraint("seq", name="pk_passed_over"),
    )


def _reviews() -> None:
    """Questions that a person answers, and what somebody has taken notice of."""
    op.create_table(
        "reviews",
        sa.Column("step_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reaction_id", sa.BigInteger(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["step_id"], ["steps.id"], name="fk_reviews_step_id"),
        sa.ForeignKeyConstraint(["reaction_id"], ["reactions.id"], name="fk_reviews_reaction_id"),
        sa.PrimaryKeyConstraint("step_id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_reaction_id", "reviews", ["reaction_id"], unique=False)
    op.create_table(
        "acknowledgements",
        sa.Column("reaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["reaction_id"], ["reactions.id"], name="fk_acknowledgements_reaction_id"),
        sa.PrimaryKeyConstraint("reaction_id", name="pk_acknowledgements"),
    )


def downgrade() -> None:
    for table in ("acknowledgements", "reviews", "passed_over", "rule_indexes", "silences", "waits", "members"):
        op.drop_table(table)
