"""Which instrument measured a place: the one that the sentence ties it to, else the one that the subject reports of.

Most instruments that stand near a place did not measure it: a telescope went to their error circle, waited for their
trigger, was calibrated with them. Those say where one looked, and are passed over.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kg.extraction.detectors import instruments
from kg.extraction.telescopes import TELESCOPE, telescope_of
from kg.openings import compiled

#: Words in brackets are citations, trigger numbers, notes on the astrometry.
_BRACKETS = compiled(r"\([^()\n]{0,200}\)")
#: Behind a name: what is that instrument's own, and says where somebody else looked or when.
_OF_ANOTHER = compiled(
    r"(?:[-/ ](?:GBM|BAT|XRT|LAT|WXT|FXT|GUANO|UVOT|MAXI|GSC))*(?:'s)?(?:-(?:detected|localized|localised|triggered|"
    r"discovered)| (?:detected|localized|triggered) (?:GRB|burst|event|transient|source)|"
    r" (?:(?:on-?board|revised|refined|enhanced|initial|final|preliminary|90%|error|on-?ground|ground) ){0,2}(?:error|"
    r"trigger(?! data)|burst|GRB|field stars|field sources|candidates?|counterpart|after-?glow|alert|notice|FoV|"
    r"catalog\w*|alignment|source at|team's|team [^.]{0,20}GCN|event(?! was)|circle|region|uncertainty|astrometry|"
    r"stars?|T_?0|DR\d|images? of the field))\b"
)
_PLACE = compiled(
    r"(?:[-/ ]\w+)?(?:'s)?(?: [\w-]+){0,4}? (?:positions?|locali[sz]ations?|locations?|coordinates|centroid|"
    r"direction)\b"
)
#: In front of a name and its position: one looked there, or compares.
_TOWARDS = compiled(
    r"\b(?:within|inside|outside|at|in|near|to|from|of|around|with|after|since|centred on|centered on|towards?|against|"
    r"than|before|following|for)(?: (?:the|an?|both|this|our|its|Swift|Fermi|EP|SVOM|Einstein Probe|revised|refined|"
    r"enhanced|initial|final|reported|error|\d[\d.]*[- ]?[^\s.]{0,8}|[(),/&]|and)){0,5}[-/ ]*$",
    re.I,
)
#: In front of a name: it is the tool.
_TOOL = compiled(
    r"\b(?:with|using|by|through|on|from|in)(?: (?:the|our|an?|data|images?|observations?|(?:Swift|Fermi|EP|SVOM|ESO)|"
    r"\d[\d.]*-?(?:m|meter|metre)|\d[\d.]* ?k?s|of|taken|obtained|promptly|downlinked|preliminary|mode|and))*[-/ ]*$"
)
#: Behind a name, in its clause: it acts.
_ACTS = compiled(
    r"(?:[-/ ][\w-]+){0,4} (?:has |have |also |was |clearly |automatically |auto-detection |system )*(?:localized|"
    r"localised|located|detects?|detected|found|finds?|triggered|observed|measured|discovered|began|started|identified|determined|"
    r"calculated|performed|slewed|imaged|observations?|took|reports?|pinpointed|obtained)\b"
)
#: Behind capitals that may be a word: it is the telescope.
_NORDIC = compiled(r" (?:and|with|equipped|[a-z]+ (?:obs|imag)|tele|[Oo]pt|red|spec|images?)")
#: Another instrument in the subject than the one that reports: the event's finder.
_FINDER = compiled(r"[- /]*(?:(?:GBM|BAT|XRT|WXT|LAT)[- /])?(?:GRB|trigger|detected|localized|burst|alert|event|"
                     r"\d{5,}|\d{6}\w)", re.I)  # fmt: skip
#: Surveys stand beside a place as bands, stars and old images; gravitational waves give areas.
_NO_SOURCE = frozenset({"SDSS", "Pan-STARRS", "2MASS", "LVK"})
#: The place is read from a catalogue or an old image.
_ARCHIVAL = compiled(r"\barchiv\w+|\bLegacy (?:Imaging )?Surveys?\b|\bDR\d+\b|"
                       r"\b(?:inspect\w*|check\w*|examin\w*) (?:of|the|\w+ of) [^.;]{0,40}(?:Pan-?STARRS|SDSS|DSS|"
                       r"PS1|catalog)|\bcatalogu?ed (?:source|object|galaxy)", re.I)  # fmt: skip


@lru_cache(maxsize=16)
def _named(text: str) -> tuple[tuple[int, str], ...]:
    """Instruments and telescopes of a text, in order."""
    found = dict(instruments(text))
    for match in TELESCOPE.finditer(text):
        if match.group() != "NOT" or _NORDIC.match(text, match.end()):
            found.setdefault(match.start(), telescope_of(match))
    return tuple(sorted(found.items()))


def measured_by(text: str, label: int, *, subject: str, cited: bool) -> str | None:
    """The instrument that measured the place whose label begins at `label` of an even text. Of a place that is told of
    others (`cited`) only what stands right in front of it speaks."""
    begin = max(text.rfind("\n", max(0, label - 700), max(0, label - 3)) + 1, label - (110 if cited else 700), 0)
    window = _BRACKETS.sub(lambda m: " " * len(m.group()), text[begin:label])
    found = [(at, name) for at, name in _named(window) if name not in _NO_SOURCE]
    if cited:
        return found[-1][1] if found else None
    opening = max(window.rfind(". ", 0, -2), 0)
    for at, name in reversed(found):
        if _speaks(window, at, opening):
            return name
    return None if _ARCHIVAL.search(window, opening) else reporting(subject)


def _speaks(window: str, at: int, opening: int) -> bool:
    """Whether an instrument named at `at` measured the place behind `window`, whose last sentence begins at
    `opening`."""
    word = re.match(r"\w[\w-]*", window[at:])
    before, after = window[max(0, at - 70) : at], window[at + (word.end() if word else 0) :]
    if _OF_ANOTHER.match(after):
        return False
    towards = _TOWARDS.search(before)
    if _PLACE.match(after):
        return not towards
    if _TOOL.search(before):
        return at >= opening or not re.search(r"detected by (?:the )?[\w/ -]*$", before)
    return not towards and (at >= opening or bool(_ACTS.match(after)))


@lru_cache(maxsize=64)
def reporting(subject: str) -> str | None:
    """The instrument that a subject reports of, not the one that found the event."""
    for at, name in _named(subject):
        word = re.match(r"\w[\w.-]*", subject[at:])
        end = at + (word.end() if word else 0)
        if re.match(r"(?:IceCube|MAXI|GRB|S\d)\S*-?\d{5,6}\w", subject[at:]) or _FINDER.match(subject, end):
            continue
        if re.search(r"\b(?:of|for|to) (?:the )?(?:\w+[ /-])?$", subject[:at]) and not re.match(
            r" (?:observ|data|imag)", subject[end:]
        ):
            continue
        if name == "LVK":
            continue
        return name
    return None
