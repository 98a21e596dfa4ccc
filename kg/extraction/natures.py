"""Part of the grammar of `classification`: what spectra and data show an event or a rejected candidate to be: a
supernova of a type, a star, a galaxy, a dark burst."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from kg.extraction import nature_words as w
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Where
from kg.extraction.labels import labelled_before
from kg.extraction.sentences import sentence
from kg.names import catalogue_of, find_names, normalise_name

_MOST = 40


class Nature(msgspec.Struct, frozen=True, kw_only=True):
    """What something is, and whose it is where that is not the circular's event."""

    start: int
    end: int
    value: str
    assertion: Assertion
    taken: bool
    why: str
    whose: str | None = None


def natures(document: Document, where: Where, text: str, lower: str) -> Iterator[Nature]:
    """Everything that a text says an event or a candidate to be."""
    if "type" in lower or "SN" in text or "supernova" in lower:
        yield from _supernovae(document, where, text)
    if " lag" in lower or "hardness" in lower:
        yield from _as_of_class(document, where, text)
    if "type i" in lower or "type-i" in lower:
        yield from _types(document, where, text)
    if "ray transient" in lower:
        yield from _transients(document, where, text)
    if " star" in lower or "dwarf" in lower or "galaxy" in lower or "stellar" in lower:
        yield from _candidates(document, where, text)
    for value, word, pattern in (
        ("dark", "dark", w.DARK),
        ("X-ray rich", "rich", w.X_RICH),
        ("extragalactic object", "extragal", w.EXTRAGALACTIC),
    ):
        for match in islice(pattern.finditer(text), 5) if word in lower else ():
            before, _ = _around(text, match)
            taken = not w.COMPARED.search(before[-60:]) and _own(document, where, match)
            doubted = w.DOUBT.search(before[-60:] + match.group())
            yield Nature(start=match.start(), end=match.end(), value=value, taken=taken, why="said of the event",
                         assertion="hedged" if doubted else "asserted")  # fmt: skip


def _own(document: Document, where: Where, match: re.Match[str]) -> bool:
    return document.part(where, match.start(), match.end()) in ("body", "header")


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    begin, stop = sentence(text, match.start(), match.end())
    return text[begin : match.start()], text[match.end() : stop]


def _as_of_class(document: Document, where: Where, text: str) -> Iterator[Nature]:
    """Lags and hardness as those of a class: in doubt, since they alone decide nothing."""
    for match in islice(w.AS_OF_CLASS.finditer(text), 5):
        before, _ = _around(text, match)
        told = re.search(r"\blags?\b|hardness", before + text[max(0, match.start() - 300) : match.start()], re.I)
        denied = re.search(r"\b(?:not|in)\s*$", before)
        taken = bool(told) and not denied and _own(document, where, match)
        yield Nature(start=match.start(), end=match.end(), value=match["what"], assertion="hedged", taken=taken,
                     why="as those of a class")  # fmt: skip


def _types(document: Document, where: Where, text: str) -> Iterator[Nature]:
    """Types I and II of bursts, where no "short" or "long" stands beside them."""
    for match in islice(w.BURST_TYPE.finditer(text), 5):
        before, _ = _around(text, match)
        taken = not w.COMPARED.search(before[-60:]) and _own(document, where, match)
        doubted = w.DOUBT.search(before[-60:] + match.group())
        value = f"Type {match['type'] or match['behind']}"
        yield Nature(start=match.start(), end=match.end(), value=value, taken=taken,
                     assertion="hedged" if doubted else "asserted", why="its type")  # fmt: skip


def _transients(document: Document, where: Where, text: str) -> Iterator[Nature]:
    """ "The X-ray transient EP310101a": the sort of thing that the circular's own object is."""
    for match in islice(w.X_TRANSIENT.finditer(text), 5):
        behind = find_names(text[match.end() : match.end() + 40])[:1]
        beside = behind and w.CALLED.fullmatch(text, match.end(), match.end() + behind[0].start)
        own = bool(behind) and bool(beside) and behind[0].name == normalise_name(document.about or "")
        yield Nature(start=match.start(), end=match.end(), value="X-ray transient", assertion="asserted",
                     taken=own and _own(document, where, match), why="said beside its name")  # fmt: skip


def type_of(match: re.Match[str]) -> str:
    """`SN Ic-BL` for "broad-lined type Ic supernova"."""
    sort = (match["a"] or match["b"] or match["c"]).replace("/", "").replace("-pec", "").replace("pec", "")
    sort = re.sub(r"-?(?:BL|bl)$", "", sort)
    broad = bool(match["broad"]) or bool(re.search(r"BL|bl\b", match.group()))
    return f"SN {sort}{'-BL' if broad and sort == 'Ic' else ''}"


def _supernovae(document: Document, where: Where, text: str) -> Iterator[Nature]:
    typed = False
    for match in islice(w.SUPERNOVA_TYPE.finditer(text), _MOST):
        before, after = _around(text, match)
        if (match["a"] or "").startswith("II") and not match["after"] and not re.search("SN|supernova", before[-40:]):
            continue  # "type II" is also a sort of burst and of radio burst
        typed = True
        assertion, taken, why = _told(document, where, match, before, after)
        yield Nature(start=match.start(), end=match.end(), value=type_of(match), assertion=assertion, why=why,
                     taken=taken and _own(document, where, match), whose=_whose(document, before, after))  # fmt: skip
    if where == "subject" and not typed and not w.SUPERNOVA_TYPE.search(document.body.text):
        for match in islice(w.SUPERNOVA.finditer(text), 1):
            before, _ = _around(text, match)
            yield Nature(start=match.start(), end=match.end(), value="supernova", assertion="asserted",
                         taken=not w.COMPARED.search(before), why="a spectrum shows a supernova")  # fmt: skip


def _told(
    document: Document, where: Where, match: re.Match[str], before: str, after: str
) -> tuple[Assertion, bool, str]:
    own_name = find_names(after[:16])
    about = normalise_name(document.about or "") or document.about
    if own_name and own_name[0].start <= 2:  # "the type Ic SN 2001em"
        return "asserted", own_name[0].name == about, "said beside a name"
    if match.group().endswith(("SN", "supernova")) and re.match(r" ?(?:19|20)\d\d", after):
        return "asserted", f"SN{after.strip()[:6]}".startswith(str(about)[:8]), "said beside a name"
    if w.COMPARED.search(before[-90:]):
        return "asserted", False, "only compared with"
    plural = (match["after"] or match["behind"] or match["many"] or "").endswith("e")
    if plural and not w.EVIDENCE.search(before):
        return "asserted", False, "of others"
    told_by_others = re.search(r"\b(?:reports?|reported|claim\w*|announce\w*)\b[^.;]{0,80}$", before, re.I)
    if w.CITED_BEHIND.match(after) and (told_by_others or not w.OURS.search(before)):
        return "cited", False, "another's result"
    doubted = w.DOUBT.search(before[-60:]) and not w.CONFIRMED.search(document.subject.text)
    return ("hedged" if doubted else "asserted"), True, "its type"


def _whose(document: Document, before: str, after: str) -> str | None:
    """A transient that the sentence classes, where it is another than the circular's event."""
    if document.about and catalogue_of(normalise_name(document.about) or document.about) in ("tns", "survey"):
        return None
    named = [
        n.name
        for n in find_names(before)
        if n.catalogue in ("tns", "survey", "ep") and n.name.startswith(("AT", "ZTF", "GOTO"))
    ]
    return named[-1] if named else None


def _candidates(document: Document, where: Where, text: str) -> Iterator[Nature]:
    """Stars and galaxies that a rejected candidate turned out to be."""
    about = document.about
    if about is None or where == "subject":
        return
    for value, pattern in (("star", w.STAR), ("galaxy", w.GALAXY)):
        for match in islice(pattern.finditer(text), _MOST):
            begin, stop = sentence(text, match.start(), match.end())
            before, after = text[begin : match.start()], text[match.end() : stop]
            near = text[max(0, begin - 250) : stop + 120]
            label = labelled_before(text, begin, match.start())
            rejected = bool(w.REJECTED.search(near)) or (label is not None and value == "star")
            told = w.CANDIDATE.search(before) or label
            what = match["what"] or "star"
            if after.startswith("s"):
                continue
            if what.endswith(("foreground star", "Galactic star")) and told:
                rejected = True
            if what == "star" and not rejected:
                continue
            taken = bool(told) and rejected and not w.NOT_IT.search(before) and not w.COMPARED.search(before[-40:])
            taken = taken and _own(document, where, match)
            kind = "M dwarf" if re.match(r"M[\d.]*V?[- ](?:type )?dwarf", what) else value
            kind = what if what in ("white dwarf", "brown dwarf") else kind
            doubted = w.DOUBT.search(re.sub(r"\bcandidate\b", "", before[-40:] + match.group())) or re.match(
                r"\s*\?", after
            )
            yield Nature(start=match.start(), end=match.end(), value=kind, taken=taken,
                         assertion="hedged" if doubted else "asserted", whose=label or _candidate_of(before, about),
                         why="what a candidate turned out to be" if taken else "in passing")  # fmt: skip


def _candidate_of(before: str, about: str) -> str:
    """A candidate's own name, else `candidate of GRB 310101A`."""
    if named := [n.name for n in find_names(before) if n.catalogue in ("tns", "survey", "place", "source")]:
        return named[-1]
    return f"candidate of {about}"


def nature_again(text: str, value: str) -> bool:
    """Whether a span alone gives the value."""
    if value in ("dark", "extragalactic object"):
        return bool(w.DARK.search(text) or w.EXTRAGALACTIC.search(text))
    if match := w.AS_OF_CLASS.search(text):
        return match["what"] == value
    if value.startswith("Type "):
        return any(value == f"Type {match['type'] or match['behind']}" for match in w.BURST_TYPE.finditer(text))
    if value.startswith("SN ") and (match := w.SUPERNOVA_TYPE.search(text)):
        return type_of(match) == value
    if value == "supernova":
        return bool(w.SUPERNOVA.search(text))
    return value in ("star", "galaxy", "M dwarf") and bool(w.STAR.search(text) or w.GALAXY.search(text))
