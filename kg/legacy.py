"""The names that older systems gave to circulars and facts: `paper:gcn<N>` with the predicates of literature-to-facts.

    http://odahub.io/ontology/paper#gcn21505  paper:reports_icecube_event "IceCube-170922A"

What those systems concluded from a subject's wording is concluded from it here; numbers come from our extracted
facts, so that each has its claim node with a span beside it. Not inherited: a characteristic asserted where the text
denies it, local time, only the last citation, mail addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kg import terms as t
from kg.byline import byline
from kg.extraction import Fact
from kg.names import find_names
from kg.naming import keys_of
from kg.store import Triple, iri, literal
from nuncius.core.event import Event

_ODA = "http://odahub.io/ontology/"
#: Instruments of INTEGRAL by the short names that the older systems used.
_INTEGRAL = {
    "acs": r"SPI[-/ ]?ACS|\bACS\b",
    "ibis": r"IBIS|ISGRI|PICsIT",
    "jemx": r"JEM-?X",
    "omc": r"\bOMC\b",
    "spi": r"\bSPI\b(?![-/ ]?ACS)",
}
_LVC = r"(?P<event>LIGO/Virgo(?:/KAGRA)? (?:S|MS|G)\d{5,6}[a-z]*)"
_LVC_REPORT = re.compile(rf"^{_LVC}: Identification")
_COUNTERPART_SEARCH = re.compile(
    r"^(?P<event>(?:LIGO/Virgo(?:/KAGRA)? )?[A-Za-z]+[- ]?\d[\w.-]*)[:,]? .*?"
    r"(?:counterpart|observation|upper limit|prompt|search)",
    re.I,
)
_LVC_BY = re.compile(
    rf"^{_LVC}: (?:No |Upper limits? |.*?)counterparts?\b.*? (?:in|by|from|with) (?P<who>.+?)"
    r"(?: (?:prompt )?(?:observations?|data))?$",
    re.I,
)
_INTEGRAL_GRB = re.compile(r"^(?P<event>GRB ?\d{6}[A-Z]?)\s*:?.*?\b(?:INTEGRAL|IBAS)\b", re.I)
_ICECUBE = re.compile(r"^(?P<event>IceCube-\d{6}[A-Z]?)\s*[-:]+\s*IceCube [Oo]bservation\b")
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_SWIFT = re.compile(r"\btrigger\s*[=#:]?\s*(?:number\s*)?(?P<number>\d{6,7})\b", re.I)
_GBM = re.compile(r"\btrigger\s*(?:No\.?|#)?\s*(?P<number>\d{9})(?:\.\d+)?\b", re.I)
#: A fact of these predicates, asserted, is a characteristic that the report gives the event.
_CHARACTERISTICS = {"counterpart": "afterglow"}


def document(event: Event, doc: Any) -> list[Triple]:
    """What the circular's own text gives without extraction: number, subject, date, authors, kind of report."""
    subject, body = str(event.data.get("subject") or ""), str(event.data.get("body") or "")
    node = t.paper(f"gcn{int(event.data['circular'])}")
    out: list[Triple] = [
        (node, t.paper("NUMBER"), literal(int(event.data["circular"]))),
        (node, t.paper("SUBJECT"), literal(subject)),
        (node, t.SEE_ALSO, doc),
    ]
    if event.data.get("created") is not None:
        out.append((node, t.paper("DATE"), literal(str(event.data["created"]))))
    if (who := byline(body)) is not None:
        out.append((node, t.paper("gcn_authors"), literal(who.authors)))
    said = _of_subject(subject) + [("url", url.rstrip(".,;")) for url in _URL.findall(body)[:20]]
    said += [("mentions_named_event", _plain(n.name)) for n in find_names(body)[:40]]
    said += _numbers(event, subject, body)
    return out + [(node, t.paper(word), literal(value)) for word, value in dict.fromkeys(said)]


def _plain(name: str) -> str:
    return name.replace(" ", "")


def _of_subject(subject: str) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    plain = " ".join(subject.split())
    if match := _LVC_REPORT.match(plain):
        out += [("lvc_event_report", match["event"]), ("lvc_event", match["event"].split()[-1])]
    if match := _ICECUBE.match(plain):
        out += [("reports_icecube_event", match["event"]), ("reports_event", match["event"])]
    integral = re.search(r"\bINTEGRAL\b|\bIBAS\b|SPI-?ACS", plain, re.I)
    if integral and (match := _COUNTERPART_SEARCH.match(plain)) and not plain.upper().startswith("GRB"):
        out.append(("original_event", match["event"]))
    if match := _LVC_BY.match(plain):
        out.append(("lvc_counterpart_by", match["who"].strip()))
    others = re.search(r"\b(?:afterglow|optical|upper limit|no )\b", plain, re.I) and "INTEGRAL burst" not in plain
    if (match := _INTEGRAL_GRB.match(plain)) and not others:
        out.append(("integral_grb_report", match["event"]))
    if integral:
        out += [("instrument", word) for word, pattern in _INTEGRAL.items() if re.search(pattern, plain)]
    names = [n for n in find_names(plain) if n.name.startswith(("HAWC", "ANTARES"))]
    return out + [("mentions_named_hawc", n.name) for n in names if n.name.startswith("HAWC")]


def _numbers(event: Event, subject: str, body: str) -> list[tuple[str, Any]]:
    """Trigger numbers by their owner."""
    out: list[tuple[str, Any]] = []
    for key in keys_of(event):
        owner, _, number = key.key.partition(":")
        if owner in ("swift", "fermi-gbm") and number.isdigit():
            out.append(("swift_trigger_id" if owner == "swift" else "gbm_trigger_id", int(number)))
    if not any(word == "swift_trigger_id" for word, _ in out) and "Swift" in subject and (m := _SWIFT.search(body)):
        out.append(("swift_trigger_id", int(m["number"])))
    if not any(word == "gbm_trigger_id" for word, _ in out) and (m := _GBM.search(subject) or _GBM.search(body[:600])):
        out.append(("gbm_trigger_id", int(m["number"])))
    return out


def triples(event: Event, facts: Sequence[Fact], own: str | None) -> list[Triple]:
    """Extracted facts under the older predicates. Only what is asserted, of the circular's own event."""
    node = t.paper(f"gcn{int(event.data['circular'])}")
    subject = str(event.data.get("subject") or "")
    said: list[tuple[str, Any]] = []
    for fact in facts:
        said += _cited(fact)
        if fact.assertion in ("asserted", "cited") and fact.object in (None, own):
            said += _measured(fact, subject, own or "")
    return [(node, t.paper(word), value) for word, value in dict.fromkeys((w, _term(v)) for w, v in said)]


def _term(value: Any) -> Any:
    return value if hasattr(value, "value") else literal(value)


def _cited(fact: Fact) -> list[tuple[str, Any]]:
    if fact.predicate == "cites":
        number = str(fact.value).split()[-1]
        gcn = isinstance(fact.value, int | float) or str(fact.value).isdigit()
        number = str(int(float(number))) if gcn else number
        return [
            ("cites", t.paper(("gcn" if gcn else "atel") + number)),
            ("cites_gcn_id" if gcn else "cites_atel_id", number),
        ]
    if fact.predicate in ("event_name", "alias"):
        name = _plain(str(fact.value))
        named = [("mentions_named_event", name)]
        return [*named, ("mentions_named_grb", name)] if name.startswith("GRB") else named
    # `paper:instrument` meant INTEGRAL's, by short names (`_of_subject`).
    if fact.predicate == "instrument" and fact.assertion == "asserted":
        return [("detected_by", str(fact.value))]
    return []


def _measured(fact: Fact, subject: str, own: str) -> list[tuple[str, Any]]:
    """Times, positions, limits and characteristics, under the words of the report they stand in."""
    neutrino, hawc = own.startswith("IceCube"), own.startswith("HAWC")
    if fact.predicate == "trigger_time" and (moment := isot(fact)):
        out = [("event_isot" if neutrino else "grb_isot", moment)]
        out += [("event_t0", moment)] if re.search(r"INTEGRAL|IBAS", subject) and not neutrino else []
        searched = _COUNTERPART_SEARCH.match(subject) if "INTEGRAL" in subject else None
        out += [("original_event_utc", moment)] if searched else []
        return out + ([("lvc_event_utc", moment)] if own[:1] in ("S", "G") and own[1:2].isdigit() else [])
    if fact.predicate == "position" and isinstance(fact.value, dict) and {"ra", "dec"} <= set(fact.value):
        who = "hawc" if hawc else "event" if neutrino else _localizer(subject)
        place = [(f"{who}_{axis}", float(fact.value[axis])) for axis in ("ra", "dec")] if who else []
        radius = [(f"{who}_rad", float(max(fact.error)))] if who and who != "event" and fact.error else []
        return [*place, *radius]
    if fact.predicate in ("fluence", "flux") and fact.limit == "<" and "INTEGRAL" in subject and _is_number(fact.value):
        return [("integral_ul", float(fact.value))]  # type: ignore[arg-type]
    if fact.predicate in _CHARACTERISTICS and fact.assertion == "asserted":
        return [("reports_characteristic", iri(_ODA + _CHARACTERISTICS[fact.predicate]))]
    return []


def _localizer(subject: str) -> str | None:
    return "balrog" if "BALROG" in subject.upper() else "gbm" if "GBM" in subject else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def isot(fact: Fact) -> str | None:
    """A trigger time as ISO 8601 in UTC, without the zone's letter, as astropy's `isot` writes it."""
    try:
        moment = datetime.fromisoformat(str(fact.value))
    except ValueError:
        return None
    return moment.replace(tzinfo=None).isoformat()
