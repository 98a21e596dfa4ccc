"""What a circular says once for all its magnitudes: filters in use, system, catalogue, extinction, telescope, times.

Looked up lazily: most circulars have no magnitude and pay nothing.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property

import msgspec

from kg.extraction import magnitude_words as w
from kg.extraction.bands import normalise_band, system_of
from kg.extraction.document import Document
from kg.extraction.epochs import Epoch, event_day, find_epochs
from kg.extraction.fact import Where
from kg.extraction.magnitude_text import band_of_word
from kg.extraction.sentences import sentence
from kg.extraction.telescopes import TELESCOPE, telescope_of
from kg.names import catalogue_of, day_of, find_names, normalise_name
from kg.openings import compiled


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A place where filters are named; more than one band in a list ("r and i filters")."""

    start: int
    end: int
    bands: tuple[str, ...]


_ANCHOR = compiled(
    r"(?P<noun>(?:[- ]|(?<=['\w]))(?:bands?|filter(?:s|ed)?|magnitudes?|mags?|images?|frames?|exposures?|imaging|"
    r"observations?|photometry|light|passbands?|channels?)\b)"
    r"|\b(?P<alone>[Uu]n-?filtered|[Cc]lear (?:filter|band|light)|[Ff]ilterless|[Ww]hite[- ](?:light|filter|band)|"
    r"uv[wm][12]|UV[WM][12]|without (?:a )?filters?|no filters?)\b"
    r"|\b(?:filters?|bands?)\b ?[:=(]? ?(?P<after>[A-Za-z][\w']{0,6})(?=[\s,.;)])"
)
_STRONG = (
    "band",
    "bands",
    "filter",
    "filters",
    "filtered",
    "magnitude",
    "magnitudes",
    "mag",
    "mags",
    "passband",
    "channel",
    "channels",
)
_IN = compiled(r"\bin (?:the )?(?P<band>R_?c|I_?c|Ks|[RVIBJHK]|[griz]')(?=[\s,.;:)](?!-))(?! (?:band|filter))")
_CATALOGUES = compiled(
    r"\b(?P<name>USNO[- ]?[AB]?\d?(?:\.0)?|SDSS|Pan-?STARRS\d?|PanSTARRS|PS1|2MASS|APASS|Gaia|ATLAS[- ]REFCAT2?|"
    r"Refcat2|SkyMapper|UCAC\d|NOMAD|Landolt|Legacy Survey|GSC|DES\b|UKIDSS|VHS|Henden)",
    re.I,
)
#: Objects with large error regions: what is seen in them are candidates with names of their own.
_WIDE = ("lvk", "gw", "icecube", "gbm", "hawc")


class Setting:
    """A document as the setting of its magnitudes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.body.text
        self.swift = "UVOT" in self.text or "UVOT" in document.subject.text

    @cached_property
    def mentions(self) -> list[Mention]:
        """Every place of the body that names filters."""
        found: list[Mention] = []
        for match in _ANCHOR.finditer(self.text):
            if match["alone"]:
                band = normalise_band(match["alone"].split()[0].split("-")[0]) or "clear"
                found.append(Mention(start=match.start(), end=match.end(), bands=(band,)))
            elif match["after"]:
                if (band_after := normalise_band(match["after"])) and len(match["after"]) <= 6:
                    found.append(Mention(start=match.start("after"), end=match.end("after"), bands=(band_after,)))
            elif bands := _bands_before(self.text, match.start("noun"), strong=match["noun"].strip("- ") in _STRONG):
                found.append(Mention(start=match.start(), end=match.end(), bands=bands))
        found += [
            Mention(start=m.start(), end=m.end(), bands=(b,))
            for m in _IN.finditer(self.text)
            if (b := normalise_band(m["band"]))
        ]
        return sorted(found, key=lambda m: m.start)

    @cached_property
    def only_band(self) -> str | None:
        """The one band that the circular speaks of."""
        bands = {b for m in self.mentions for b in m.bands}
        return bands.pop() if len(bands) == 1 else None

    @cached_property
    def system(self) -> str | None:
        """The magnitude system of the whole circular, where it names one only."""
        return system_of(self.text)

    @cached_property
    def extinction_corrected(self) -> bool | None:
        """Whether its magnitudes are corrected for extinction, where it says so."""
        lower = self.text.lower()
        if "correct" not in lower and "redden" not in lower:
            return None
        if w.EXTINCTION_NOT.search(self.text):
            return False
        return True if w.EXTINCTION_YES.search(self.text) else None

    @cached_property
    def catalogue(self) -> str | None:
        """The catalogue that the photometry is tied to."""
        for match in w.CALIBRATED.finditer(self.text):
            if found := _CATALOGUES.search(self.text, match.end(), match.end() + 90):
                return found["name"]
        return None

    @cached_property
    def _telescopes(self) -> list[tuple[int, str]]:
        return [(m.start(), telescope_of(m)) for m in TELESCOPE.finditer(self.text)][:60]

    def telescope(self, place: int) -> str | None:
        """The telescope or camera that the text names last before a place, else the subject's or the first."""
        if subject := TELESCOPE.search(self.document.subject.text):
            return telescope_of(subject)
        before = [name for at, name in self._telescopes if at < place]
        return before[-1] if before else self._telescopes[0][1] if self._telescopes else None

    @cached_property
    def day(self) -> date | None:
        """The day of the event."""
        return event_day(self.document)

    def epochs(self, where: Where, start: int, end: int) -> list[Epoch]:
        """The moments that the sentence around a place names."""
        text = self.document.even(where).text
        begin, stop = sentence(text, start, end)
        key = (where, begin, stop)
        if key not in self._known:
            found = find_epochs(text[begin:stop], day=self.day)
            self._known[key] = [msgspec.structs.replace(e, start=e.start + begin, end=e.end + begin) for e in found]
        return self._known[key]

    @cached_property
    def all_epochs(self) -> list[Epoch]:
        """The moments of the opening of the body, where observations are told."""
        return find_epochs(self.text[:8000], day=self.day)

    @cached_property
    def _known(self) -> dict[tuple[Where, int, int], list[Epoch]]:
        return {}

    @cached_property
    def _own(self) -> set[str]:
        return {normalise_name(n.value) or n.value for n in self.document.names}

    def object_of(self, where: Where, start: int, end: int, words: str) -> str | None:
        """The object of a value, None where it is the circular's main event: of several events the one that the place
        speaks of, else an object of its own that `words` in front of the value name."""
        about = self.document.about
        if len(self.document.objects) > 1:
            told = self.document.object_at(where, start, end)
            return told if told != about else None
        names = find_names(words) if any(c.isdigit() for c in words) else []
        if not names or about is None or names[-1].name in self._own:
            return None
        last = names[-1]
        if last.catalogue in ("tns", "survey"):
            return last.name if catalogue_of(about) in _WIDE else None
        same_day = day_of(last.name) is not None and day_of(last.name) == day_of(about)
        return last.name if last.catalogue in ("grb", "ep", "xrf") and not same_day else None


def _bands_before(text: str, end: int, *, strong: bool) -> tuple[str, ...]:
    """The bands listed right before a word like "filters": one or several."""
    found: list[str] = []
    for word in reversed(re.split(r"[\s,/]+|(?<=['c])(?=[A-Za-z]-)", text[max(0, end - 40) : end].rstrip(" -"))):
        word = word.strip("-()'\"") if word.strip("-()'\"") else word
        if word in ("and", "or", "&", "the", "both", "Sloan", "SDSS", "Johnson", "Cousins", "Bessel", "Bessell", ""):
            continue
        full = word + "'" if text[max(0, end - 40) : end].rstrip(" -").endswith(word + "'") else word
        band = band_of_word(full) if len(full) <= 10 else None
        if band is None or (not strong and len(band) == 1 and band in "abcdefhjklmnopqstvwxyCGLNPYZo"):
            break
        found.append(band)
        if len(found) > 6:
            break
    return tuple(dict.fromkeys(reversed(found)))
