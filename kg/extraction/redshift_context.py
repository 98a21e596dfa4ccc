"""What the words around a redshift say about it: whose it is, how it was measured, and whether it is claimed at all.

Precision comes first: a value that is assumed, borrowed from others or belongs to something else is never asserted.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from kg.extraction import redshift_words as w
from kg.extraction.fact import Assertion

Whose = Literal["afterglow", "host", "intervening", "field galaxy", "other object"]
Sort = Literal["spectroscopic", "photometric", "pseudo"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """`score` orders the redshifts of one circular: the highest is what the circular is about. `own` says that the
    words give it to the event, `galaxy` that the sentence is about a galaxy not called the host, `system` that it is
    about systems on the line of sight. `signs` are numbers for a scorer."""

    assertion: Assertion
    whose: Whose
    sort: Sort
    score: float
    own: bool
    galaxy: bool
    system: bool
    signs: dict[str, float]


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """The words around a value: its sentence before and after it, the last of them, and its own "redshift of z ="."""

    before: str
    after: str
    whole: str
    near: str
    lead: str
    confirmed: bool
    borrowed: bool


def judge(
    text: str,
    begin: int,
    start: int,
    end: int,
    stop: int,
    *,
    where: str,
    about_redshift: bool,
    announced: Sort | None,
    otherwise: Sort,
) -> Judged:
    """Judge the value at `text[start:end]` (its "z =" included) in the sentence `text[begin:stop]`.
    `about_redshift` says that the subject announces one, `announced` of which sort; `otherwise` is the `sort_of` the
    whole text."""
    before, after, whole = text[begin:start], text[end:stop], text[begin:stop]
    words = _lead(text, start, end)
    lead = before[-70:] + words
    borrowed = bool(w.BORROWED.search(lead)) and bool(w.CITED_AFTER.search(after) or w.CATALOGUE_VALUE.search(lead))
    place = _Place(
        before=before,
        after=after,
        whole=whole,
        near=before[-150:] + words,
        lead=lead,
        borrowed=borrowed,
        confirmed=bool(w.CONFIRMED.search(whole)) and not borrowed,
    )
    score = _support(place) + 2.0 * (where == "subject") + 0.75 * about_redshift
    own = bool(w.OWN.search(before[-60:] + text[start:end]) or w.OWN_AFTER.search(after))
    theory = bool(w.THEORY.search(whole) or w.THEORY_OPENING.search(text[:160]))
    assertion, penalty = _assertion(place)
    score += 2.0 * own - 3.0 * theory
    whose, distance = _whose(before, after, whole)
    galaxy = bool(w.GALAXY_SUBJECT.match(whole)) and not w.HOST.search(whole)
    if galaxy and w.UNRELATED.search(text[end : end + 250]):
        whose, distance = "field galaxy", 2.5
    if w.GALAXY_THERE.match(whole) and not w.HOST.search(whole):
        whose, distance = "field galaxy", 2.5
    near = text[max(0, start - 60) : end] + w.AGREES_WITH.split(text[end : end + 30])[0]
    sort = "pseudo" if w.PSEUDO.search(near) or theory else _sort(near, whole, announced) or otherwise
    return Judged(
        assertion=assertion,
        whose=whose,
        sort=sort,
        score=score - penalty - distance,
        own=own or bool(w.OWN_LIMIT.search(before[-60:] + text[start:end] + after[:60])),
        galaxy=galaxy,
        system=bool(w.SYSTEMS.search(whole)),
        signs=_signs(place, own=own, theory=theory, assertion=assertion, whose=whose, sort=sort, galaxy=galaxy)
        | {"score": score - penalty - distance, "about_redshift": float(about_redshift)},
    )


def _signs(
    place: _Place, *, own: bool, theory: bool, assertion: Assertion, whose: Whose, sort: Sort, galaxy: bool
) -> dict[str, float]:
    """What the words say, each sign by itself: a scorer weighs them its own way."""
    signs = {
        "own": own,
        "theory": theory,
        "galaxy_subject": galaxy,
        "confirmed": place.confirmed,
        "borrowed": place.borrowed,
        "measured": w.MEASURED.search(place.near),
        "we_measured": w.WE_MEASURED.search(place.near),
        "hedged": w.HEDGED.search(place.whole),
        "doubted": w.DOUBTED.search(place.near),
        "assumed": w.ASSUMED.search(place.lead),
        "computed": w.ASSUMED_ANYWHERE.search(place.whole),
        "cited_after": w.CITED_AFTER.search(place.after),
        "cited_before": w.CITED_BEFORE.search(place.near),
        "common": "common" in place.near,
        "absorption": "bsor" in place.whole,
        "emission": "mission" in place.whole,
        "host_in_sentence": w.HOST.search(place.whole),
        "is_host": whose == "host",
        "is_intervening": whose == "intervening",
        "is_elsewhere": whose in ("field galaxy", "other object"),
        "is_claimed": assertion in ("asserted", "hedged"),
        "is_photometric": sort == "photometric",
        "limit_words": "limit" in place.whole,
    }
    return {name: float(bool(sign)) for name, sign in signs.items()}


def _support(place: _Place) -> float:
    """How strongly the words speak for a measurement made here."""
    score = 1.5 * bool(w.MEASURED.search(place.near)) + 1.5 * bool(w.CORRECTED.search(place.near))
    score += 0.5 * place.confirmed + 0.5 * bool(w.PREFERRED.search(place.near))
    if w.DOUBTED.search(place.near) or w.EXPECTED.search(place.after) or w.OPEN.search(place.after):
        score -= 2.5
    return score


def _assertion(place: _Place) -> tuple[Assertion, float]:
    """Whether the value is claimed, and how much that lowers its rank. What comes later overrules."""
    hedged = bool(w.HEDGED.search(place.whole))
    assertion: Assertion = "hedged" if hedged else "asserted"
    penalty = 0.25 * hedged
    assumed = w.ASSUMED.search(place.lead) if not w.OF_LIMIT.search(place.lead) else None
    computed = bool(w.ASSUMED_ANYWHERE.search(place.whole))
    if assumed and (computed or not w.FOR.match(assumed.group())):
        assertion, penalty = "hypothetical", penalty + 4.0
    elif computed and w.AT_THIS.search(place.lead):
        penalty += 2.0
    if w.NEGATED.search(place.before[-60:]) and assertion != "hypothetical":
        assertion, penalty = "negated", penalty + 4.0
    if w.NOT_SO.match(place.after):
        return "negated", penalty + 4.0
    if w.EXAMPLE.search(place.before) or w.IF_AFTER.search(place.after):
        return "hypothetical", penalty + 4.0
    if hedged and w.ONE_OF_TWO.search(place.whole):
        return "hypothetical", penalty + 4.0
    of_others = place.borrowed and not re.search(r"\bconfirm", place.whole, re.I)
    of_others = of_others or bool(
        not place.confirmed and w.AT_KNOWN.search(place.lead) and w.CITED_AFTER.search(place.after)
    )
    if of_others or w.COLUMN.search(place.after) or w.OF_COLUMN.search(place.near):
        return "cited", penalty + 3.0
    if assertion in ("asserted", "hedged") and not place.confirmed:
        near = w.SOFTWARE.sub("", place.near)
        if w.CITED_AFTER.search(place.after) or w.CITED_BEFORE.search(near):
            measured = w.WE_MEASURED.search(place.near) or w.LINES_AT.search(place.whole)
            return (assertion, penalty + 1.0) if measured else ("cited", penalty + 3.0)
    return assertion, penalty


def _lead(text: str, start: int, end: int) -> str:
    """The words of the redshift's own phrase before its first digit: "redshift of z = "."""
    return re.split(r"[\d<>]|(?<= )\.(?=\d)", text[start:end], maxsplit=1)[0]


def _whose(before: str, after: str, whole: str) -> tuple[Whose, float]:
    """Whose redshift it is, and how much that lowers its rank."""
    near = before[-90:] + " " + after[:40]
    if w.INTERVENING_STRICT.search(before[-70:]) or re.search(
        r"^ ?(?:system |absorber )?(?:\w+ ){0,2}(?:interven|foreground)|^[^.;]{0,12} for the (?:unrelated|"
        r"foreground|nearby)",
        after,
    ):
        return "intervening", 3.0
    if w.INTERVENING.search(before[-100:]) and not w.OWN.search(near) and not w.CONFIRMED.search(near):
        return "intervening", 1.5
    if w.OTHER_OBJECT.search(before[-60:]) and not re.search(r"\bhost\b", before[-60:], re.I):
        return ("field galaxy" if w.FIELD_GALAXY.search(before[-60:]) else "other object"), 2.5
    if re.search(r"\bhost galaxy\b|\bits host\b", before[-60:], re.I):
        return "host", 0.0
    if re.search(r"\bhost\b|emission lines?", whole, re.I) and not re.search(r"absorption", whole, re.I):
        return "host", 0.0
    return "afterglow", 0.0


def _sort(near: str, whole: str, announced: Sort | None) -> Sort | None:
    """How it was measured, by the words near it, the subject, and its whole sentence; None where they are silent."""
    if re.search(r"photometric|photo-?z|z_?phot", near, re.I):
        return "photometric"
    if re.search(r"spectroscop", near, re.I):
        return "spectroscopic"
    if announced or w.SPECTROSCOPIC.search(whole):
        return announced or "spectroscopic"
    return "photometric" if w.PHOTOMETRIC.search(whole) else None


def sort_announced(subject: str) -> Sort | None:
    """How the redshifts of a circular were measured by what its subject says."""
    if re.search(r"spectroscop|spectr(?:um|a)\b|X-?shooter", subject, re.I):
        return "spectroscopic"
    return "photometric" if re.search(r"photo-?z|photometric|GROND|\bSED\b|drop-?out", subject, re.I) else None


def sort_of(text: str) -> Sort:
    """How a text's redshifts were measured where their sentences are silent."""
    return "spectroscopic" if w.SPECTROSCOPIC.search(text) or not w.PHOTOMETRIC.search(text) else "photometric"
