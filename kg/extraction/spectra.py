"""Grammar of energies that a spectrum is told by: where E^2 N(E) peaks (observed, and in the burst's frame, kept
apart), the cutoff E0, energy and luminosity as if it shone in all directions, and peak fluxes in photons.

Beyond the contract of `nuncius extract` (docs/spectra.md): the graph has these, the command gives them when asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.energies import band_at
from kg.extraction.fact import Assertion, Fact, Limit, Where
from kg.extraction.flux_words import containment
from kg.extraction.fluxes import measured
from kg.extraction.named_object import object_near
from kg.extraction.normalise import Even
from kg.extraction.numbers import Quantity, read_quantity, reread_quantity
from kg.extraction.spectrum_words import instrument_of, interval_before, measured_as, model_before
from kg.extraction.units import PER_AREA, read_unit
from kg.openings import compiled

#: A text with more is a table of something else, or an attack.
_MOST = 120
#: What a text has if it names one of these energies; looked for before any pattern is tried.
_CHEAP = ("Ep", "E_", "E(", "E p", "eak energy", "Peak", "E0", "iso", "EPEAK", "cutoff energy", "cut-off energy", "L_")
_LABEL = compiled(
    r"(?<![A-Za-z_])(?:"
    r"(?P<peak>E ?_? ?[{(]{0,2}(?:\\?(?:rm|text|mathrm) ?\{?)?(?:p(?:eak|k)?|Peak|PEAK)(?![A-Za-oq-z])[)}]{0,2}"
    r"(?P<rest>[_ ]?\{?(?:,? ?(?:i|z|p|rest|int)(?:, ?z)?\}?(?![a-z])|_rest|_i|\(1 ?\+ ?z\)))?"
    r"|[Pp]eak(?:ed|s)? (?:spectral )?energy(?! flu| release| out)(?: of)?|[Ss]pectral peak(?: energy)?)"
    r"|(?P<cut>E_?\{?(?:0|cut|c|fold)\}?(?![A-Za-z\d])|[Cc]ut-?[ -]?off energy|[Ff]olding energy)"
    r"|(?P<energy>E_?\{?(?:gamma, ?|\\gamma, ?)?(?:iso|ISO)(?:, ?gamma)?\}?|"
    r"[Ii]sotropic(?:[- ]equivalent)?(?: gamma[- ]ray| radiated| total)* energy(?: release)?)"
    r"|(?P<light>L_?\{?(?:gamma, ?|p, ?|peak, ?)?(?:iso|ISO)\}?|[Ii]sotropic(?:[- ]equivalent)?(?: peak|"
    r" gamma[- ]ray)* "
    r"luminosity)"
    r")"
)
#: From a name to its number: few words, no other number, no new sentence.
_GAP = compiled(
    r"(?:[ ,:={}\"'*|]|\((?:[^()\n]{0,40})\)|\)|(?:of|at|is|was|are|to|be|the|an?|about|around|for|as|with|value|"
    r"best[- ]fit(?:ting)?|burst|time-integrated|time-averaged|spectrum|E_?peak|Epeak|E_?p|parameteri[sz]ed|decreas\w+|"
    r"from|equal|constrained|estimated|found|well|release|energy|which|corresponds|in|source|rest|intrinsic|observer|"
    r"observed|frame|more|less|greater|larger|higher|lower|than|above|below|E_iso|L_iso|Ep,z|this|GRB|"
    r"(?:GRB ?)?\d{6}[A-Z]?|L)\b){0,14}?",
)
_NUMBER = compiled(r"(?:<=|>=|<~|>~|~|<|>|=~)?[ ~(]{0,3}(?:\d|\.\d)")
_KEV = compiled(r" ?-?\)?\.? ?(?P<unit>[kMG]eV|[kMG]ev)\b(?!\^| ?cm|/)")
_ERG = compiled(r" ?\)?(?P<unit>ergs?)\b(?P<per> ?(?:/ ?s(?:ec)?\b|s ?\^?\{?-1\}?|per s))?(?! ?/? ?cm)")
_TO = compiled(r" ?(?:keV|MeV)? ?(?:to|-) ?(?:about |~)?")
_REST = compiled(r"\b(?:rest[- ]frame|intrinsic|source[- ]frame|(?:in|at) the (?:GRB |burst )?rest)\b")
_HIGH = compiled(r"\b(?:upper limit|less than|lower than|below|smaller than)\b[^.;\d]{0,40}$")
_LOW = compiled(
    r"\b(?:lower limit|greater than|larger than|higher than|more than|above|at least|exceed\w*)\b[^.;\d]{0,40}$"
)
_BOUND = compiled(r"\b(?P<sort>[Uu]pper|[Ll]ower) (?:limit|bound) (?:on|of|for|to)\b[^.;\n]{0,30}$")
_EACH = compiled(r"\b(?:at|for|if) (?:z ?[=~]|redshift)")
_AT_REDSHIFT = compiled(r"^ ?(?:\([^()]{0,40}\) ?)?(?:at|for|if|assuming)(?: an?| the)? (?:z ?[=~]|redshift)")
#: An energy known better than to a factor of this many is told of the event by others, too: plausible values.
_PLAUSIBLE = {"epeak": (0.1, 1e5), "epeak_rest": (0.1, 1e6), "cutoff_energy": (0.1, 1e7)}
_IN_KEV = {"keV": 1.0, "MeV": 1e3, "GeV": 1e6}


def propose(document: Document) -> Iterator[Candidate]:
    """Every energy that follows one of the names."""
    places: tuple[Where, ...] = ("subject", "body")
    for where in places:
        text = document.even(where).text
        if "eV" not in text and "erg" not in text and "ph" not in text:
            continue
        if any(word in text for word in _CHEAP):
            seen: set[int] = set()
            for label in islice(_LABEL.finditer(text), _MOST):
                found = _energy(document, where, text, label)
                if found is not None and found.start not in seen:
                    seen.add(found.start)
                    yield found
        if where == "body" and "eak" in text:
            yield from _photon_peaks(document, text)


def _energy(document: Document, where: Where, text: str, label: re.Match[str]) -> Candidate | None:
    """The energy that a name is followed by."""
    for gap_end in range(label.end(), min(label.end() + 90, len(text))):
        if text[gap_end] not in "0123456789~<>(.=":
            continue
        if not _NUMBER.match(text, gap_end) or not _GAP.fullmatch(text, label.end(), gap_end):
            continue
        quantity = read_quantity(text, gap_end)
        if quantity is None:
            continue
        pattern = _ERG if label["energy"] or label["light"] else _KEV
        unit = pattern.match(text, quantity.end)
        if unit is not None:
            return _one(document, where, text, label, quantity, unit)
        return _range(document, where, text, label, quantity) if pattern is _KEV else None
    return None


def _range(document: Document, where: Where, text: str, label: re.Match[str], first: Quantity) -> Candidate | None:
    """ "Epeak decreasing from 170 to 110 keV": both ends."""
    to = _TO.match(text, first.end)
    last = read_quantity(text, to.end()) if to else None
    unit = _KEV.match(text, last.end) if last else None
    if last is None or unit is None or first.error or last.error:
        return None
    found = _one(document, where, text, label, last, unit)
    low, high = sorted((first.value, last.value))
    return msgspec.structs.replace(found, start=first.begin, value=None, lower=low, upper=high, limit=None)


def _one(
    document: Document, where: Where, text: str, label: re.Match[str], quantity: Quantity, unit: re.Match[str]
) -> Candidate:
    predicate = _predicate(text, label, quantity, unit)
    start = quantity.start if quantity.limit else quantity.begin
    end = unit.end()
    in_frame = predicate in ("epeak_rest", "isotropic_energy", "isotropic_luminosity")
    said, why = assertion_of(document, where, start, end)
    said = measured_as(document, where, start, end, said, by_redshift=in_frame)
    if in_frame and predicate != "epeak_rest" and _for_a_guess(text, end):
        said = "hypothetical"
    bad = _implausible(predicate, quantity.value, unit["unit"])
    gap = text[label.end() : quantity.begin]
    return Candidate(
        predicate=predicate,
        where=where,
        start=start,
        end=end,
        value=quantity.value,
        unit=_unit(predicate, unit["unit"]),
        error=quantity.error,
        error_probability=containment(text, start, end) if quantity.error else None,
        limit=quantity.limit or _limit(text, label.start(), gap),
        object=object_near(document, where, start, end),
        qualifier=_qualifier(document, where, text, predicate, label, quantity, start),
        assertion=said,
        confidence=0.1 if bad else 0.93 if said == "asserted" else 0.8,
        taken=not bad,
        why=f"{quantity.value:g} {unit['unit']} is no {predicate.replace('_', ' ')}" if bad else why,
    )


def _for_a_guess(text: str, end: int) -> bool:
    """Whether an energy is told for a redshift that is one of several."""
    return bool(_AT_REDSHIFT.match(text[end : end + 60])) and len(_EACH.findall(text, max(0, end - 200), end + 200)) > 1


def _predicate(text: str, label: re.Match[str], quantity: Quantity, unit: re.Match[str]) -> str:
    if label["light"] or (label["energy"] and unit["per"]):
        return "isotropic_luminosity"
    if label["energy"]:
        return "isotropic_energy"
    gap = text[label.end() : quantity.begin]
    if label["cut"] and not re.search(r"E_?\{?p", gap):
        return "cutoff_energy"
    around = text[max(0, label.start() - 40) : quantity.begin] + text[unit.end() : unit.end() + 30].partition(".")[0]
    return "epeak_rest" if (label["peak"] and label["rest"]) or _REST.search(around) else "epeak"


def _qualifier(
    document: Document, where: Where, text: str, predicate: str, label: re.Match[str], quantity: Quantity, start: int
) -> dict[str, object]:
    out: dict[str, object] = {}
    rest = label["rest"] or ""
    if predicate in ("epeak", "cutoff_energy", "epeak_rest"):
        interval = "peak" if "p" in rest else "time-integrated" if "i,z" in rest else interval_before(text, start)
        if interval:
            out["interval"] = interval
    if predicate in ("epeak", "cutoff_energy") and (model := model_before(text, start)):
        # A power law alone has no peak: it was named for something else.
        out["model"] = "cutoff power law" if model == "power law" else model
    if predicate.startswith("isotropic") and (band := band_at(text, start, quantity.end)):
        out["band"] = band
    if whose := instrument_of(document, where, start):
        out["instrument"] = whose
    if quantity.approximate or text[label.end() : quantity.begin].rstrip().endswith(("~", "about", "around")):
        out["approximate"] = True
    return out


def _unit(predicate: str, written: str) -> str:
    if predicate == "isotropic_luminosity":
        return "erg / s"
    return "erg" if written.startswith("erg") else written.replace("ev", "eV")


def _implausible(predicate: str, value: float, unit: str) -> bool:
    if predicate in _PLAUSIBLE:
        low, high = _PLAUSIBLE[predicate]
        return not low <= value * _IN_KEV[unit.replace("ev", "eV")] <= high
    return not 1e40 <= value <= 1e57


def _limit(text: str, at: int, gap: str) -> Limit | None:
    """What words say between a name and its number, or right in front of the name."""
    bound = _BOUND.search(text, max(0, at - 50), at)
    if _HIGH.search(gap) or (bound and bound["sort"].lower() == "upper"):
        return "<"
    return ">" if _LOW.search(gap) or bound else None


_PEAK_FLUX = compiled(r"[Pp]eak (?:photon )?(?:flux|count rate|intensity)(?!es)")


def _photon_peaks(document: Document, text: str) -> Iterator[Candidate]:
    """ "The 1-s peak photon flux … is 3.5 +/- 0.2 ph/s/cm^2"; the energy flux is `flux`."""
    seen: set[int] = set()
    for name in islice(_PEAK_FLUX.finditer(text), _MOST):
        begin, stop = name.end(), min(len(text), name.end() + 200)
        found = next((m for m in measured(text[begin:stop]) if m.unit.kind == "photon flux" and not m.share), None)
        if (
            found is None
            or found.quantity.limit
            or begin + found.start in seen
            or ". A" in text[begin : begin + found.start]
        ):
            continue
        start, end = begin + found.start, begin + found.end
        seen.add(start)
        said, why = assertion_of(document, "body", start, end)
        out: dict[str, object] = {}
        if band := band_at(text, start, end):
            out["band"] = band
        if whose := instrument_of(document, "body", start):
            out["instrument"] = whose
        assertion: Assertion = measured_as(document, "body", start, end, said)
        yield Candidate(
            predicate="peak_photon_flux",
            where="body",
            start=start,
            end=end,
            value=found.quantity.value,
            unit=found.unit.name,
            error=found.quantity.error,
            error_probability=containment(text, start, end) if found.quantity.error else None,
            object=object_near(document, "body", start, end),
            qualifier=out,
            assertion=assertion,
            confidence=0.93 if assertion == "asserted" else 0.8,
            why=why,
        )


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives value, error, unit and any limit sign that it holds."""
    if fact.value is None:
        return _range_again(fact)
    read = reread_quantity(fact.text)
    if read is None:
        return False
    quantity, rest = read
    if (quantity.value, quantity.error) != (fact.value, fact.error) or quantity.limit not in (None, fact.limit):
        return False
    if fact.predicate == "peak_photon_flux":
        unit = read_unit(rest.strip(" -)]")) if PER_AREA.fullmatch(rest.strip(" -)]")) else None
        return unit is not None and unit.name == fact.unit
    found = (_ERG if fact.unit.startswith("erg") else _KEV).fullmatch(rest)
    return found is not None and _unit(fact.predicate, found["unit"]) == fact.unit


def _range_again(fact: Fact) -> bool:
    even = Even(fact.text).text.strip()
    first = read_quantity(even, 0)
    to = _TO.match(even, first.end) if first else None
    last = read_quantity(even, to.end()) if to else None
    unit = _KEV.fullmatch(even, last.end) if last else None
    if first is None or last is None or unit is None:
        return False
    return sorted((first.value, last.value)) == [fact.lower, fact.upper] and _unit("epeak", unit["unit"]) == fact.unit


PREDICATES = ("epeak", "epeak_rest", "cutoff_energy", "isotropic_energy", "isotropic_luminosity", "peak_photon_flux")
GRAMMAR = Grammar(predicates=PREDICATES, propose=propose, reads_again=reads_again)
