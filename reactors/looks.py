"""Looking into instruments' data: which of them can be asked about a moment and with what, and what their answers say,
in words and for the analyses that rest on them (the delay between two, the figure of all)."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from analyses.contract import describe, known
from analyses.library.burst_search import CURVE, DATA
from analyses.library.light_curve import BEYOND_SIGMA, DETECTED_SIGMA, MOST_SIGMA
from analyses.settings import DataSource
from nuncius.core.event import iso
from nuncius.core.result import Result
from reactors.sightings import Moment, called, load

#: How long before and after T0 a burst is looked for: around a burst's own trigger, a merger, a neutrino.
WINDOWS = {"EM": (30.0, 300.0), "GW": (10.0, 60.0), "Neutrino": (500.0, 500.0)}
#: Files of one instrument that are handed on; its pattern should name the day.
MOST_FILES = 64
#: What a rule says for every instrument that has a source of data.
ALL = "all"


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How to look into one instrument's data: the analysis and its inputs. `free`: files of an archive, which are asked
    also where the place was out of view, since a bright burst shines through shields."""

    analysis: str
    inputs: dict[str, Any]
    free: bool = False


def looks(moment: Moment, asked: Mapping[str, str] | str, settings: Mapping[str, DataSource]) -> dict[str, Look]:
    """By instrument, how to look into its data. `asked` is what a rule says: an analysis for each instrument, or `all`;
    `settings` are the sources that were set. Instruments without a source are not in it."""
    if moment.t0 is None:
        return {}
    if not isinstance(asked, str):
        return {key: _by(key, str(name), moment, None) for key, name in asked.items()}
    found: dict[str, Look] = {}
    there = {analysis.name for analysis in known()}
    for key, instrument in load().items():
        usual = instrument.data or DataSource()
        source = settings.get(key, usual)
        options = {**usual.options, **source.options}
        if source.files and (files := _files(source.files, moment.t0, moment.name)):
            inputs = _told(key, moment, source) | {"files": files} | options
            if source.places:
                inputs["places"] = _files(source.places, moment.t0, moment.name)
            found[key] = Look(analysis="burst-search", inputs=inputs, free=True)
        elif source.analysis in there:
            found[key] = _by(key, source.analysis, moment, source)
    return found


def configured(key: str, settings: Mapping[str, DataSource]) -> bool:
    """Whether somebody set where an instrument's data are, though there may be none of this moment."""
    usual = load()[key].data or DataSource()
    source = settings.get(key, usual)
    return bool(source.files) or source.analysis in {analysis.name for analysis in known()}


def _by(key: str, name: str, moment: Moment, source: DataSource | None) -> Look:
    """An analysis that is asked about the moment; one that only fetches light curves has them searched."""
    parameters = describe(name).parameters
    told = _told(key, moment, source) | _position(moment)
    options = dict(source.options) if source else {}
    if "keep" not in parameters:
        given = {word: told[word] for word in parameters if told.get(word) is not None}
        return Look(analysis=name, inputs=given | options)
    before, after = told["before"], told["after"]
    # More than the window, for the background.
    fetch = {**told, "before": before + 100.0, "after": after + 100.0}
    given = {word: fetch[word] for word in parameters if fetch.get(word) is not None and word != "keep"}
    inputs = _told(key, moment, source) | {"source": name, "source_inputs": given | options}
    return Look(analysis="burst-search", inputs=inputs)


def _told(key: str, moment: Moment, source: DataSource | None) -> dict[str, Any]:
    """What every search of data is told."""
    messengers = {str(alert.get("messenger") or "EM") for alert in moment.alerts.values()} or {"EM"}
    before, after = (max(ends) for ends in zip(*(WINDOWS.get(m, WINDOWS["EM"]) for m in messengers), strict=True))
    return {
        "trigger_time": iso(moment.t0),
        "instrument": called(load()[key]),
        "object": moment.name,
        "before": (source.before_s if source else None) or before,
        "after": (source.after_s if source else None) or after,
    }


def _position(moment: Moment) -> dict[str, Any]:
    placed = [r["sky"] for r in moment.regions if "ra" in r["sky"] and r["sky"].get("type") != "annulus"]
    if not placed:
        return {}
    best = min(placed, key=lambda sky: float(sky.get("radius") or sky.get("semi_major") or 90.0))
    return {"ra": best["ra"], "dec": best["dec"]}


def _files(pattern: str, t0: datetime, name: str) -> list[str]:
    """Files of an archive that may be about the moment, in order of their names."""
    plain = re.sub(r"[^A-Za-z0-9+.-]", "", name)
    told = re.sub(r"\{t0:([^{}]*)\}", lambda code: t0.strftime(code[1]), pattern).replace("{name}", glob.escape(plain))
    return sorted(glob.glob(told, recursive=True))[:MOST_FILES]


# --- what they answered ---


def in_words(result: Result) -> str:
    """What was found, for the verdict: `looked: 12.3 sigma over 0.5 s`."""
    values = result.values
    sigma = values.get("significance")
    if sigma is None:
        return "looked"
    if not is_burst(result):
        limit = values.get("fluence_limit") or values.get("counts_limit")
        bound = f" < {limit.value:.2g} {limit.unit}".replace("erg / cm2", "erg/cm2") if limit else ""
        return f"looked: upper limit{bound}"
    length = values.get("brightest")
    over = f" over {length.value:.3g} s" if length else ""
    return f"looked: {_sigma(sigma.value)}{over}"


def is_burst(result: Result) -> bool:
    """Whether a burst was found in the data."""
    sigma = result.values.get("significance")
    return sigma is not None and sigma.value >= DETECTED_SIGMA


def _sigma(value: float) -> str:
    return BEYOND_SIGMA if value >= MOST_SIGMA else f"{value:.1f} sigma"


def panel(name: str, result: Result) -> dict[str, Any] | None:
    """The light curve as the figure of all wants it; None where the result has none."""
    table = next((table for table in result.tables if table.name == CURVE), None)
    if table is None:
        return None
    values = result.values
    unit = table.columns[2].partition("[")[2].rstrip("]") or "ct / s"
    drawn: dict[str, Any] = {"name": name, "rows": table.rows, "unit": unit}
    if not is_burst(result) or "t90" not in values:
        limit = values.get("fluence_limit") or values.get("counts_limit")
        told = f"no burst, < {limit.value:.2g} {limit.unit} (3 sigma)" if limit else "no burst"
        return drawn | {"note": told.replace("erg / cm2", "erg/cm2")}
    t90, begin = values["t90"], values["t90_start"].value
    note = f"{_sigma(values['significance'].value)}, T90 = {t90.value:.3g} ± {t90.plus or 0.0:.2g} s"
    return drawn | {"note": note, "begin": begin, "end": begin + t90.value}


def stack(found: Mapping[str, Result], moment: Moment) -> dict[str, Any] | None:
    """Inputs of the figure of all light curves, those with a burst first; None where there is none."""
    order = sorted(found, key=lambda key: (not is_burst(found[key]), -_strength(found[key]), key))
    panels = [made for key in order if (made := panel(_whose(key, found[key]), found[key])) is not None]
    return {"panels": panels, "trigger_time": iso(moment.t0), "object": moment.name} if panels else None


def _whose(key: str, result: Result) -> str:
    """The instrument as its data name it: a detector of it may have another name."""
    return str((result.provenance.get(DATA) or {}).get("instrument") or called(load()[key]))


def _strength(result: Result) -> float:
    value = result.values.get("significance_before_trials")
    return value.value if value else 0.0


#: Two spacecraft that are both near the Earth tell no direction.
NEAR_KM = 20_000.0


def delays(found: Mapping[str, Result], name: str) -> dict[str, dict[str, Any]]:
    """By pair, the inputs of a triangulation, for all whose bursts were found and whose place is known: each with the
    one of the finest bins, since annuli of all pairs would count the same delays twice."""
    data = {key: result.provenance.get(DATA) or {} for key, result in found.items() if is_burst(result)}
    placed = {key: told for key, told in data.items() if told.get("place") and told.get("kept") and told.get("burst")}
    if len(placed) < 2:
        return {}
    order = sorted(placed, key=lambda key: (placed[key]["step"], key))
    inputs: dict[str, dict[str, Any]] = {}
    first = order[0]
    for other in order[1:]:
        if max(placed[key]["place"]["distance"] for key in (first, other)) < NEAR_KM:
            continue
        begin, end = placed[other]["burst"]
        margin = max(0.2 * (end - begin), 0.5 * placed[other]["step"])
        pair = f"{load()[first].name} and {load()[other].name}"
        inputs[pair] = {
            "first": _seen(first, placed[first], found[first]),
            "second": _seen(other, placed[other], found[other]),
            "start": begin - margin,
            "stop": end + margin,
            "object": name,
        }
    return inputs


def _seen(key: str, data: Mapping[str, Any], result: Result) -> dict[str, Any]:
    place = data["place"]
    columns = (result.provenance.get("inputs") or {}).get("columns") or []
    return {
        "file": data["file"],
        "t0": data["t0"],
        "instrument": called(load()[key]),
        "columns": columns,
        **{word: place[word] for word in ("ra", "dec", "distance")},
    }


def annuli(outcomes: Sequence[tuple[str, Result]]) -> list[dict[str, Any]]:
    """Regions that delays between instruments gave."""
    found = []
    for name, result in outcomes:
        told = {word: result.values.get(f"annulus_{word}") for word in ("ra", "dec", "inner", "outer")}
        if any(value is None for value in told.values()):
            continue
        sky = {word: value.value for word, value in told.items() if value is not None}
        level = {"type": "annulus", "containment_probability": 0.9973}
        found.append({"name": f"timing {name.replace(' and ', '–')}", "sky": level | sky, "by": "time-delay"})
    return found


def summary(found: Mapping[str, Result]) -> list[str]:
    """Names of the instruments in whose data a burst was found."""
    return [_whose(key, result) for key, result in found.items() if is_burst(result)]
