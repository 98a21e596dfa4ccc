"""The one module that talks to Kafka: a consumer that resumes where the journal stands.

Everything runs in the thread that calls `take` or `idle`; the client library calls back from there. Offsets are
committed by the caller's word only, after the journal's transaction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any

import gcn_kafka
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, KafkaException, TopicPartition

from listeners.feeds import Link, State
from listeners.formats import Message, parse
from listeners.intake import Record
from listeners.kafka_link import LinkWatch, cause, client_log
from listeners.kafka_settings import KafkaSettings, client_config, starts_at, subscription
from nuncius.core.clock import Clock
from nuncius.core.errors import ConfigurationError, TransientError

log = logging.getLogger(__name__)

Place = tuple[str, int]  # topic, partition

#: How long a question to the broker may take while partitions are being assigned.
ASK_S = 10.0


class KafkaClient:
    """One member of a consumer group.

    `recall` gives the journal's own offsets; `remember` is told where partitions begin that the group never read.
    `fresh` says that the group has never run before, which is the only time that `latest` means anything.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        clock: Clock,
        recall: Callable[[], dict[Place, int]],
        remember: Callable[[dict[Place, int]], None],
        fresh: bool,
    ) -> None:
        self._settings, self._clock, self._recall, self._remember = settings, clock, recall, remember
        self._fresh = fresh
        self._watch = LinkWatch(clock)
        self._held: list[Any] = []
        self._paused = False
        self._owned: set[Place] = set()
        self._expected: dict[Place, int] = {}
        self._journalled: dict[Place, int] = {}
        callbacks = {"error_cb": self._watch.on_error, "stats_cb": self._watch.on_statistics, "on_commit": _on_commit}
        self._consumer = open_consumer(settings, callbacks)
        self._consumer.subscribe(
            subscription(settings.subscribed),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def __enter__(self) -> KafkaClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            self._consumer.close()  # calls _on_revoke, which commits what is journalled
        except (KafkaException, RuntimeError) as problem:
            log.warning("kafka: leaving the group: %s", problem)

    @property
    def link(self) -> Link:
        """The connection, as far as is known."""
        return self._watch.link

    @property
    def troubles(self) -> dict[str, tuple[State, str]]:
        """What the broker refused about single topics."""
        return self._watch.troubles

    # --- messages ---

    def take(self, limit: int, timeout_s: float) -> list[Record]:
        """The messages at hand, at most `limit`; waits for the first at most `timeout_s`.

        One `poll` and then what is already here: `consume(limit, timeout)` alone would wait for a full batch, and an
        alert with it. Raises TransientError when the client must be opened anew.
        """
        messages, self._held = self._held, []
        try:
            if not messages:
                first = self._consumer.poll(timeout_s)
                messages = [] if first is None else [first]
            if messages and len(messages) < limit:
                messages += self._consumer.consume(limit - len(messages), 0)
        except (KafkaException, RuntimeError) as error:
            raise TransientError(f"kafka: {error}") from error
        now = self._clock.now()
        records = []
        for message in messages:
            if message.error() is None:
                records.append(self._record(message, now))
            else:
                self._watch.on_topic_error(message.topic(), message.error())
        return records

    def idle(self, seconds: float) -> None:
        """Stay a member of the group while nothing can be taken: no new message is fetched."""
        if not self._paused:
            self._paused = True
            self._consumer.pause(self._consumer.assignment())
        message = self._consumer.poll(seconds)
        if message is not None:
            self._held.append(message)

    def resume(self) -> None:
        """Fetch again after `idle`."""
        if self._paused:
            self._paused = False
            self._consumer.resume(self._consumer.assignment())

    def _record(self, message: Any, now: datetime) -> Record:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        self.troubles.pop(topic, None)
        expected = self._expected.pop((topic, partition), offset)
        if offset > expected:
            missing = "kafka: %s[%d] goes on at %d instead of %d: the broker no longer keeps what was between"
            log.warning(missing, topic, partition, offset, expected)
        kind = next((v for k, v in message.headers() or [] if k.lower() == "content-type"), None)
        return Record(
            topic=topic,
            partition=partition,
            offset=offset,
            value=message.value() or b"",
            received=now,
            content_type=kind.decode("ascii", "replace") if isinstance(kind, bytes) else kind,
        )

    # --- offsets ---

    def commit(self, offsets: dict[Place, int]) -> None:
        """Tell the broker what is journalled, without waiting. Partitions that went to another member are left to
        it: an offset of ours could set it back."""
        mine = {place: offset for place, offset in offsets.items() if place in self._owned}
        self._journalled |= mine
        if mine:
            self._send(mine, wait=False)

    def ends(self) -> dict[Place, int]:
        """The broker's end of each partition as of the last fetch."""
        found: dict[Place, int] = {}
        for topic, partition in self._owned:
            _, high = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            if high >= 0:
                found[topic, partition] = high
        return found

    def _send(self, offsets: dict[Place, int], *, wait: bool) -> None:
        places = [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=not wait)
        except KafkaException as error:
            # Nothing is lost: the next commit says more, and a restart reads these messages again and knows them.
            log.warning("kafka: offsets not committed now: %s", error)

    # --- membership ---

    def _on_assign(self, consumer: Any, partitions: list[Any]) -> None:
        self._owned |= {(p.topic, p.partition) for p in partitions}
        for p in partitions:
            self.troubles.pop(p.topic, None)
        try:
            self._set_starts(consumer, partitions)
        except (KafkaException, TransientError) as error:
            # The committed offsets stand, or else the oldest message: rather twice than never.
            log.warning("kafka: where to begin is not known: %s; the broker's own offsets are used", error)
        if "cooperative" in str(self._settings.config.get("partition.assignment.strategy", "")):
            consumer.incremental_assign(partitions)
        else:
            consumer.assign(partitions)
        if self._paused:
            consumer.pause(partitions)
        log.info("kafka: reading %d partitions of %d topics", len(self._owned), len({t for t, _ in self._owned}))

    def _set_starts(self, consumer: Any, partitions: list[Any]) -> None:
        known = self._recall()
        read = [p for p in partitions if p.topic != self._settings.heartbeat]
        committed = {(c.topic, c.partition): c.offset for c in consumer.committed(read, timeout=ASK_S)} if read else {}
        new: list[Any] = []
        for p in partitions:
            place = (p.topic, p.partition)
            # The journal is the truth: behind the broker's commit it was restored from a backup and must catch up,
            # ahead of it the process died before it could commit, and reading again does no harm.
            stands = [offset for offset in (committed.get(place, -1), known.get(place, -1)) if offset >= 0]
            if p.topic == self._settings.heartbeat:
                p.offset = OFFSET_END  # an old heartbeat says nothing
            elif stands:
                p.offset = self._expected[place] = min(stands)
            elif self._fresh and starts_at(self._settings, p.topic) == "latest":
                new.append(p)
            else:
                p.offset = OFFSET_BEGINNING
        self._begin_now(consumer, new)
        self._fresh = False  # what is assigned later appeared later, and is read from its beginning

    def _begin_now(self, consumer: Any, partitions: list[Any]) -> None:
        """Pin `latest` to a number and remember it: or else a topic that stays empty until the next start would
        begin anew there, and lose what came while we were away."""
        if not partitions:
            return
        ask = [TopicPartition(p.topic, p.partition, OFFSET_END) for p in partitions]
        ends = {(e.topic, e.partition): e.offset for e in consumer.offsets_for_times(ask, timeout=ASK_S) if not e.error}
        for p in partitions:
            p.offset = ends.get((p.topic, p.partition), OFFSET_END)
        self._remember({place: offset for place, offset in ends.items() if offset >= 0})

    def _on_revoke(self, consumer: Any, partitions: list[Any]) -> None:
        places = {(p.topic, p.partition) for p in partitions}
        last = {place: offset for place, offset in self._journalled.items() if place in places}
        if last and self.link.state == "up":
            self._send(last, wait=True)
        self._forget(places)

    def _on_lost(self, consumer: Any, partitions: list[Any]) -> None:
        log.warning(
            "kafka: %d partitions lost: cut off, or too slow; what is not committed comes again", len(partitions)
        )
        self._forget({(p.topic, p.partition) for p in partitions})

    def _forget(self, places: set[Place]) -> None:
        self._owned -= places
        for place in places:
            self._journalled.pop(place, None)
            self._expected.pop(place, None)


def _on_commit(error: Any, places: Any) -> None:
    if error is not None:
        log.warning("kafka: offsets not committed now: %s", error)


def open_consumer(settings: KafkaSettings, callbacks: dict[str, Any]) -> Any:
    """A consumer of `gcn_kafka`. Raises ConfigurationError for a setting that the client refuses, without secrets."""
    config = {**client_config(settings), **callbacks, "logger": client_log()}
    try:
        return gcn_kafka.Consumer(config)
    except (KafkaException, TypeError, ValueError) as error:
        text = str(error)
        for secret in (config.get("client_secret"), settings.password):
            text = text.replace(secret, "•••") if secret else text
        raise ConfigurationError(f"kafka: the client refuses its configuration: {text}; see kafka.config") from None


def probe(settings: KafkaSettings, timeout_s: float) -> list[str]:
    """The topics that match the subscription, asked from the broker. Raises TransientError with the reason, or
    ConfigurationError when the login is refused."""
    causes: list[tuple[State, str]] = []

    def on_error(error: Any) -> None:
        if (found := cause(error)) is not None:
            causes.append(found)

    consumer = open_consumer(settings, {"error_cb": on_error})
    try:
        names = sorted(consumer.list_topics(timeout=timeout_s).topics)
        wanted = [re.compile(p if p.startswith("^") else re.escape(p) + "$") for p in subscription(settings.subscribed)]
        return [name for name in names if any(pattern.match(name) for pattern in wanted)]
    except KafkaException as error:
        consumer.poll(0)  # lets the library say why
        state, reason = causes[0] if causes else ("disconnected", str(error))
        refused = state == "unauthorised"
        raise (ConfigurationError if refused else TransientError)(f"kafka: {reason}") from None
    finally:
        consumer.close()


def heartbeat_offset(settings: KafkaSettings, clock: Clock, timeout_s: float) -> float | None:
    """How far the sender of heartbeats is ahead of `clock`, in seconds; None where no heartbeat comes in time. Joins no
    group. Raises TransientError, ConfigurationError or FormatError."""
    consumer = open_consumer(settings, {})
    try:
        consumer.assign([TopicPartition(settings.heartbeat, 0, OFFSET_END)])
        message = consumer.poll(timeout_s)
        now = clock.now()
        if message is None or message.error() is not None:
            return None
        (event,) = parse(Message(raw=message.value() or b"", received=now, topic="gcn.heartbeat"))
        return (event.trigger_time - now).total_seconds() if event.trigger_time else None
    except KafkaException as error:
        raise TransientError(f"kafka: {error}") from error
    finally:
        consumer.close()
