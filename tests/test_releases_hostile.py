"""Answers of which any part may be anything: sources raise our errors only, and go on when all is well again."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from release_services import Asked, Services

from listeners.formats import parse
from listeners.polling.contract import Source
from listeners.polling.web import Answer
from listeners.releases.buckets import BucketSource
from listeners.releases.folders import FolderSource
from listeners.releases.github import GithubSource
from listeners.releases.pypi import PypiSource
from listeners.releases.settings import BucketSettings, FolderSettings, QuerySettings
from listeners.releases.tap import QuerySource
from listeners.releases.zenodo import ZenodoSource
from nuncius.core.errors import FormatError, NunciusError

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "\0",
    [],
    {},
    [1],
    {"a": 1},
    [[[]]],
    10**30,
    "9" * 300,
    "2026-13-45T99:99Z",
]


class Mangling:
    """Stands in for the web: the services' answers, with parts replaced, left out or torn."""

    def __init__(self, services: Services, dice: random.Random) -> None:
        self.services, self.dice, self.rate = services, dice, 0.0

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, **other: Any) -> Answer:
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        reply = self.services.answer(Asked(parts.path, query, {k.lower(): v for k, v in (headers or {}).items()}))
        try:
            body = json.dumps(self.mangled(json.loads(reply.body))).encode()
        except ValueError:
            body = self.torn(reply.body)
        said = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(url=url, status=reply.status, body=body, headers=said)

    def mangled(self, value: Any) -> Any:
        if self.dice.random() < self.rate:
            return self.dice.choice(ODD)
        if isinstance(value, dict):
            return {key: self.mangled(item) for key, item in value.items() if self.dice.random() > self.rate / 2}
        return [self.mangled(item) for item in value] if isinstance(value, list) else value

    def torn(self, body: bytes) -> bytes:
        if not self.rate or self.dice.random() < 0.3:
            return body
        at = self.dice.randrange(len(body))
        return body[:at] + self.dice.randbytes(self.dice.randrange(6)) + body[at + self.dice.randrange(20) :]


def world() -> Services:
    services = Services()
    services.address = "http://here"
    for number in range(3):
        publish(services, f"1.{number}")
    return services


def publish(services: Services, version: str) -> None:
    services.release("a/tool", f"v{version}", NOW)
    services.upload("tool", version, NOW)
    services.record("42", version, NOW)
    services.rows.append([version, 1.0, "Crab"])
    services.files[f"{version}.fits"] = (1, "2026-01-01 10:00")
    services.objects[f"{version}.fits"] = (1, "e")


SOURCES: dict[str, Source] = {
    "github": GithubSource(repository="a/tool", every_s=60, address="http://here/gh"),
    "pypi": PypiSource(package="tool", every_s=60, address="http://here/simple"),
    "record": ZenodoSource(concept="42", every_s=60, address="http://here/zen"),
    "community": ZenodoSource(community="c", every_s=60, address="http://here/zen"),
    "folder": FolderSource(settings=FolderSettings(name="f", url="http://here/files/")),
    "bucket": BucketSource(settings=BucketSettings(name="b", url="http://here/bucket")),
    "query": QuerySource(settings=QuerySettings(name="q", url="http://here/tap", adql="x", key=("obs_id",))),
}


@pytest.mark.parametrize("which", sorted(SOURCES))
def test_mangled_answers_raise_only_our_errors_and_hide_no_release(which: str) -> None:
    dice, source, found = random.Random(which), SOURCES[which], 0
    for _ in range(25):
        services = world()
        web = Mangling(services, dice)
        state: Any = None
        told: list[str] = []
        for look in range(12):
            web.rate = 0.0 if look in (0, 1) or look > 6 else 0.1
            if look == 3:
                publish(services, "2.0")
            try:
                for page in source.pages(state, web, NOW):  # type: ignore[arg-type]
                    state = json.loads(json.dumps(page.state))
                    for message in page.messages:
                        told += events_in(message)
            except NunciusError:
                assert web.rate, "all is well, and yet it fails"
        found += any("2.0" in words for words in told)
    assert found == 25


def events_in(message: Any) -> list[str]:
    """What a message says, unless it is refused."""
    try:
        return [f"{event.id} {event.data.get('version')} {event.data.get('changed')}" for event in parse(message)]
    except FormatError as error:
        if "mistake" in str(error):
            raise
        return []
