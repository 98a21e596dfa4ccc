"""The first journal: log, objects, decisions, reactions, outbox, feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.String(32).with_variant(TIMESTAMP(timezone=True), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _log()
    _objects()
    _reactions()
    _chat()


def _log() -> None:
    """What arrived, how far it was read."""
    op.create_table(
        "events",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("journalled", MOMENT, nullable=False),
        sa.Column("tense", sa.Text(), nullable=False),
        sa.Column("retraction", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("trigger_time", MOMENT, nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.UniqueConstraint("id", name="uq_events_id"),
    )
    op.create_index("ix_events_kind", "events", ["kind"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "rejects",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("resolved", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_rejects"),
        sa.UniqueConstraint("fingerprint", name="uq_rejects_fingerprint"),
    )
    op.create_table(
        "offsets",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("updated", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("consumer_group", "topic", "partition", name="pk_offsets"),
    )
    op.create_table(
        "consumers",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_consumers"),
    )
    op.create_table(
        "feeds",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("first", MOMENT, nullable=True),
        sa.Column("last", MOMENT, nullable=True),
        sa.Column("last_heartbeat", MOMENT, nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name="pk_feeds"),
    )


def _objects() -> None:
    """Which objects events are about."""
    op.create_table(
        "event_objects",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"], name="fk_event_objects_seq"),
        sa.PrimaryKeyConstraint("seq", name="pk_event_objects"),
    )
    op.create_index("ix_event_objects_object_received", "event_objects", ["object", "received"], unique=False)
    op.create_table(
        "object_links",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_object_links"),
        sa.UniqueConstraint("name", "object", "event_id", name="uq_object_links_name_object_event_id"),
    )
    op.create_index("ix_object_links_object", "object_links", ["object"], unique=False)


def _reactions() -> None:
    """What was decided and done."""
    op.create_table(
        "decisions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_hash", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("decided", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"], name="fk_decisions_seq"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_rule_id", "decisions", ["rule", "id"], unique=False)
    op.create_index("ix_decisions_seq", "decisions", ["seq"], unique=False)
    op.create_table(
        "reactions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_hash", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=True),
        sa.Column("per", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("on_retract", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("retracts", sa.BigInteger(), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["retracts"], ["reactions.id"], name="fk_reactions_retracts"),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"], name="fk_reactions_seq"),
        sa.PrimaryKeyConstraint("id", name="pk_reactions"),
        sa.UniqueConstraint("key", name="uq_reactions_key"),
    )
    op.create_index("ix_reactions_object", "reactions", ["object"], unique=False)
    op.create_index("ix_reactions_slot", "reactions", ["slot"], unique=False)
    op.create_index("ix_reactions_state_id", "reactions", ["state", "id"], unique=False)
    op.create_table(
        "steps",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("reaction_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["reaction_id"], ["reactions.id"], name="fk_steps_reaction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_steps"),
        sa.UniqueConstraint("reaction_id", "position", name="uq_steps_reaction_id_position"),
    )
    op.create_index("ix_steps_state_id", "steps", ["state", "id"], unique=False)


def _chat() -> None:
    """What is to be said, and where."""
    op.create_table(
        "outbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("reaction_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["reaction_id"], ["reactions.id"], name="fk_outbox_reaction_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("target", "key", name="uq_outbox_target_key"),
    )
    op.create_index("ix_outbox_reaction_id", "outbox", ["reaction_id"], unique=False)
    op.create_index("ix_outbox_target_state_thread_id", "outbox", ["target", "state", "thread", "id"], unique=False)
    op.create_index("ix_outbox_thread_id", "outbox", ["thread", "id"], unique=False)
    op.create_table(
        "threads",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("target", "thread", name="pk_threads"),
    )


def downgrade() -> None:
    op.drop_table("steps")
    op.drop_table("outbox")
    op.drop_table("reactions")
    op.drop_table("event_objects")
    op.drop_table("decisions")
    op.drop_table("threads")
    op.drop_table("rejects")
    op.drop_table("offsets")
    op.drop_table("object_links")
    op.drop_table("feeds")
    op.drop_table("events")
    op.drop_table("consumers")
    op.drop_table("blobs")
