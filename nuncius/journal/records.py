"""What goes into the journal and what comes out of it, as plain values. Nothing here knows of SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from nuncius.core.event import Event, Tense
from nuncius.core.report import Report

#: What a rule said about an event.
Outcome = Literal[
    "fired",
    "unchanged",
    "not",
    "unknown",
    "waiting",  # for a window to close, a moment to come, a count to be reached
    "shadow",
    "limited",
    "muted",
    "silenced",
    "skipped",  # mode: skip, and what was begun before has not ended
    "test",
    "error",
]
#: How a worker leaves a step; `retry` puts it back into the queue.
StepOutcome = Literal["done", "failed", "skipped", "retry"]
ReactionState = Literal["queued", "running", "done", "failed", "cancelled", "superseded", "retracted"]
Verdict = Literal["approved", "rejected"]
ReviewState = Literal["open", "approved", "rejected", "expired", "withdrawn"]
ReportDelivery = Literal["pending", "sending", "delivered", "failed", "cancelled"]


# --- the log ---


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its place in the journal. `event.blobs` is empty: fetch each by its SHA-256."""

    seq: int
    event: Event
    journalled: datetime


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be understood, with its bytes. `error` is the class of the error, `reason` its
    message, `resolved` the moment a replay after a fix succeeded."""

    id: int = 0
    received: datetime
    source: str
    topic: str = ""
    partition: int | None = None
    offset: int | None = None
    content_type: str = ""
    raw: bytes
    error: str
    reason: str
    resolved: datetime | None = None


class Offset(msgspec.Struct, frozen=True, kw_only=True):
    """Where a consumer group stands in a partition: `next_offset` is read next, `high` is the broker's end."""

    group: str
    topic: str
    partition: int
    next_offset: int
    updated: datetime
    high: int | None = None


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What an append did: sequence numbers of new events in order, how many were known already, new rejects."""

    new: list[int]
    duplicates: int
    rejected: int


# --- objects ---


class ObjectLink(msgspec.Struct, frozen=True, kw_only=True):
    """The claim, made by an event, that `name` (normalised) means `object` (an IRI). `how` it was concluded:
    "name", "id", "coincidence" … A withdrawn claim stays visible and no longer counts."""

    name: str
    object: str
    event_id: str
    how: str
    withdrawn: bool = False


class ObjectSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One astrophysical event as the journal knows it. `trigger_time` is the first one stated, `tenses` stand in
    the order they first came, `updated` is when its newest event was received. `retracted`: every mission
    that announced it has taken it back."""

    object: str
    names: list[str]
    first_seq: int
    last_seq: int
    events: int
    trigger_time: datetime | None
    tenses: list[Tense]
    retracted: bool
    updated: datetime


# --- decisions and reactions ---


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule said about one event and why; `trace` holds each condition with its value."""

    rule: str
    rule_hash: str
    outcome: Outcome
    reason: str
    trace: list[dict[str, Any]] = []


class StoredDecision(Decision, frozen=True, kw_only=True):
    """A decision with the event it was about and when it was taken."""

    id: int
    consumer: str
    seq: int
    event_id: str
    decided: datetime


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a reaction or a wait rests on, what it is about and who sent it: what a retraction looks for."""

    event: str
    object: str | None = None
    mission: str = ""


class NewReaction(msgspec.Struct, frozen=True, kw_only=True):
    """Work that a rule asks for. `key` (slot and resolved inputs) makes it happen once; another key in the same
    `slot` replaces what is unfinished there. `actions` become steps, in order; `on_retract` are the actions of
    the follow-up should the object be retracted. `context` is what templates need, and by its `mission` a retraction
    knows its own. `members` are the events that it rests on beside the one that `context` names; the retraction of
    any undoes it. `mode` says what becomes of unfinished work in the slot: `queue` waits for it, `parallel` lets it
    go on, every other replaces it; neither is read back."""

    slot: str
    key: str
    rule: str
    rule_hash: str
    object: str | None = None
    per: str = ""
    severity: str = "info"
    actions: list[dict[str, Any]] = []
    context: dict[str, Any] = {}
    on_retract: list[dict[str, Any]] = []
    members: list[Member] = []
    mode: str = "latest"


class StoredReaction(NewReaction, frozen=True, kw_only=True):
    """A reaction and its fate. `revision` counts reactions of its slot from 1; `retracts` names the reaction that
    this one follows up."""

    id: int
    seq: int
    event_id: str
    state: ReactionState
    revision: int
    retracts: int | None
    created: datetime
    updated: datetime


class StoredStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a reaction, to look at. `waiting` for earlier steps, `queued`, `running`, or how it ended.
    `progress` is what a running one says of how far it is, `fraction` and `words`."""

    id: int
    reaction: int
    position: int
    action: dict[str, Any]
    state: Literal["waiting", "queued", "running", "done", "failed", "skipped", "cancelled"]
    attempt: int
    owner: str | None
    not_before: datetime | None
    result: dict[str, Any] | None
    error: str
    updated: datetime
    progress: dict[str, Any] | None = None


class Retraction(msgspec.Struct, frozen=True, kw_only=True):
    """A mission takes back what it said about an object (an IRI). One that names no mission takes back all of it."""

    object: str
    mission: str = ""

    def covers(self, mission: str | None) -> bool:
        """Whether what was done on the word of `mission` goes: empty for people and facts, None if never noted."""
        return not self.mission or mission is None or mission == self.mission


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a rule looks at later: `form` says what (a window that closes `without`, a moment `after` T0, a
    `schedule`, an `escalation`), `due` when. When it is due an event of kind `timer` with the id `timer:<key>` is
    journalled, once, and the rule decides about that. `per` is what it waits for, one at a time; `event` the anchor's
    id, `members` what it rests on; the retraction of any closes it. `data` is the engine's own."""

    key: str
    rule: str
    form: str
    due: datetime
    per: str = ""
    event: str = ""
    members: list[Member] = []
    data: dict[str, Any] = {}


class StoredWait(Wait, frozen=True, kw_only=True):
    """A wait and its fate."""

    id: int
    state: Literal["open", "rung", "closed"]
    created: datetime
    updated: datetime


class PassedOver(msgspec.Struct, frozen=True, kw_only=True):
    """Rules that a cheap comparison ruled out, kept compactly where thousands listen: `index` names the list of rules
    (with their comparisons) that was asked, `seen` holds the values of the fields compared, `rules` how many."""

    index: str
    rules: int
    seen: dict[str, Any] = {}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """All that was decided about the event `seq`. What it `retracts` is taken back before its own `reactions` are
    created; what `closes` (keys of waits) is ended before its own `waits` are opened. With `rings`, the event is a
    timer's: it is journalled in the same transaction, gets its number there, and all is dropped where its wait has
    been rung before."""

    seq: int
    decisions: list[Decision] = []
    reactions: list[NewReaction] = []
    retracts: list[Retraction] = []
    waits: list[Wait] = []
    closes: list[str] = []
    rings: Event | None = None
    passed: PassedOver | None = None


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """People want to hear nothing from a rule (empty: from any) about an object (empty: about any) until a moment."""

    id: int = 0
    rule: str = ""
    object: str = ""
    why: str
    by: str = ""
    since: datetime
    until: datetime


class LeasedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step to do now. `attempt` counts from 1; `earlier` holds the results of earlier steps by their `as` name."""

    id: int
    reaction: StoredReaction
    position: int
    action: dict[str, Any]
    attempt: int
    earlier: dict[str, dict[str, Any]]


# --- questions to people ---


class NewReview(msgspec.Struct, frozen=True, kw_only=True):
    """A question for the thread's people, to be answered by `due`."""

    thread: str
    question: str
    due: datetime


class Review(NewReview, frozen=True, kw_only=True):
    """A question and its fate. `id` is what people answer to (the number of the step that asked)."""

    id: int
    reaction: int
    rule: str
    object: str | None
    asked: datetime
    state: ReviewState
    by: str = ""
    why: str = ""
    decided: datetime | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a reaction stands, in the words that `unless` of an escalation may use."""

    acknowledged: bool
    approved: bool
    rejected: bool
    done: bool
    failed: bool


# --- outbox ---


class LeasedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report to deliver now. `in_doubt`: an earlier attempt began sending and never said how it ended, so look
    on the other side before sending again. `previous`: reference of the last report delivered in this slot and
    thread on this target, to be edited in place."""

    id: int
    target: str
    report: Report
    attempt: int
    in_doubt: bool
    previous: dict[str, Any] | None


class StoredReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report in the outbox and how its delivery stands. `reaction_id` is the reaction that made it, if one did."""

    id: int
    target: str
    report: Report
    state: ReportDelivery
    attempt: int
    reference: dict[str, Any] | None
    error: str
    created: datetime
    updated: datetime
    reaction_id: int | None = None


# --- feeds ---


class FeedSeen(msgspec.Struct, frozen=True, kw_only=True):
    """`count` messages (or a heartbeat) came over a feed, the last of them at `at`."""

    feed: str
    at: datetime
    count: int = 1
    heartbeat: bool = False


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as seen so far. `state` and `detail` are the watcher's words, `since` when it began; times are None
    while nothing was seen."""

    feed: str
    first: datetime | None
    last: datetime | None
    last_heartbeat: datetime | None
    count: int
    state: str
    since: datetime | None
    detail: str


# --- recurring duties ---


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A duty as it stands. `state` is what it wants to remember, None before its first success; `failures` counts
    those since the last success, `error` is the last one's message."""

    name: str
    due: datetime
    owner: str | None = None
    until: datetime | None = None
    state: Any = None
    succeeded: datetime | None = None
    failures: int = 0
    error: str = ""
