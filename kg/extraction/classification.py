"""Grammar of `classification`: what the event is or is not: long, short, BBH with its probability, noise, a known
source, a flare star; `negated` for "not a GRB".

`value` is one word of a small list, or the name of the source as it is written; the span gives it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kg.extraction import classification_words as w
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.natures import nature_again, natures
from kg.extraction.normalise import Even
from kg.extraction.reports import report_type
from kg.extraction.sentences import sentence
from kg.names import catalogue_of, find_names, normalise_name


def kind_of(text: str) -> str | None:
    """The kind that a span names, in our word."""
    return next((value for value, pattern in w.KINDS if pattern.search(text)), None)


def propose(document: Document) -> Iterator[Candidate]:
    """Everything that says what the event is."""
    for where in _PLACES:
        yield from _durations(document, where)
        yield from _sources(document, where)
        yield from _objects(document, where)
        yield from _things(document, where)
        yield from _probable(document, where)
        text = document.even(where).text
        for it in natures(document, where, text, text.lower()):
            yield _candidate(
                document, where, (it.start, it.end), it.value, it.assertion, it.taken, it.why, whose=it.whose
            )
    yield from _denials(document)


_PLACES: tuple[Where, ...] = ("subject", "body")
_MOST = 60


def _context(document: Document, where: Where, match: re.Match[str]) -> tuple[str, str, bool]:
    """(before, after) in the sentence, and whether the place is the authors' own text."""
    text = document.even(where).text
    begin, stop = sentence(text, match.start(), match.end())
    own = document.part(where, match.start(), match.end()) in ("body", "table", "header")
    return text[begin : match.start()], text[match.end() : stop], own


def _durations(document: Document, where: Where) -> Iterator[Candidate]:
    """Long and short bursts."""
    text = document.even(where).text
    lower = text.lower()
    if "short" not in lower and "long" not in lower:
        return
    for match in islice(w.DURATION.finditer(text), _MOST):
        before, after, own = _context(document, where, match)
        span = match.group()
        value = kind_of(span)
        if value is None:
            continue
        cond = bool(w.COND.search(before[-80:]))
        plural = bool(re.search(r"\b(?:GRBs|bursts)$", span)) and not re.search(r"border", span)
        other = bool(
            w.OTHERS.search(before[-40:])
            or w.EVERY.search(before)
            or w.COMPARED.search(after[:25])
            or re.match(r"\s*GRBs \d{6}", after)
        )
        denied = bool(w.NEGATED.search(before[-30:]))
        not_it = w.NOT_OF_CLASS.search(before + span[: _article(span)]) and not w.HEDGE.search(before[-80:])
        member = bool(w.MEMBER.search(before)) or bool(
            w.BELONGS.search(before) and re.search(r"\b(?:class|category|population|group)\b", span)
        )
        plural = plural and not member
        near = w.APART.split(before[-50:])[-1]
        asked = after.strip().endswith("?")
        hedged = bool(w.HEDGE.search(near + span + after[:15])) or value == "short or long" or asked
        cond = cond or bool(w.OF_THE_KIND.match(after)) or _of_another(document, before)
        other = other and not member
        taken = own and not cond and bool(not denied or not_it) and not plural and not (other and where == "body")
        why = "named so" if taken else "under a condition, denied, or of other bursts"
        assertion: Assertion = "negated" if denied else "hedged" if hedged else "asserted"
        yield _candidate(document, where, match.span(), value, assertion, taken, why)


def _article(span: str) -> int:
    """Where the class itself begins in a span, behind "is" and "a"."""
    match = re.search(r"\b(?:ultra-?long|short|long|type|border)\b", span, re.I)
    return match.start() if match else 0


def _of_another(document: Document, before: str) -> bool:
    """Whether the sentence speaks of another burst: the last one it names is none of the circular's."""
    named = [n.name for n in find_names(before) if n.catalogue == "grb"]
    own = {normalise_name(n.value) or n.value for n in document.names} | set(document.objects)
    return bool(named) and named[-1] not in own


def _sources(document: Document, where: Where) -> Iterator[Candidate]:
    """The classes of a gravitational-wave candidate: shares of a probability, so in doubt each."""
    text = document.even(where).text
    if "%" not in text:
        return
    for match in w.SOURCE.finditer(text):
        kind = {"binary black hole": "BBH", "binary neutron star": "BNS"}.get(match["kind"].lower(), match["kind"])
        kind = "MassGap" if kind.lower().replace(" ", "") == "massgap" else kind
        percent = round(float(match["percent"]) / 100, 6)
        sign = (match["sign"] or "").replace("~", "").replace("=", "")
        number = f"{percent:.2f}" if round(percent, 2) == percent and percent else f"{percent:g}"
        begin, _ = sentence(text, match.start(), match.end())
        wrong = bool(re.search(r"\b(?:incorrect|wrong|instead of)\b", text[begin : match.start()], re.I))
        share = {"probability": f"{sign}{number}"}
        yield _candidate(
            document, where, match.span(), kind, "hedged", not wrong, "a class with its probability", share
        )


def _denials(document: Document) -> Iterator[Candidate]:
    """ "Not a GRB", "not an astrophysical event", each said once: the subject's word before the body's."""
    told: set[str] = set()
    for where in _PLACES:
        text = document.even(where).text
        if "not" not in text and "NOT" not in text:
            continue
        for match in islice(w.NOT_A.finditer(text), _MOST):
            before, _, own = _context(document, where, match)
            span = match.group()
            if re.search(r"NOT (?:GRB|burst)", span):
                continue
            trigger = w.SPOKEN_OF.search(before + span) or where == "subject"
            unsure = re.search(r"\b(?:if|whether|may|might|could)\b", before[-60:], re.I)
            what = match["what"].lower()
            value = "GRB" if what.startswith(("grb", "gamma", "burst")) else "astrophysical event"
            # A second denial that is only believed adds nothing to the first.
            doubted = bool(told) and w.HEDGE.search(before[-160:])
            taken = own and bool(trigger) and not unsure and not doubted and value not in told
            why = "denied to be one" if taken else "said before" if told else "a denial in passing"
            told |= {value} if taken else set()
            for whose in _triggers(document):
                yield _candidate(document, where, match.span(), value, "negated", taken, why, whose=whose)


def _triggers(document: Document) -> list[str | None]:
    """Whose a statement about "these triggers" is: each one's, else the event's."""
    if len(document.objects) > 1 and all(" trigger " in o or " alert " in o for o in document.objects):
        return list(document.objects)
    return [document.about]


def _objects(document: Document, where: Where) -> Iterator[Candidate]:
    """Known sources that a trigger turned out to be."""
    text = document.even(where).text
    for match in islice(w.DUE.finditer(text), _MOST) if _triggered(document) else ():
        before, _, own = _context(document, where, match)
        hedged = bool(w.HEDGE.search(before[-40:] + match.group()))
        denied = bool(w.NEGATED.search(before[-20:]))
        span = (match.start(), match.end("name"))
        assertion: Assertion = "hedged" if hedged else "asserted"
        taken, why = own and not denied, "what the trigger was due to"
        for whose in _triggers(document):
            yield _candidate(document, where, span, match["name"], assertion, taken, why, whose=whose)
    for match in islice(w.KNOWN_ONES.finditer(text), _MOST) if _triggered(document) else ():
        before, _, own = _context(document, where, match)
        triggers, names = _triggers(document), list(w.KNOWN_ONE.finditer(text, match.start("list"), match.end("list")))
        hedged = bool(w.HEDGE.search(before[-60:]))
        # Of several triggers and as many sources each is the one in its place.
        paired = len(names) == len(triggers)
        for name, whose in zip(names, triggers, strict=True) if paired else ():
            yield _candidate(document, where, name.span(), name.group(), "hedged" if hedged else "asserted", own,
                             "the known source that the trigger was", whose=whose)  # fmt: skip


def _triggered(document: Document) -> bool:
    """Whether the circular is about a trigger of which something may have been made out."""
    subject = document.subject.text
    said = re.search(r"trigger|not a GRB|not an? astrophysical|misidentif|outburst", subject, re.I)
    return bool(said) or any(" trigger " in o for o in document.objects)


def _things(document: Document, where: Where) -> Iterator[Candidate]:
    """Other kinds of things that an event, or an object beside it, turned out to be."""
    text = document.even(where).text
    for match in islice(w.IS.finditer(text), _MOST):
        before, _, own = _context(document, where, match)
        span = match.group()
        value = kind_of(match["what"])
        if value is None:
            continue
        denied = bool(w.NEGATED.search(before[-25:] + span))
        told = bool(re.match(r"(?:is|are|was|were|as|likely)\b", span, re.I)) or where == "subject"
        told = told or (span.startswith("be ") and bool(w.MIGHT.search(before)))
        caused = (
            _triggered(document)
            and re.match(
                r"due|(?:by|"
                r"from)\b",
                span,
                re.I,
            )
            and w.CAUSE.search(before[-12:] + span)
        )
        taken = own and not denied and not w.COND.search(before[-80:]) and value in w.TELLING and bool(told or caused)
        assertion: Assertion = "negated" if denied else "hedged" if w.HEDGE.search(before[-40:] + span) else "asserted"
        why = "what it turned out to be" if taken else "a word in passing"
        whose = _whose(text, match)
        for each in [whose] if whose else _triggers(document) if len(_triggers(document)) > 1 else [None]:
            yield _candidate(document, where, match.span(), value, assertion, taken, why, whose=each)


def _whose(text: str, match: re.Match[str]) -> str | None:
    """Another object that the sentence classes: the last one it names before its verb."""
    begin, _ = sentence(text, match.start(), match.end())
    named = [n for n in find_names(text[begin : match.start()]) if n.catalogue in ("tns", "survey", "ep", "place")]
    official = [n for n in named if n.catalogue == "tns"]
    return (official or named)[-1].name if named else None


def _probable(document: Document, where: Where) -> Iterator[Candidate]:
    """Neutrinos of astrophysical origin, a trigger's own probability of being a burst, a transient's of being an
    afterglow."""
    text = document.even(where).text
    for match in islice(w.NEUTRINO.finditer(text), _MOST) if "astrophysical origin" in text else ():
        taken = report_type(document.subject.text)[0] != "retraction"
        yield _candidate(
            document, where, match.span(), "astrophysical neutrino", "hedged", taken, "its probability is told"
        )
    for match in islice(w.PROBABLY_GRB.finditer(text), _MOST) if "% " in text else ():
        before, _, own = _context(document, where, match)
        assertion: Assertion = "cited" if re.search(r"\binitially\b", before) else "hedged"
        share = {"probability": f"{int(match['percent']) / 100:.2f}"}
        yield _candidate(document, where, match.span(), "GRB", assertion, own, "the instrument's class", share)
    for match in islice(w.PERHAPS_GRB.finditer(text), _MOST) if "GRB" in text or "urst" in text else ():
        before, _, own = _context(document, where, match)
        taken = own and not w.COND.search(before[-80:]) and not w.NEGATED.search(before[-25:])
        yield _candidate(document, where, match.span(), "GRB", "hedged", taken, "not sure to be one")
    if document.about is not None and catalogue_of(document.about) in ("tns", "survey"):
        for match in islice(w.AFTERGLOW.finditer(text), _MOST):
            _, _, own = _context(document, where, match)
            assertion = "asserted" if match.group().lower().startswith(("identif", "classif", "confirm")) else "hedged"
            yield _candidate(
                document, where, match.span(), "afterglow", assertion, own, "a transient taken for an afterglow"
            )


def _candidate(
    document: Document,
    where: Where,
    span: tuple[int, int],
    value: str,
    assertion: Assertion,
    taken: bool,
    why: str,
    qualifier: dict[str, str] | None = None,
    *,
    whose: str | None = None,
) -> Candidate:
    return Candidate(
        predicate="classification",
        where=where,
        start=span[0],
        end=span[1],
        value=value,
        assertion=assertion,
        object=whose,
        qualifier=dict(qualifier or {}),
        confidence=0.93 if taken else 0.3,
        taken=taken,
        why=why,
    )


def reads_again(fact: Fact) -> bool:
    """Whether the span alone names the kind, the class or the source."""
    text = Even(fact.text).text
    value = str(fact.value)
    if value.lower().replace(" ", "") in text.lower().replace(" ", ""):
        return True
    if (match := w.SOURCE.search(text)) is not None:
        return match["kind"].lower() in ("binary black hole", "binary neutron star") and value in ("BBH", "BNS")
    denied = w.NOT_A.search(text)
    if denied is not None and fact.assertion == "negated":
        return value == (
            "GRB" if denied["what"].lower().startswith(("grb", "gamma", "burst")) else "astrophysical event"
        )
    return kind_of(text) == value or nature_again(text, value)


GRAMMAR = Grammar(predicates=("classification",), propose=propose, reads_again=reads_again)
