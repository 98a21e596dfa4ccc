"""What the client library says about the connection, as one state with its reason. Imports no Kafka library.

The library tells in three ways: errors (why), statistics (whether any broker is up) and errors of one topic.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec

from listeners.feeds import Link, State
from listeners.oauth import login_state
from nuncius.core.clock import Clock
from nuncius.core.errors import TransientError

log = logging.getLogger(__name__)

_LOGIN = frozenset({"_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "GROUP_AUTHORIZATION_FAILED"})


class _Broker(msgspec.Struct, frozen=True):
    state: str = ""
    source: str = ""


class _Group(msgspec.Struct, frozen=True):
    join_state: str = "steady"


class _Statistics(msgspec.Struct, frozen=True):
    brokers: dict[str, _Broker] = {}
    cgrp: _Group = _Group()


class LinkWatch:
    """The connection's state, kept by the library's callbacks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cause: tuple[State, str] | None = None
        self.link = Link(state="connecting", since=clock.now())
        self.troubles: dict[str, tuple[State, str]] = {}

    def on_error(self, error: Any) -> None:
        """An error of the whole client. A fatal one raises TransientError: the client must be opened anew."""
        self._cause = cause(error) or self._cause
        log.debug("kafka: %s", error)
        if error.fatal():
            raise TransientError(f"kafka: {error.str() or error.name()}")

    def on_topic_error(self, topic: str | None, error: Any) -> None:
        """An error that came in place of a message."""
        if error.name() == "TOPIC_AUTHORIZATION_FAILED" and topic:
            why = f"this account may not read {topic}; ask its owner, or take it out of kafka.topics"
            self.troubles[topic] = ("unauthorised", why)
        elif error.name() in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC") and topic:
            self.troubles[topic] = ("silent", f"the broker knows no topic {topic}; is it misspelt?")
        else:
            self.on_error(error)

    def on_statistics(self, text: str) -> None:
        """Statistics decide between up and down: errors alone also come from one broker of many."""
        statistics = msgspec.json.decode(text, type=_Statistics)
        # The group's coordinator is listed as a broker of its own; it is one of the others.
        up = any(b.state in ("UP", "UPDATE") and b.source != "logical" for b in statistics.brokers.values())
        if up and statistics.cgrp.join_state == "steady":
            self._cause = None
            self._become("up", "")
        elif up and (self._cause is None or self._cause[0] != "unauthorised"):
            # After a loss nothing flows before the group is joined again; that is not yet silence.
            self._become("connecting", "a broker answers, but the consumer group is not joined; does any topic match?")
        elif self._cause is not None:
            self._become(*self._cause)
        elif self.link.state == "up":
            self._become("disconnected", "no broker answers")

    def _become(self, state: str, reason: str) -> None:
        if (state, reason) != (self.link.state, self.link.reason):
            since = self.link.since if state == self.link.state else self._clock.now()
            level = logging.WARNING if state in ("disconnected", "unauthorised") else logging.INFO
            log.log(level, "kafka: %s %s", state, reason)
            self.link = msgspec.convert({"state": state, "since": since, "reason": reason}, type=Link)


def cause(error: Any) -> tuple[State, str] | None:
    """What an error means for the connection; None for a mere summary, which would hide its cause."""
    reason = re.sub(r" \(after \d+ms.*", "", error.str() or error.name())
    if error.name() == "_ALL_BROKERS_DOWN":
        return None
    if error.name() not in _LOGIN:
        return ("disconnected", reason)
    state = login_state(reason)
    if state == "unauthorised":
        return (state, f"login refused: {reason}; check the client id and secret, or make new ones")
    return (state, f"the token endpoint gives no token: {reason}")


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


def client_log() -> logging.Logger:
    """The logger given to the client library."""
    logger = logging.getLogger("nuncius.kafka.client")
    if not logger.filters:
        logger.addFilter(_OncePerMinute())
    return logger
