"""The joint report of a moment: who saw it, what the analyses of all instruments together give, what changed since the
report before; and the same for machines."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from nuncius.core.event import iso
from nuncius.core.numbers import odds, rounded
from nuncius.core.result import Result, Table
from reactors import looks
from reactors.fanning import DATA, View, typical, when
from reactors.sightings import Moment, Sighting, called, key_of, load

#: Below this share of the place an instrument could not have seen it, for a reader.
LEAST_SHARE = 0.01
#: Relative change of a number that a reader is told of.
WORTH_TELLING = 0.02
ATTACHED = "joint.json"
#: Instruments outside our catalogue that are listed; the others are counted.
MOST_OTHERS = 10

_SAW = {"saw": "saw it", "limit": "looked: upper limit", "named": "reported, see there"}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one part ended: a result, an error, or neither, when it had not ended in time."""

    name: str
    analysis: str
    inputs: dict[str, Any] = {}
    result: Result | None = None
    error: str = ""


class Joint(msgspec.Struct, frozen=True, kw_only=True):
    """All that one joint report tells."""

    name: str
    moment: Moment
    views: dict[str, View]
    outcomes: list[Outcome]
    #: Why an instrument that could be looked into was not; empty where the rule did not ask for data.
    unasked: dict[str, str] = {}

    @property
    def missing(self) -> list[str]:
        """Parts that had not ended."""
        return [o.name for o in self.outcomes if o.result is None and not o.error]


def instruments(joint: Joint) -> list[dict[str, Any]]:
    """Every instrument with its verdict, those that saw it first."""
    rows: list[dict[str, Any]] = []
    told = {s.key: s for s in joint.moment.sightings if s.key}
    answers = _looked(joint)
    for key, instrument in load().items():
        if key not in joint.views and key not in told and key not in answers:
            continue
        view, sighting = joint.views.get(key, View(share=None)), told.get(key)
        name = called(instrument)
        is_, why = _verdict(view, sighting, answers.get(key), joint.unasked.get(key, ""))
        why = why.removeprefix(f"{joint.name}, ").removeprefix(f"{name}: ")
        limit = typical(instrument) if sighting is None and (view.share or 0.0) >= LEAST_SHARE else ""
        rows.append({"instrument": name, "key": key, "is": is_, "share": view.share, "by": why, "limit": limit})
    others = [s for s in joint.moment.sightings if not s.key]
    rows += [
        {"instrument": s.name, "key": "", "is": _SAW[s.state], "share": None, "by": s.by, "limit": ""}
        for s in others[:MOST_OTHERS]
    ]
    # Those that we know come before those that a circular names, in the catalogue's order.
    return sorted(rows, key=lambda row: (_rank(row["is"]), not row["key"]))


def _looked(joint: Joint) -> dict[str, Outcome]:
    """What came of looking into data, by instrument."""
    suffix = f" {DATA}"
    return {o.name.removesuffix(suffix): o for o in joint.outcomes if o.name.endswith(suffix)}


def _rank(verdict: str) -> int:
    """The order in which verdicts are listed."""
    kinds = ["saw it", "looked", "reported", "asked", "could have", "may have", "not known"]
    place = next((i for i, kind in enumerate(kinds) if verdict.startswith(kind)), len(kinds))
    return 2 * place + ("upper limit" in verdict)


def _verdict(view: View, sighting: Sighting | None, looked: Outcome | None, unasked: str) -> tuple[str, str]:
    gave = looked.result if looked is not None else None
    if gave is not None and not gave.values and gave.caveats and looked is not None:  # it had nothing of that time
        return _verdict(view, sighting, None, gave.answer.partition(": ")[2] or gave.answer)
    if sighting is not None:
        data = f"; data: {looks.in_words(gave).removeprefix('looked: ')}" if gave is not None else ""
        return _SAW[sighting.state], f"{sighting.by}{data}"
    out = view.share is not None and view.share < LEAST_SHARE
    hidden = view.note.removeprefix("approximate: ") or "out of its view"
    if gave is not None and (looks.is_burst(gave) or not out):
        return looks.in_words(gave), gave.answer
    if out:
        return "could not", f"{hidden}; its data show nothing" if gave is not None else hidden
    if looked is not None and looked.error:
        return "asked: failed", looked.error
    if looked is not None:
        return "asked, no answer yet", ""
    if view.share is None:
        return "not known", view.note
    may = "may" if view.averaged else "could"
    why = "; ".join(note for note in (view.note.removeprefix("approximate: "), unasked) if note)
    return f"{may} have seen it, not asked", why


def answer(joint: Joint) -> str:
    """The line that people read first."""
    rows = instruments(joint)
    saw = [row["instrument"] for row in rows if row["is"] == _SAW["saw"]]
    said = [f"seen by {_listed(saw)}" if saw else "seen by nobody that we know"]
    if found := [name for name in found_in_data(joint) if name not in saw]:
        said.append(f"in data of {_listed(found)}")
    results = {o.name: o.result for o in joint.outcomes if o.result is not None}
    place = results.get("joint-localization") or results.get("localization")
    if place is not None:
        said.append(place.answer.removeprefix(f"{joint.name}: "))
    said += [r.answer for n, r in results.items() if n.startswith("coincidence") and r is not None]
    said += [r.answer.removeprefix(f"{joint.name}: ") for n, r in results.items() if n == "energetics"]
    said += [
        r.answer.removeprefix(f"{joint.name}: ").partition(" from ")[0]
        for n, r in results.items()
        if n == "afterglow" and "decay_index" in r.values
    ]
    if joint.missing:
        said.append(f"still to come: {_listed(joint.missing)}")
    return f"{joint.name}: {'; '.join(said)}"


def found_in_data(joint: Joint) -> list[str]:
    """Names of the instruments in whose data a burst was found."""
    return looks.summary({key: o.result for key, o in _looked(joint).items() if o.result is not None})


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def table_of(joint: Joint) -> Table:
    """Who saw it, could have, could not. Those of whom the same is said share a row; the file for machines has each."""
    alike: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for row in instruments(joint):
        name, is_ = row["instrument"], row["is"]
        told = is_ in _SAW.values() or is_.startswith(("looked", "asked"))
        why = row["by"] if told else _reason(row["by"])
        alike.setdefault((is_, why, row["limit"], name if told else ""), []).append((name, _share(row)))
    rows: list[list[str | float | None]] = []
    for (is_, why, limit, _), members in alike.items():
        shares = list(dict.fromkeys(share for _, share in members))
        one = len(shares) == 1
        names = ", ".join(name if one else f"{name} ({share})" for name, share in members)
        rows.append([names, is_, shares[0] if one else "", why, limit])
    columns = ["instrument", "verdict", "in view", "by", "typical limit"]
    return Table(name=f"instruments at {when(joint.moment)}", columns=columns, rows=rows)


#: What a reader need not be told of each instrument: names, and numbers that stand in another column.
_POINTING = re.compile(r"where .+ (pointed|was in its orbit) is not known, so each place counts [^;]+")
_BEGAN = re.compile(r"^.+ (began|ended) in (\S+)$")


def _reason(why: str) -> str:
    """Why not, in the same words for all whom it holds for."""
    said = _POINTING.sub(lambda m: "pointing not known" if m[1] == "pointed" else "place in orbit not known", why)
    return _BEGAN.sub(r"\1 in \2", said)


def _share(row: Mapping[str, Any]) -> str:
    """Of those that saw it, also later, it says nothing."""
    if row["share"] is None or row["is"] in _SAW.values():
        return ""
    return "below 1 %" if 0.0 < row["share"] < LEAST_SHARE else f"{100 * row['share']:.0f} %"


def results_table(joint: Joint) -> Table:
    """What each part gave."""
    rows: list[list[str | float | None]] = []
    for outcome in joint.outcomes:
        if outcome.analysis == "light-curves":  # a figure, which is there
            continue
        gave = outcome.result.answer if outcome.result else outcome.error or "has not ended yet"
        rows.append([outcome.name, gave])
    return Table(name="results", columns=["analysis", "gives"], rows=rows)


def as_json(joint: Joint) -> dict[str, Any]:
    """The whole report for machines; figures are in the report itself."""
    return {
        "object": joint.moment.object,
        "name": joint.name,
        "trigger_time": iso(joint.moment.t0),
        "objects": {obj: iso(t0) for obj, t0 in joint.moment.objects.items()},
        "regions": joint.moment.regions,
        "instruments": instruments(joint),
        "results": {
            o.name: {"analysis": o.analysis, "inputs": _told(o)}
            | (_built(o.result) if o.result else {"error": o.error})
            for o in joint.outcomes
        },
        "missing": joint.missing,
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    """Its inputs; light curves that were drawn stand with the searches that they came from."""
    panels = outcome.inputs.get("panels")
    return outcome.inputs if panels is None else outcome.inputs | {"panels": [panel["name"] for panel in panels]}


def _built(result: Result) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(result, figures=[]))
    del built["figures"]
    return built


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What a reader of the report before should know, in lines."""
    lines: list[str] = []
    was = {row["instrument"]: row["is"] for row in before.get("instruments", [])}
    for row in now.get("instruments", []):
        old = was.get(row["instrument"])
        if old != row["is"] and (old is not None or key_of(row["instrument"]) == row["key"]):
            lines.append(f"{row['instrument']}: {row['is']}" + (f", was: {old}" if old else ", new"))
    places = {region["name"]: region["by"] for region in before.get("regions", [])}
    for region in now.get("regions", []):
        if region["name"] not in places:
            lines.append(f"region of {region['name']}: new, by {region['by']}")
        elif places[region["name"]] != region["by"]:
            lines.append(f"region of {region['name']}: newer, by {region['by']}")
    here = {region["name"] for region in now.get("regions", [])}
    lines += [f"region of {name}: no longer" for name in places if name not in here]
    listed = {row["instrument"] for row in now.get("instruments", [])}
    lines += [f"{name}: no longer told of" for name in was if name not in listed]
    for name, given in now.get("results", {}).items():
        if name.endswith(f" {DATA}") or name == "light curves":  # verdicts tell of these
            continue
        old_values = before.get("results", {}).get(name, {}).get("values")
        if old_values is None:
            lines += [f"{name}: came in"] if "values" in given else []
            continue
        for quantity, value in given.get("values", {}).items():
            lines += _moved(name, quantity, old_values.get(quantity), value)
    if len(before.get("missing", [])) != len(now.get("missing", [])):
        lines.append(f"still to come: {_listed(now['missing']) if now.get('missing') else 'nothing'}")
    gone = [
        name
        for name in before.get("results", {})
        if name not in now.get("results", {}) and not name.endswith(f" {DATA}") and name != "light curves"
    ]
    return [*lines, *(f"{name}: no longer" for name in gone)]


#: Values whose change is told in words; the others are in the tables.
_TOLD = frozenset({"area_90", "joint_far", "energy", "log_odds", "time_offset", "decay_index", "delay"})
#: Rates and odds that move by less than a factor of two say the same.
_FACTOR_OF_TWO = math.log10(2.0)


def _moved(name: str, quantity: str, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[str]:
    if quantity not in _TOLD or old is None:
        return []
    a, b = float(old["value"]), float(new["value"])
    if quantity == "log_odds":
        return [f"{name}, odds: {odds(b)}, was {odds(a)}"] if abs(a - b) > _FACTOR_OF_TWO else []
    if quantity == "joint_far" and a > 0.0 and b > 0.0 and abs(math.log10(b / a)) <= _FACTOR_OF_TWO:
        return []
    if abs(a - b) <= WORTH_TELLING * max(abs(a), abs(b)):
        return []
    unit = f" {new['unit']}" if new.get("unit") else ""
    return [f"{name}, {quantity.replace('_', ' ')}: {rounded(b, 3)}{unit}, was {rounded(a, 3)}"]
