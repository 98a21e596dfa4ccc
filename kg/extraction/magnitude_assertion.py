"""Whether the authors of a circular stand by a magnitude: calibration and comparison are cited all the time and say
nothing on the value."""

from __future__ import annotations

import re

from kg.extraction import magnitude_words as w
from kg.extraction.assertion import assertion_of
from kg.extraction.fact import Assertion
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_setting import Setting
from kg.extraction.magnitude_whose import Around


def find_assertion(setting: Setting, hit: Hit, around: Around) -> tuple[Assertion, str]:
    """Whether the authors stand by it. Calibration is cited all the time and says nothing on the value."""
    said, why = assertion_of(setting.document, hit.where, hit.start, hit.end)
    part = setting.document.part(hit.where, hit.start, hit.end)
    if part in ("quoted", "note", "acknowledgements"):
        return said, why
    if w.EXPECTED.search(around.lead) and not re.search(r"\bwould like\b", around.lead):
        return "hypothetical", "a forecast"
    if w.CITED_AFTER.match(around.after):
        return "cited", "another's result, named behind it"
    lead = around.lead
    if (found := w.BORROWED.search(lead)) and not w.OWN_WORK.search(found.group()):
        return "cited", "another's result, compared with"
    found = w.CITED_BEFORE.search(lead)
    if (
        found
        and not w.OWN_WORK.search(lead[found.start() :])
        and not re.search(
            r"\b(?:is|was|are|were) (?:\w+ ){0,2}?(?:detected|visible|seen)|\bin our\b|\band (?:measure|find|obtain|"
            r"derive|estimate|detect)|\bnot detected|\bwith (?:an? )?(?:\w+ )?(?:magnitude|brightness)|"
            r"\bdown to\b|\bto a limit",
            found.group(),
            re.I,
        )
    ):
        return "cited", "another's result, named in front"
    if said == "hypothetical" and re.search(
        r"\bextrapolat\w*|\bpredict\w*|\bexpect\w*|\bif\b|\bwould\b|\bwill\b|\bassum\w*", around.whole, re.I
    ):
        return (
            ("hypothetical", why) if w.FORECAST.search(lead) or re.search(r"\bif\b", lead[-120:]) else ("asserted", "")
        )
    if said in ("negated", "hedged"):
        return said, why
    return "asserted", ""
