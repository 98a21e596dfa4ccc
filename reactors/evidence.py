"""Claims as inputs: an input of a test may be a whole row of the graph. Its number goes into the analysis, in the unit
that is wanted and with its error and band where these are wanted too; the row itself is the evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, get_args, get_origin
from urllib.parse import quote

import msgspec

from analyses.contract import Parameter, Unit, alternatives, unwrap
from kg.units import si
from nuncius.core.report import Link, as_written

_BAND = re.compile(r"([\d.]+)\s*-\s*([\d.]+) (keV|MeV|GeV)$")
_KEV = {"keV": 1.0, "MeV": 1e3, "GeV": 1e6}
#: Rows that one verdict names; of a whole population the others are counted.
MOST = 50
#: Longest words that a link may point at within a page.
LONGEST = 160


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one input rests on. `node` is the claim in the graph, `text` the words that it was read from."""

    input: str
    document: str
    node: str = ""
    source: str = ""
    by: str = ""
    said: str = ""
    text: str = ""
    hedged: bool = False
    contested: bool = False


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs as plain values, what they rest on, and on how much more than is named."""

    inputs: dict[str, Any]
    evidence: list[Evidence]
    further: int = 0


def resolve(given: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> Resolved:
    """Inputs whose rows are replaced by numbers. A limit is no number: such an input is left out."""
    inputs: dict[str, Any] = {}
    found: list[Evidence] = []
    for name, value in given.items():
        parameter = parameters.get(name)
        if is_row(value):
            found.append(_evidence(name, value))
            # An error or a band goes only where the analysis takes one and the rule gives none itself.
            own = {name, *(word for word in parameters if word not in given)}
            inputs |= {word: one for word, one in _scalar(name, value, parameter).items() if word in own}
        elif isinstance(value, list) and value and all(is_row(entry) for entry in value):
            found += [_evidence(name, entry) for entry in value]
            inputs[name] = _entries(value, parameter)
        elif value is not None:
            inputs[name] = value
    return Resolved(inputs=inputs, evidence=found[:MOST], further=max(0, len(found) - MOST))


def is_row(value: Any) -> bool:
    """Whether a value is a row of a stored query that names its document."""
    return isinstance(value, Mapping) and isinstance(value.get("document"), str)


def _scalar(name: str, row: Mapping[str, Any], parameter: Parameter | None) -> dict[str, Any]:
    """The number of a row in the parameter's unit, its error as `name_error`, its band."""
    unit = parameter.unit if parameter is not None else ""
    number, error = _number(row, unit)
    out: dict[str, Any] = {} if number is None else {name: number}
    if error is not None:
        out[f"{name}_error"] = error
    return out | _band(row)


def _number(row: Mapping[str, Any], unit: str) -> tuple[float | None, float | None]:
    """Value and 1-sigma error in a unit (as it stands, where none is wanted); None where there is none, or a limit."""
    value = row.get("value")
    if row.get("limit") or isinstance(value, bool) or not isinstance(value, int | float):
        return None, None
    factor = 1.0
    if unit:
        mine, wanted = si(str(row.get("unit") or "")), si(unit)
        if mine is None or wanted is None or mine[1] != wanted[1]:
            return None, None
        factor = mine[0] / wanted[0]
    errors = [float(row[word]) for word in ("minus", "plus") if isinstance(row.get(word), int | float)]
    level = row.get("error_probability")
    sigmas = NormalDist().inv_cdf((1.0 + float(level)) / 2.0) if isinstance(level, float) and 0 < level < 1 else 1.0
    return float(value) * factor, max(errors) * factor / sigmas if errors else None


def _band(row: Mapping[str, Any]) -> dict[str, Any]:
    """The band of energies that the claim names, in keV."""
    qualifier = row.get("qualifier")
    match = _BAND.match(str(qualifier.get("band") or "")) if isinstance(qualifier, Mapping) else None
    if match is None:
        return {}
    return {"band_low": float(match[1]) * _KEV[match[3]], "band_high": float(match[2]) * _KEV[match[3]]}


def _entries(rows: list[Any], parameter: Parameter | None) -> list[Any]:
    """Rows as the entries of a list: numbers, or the structs that the analysis wants; a row that lacks what one needs
    is left out."""
    member = _member(parameter)
    if not (isinstance(member, type) and issubclass(member, msgspec.Struct)):
        unit = parameter.unit if parameter is not None else ""
        return [number for row in rows if (number := _number(row, unit)[0]) is not None]
    fields = {field.name: field for field in msgspec.structs.fields(member)}
    out = []
    for row in rows:
        qualifier = row.get("qualifier")
        who = (qualifier.get("instrument") if isinstance(qualifier, Mapping) else "") or row.get("by") or ""
        made = {"name": str(who)} | {word: row[word] for word in fields if row.get(word) is not None} | _band(row)
        predicate = str(row.get("predicate") or "")
        if predicate in fields:
            unit = next((n.name for n in unwrap(fields[predicate].type)[1] if isinstance(n, Unit)), "")
            number, error = _number(row, unit)
            made |= {predicate: number} | ({f"{predicate}_error": error} if error is not None else {})
        made = {word: value for word, value in made.items() if word in fields and value is not None}
        if all(name in made for name, field in fields.items() if field.required):
            out.append(made)
    return out


def _member(parameter: Parameter | None) -> Any:
    if parameter is None:
        return None
    for one in alternatives(parameter.annotation):
        if get_origin(one) is list:
            return unwrap(get_args(one)[0])[0]
    return None


def _evidence(name: str, row: Mapping[str, Any]) -> Evidence:
    words = {w: str(row.get(w) or "") for w in ("document", "node", "source", "by", "said", "text")}
    doubts = {"hedged": row.get("assertion") == "hedged", "contested": row.get("contested") is True}
    return msgspec.convert({"input": name, **words, **doubts}, Evidence)


def links(evidence: list[Evidence]) -> list[Link]:
    """The documents, each at the words that the claim was read from."""
    found: dict[str, Link] = {}
    for one in evidence:
        if one.document.startswith(("https://", "http://")):
            at = f"#:~:text={quote(one.text)}" if one.text and len(one.text) <= LONGEST else ""
            found.setdefault(one.document + at, Link(label=one.source or "source", url=one.document + at))
    return list(found.values())[:10]


def quotations(evidence: list[Evidence]) -> str:
    """What the inputs rest on, one a line: whose word it is, and in which words."""
    lines = []
    for one in evidence[:10]:
        whose = as_written(", ".join(dict.fromkeys(word for word in (one.source or one.document, one.by) if word)))
        words = f"“{as_written(one.text)}”" if one.text else as_written(one.said)
        doubts = " (hedged)" * one.hedged + " (disputed)" * one.contested
        lines.append(f"- {one.input}: **{whose}**{': ' + words if words else ''}{doubts}")
    return "\n".join(lines)
