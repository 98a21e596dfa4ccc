"""The band of a magnitude that no sign ties to one: named behind it, before it, in its paragraph, in the circular."""

from __future__ import annotations

from kg.extraction.bands import NAME, normalise_band
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_setting import Setting
from kg.extraction.sentences import sentence
from kg.openings import compiled

_BAND_AFTER = compiled(
    rf"^ ?(?:mags?\b\.?|magnitudes?\b)? ?(?:\(?(?:AB|"
    rf"Vega)\)?)?,? ?(?:\(?[1-9](?:\.\d)?[- ]?sigma\)?)? ?(?:\(\d?\.?\d*\))? ?"
    rf"(?:(?:in|with|using|through|for|at|of) (?:the |a |an |our |both )?(?P<sort>SDSS|Sloan|Johnson|Cousins|"
    rf"Bessell?)?[- ]?(?P<band>{NAME})(?P<noun>[- ](?:band|filter|image)s?)?"
    r"(?![\w'=-])(?! (?:sk(?:y|ies)|weather|conditions|night|atmosphere))"
    rf"|\(?(?P<plain>{NAME})[- ](?:band|filter)|\((?P<round>{NAME})(?: mag)?[),]"
    rf"|\((?P<like>{NAME})[- ](?:equivalent|band|filter)\b)"
)


def find_band(setting: Setting, hit: Hit, text: str, previous: Hit | None) -> None:
    """The band of a value that no sign ties to one: behind it, before it in the sentence, in the paragraph."""
    if hit.band:
        return
    match = _BAND_AFTER.match(text[hit.end : hit.end + 60])
    if match and (name := match["plain"] or match["round"] or match["like"] or match["band"]):
        band = normalise_band(name)
        lone = len(name) == 1 and not (
            match["noun"] or match["plain"] or match["round"] or match["like"] or name in "RVIBJHKgriz"
        )
        if band and not lone:
            hit.band, hit.band_source = band, "behind"
            return
    begin, stop = sentence(text, hit.begin, hit.end)
    paragraph = text.rfind("\n", 0, hit.begin) + 1
    mentions = setting.mentions if hit.where == "body" else []
    beside = previous is not None and begin <= previous.start and previous.band is not None
    if beside and previous and not any(previous.end <= m.start < stop for m in mentions):
        hit.band, hit.band_source = previous.band, "sentence"
        return
    for source, start, end, last in (
        ("sentence", begin, hit.begin + 1, True),
        ("sentence", hit.end, stop, False),
        ("paragraph", paragraph, hit.begin, True),
        ("text", 0, hit.begin, True),
    ):
        found = [m for m in mentions if start <= m.start < end]
        if found:
            nearest = found[-1] if last else found[0]
            if len(nearest.bands) == 1:
                hit.band, hit.band_source = nearest.bands[0], source
            return
    if hit.where == "body" and setting.only_band:
        hit.band, hit.band_source = setting.only_band, "text"
    elif "MASTER" in setting.text and "MASTER" in setting.document.circular.body[:20000]:
        hit.band, hit.band_source = "clear", "instrument"


def share_bands(setting: Setting, hits: list[Hit]) -> None:
    """Gives a list of values the bands of the list in front of it: "g, r and i magnitudes of 20.1, 19.8 and 19.7"."""
    i = 0
    while i < len(hits):
        j = i + 1
        while j < len(hits) and hits[j].listed:
            j += 1
        first = hits[i]
        if j - i > 1 and first.where == "body":
            before = [m for m in setting.mentions if first.start - 200 < m.start < first.start]
            bands = before[-1].bands if before else ()
            if len(bands) == j - i and first.band in (None, bands[-1]):
                for hit, band in zip(hits[i:j], bands, strict=True):
                    hit.band, hit.band_source = band, "sentence"
        i = j
