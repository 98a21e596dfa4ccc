"""Part of the grammar of `coincidence`: what has no name of its own and is joined to the event or parted from it: a
supernova, an object of an earlier circular, sources of a catalogue, the halves of a coincidence alert.

Each finding is (span, value, assertion, taken, why) in the even text; `coincidence.py` makes candidates of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from kg.extraction import association_words as w
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Where
from kg.extraction.labels import labelled_before
from kg.extraction.sentences import sentence
from kg.names import catalogue_of, day_of, find_names, normalise_name

_MOST = 40
_PARTS = re.compile("rul(?:e|ing)|exclud|reject")
_BURSTS = ("grb", "gbm", "xrf", "ep", "subthreshold", "svom")


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Two things joined or parted. `by_reference`: the other one is named elsewhere than in the span."""

    start: int
    end: int
    value: str
    assertion: Assertion
    taken: bool = True
    why: str
    by_reference: bool = False


def links(document: Document, where: Where, text: str, lower: str) -> Iterator[Link]:
    """Everything without a name that a text joins to the event or parts from it."""
    about = document.about
    if about is None:
        return
    kind = "gbm" if " trigger " in about else catalogue_of(normalise_name(about) or about)
    if kind in _BURSTS and ("supernova" in lower or "SN" in text):
        yield from _supernovae(document, where, text, about)
    if kind == "tns" and ("SN/GRB" in text.replace(" ", "") or "jet" in lower):
        yield from _bursts(document, where, text)
    if "unrelated" in lower or "not" in lower or "unlikely" in lower or "no " in lower or _PARTS.search(lower):
        yield from _parted(document, where, text)
    if "chance" in lower or "coincidental" in lower or " effect" in lower:
        yield from _by_chance(document, where, text)
    if kind in ("icecube", "amon", "hawc"):
        yield from _catalogued(text)
        yield from _named_sources(text)
    if "region:" in text or "circle:" in text or "box:" in text or "contour:" in text:
        yield from _listed(document, where, text)
    if "oincidence" in text:
        for match in islice(w.ALERT.finditer(text), 3):
            other = match["other"].partition("-")[0]
            yield Link(start=match.start(), end=match.end(), value=f"IceCube neutrinos and {other} gamma rays",
                       assertion="asserted", taken=where == "body", why="the alert is a coincidence")  # fmt: skip


def _own(document: Document, where: Where, match: re.Match[str]) -> bool:
    return document.part(where, match.start(), match.end()) in ("body", "header", "table")


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    begin, stop = sentence(text, match.start(), match.end())
    return text[begin : match.start()], text[match.end() : stop]


def _supernovae(document: Document, where: Where, text: str, about: str) -> Iterator[Link]:
    """A burst's supernova; by its name where the circular gives it one."""
    name = supernova_of(document, about)
    for match in islice(w.SIDE_BY_SIDE.finditer(text), _MOST):
        sn = normalise_name(match["sn"] or re.split(r" ?[/(]", match.group())[0])
        if sn is not None and sn == name:
            yield Link(start=match.start(), end=match.end(), value=sn, assertion="asserted",
                       taken=_own(document, where, match), why="named side by side")  # fmt: skip
    if where == "subject" and name is not None:
        for found in find_names(text):
            if found.name == name:
                yield Link(start=found.start, end=found.end, value=name, assertion="asserted",
                           taken=not w.NO.search(text[: found.start]),
                           why="the subject names its supernova")  # fmt: skip
    for match in islice(w.SUPERNOVA.finditer(text), _MOST):
        before, after = _around(text, match)
        within = next((n.name for n in find_names(match.group()) if n.catalogue == "tns"), None)
        if within is not None and within != name:
            continue  # an old supernova that this one is compared with
        assertion, taken, why = _said(before, match.group(), after)
        taken = taken and _own(document, where, match)
        yield Link(start=match.start(), end=match.end(), value=name or "supernova", assertion=assertion, taken=taken,
                   why=why, by_reference=name is not None and within is None)  # fmt: skip


def supernova_of(document: Document, about: str) -> str | None:
    """The name of the supernova of a burst's own year that the circular gives, where it gives one only."""
    day = day_of(normalise_name(about) or about)
    if day is None:
        return None
    year = ("19" if day[:2] > "90" else "20") + day[:2]
    texts = (document.subject.text, document.body.text)
    names = {n.name for t in texts if "SN" in t for n in find_names(t) if n.name.startswith(f"SN{year}")}
    return names.pop() if len(names) == 1 else None


def _said(before: str, span: str, after: str) -> tuple[Assertion, bool, str]:
    """How a supernova is told."""
    if w.NO.search(before[-90:]):
        return "negated", False, "looked for and not found"
    if w.UNREAL.search(before[-100:]) or w.FORECAST.match(after):
        return "hypothetical", False, "looked for, expected or compared with"
    if w.CITED_BEHIND.match(after) and not w.OURS.search(before):
        return "cited", False, "another's result"
    near = re.split(r"\band\b|,", before[-60:])[-1]
    hedged = w.DOUBT.search(near + span)
    return ("hedged" if hedged else "asserted"), True, "a supernova with the burst"


def _bursts(document: Document, where: Where, text: str) -> Iterator[Link]:
    """A burst behind a supernova: only asked, where the subject asks."""
    for match in islice(w.BURST.finditer(text), 5):
        doubted = match.group().endswith("?") or bool(w.DOUBT.search(text[max(0, match.start() - 40) : match.start()]))
        yield Link(start=match.start(), end=match.end(), value="GRB", assertion="hedged", taken=doubted
                   and where == "subject", why="asked whether it has a burst")  # fmt: skip


def _parted(document: Document, where: Where, text: str) -> Iterator[Link]:
    """Objects without an event's name that do not belong to the event."""
    for match in islice(w.PARTED.finditer(text), _MOST):
        before, _ = _around(text, match)
        own = before + match.group()
        unsure = w.UNDECIDED if _PARTS.match(match.group()) else w.NOT_SURE
        if "NOT" in match.group() or unsure.search(before + match.group()[:12]) or not w.THING.search(own):
            continue
        named = [n for n in find_names(own) if n.catalogue in ("tns", "survey", "ep", "lvk", "gw", "frb", "icecube")]
        if [n for n in named if n.name not in {normalise_name(o) for o in document.objects}]:
            continue  # coincidence.py joins and parts what has a name
        if w.MAY_BE_HOST.match(text, match.end()):
            continue
        value, by_reference = _described(text[: match.start()], before, match.group())
        yield Link(start=match.start(), end=match.end(), value=value, assertion="negated", by_reference=by_reference,
                   taken=where == "body" and _own(document, where, match), why="parted from the event")  # fmt: skip


def _by_chance(document: Document, where: Where, text: str) -> Iterator[Link]:
    """Things that only seem to stand with the event."""
    for match in islice(w.BY_CHANCE.finditer(text), _MOST):
        before, _ = _around(text, match)
        names = [n.name for n in find_names(match["what"]) if n.catalogue in ("tns", "survey", "ep", "place", "source")]
        catalogued = w.CATALOGUE_NAME.search(match["what"])
        galaxy = w.GALAXY.search(match["what"])
        value = names[0] if names else catalogued.group() if catalogued else f"{(galaxy and galaxy['of']) or ''} galaxy"
        yield Link(start=match.start(), end=match.end(), value=value.strip(), assertion="negated",
                   by_reference=not names and not catalogued, why="together by chance",
                   taken=bool(names or catalogued or galaxy) and _own(document, where, match)
                   and not w.NOT_SURE.search(before))  # fmt: skip


def _described(earlier: str, before: str, span: str) -> tuple[str, bool]:
    """An object in our words: its catalogue's name, its label, `object of GCN 1234`, or its sort."""
    here = before + span
    if places := [n.name for n in find_names(before) if n.catalogue in ("place", "source")]:
        return places[-1], True
    if label := labelled_before(earlier, len(earlier) - len(before), len(earlier)):
        return label, True
    if re.search(r"\b(?:other|another|second) (?:\w+ )?(?:object|source)\b", before, re.I):
        return "other object", True
    if galaxy := w.BRIGHT_GALAXY.search(span):
        return re.sub(r"^(M|NGC) ?", lambda m: m[1] + ("" if m[1] == "M" else " "), galaxy["name"]), True
    if galaxies := list(w.GALAXY.finditer(here)):
        of = galaxies[-1]["of"] or next((m["of"] for m in w.GALAXY.finditer(earlier) if m["of"]), "")
        return f"{of} galaxy".strip(), True
    if cited := list(w.REPORTED.finditer(before)) or list(w.CITED.finditer(before)):
        return f"{cited[-1]['noun'].lower()} of GCN {cited[-1]['number']}", True
    if w.A_GALAXY.search(earlier[-450:]):
        return "galaxy", True
    plural = re.search(r"\b(?:sources|objects|candidates|these|they)\b", here, re.I)
    if not plural and (first := w.REPORTED.search(earlier) or w.CITED.search(earlier)):
        kind = "X-ray" if re.search(r"X-?ray \w+$", earlier[: first.end("noun")]) else "optical"
        return f"{kind} source of GCN {first['number']}", True
    things = [m.group().lower() for m in w.THING.finditer(here) if m.group().lower() not in ("it", "they")]
    return (things[-1] if things else "object"), True


def _catalogued(text: str) -> Iterator[Link]:
    """Sources of catalogues at the place of a neutrino, each by its name where the circular gives it."""
    for match in islice(w.NO_CATALOGUED.finditer(text), _MOST):
        before, after = _around(text, match)
        if w.NEARBY.search(before[-90:]) or w.NEARBY.search(after[:90]):
            listed = re.match(r"[^.;]{0,30}\b(?:in|from) (?:the )?(?:Fermi[- ]?LAT )?(?P<which>[34]FGL|3FHL)\b", after)
            what = f"{listed['which']} source" if listed else _words(match["what"])
            yield Link(start=match.start(), end=match.end(), value=what, assertion="negated", by_reference=bool(listed),
                       why="no catalogued source is there")  # fmt: skip
    for match in islice(w.CATALOGUED.finditer(text), _MOST):
        rest = text[match.end() : match.end() + 320]
        namely = w.NAMELY.match(rest)
        told = rest[namely.end() :].split(". ")[0] if namely else ""
        named = list(dict.fromkeys(n.name for n in find_names(match.group() + " ; " + told) if n.catalogue == "place"))
        catalogue = re.search(r"[34]FGL|3FHL|2RXS|XMMSL2|4XMM|eRASS", match["what"])
        plain = "gamma-ray" in match["what"] or catalogue is None
        for value in [n for n in named if not n.startswith(("NVSS", "SDSS"))] or [
            "catalogued gamma-ray sources" if plain else f"{catalogue.group()} sources"  # type: ignore[union-attr]
        ]:
            yield Link(start=match.start(), end=match.end(), value=value, assertion="hedged", by_reference=True,
                       why="catalogued sources are there")  # fmt: skip


def _named_sources(text: str) -> Iterator[Link]:
    """Sources of catalogues that a sentence names as lying in the region of a neutrino."""
    for match in islice(w.NAMED_SOURCE.finditer(text), _MOST):
        before, _ = _around(text, match)
        outside = re.search(r"\b(?:not|outside|nearest|closest)\b", before[-60:] + match.group(), re.I)
        yield Link(start=match.start(), end=match.end(), value=match["source"] or match["beside"],
                   assertion="hedged", taken=not outside, why="a catalogued source is there")  # fmt: skip
        for other in w.BLAZAR.finditer(match.group()):
            if other.group() not in (match["source"], match["beside"]):
                yield Link(start=match.start(), end=match.end(), value=other.group(), assertion="hedged",
                           taken=not outside, why="what the catalogued source is")  # fmt: skip


def _listed(document: Document, where: Where, text: str) -> Iterator[Link]:
    """Known sources that a sentence lists by name in the event's region; old bursts, too."""
    for match in islice(w.LISTED.finditer(text), 5):
        for found in find_names(match["list"]):
            start = match.start("list") + found.start
            yield Link(start=match.start(), end=start + found.end - found.start, value=found.name, assertion="hedged",
                       taken=_own(document, where, match), why="a known source is there")  # fmt: skip


def _words(what: str) -> str:
    """`4FGL or 3FHL source` for "Fermi 3FHL or 4FGL catalog sources"."""
    what = re.sub(r"\b(3FHL)( or |/)(4FGL[\w-]*)", r"\3\2\1", what)
    words = re.sub(r"(?i)\b(?:fermi(?:-LAT)?|catalogu?e?d?|known|previously|LAT|gamma-ray)\b", "", what)
    return re.sub(r"\s+", " ", words).strip(" -").removesuffix("s") or "catalogued source"


def says_again(text: str) -> bool:
    """Whether a span alone joins or parts something without a name."""
    if re.fullmatch(r"SN ?(?:19|20)\d\d ?[A-Za-z]{1,4}", text):  # in the subject of a burst
        return True
    patterns = (
        w.LISTED,
        w.NAMED_SOURCE,
        w.SUPERNOVA,
        w.SIDE_BY_SIDE,
        w.BURST,
        w.PARTED,
        w.BY_CHANCE,
        w.NO_CATALOGUED,
        w.CATALOGUED,
        w.ALERT,
    )
    return any(pattern.search(text) for pattern in patterns)
