"""A form's choices put into the sentence that says the same, so that forms and sentences cannot mean different things:
`sentences.py` alone knows what they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chat.desk.answers import Declined

#: What it may be about, and how a sentence says it.
SORTS = {
    "gw": "gravitational waves",
    "bns": "binary neutron stars",
    "nsbh": "neutron star black holes",
    "bbh": "binary black holes",
    "grb": "GRBs",
    "neutrino": "neutrinos",
    "circular": "circulars",
    "paper": "papers",
    "redshift": "redshifts",
    "contradiction": "contradictions",
    "any": "anything",
}
#: Whose bursts.
MISSIONS = (
    "Swift", "Fermi", "SVOM", "Einstein Probe", "INTEGRAL", "MAXI", "GECAM", "CALET", "Konus"
)  # fmt: skip
REALITY = {"real": "", "mock": "mock alerts of", "both": "mock or real"}

#: Fields that are numbers, and how a sentence says each.
_NUMBERS = {
    "distance": "nearer than {} Mpc",
    "area": "area below {} deg2",
    "error": "localized within {} arcmin",
    "ns": "containing a neutron star above {} %",
    "far_years": "FAR below 1 per {} years",
}
#: Fields of the form, for those who fill it in anew.
FIELDS = (
    "sort", "mission", "reality", "significant", *_NUMBERS, "site", "objects", "words",
    "radius", "ra", "dec", "circular", "by", "most", "each",
)  # fmt: skip
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,9})?")
_SIGNED = re.compile(r"[+-]?\d{1,3}(\.\d{1,9})?")


def sentence_of(form: Mapping[str, str]) -> str:
    """The sentence that a form says. Raises Declined naming a field that cannot be said."""
    said = {name: " ".join(form.get(name, "").split())[:300] for name in FIELDS}
    sort = said["sort"] or "gw"
    if sort not in SORTS or said["reality"] not in ("", *REALITY):
        raise Declined("About what?", f"choose one of {', '.join(SORTS)}; received {sort[:40]!r}")
    words = [REALITY[said["reality"] or "real"], "significant" if said["significant"] else "", SORTS[sort]]
    if said["mission"] and sort == "grb":
        words.append(f"from {said['mission']}")
    words += [way.format(_plain(said[name], name)) for name, way in _NUMBERS.items() if said[name]]
    words += [_cone(said), f"visible from {said['site'].replace('-', ' ')}" if said["site"] else ""]
    if sort == "contradiction" and said["circular"]:
        words.append(f"of circular {said['circular']}")
    if sort == "contradiction" and said["by"]:
        words.append(f"of claims by {said['by']}")
    words.append(f'about "{said["words"]}"' if said["words"] else "")
    words.append(f"about {said['objects']}" if said["objects"] else "")
    words.append(f"at most {_plain(said['most'], 'most')} a {said['each'] or 'day'}" if said["most"] else "")
    return " ".join(word for word in words if word)


def _cone(said: Mapping[str, str]) -> str:
    """Within so many degrees of a place: all three, or none."""
    given = [name for name in ("radius", "ra", "dec") if said[name]]
    if not given:
        return ""
    if len(given) < 3:
        raise Declined("Where?", "A place on the sky wants all three: radius, right ascension and declination.")
    if not _SIGNED.fullmatch(said["dec"]):
        raise Declined("Where?", f"A declination is a number of degrees, -23.4 say; received {said['dec'][:40]!r}")
    return f"within {_plain(said['radius'], 'radius')} deg of {_plain(said['ra'], 'ra')} {said['dec']}"


def _plain(text: str, name: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise Declined("A number, please", f"'{name}' is a number above 0, 200 or 0.5 say; received {text[:40]!r}")
    return text
