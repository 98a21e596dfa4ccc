"""What a person may set about Kafka, and its translation into the client's own words. Opens no connection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from listeners.feeds import GCN_RATES, Rate
from listeners.oauth import WHERE, Credentials, read_credentials
from nuncius.core.errors import ConfigurationError

GCN_TOPICS = ("gcn.notices.*", "igwn.gwalert", "gcn.classic.voevent.*", "gcn.circulars")

#: What only this listener may set, with the reason.
RESERVED = {
    "group.id": "set kafka.group_id",
    "group.instance.id": "set kafka.instance_id",
    "bootstrap.servers": "set kafka.bootstrap_servers",
    "enable.auto.commit": "an offset is committed only after the journal's transaction",
    "enable.auto.offset.store": "an offset is committed only after the journal's transaction",
    "auto.offset.reset": "set kafka.start",
    "sasl.oauthbearer.client.secret": "a secret belongs in the environment or in kafka.credentials_file",
    "sasl.password": "set kafka.password",
}


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kafka: GCN's own by default, any other by `bootstrap_servers`."""

    topics: tuple[str, ...] = GCN_TOPICS
    """Topics to read; `*` stands for any characters, `?` for one. New ones that match are found by themselves."""
    bootstrap_servers: str = ""
    """`host:port,…` of another Kafka; empty means GCN's."""
    domain: str = "gcn.nasa.gov"
    """GCN's domain; test.gcn.nasa.gov and dev.gcn.nasa.gov are its test sites."""
    client_id: str = ""
    """OAuth client id; from GCN_CLIENT_ID in the environment."""
    client_secret: str = ""
    """OAuth client secret; from GCN_CLIENT_SECRET in the environment, never from this file."""
    credentials_file: str = ""
    """A TOML file with `client_id` and `client_secret`, readable by its owner only."""
    password: str = ""
    """SASL password of a Kafka that wants one (`sasl.username` and `sasl.mechanisms` go into `config`)."""
    group_id: str = ""
    """Consumer group, under which the broker remembers what was read. Empty: `nuncius-<client_id>`."""
    instance_id: str = ""
    """Name of this process in its group, the same after a restart and of no other process. With it a process that
    crashed gets its partitions back at once; without, after `session.timeout.ms` (20 s here)."""
    start: str = "latest"
    """Where a group begins that never read before: `latest` (from now on) or `earliest` (all the broker keeps)."""
    start_by_topic: dict[str, str] = {}
    """The same for some topics, by pattern: `{"gcn.circulars" = "earliest"}`."""
    batch: int = 500
    """At most so many messages in one transaction of the journal."""
    poll_s: float = 0.25
    """How long one wait for messages lasts; a message that comes ends it."""
    heartbeat_topic: str | None = None
    """A topic with a steady pulse, counted and not journalled. Unset: gcn.heartbeat at GCN, else none."""
    silent_after_s: float = 30.0
    """So long without heartbeat or connection before a feed is called broken."""
    health_every_s: float = 5.0
    """How often feeds are judged and written down."""
    rates: tuple[Rate, ...] = GCN_RATES
    """How often something normally comes, by topic pattern: `pattern`, `within_s`, `steady`."""
    metadata_every_s: float = 300.0
    """How often the broker is asked for new topics."""
    config: dict[str, str | int | float | bool] = {}
    """Further librdkafka settings, passed on as they are: `"security.protocol" = "plaintext"`."""

    def __repr__(self) -> str:
        # Settings end up in tracebacks and debug logs: the secrets must not.
        shown = {f: getattr(self, f) for f in self.__struct_fields__ if f not in ("client_secret", "password")}
        return f"KafkaSettings({', '.join(f'{k}={v!r}' for k, v in shown.items())}, client_secret=•••, password=•••)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(f, getattr(self, f)) for f in self.__struct_fields__ if f not in ("client_secret", "password")]

    @property
    def heartbeat(self) -> str:
        """The heartbeat topic, empty for none."""
        if self.heartbeat_topic is not None:
            return self.heartbeat_topic
        return "" if self.bootstrap_servers else "gcn.heartbeat"

    @property
    def subscribed(self) -> list[str]:
        """The topics to read, the heartbeat among them, each once."""
        return list(dict.fromkeys([*self.topics, *([self.heartbeat] if self.heartbeat else [])]))


def credentials(settings: KafkaSettings) -> Credentials | None:
    """The OAuth client to log in with; None where the Kafka needs none. Raises ConfigurationError with the mend."""
    if settings.client_id and settings.client_secret:
        return Credentials(client_id=settings.client_id, client_secret=settings.client_secret)
    if settings.credentials_file:
        return read_credentials(Path(settings.credentials_file).expanduser())
    if settings.client_id or settings.client_secret:
        lacking = "client_secret" if settings.client_id else "client_id"
        raise ConfigurationError(f"kafka: {lacking} is missing; {WHERE}")
    if not settings.bootstrap_servers:
        raise ConfigurationError(f"kafka: no credentials for {settings.domain}; {WHERE}")
    return None


def group_id(settings: KafkaSettings, client: Credentials | None) -> str:
    """The consumer group. A Kafka client without one gets a random name and resumes nothing, so there always is one;
    it holds the client id because groups are shared by all users of a broker."""
    if settings.group_id:
        return settings.group_id
    if client is None:
        raise ConfigurationError(
            'kafka: group_id is empty; set one of your own (kafka.group_id = "my-institute"): what was read is '
            "remembered under it, and two installations with the same one share the messages between them"
        )
    return f"nuncius-{client.client_id}"


def client_config(settings: KafkaSettings) -> dict[str, Any]:
    """The configuration for `gcn_kafka.Consumer`. It holds secrets: never log it."""
    refused = sorted(set(settings.config) & set(RESERVED))
    if refused:
        raise ConfigurationError("; ".join(f"kafka.config may not hold {key}: {RESERVED[key]}" for key in refused))
    client = credentials(settings)
    config: dict[str, Any] = {
        # Alerts with an embedded sky map are 2 to 10 MB; a fetch must hold several, its reply a little more.
        "fetch.message.max.bytes": 16 * 1024 * 1024,
        "fetch.max.bytes": 64 * 1024 * 1024,
        "receive.message.max.bytes": 96 * 1024 * 1024,
        "queued.max.messages.kbytes": 128 * 1024,
        "socket.keepalive.enable": True,
        "session.timeout.ms": 20_000,
        "topic.metadata.refresh.interval.ms": int(settings.metadata_every_s * 1000),
        "statistics.interval.ms": max(100, int(settings.health_every_s * 1000)),
        **settings.config,
        "group.id": group_id(settings, client),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # Only where the broker has dropped what we had not yet read: go on with the oldest that it still has.
        "auto.offset.reset": "earliest",
    }
    if settings.bootstrap_servers:
        config["bootstrap.servers"] = settings.bootstrap_servers
        config.setdefault("security.protocol", "sasl_ssl" if client or settings.password else "plaintext")
    if settings.password:
        config["sasl.password"] = settings.password
    if settings.instance_id:
        config["group.instance.id"] = settings.instance_id
    config["domain"] = settings.domain
    if client is not None:
        config["client_id"], config["client_secret"] = client.client_id, client.client_secret
    return config


def starts_at(settings: KafkaSettings, topic: str) -> str:
    """`latest` or `earliest`, for a topic of which this group never read. Raises ConfigurationError."""
    matching = [pattern for pattern in settings.start_by_topic if pattern == topic or fnmatchcase(topic, pattern)]
    start = settings.start_by_topic[max(matching, key=len)] if matching else settings.start
    if start not in ("latest", "earliest"):
        raise ConfigurationError(f"kafka.start is {start!r}; it may be 'latest' or 'earliest'")
    return start


def subscription(topics: Sequence[str]) -> list[str]:
    """Topics in librdkafka's words: a name as it is, a pattern as `^regex`. Raises ConfigurationError."""
    if not topics:
        raise ConfigurationError('kafka: topics is empty; name some, such as topics = ["gcn.circulars"]')
    return [topic_regex(t) if is_pattern(t) else _checked(t) for t in topics]


def is_pattern(topic: str) -> bool:
    """Whether a subscription entry has wildcards."""
    return "*" in topic or "?" in topic


def topic_regex(pattern: str) -> str:
    """`gcn.notices.*` as `^gcn\\.notices\\..*$`, in the small regular expressions that librdkafka knows."""
    _checked(pattern.replace("*", "x").replace("?", "x"), pattern)
    return "^" + re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".").replace(r"\-", "-") + "$"


def _checked(name: str, shown: str = "") -> str:
    # Kafka's own rule for topic names: [a-zA-Z0-9._-], at most 249 characters.
    if not re.fullmatch(r"[a-zA-Z0-9._-]{1,249}", name):
        raise ConfigurationError(
            f"kafka: {shown or name!r} is no topic name; letters, digits, . _ - and * ? may be used"
        )
    return name
