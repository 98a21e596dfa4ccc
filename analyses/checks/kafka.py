"""Kafka: whether the broker lets us in, whether we keep up, and whether the account is still in use."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from analyses.checks.contract import Finding, Platform, check
from analyses.checks.damping import Policy
from listeners.kafka_settings import credentials, is_pattern
from listeners.oauth import WHERE
from nuncius.core.errors import ConfigurationError, NunciusError

#: A topic may be behind its broker by so many messages.
MOST_BEHIND = 1000
#: GCN removes credentials that were not used for 30 days; people should know well before.
IDLE_DAYS, DEAD_DAYS = 20.0, 30.0
PROBE_S = 10.0


@check(
    "kafka",
    about="The broker answers, takes our login and shows our topics",
    deadline_s=40.0,
    severity="page",
    proves=("alerts",),
)
def kafka(platform: Platform) -> Finding:
    """Log in and list the topics, as a listener does when it starts."""
    settings = platform.kafka
    if settings is None:
        return Finding(name="kafka", ok=None, reason="not set up: nothing is listened to")
    from listeners.kafka_client import probe

    where = settings.bootstrap_servers or settings.domain
    try:
        topics = probe(settings, PROBE_S)
    except ConfigurationError as error:
        return Finding(name="kafka", ok=False, reason=f"{where}: {_said(error)}", mend=WHERE)
    except NunciusError as error:
        mend = f"is the broker at {where} up, is the network, does a firewall let ports 9092 and 443 out?"
        return Finding(name="kafka", ok=False, reason=f"{where}: {_said(error)}", mend=mend)
    missing = [name for name in settings.subscribed if not is_pattern(name) and name not in topics]
    if missing or not topics:
        reason = f"{where} shows no topic {', '.join(missing) or 'that matches'}"
        mend = "correct kafka.topics, or ask the topic's owner for the right to read it"
        return Finding(name="kafka", ok=False, reason=reason, mend=mend)
    return Finding(
        name="kafka", ok=True, reason=f"{where}: {len(topics)} topics", values={"topics": float(len(topics))}
    )


def _said(error: NunciusError) -> str:
    return str(error).removeprefix("kafka: ")


@check("kafka-lag", about="What the brokers hold is read without delay", every_s=60.0, policy=Policy(failures=3))
def lag(platform: Platform) -> Finding:
    """Broken when a topic is more than a thousand messages behind its broker."""
    behind: dict[str, int] = defaultdict(int)
    for offset in platform.book.offsets():
        behind[offset.topic] += max(0, (offset.high or offset.next_offset) - offset.next_offset)
    if not behind:
        return Finding(name="kafka-lag", ok=None, reason="no topic has been read yet")
    values = {"behind": float(sum(behind.values()))}
    far = {topic: count for topic, count in behind.items() if count > MOST_BEHIND}
    if far:
        reason = ", ".join(f"{topic} is {count} messages behind" for topic, count in sorted(far.items()))
        mend = "after an outage this passes; else `nuncius status` shows what is slow, and a second process may help"
        return Finding(name="kafka-lag", ok=False, reason=reason, mend=mend, values=values)
    reason = f"{sum(behind.values())} messages behind in {len(behind)} topics"
    return Finding(name="kafka-lag", ok=True, reason=reason, values=values)


@check("kafka-credentials", about="The Kafka account was used lately: GCN removes idle ones", every_s=6 * 3600.0)
def used(platform: Platform) -> Finding:
    """Broken when the broker has not let us in for twenty days: at thirty GCN removes the credentials."""
    settings = platform.kafka
    if settings is None:
        return Finding(name="kafka-credentials", ok=None, reason="not set up: nothing is listened to")
    if credentials(settings) is None:
        return Finding(name="kafka-credentials", ok=None, reason="this Kafka wants no account")
    # A message, or an offset that moved, can only have come after a login. A listener's pulse proves nothing.
    feeds = [feed.last for feed in platform.book.feeds() if feed.count and feed.last]
    seen = [*feeds, *(offset.updated for offset in platform.book.offsets())]
    if not seen:
        return Finding(name="kafka-credentials", ok=None, reason="nothing has come by this account yet")
    idle = platform.now - max(seen)
    days = max(0.0, idle / timedelta(days=1))
    reason, values = f"something last came by it {days:.1f} days ago", {"idle_days": round(days, 3)}
    if days <= IDLE_DAYS:
        return Finding(name="kafka-credentials", ok=True, reason=reason, values=values)
    gone = days > DEAD_DAYS
    mend = WHERE if gone else f"let `nuncius run` listen with it now: at {DEAD_DAYS:.0f} days GCN removes it"
    reason += "; GCN has removed it by now" if gone else ""
    return Finding(name="kafka-credentials", ok=False, reason=reason, mend=mend, values=values)
