"""Redshifts: proposes every candidate, lets the context judge them, and reports what the circular itself claims."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Where
from kg.extraction.normalise import Even, sentence
from kg.extraction.redshift_context import Judged, judge, sort_of
from kg.extraction.redshift_value import FALLING, INTERVAL, RANGE, VALUE, Reading, read_range, read_value, reread

_Z = re.compile(
    r"(?<![\w'/^.])(?<![a-zA-Z]-)(?<![a-zA-Z] - )(?:photo-?|spec-?)?z(?:[_ ]?\{?(?:GRB|spec\w*|"
    r"phot\w*|host|abs|em|OT|gal|best|fit|source)\}?)?"
    r" ?(?:\([^()\d]{1,20}\) ?)?(?:=+|~=?|:|is|was|of|at|approx\w*|about|to be|(?=[<>]))(?: (?:about|"
    r"approximately|around|roughly|most likely|likely))? ?",
)
#: Each word once: of a word that stands here twice, a run could be read in 2^n ways, and the search would try them all.
_WORDS = (
    r"(?:GRB ?\d{6}[A-Za-z]?(?:\.\d+)?|of|is|was|to|be|being|at|about|approximately|approx\.?|ca\.?|"
    r"around|roughly|nearly|most|likely|probably|the|a|an|for|this|that|"
    r"burst|grb|source|object|host|galaxy|afterglow|value|equal|determined|measured|estimated|"
    r"derived|as|z|limit|upper|lower|lies|"
    r"constrained|then|we|find|obtain|solution|tentative|preliminary|only|given|by|it|its|and|system|"
    r"doublet|on|interval|in|range|between|from|"
    r"possible|best|best-fit|fit|single|now|hence|EP ?\d{6}[a-z]?|FXT|transient|event|us|me|least|"
    r"common|mean|absorption|absorber|emission|line|weighted|same|very|low|high|slightly|"
    r"precise|corrected|refined|new|z_\w+|zgrb)"
)
_REDSHIFT = re.compile(
    rf"\bred?-?shifts?\b(?:[ ,:;(\[=~]+{_WORDS}\b)*[ ,:;(\[=~]+(?:z[ =~:]+)?(?=[<>~.\d])(?!\. |\d{6})", re.I
)
#: What makes the number something else: a magnitude, a length, a percentage, a count, part of a longer number.
_NOT_AFTER = re.compile(
    r"^(?:\d|\.\d| ?(?:mag|%|[kMG]eV|[kMG]pc|sigma|arcsec|arcmin|\"|deg|hours?|hrs?\b|days?|s\b|sec|"
    r"min|m\b|-?met(?:er|re)|AA?\b|Ang|micron|um\b|nm\b|-?band|x ?10|erg|"
    r"cm\b|absorption systems?|systems\b|lines?\b|doublets?\b|galaxies|AB\b|candidates)|:\d|\^|-sigma|/\d)",
    re.I,
)
#: A text with more is a table. The claims are compared with one another, so their number must be bounded.
_MOST = 200
_BEYOND = 12.0  # no burst is farther; a larger number after "z =" is a magnitude in the z band


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A redshift with its span in the even text and what the context makes of it."""

    reading: Reading
    start: int
    end: int
    judged: Judged


def _plausible(reading: Reading) -> bool:
    numbers = [n for n in (reading.value, reading.lower, reading.upper) if n is not None]
    return all(0.0 <= n < _BEYOND for n in numbers) and any(n > 0.0 for n in numbers)


def _spans(text: str) -> Iterator[tuple[int, int, int, Reading]]:
    """(start of its "z =", start and end of the value, reading) of everything that reads as a redshift."""
    for grammar in (RANGE, FALLING):
        for match in grammar.finditer(text):
            yield match.start(), match.start(), match.end(), read_range(match)
    for lead in (_Z, _REDSHIFT):
        for opening in lead.finditer(text):
            interval = INTERVAL.match(text, opening.end())
            if interval and re.search(
                r"range|between|interval|from", opening.group() + text[max(0, opening.start() - 30) : opening.start()]
            ):
                yield opening.start(), interval.start(), interval.end(), read_range(interval)
                continue
            value = VALUE.match(text, opening.end())
            if value and not _NOT_AFTER.match(text[value.end() : value.end() + 20]):
                yield opening.start(), value.start(), value.end(), read_value(value)


def propose(even: Even, where: str, *, about_redshift: bool = False) -> list[Found]:
    """All redshifts of a text with their judgement, in order, but no more than `_MOST`; of spans that overlap the first
    grammar's wins."""
    text = even.text
    otherwise = sort_of(text)
    found: list[Found] = []
    for lead, start, end, reading in _spans(text):
        if len(found) == _MOST:
            break
        if not _plausible(reading) or any(start < c.end and c.start < end for c in found):
            continue
        begin, stop = sentence(text, lead, end)
        judged = judge(text, begin, lead, end, stop, where=where, about_redshift=about_redshift, otherwise=otherwise)
        shift = len(text[start:end]) - len(text[start:end].lstrip())
        found.append(Found(reading=reading, start=start + shift, end=end, judged=judged))
    return sorted(found, key=lambda c: c.start)


def same(a: Reading, b: Reading) -> bool:
    """Whether two readings say the same: equal limits and ranges, values that agree to the digits of the coarser."""
    if a.limit != b.limit or (a.value is None) != (b.value is None):
        return False
    if a.value is None or b.value is None:
        return (a.lower, a.upper) == (b.lower, b.upper)
    return abs(a.value - b.value) <= 0.006 * (1.0 + b.value)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A redshift worth reporting: where it stands, the reading, and the probability that it is right."""

    where: Where
    found: Found
    confidence: float


def claims(subject: Even, body: Even) -> list[Claim]:
    """What a circular itself claims: its best-supported redshift, besides it limits and absorbers in front. Values
    that contradict the best one without a reason are left out: abstaining costs less than a wrong redshift."""
    announced = bool(_ANNOUNCED.search(subject.text))
    pool: list[tuple[Where, Found]] = [("subject", c) for c in propose(subject, "subject")]
    pool += [("body", c) for c in propose(body, "body", about_redshift=announced)]
    live = [
        p
        for p in pool
        if p[1].judged.assertion in ("asserted", "hedged") and p[1].judged.whose in ("afterglow", "host")
    ]
    live = [p for p in live if p[1].judged.score > _FLOOR and not _ELSEWHERE.search(subject.text)]
    if not live:
        return []
    best = max(live, key=lambda p: _rank(p[1], live))
    if _undecided(best[1], [p[1] for p in live if p[0] == best[0]], body.text if best[0] == "body" else subject.text):
        return []
    agreeing = [p for p in live if same(p[1].reading, best[1].reading)]
    # Of several mentions the most precise is reported: the subject often rounds what the body measures.
    where, main = max(agreeing, key=lambda p: (_digits(p[1]), p[1].reading.error is not None, p[0] == "body"))
    out = [Claim(where=where, found=main, confidence=_confidence(best[1], len(agreeing), len(live)))]
    for place, other in pool:
        absorber = other.judged.whose == "intervening" and other.judged.assertion == "asserted"
        bound = (place, other) in live and (other.reading.value is None or other.reading.limit is not None)
        known = any(same(other.reading, c.found.reading) for c in out)
        if (absorber or bound) and not known:
            out.append(Claim(where=place, found=other, confidence=0.7))
    return out


_ANNOUNCED = re.compile(r"red-?shift|spectr(?!al)|photo-?z|\bz ?[=~]", re.I)
#: The subject says that the redshift is some other galaxy's.
_ELSEWHERE = re.compile(r"\b(?:field|neighbou?ring) galax|\bcluster\b", re.I)
_FLOOR = 0.1  # below it the context speaks against the value more than for it


def _undecided(best: Found, live: list[Found], text: str) -> bool:
    """Whether the authors leave it open: another hedged value, joined by "or", has the same support."""
    return best.judged.assertion == "hedged" and any(
        other is not best
        and other.reading.limit is None
        and abs(other.judged.score - best.judged.score) < 0.1
        and not same(other.reading, best.reading)
        and re.search(r"\bor\b", text[min(best.end, other.end) : max(best.start, other.start)])
        and abs(best.start - other.start) < 80
        for other in live
    )


def _digits(found: Found) -> int:
    value = found.reading.value
    return 0 if value is None else len(repr(value).partition(".")[2])


def _rank(found: Found, live: list[tuple[Where, Found]]) -> tuple[float, int]:
    """Score, raised by agreement with other mentions and lowered for limits where a value is known."""
    reading = found.reading
    agreeing = sum(same(reading, other.reading) for _, other in live) - 1
    if reading.value is not None and reading.limit:
        # Of several limits the tightest says it all, and any measured value says more.
        tight = -reading.value if reading.limit == "<" else reading.value
        return found.judged.score - 2.0 + 0.05 * tight, -found.start
    measured = 0.0 if reading.value is not None else -2.0
    return found.judged.score + 0.5 * min(agreeing, 3) + measured, -found.start


def _confidence(best: Found, agreeing: int, live: int) -> float:
    """See docs/extraction.md: measured on real circulars in bands of the same three signs."""
    contested = agreeing < live
    if best.judged.score >= 1.5 and not contested:
        return 0.97
    return 0.9 if not contested else 0.87


def _proposed(document: Document) -> Iterator[Candidate]:
    """The redshifts that a circular claims."""
    for claim in claims(document.subject, document.body):
        found, reading = claim.found, claim.found.reading
        yield Candidate(
            predicate="redshift",
            where=claim.where,
            start=found.start,
            end=found.end,
            value=reading.value,
            error=reading.error,
            limit=reading.limit,
            lower=reading.lower,
            upper=reading.upper,
            qualifier={"type": found.judged.sort, "of": found.judged.whose},
            assertion=found.judged.assertion,
            confidence=claim.confidence,
            why=f"the words around it speak for it by {found.judged.score:g}",
        )


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives its value, errors, limit and range."""
    value = float(fact.value) if isinstance(fact.value, int | float) else None
    said = Reading(value=value, error=fact.error, limit=fact.limit, lower=fact.lower, upper=fact.upper)
    return reread(fact.text) == said


GRAMMAR = Grammar(predicates=("redshift",), propose=_proposed, reads_again=reads_again)
