"""Recurring duties of the service, results of test cases, runs of checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.String(32).with_variant(TIMESTAMP(timezone=True), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _turns()
    _checks()
    _test_results()
    _chat()
    _progress()


def _turns() -> None:
    """Whose turn it is."""
    op.create_table(
        "turns",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("succeeded", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_turns"),
    )


def _checks() -> None:
    """How each sanity check stands, and each look at it."""
    op.create_table(
        "check_states",
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("looked", MOMENT, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("proves", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("check", name="pk_check_states"),
    )
    op.create_table(
        "check_runs",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("took_s", sa.Float(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_check_runs"),
    )
    op.create_index("ix_check_runs_check_at", "check_runs", ["check", "at"], unique=False)


def _test_results() -> None:
    """What test cases gave with which software, and the references that people accepted."""
    op.create_table(
        "test_results",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("case_hash", sa.String(length=64), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_test_results"),
        sa.UniqueConstraint(
            "case_hash",
            "package",
            "version",
            "environment",
            "seed",
            name="uq_test_results_case_hash_package_version_environment_seed",
        ),
    )
    op.create_index("ix_test_results_case_package", "test_results", ["case", "package"], unique=False)
    op.create_table(
        "test_references",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("of", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("error", sa.Float(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_test_references"),
    )
    op.create_index("ix_test_references_case", "test_references", ["case"], unique=False)


def _chat() -> None:
    """What people ask for in chat, and the rules of single people."""
    op.create_table(
        "inbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("delivery", name="uq_inbox_delivery"),
    )
    op.create_index("ix_inbox_door_state_id", "inbox", ["door", "state", "id"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_owner", "subscriptions", ["owner"], unique=False)


def _progress() -> None:
    """How far a running step is."""
    op.add_column("steps", sa.Column("progress", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("steps", "progress")
    for table in ("subscriptions", "inbox", "test_references", "test_results", "check_runs", "check_states", "turns"):
        op.drop_table(table)
