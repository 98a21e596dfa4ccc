"""Facts as events that rules can match: what a circular or paper says, and what its new version no longer says. Pure.
What excludes an earlier claim is kg/disputes.py's.

    kg.fact                  one fact of a circular or paper
    kg.fact.withdrawn        a fact that a newer version of its document leaves out (`predicate` "withdrawn")

Ids follow from document and span, so that reading a document again announces nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from kg.extraction import Fact
from kg.papers import is_paper, read_paper
from kg.subjects import Identity, subject_of
from kg.vocabulary import event_iri
from nuncius.core.event import Event, Tense

#: Facts that rules may want to hear of at once. Magnitudes are too many to announce one by one: the first of a document
#: says that there are some, and rules ask the graph for the light curve. What is hypothetical or another's result is no
#: news.
ANNOUNCED = (
    "redshift", "retraction", "counterpart", "host", "classification", "coincidence", "non_detection", "position",
    "trigger_time", "t90", "fluence", "corrects", "magnitude",
    "duration", "epeak", "epeak_rest", "cutoff_energy", "low_energy_index", "high_energy_index", "photon_index",
    "spectral_index", "decay_index", "break_time", "isotropic_energy", "isotropic_luminosity", "peak_photon_flux",
)  # fmt: skip
_NEWS = ("asserted", "hedged", "negated")
#: At most so many facts of one predicate, and of one circular: a table of sources is not 500 alarms.
MOST_OF_ONE, MOST_OF_ALL = 12, 48
MOST_OF = {"magnitude": 1}


def announced(facts: Sequence[Fact], source: Event, identity: Identity) -> list[Event]:
    """The facts of a document that are announced, in the order of the text."""
    kept: list[Fact] = []
    counts: dict[str, int] = {}
    for fact in facts:
        if fact.predicate in ANNOUNCED and fact.assertion in _NEWS:
            counts[fact.predicate] = counts.get(fact.predicate, 0) + 1
            if counts[fact.predicate] <= MOST_OF.get(fact.predicate, MOST_OF_ONE) and len(kept) < MOST_OF_ALL:
                kept.append(fact)
    own = _own(facts)
    seen: dict[str, int] = {}
    out: list[Event] = []
    for fact in kept:
        part = _part(fact)
        seen[part] = seen.get(part, 0) + 1
        suffix = f"-{seen[part]}" if seen[part] > 1 else ""
        obj = subject_of(fact, identity, own)
        out.append(_event(f"fact:{source.id}:{part}{suffix}", "kg.fact", source, obj, _data(fact, source, obj)))
    return out


def withdrawn_events(before: Sequence[Fact], now: Sequence[Fact], source: Event, identity: Identity) -> list[Event]:
    """Facts of the former version that the new one (`source`) no longer states, as events."""
    still = {_says(fact) for fact in now}
    out: list[Event] = []
    for fact in before:
        counts_alone = fact.predicate in ANNOUNCED and fact.predicate not in MOST_OF
        if counts_alone and fact.assertion in _NEWS and _says(fact) not in still:
            obj = subject_of(fact, identity, _own(before))
            data = _data(fact, source, obj) | {"predicate": "withdrawn", "quantity": fact.predicate}
            data["version"] = float(fact.version)
            name = f"withdrawn:{source.id}:{_part(fact)}"
            out.append(_event(name, "kg.fact.withdrawn", source, obj, data))
    return out[:MOST_OF_ALL]


def _says(fact: Fact) -> tuple[str, str, str, str]:
    return fact.predicate, str(fact.object), str(fact.value), f"{fact.limit}{fact.lower}{fact.upper}{fact.assertion}"


def _own(facts: Sequence[Fact]) -> str | None:
    return next((str(f.value) for f in facts if f.predicate == "event_name"), None)


def _part(fact: Fact) -> str:
    return f"{fact.predicate}:{fact.where}:{fact.start}-{fact.end}"


def _data(fact: Fact, source: Event, obj: str | None) -> dict[str, Any]:
    data = {k: v for k, v in msgspec.to_builtins(fact).items() if v is not None}
    data["name"] = data.pop("object", "")
    data["about"] = data["qualifier"] = data.pop("qualifier", {})
    for word in ("circular", "version", "start", "end"):
        data[word] = float(data[word])
    if obj:
        data["object"] = obj
    if isinstance(fact.value, dict):
        data |= _place(fact)
    elif isinstance(fact.value, int) and not isinstance(fact.value, bool):
        data["value"] = float(fact.value)
    data["url"] = event_iri(source.id)
    if is_paper(source):
        paper = read_paper(source)
        del data["circular"]
        data |= {"document": paper.label, "work": paper.work, "by": paper.by, "version": float(paper.version)}
    else:
        data["document"] = f"GCN {fact.circular}"
    return data


def _place(fact: Fact) -> dict[str, Any]:
    """A position in the words of notices, so that conditions on places work on facts too; with a radius only where
    the text says how probable it is."""
    value = fact.value if isinstance(fact.value, dict) else {}
    out: dict[str, Any] = {axis: float(value[axis]) for axis in ("ra", "dec") if axis in value}
    if fact.error and fact.error_probability is not None:
        out |= {"ra_dec_error": float(max(fact.error)), "containment_probability": float(fact.error_probability)}
    return out


def _event(name: str, kind: str, source: Event, obj: str | None, data: dict[str, Any]) -> Event:
    return Event(
        id=name,
        kind=kind,
        source="nuncius/kg",
        received=source.received,
        # A paper that is withdrawn takes back itself, not the object.
        tense=Tense.UPDATE if is_paper(source) and source.is_retraction else source.tense,
        object=obj,
        trigger_time=source.trigger_time,
        data=data,
    )
