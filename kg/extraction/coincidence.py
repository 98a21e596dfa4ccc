"""Grammar of `coincidence`: two things found apart that are, may be or are not the same event.

`value` is the other one: by its name where the span holds one, else in the words of the span. Agreement of two
detectors on one burst is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice, pairwise

from kg.extraction import coincidence_words as w
from kg.extraction.associations import links, says_again
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.names import Name, day_of, find_names, normalise_name
from kg.naming import alike
from kg.triggers import find_triggers


def propose(document: Document) -> Iterator[Candidate]:
    """Everything that joins or parts two things."""
    for where in _PLACES:
        text = document.even(where).text
        yield from _catalogued(document, where, text)
        lower = text.lower()
        for link in links(document, where, text, lower):
            span = (link.start, link.end)
            yield _candidate(document, where, span, link.value, None, link.assertion, link.taken, link.why,
                             by_pronoun=link.by_reference)  # fmt: skip
        if any(word in lower for word in _CUES):
            yield from _linked(document, where, text)


_PLACES: tuple[Where, ...] = ("body", "subject")
_CUES = (
    "associat", "unrelated", "related", "coinciden", "counterpart", "afterglow of", "consistent with", "same",
    "compatible with", "consistent in", "compatible in", " out ", "exclu", "connect", "chance", "close", "link",
    "common origin", "coincide", "overlap", "relation",
)  # fmt: skip
_MOST = 60
_GALAXIES = (w.GALAXY, w.GALAXY_IN, w.GALAXY_WITH)


def _catalogued(document: Document, where: Where, text: str) -> Iterator[Candidate]:
    """Sources of catalogues, galaxies and stars at the place of the event."""
    if "source" in text or "error" in text or "consistent" in text or "associated with" in text:
        for match in islice(chain(*(pattern.finditer(text) for pattern in _GALAXIES)), _MOST):
            name = re.sub(r"^(M|NGC) ?(\d)", lambda m: m[1] + ("" if m[1] == "M" else " ") + m[2], match["galaxy"])
            yield _candidate(document, where, match.span(), name, None, "hedged", True, "a galaxy in the error region")
        for match in islice(w.OBJECT.finditer(text), _MOST):
            assertion: Assertion = "negated" if match["no"] else "hedged"
            value = re.sub(r" (?:mag|in the)\b", "", match["what"])
            value = re.sub(r"^(R ?[~=] ?[\d.]+) (\w+) (DSS|USNO|SDSS|2MASS).*$", r"\1 \3 \2", value)
            yield _candidate(document, where, match.span(), value, None, assertion, True, "an object of a survey")


def _named(document: Document, text: str) -> list[Name]:
    """Names and trigger numbers of a text. Of a trigger and its burst's name, and of a transient's two names side by
    side, one is enough."""
    triggers: list[Name] = []
    for trigger in find_triggers(text):
        if not trigger.name.startswith("bn"):
            start = min(trigger.start, trigger.burst_start) if trigger.burst else trigger.start
            end = max(trigger.end, trigger.burst_end)
            triggers.append(Name(name=trigger.name, catalogue="gbm", start=start, end=end))
    names = [n for n in find_names(text) if not any(t.start <= n.start < t.end for t in triggers)]
    twins = {n.name for n in names if n.catalogue == "gbm" and triggers}
    twins |= {a.name for a, b in pairwise(names) if _twins(text, a, b)} | {
        b.name for a, b in pairwise(names) if _twins(text, b, a)
    }
    return sorted([n for n in names if n.name not in twins] + triggers, key=lambda n: n.start)


def _twins(text: str, survey: Name, tns: Name) -> bool:
    """Whether a survey's name stands directly beside the official one."""
    between = text[min(survey.end, tns.end) : max(survey.start, tns.start)]
    return survey.catalogue == "survey" and tns.catalogue == "tns" and bool(re.fullmatch(r"\s?[/(=]\s?", between))


def _linked(document: Document, where: Where, text: str) -> Iterator[Candidate]:
    """Words that join or part two named events."""
    own = {normalise_name(n.value) or n.value for n in document.names if n.taken and (n.of == document.about)}
    about = document.about
    if about is None:
        return
    own.add(normalise_name(about) or about)
    # Without another thing there is nothing to link, and most circulars name none.
    if "coincident with" not in text and not any(
        _other_kind(document, n, own) for n in (*_named(document, text), *find_names(document.subject.text))
    ):
        return
    for match in islice(w.LINK.finditer(text), _MOST):
        begin, stop = sentence(text, match.start(), match.end())
        whole = text[begin:stop]
        said = _judged(document, where, text, match, begin, stop)
        aliases = list(_alias_beside(document, whole, match, begin, own))
        for other in (*_others(document, whole, own), *aliases):
            start, end = _span(match, begin + other.start, begin + other.end)
            if ruled_out := w.AS_COUNTERPART.match(text, match.end()):
                end = max(end, ruled_out.end())
            assertion, taken, why = said
            if other in aliases and assertion == "hedged":
                assertion = "asserted"  # the circular calls both one event
            if end - start > 160 or re.search(r"(?<!al)(?<!vs)\. [A-Z]", text[start:end]):
                taken, why = False, "the name stands too far from the word"
            if w.WITH_GALAXY.match(text[match.end() : match.end() + 60]) and other.end <= match.start() - begin:
                taken, why = False, "joined with a galaxy"
            joined = (other.name, None) if match["no"] else _as_told(document, whole, match.start() - begin, other)
            if joined[1] is not None:
                end = max(end, begin + next(n.end for n in find_names(whole) if n.start > match.start() - begin))
            yield _candidate(document, where, (start, end), *joined, assertion, taken, why)
        if not list(_others(document, whole, own)) and match["no"]:
            yield from _by_pronoun(document, where, text, match, begin, own, said)


def _alias_beside(document: Document, whole: str, match: re.Match[str], begin: int, own: set[str]) -> Iterator[Name]:
    """Another name of the event that the sentence joins to it, as a thing found by other means: "the X-ray transient
    EP310101a, coincident with GRB 310101A"."""
    if not match["yes"] or not match.group().endswith("coincident"):
        return
    main = normalise_name(document.about or "") or document.about
    for found in _named(document, whole):
        gap = whole[match.end() - begin : found.start] if found.start >= match.end() - begin else "-"
        kinds = {w.KINDS.get(found.catalogue), *(w.KINDS.get(n.catalogue) for n in find_names(str(document.about)))}
        if gap.strip() == "with" and found.name in own - {main} and None not in kinds and len(kinds) == 2:
            yield found


def _as_told(document: Document, whole: str, at: int, other: Name) -> tuple[str, str | None]:
    """(the other one, what it is joined with): "AT 2031abc is the afterglow of GRB 310101A" tells it of the transient,
    also in a report of the burst."""
    is_it = w.IS_COUNTERPART.search(whole, max(0, at - 40), at + 80)
    if is_it and other.end <= is_it.start() and other.catalogue in ("tns", "survey"):
        behind = [n.name for n in find_names(whole[is_it.end() : is_it.end() + 40])]
        if document.about is not None and (normalise_name(document.about) or document.about) in behind[:1]:
            return document.about, other.name
    return other.name, None


def _by_pronoun(
    document: Document,
    where: Where,
    text: str,
    match: re.Match[str],
    begin: int,
    own: set[str],
    said: tuple[Assertion, bool, str],
) -> Iterator[Candidate]:
    """ "It is not associated": the other one is named in a sentence before, or in the subject."""
    assertion, taken, why = said
    before = [n for n in _named(document, text[:begin]) if _other_kind(document, n, own)]
    if not before:
        before = [n for n in find_names(document.subject.text) if _other_kind(document, n, own)]
    if before and w.PRONOUN.search(text[begin : match.end()]):
        taken = taken and begin - before[-1].end < 1500
        place = (max(begin, match.start()), match.end())
        yield _candidate(document, where, place, before[-1].name, None, assertion, taken, why, by_pronoun=True)


def _others(document: Document, whole: str, own: set[str]) -> Iterator[Name]:
    """The named things of a sentence that are not the event itself."""
    seen: set[str] = set()
    for found in _named(document, whole):
        if found.name not in seen and _other_kind(document, found, own):
            seen.add(found.name)
            yield found


def _other_kind(document: Document, found: Name, own: set[str]) -> bool:
    """Whether a name is another thing than the event, found by other means."""
    if found.name in own or document.about is None:
        return False
    about = normalise_name(document.about) or document.about
    if found.catalogue == "tns" and not _same_year(found.name, day_of(about)):
        return False  # an old supernova that this one is compared with
    mine = "burst" if " trigger " in about else next((w.KINDS.get(n.catalogue, "") for n in find_names(about)), "")
    other = w.KINDS.get(found.catalogue, "")
    return bool(other) and other != "src" and (mine != other or (mine == "ot" and not alike(about, found.name)))


def _same_year(transient: str, day: str | None) -> bool:
    """Whether a transient has the year of the event's day YYMMDD, or the next one's name near the turn of a year."""
    if day is None:
        return True
    year = (1900 if day[:2] > "90" else 2000) + int(day[:2])
    apart = int(transient[2:6]) - year
    return apart == 0 or (apart == 1 and day[2:] > "1215") or (apart == -1 and day[2:] < "0115")


def _span(match: re.Match[str], start: int, end: int) -> tuple[int, int]:
    """From the word to the name, whichever comes first."""
    return min(match.start(), start), max(match.end(), end)


def _judged(
    document: Document, where: Where, text: str, match: re.Match[str], begin: int, stop: int
) -> tuple[Assertion, bool, str]:
    """How the link is told, and whether it is told here."""
    part = document.part(where, match.start(), match.end())
    before, span, after = text[begin : match.start()], match.group(), text[match.end() : stop]
    if part in ("quoted", "note", "acknowledgements", "authors"):
        return "cited", False, "stands in no text of the authors"
    if match["no"]:
        unsure = re.search(r"\b(?:if|whether|cannot|can not|may|might)\b[^.;]{0,50}$", before, re.I)
        return "negated", not unsure, "parted" if not unsure else "in doubt whether parted"
    if re.search(r"\b(?:no|not|neither|without|rule[sd]? out|unlikely)\b[^.;]{0,60}$", before[-70:], re.I):
        return "negated", False, "a denial of something stands before it"
    counterpart = w.COUNTERPART_OF.search(span)
    if not counterpart:
        # Of a link told here, a citation in brackets only says who found the thing.
        before, after = _BRACKETS.sub(" ", before), _BRACKETS.sub(" ", after)
    elif w.APPOSED.search(before):
        return "cited", False, "told by others, beside their name"
    bare = counterpart and not w.HEDGE.search(before[-40:] + span)
    if bare and not re.search(r"\b(?:is|as|be)\b", before[-20:]):
        return "asserted", False, "the counterpart is only named"
    if w.COND.search(before[-90:]):
        return "hypothetical", False, "looked for, or under a condition"
    if re.search(
        r"\bet al\b|\bGCN\b|\b(?:suggested|reported|proposed|noted|"
        r"claimed)\b",
        before + after[:60],
        re.I,
    ) and not re.search(r"\b(?:we|our)\b", before + span, re.I):
        return "cited", False, "told by others"
    hedged = bool(w.HEDGE.search(before[-60:] + span + after[:40]))
    return ("hedged" if hedged else "asserted"), True, "joined"


_BRACKETS = re.compile(r"\([^()]{0,200}\)")


def _candidate(
    document: Document,
    where: Where,
    span: tuple[int, int],
    value: str,
    whose: str | None,
    assertion: Assertion,
    taken: bool,
    why: str,
    *,
    by_pronoun: bool = False,
) -> Candidate:
    return Candidate(
        predicate="coincidence",
        where=where,
        start=span[0],
        end=span[1],
        value=value,
        object=whose or document.about,
        assertion=assertion,
        confidence=(0.82 if by_pronoun else 0.87) if taken else 0.3,
        taken=taken,
        why=why,
        qualifier={"by_reference": True} if by_pronoun else {},
    )


def reads_again(fact: Fact) -> bool:
    """Whether the span alone joins or parts the event and the other, which it names unless it only refers to it."""
    text = Even(fact.text).text
    value = str(fact.value)
    if fact.qualifier.get("by_reference"):
        return bool(w.LINK.search(text)) or says_again(text)
    if any(n.name == value for n in find_names(text)) or any(t.name == value for t in find_triggers(text)):
        return bool(w.LINK.search(text)) or says_again(text)
    if says_again(text) or any(pattern.search(text) for pattern in (*_GALAXIES, w.OBJECT)):
        return True
    return bool(re.search(r"\d{9}", value) and value.split()[-1] in text and w.LINK.search(text))


GRAMMAR = Grammar(predicates=("coincidence",), propose=propose, reads_again=reads_again)
