"""Tells limits from values, and whose brightness a number is, by the words around it in running text."""

from __future__ import annotations

import re

import msgspec

from kg.extraction import magnitude_words as w
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_setting import Setting


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """The words around a value: `lead` in front of it or of the first of its row, `own` since the value before, `after`
    behind it, `whole` its sentence."""

    lead: str
    own: str
    after: str
    whole: str
    lead_at: int


def find_limit(hit: Hit, around: Around, text: str) -> None:
    """The sign decides; without one the words do, unless an error says that it was measured."""
    if match := w.SIGMA.search(around.after[:25]) or w.SIGMA.search(around.lead[-90:]):
        hit.sigma = float(match["sigma"])
    lead = around.lead + text[hit.begin : hit.start]
    hit.depth = bool(w.DEPTH.search(lead[-90:]) or w.DEPTH.search(around.own)) and not re.search(
        r"upper[- ]limit", lead[-90:], re.I
    )
    if w.NOT_SEEN.search(lead):
        hit.depth = False  # said of the source, not of the images
    if w.IN_BRACKET.match(around.own):
        hit.depth = True
    hit.exposure_depth = hit.depth and bool(re.search(r"\bdepths?\b", lead[-60:], re.I))
    if hit.limit is not None or hit.error is not None or hit.reading.value is None:
        return
    opened = around.after.lstrip().startswith("(") and ")" not in around.after  # a bracket around the next number
    if not opened and (match := w.LIMIT_AFTER.match(around.after)):
        hit.limit = ">"
        hit.depth = hit.depth or bool(re.search("magnitude|limiting", match.group()))
        return
    if w.SIGMA_AFTER.match(around.after) and re.search(r"\blimits?\b|not |\bno\b|undetected", lead, re.I):
        hit.limit = ">"
        return
    if w.MIXED.search(lead):
        return
    every = list(w.LIMIT_BEFORE.finditer(lead))
    if not every:
        return
    found = every[-1]
    rest = lead[found.end() :]
    if re.match(r"down to", found.group(), re.I) and re.search(
        r"\b(?:fad|decay|drop|declin|spectr|continu)\w*", lead[: found.start()], re.I
    ):
        return
    noun = "limit" in found.group().lower() and w.GIVEN.match(rest)
    if not noun and w.SEEN.search(rest) and not w.NOT_SEEN.search(rest):
        return
    if re.search(r"\b(?:but|while|whereas|however)\b", rest) and w.AFTERGLOW.search(rest):
        return
    hit.limit = ">"


def find_target(setting: Setting, hit: Hit, around: Around) -> None:
    """Whose brightness: the last noun in front of it, or the star behind it."""
    lead = around.lead
    if w.COMPLETE.search(lead[-60:]):
        hit.target = "instrument"
        hit.leave("how deep a list is complete, no limit on the source")
        return
    lead = _without_calibrators(w.AT_SOURCE.sub("", lead))
    own = _last(w.AFTERGLOW, lead)
    listed = re.search(r"\bstars? ?\($", around.lead)
    if listed or w.STAR_AFTER.match(around.after) or w.STAR_BEFORE.search(lead):
        hit.target = "reference star"
        hit.leave("a reference star's magnitude")
        return
    if (
        hit.limit is None
        and (w.ARCHIVE_AFTER.match(around.after) or w.ARCHIVE_BEFORE.search(lead))
        and not w.CALIBRATED.search(lead[-60:])
        and not w.HOST.search(lead)
    ):
        hit.target = "other object"
        hit.leave("a catalogue's or an old image's value")
        return
    host, galaxy, other = _last(w.HOST, lead), _last(w.GALAXY, lead), _last(w.OTHER, lead)
    subject = setting.document.subject.text
    about_host = w.HOST_SUBJECT.search(subject)
    if w.NOUN_AFTER.match(around.after) and lead.rstrip().endswith("("):
        hit.target = "other object"
        hit.leave("the magnitude of another object")
    elif (
        host > own
        or (about_host and not w.NAMED_SOURCE.search(lead))
        or re.match(r"^ ?(?:mags?)?,? ?(?:for|as|of) the host", around.after)
    ):
        hit.target = "host"
    elif (other >= own >= 0 and other > galaxy) or (other >= 0 > own):
        hit.target = "other object"
        hit.leave("the magnitude of another object")
    elif galaxy > own:
        hit.target = "other object"
        hit.leave("the magnitude of a galaxy")
    elif (
        hit.limit
        and w.ARCHIVE.search(around.own[-80:] if not around.lead else lead[-110:])
        and not w.CALIBRATED.search(w.REFERENCE_IMAGE.sub("", lead[-160:]))
    ):
        if w.NOTHING_THERE.search(lead):
            hit.target = "host"
            return
        hit.target = "instrument"
        hit.leave("the depth of a survey")


def _without_calibrators(lead: str) -> str:
    """The words without the stars that the photometry rests on, where they say what else was measured."""
    return w.CALIBRATORS.sub("", lead) if w.MEASURES.search(lead) else lead


def _last(pattern: re.Pattern[str], text: str) -> int:
    place = -1
    for match in pattern.finditer(text):
        place = match.end()
    return place
