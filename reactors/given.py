"""The events that an inline test gives: short maps, notices in files beside the rule, or events of an archive."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from kg.names import normalise_name
from kg.vocabulary import OBJECT, object_iri
from listeners.files import walk
from listeners.formats import parse
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso
from reactors.identities import Identities
from reactors.ruletest import instant

#: What short events without `object`, `ids` and `event_name` are about, all of one test the same.
SOMETHING = "Test"
#: A short event without `at` comes this long after the one before it.
STEP = timedelta(seconds=1)
#: Whole numbers among the fields; all others are floats.
_WHOLE = frozenset({"circular", "version"})
_ENVELOPE = frozenset({"kind", "at", "id", "object", "tense", "revision", "trigger_time", "source", "received"})
#: Kinds that have no T0 of their own.
_NO_T0 = ("gcn.circular", "gcn.heartbeat", "kg.fact", "feed.", "platform", "paper", "release.", "analysis.", "timer")


class Blobs:
    """Sky maps of the notices that were read, by their SHA-256."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def keep(self, event: Event) -> Event:
        """The event without its blobs."""
        self._kept |= event.blobs
        return msgspec.structs.replace(event, blobs={}, raw=b"")

    def __call__(self, sha256: str) -> bytes:
        try:
            return self._kept[sha256]
        except KeyError:
            raise FormatError(f"the sky map {sha256[:12]} is not among what the test gives") from None


def given_events(given: Sequence[Mapping[str, Any]], t0: datetime, folder: Path, blobs: Blobs) -> list[Event]:
    """All events of a test in order of arrival, with their objects. `folder` is where files are looked for. Raises
    FormatError that names what is missing."""
    events: list[Event] = []
    at = t0
    for number, item in enumerate(given, start=1):
        if "kind" in item:
            event = _short(item, number, at, t0)
            at = event.received + STEP
            events.append(event)
            continue
        found = _file(item, t0, folder) if "file" in item else _archive(item, folder)
        events += found
        at = max([at, *(event.received + STEP for event in found)])
    names = Identities()
    try:
        ordered = sorted(events, key=lambda event: event.received)
        return [names.identified(blobs.keep(event)) for event in ordered]
    finally:
        names.close()


def _short(item: Mapping[str, Any], number: int, at: datetime, t0: datetime) -> Event:
    kind = str(item["kind"])
    data = {str(key): _value(str(key), value) for key, value in item.items() if key not in _ENVELOPE}
    if kind.startswith("lvk.alert"):
        data = {"mission": "LVK", "messenger": "GW"} | data
    received = instant(str(item["at"]), t0) if "at" in item else at
    retracts = kind.endswith(".retraction") or data.get("alert_type") == "retraction"
    tense = Tense(str(item["tense"])) if "tense" in item else Tense.RETRACTION if retracts else Tense.INITIAL
    if retracts:
        data.setdefault("alert_type", "retraction")
    trigger = item.get("trigger_time", "" if kind.startswith(_NO_T0) else "T0")
    return Event(
        id=str(item.get("id") or f"given-{number}"),
        kind=kind,
        source=str(item.get("source") or "test"),
        received=received,
        tense=tense,
        revision=int(item.get("revision") or 0),
        object=_object(item, data),
        trigger_time=instant(str(trigger), t0) if trigger else None,
        data={"alert_datetime": iso(received)} | data if "alert_datetime" not in data else data,
    )


def _object(item: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """What a short event is about: as it says, as its names and numbers say (the live service's way), or "Test"."""
    if "object" in item:
        name = item["object"]
        if name is None:
            return None
        return str(name) if str(name).startswith(OBJECT) else object_iri(normalise_name(str(name)) or str(name))
    if data.get("ids") or data.get("event_name") or str(item["kind"]).startswith(_NO_T0):
        return None
    return object_iri(SOMETHING)


def _value(key: str, value: Any) -> Any:
    if key in _WHOLE and isinstance(value, int | float):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        return {str(k): _value(str(k), v) for k, v in value.items()}
    return [_value("", v) for v in value] if isinstance(value, list) else value


def _file(item: Mapping[str, Any], t0: datetime, folder: Path) -> list[Event]:
    path = Path(os.path.abspath(folder / str(item["file"])))
    if not path.is_relative_to(os.path.abspath(folder)):  # a rule file from elsewhere must not show what others keep
        raise FormatError(f"given file {item['file']}: it must stand in the rule's folder {folder} or below")
    if not path.is_file():
        raise FormatError(f"given file {item['file']}: there is none at {path}; paths start from the rule's folder")
    changes: dict[str, Any] = {}
    if "at" in item:
        changes["received"] = instant(str(item["at"]), t0)
    if item.get("object"):
        changes["object"] = object_iri(normalise_name(str(item["object"])) or str(item["object"]))
    found = [event for message in walk([path], now=t0) for event in parse(message)]
    return [msgspec.structs.replace(event, **changes) for event in found]


def _archive(item: Mapping[str, Any], folder: Path) -> list[Event]:
    path = folder / str(item["archive"])
    if not path.exists():
        raise FormatError(f"given archive {item['archive']}: there is none at {path}")
    wanted = {str(event_id) for event_id in item["ids"]}
    found: list[Event] = []
    for message in walk([path], now=datetime.fromisoformat("9999-01-01T00:00:00+00:00")):
        try:
            found += [event for event in parse(message) if event.id in wanted]
        except FormatError:
            continue  # other messages of the archive are no matter of this test
        if len({event.id for event in found}) == len(wanted):
            return found
    missing = sorted(wanted - {event.id for event in found})
    raise FormatError(f"given archive {item['archive']}: it has no event {', '.join(missing)}")
