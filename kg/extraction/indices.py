"""Grammar of indices: of photon spectra (one power law, or the two ends of a curved one), of an afterglow's spectrum in
flux density, and of its decay in time with the times where that breaks.

One Greek letter means all of these in turn; the words in front of it and around it decide. Signs are as printed: teams
write a photon index of 1.5 as -1.5 as well. Beyond the contract of `nuncius extract` (docs/spectra.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kg.extraction.assertion import assertion_of
from kg.extraction.breaks import TIME_UNITS, breaks, in_segments, light_of
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Limit
from kg.extraction.flux_words import containment
from kg.extraction.index_words import (
    CHEAP,
    CRITERION,
    DECAY,
    FALLING,
    FNU,
    FURTHER,
    GAP,
    LEAD,
    LOWER,
    MODE,
    MOST,
    NAME,
    NOT_ITS_OWN,
    NOT_NUMBER,
    NUMBER,
    PROMPT_MODEL,
    RANGE,
    SPECTRUM,
    UPPER,
    WITH_PEAK,
)
from kg.extraction.named_object import object_near
from kg.extraction.numbers import Quantity
from kg.extraction.sentences import sentence
from kg.extraction.signed import read_signed, reread_signed
from kg.extraction.spectrum_words import instrument_of, interval_before, is_of_afterglow, measured_as, model_before


def propose(document: Document) -> Iterator[Candidate]:
    """Every index that follows a name, and the times at which decays break."""
    text = document.body.text
    if not any(word in text for word in CHEAP):
        return
    found: dict[int, Candidate] = {}
    for name in islice(NAME.finditer(text), MOST):
        for quantity in _values(text, name):
            if quantity.begin in found:
                continue
            candidate = _candidate(document, text, name, quantity)
            if candidate is not None:
                found[quantity.begin] = candidate
    if any(c.predicate == "decay_index" for c in found.values()):
        for candidate in breaks(document, text):
            found.setdefault(candidate.start, candidate)
    yield from in_segments(text, [found[at] for at in sorted(found)])


def _values(text: str, name: re.Match[str]) -> Iterator[Quantity]:
    """The number that a name is followed by, and a second one that the decay turns into."""
    for at in range(name.end(), min(name.end() + 80, len(text))):
        if text[at] not in "0123456789~<>([.-":
            continue
        if not NUMBER.match(text, at) or not GAP.fullmatch(text, name.end(), at):
            continue
        if name["law"] and text[name.end() : at].strip(" {("):
            return
        first = read_signed(text, at)
        if first is None or (text[at] == "(" and text[first.end - 1] != ")"):
            continue  # a remark in brackets
        if NOT_NUMBER.match(text, first.end) or first.powered:
            return
        yield first
        further = FURTHER.match(text, first.end)
        second = read_signed(text, further.end()) if further else None
        if second is not None and not NOT_NUMBER.match(text, second.end) and not second.powered:
            yield second
        return


def _candidate(document: Document, text: str, name: re.Match[str], quantity: Quantity) -> Candidate | None:
    begin, stop = sentence(text, name.start(), quantity.end)
    if NOT_ITS_OWN.search(text, max(begin, name.start() - 40), name.start()):
        return None
    model = model_before(text, name.start())
    predicate, why = _predicate(text, begin, stop, name, quantity, model)
    if predicate is None:
        return None
    start = quantity.start if quantity.limit else quantity.begin
    said, reason = assertion_of(document, "body", start, quantity.end)
    said = measured_as(document, "body", start, quantity.end, said)
    limit = quantity.limit or _limit(text, name.start())
    bad = abs(quantity.value) > RANGE[predicate]
    bad = bad or (limit is not None and CRITERION.search(text, max(0, start - 400), start) is not None)
    return Candidate(
        predicate=predicate,
        where="body",
        start=start,
        end=quantity.end,
        value=quantity.value,
        error=quantity.error,
        error_probability=containment(text, start, quantity.end) if quantity.error else None,
        limit=limit,
        object=object_near(document, "body", start, quantity.end),
        qualifier=_qualifier(document, text, predicate, model, quantity),
        assertion=said,
        confidence=0.1 if bad else 0.9 if said == "asserted" else 0.75,
        taken=not bad,
        why=f"{quantity.value:g} is too large for one, or a criterion" if bad else f"{why}; {reason}",
    )


def _predicate(
    text: str, begin: int, stop: int, name: re.Match[str], quantity: Quantity, model: str | None
) -> tuple[str | None, str]:
    """What an index is one of, and by which words."""
    if name["law"]:
        return "decay_index", "a power of time"
    lead = text[max(begin, name.start() - 70) : name.start()]
    for predicate in ("low", "high"):
        if LEAD[predicate].search(lead):
            return f"{predicate}_energy_index", f"called {predicate}-energy"
    greek = (name["greek"] or "").lower()
    between = text[name.end() : quantity.begin]
    near = _nearest(text, begin, name.start(), quantity.end, stop)
    if LEAD["photon_index"].search(lead) or (name["word"] or "").startswith("ph"):
        return _photon(text, begin, name, model), "called a photon index"
    if LEAD["decay_index"].search(lead) and near != "spectrum":
        return "decay_index", "of a decay"
    if greek in ("beta", "\u03b2"):
        if model == "Band" and not FNU.search(text, begin, stop):
            return "high_energy_index", "beta of a Band function"
        return ("spectral_index", "beta of an afterglow") if near == "spectrum" or FNU.search(text, begin, stop) else (
            None, "")  # fmt: skip
    if greek in ("gamma", "\u0393", "\u03b3"):
        explicit = "=" in between or "~" in between or "of" in between
        return ("photon_index", "Gamma of a spectrum") if explicit and near == "spectrum" else (None, "")
    if greek == "delta":
        return ("decay_index", "of a decay") if near == "decay" else (None, "")
    if near == "decay":
        return "decay_index", "words of a decay are nearest"
    if near == "spectrum":
        return _spectral(text, begin, stop, name, lead, model)
    return None, ""


def _spectral(
    text: str, begin: int, stop: int, name: re.Match[str], lead: str, model: str | None
) -> tuple[str | None, str]:
    """Of an index that is one of a spectrum."""
    if name["greek"] and re.search(r"\bspectral (?:index|slope)\W{0,3}$", lead):
        return "spectral_index", "called a spectral index"
    if name["greek"] or name["x"]:
        if model in PROMPT_MODEL:
            return "low_energy_index", f"alpha of a {model}"
        return "spectral_index" if FNU.search(text, begin, stop) else "photon_index", "alpha of a power law"
    if name["word"] == "slope":
        return "spectral_index", "a spectral slope"
    if LEAD["spectral_index"].search(lead) and model not in PROMPT_MODEL:
        return "spectral_index", "called a spectral index"
    return _photon(text, begin, name, model), "of a power law spectrum"


def _photon(text: str, begin: int, name: re.Match[str], model: str | None) -> str:
    """A photon index: of one power law, or the lower one of a curved spectrum, whose peak is told right behind."""
    curved = model in PROMPT_MODEL and not _own_power_law(text, begin, name)
    return "low_energy_index" if curved or WITH_PEAK.search(text, name.end(), name.end() + 70) else "photon_index"


def _own_power_law(text: str, begin: int, name: re.Match[str]) -> bool:
    """Whether the sentence speaks of another, simple power law right here."""
    said = text[begin : name.start()]
    simple = [m.end() for m in re.finditer(r"\b(?:simple|single) power[- ]?law", said)]
    curved = [m.end() for m in re.finditer(r"cut-?off|Band\b|exponential", said)]
    return bool(simple) and (not curved or simple[-1] > curved[-1])


def _nearest(text: str, begin: int, start: int, end: int, stop: int) -> str | None:
    """Whether words of a decay or of a spectrum stand nearer in front of a name, in its sentence; else behind it; else
    in the sentence before."""
    for low, high, last in (
        (begin, start, True),
        (end, min(stop, end + 80), False),
        (max(0, begin - 250), begin, True),
    ):
        found = {}
        for sort, pattern in (("decay", DECAY), ("spectrum", SPECTRUM)):
            places = [m.start() for m in pattern.finditer(text, low, high)]
            if places:
                found[sort] = places[-1] if last else -places[0]
        if found:
            return max(found, key=lambda sort: found[sort])
    return None


def _limit(text: str, at: int) -> Limit | None:
    before = text[max(0, at - 100) : at]
    return "<" if UPPER.search(before) else ">" if LOWER.search(before) else None


def _qualifier(
    document: Document, text: str, predicate: str, model: str | None, quantity: Quantity
) -> dict[str, object]:
    start, end = quantity.begin, quantity.end
    out: dict[str, object] = {}
    if predicate in ("low_energy_index", "high_energy_index"):
        curved = "Band" if predicate == "high_energy_index" else model
        out["model"] = curved if curved in PROMPT_MODEL else "cutoff power law"
        if predicate == "low_energy_index" and FALLING.search(text, max(0, start - 300), start):
            out["sign"] = "falling"
    if predicate == "photon_index":
        out["model"] = "power law"
        out["of"] = "afterglow" if is_of_afterglow(text, start, end) else "prompt"
        modes = MODE.findall(text, max(0, start - 260), start) if out["of"] == "afterglow" else []
        if modes:
            out["mode"] = modes[-1]
    if (
        predicate.endswith("index")
        and predicate not in ("decay_index", "spectral_index")
        and out.get("of") != "afterglow"
    ):
        interval = interval_before(text, start)
        if interval:
            out["interval"] = interval
    if predicate in ("decay_index", "spectral_index"):
        out["light"] = light_of(document, text, start)
    if whose := instrument_of(document, "body", start):
        out["instrument"] = whose
    if quantity.approximate or text[max(0, start - 8) : start].rstrip().endswith(("~", "about", "around")):
        out["approximate"] = True
    return out


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives value, error, unit and any limit sign that it holds."""
    read = reread_signed(fact.text)
    if read is None:
        return False
    quantity, rest = read
    same = (quantity.value, quantity.error) == (fact.value, fact.error) and quantity.limit in (None, fact.limit)
    if fact.predicate != "break_time":
        return same and not rest.strip(" )]")
    unit = rest.strip(" )")
    return same and bool(unit) and unit.isalpha() and TIME_UNITS.get(unit[0]) == fact.unit


PREDICATES = ("low_energy_index", "high_energy_index", "photon_index", "spectral_index", "decay_index", "break_time")
GRAMMAR = Grammar(predicates=PREDICATES, propose=propose, reads_again=reads_again)
