"""The journal's tables. A change here needs a migration in `migrations/versions` and a new `REVISION`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

from nuncius.core.errors import PermanentError

#: The Alembic revision that these tables are at.
REVISION = "0005"

#: On SQLite only INTEGER is an alias of the rowid, and so costs no second index.
BigInt = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """A UTC-aware time: TIMESTAMPTZ in PostgreSQL, ISO text of fixed width (which sorts as time does) in SQLite."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise PermanentError(f"the journal keeps UTC-aware times; received {value!r}: add tzinfo=UTC")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.isoformat(" ", "microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON as text, written and read by msgspec: the same bytes on every database, floats stay floats."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else encode(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)


def encode(value: Any) -> str:
    """JSON text of plain values; characters that UTF-8 cannot hold become U+FFFD rather than stop the log."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_clean(msgspec.to_builtins(value))).decode()


def clean(text: str) -> str:
    """Text that every database can hold: NUL and lone surrogates become U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")


class Words(TypeDecorator[str]):
    """Text of any origin, asked for or written: what a database cannot hold must not stop whoever asks."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value


def _id() -> Column[Any]:
    return Column("id", BigInt, primary_key=True, autoincrement=True)


#: Reports that somebody may have to look after; few, so that counting them is quick however many were delivered.
#: Written out, because SQLite uses the index only for these very words.
UNFINISHED = "state IN ('pending', 'sending', 'failed')"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

events = Table(
    "events",
    metadata,
    Column("seq", BigInt, primary_key=True, autoincrement=False),
    Column("id", Words, nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("received", Moment, nullable=False),
    Column("journalled", Moment, nullable=False),
    Column("tense", Words, nullable=False),
    Column("retraction", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("trigger_time", Moment),
    Column("content_type", Words, nullable=False),
    Column("data", Json, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index(None, "kind"),
    Index(None, "trigger_time"),
)

#: Kept apart from `events`, which never change: identity is found later and may be revised.
event_objects = Table(
    "event_objects",
    metadata,
    Column("seq", BigInt, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("object", Words, nullable=False),
    Column("received", Moment, nullable=False),
    Index(None, "object", "received"),
)

object_links = Table(
    "object_links",
    metadata,
    _id(),
    Column("name", Words, nullable=False),
    Column("object", Words, nullable=False),
    Column("event_id", Words, nullable=False),
    Column("how", Words, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    UniqueConstraint("name", "object", "event_id"),
    Index(None, "object"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

rejects = Table(
    "rejects",
    metadata,
    _id(),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("received", Moment, nullable=False),
    Column("source", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("partition", BigInteger),
    Column("offset", BigInteger),
    Column("content_type", Words, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("error", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("resolved", Moment),
)

offsets = Table(
    "offsets",
    metadata,
    Column("consumer_group", Words, primary_key=True),
    Column("topic", Words, primary_key=True),
    Column("partition", BigInteger, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("high", BigInteger),
    Column("updated", Moment, nullable=False),
)

consumers = Table(
    "consumers",
    metadata,
    Column("consumer", Words, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("updated", Moment, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    Column("consumer", Words, nullable=False),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True),
    Column("rule", Words, nullable=False),
    Column("rule_hash", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("trace", Json, nullable=False),
    Column("decided", Moment, nullable=False),
    Index(None, "rule", "id"),
)

reactions = Table(
    "reactions",
    metadata,
    _id(),
    Column("key", Words, nullable=False, unique=True),
    Column("slot", Words, nullable=False),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False),
    Column("rule", Words, nullable=False),
    Column("rule_hash", Words, nullable=False),
    Column("object", Words),
    Column("per", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("actions", Json, nullable=False),
    Column("context", Json, nullable=False),
    Column("on_retract", Json, nullable=False),
    Column("state", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("retracts", BigInteger, ForeignKey("reactions.id")),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Index(None, "slot"),
    Index(None, "object"),
    Index(None, "state", "id"),
)

#: Events that a reaction rests on beside the one that caused it.
members = Table(
    "members",
    metadata,
    Column("reaction_id", BigInteger, ForeignKey("reactions.id"), primary_key=True, autoincrement=False),
    Column("event_id", Words, primary_key=True),
    Column("object", Words),
    Column("mission", Words, nullable=False),
    Index(None, "object"),
)

waits = Table(
    "waits",
    metadata,
    _id(),
    Column("key", Words, nullable=False, unique=True),
    Column("rule", Words, nullable=False),
    Column("form", Words, nullable=False),
    Column("per", Words, nullable=False),
    Column("due", Moment, nullable=False),
    Column("event", Words, nullable=False),
    Column("members", Json, nullable=False),
    Column("data", Json, nullable=False),
    Column("state", Words, nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Index(None, "state", "due"),
    Index(None, "rule", "id"),
)

silences = Table(
    "silences",
    metadata,
    _id(),
    Column("rule", Words, nullable=False),
    Column("object", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Index(None, "until"),
)

#: Lists of rules with the cheap comparison that each is asked first, by digest: what `passed_over` refers to.
rule_indexes = Table(
    "rule_indexes",
    metadata,
    Column("index", String(64), primary_key=True),
    Column("rules", Json, nullable=False),
    Column("created", Moment, nullable=False),
)

passed_over = Table(
    "passed_over",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("index", String(64), nullable=False),
    Column("rules", Integer, nullable=False),
    Column("seen", Json, nullable=False),
    Column("decided", Moment, nullable=False),
)

steps = Table(
    "steps",
    metadata,
    _id(),
    Column("reaction_id", BigInteger, ForeignKey("reactions.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("action", Json, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("owner", Words),
    Column("lease_until", Moment),
    Column("not_before", Moment),
    Column("result", Json),
    Column("error", Words, nullable=False, default=""),
    Column("updated", Moment, nullable=False),
    Column("progress", Json),
    UniqueConstraint("reaction_id", "position"),
    Index(None, "state", "id"),
)

#: Questions that a person answers before later steps go on. One without a verdict is open while its step is queued.
reviews = Table(
    "reviews",
    metadata,
    Column("step_id", BigInteger, ForeignKey("steps.id"), primary_key=True, autoincrement=False),
    Column("reaction_id", BigInteger, ForeignKey("reactions.id"), nullable=False, index=True),
    Column("thread", Words, nullable=False),
    Column("question", Words, nullable=False),
    Column("asked", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("decided", Moment),
)

#: Somebody has seen what a reaction said, so that it need not be escalated.
acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("reaction_id", BigInteger, ForeignKey("reactions.id"), primary_key=True, autoincrement=False),
    Column("by", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("target", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("thread", Words, nullable=False),
    Column("slot", Words, nullable=False),
    Column("report", Json, nullable=False),
    Column("reaction_id", BigInteger, ForeignKey("reactions.id"), index=True),
    Column("state", Words, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("owner", Words),
    Column("lease_until", Moment),
    Column("not_before", Moment),
    Column("reference", Json),
    Column("error", Words, nullable=False, default=""),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    UniqueConstraint("target", "key"),
    Index(None, "target", "state", "thread", "id"),
    Index(None, "thread", "id"),
    Index("ix_outbox_unfinished", "state", sqlite_where=text(UNFINISHED), postgresql_where=text(UNFINISHED)),
)

threads = Table(
    "threads",
    metadata,
    Column("target", Words, primary_key=True),
    Column("thread", Words, primary_key=True),
    Column("reference", Json, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("feed", Words, primary_key=True),
    Column("first", Moment),
    Column("last", Moment),
    Column("last_heartbeat", Moment),
    Column("count", BigInteger, nullable=False),
    Column("state", Words, nullable=False),
    Column("since", Moment),
    Column("detail", Words, nullable=False),
)

#: Recurring duties of the service and whose turn they are.
turns = Table(
    "turns",
    metadata,
    Column("name", Words, primary_key=True),
    Column("due", Moment, nullable=False),
    Column("owner", Words),
    Column("until", Moment),
    Column("state", Json),
    Column("succeeded", Moment),
    Column("failures", Integer, nullable=False),
    Column("error", Words, nullable=False),
)

#: How each sanity check stands. `standing` holds the counters by which single slips are told from failures; `incident`
#: counts the times that it was failing, each of which has a thread of its own.
check_states = Table(
    "check_states",
    metadata,
    Column("check", Words, primary_key=True),
    Column("platform", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("looked", Moment, nullable=False),
    Column("ok", Boolean),
    Column("reason", Words, nullable=False),
    Column("mend", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("proves", Json, nullable=False),
    Column("standing", Json, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("incident", Integer, nullable=False),
)

check_runs = Table(
    "check_runs",
    metadata,
    _id(),
    Column("check", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ok", Boolean),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("took_s", Float, nullable=False),
    Column("values", Json, nullable=False),
    Index(None, "check", "at"),
)

#: Runs of test cases: one row for each case, environment and seed. `cause` is the event that asked for it first.
test_results = Table(
    "test_results",
    metadata,
    _id(),
    Column("case", Words, nullable=False),
    Column("case_hash", String(64), nullable=False),
    Column("package", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("environment", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", Words, nullable=False),
    Column("values", Json, nullable=False),
    Column("verdict", Words, nullable=False, default=""),
    Column("error", Words, nullable=False, default=""),
    Column("seconds", Float, nullable=False),
    Column("at", Moment, nullable=False),
    Column("cause", Words, nullable=False, default=""),
    UniqueConstraint("case_hash", "package", "version", "environment", "seed"),
    Index(None, "case", "package"),
)

#: References that people accepted in place of those in the files; `of` is the digest of what the file said then.
test_references = Table(
    "test_references",
    metadata,
    _id(),
    Column("case", Words, nullable=False, index=True),
    Column("quantity", Words, nullable=False),
    Column("of", String(64), nullable=False),
    Column("value", Float, nullable=False),
    Column("error", Float),
    Column("unit", Words, nullable=False),
    Column("package", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

#: What people ask for in chat, kept before it is acknowledged; `delivery` is the sender's own id, so that what is
#: delivered twice is done once.
inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("delivery", Words, nullable=False, unique=True),
    Column("door", Words, nullable=False),
    Column("request", Json, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("lease_until", Moment),
    Column("error", Words, nullable=False, default=""),
    Column("received", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Index(None, "door", "state", "id"),
)

#: Rules of single people, whose only action notifies their owner. A `draft` was shown and not yet kept.
subscriptions = Table(
    "subscriptions",
    metadata,
    _id(),
    Column("owner", Words, nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("sentence", Words, nullable=False),
    Column("rule", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("tell", Words, nullable=True),
)

# --- what rules would have done ---

backtests = Table(
    "backtests",
    metadata,
    _id(),
    Column("rule", Words, nullable=False, index=True),
    Column("rule_hash", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("asked", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("report", Words, nullable=False),
    Column("error", Words, nullable=False),
)

#: Tokens by their digests: `kind` is `token` (a person's), `feed` (opens feeds only) or `link` (signs in once).
tokens = Table(
    "tokens",
    metadata,
    _id(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False, index=True),
    Column("role", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("used", Moment),
    Column("ended", Moment),
)

#: Who is signed in on the page, by the digest of the cookie; `claims` is what a provider said of them.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("token_id", BigInt, ForeignKey("tokens.id")),
    Column("claims", Json, nullable=False),
    Column("person", Words, nullable=False, index=True),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False, index=True),
    Column("ended", Moment),
)

#: Who signed in, and what people did on the page.
audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Moment, nullable=False),
    Column("person", Words, nullable=False),
    Column("shown", Words, nullable=False),
    Column("act", Words, nullable=False),
    Column("about", Words, nullable=False),
    Column("client", Words, nullable=False),
)
