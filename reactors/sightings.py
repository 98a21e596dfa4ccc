"""Who saw an event: what is known by now of one object and of what was seen at the same moment, by instrument, from the
journal's notices and from what circulars and papers say (the graph)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

import msgspec

from analyses.instruments import Instrument, load_instruments
from kg.parting import members
from nuncius.core.errors import NunciusError
from nuncius.core.event import Event, iso
from nuncius.journal import Journal
from reactors.asking import Graph
from reactors.beside import WINDOW_S, has_region, maker

#: `saw`: a notice, or a measurement told by others; `limit`: it looked and gives a limit; `named`: a circular names it
#: and what it saw was not understood.
State = Literal["saw", "limit", "named"]
_ORDER: tuple[State, ...] = ("saw", "limit", "named")
#: What a document says when the instrument that it names saw something.
_MEASURED = frozenset(
    {"position", "fluence", "t90", "peak_flux", "flux", "epeak", "magnitude", "redshift", "trigger_time", "eiso"}
)
_SEES = re.compile(r"\b(detect(s|ed|ion)?|sees|saw|seen|discovery|prompt|counterpart)\b", re.I)
_SEES_NOT = re.compile(r"\b(no|not|non|without|limits?|search(es)?)\b", re.I)
#: Names rather than numbers.
_NAME = re.compile(r"(GRB|GW|S\d{6}|G\d{6}|IceCube|EP\d{6}|AT ?\d{4}|SN ?\d{4})")
#: Positions with a smaller radius are astrometry: their systematic errors are not known, so they are marked and no
#: part of a joint region.
FINEST_DEG = 1.0 / 3600.0
WIDEST_DEG = 45.0
#: GBM's notices state the statistical error (core of the model of Connaughton et al. 2015, ApJS 216, 32).
SYSTEMATIC_DEG = {"gbm": 3.7}
#: Circulars that belong to the moment are not asked for more claims than this.
MOST_CLAIMS = 3000


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument's part: `key` in `config/instruments.toml` where it stands there, `by` who says so."""

    name: str
    key: str = ""
    state: State
    by: str
    when: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of what happened at T0. `objects` are the object itself and those seen within a minute of it;
    `regions` one of each instrument (`name`, `sky`, `by`); `alerts` the newest notice of each maker, by its name;
    `claims` what circulars and papers say, `magnitudes` the afterglow's light curve by them."""

    object: str
    name: str
    t0: datetime | None
    objects: dict[str, datetime | None]
    regions: list[dict[str, Any]]
    markers: list[dict[str, Any]]
    alerts: dict[str, dict[str, Any]]
    sightings: list[Sighting]
    claims: list[dict[str, Any]]
    gaps: list[str]
    magnitudes: list[dict[str, Any]] = []


def gather(journal: Journal, graph: Graph | None, obj: str) -> Moment:
    """What is known by now. What was retracted, mocks and our own results do not count."""
    one = members(journal, obj)
    told = [stored for member in one for stored in journal.events_of(member)]
    own = standing(stored.event for stored in sorted(told, key=lambda stored: stored.seq))
    t0 = min((e.trigger_time for e in own if e.trigger_time is not None), default=None)
    claims, gaps = _claims(graph, [obj])
    t0 = t0 or _claimed_t0(claims)
    around = _companions(journal, t0, one) if t0 is not None else {}
    objects = {obj: t0} | {
        other: min((e.trigger_time for e in events if e.trigger_time is not None), default=None)
        for other, events in around.items()
    }
    more, others = _claims(graph, list(around))
    newest: dict[str, Event] = {}
    for event in [*own, *(e for events in around.values() for e in events)]:
        if is_notice(event) and (name := maker(event.data)):
            held = newest.get(name)
            if held is None or has_region(event) or not has_region(held):
                newest[name] = event
    claims = [*claims, *more]
    regions, markers = _places(newest, claims)
    return Moment(
        object=obj,
        name=_name(journal, obj),
        t0=t0,
        objects=objects,
        regions=regions,
        markers=markers,
        alerts={name: _alert(event) for name, event in newest.items()},
        sightings=_sightings(newest, claims, t0),
        claims=claims,
        gaps=list(dict.fromkeys([*gaps, *others])),
        magnitudes=_magnitudes(graph, obj) if any(row["predicate"] == "magnitude" for row in claims) else [],
    )


def _magnitudes(graph: Graph | None, obj: str) -> list[dict[str, Any]]:
    """The light curve that circulars give; nothing where the graph does not answer, which its claims' gap tells."""
    try:
        return [] if graph is None else graph.get("light_curve", {"object": obj})[:MOST_CLAIMS]
    except NunciusError:
        return []


def _name(journal: Journal, obj: str) -> str:
    """What people call the object: a name before a trigger's number."""
    names = [link.name for link in journal.names_of(obj) if not link.withdrawn and "/" not in link.name]
    best = min(names, key=lambda name: (_NAME.match(name) is None, ":" in name, len(name)), default="")
    scope, colon, number = best.rpartition(":")
    return f"{spoken(scope)} {number}" if colon else best or obj.rstrip("/").rsplit("/", 1)[-1]


def is_notice(event: Event) -> bool:
    """Whether an instrument's machine says it."""
    return event.kind.startswith(("gcn.notice", "lvk.alert"))


def standing(events: Iterable[Event]) -> list[Event]:
    """Real events, without those of a mission that has taken its word back since."""
    standing: list[Event] = []
    for event in events:
        if not event.is_real and not event.is_retraction:
            continue
        if event.is_retraction:
            mission = event.data.get("mission")
            standing = [e for e in standing if e.data.get("mission") != mission]
        elif event.is_real:
            standing.append(event)
    return standing


def _companions(journal: Journal, t0: datetime, own: Sequence[str]) -> dict[str, list[Event]]:
    """Other objects with a notice within a minute of T0, and what stands of each."""
    near = [stored.event for stored in journal.around(t0, WINDOW_S)]
    others = dict.fromkeys(e.object for e in near if e.object not in (None, *own) and is_notice(e))
    found = {other: standing(s.event for s in journal.events_of(other)) for other in others if other is not None}
    return {other: events for other, events in found.items() if any(e.trigger_time is not None for e in events)}


def _claims(graph: Graph | None, objects: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """What documents (not notices, not we) say of the objects, and why it could not be had."""
    if graph is None:
        return [], ["The knowledge graph was not asked: only notices are counted."] if objects else []
    rows: list[dict[str, Any]] = []
    gaps: list[str] = []
    for obj in objects:
        try:
            rows += graph.get("claims", {"object": obj})
        except NunciusError as error:
            gaps.append(f"What circulars say is not known: {error}")
    kept = [r for r in rows if (r.get("circular") or r.get("work")) and r.get("status", "stands") == "stands"]
    return [r for r in kept if r.get("assertion", "asserted") in ("asserted", "hedged")][:MOST_CLAIMS], gaps


def _claimed_t0(claims: Sequence[dict[str, Any]]) -> datetime | None:
    moments = [str(row["value"]) for row in claims if row["predicate"] == "trigger_time" and row.get("value")]
    found = []
    for text in moments:
        try:
            found.append(datetime.fromisoformat(text))
        except ValueError:
            continue
    return min((m for m in found if m.tzinfo is not None), default=None)


def _alert(event: Event) -> dict[str, Any]:
    words = ("mission", "instrument", "messenger", "far", "sky", "luminosity_distance", "luminosity_distance_error")
    said = {word: event.data[word] for word in words if event.data.get(word) is not None}
    if "sky" in said:
        said["sky"] = _widened(maker(event.data), said["sky"])
    return said | {"id": event.id, "trigger_time": iso(event.trigger_time), "object": event.object}


def _places(
    newest: dict[str, Event], claims: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A region of each instrument (its newest notice's, else a document's finest); positions too fine to multiply."""
    regions: dict[str, dict[str, Any]] = {}
    markers: dict[str, dict[str, Any]] = {}
    for name, event in newest.items():
        if has_region(event):
            regions[_same(name)] = {"name": name, "sky": _widened(name, event.data["sky"]), "by": event.id}
    told = {key: region["by"] for key, region in regions.items()}
    for row in claims:
        if row["predicate"] != "position" or row.get("ra") is None or row.get("dec") is None:
            continue
        who, radius = _instrument(row), row.get("radius")
        if not radius or radius < FINEST_DEG or not who:
            label = f"{who or 'position'} ({row['source']})"
            markers[label] = {"name": label, "ra": row["ra"], "dec": row["dec"]}
            continue
        held = regions.get(_same(who))
        if radius < WIDEST_DEG and _same(who) not in told and (held is None or radius < held["sky"]["radius"]):
            level = row.get("containment") or 0.683
            sky = {"type": "circle", "ra": row["ra"], "dec": row["dec"], "radius": radius}
            regions[_same(who)] = {
                "name": spoken(who),
                "sky": sky | {"containment_probability": level},
                "by": row["source"],
            }
    for key in regions.keys() - told.keys():
        regions[key]["sky"] = _widened(regions[key]["name"], regions[key]["sky"])
    return list(regions.values()), list(markers.values())


def _widened(name: str, sky: dict[str, Any]) -> dict[str, Any]:
    """A circle whose sender states the statistical error alone, with the systematic one that its team has published."""
    extra, radius = SYSTEMATIC_DEG.get(key_of(name)), sky.get("radius")
    if extra is None or not isinstance(radius, float) or sky.get("type") != "circle":
        return sky
    return sky | {"radius": round(math.hypot(radius, extra), 3)}


def _instrument(row: dict[str, Any]) -> str:
    return str((row.get("qualifier") or {}).get("instrument") or "")


def _sightings(newest: dict[str, Event], claims: Sequence[dict[str, Any]], t0: datetime | None) -> list[Sighting]:
    found: dict[str, Sighting] = {}

    def add(sighting: Sighting) -> None:
        held = found.get(_same(sighting.name))
        if held is None or _ORDER.index(sighting.state) < _ORDER.index(held.state):
            found[_same(sighting.name)] = sighting

    for name, event in newest.items():
        moment, later = iso(event.trigger_time) or "", ""
        if t0 is not None and event.trigger_time is not None:
            later = f", {(event.trigger_time - t0).total_seconds():+.0f} s"
        told = f"notice {event.kind.rpartition('.')[2]}{later}"
        add(Sighting(name=name, key=key_of(name), state="saw", by=told, when=moment))
    for row in claims:
        who = str(row.get("value") or "") if row["predicate"] == "instrument" else _instrument(row)
        if not who or who == "LVK" or key_of(who) == "lvk":
            continue
        state = _state(row, who)
        if state is not None:
            add(Sighting(name=spoken(who), key=key_of(who), state=state, by=str(row["source"])))
    return sorted(found.values(), key=lambda s: (_ORDER.index(s.state), s.name))


def _state(row: dict[str, Any], who: str) -> State | None:
    """What a claim says of the instrument that it comes from."""
    if row["predicate"] in _MEASURED:
        return "limit" if row.get("limit") else "saw"
    if row["predicate"] != "instrument":
        return None
    title = str(row.get("title") or "")
    last = who.replace("INTEGRAL-", "").split("-")[-1].lower()
    named = last in title.lower()
    if named and _SEES.search(title) and not _SEES_NOT.search(title):
        return "saw"
    return "named"


def spoken(name: str) -> str:
    """`Fermi-GBM` as people say it: `Fermi GBM`; a name that we do not know as it is."""
    key = key_of(name)
    known = load()[key] if key else None
    return name if known is None else called(known)


def called(instrument: Instrument) -> str:
    """What people call an instrument: mission and name, or the network's name alone."""
    alone = instrument.messenger != "EM" or instrument.name == instrument.mission
    return instrument.mission if alone else f"{instrument.mission} {instrument.name}"


def _same(name: str) -> str:
    return key_of(name) or name.lower()


@cache
def load() -> dict[str, Instrument]:
    """The instruments that we know, by key."""
    return load_instruments()


@cache
def key_of(name: str) -> str:
    """The key of an instrument by any spelling: `Fermi-GBM`, `Fermi GBM`, `Konus-Wind`; empty where it is not known."""
    known = load()
    if name.startswith(("LIGO", "LVK")):
        return "lvk" if "lvk" in known else ""
    plain = re.sub(r"[ _/.]+", "-", name.strip().lower())
    parts = (plain, plain.partition("-")[2], plain.rpartition("-")[2], plain.partition("-")[0])
    return next((part for part in parts if part in known), "")
