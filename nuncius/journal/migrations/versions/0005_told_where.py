"""Where subscribers are told, backtests that were asked for or kept, and who signs in to the page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.String(32).with_variant(TIMESTAMP(timezone=True), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _subscriptions()
    _backtests()
    _signing_in()
    _quick_pages()


def _subscriptions() -> None:
    """Where the owner is told; where that is not said, through the door by which they subscribed."""
    op.add_column("subscriptions", sa.Column("tell", sa.Text(), nullable=True))


def _backtests() -> None:
    """What a rule would have done, and how far the work is that finds out."""
    op.create_table(
        "backtests",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_hash", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("asked", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backtests"),
    )
    op.create_index("ix_backtests_rule", "backtests", ["rule"], unique=False)


def _signing_in() -> None:
    """Tokens and sessions by their digests, and what people did."""
    op.create_table(
        "tokens",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=True),
        sa.Column("used", MOMENT, nullable=True),
        sa.Column("ended", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_index("ix_tokens_name", "tokens", ["name"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token_id", BIG, nullable=True),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name="fk_sessions_token_id_tokens"),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"], unique=False)
    op.create_index("ix_sessions_seen", "sessions", ["seen"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )


def _quick_pages() -> None:
    """Each page counts what is not delivered; of a million reports these are few."""
    few = sa.text("state IN ('pending', 'sending', 'failed')")
    op.create_index("ix_outbox_unfinished", "outbox", ["state"], sqlite_where=few, postgresql_where=few)


def downgrade() -> None:
    op.drop_index("ix_outbox_unfinished", "outbox")
    for table in ("audit", "sessions", "tokens"):
        op.drop_table(table)
    op.drop_table("backtests")
    op.drop_column("subscriptions", "tell")
