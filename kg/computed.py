"""Stored answers that SPARQL cannot work out: asked by name like the files in `kg/queries`, with `object`, `as_of`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from kg.claim import Claim, said
from kg.contradictions import contradictions
from kg.knowledge import Reader
from kg.lightcurve import light_curve
from kg.literature import papers
from kg.spectra import decays, spectra

Rows = list[dict[str, Any]]

#: Predicates that say something of the document rather than of the object.
_OF_THE_TEXT = ("cites", "corrects", "report_type", "follows_up", "event_name", "alias", "instrument")
#: Assertions from the surest to the least sure.
_SURE = ("asserted", "hedged", "cited", "negated", "hypothetical")


def _row(claim: Claim) -> dict[str, Any]:
    # What is the usual is left out of a claim's own words; conditions name these all the same.
    always = {"said": said(claim), "received": claim.received, "status": claim.status, "assertion": claim.assertion}
    return msgspec.to_builtins(claim) | always  # type: ignore[no-any-return]


def claims(reader: Reader, obj: str) -> Rows:
    """All claims about the object, each with who makes it and whether it stands."""
    return [_row(claim) for claim in reader.claims(obj)]


def known(reader: Reader, obj: str) -> Rows:
    """What is known now: of each predicate the claim to go by, since when, how many say so, and whether it is
    disputed. The surest counts: standing, asserted, with an error, of the highest confidence, the newest."""
    found = reader.claims(obj)
    contested = {c.node for pair in contradictions(found) for c in (pair.earlier, pair.later)}
    out: Rows = []
    for predicate in dict.fromkeys(c.predicate for c in found if c.predicate not in _OF_THE_TEXT):
        own = [c for c in found if c.predicate == predicate]
        live = [c for c in own if c.status == "stands"] or own
        best = max(live, key=_weight)
        out.append(
            _row(best)
            | {
                "since": min(c.received for c in live),
                "claims": len(own),
                "contested": any(c.node in contested for c in live),
            }
        )
    return out


def _weight(claim: Claim) -> tuple[Any, ...]:
    """How much a claim counts among those of its predicate: a hedged measurement says more than a firm limit."""
    own = claim.assertion in ("asserted", "hedged")
    measured = claim.limit is None and claim.lower is None
    sure = -_SURE.index(claim.assertion) if claim.assertion in _SURE else -len(_SURE)
    precise = claim.minus is not None or claim.radius is not None
    return own, measured, sure, precise, round(claim.confidence or 0.0, 2), claim.received


def curve(reader: Reader, obj: str) -> Rows:
    """The light curve: every magnitude and limit with its seconds since T0."""
    return [msgspec.to_builtins(p) for p in light_curve(reader.claims(obj, ("magnitude",)), reader.t0(obj))]


def against(reader: Reader, obj: str) -> Rows:
    """Claims that contradict each other beyond their errors, with both sources and both spans."""
    return [
        {
            "predicate": pair.predicate,
            "why": pair.why,
            "sigmas": pair.sigmas,
            "earlier": _row(pair.earlier),
            "later": _row(pair.later),
            "document": pair.later.document,
        }
        for pair in contradictions(reader.claims(obj))
    ]


def spectra_of(reader: Reader, obj: str) -> Rows:
    """Peak energies with the indices, and the fluence, that go with each."""
    return spectra([_row(claim) for claim in reader.claims(obj)])


def decays_of(reader: Reader, obj: str) -> Rows:
    """Decay indices with the afterglow's spectrum that goes with each."""
    return decays([_row(claim) for claim in reader.claims(obj)])


#: Name → what it answers, and the function that does.
COMPUTED: dict[str, tuple[str, Callable[[Reader, str], Rows]]] = {
    "claims": ("Everything claimed about an object, by whom, and whether it stands.", claims),
    "known": ("What is known about an object now: the claim to go by of each predicate.", known),
    "light_curve": ("All magnitudes and limits of an object, with seconds since its trigger.", curve),
    "papers": ("Papers and telegrams about an object or mentioning it, and what they say of it.", papers),
    "spectra": ("Peak energies of a burst, the one to go by first, with indices and the fluence of each.", spectra_of),
    "decays": ("Decays of an afterglow, the latest part of each, with the spectrum that goes with it.", decays_of),
    "contradictions": ("Claims about an object that contradict each other beyond their errors.", against),
}
