"""What a circular claims of all the redshifts that stand in it: they are weighed against each other.

The best-supported value of the event itself is the circular's claim. Limits, absorbers, galaxies in the field, and what
is cited, assumed or denied are told as what they are. A value that contradicts the claim without a reason is left:
saying nothing costs less than a wrong redshift.
"""

from __future__ import annotations

import re

import msgspec

from kg.extraction.fact import Assertion, Where
from kg.extraction.redshift_context import Judged, Whose
from kg.extraction.redshift_value import Reading
from kg.openings import compiled


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A redshift with its span in the even text and what its words make of it. `object` is another event than the
    circular's main one, where the sentence names one: `own_event` says that the circular is about it, too. `quoted`
    says that its line is quoted from another message."""

    where: Where
    reading: Reading
    start: int
    end: int
    judged: Judged
    object: str | None = None
    own_event: bool = False
    quoted: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a redshift is a fact of its circular, and why. `signs` are numbers for a scorer."""

    taken: bool
    confidence: float
    why: str
    assertion: Assertion
    whose: Whose
    signs: dict[str, float]


#: The subject says that the redshift is some other galaxy's.
_ELSEWHERE = compiled(r"\b(?:field|neighbou?ring) galax|\bcluster\b", re.I)
_FLOOR = 0.1  # below it the context speaks against the value more than for it


def same(a: Reading, b: Reading) -> bool:
    """Whether two readings say the same: equal limits and ranges, values that agree to the digits of the coarser."""
    if a.limit != b.limit or (a.value is None) != (b.value is None):
        return False
    if a.value is None or b.value is None:
        return (a.lower, a.upper) == (b.lower, b.upper)
    return abs(a.value - b.value) <= 0.006 * (1.0 + b.value)


def _rounded(a: Reading, b: Reading) -> bool:
    """Whether one value is the other rounded: 0.638 is no second printing of 0.63, but 1.8 is one of 1.76."""
    if a.value is None or b.value is None or a.limit != b.limit:
        return False
    coarser = max(10.0 ** -len(repr(v).partition(".")[2]) for v in (a.value, b.value))
    return abs(a.value - b.value) <= 0.51 * coarser


def _repeats(a: Reading, b: Reading, whose: Whose) -> bool:
    """Whether a reading says another again. Systems on one line of sight may lie close to each other."""
    apart = whose in ("intervening", "field galaxy") and not (a.error or b.error)
    return _rounded(a, b) or (same(a, b) and not (apart and a.value is not None))


def verdicts(pool: list[Found], subject: str, body: str) -> list[Verdict]:
    """The verdict on each redshift of a circular, in the same order."""
    limited = any(f.judged.own and _bound(f) for f in pool)
    elsewhere = bool(_ELSEWHERE.search(subject))
    live = [f for f in pool if _alive(f, limited=limited)] if not elsewhere else []
    absorbers = _absorbers(live)
    live = [f for f in live if f not in absorbers]
    ranks = [_rank(f, live) for f in live]  # each compares with all others: done once
    scores = [score for score, _ in ranks]
    best = max(zip(ranks, live, strict=True), key=lambda ranked: ranked[0], default=(None, None))[1]
    if best and _undecided(best, [f for f in live if f.where == best.where], body if best.where == "body" else subject):
        best = None
    agreeing = [f for f in live if best and same(f.reading, best.reading)]
    # Of several mentions the most precise is reported: the subject often rounds what the body measures.
    main = max(agreeing, key=lambda f: (_digits(f), f.reading.error is not None, f.where == "body"), default=None)
    told: list[tuple[Reading, str]] = [(main.reading, "claim")] if main else []
    absorbers += [f for f in live if main and _nearer_system(f, main)]
    out = []
    for found in pool:
        whose: Whose = "intervening" if found in absorbers else found.judged.whose
        if elsewhere and whose in ("afterglow", "host"):
            whose = "field galaxy"
        if found is main and best is not None:
            taken, confidence, why = True, _confidence(best, len(agreeing), len(live)), "the circular's own redshift"
        else:
            taken, confidence, why = _besides(found, whose, told, live, main)
        signs = _signs(found, pool, live, scores, agreeing, main)
        shown = f"{why}; the words around it speak for it by {found.judged.score:g}"
        out.append(
            Verdict(
                taken=taken, confidence=confidence, why=shown, assertion=_assertion(found), whose=whose, signs=signs
            )
        )
    return out


def _absorbers(live: list[Found]) -> list[Found]:
    """Systems in front: of several on one line of sight the farthest is the burst's, or the nearest to it."""
    systems = [f for f in live if f.judged.system and not _bound(f) and not f.judged.own and f.where == "body"]
    top = max(systems, key=lambda f: (f.reading.value or 0.0, -f.start), default=None)
    if top is None:
        return []
    return [
        f for f in systems if not same(f.reading, top.reading) and f.judged.score < top.judged.score + 1.5
        and not any(o.judged.own and same(o.reading, f.reading) for o in live)
    ]  # fmt: skip


def _nearer_system(found: Found, main: Found) -> bool:
    """Whether a value is that of an absorber: at less than the event's redshift, or at most at the bound on it."""
    value, of_event = found.reading.value, main.reading.value or main.reading.upper
    if _bound(found) or value is None or of_event is None or same(found.reading, main.reading):
        return False
    told_of_lines = found.judged.signs["absorption"] or found.judged.system or _told_as_line(found, main)
    return value <= of_event and bool(told_of_lines)


def _told_as_line(found: Found, main: Found) -> bool:
    spectroscopic = found.judged.sort == main.judged.sort == "spectroscopic"
    return spectroscopic and main.judged.whose == "afterglow" and found.judged.assertion == "asserted"


def _assertion(found: Found) -> Assertion:
    return "cited" if found.quoted else found.judged.assertion


def _bound(found: Found) -> bool:
    return found.reading.value is None or found.reading.limit is not None


def _alive(found: Found, *, limited: bool) -> bool:
    """Whether it may be the event's own redshift. Where the burst has a limit in so many words, a galaxy that is not
    called its host is another one."""
    judged = found.judged
    own = (
        judged.whose in ("afterglow", "host")
        and (found.object is None or found.own_event)
        and not (limited and judged.galaxy)
    )
    return own and _assertion(found) in ("asserted", "hedged") and judged.score > _FLOOR


def _besides(
    found: Found, whose: Whose, told: list[tuple[Reading, str]], live: list[Found], main: Found | None
) -> tuple[bool, float, str]:
    """The verdict on what is not the circular's claim; what is told is noted in `told`, so that it is told once."""
    assertion = _assertion(found)
    if any(_repeats(found.reading, reading, whose) and kind in ("claim", assertion + whose) for reading, kind in told):
        return False, 0.1, "said already"
    told_now = (found.reading, assertion + whose)
    if assertion in ("cited", "hypothetical", "negated"):
        told.append(told_now)
        return (
            True,
            0.65,
            {"cited": "another's result", "hypothetical": "assumed, not measured"}.get(assertion, "denied"),
        )
    if found.object is not None and not found.own_event:
        told.append(told_now)
        return True, 0.6, f"the redshift of {found.object}"
    if whose in ("intervening", "field galaxy"):
        told.append(told_now)
        return True, 0.88, {"intervening": "an absorber in front"}.get(whose, "a galaxy in the field")
    if found in live and _bound(found):
        told.append(told_now)
        return True, 0.88, "a bound on the event's redshift"
    no_value = main is None or (_bound(main) and not _bound(found))
    if (
        found.judged.sort == "pseudo"
        and no_value
        and assertion in ("asserted", "hedged")
        and whose in ("afterglow", "host")
    ):
        told.append(told_now)
        return True, 0.88, "a pseudo-redshift, from relations of the prompt emission"
    if main and found in live:
        told.append(told_now)
        return True, 0.5, "another value than the circular's main one"
    if whose == "other object":
        return False, 0.1, "another object's redshift"
    return False, 0.2, "the words do not support it"


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


def _rank(found: Found, live: list[Found]) -> tuple[float, int]:
    """Score, raised by agreement with other mentions and lowered for limits where a value is known."""
    reading = found.reading
    agreeing = sum(same(reading, other.reading) for other in live) - 1
    if reading.value is None and found.judged.own:
        return found.judged.score + 3.0, -found.start  # "the strict range for this GRB" is the last word
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
    return 0.96 if not contested else 0.95


def _signs(
    found: Found, pool: list[Found], live: list[Found], scores: list[float], agreeing: list[Found], main: Found | None
) -> dict[str, float]:
    others = [score for f, score in zip(live, scores, strict=True) if not same(f.reading, found.reading)]
    alive = found in live
    return {
        "alive": float(alive),
        "is_main": float(found is main),
        "same_as_main": float(main is not None and same(found.reading, main.reading)),
        "candidates": float(min(len(pool), 10)),
        "live": float(min(len(live), 10)),
        "agreeing": float(min(sum(same(found.reading, f.reading) for f in pool), 6)),
        "agreeing_live": float(min(len(agreeing), 6)) if main and same(found.reading, main.reading) else 0.0,
        "rank_margin": (_rank(found, live)[0] - max(others)) if others else 5.0,
        "value": found.reading.value if found.reading.value is not None else found.reading.upper or 0.0,
        "has_error": float(found.reading.error is not None),
        "limit": float(found.reading.limit is not None),
        "range": float(found.reading.value is None),
        "digits": float(_digits(found)),
        "position": min(found.start / 1000.0, 10.0),
        "in_subject": float(found.where == "subject"),
        "quoted": float(found.quoted),
        "other_event": float(found.object is not None and not found.own_event),
        "said_in_subject": float(any(f.where == "subject" and same(f.reading, found.reading) for f in pool)),
    }
