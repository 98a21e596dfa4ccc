"""Grammar of redshifts: everything that reads as one, with what its words make of it.

`redshift_value.py` reads numbers, `redshift_context.py` judges one by its sentence, `redshift_claims.py` weighs those
of a circular against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.redshift_claims import Found, Verdict, verdicts
from kg.extraction.redshift_context import judge, sort_announced, sort_of
from kg.extraction.redshift_value import (
    BEHIND,
    FALLING,
    INTERVAL,
    LIMIT_BEFORE,
    LIMIT_WORDS,
    MORE,
    OF_REDSHIFT,
    PHRASE,
    RANGE,
    VALUE,
    Reading,
    read_phrase,
    read_range,
    read_value,
    reread,
)
from kg.extraction.sentences import sentence
from kg.names import find_names
from kg.openings import compiled

_Z = compiled(
    r"(?<![\w'/^.])(?<![a-zA-Z]-)(?<![a-zA-Z] - )(?:(?:photo|spec|pseudo)-? ?)?p?z(?:[_ ]?\{?(?:GRB|spec\w*|"
    r"ph(?:ot\w*)?|host|abs|em|OT|gal|best|fit|source)\}?)?"
    r" ?(?:\([^()\d]{1,20}\) ?)?(?:=+|~=?|:|is|was|of|at|approx\w*|about|to be|(?=[<>]))(?: (?:about|"
    r"approximately|around|roughly|most likely|likely))? ?",
)
#: Each word once: of a word that stands here twice, a run could be read in 2^n ways, and the search would try them all.
_WORDS = (
    r"(?:GRB ?\d{6}[A-Za-z]?(?:\.\d+)?|of|is|was|to|be|being|at|about|approximately|approx\.?|ca\.?|"
    r"around|roughly|nearly|most|likely|probably|the|a|an|for|this|that|are|these|those|features|lines|"
    r"burst|grb|source|object|host|galaxy|afterglow|value|provided|equal|determined|measured|estimated|"
    r"derived|as|z|limit|upper|lower|lies|candidate|putative|underlying|optical|counterpart|systems|may|"
    r"can|cannot|2MASS|SDSS|constrained|then|we|find|obtain|solution|tentative|preliminary|only|given|by|it|its|"
    r"and|system|"
    r"doublet|on|interval|in|range|between|from|approximate|associated|with|expands|"
    r"possible|best|best-fit|fit|single|now|hence|thus|therefore|EP ?\d{6}[a-z]?|FXT|transient|event|us|me|least|"
    r"common|mean|absorption|absorber|emission|line|weighted|same|very|low|high|slightly|"
    r"precise|corrected|refined|new|z_\w+|zgrb)"
)
_REDSHIFT = compiled(
    rf"\bred?-?shifts?\b(?: \(z\))?(?:[ ,:;(\[=~]+{_WORDS}\b)*[ ,:;(\[=~]+(?:z[ =~:]+)?"
    rf"(?=[<>~.\d]|(?:{LIMIT_WORDS.replace('?P<more>', '?:').replace('?P<less>', '?:')})[\d.])(?!\. |\d{{6}})",
    re.I,
)
#: "an intervening system at 0.638": a redshift without its sign.
_SYSTEM_AT = compiled(r"\b(?:intervening|foreground|absorption) (?:absorber|system)s? at (?=\d\.\d{2,5}\b(?!\.\d))")
#: What makes the number something else: a magnitude, a length, a percentage, a count, part of a longer number.
_NOT_AFTER = compiled(
    r"^(?:\d|\.\d|[A-Za-z]| ?(?:mag|%|[kMG]eV|[kMG]pc|sigma|arcsec|arcmin|\"|deg|hours?|hrs?\b|days?|s\b|sec|"
    r"min|m\b|-?met(?:er|re)|AA?\b|Ang|micron|um\b|nm\b|-?band|x ?10|erg|"
    r"cm\b|absorption systems?|systems\b|lines?\b|doublets?\b|galaxies|AB\b|candidates)|:\d|\^|-sigma|/\d(?!\.\d\d))",
    re.I,
)
#: Without it there is no redshift in a text.
_MENTIONED = compiled(
    r"red-?shift|[zZ][^\w ]{0,3} ?(?:[=~:<>]|is |was |of |at |approx|about |to be )|[<>~] ?z|z_|z\{|zph|pz", re.I
)
_BOUND = compiled(r"\b(?:lower|upper) (?:limit|bound) (?:to|on|of|for)\b", re.I)
#: `3.3-3.4` is a range without being called one.
_JOINED = compiled(r"\d\.\d{1,2}-\d\.\d{1,2}")
_RANGED = compiled(r"range|between|interval|from", re.I)
#: A text with more is a table. The claims are compared with one another, so their number must be bounded.
_MOST = 200
_BEYOND = 12.0  # no burst is farther; a larger number after "z =" is a magnitude in the z band
#: Objects that a circular compares with; what is named by other catalogues is mostly the event's own counterpart.
_BURSTS = frozenset({"grb", "gbm", "xrf", "frb", "ep", "lvk", "gw"})


def _plausible(reading: Reading) -> bool:
    numbers = [n for n in (reading.value, reading.lower, reading.upper) if n is not None]
    return all(0.0 <= n < _BEYOND for n in numbers) and any(n > 0.0 for n in numbers)


def _spans(text: str) -> Iterator[tuple[int, int, int, Reading]]:
    """(start of its "z =", start and end of the value, reading) of everything that reads as a redshift."""
    for grammar in (RANGE, FALLING):
        for match in grammar.finditer(text):
            yield match.start(), match.start(), match.end(), read_range(match)
    for match in PHRASE.finditer(text):
        if not _NOT_AFTER.match(text[match.end() : match.end() + 20]):
            yield match.start(), match.start(), match.end(), read_phrase(match)
    for match in OF_REDSHIFT.finditer(text):
        yield match.start(), match.start(), match.end(), read_phrase(match)
    for lead in (_Z, _REDSHIFT, _SYSTEM_AT):
        for opening in lead.finditer(text):
            start = opening.end() if lead is _SYSTEM_AT else opening.start()
            interval = INTERVAL.match(text, opening.end())
            before = text[max(0, opening.start() - 30) : opening.start()]
            if interval and (_RANGED.search(opening.group() + before) or _JOINED.fullmatch(interval.group())):
                yield start, interval.start(), interval.end(), read_range(interval)
                continue
            worded = LIMIT_BEFORE.search(text, max(0, opening.start() - 40), opening.start())
            value = VALUE.match(text, worded.start() if worded else opening.end())
            if value and not _NOT_AFTER.match(text[value.end() : value.end() + 20]):
                behind = _BOUND.search(text, value.end(), value.end() + 320) and BEHIND.match(
                    text, value.start("number")
                )
                if behind and not value["limit"]:
                    yield start, behind.start(), behind.end(), read_phrase(behind)
                    continue
                yield start, value.start(), value.end(), read_value(value)
                yield from _more(text, start, value.end())


def _more(text: str, start: int, end: int) -> Iterator[tuple[int, int, int, Reading]]:
    """The rest of a list: "at z = 1.146, 1.222, and 1.405"."""
    for _ in range(12):
        match = MORE.match(text, end)
        if match is None or _NOT_AFTER.match(text[match.end() : match.end() + 20]):
            return
        end = match.end()
        yield start, match.start("number"), end, Reading(value=float(match["number"]))


def found_in(
    even: Even, where: Where, subject: str, *, about_redshift: bool = False, names: frozenset[str] = frozenset()
) -> list[Found]:
    """All redshifts of a text with their judgement, in order, but no more than `_MOST`; of spans that overlap the first
    grammar's wins. `subject` is the circular's, `names` are the event's own."""
    text = even.text
    if not _MENTIONED.search(text):
        return []
    otherwise, announced = sort_of(text), sort_announced(subject)
    found: list[Found] = []
    for lead, start, end, reading in _spans(text):
        if len(found) == _MOST:
            break
        if not _plausible(reading) or any(start < c.end and c.start < end for c in found):
            continue
        begin, stop = sentence(text, lead, end)
        judged = judge(
            text, begin, lead, end, stop, where=where, about_redshift=about_redshift, announced=announced,
            otherwise=otherwise,
        )  # fmt: skip
        shift = len(text[start:end]) - len(text[start:end].lstrip())
        named = _other_burst(text[begin:start], names)
        quoted = _quoted(even, start + shift, end)
        found.append(
            Found(
                where=where, reading=reading, start=start + shift, end=end, judged=judged, object=named, quoted=quoted
            )
        )
    return sorted(found, key=lambda c: c.start)


#: Characters between a burst's name and its redshift: farther away the sentence has turned to something else.
_NEAR = 45


def _other_burst(before: str, names: frozenset[str]) -> str | None:
    """The burst that a sentence gives a redshift to, where that is not the circular's own: the last one named before
    the value. Names of the same day are taken for names of one event."""
    told = [n for n in find_names(before) if n.catalogue in _BURSTS] if names else []
    if not told or len(before) - told[-1].end > _NEAR or told[-1].name in names:
        return None
    if _day(told[-1].name) in {_day(n) for n in names}:
        return None
    return told[-1].name


def _day(name: str) -> str:
    return "".join(c for c in name if c.isdigit())[:6]


def _quoted(even: Even, start: int, end: int) -> bool:
    """Whether the line is quoted from another message."""
    first, _ = even.span(start, end)
    line = even.original.rfind("\n", 0, first) + 1
    begun = even.original[line:first].lstrip()
    return begun.startswith((">", "|>")) and not begun.startswith(">From ")  # so mail programs write "From"


def _proposed(document: Document) -> Iterator[Candidate]:
    """Every redshift of a circular with the verdict on it; those of several events are weighed apart."""
    names = frozenset(str(n.value) for n in document.names)
    announced = bool(_ANNOUNCED.search(document.subject.text))
    heading = document.subject.text
    pool = found_in(document.subject, "subject", heading, names=names)
    pool += found_in(document.body, "body", heading, about_redshift=announced, names=names)
    if len(document.objects) > 1:
        pool = [_of_event(document, found) for found in pool]
    subject, body = document.subject.text, document.body.text
    for event in dict.fromkeys(f.object for f in pool):
        of_event = [f for f in pool if f.object == event]
        for found, verdict in zip(of_event, verdicts(of_event, subject, body), strict=True):
            yield _candidate(found, verdict)


def _of_event(document: Document, found: Found) -> Found:
    """Which of the circular's several events a redshift is of."""
    event = document.object_at(found.where, found.start, found.end)
    own = found.object is None and event != document.about
    return msgspec.structs.replace(found, object=event, own_event=True) if own else found


_ANNOUNCED = compiled(r"red-?shift|spectr(?!al)|photo-?z|\bz ?[=~]", re.I)


def _candidate(found: Found, verdict: Verdict) -> Candidate:
    reading, judged = found.reading, found.judged
    return Candidate(
        predicate="redshift",
        where=found.where,
        start=found.start,
        end=found.end,
        object=found.object,
        value=reading.value,
        error=reading.error,
        limit=reading.limit,
        lower=reading.lower,
        upper=reading.upper,
        qualifier={"type": judged.sort, "of": verdict.whose, "whose": verdict.whose},
        assertion=verdict.assertion,
        confidence=verdict.confidence,
        taken=verdict.taken,
        why=verdict.why,
        features={**judged.signs, **verdict.signs},
    )


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives its value, errors, limit and range."""
    value = float(fact.value) if isinstance(fact.value, int | float) else None
    said = Reading(value=value, error=fact.error, limit=fact.limit, lower=fact.lower, upper=fact.upper)
    return reread(fact.text) == said


GRAMMAR = Grammar(predicates=("redshift",), propose=_proposed, reads_again=reads_again)
