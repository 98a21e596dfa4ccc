"""The one module that talks to Kafka: a consumer that resumes where the journal stands and knows why it is cut off.

Everything runs in the thread that calls `take` or `idle`; the client library calls back from there. Offsets are
committed by the caller's word only, after the journal's transaction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import confluent_kafka
import gcn_kafka
import msgspec
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, KafkaError, KafkaException, TopicPartition

from listeners.feeds import Link, State
from listeners.intake import Record
from listeners.kafka_settings import KafkaSettings, client_config, credentials, starts_at, subscription
from listeners.oauth import login_state
from nuncius.core.clock import Clock
from nuncius.core.errors import ConfigurationError, TransientError

log = logging.getLogger(__name__)

Place = tuple[str, int]  # topic, partition

#: How long a question to the broker may take while partitions are being assigned.
ASK_S = 10.0
_ASSIGNMENT_REFUSED = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)
_LOGIN = (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)


class _Broker(msgspec.Struct):
    state: str = ""
    source: str = ""


class _Statistics(msgspec.Struct):
    brokers: dict[str, _Broker] = {}


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
        self.link = Link(state="connecting", since=clock.now())
        self.troubles: dict[str, tuple[State, str]] = {}
        self._cause: tuple[State, str] | None = None
        self._held: list[Any] = []
        self._paused = False
        self._owned: set[Place] = set()
        self._expected: dict[Place, int] = {}
        self._journalled: dict[Place, int] = {}
        self._consumer = self._open()

    def _open(self) -> Any:
        callbacks = {"error_cb": self._on_error, "stats_cb": self._on_statistics, "on_commit": self._on_commit}
        consumer = open_consumer(self._settings, {**callbacks, "logger": _client_log()})
        topics = subscription(self._settings.subscribed)
        consumer.subscribe(topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)
        return consumer

    def __enter__(self) -> KafkaClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            self._consumer.close()  # calls _on_revoke, which commits what is journalled
        except (KafkaException, RuntimeError) as problem:
            log.warning("kafka: leaving the group: %s", problem)

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
        return [self._record(message, now) for message in messages if not self._is_error(message)]

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

    def _record(self, message: Any, now: Any) -> Record:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if self.troubles:
            self.troubles.pop(topic, None)
        expected = self._expected.pop((topic, partition), None) if self._expected else None
        if expected is not None and offset > expected:
            log.warning(
                "kafka: %s[%d] goes on at %d, not at %d: %d messages are no longer kept by the broker",
                topic,
                partition,
                offset,
                expected,
                offset - expected,
            )
        kind = next((v for k, v in message.headers() or [] if k.lower() == "content-type"), None)
        return Record(
            topic=topic,
            partition=partition,
            offset=offset,
            value=message.value() or b"",
            received=now,
            content_type=kind.decode("ascii", "replace") if isinstance(kind, bytes) else kind,
        )

    def _is_error(self, message: Any) -> bool:
        error = message.error()
        if error is None:
            return False
        if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED and message.topic():
            why = f"this account may not read {message.topic()}; ask its owner, or take it out of kafka.topics"
            self.troubles[message.topic()] = ("unauthorised", why)
        elif error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART and message.topic():
            self.troubles[message.topic()] = ("silent", f"the broker knows no topic {message.topic()}; is it misspelt?")
        else:
            self._on_error(error)
        return True

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

    def _on_commit(self, error: Any, places: Any) -> None:
        if error is not None and error.code() != KafkaError._NO_OFFSET:
            log.warning("kafka: offsets not committed now: %s", error)

    # --- membership ---

    def _on_assign(self, consumer: Any, partitions: list[Any]) -> None:
        self._owned |= {(p.topic, p.partition) for p in partitions}
        for p in partitions:
            self.troubles.pop(p.topic, None)
        try:
            self._set_starts(consumer, partitions)
        except KafkaException as error:
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
        heartbeat = self._settings.heartbeat
        known = self._recall()
        committed = {
            (c.topic, c.partition): c.offset
            for c in consumer.committed([p for p in partitions if p.topic != heartbeat], timeout=ASK_S)
        }
        new: list[Any] = []
        for p in partitions:
            place = (p.topic, p.partition)
            # The journal is the truth: behind the broker's commit it was restored from a backup and must catch up,
            # ahead of it the process died before it could commit, and reading again does no harm.
            stands = [offset for offset in (committed.get(place, -1), known.get(place, -1)) if offset >= 0]
            if p.topic == heartbeat:
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
        log.warning("kafka: %d partitions went to another member; was the journal slow for long?", len(partitions))
        self._forget({(p.topic, p.partition) for p in partitions})

    def _forget(self, places: set[Place]) -> None:
        self._owned -= places
        for place in places:
            self._journalled.pop(place, None)
            self._expected.pop(place, None)

    # --- connection ---

    def _on_error(self, error: Any) -> None:
        reason = error.str() or error.name()
        if error.code() in _LOGIN:
            state: State = login_state(reason)
            self._cause = (state, _login_words(state, reason))
        elif error.code() != KafkaError._ALL_BROKERS_DOWN:  # a summary, which would hide its cause
            self._cause = ("disconnected", reason)
        if error.fatal():
            raise TransientError(f"kafka: {reason}")
        log.debug("kafka: %s", reason)

    def _on_statistics(self, text: str) -> None:
        statistics = msgspec.json.decode(text, type=_Statistics)
        up = any(b.state in ("UP", "UPDATE") and b.source != "logical" for b in statistics.brokers.values())
        if up:
            self._cause = None
            state: Any = "up"
        elif self._cause is None and self.link.state == "connecting":
            return
        else:
            state = self._cause[0] if self._cause else "disconnected"
        if state != self.link.state:
            reason = self._cause[1] if self._cause else ""
            log.log(logging.INFO if up else logging.WARNING, "kafka: %s %s", state, reason)
            self.link = Link(state=state, since=self._clock.now(), reason=reason)


def open_consumer(settings: KafkaSettings, callbacks: dict[str, Any]) -> Any:
    """A consumer of `gcn_kafka`. Raises ConfigurationError for a setting that the client refuses, without secrets."""
    config = {**client_config(settings), **callbacks}
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
        if error.code() in _LOGIN:
            causes.insert(0, (login_state(error.str()), _login_words(login_state(error.str()), error.str())))
        elif error.code() != KafkaError._ALL_BROKERS_DOWN:
            causes.append(("disconnected", error.str()))

    consumer = open_consumer(settings, {"error_cb": on_error, "logger": _client_log()})
    try:
        consumer.poll(0)
        names = sorted(consumer.list_topics(timeout=timeout_s).topics)
        wanted = [re.compile(p if p.startswith("^") else re.escape(p) + "$") for p in subscription(settings.subscribed)]
        return [name for name in names if any(pattern.match(name) for pattern in wanted)]
    except KafkaException as error:
        consumer.poll(0)
        state, reason = causes[0] if causes else ("disconnected", str(error))
        if state == "unauthorised":
            raise ConfigurationError(f"kafka: {reason}") from None
        raise TransientError(f"kafka: {reason}") from None
    finally:
        consumer.close()


def _login_words(state: State, reason: str) -> str:
    if state == "unauthorised":
        return f"login refused: {reason}; check the client id and secret, or make new ones"
    return f"the token endpoint gives no token: {reason}"


class _OncePerMinute(logging.Filter):
    """The client library repeats a failed connection several times a second; one line a minute is enough."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        gist = re.sub(r"\d+", "#", record.getMessage())
        if record.created - self._said.get(gist, 0.0) < 60.0:
            return False
        self._said[gist] = record.created
        return True


def _client_log() -> logging.Logger:
    logger = logging.getLogger("nuncius.kafka.client")
    if not logger.filters:
        logger.addFilter(_OncePerMinute())
    return logger


__all__ = ["KafkaClient", "Place", "confluent_kafka", "credentials", "open_consumer", "probe"]
