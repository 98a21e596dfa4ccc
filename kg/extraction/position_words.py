"""What the words around a place say: whose it is, whether it is a field, a corner, a star, another's result."""

from __future__ import annotations

import re

import msgspec

from kg.extraction.document import Document
from kg.extraction.fact import Assertion
from kg.extraction.position_forms import Pair
from kg.names import find_names
from kg.openings import compiled


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`against` says why the place is no fact; `object` whose it is where that is not the circular's event."""

    against: str | None = None
    object: str | None = None
    target: str | None = None
    assertion: Assertion | None = None
    why: str = "said plainly"


_CORNER = compiled(r"\b(?:corners?|vertices)\b(?![ -]?clip)", re.I)
_CENTER = compiled(r"\b(?:cent(?:er|re)|position|location|coordinates)\b", re.I)
_POINTING = compiled(
    r"\b(?:point(?:ed|ing|ings)|boresight|field of view|FoV|fields? cent\w+|(?:tiles?|images?|frames?|mosaic|"
    r"field|observations?|survey|scan|pointing)[^.;\n]{0,30}"
    r"cent(?:ered|red|er|re)|aim point|slewed|phase cent\w+|map cent\w+)\b[^.;\n]{0,70}$",
    re.I,
)
_STARS = compiled(
    r"\b(?:(?:reference|comparison|calibration|standard|field|nearby|bright|catalog\w*|secondary|SDSS|"
    r"USNO(?:-?[AB][12](?:\.0)?)?|2MASS|GSC\S*|APASS|Gaia|Tycho\S*|UCAC\S*|PS1|Landolt|DSS) "
    r"(?:\w+ )?(?:stars?|standards?)|[Rr]ef\.? ?stars?|calibrat\w+|star (?:at|with|located|is|near)|stars? "
    r"?\((?:RA|J2000)|USNO-?[AB][12](?:\.0)?|guide star)\b[^;\n]{0,120}$",
    re.I,
)
_OTHER = compiled(
    r"\b(?:(?:nearby|close-by|field|another|other|second|additional|foreground|unrelated|neighbou?ring|edge-on|spiral|"
    r"elliptical|extended|brighter|fainter|catalogu?ed|known) (?:[\w-]+ ){0,2}"
    r"(?:galaxy|object|source|star)|galaxy|quasar|QSO|AGN|blazar|galaxies|Gal ?\d|pulsar|cluster|minor planet|"
    r"asteroid|"
    r"(?:object|galaxy|candidate|source|star) #?[A-Z]\d?\b(?=[:;]| \())\b(?P<rest>(?:[^.;\n]|\.\d){0,120})$",
    re.I,
)
#: One galaxy of which a sentence says that it stands there.
_GALAXY = compiled(
    r"\b(?:[Aa]n?|[Aa]nother) (?:[\w-]+ ){0,4}galaxy\b(?! (?:cluster|group|candidate))(?:[^.;\n]|\.\d){0,120}$"
)
_HOST_OR = compiled(r"\bhost\b|counterpart|afterglow", re.I)
_ITS = compiled(
    r"\b(?:afterglow|counterpart|transient|host|burst|GRB|OT\b|candidate|detect\w*|"
    r"fading|uncatalog\w+|optical|new)\b",
    re.I,
)
#: The source as a landmark: `2.5" NW of the afterglow`. What stands so is something else.
_LANDMARK = compiled(
    r"(?:\b(?:\w*(?:west|east|north|south)\w*|[NSEW]{1,2}|away|offset|\d ?arc\w+|close|next|adjacent)|\") "
    r"(?:of|from|to) (?:the |this )?(?:[\w-]+ ){0,2}?(?:after-?glow|counterpart|transient|OT|GRB|burst|host|"
    r"candidate)\b",
    re.I,
)
#: One of several, by its number or letter: `Source 2:`, `the northern source (#2) is at`, `candidate A`.
_ONE_OF = compiled(
    r"(?<!\w)(?P<kind>[Ss]ource|[Oo]bject|[Cc]andidate|[Gg]alaxy) ?[(]?(?:#|No\.? ?)?(?P<n>\d{1,2}|[A-Z])\b"
    r"(?![.\d-])[;:]?\)?"
    r"(?P<rest>(?:[^;\n.]|\.\d|(?<=\bal)\.){0,110})$"
)
_EACH = compiled(
    r"(?<!\w)(?:[Ss]ource|[Oo]bject|[Cc]andidate|[Gg]alaxy) ?[(]?(?:#|No\.? ?)?(?P<n>\d{1,2}|[A-Z])\b(?![.\d-])"
)
_WITH_REDSHIFT = compiled(r"\bobject (?P<n>[A-Z]\d?)\b[^\n.;]{0,6}(?P<z>z ?= ?[\d.]+)? ?$")
#: Items of a list that a sentence announces: "two objects: 1: RA".
_ITEM = compiled(
    r"\b(?:two|three|four|five|six|several|following|[2-9]) (?:[\w-]+ ){0,3}(?P<kind>object|source|candidate)s\b"
    r"[^;]{0,200}[\n :]\(?#?(?P<n>\d|[A-H])[.):] ?$"
)
#: None of the sources is said to be the one.
_UNSURE = compiled(
    r"cannot (?:[\w ]{0,30})(?:identify|confirm|determine|say) (?:which|whether|if|this|any)\b[^.]{0,60}\b"
    r"(?:after-?glow|counterpart)|unclear (?:which|whether|if)[^.]{0,60}\b(?:after-?glow|counterpart)",
    re.I,
)
_CATALOGUE = compiled(
    r"\b(?P<name>(?:[1-4]?FGL|[23]?FHL|4LAC|[12]RXS|[12]SXPS|2SXPS|[1-4]XMM|NVSS|PKS|TXS|WISEA?|GB6|CRATES|SDSS|"
    r"2MASX|GLADE\+?|NGC|UGC|IC|LSXPS|eRASSt?|SRGe|TXS|MG\d|RX|PMN|NVSS)"
    r" ?-?J?[\d.]+(?:[+-][\d.]+)?)(?P<rest>[^;\n]{0,75})$"
)
#: Behind a place, the catalogue's name of what stands there: "(J2000) (=2MASX J12000000+1200000)".
_NAMED_BEHIND = compiled(
    r"[ ,;]*(?:\(?J2000(?:\.0)?\)?)?[ ,;]*\(=? ?(?:2MASS )?(?P<name>(?:2MASX|2MASS|SDSS|WISEA?|NVSS|PS1|"
    r"GLADE) J[\d.]+[+-][\d.]+)"
)
#: The head of a table's row: what the row is of.
_ROW = compiled(r"[ \t|]*(?P<id>(?=[\w.+-]*[A-Za-z])(?!\d+[hdms:])[A-Za-z0-9][\w.+-]{0,24})[ \t|]+(?:\()?")
_ROW_OF_EVENT = compiled(r"GRB|OT|OA|after|counterp|host|trans|burst|star|USNO|[UNS]\d{4}_", re.I)
_TABLE_ROW = compiled(r"\|[^|\n]{0,60}\| ?\(?$|MASTER-[A-Za-z]+ ?\|? ?\(?$")
_NUMBERED = compiled(r"\b(?P<name>S\d{6}[a-z]+_X\d+)\W{1,8}$", re.I)
_LOST = compiled(
    r"\b(?:not (?:the\b|(?:\w+ )?consistent)|ruled out|should (?:be|read)|incorrect\w*|"
    r"erroneous\w*|instead of)(?:[^.;\n]|\.\d){0,70}$",
    re.I,
)
_MASTER = compiled(r"\b(?:started inspect|was pointed to)\b[^;\n]{0,160}\(trigger[^;\n]{0,40}$")
_MESSENGER = compiled(r"(?:IceCube|ANTARES|KM3)")
_ALERT = compiled(
    r"\b(?:IceCube (?:event|alert|neutrino)|neutrino (?:event|alert)|event was detected|(?:GBM|"
    r"BAT|Fermi|Swift|MAXI) (?:trigger|position|localization|location))\b[^\n]{0,170}$",
    re.I,
)
_OF_OTHERS = compiled(
    r"\b(?:observations?|follow-?up|upper limits|search|telescope|optical|MASTER|LAT|Swift|"
    r"HAWC|MAXI)\b",
    re.I,
)
_OWN = compiled(r"IceCube observation of", re.I)
_TOLD = compiled(
    r"classified as a GRB with|at position[^.;\n]{0,30}reported|(?:reported|given|announced) by "
    r"(?!us)[^.;\n]{0,60}$",
    re.I,
)


STAR = "a star that the photometry refers to"


def verdict(document: Document, text: str, pair: Pair, previous: tuple[Pair, Verdict] | None) -> Verdict:
    """What the words in front of a place make of it; a row of a list goes with the row before."""
    if previous and not pair.labelled and previous[1].against == STAR and pair.start - previous[0].end < 90:
        return previous[1]
    before = text[max(0, pair.label - 240) : pair.label]
    near = before[-150:]
    same_line = near.rstrip().rpartition("\n")[2]
    last_corner = list(_CORNER.finditer(text, max(0, pair.label - 600), pair.label))
    if last_corner and not _CENTER.search(text, last_corner[-1].end(), pair.label):
        return Verdict(against="the corner of a box")
    if re.search(r"\bannul(?:us|i|ar)\b[^.;\n]{0,60}$", near):
        return Verdict(against="the centre of an annulus")
    if re.search(r"\b(?:first|second|third) one is (?:located )?at $", near):
        return Verdict(against="one of several other sources")
    if re.search(r"\b[Aa] (?:\w+ )?star (?:to|at|near|located|north|south|east|west)\b[^.;\n]{0,50}$", near):
        return Verdict(against=STAR)
    if own := _WITH_REDSHIFT.search(near):
        # What has a letter and a redshift of its own in a list is a galaxy of the field.
        kind = "galaxy" if own["z"] else "object"
        return Verdict(object=f"{kind} {own['n']}", target=kind, why="one of several objects in a list")
    if re.search(r"\d [GT]eV(?: photon)? ?\($", near):
        return Verdict(against="where one photon came from")
    if re.search(r"(?:[UGSN]\d{4}_\d{6,8}|\b\d{4}-\d{6,8}) ?$", near):
        return Verdict(against=STAR)
    if re.search(r"\b(?:Earth|[Gg]eocent\w+|Sun|Moon|zenith|SAA)\b[^.;\n]{0,60}$", near):
        return Verdict(against="where the Earth, the Sun or the Moon stood")
    if _MASTER.search(before):
        return Verdict(assertion="cited", why="the alert's position, told by a telescope that went there")
    if _TABLE_ROW.search(near[-70:]) and "MASTER" in text:
        return Verdict(against="the centre of an image in a table")
    if _POINTING.search(same_line):
        return Verdict(assertion="negated", why="where an instrument pointed", target="pointing")
    if (catalogue := _CATALOGUE.search(near)) and not re.search(r"\. [A-Z]", catalogue["rest"]):
        return Verdict(object=catalogue["name"].replace("  ", " "), target="catalogue source")
    if _stars(before, same_line):
        return Verdict(against=STAR)
    if _LOST.search(near[-110:]) and "should" not in near[-110:]:
        return Verdict(assertion="negated", why="said not to be it")
    clause = re.split(r"(?<=[^A-Z\d])[.;]\"? (?=[A-Z])|\"\. (?=[A-Z])", same_line[-130:])[-1]
    other = _OTHER.search(clause)
    rest = _LANDMARK.sub("", other["rest"]) if other else ""
    if other and (named := _NAMED_BEHIND.match(text, pair.end)):
        return Verdict(object=named["name"], target="catalogue source")
    if other and not _ITS.search(rest) and not _HOST_OR.search(_LANDMARK.sub("", clause)):
        if document.about and _GALAXY.search(clause):
            return Verdict(object=f"galaxy near {document.about}", target="galaxy", why="a galaxy beside the event")
        return Verdict(against=f'another object: "{other.group()[:40].strip()}"')
    return _standing(document, before, near)


def _stars(before: str, same_line: str) -> bool:
    """Whether a heading or the sentence speaks of stars, and nothing since of the source itself."""
    match = _STARS.search(before)
    if match is None:
        return False
    rest = match.group()
    return not re.search(
        r"\b(?:detect|position of|coordinates of|we (?:find|measure|obtain|derive)|afterglow|counterpart|"
        r"equivalent|catalog\w*\)|is located|OT\b|"
        r"candidate|calibrated against (?:nearby )?\w+ (?:field )?stars?:? ?$)", rest, re.I
    ) and not re.search(r"(?:matching|astrometr\w+|calibrat\w+ (?:using|against|to|with)|registered|relative to|"
        r"with respect to|against|frame)[^\n]{0,60}$", before[: match.start() + 12], re.I)  # fmt: skip


def row_of(document: Document, pair: Pair, others: list[Pair]) -> str | None:
    """What a row of the body's table is of, where several rows with names of their own have places far apart."""
    if named := _named_row(document, pair):
        return named
    name = _row_head(document, pair)
    if name is None:
        return None
    apart = [
        o
        for o in others
        if abs(o.dec.degrees - pair.dec.degrees) > 0.003 or abs(o.ra.degrees - pair.ra.degrees) > 0.005
    ]
    return name if any(_row_head(document, o) not in (None, name) for o in apart) else None


def _named_row(document: Document, pair: Pair) -> str | None:
    """The transient that a row of a table names in front of its place; of two names the official one."""
    start, _ = document.body.span(pair.start, pair.end)
    original = document.circular.body
    head = original[original.rfind("\n", 0, start) + 1 : start]
    if "|" not in head or len(head) > 120:
        return None
    names = [n for n in find_names(head) if n.catalogue in ("tns", "survey")]
    return next((n.name for n in names if n.catalogue == "tns"), names[0].name if names else None)


def _row_head(document: Document, pair: Pair) -> str | None:
    start, _ = document.body.span(pair.start, pair.end)
    original = document.circular.body
    match = _ROW.fullmatch(original, original.rfind("\n", 0, start) + 1, start)
    return match["id"] if match and not _ROW_OF_EVENT.match(match["id"]) else None


def _standing(document: Document, before: str, near: str) -> Verdict:
    subject = document.subject.text
    numbered = _NUMBERED.search(before)
    if numbered:
        return Verdict(object=numbered["name"], target="one of several sources")
    if one := _one_of_several(document, before):
        return one
    if (
        _MESSENGER.match(document.about or "")
        and _OF_OTHERS.search(subject)
        and not _OWN.search(subject)
        and _ALERT.search(before)
    ):
        return Verdict(assertion="cited", why="the alert's position, told by others")
    if _TOLD.search(near):
        return Verdict(assertion="cited", why="told of another's result")
    if _UNSURE.search(document.body.text):
        return Verdict(assertion="hedged", why="not said to be the counterpart")
    return Verdict()


def _one_of_several(document: Document, before: str) -> Verdict | None:
    """A source of a list in the error region: at most one of them is the burst's, and none is until one is said to
    be. Its place is a fact about itself."""
    match = _ONE_OF.search(before) or _ITEM.search(before)
    if match is None or document.about is None:
        return None
    listed = "rest" in match.groupdict()
    if listed and (_HOST_OR.search(match["rest"]) or len({m["n"] for m in _EACH.finditer(document.body.text)}) < 2):
        return None
    kind = match["kind"].lower()
    name = f"{'source' if kind == 'object' else kind} {match['n']}"
    return Verdict(object=name, target="one of several sources", why="one of several sources")
