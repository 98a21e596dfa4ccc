"""The functions of the rule language: what they take from an event and what they compute, with `nuncius.core.sky`.
Angles are ICRS degrees, areas square degrees, probabilities 0 to 1."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from analyses.fields import ALONE, WHOLE_SKY_DEG2, Surroundings, field_of_view
from nuncius.core import sky
from nuncius.core.errors import FormatError, NunciusError, PermanentError, TransientError
from nuncius.core.event import iso
from reactors.asking import Graph

Blob = Callable[[str], bytes]


class Unknown(Exception):
    """A value that cannot be had; the text says why, in words for the trace."""


class Maps:
    """What functions may look up beside the event: sky maps read from the journal, the last few kept (a map of 2 MB
    takes 30 ms to read and serves many rules), where spacecraft were (`around`), and the knowledge graph."""

    def __init__(self, blob: Blob, *, keep: int = 8, around: Surroundings = ALONE, graph: Graph | None = None) -> None:
        self._blob = blob
        self._keep = keep
        self.around = around
        self.graph = graph
        self._maps: OrderedDict[str, sky.Localization] = OrderedDict()

    def localization(self, value: Any) -> sky.Localization:
        """A localization from `ev.sky`, from an event, or from a map {ra, dec, ra_dec_error,
        containment_probability}. Raises Unknown where it is not there, FormatError where it is malformed."""
        if not isinstance(value, dict):
            raise FormatError(f"a localization is a sky, an event or a map of ra and dec; received {value!r:.80}")
        if "type" not in value or "kind" in value:
            return self._of_event(value)
        parsed = sky.parse_sky(value)
        if not isinstance(parsed, sky.MapReference):
            return parsed
        if parsed.sha256 is None:
            raise Unknown(f"the sky map was not embedded; it is only known by its address {parsed.url}")
        return self._map(parsed, parsed.sha256)

    def _of_event(self, value: dict[str, Any]) -> sky.Localization:
        if "sky" in value:
            return self.localization(value["sky"])
        if "ra" not in value or "dec" not in value:
            raise Unknown("it has no position (neither sky nor ra and dec)")
        if "ra_dec_error" not in value or "containment_probability" not in value:
            raise Unknown("it has a position but no error radius with its containment probability")
        circle = {name: value[name] for name in ("ra", "dec", "containment_probability")}
        return sky.Circle(radius=value["ra_dec_error"], **circle)

    def _map(self, reference: sky.MapReference, sha256: str) -> sky.Localization:
        if sha256 not in self._maps:
            try:
                found = sky.resolve(reference, self._blob)
            except FormatError:
                raise
            except NunciusError as error:
                raise Unknown(f"the sky map {sha256[:12]} is not in the journal: {error}") from error
            if found is None:
                raise Unknown("the sky map was not embedded")
            self._maps[sha256] = found
            if len(self._maps) > self._keep:
                self._maps.popitem(last=False)
        self._maps.move_to_end(sha256)
        return self._maps[sha256]

    def region(self, value: Any) -> sky.Localization | sky.Patch:
        """A localization, or a part of the sky: what `fov` gives, or an ASCII MOC as text."""
        if isinstance(value, str):
            return sky.Patch(cells=value)
        if isinstance(value, dict) and value.get("type") == "moc":
            try:
                return msgspec.convert(value, sky.Patch)
            except msgspec.ValidationError as error:
                raise FormatError(f"a moc has cells, such as '3/16-31 4/7': {error}") from error
        return self.localization(value)

    def position(self, value: Any) -> tuple[float, float]:
        """(ra, dec) of an event, a sky or a map with ra and dec; the peak of a probability map."""
        if isinstance(value, dict) and value.get("type") not in ("map", "annulus"):
            ra, dec = value.get("ra"), value.get("dec")
            if isinstance(ra, float) and isinstance(dec, float):
                return ra, dec
        return sky.centre(self.localization(value))


def area(maps: Maps, region: Any, level: Any) -> float:
    """Area of the smallest region that holds `level` of the probability; of a field of view all of it."""
    if not isinstance(level, float) or not 0.0 < level < 1.0:
        raise FormatError(f"area wants a level between 0 and 1, such as 0.9; received {level!r}")
    found = maps.region(region)
    return _extent(found) if isinstance(found, sky.Patch) else sky.area(found, level)


def separation(maps: Maps, one: Any, other: Any) -> float:
    """Angle between two positions."""
    return sky.separation(*maps.position(one), *maps.position(other))


def prob_inside(maps: Maps, one: Any, region: Any) -> float:
    """Probability that the source of the first lies in the second: in a localization at the containment that it
    states, in a field of view times the chance that a place there was really seen."""
    found = maps.region(region)
    if isinstance(found, sky.Patch):
        return found.coverage * sky.prob_in_moc(maps.localization(one), found.moc())
    return sky.prob_inside(maps.localization(one), found)


def overlap(maps: Maps, one: Any, other: Any) -> float:
    """How much better one common source explains two localizations than two unrelated ones anywhere on the sky: 1 is
    no preference, 0 exclusion (the spatial Bayes factor of Ashton et al. 2018, ApJ 860, 6). A field of view counts
    as a place where the source may equally be."""
    found = maps.region(other)
    if not isinstance(found, sky.Patch):
        return sky.overlap_integral(maps.localization(one), found)
    extent = _extent(found)
    return prob_inside(maps, one, other) * WHOLE_SKY_DEG2 / extent if extent else 0.0


def in_moc(maps: Maps, one: Any, moc: Any) -> float:
    """Probability that a source lies in a MOC (IVOA MOC 2.0, ASCII); 0 or 1 for a position without an error."""
    region = maps.region(moc)
    if not isinstance(region, sky.Patch):
        raise FormatError("in_moc wants an ASCII MOC, such as '3/16-31 4/7', or what fov() gives")
    try:
        found = maps.localization(one)
    except Unknown:
        import astropy.units as u

        ra, dec = maps.position(one)
        return float(region.moc().contains_lonlat(ra * u.deg, dec * u.deg)[0])
    return sky.prob_in_moc(found, region.moc())


def fov(maps: Maps, instrument: Any, at: Any) -> dict[str, Any]:
    """What an instrument or an observatory could see at a moment, as a region: {type: moc, note, coverage, cells}."""
    seen = _field(maps, instrument, at)
    return {"type": "moc", "note": seen.note, "coverage": seen.coverage, "cells": seen.cells}


def visible_from(maps: Maps, one: Any, site: Any, at: Any) -> float:
    """Probability that a source stands at least 20 degrees high in a dark sky over an observatory."""
    return sky.prob_in_moc(maps.localization(one), _field(maps, site, at).moc())


def _field(maps: Maps, name: Any, at: Any) -> sky.Patch:
    if not isinstance(name, str):
        raise FormatError(f"fov wants the name of an instrument or an observatory; received {name!r:.60}")
    try:
        return field_of_view(name, _moment(at), maps.around)
    except PermanentError as error:
        raise Unknown(str(error)) from error


def _moment(at: Any) -> datetime:
    try:
        moment = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    except ValueError as error:
        raise FormatError(f"not a time: {at!r:.60}; write ev.trigger_time, or '2026-11-23T05:00:00Z'") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _extent(patch: sky.Patch) -> float:
    """Square degrees."""
    return float(patch.moc().sky_fraction) * math.degrees(1.0) ** 2 * 4.0 * math.pi


def ask(maps: Maps, name: Any, params: Any) -> bool:
    """Whether the stored query finds anything."""
    return bool(_graph(maps, lambda graph: graph.ask(str(name), _params(params))))


def get(maps: Maps, name: Any, params: Any) -> list[dict[str, Any]]:
    """The rows of the stored query; what is not known of one is missing in it, as fields of events are, and times are
    texts as there."""
    rows = _graph(maps, lambda graph: graph.get(str(name), _params(params)))
    return [{word: _as_field(value) for word, value in row.items() if value is not None} for row in rows]


def _as_field(value: Any) -> Any:
    """A value of the graph as `ev` would have it."""
    if isinstance(value, dict):
        return {word: _as_field(inner) for word, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_as_field(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return iso(value) if isinstance(value, datetime) else value


def freshness(maps: Maps, name: Any) -> float:
    """Seconds by which the graph lags behind what has arrived, for what the stored query is about."""
    return float(_graph(maps, lambda graph: graph.freshness(str(name))))


def _params(params: Any) -> dict[str, Any]:
    if not isinstance(params, dict):
        raise FormatError(
            f"the parameters of a stored query are a map, {{'object': ev.object}}; received {params!r:.60}"
        )
    return params


def _graph(maps: Maps, question: Callable[[Graph], Any]) -> Any:
    if maps.graph is None:
        raise Unknown("there is no knowledge graph here")
    try:
        return question(maps.graph)
    except TransientError as error:  # the deadline, an unreachable server: asked again with the next revision
        raise Unknown(f"the graph did not answer: {error}") from error


#: By name, cheapest first: the order in which an undecided expression asks for them. The sky comes before the graph.
IMPLEMENTED: dict[str, Callable[..., Any]] = {
    "separation": separation,
    "area": area,
    "fov": fov,
    "in_moc": in_moc,
    "visible_from": visible_from,
    "prob_inside": prob_inside,
    "overlap": overlap,
    "kg.freshness": freshness,
    "kg.ask": ask,
    "kg.get": get,
}
