"""Errors of positions: radii with their containment, lopsided boxes of neutrinos, ellipses; printed behind the "
"place."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from kg.extraction.position_columns import cell_of
from kg.extraction.position_forms import Pair
from kg.openings import compiled

_N = r"\d+(?:\.\d+)?|\.\d+"
_UNIT = (
    r"(?P<unit>arc-? ?min(?:ute)?s?\b|arc-? ?sec(?:ond)?s?\b|deg(?:ree)?s?\b|\"|''|'|\u00b0|\u00ba|\u2032|"
    r"\u2033|amin\b|asec\b|mas\b|\ufffd{3}|d\b)"
)
_VALUE = rf"(?P<value>{_N}) ?-?(?:{_UNIT}(?P<tail>\.\d+)?)"
#: Words that announce a radius, and the value behind them.
_NAMED = compiled(
    r"(?P<lead>\b(?:uncertaint(?:y|ies)|errors?|error[- ](?:radius|circle|region|box)|radius|accuracy|precision|"
    r"Err(?:90)?|Unc|localization error|uncertain|"
    r"astrometric error|error_radius)\b)"
    r"(?P<gap>(?:\((?:radius, )?(?:90|68|50|95|1|1\.0|3)[^()]{0,25}\)|[ ,:=~(]|of|by|is|are|was|about|"
    r"approximately|radius|circle|region|within|the|at|to|be|in each "
    r"coordinate|estimated|\((?:radius, )?(?:90|68|50|95|1|1\.0|3)[^()]{0,25}\)?|less than|<|\+/-|90%|68%|1[- "
    r"]sigma|confidence|containment|level|statistical|an?\b|position|positional|location)*+)"
    rf"(?<![\d.]){_VALUE}",
    re.I,
)
_BARE = compiled(rf"^[ ;,)\]]*(?:\(?J2000(?:\.0)?\)?[ ,;]*)?[(\[]?[ ]*(?:\+/-|\+-|~(?=\d[^)]*error)) ?{_VALUE}")
_THEN_ERROR = compiled(rf"^[ ;,)]*\(?{_VALUE} (?:error|uncertainty|accuracy)")
_R_EQUALS = compiled(rf"^[ ,;)]*R ?= ?(?P<value>{_N}) ?(?P<unit>(?:deg)?(?= ?[),]))")
#: A cell of its own behind the place, with its unit.
_CELL = compiled(rf"^ ?\| ?(?:\+/-? ?)?{_VALUE} ?(?:\||\n|$)")
_BEFORE = compiled(
    rf"(?:[(~,] ?|with ?(?:an? )?)~?{_VALUE} (?:\w+ ){{0,2}}(?:error|uncertainty|"
    rf"accuracy)[^\n]{{0,25}}$"
)
_J2000_BEFORE = compiled(rf"(?:\+/-|\+-|\(error ~?) ?{_VALUE}\)?:?[ \n]*(?:[\w.]+:)?[ ]*$")
_SIGMA = {"1": 0.683, "1.0": 0.683, "one": 0.683, "2": 0.954, "3": 0.997, "three": 0.997}
_PERCENT = compiled(r"(?P<percent>\d\d(?:\.\d+)?) ?(?:%|percent|per cent)")
_SIGMAS = compiled(r"(?P<n>1(?:\.0)?|2|3|one|three)[- ]?sigma", re.I)
_SIDES = compiled(
    r"^ ?(?:deg(?:rees)?)? ?[(\[<]{1,2} ?(?:(?P<first>[+-]) ?(?P<one>\d+(?:\.\d+)?) ?(?:deg)? ?[,/;]? "
    r"?(?P<second>[+-]) ?(?P<two>\d+(?:\.\d+)?)"
    r"|<?(?:\+/-|\+-) ?(?P<both>\d+(?:\.\d+)?)) ?(?P<unit>deg|arcmin|')?"
)
#: +/-0.9 deg behind each coordinate, without brackets.
_EACH = compiled(
    r"^ ?(?:deg)? ?\+/- ?(?P<both>\d+(?:\.\d+)?) ?(?P<unit>deg|arcmin|')(?P<first>)(?P<second>)(?P<one>)(?P<two>)"
)
_ELLIPSE = compiled(
    rf"ellip\w+[^.;]{{0,60}}?(?:radii|axes|semi-?(?:major|minor)[^.;\d]{{0,30}}) (?:of |are |= "
    rf"?)?(?P<long>{_N}) ?(?P<unit>deg|arcmin|arcsec)?\w* ?(?:and|,|x|by) ?(?P<short>{_N}) ?(?P<unit2>deg|"
    rf"arcmin|arcsec)"
    rf"(?:[^;\n]{{0,120}}?(?:is|of|=) ?(?P<angle>\d+(?:\.\d+)?) ?deg)?"
)


class Uncertainty(msgspec.Struct, frozen=True, kw_only=True):
    """Radius in degrees and where it is printed; or the sides of a box, or an ellipse, in `qualifier`."""

    radius: float | None = None
    probability: float | None = None
    start: int = 0
    end: int = 0
    qualifier: dict[str, Any] = {}


def uncertainty(text: str, pair: Pair, stop: int) -> Uncertainty:
    """The error of a place, printed before `stop`, where the next place begins."""
    if (box := _box(text, pair)) is not None:
        return box
    limit = min(stop, pair.end + 420)
    after = text[pair.end : limit]
    if ellipse := _ELLIPSE.search(after):
        return _ellipse(after, ellipse, pair.end)
    for pattern in (_BARE, _THEN_ERROR, _R_EQUALS, _CELL):
        if match := pattern.match(after):
            return _radius(text, match, pair.end)
    for match in _NAMED.finditer(after):
        between = after[: match.start()]
        if _FOREIGN.search(between) or (
            "systematic" in after[max(0, match.start() - 30) : match.start()] and "stat" not in between[-40:]
        ):
            continue
        if match.end("unit") < len(after) and re.match(
            r" ?(?:\^?2\b|squared|from|away|off|long)", after[match.end() :]
        ):
            continue
        return _wider(text, after, match, pair.end)
    if (cell := cell_of(text, pair)) is not None:
        start, end, unit = cell
        radius = round(float(text[start:end]) * _scale(unit), 10)
        return Uncertainty(radius=radius, start=start, end=end)
    before = text[max(0, pair.label - 120) : pair.label]
    for pattern in (_BEFORE, _J2000_BEFORE):
        if match := pattern.search(before):
            return _radius(text, match, max(0, pair.label - 120))
    return Uncertainty()


def _wider(text: str, after: str, match: re.Match[str], base: int) -> Uncertainty:
    """The radius that a match gives; where one of half or two thirds is followed at once by one of 90 %, that."""
    first = _radius(text, match, base)
    if first.probability is None or first.probability >= 0.9:
        return first
    for other in _NAMED.finditer(after, match.end(), min(len(after), match.end() + 110)):
        second = _radius(text, other, base)
        wide = second.probability is not None and second.probability >= 0.9
        if wide and not _FOREIGN.search(after[match.end() : other.start()]):
            return second
    return first


#: The error belongs to something else that was named since.
_FOREIGN = compiled(
    r"\b(?:redshift|mag(?:nitude)?s?\b|flux|photon index|alpha|offset|distance|T90|fluence|XRT (?:position|"
    r"error)|BAT position|light ?curve|"
    r"arcsec from|from the|zero ?point|inside the|within the|outside the|lies)\b",
    re.I,
)


def _radius(text: str, match: re.Match[str], base: int) -> Uncertainty:
    groups = match.groupdict()
    written, unit = match["value"], match["unit"]
    if written is None:
        return Uncertainty()
    if groups.get("tail"):
        written += groups["tail"]
    start, end = base + match.start("value"), base + match.end("unit")
    if groups.get("tail"):
        end = base + match.end("tail")
    return Uncertainty(
        radius=round(float(written) * _scale(unit), 10),
        probability=_containment(text, base + match.start(), start, end),
        start=start,
        end=end,
    )


def _scale(unit: str) -> float:
    unit = unit.replace(" ", "").replace("-", "").lower()
    if unit.startswith(("arcm", "amin")) or unit in ("'", "\u2032"):
        return 1 / 60.0
    if unit.startswith("mas"):
        return 1 / 3.6e6
    if unit.startswith(("arcs", "asec")) or unit in ('"', "''", "\u2033", "\ufffd\ufffd\ufffd"):
        return 1 / 3600.0
    return 1.0


def _containment(text: str, lead: int, start: int, end: int) -> float | None:
    """What part of the probability lies within: told beside the value, behind it first."""
    after = re.split(r"\. |\n|;", text[end : end + 75], maxsplit=1)[0]
    before = text[max(0, lead - 25) : start].rpartition("\n")[2]
    for place in (text[lead:start], after, before):
        if match := _PERCENT.search(place):
            return float(match["percent"]) / 100.0
        if match := _SIGMAS.search(place):
            return _SIGMA[match["n"].lower()]
    return None


def _box(text: str, pair: Pair) -> Uncertainty | None:
    """The sides of an error box, printed behind each coordinate."""
    if pair.ra.parts != 1:
        return None
    behind_ra, behind_dec = text[pair.ra.end : pair.ra.end + 60], text[pair.dec.end : pair.dec.end + 60]
    ra = _SIDES.match(behind_ra) or _EACH.match(behind_ra)
    dec = _SIDES.match(behind_dec) or _EACH.match(behind_dec)
    if ra is None or dec is None:
        return None
    near = text[pair.ra.end : pair.dec.end + 110]
    percent = _PERCENT.search(near)
    qualifier = {"ra_error": _sides(ra), "dec_error": _sides(dec)}
    return Uncertainty(
        probability=float(percent["percent"]) / 100.0 if percent else None,
        start=pair.ra.end,
        end=pair.dec.end + dec.end(),
        qualifier=qualifier,
    )


def _sides(match: re.Match[str]) -> list[float]:
    scale = 1 / 60.0 if match["unit"] in ("arcmin", "'") else 1.0
    if match["both"]:
        return [float(match["both"]) * scale] * 2
    sides = {match["first"]: float(match["one"]) * scale, match["second"]: float(match["two"]) * scale}
    return [sides.get("-", 0.0), sides.get("+", 0.0)]


def _ellipse(after: str, match: re.Match[str], base: int) -> Uncertainty:
    scale = _scale(match["unit2"])
    qualifier: dict[str, Any] = {
        "ellipse_deg": [round(float(match["long"]) * scale, 9), round(float(match["short"]) * scale, 9)]
    }
    if match["angle"]:
        qualifier["position_angle_deg"] = float(match["angle"])
    percent = _PERCENT.search(after[max(0, match.start() - 60) : match.end()])
    return Uncertainty(
        probability=float(percent["percent"]) / 100.0 if percent else None,
        start=base + match.start("long"),
        end=base + match.end("unit2"),
        qualifier=qualifier,
    )
