"""Judges magnitudes of running text by the words around them: limit or value, whose, in which band, asserted or not.

Values in a row ("g' = 20.5, r' = 19.7 and i' > 22") are judged together by the words in front of the first.
"""

from __future__ import annotations

import re

from kg.extraction import magnitude_words as w
from kg.extraction.labels import labelled
from kg.extraction.magnitude_assertion import find_assertion
from kg.extraction.magnitude_bands import find_band, share_bands
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_setting import Setting
from kg.extraction.magnitude_whose import Around, find_limit, find_target
from kg.extraction.sentences import sentence
from kg.openings import compiled

_JOINED = compiled(
    r"(?:[\s,;&/()|:\u2022*-]|and|or|mags?\.?|magnitudes?|AB|Vega|in|for|the|we|find|=|~|(?:\w+[- ])?(?:band|"
    r"filter)s?|"
    r"[+-]?/?-?\d?\.\d+|(?:\([^()]{0,70}\)))*"
)


def judge(setting: Setting, hits: list[Hit]) -> None:
    """Decides about all hits of one even text, in order."""
    share_bands(setting, hits)
    previous: Hit | None = None
    lead = ""
    lead_at = 0
    for i, hit in enumerate(hits):
        text = setting.document.even(hit.where).text
        begin, stop = sentence(text, hit.begin, hit.end)
        follows = hits[i + 1].begin if i + 1 < len(hits) else len(text)
        gap = text[previous.end : hit.begin] if previous and previous.end <= hit.begin else None
        if gap is None or len(gap) > 90 or not _JOINED.fullmatch(gap):
            lead_at = max(begin, previous.end if previous else 0)
            lead = text[lead_at : hit.begin]
            if len(lead.strip(" -*(")) < 4 and lead_at == begin:
                lead_at = _above(text, begin)
                lead = text[lead_at : hit.begin]
        around = Around(
            lead=lead[-300:],
            own=gap if gap is not None and len(gap) < 200 else lead[-200:],
            after=text[hit.end : max(hit.end, min(stop, follows, hit.end + 160))],
            whole=text[begin:stop],
            lead_at=lead_at,
        )
        _judge(
            setting,
            hit,
            around,
            text,
            previous,
            first=previous is None or gap is None or not _JOINED.fullmatch(gap or ""),
        )
        previous = hit


def _above(text: str, begin: int) -> int:
    """Where the words begin that introduce a list at `begin`: the sentence above, or the one before a scrap."""
    above = begin
    for _ in range(3):
        above, _end = sentence(text, max(above - 2, 0), max(above - 1, 1))
        if begin - above > 60 and text[above : above + 1].isupper():
            break
    return max(above, begin - 320)


def _judge(setting: Setting, hit: Hit, around: Around, text: str, previous: Hit | None, *, first: bool) -> None:
    close = text[max(0, hit.begin - 70) : hit.begin]
    said_absolute = w.ABSOLUTE.search(text[max(0, hit.begin - 45) : hit.start])
    if (said_absolute and not hit.banded) or w.ABSOLUTE.search(close[-25:]):
        hit.leave("an absolute magnitude")
    if w.ZEROPOINT.search(around.lead if first else around.own):
        hit.leave("a zero point")
    value = hit.reading.value or 0.0
    if not hit.banded or value < 7:
        _difference(hit, close, around.after, value)
    elif w.DIFFERENCE_AFTER.match(around.after) and value < 7:
        hit.leave("a difference")
    find_limit(hit, around, text)
    find_target(setting, hit, around)
    find_band(setting, hit, text, previous)
    hit.assertion, why = find_assertion(setting, hit, around)
    if hit.assertion in ("cited", "hypothetical", "negated"):
        hit.why = hit.why or why
    if (behind := w.LABEL_BEHIND.match(around.after)) and (own := list(labelled(behind.group()))):
        hit.object = own[0]
        return
    hit.object = setting.object_of(hit.where, hit.start, hit.end, around.lead) if hit.taken else None


def _difference(hit: Hit, close: str, after: str, value: float) -> None:
    if w.DIFFERENCE_BEFORE.search(close) or w.DIFFERENCE_AFTER.match(after):
        hit.leave("a difference, an error, a colour or an extinction, no brightness")
    elif (
        value < 8
        and not hit.banded
        and not re.search(r"(?:\bmag\w*|brightness) (?:\w+ ){0,2}[=~]? ?$", close[-40:], re.I)
    ):
        hit.leave("too small a number for a brightness that no band names")


def leave_depths(hits: list[Hit]) -> None:
    """The depth of the very images in which the source is seen is no limit on it."""
    seen = {h.band for h in hits if h.taken and h.limit is None and h.target == "source" and h.assertion == "asserted"}
    for hit in hits:
        if hit.exposure_depth and hit.limit and seen:
            hit.leave("the depth of exposures")
        if hit.depth and hit.limit and (hit.band in seen or (hit.band is None and seen)):
            hit.leave("the depth of images in which the source is seen")
