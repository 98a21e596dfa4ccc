"""Energy bands and radio frequencies as circulars print them: `20 keV - 10 MeV` is `20-10000 keV`."""

from __future__ import annotations

import re

from kg.openings import compiled

_N = r"\d+(?:\.\d+)?(?:[eE]\+?\d)?"
_UNIT = r"(?:[kMGTP]?eV|[kMG]ev)"
_RANGE = compiled(
    rf"(?<![\d.+-])(?P<low>{_N}) ?(?P<first>{_UNIT})? ?(?:-{{1,3}}|to|and|~|\ufffd+) ?(?P<high>{_N}) "
    rf"?-?(?P<unit>{_UNIT})"
)
_ABOVE = compiled(rf"(?:>=?~?|above|over|E ?>|greater than|exceeding) ?(?P<low>{_N}) ?(?P<unit>{_UNIT})")
_AT = compiled(rf"\bat (?:about |~)?(?P<low>{_N}) ?(?P<unit>TeV|GeV)\b")
_RADIO = compiled(rf"(?<![\d.])(?P<low>{_N})(?: ?(?:-|to|and|,) ?(?P<high>{_N}))? ?-?(?P<unit>[MG]Hz)\b")
_SCALE = {"eV": 1e-3, "keV": 1.0, "kev": 1.0, "MeV": 1e3, "Mev": 1e3, "GeV": 1e6, "Gev": 1e6, "TeV": 1e9, "PeV": 1e12}
#: No band, but the peak of the spectrum, its break or what a model was cut at.
_NO_BAND = compiled(
    r"(?:peak|break|cut|Ep|E_?0|photon|energy of|kT|up to|highest|maximum|line|"
    r"at)[^\d;.]{0,18}$",
    re.I,
)


#: Words between a value and the band that it was measured in.
_BESIDE = compiled(r"[ ,(\[]*(?:both |estimated |integrated |measured )?(?:in|over|between|from|at|for|"
    r"above)?(?: the| an?)?"
                     r"(?: (?:energy )?(?:range|band|interval)(?: of)?)?[ (:=]*", re.I)  # fmt: skip


#: Where a sentence ends.
_STOP = re.compile(r"(?<=[^\d\W])[.;] |\n")
#: A frequency in brackets at a sentence's end is of another receiver than that of the next sentence.
_CLOSED = re.compile(r"\)\. (?=[A-Z])")
_LISTED = re.compile(rf"\bat (?P<all>{_N}(?:, {_N})*,? and {_N}) ?(?P<unit>[MG]Hz),? $")
_JANSKYS = re.compile(rf"{_N}(?: ?(?:\+/-|\+-) ?{_N})? ?(?:u|m|micro|milli|\u00b5)?Jy")


def band_at(text: str, start: int, end: int) -> str | None:
    """The energy band or frequency printed nearest to a value: first behind it, then before it, in one sentence."""
    after = _STOP.split(text[end : end + 90], maxsplit=1)[0]
    before = _STOP.split(text[max(0, start - 160) : start])[-1]
    if "respectively" in text[end : end + 130] and (one := _in_order(before, text[end : end + 130])):
        return one
    near_after = _bands(after)
    near_before = [b for b in _bands(before) if not (b[2].endswith("Hz") and _CLOSED.search(before, b[1]))]
    if near_after and _BESIDE.fullmatch(after, 0, near_after[0][0]):
        return near_after[0][2]
    return near_before[-1][2] if near_before else (near_after[0][2] if near_after else None)


#: "(both in the 20 keV - 10 MeV energy range)", behind the peak flux that follows a fluence.
_BOTH_IN = compiled(r"\((?:both|all) in (?:the )?")


def shared_band(text: str, end: int) -> str | None:
    """The band that is told once for a value and the next one, in brackets behind both."""
    paragraph = text[end : end + 260].partition("\n")[0]
    both = _BOTH_IN.search(paragraph)
    match = _RANGE.match(paragraph, both.end()) if both else None
    return _range(match) if match else None


def _in_order(before: str, after: str) -> str | None:
    """The frequency of a list that is this value's: "230 uJy and 196 uJy at 6 and 10 GHz, respectively", or the list
    in front, "at 6 GHz and 10 GHz with 230 uJy and 196 uJy, respectively"."""
    after = after.partition("respectively")[0]
    listed = _LISTED.search(after)
    if listed is not None:
        frequencies = [f"{f} {listed['unit']}" for f in re.findall(_N, listed["all"])]
    else:
        found = list(_RADIO.finditer(before))
        frequencies = [f"{f} {m['unit']}" for m in found for f in (m["low"], m["high"]) if f]
        if "Hz" in after or any("-" in m.group() for m in found):
            return None
    values = len(_JANSKYS.findall(before)) + 1 + len(_JANSKYS.findall(after))
    behind = len(_JANSKYS.findall(after, 0, listed.start() if listed else len(after)))
    return frequencies[-1 - behind] if len(frequencies) == values > 1 else None


def _bands(text: str) -> list[tuple[int, int, str]]:
    """(start, end, as we write it) of the bands of a short text, in order."""
    if "eV" not in text and "ev" not in text and "Hz" not in text:
        return []
    found = [(m.start(), m.end(), _range(m)) for m in _RANGE.finditer(text)]
    found += [(m.start(), m.end(), f">{_plain(m['low'])} {m['unit']}") for m in _ABOVE.finditer(text)]
    found += [(m.start(), m.end(), f"{_plain(m['low'])} {m['unit']}") for m in _AT.finditer(text)]
    found += [(m.start(), m.end(), _radio(m)) for m in _RADIO.finditer(text)]
    return sorted(found)


def _range(match: re.Match[str]) -> str:
    unit = match["unit"]
    first = match["first"] or unit
    factor = _SCALE[unit] / _SCALE[first]
    high = float(match["high"]) * factor
    return f"{_plain(match['low'])}-{high:.10g} {first.replace('ev', 'eV')}"


def _radio(match: re.Match[str]) -> str:
    joined = " and " if "and" in match.group() or "," in match.group() else "-"
    return (
        f"{match['low']}{joined}{match['high']} {match['unit']}" if match["high"] else f"{match['low']} {match['unit']}"
    )


def _plain(number: str) -> str:
    return f"{float(number):.10g}"
