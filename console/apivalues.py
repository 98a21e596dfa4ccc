"""The values that the JSON API gives; `apireading.py` reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from console.skyregions import Sky


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer."""

    error: str


class ObjectLine(msgspec.Struct, frozen=True, kw_only=True):
    """An object in a list. `updated` is when its newest event was received."""

    iri: str
    names: list[str]
    trigger_time: datetime | None
    updated: datetime
    events: int
    tenses: list[str]
    retracted: bool


class Objects(msgspec.Struct, frozen=True, kw_only=True):
    """A page of objects; `next` goes on as `before`."""

    objects: list[ObjectLine]
    next: int | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it stands."""

    key: str
    title: str
    text: str
    severity: str
    state: str
    rule: str
    told: datetime


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """One object. `facts` are those of its first message, by label."""

    iri: str
    name: str
    what: str
    state: str
    severity: str
    test: bool
    facts: dict[str, str]
    names: list[str]
    events: int
    reports: list[Told]


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the journal; `iri` names it in the graph."""

    seq: int
    id: str
    iri: str
    kind: str
    source: str
    tense: str
    retraction: bool
    revision: int
    received: datetime
    trigger_time: datetime | None
    data: dict[str, Any]


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events."""

    object: str
    events: list[EventLine]
    next: int | None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim: what, by whom, in which document, since when, in which words. `status` is `stands`, or what became of
    it by `status_by`."""

    iri: str
    predicate: str
    value: float | str | bool | None
    unit: str
    said: str
    by: str
    document: str
    received: datetime
    assertion: str
    status: str
    status_by: str
    text: str


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """A page of claims of all `total`."""

    object: str
    total: int
    claims: list[Claim]


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule."""

    name: str
    about: str
    status: str
    severity: str
    owner: str
    when: list[str]
    file: str
    line: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules."""

    rules: list[RuleLine]


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did about an event."""

    id: int
    rule: str
    event: str
    object: str | None
    severity: str
    state: str
    revision: int
    created: datetime
    updated: datetime


class Firings(msgspec.Struct, frozen=True, kw_only=True):
    """A page of firings."""

    firings: list[Firing]
    next: int | None


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """All checks."""

    checks: list[dict[str, Any]]


KINDS = [Problem, Objects, Object, Events, Claims, Rules, Firings, Checks, Sky]
