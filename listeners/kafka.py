"""The Kafka listener: messages of GCN or any other Kafka into the journal, and whether the feeds still flow.

One batch is one transaction of the journal; only after it is the batch's offset committed. So a message may come
twice, which the journal notices by the event's id, and none is ever lost. Decides nothing about what it reads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from listeners import formats
from listeners.feed_watch import FeedWatch
from listeners.intake import Parse, Record, Taken, keep, understand
from listeners.kafka_settings import KafkaSettings, credentials, group_id
from nuncius.core.clock import Clock, SystemClock
from nuncius.core.errors import ConfigurationError, NunciusError, TransientError
from nuncius.journal import Journal
from nuncius.journal.records import Offset

if TYPE_CHECKING:
    from listeners.kafka_client import KafkaClient

log = logging.getLogger(__name__)

__all__ = ["KafkaListener", "KafkaSettings"]

#: Longest pause between attempts, in seconds.
LONGEST_WAIT_S = 30.0
#: Within this a listener that waits for the journal notices that it is told to stop.
LONGEST_IDLE_S = 5.0


class KafkaListener:
    """A member of a consumer group; several with one group id and one journal share the partitions."""

    def __init__(self, settings: KafkaSettings, *, clock: Clock | None = None, parse: Parse = formats.parse) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.parse = parse
        self.group = group_id(settings, credentials(settings))

    @property
    def name(self) -> str:
        return f"kafka:{self.group}"

    def run(self, journal: Journal, stop: threading.Event) -> None:
        """Listen until `stop` is set. Raises ConfigurationError for what only a person can mend."""
        watch = FeedWatch(self.settings, listener=self.name, clock=self.clock)
        fresh = not any(offset.group == self.group for offset in journal.offsets())
        wait = 0.5
        while not stop.is_set():
            try:
                with self._client(journal, fresh) as client:
                    self._listen(client, journal, watch, stop)
            except ConfigurationError:
                raise
            except NunciusError as error:
                log.warning("%s: %s; again in %.1f s", self.name, error, wait)
                stop.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
            fresh = False

    def _listen(self, client: KafkaClient, journal: Journal, watch: FeedWatch, stop: threading.Event) -> None:
        while not stop.is_set():
            records = client.take(self.settings.batch, self.settings.poll_s)
            watch.heard(records)
            batch = self.read(records)
            if batch and self._store(client, journal, batch, stop):
                client.commit(next_offsets(batch))
            watch.look(journal, client)

    def read(self, records: Sequence[Record]) -> list[Taken]:
        """What the records turned out to be; heartbeats are counted elsewhere and left out."""
        beat = self.settings.heartbeat
        return [understand(r, source=self.name, parse=self.parse) for r in records if r.topic != beat]

    def _store(self, client: KafkaClient, journal: Journal, batch: list[Taken], stop: threading.Event) -> bool:
        """Journal a batch, however long that takes; False when told to stop before it succeeded."""
        offsets = self.offsets(next_offsets(batch), client.ends())
        wait = 0.1
        while True:
            try:
                done = keep(journal, batch, source=self.name, offsets=offsets)
                break
            except TransientError as error:
                wait = min(2 * wait, LONGEST_IDLE_S)
                pause = min(error.retry_after_s or wait, LONGEST_IDLE_S)
                log.warning("%s: %s; %d messages wait, again in %.1f s", self.name, error, len(batch), pause)
                # The broker would take the partitions away from a member that does not ask for messages.
                client.idle(pause)
                if stop.is_set():
                    return False
        client.resume()
        if done.rejected:
            log.warning(
                "%s: %d of %d messages were rejected; see `nuncius status`", self.name, done.rejected, len(batch)
            )
        return True

    def offsets(self, following: dict[tuple[str, int], int], ends: dict[tuple[str, int], int]) -> list[Offset]:
        """Positions as the journal keeps them."""
        now = self.clock.now()
        return [
            Offset(
                group=self.group,
                topic=topic,
                partition=partition,
                next_offset=offset,
                updated=now,
                high=None if (end := ends.get((topic, partition))) is None else max(end, offset),
            )
            for (topic, partition), offset in following.items()
        ]

    def _client(self, journal: Journal, fresh: bool) -> KafkaClient:
        from listeners.kafka_client import KafkaClient

        def recall() -> dict[tuple[str, int], int]:
            return {(o.topic, o.partition): o.next_offset for o in journal.offsets() if o.group == self.group}

        def remember(begin: dict[tuple[str, int], int]) -> None:
            journal.append([], offsets=self.offsets(begin, begin))

        return KafkaClient(self.settings, clock=self.clock, recall=recall, remember=remember, fresh=fresh)


def next_offsets(batch: Sequence[Taken]) -> dict[tuple[str, int], int]:
    """The offset after the last message of each partition in a batch."""
    following: dict[tuple[str, int], int] = {}
    for taken in batch:
        record = taken.record
        place = (record.topic, record.partition)
        following[place] = max(following.get(place, 0), record.offset + 1)
    return following
