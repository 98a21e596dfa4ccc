"""What there is to compute of a moment that several instruments may have seen: the analyses that its sightings allow,
each with its inputs; and of every instrument how much of the place it could see."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from analyses.contract import describe
from analyses.fields import Surroundings, field_of_view
from analyses.instruments import Instrument
from kg.spectra import spectra
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.event import iso
from nuncius.core.result import Result
from nuncius.core.sky import parse_sky, prob_in_moc, resolve
from reactors import looks
from reactors.looks import Look
from reactors.sightings import Moment, key_of, load

#: Regions that are multiplied; of more the finest count.
MOST_REGIONS = 8
_KEV = {"keV": 1.0, "MeV": 1e3}
_BAND = re.compile(r"([0-9.]+)\s*-\s*([0-9.]+)\s*(keV|MeV)$")
_YEAR_S = 365.25 * 86_400.0
#: Pairs without a window of their own: half a day is what a search for an afterglow's first light allows.
_OTHER_WINDOW_S = 500.0


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One analysis to run: `name` is what people read."""

    name: str
    analysis: str
    inputs: dict[str, Any]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the place an instrument could see at T0 (probability, None where nothing is known), whether that is
    an average over its pointings, and why."""

    share: float | None
    averaged: bool = False
    note: str = ""


def parts(
    moment: Moment, name: str, views: Mapping[str, View], ways: Mapping[str, Look], ended: Mapping[str, Result | None]
) -> list[Part]:
    """What can be run by now. `ways` are how to look into data; `ended` are the results of parts that have ended (None:
    without one). What rests on others' results is there as soon as these are; a part whose inputs grew is to be run
    again."""
    searches = [
        Part(name=f"{key} {DATA}", analysis=look.analysis, inputs=look.inputs)
        for key, look in ways.items()
        if look.free or _share(views.get(key)) > 0.0
    ]
    found = {part.name.removesuffix(f" {DATA}"): ended.get(part.name) for part in searches}
    seen = {key: result for key, result in found.items() if result is not None}
    timing: list[Part] = []
    if searches and all(part.name in ended for part in searches):
        timing = [
            Part(name=f"delay of {pair}", analysis="time-delay", inputs=inputs)
            for pair, inputs in looks.delays(seen, name).items()
        ]
        if (panels := looks.stack(seen, moment)) is not None:
            timing.append(Part(name="light curves", analysis="light-curves", inputs=panels))
    given = [
        (part.name.removeprefix("delay of "), ended.get(part.name)) for part in timing if part.analysis == "time-delay"
    ]
    rings = looks.annuli([(pair, result) for pair, result in given if result is not None])
    return [*_regions(moment, name, rings), *_pairs(moment), *_energy(moment, name), *_afterglow(moment, name),
            *_night(moment, name), *searches, *timing]  # fmt: skip


#: What parts that look into data are called, behind the instrument's key.
DATA = "data"


def _share(view: View | None) -> float:
    """The part of the place that an instrument could see; all, where that is not known."""
    return 1.0 if view is None or view.share is None else view.share


def _night(moment: Moment, name: str) -> list[Part]:
    place = _finest(moment)
    if place is None or moment.t0 is None:
        return []
    told = {"object": name, "trigger_time": iso(moment.t0), **place}
    given = {key: told[key] for key in describe("visibility").parameters if told.get(key) is not None}
    return [Part(name="visibility", analysis="visibility", inputs=given)]


def _afterglow(moment: Moment, name: str) -> list[Part]:
    """The decay at all wavelengths, where circulars tell of two magnitudes or more."""
    timed = [p for p in moment.magnitudes if (p.get("seconds") or 0.0) > 0.0 and p.get("value") is not None]
    if sum(not p.get("limit") for p in timed) < LEAST_MAGNITUDES:
        return []
    points = [{key: p[key] for key in POINT if p.get(key) is not None} for p in timed]
    return [Part(name="afterglow", analysis="multiband", inputs={"points": points, "object": name})]


#: Of fewer there is nothing to draw.
LEAST_MAGNITUDES = 2
#: What is told of a magnitude.
POINT = ("seconds", "band", "value", "plus", "minus", "limit", "document", "system")


def _finest(moment: Moment) -> dict[str, Any] | None:
    """The best place: its sky, and its position where it has one."""
    placed = [region for region in moment.regions if region["sky"].get("type") != "annulus"]
    if not placed:
        return None
    sky = min(placed, key=lambda region: _radius(region["sky"]))["sky"]
    return {"sky": sky} | {axis: sky[axis] for axis in ("ra", "dec") if axis in sky}


def _radius(sky: Mapping[str, Any]) -> float:
    """How coarse a region is, for sorting; a map counts as of its own sort, between GBM's circles and XRT's."""
    if sky.get("type") == "map":
        return 3.0
    if sky.get("type") == "annulus":
        return math.sqrt(abs(float(sky.get("outer", 90.0)) - float(sky.get("inner", 0.0))) * 10.0)
    return float(sky.get("radius") or sky.get("semi_major") or 90.0)


def _regions(moment: Moment, name: str, rings: Sequence[dict[str, Any]]) -> list[Part]:
    finest = sorted([*moment.regions, *rings], key=lambda region: (_radius(region["sky"]), region["name"]))[
        :MOST_REGIONS
    ]
    regions = [{"name": region["name"], "sky": region["sky"]} for region in finest]
    if not regions:
        return []
    if len(regions) == 1:
        alert = moment.alerts.get(regions[0]["name"], {})
        told = {word: alert[word] for word in ("mission", "instrument", "trigger_time") if alert.get(word)}
        inputs = {"sky": regions[0]["sky"], "object": name, "markers": moment.markers[:2], **told}
        return [Part(name="localization", analysis="localization", inputs=inputs)]
    inputs = {"regions": regions, "object": name}
    for alert in moment.alerts.values():
        if alert.get("luminosity_distance") and alert.get("luminosity_distance_error"):
            inputs |= {
                "distance": alert["luminosity_distance"],
                "distance_error": alert["luminosity_distance_error"],
            }
    return [Part(name="joint-localization", analysis="joint-localization", inputs=inputs)]


def _pairs(moment: Moment) -> list[Part]:
    """Every two messengers of which one has a false-alarm rate and the other one, or a rate of reports."""
    ranked = {n: a for n, a in moment.alerts.items() if a.get("messenger") in ("GW", "Neutrino") and a.get("far")}
    found: list[tuple[str, str, dict[str, Any]]] = []
    for one, first in ranked.items():
        for other, second in moment.alerts.items():
            messengers = str(first["messenger"]), str(second.get("messenger") or "EM")
            if messengers[0] == messengers[1] or (other in ranked and messengers == ("Neutrino", "GW")):
                continue
            rate = _rate(other)
            if second.get("far") is None and rate is None:
                continue
            pair = {("GW", "EM"): "gw-grb", ("GW", "Neutrino"): "gw-neutrino"}.get(messengers, "other")
            window = {"before": _OTHER_WINDOW_S, "after": _OTHER_WINDOW_S} if pair == "other" else {}
            inputs = {"first": _candidate(one, first, None), "second": _candidate(other, second, rate), "pair": pair}
            found.append((one, other, inputs | window))
    # Each pair that is looked at is a trial.
    return [
        Part(name=f"coincidence {one} and {other}", analysis="coincidence", inputs=inputs | {"trials": len(found)})
        for one, other, inputs in found
    ]


def _rate(name: str) -> float | None:
    key = key_of(name)
    yearly = load()[key].triggers_per_year if key else None
    return None if yearly is None else yearly / _YEAR_S


def _candidate(name: str, alert: Mapping[str, Any], rate: float | None) -> dict[str, Any]:
    known = {"name": name, "time": alert["trigger_time"], "far": alert.get("far"), "rate": rate}
    sky = alert.get("sky")
    if isinstance(sky, dict) and (sky.get("type") != "map" or sky.get("sha256")):
        known["sky"] = sky
    return {key: value for key, value in known.items() if value is not None}


def _energy(moment: Moment, name: str) -> list[Part]:
    """Energetics, where a redshift and a fluence in a band are told."""
    redshift = next((r for r in moment.claims if r["predicate"] == "redshift" and _measured(r)), None)
    fluences = [
        (row, band)
        for row in moment.claims
        if row["predicate"] == "fluence" and _measured(row) and (band := _band(row)) is not None
    ]
    if redshift is None or not fluences:
        return []
    row, (low, high) = max(fluences, key=lambda found: found[1][1] - found[1][0])
    if row.get("unit") != "erg / cm2":
        return []
    inputs = {"fluence": row["value"], "redshift": redshift["value"], "band_low": low, "band_high": high}
    error = row.get("minus") or row.get("plus")
    inputs |= {"fluence_error": error} if error else {}
    shapes = spectra(moment.claims)
    shape = next((one for one in shapes if one.get("document") == row.get("document")), shapes[0] if shapes else {})
    if shape.get("unit") in _KEV:
        told = {"epeak": shape["value"] * _KEV[shape["unit"]], "alpha": shape["alpha"], "beta": shape["beta"]}
        inputs |= {word: number for word, number in told.items() if number is not None}
    return [Part(name="energetics", analysis="energetics", inputs=inputs | {"object": name})]


def _measured(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("value"), float) and not row.get("limit") and row.get("assertion") != "hedged"


def _band(row: Mapping[str, Any]) -> tuple[float, float] | None:
    match = _BAND.match(str((row.get("qualifier") or {}).get("band") or ""))
    if match is None:
        return None
    scale = 1000.0 if match[3] == "MeV" else 1.0
    return float(match[1]) * scale, float(match[2]) * scale


def views(moment: Moment, keys: Sequence[str], blob: Callable[[str], bytes], around: Surroundings) -> dict[str, View]:
    """Of each instrument, how much of the best place it could see at T0."""
    place = _finest(moment)
    try:
        sky = None if place is None else resolve(parse_sky(place["sky"]), blob)
    except FormatError:
        sky = None
    if sky is None or moment.t0 is None:
        return {key: View(share=None, note="the place or the time is not known") for key in keys}
    found: dict[str, View] = {}
    for key in keys:
        try:
            seen = field_of_view(key, moment.t0, around)
        except (FormatError, PermanentError) as error:
            found[key] = View(share=None, note=str(error))
            continue
        inside = 0.0 if not seen.cells else prob_in_moc(sky, seen.moc())
        found[key] = View(share=seen.coverage * inside, averaged=0.0 < seen.coverage < 1.0, note=seen.note)
    return found


def typical(instrument: Instrument) -> str:
    """The limit that an instrument's team has published for another event."""
    known = instrument.limit
    return "" if known is None else f"{known.flux:.2g} {known.unit} ({known.sigma:g} sigma, {known.timescale_s:g} s)"


def when(moment: Moment) -> str:
    """T0 as people write it."""
    return "T0 unknown" if moment.t0 is None else f"{_short(moment.t0)} UTC"


def _short(t0: datetime) -> str:
    return f"{t0:%Y-%m-%d %H:%M:%S}.{t0.microsecond // 10000:02d}"
