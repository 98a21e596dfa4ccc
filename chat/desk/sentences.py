"""A subscription in a sentence: read into a rule, or refused with the words that were not understood. Nothing is
guessed, and no constraint that was not understood is dropped silently."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from chat.desk.answers import Declined
from nuncius.core.event import Tense

#: Words that mean nothing for the rule.
_FILLER = frozenset(
    re.findall(
        r"\w+",
        """a an and any all the of for to me us with when whenever that which is are was were be has have in on at by
        from it its please tell notify send show give want i we my our new real alert alerts event events notice notices
        candidate candidates about every each only if there anything something everything news subscribe message
        messages as soon detected observed seen found triggers trigger than""",
    )
)
_BURSTS = {
    "fermi": ["gcn.notice.fermi.gbm", "gcn.notice.fermi.lat"],
    "gbm": ["gcn.notice.fermi.gbm"],
    "lat": ["gcn.notice.fermi.lat"],
    "swift": ["gcn.notice.swift.bat", "gcn.notice.swift.xrt", "gcn.notice.swift.uvot"],
    "bat": ["gcn.notice.swift.bat"],
    "xrt": ["gcn.notice.swift.xrt"],
    "svom": ["gcn.notice.svom"],
    "integral": ["gcn.notice.integral"],
    "einstein probe": ["gcn.notice.einstein_probe"],
    "maxi": ["gcn.notice.maxi"],
    "gecam": ["gcn.notice.gecam"],
    "calet": ["gcn.notice.calet"],
    "konus": ["gcn.notice.konus_wind"],
}
_ALL_BURSTS = sorted({kind for kinds in _BURSTS.values() for kind in kinds if kind.count(".") < 4})
_SORTS: list[tuple[str, list[str], str, str]] = [
    # words, kinds, condition, what to call it
    (r"(?:contradictions?|disputes?)", ["kg.fact.contradiction"], "", "contradiction"),
    (r"nsbh|neutron[- ]star[- ]black[- ]holes?", ["lvk.alert"], "ev.p_astro.NSBH > 0.5", "neutron star and black hole"),
    (r"(?:binary )?neutron[- ]stars?(?: mergers?)?|bns", ["lvk.alert"], "ev.p_astro.BNS > 0.5", "binary neutron star"),
    (r"(?:binary )?black[- ]holes?(?: mergers?)?|bbh", ["lvk.alert"], "ev.p_astro.BBH > 0.5", "binary black hole"),
    (r"gravitational[- ]waves?|gws?|lvk|ligo|superevents?", ["lvk.alert"], "", "gravitational-wave candidate"),
    (r"neutrinos?|ice ?cube", ["gcn.notice.icecube"], "", "neutrino"),
    (r"redshifts?", ["kg.fact"], "ev.predicate == 'redshift' && ev.assertion == 'asserted'", "redshift"),
    (r"circulars?", ["gcn.circular"], "", "circular"),
    (r"papers?|preprints?", ["paper"], "", "paper"),
    (r"grbs?|gamma[- ]ray[- ]bursts?|bursts?", _ALL_BURSTS, "", "burst"),
]
_NUMBER = r"(?P<n>\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_BELOW = (
    r"(?:(?:nearer|closer|smaller|less|better|lower|below|under|within|up to|at most|to|<)\s*(?:than\s*)?(?:about\s*)?)"
)
_MPC = {"mpc": 1.0, "gpc": 1000.0, "kpc": 0.001}
_DEG = {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "arcmin": 1 / 60, "arcminutes": 1 / 60, "′": 1 / 60,
        "arcsec": 1 / 3600, "arcseconds": 1 / 3600, "″": 1 / 3600}  # fmt: skip
_YEAR_S = 365.25 * 86_400.0

MOST_CHARACTERS = 600
#: Tenses of what is announced, seen or made up; pointing directions and plans are no news.
_HAPPENING = (Tense.INITIAL, Tense.UPDATE, Tense.ARCHIVAL, Tense.TEST, Tense.INJECTION)

Resolve = Callable[[str], str | None]


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence, understood: the rule as YAML and what to call it."""

    name: str
    rule: str


class _Reading:
    """What is left to be understood, and what was."""

    def __init__(self, text: str) -> None:
        self.left = " ".join(text.replace("²", "2").split())
        self.conditions: list[str] = []
        self.kinds: list[str] = []
        self.names: list[str] = []
        self.limit = ""

    def take(self, pattern: str) -> re.Match[str] | None:
        """Find and remove."""
        found = re.search(rf"(?<![\w.]){pattern}(?!\w)", self.left, re.I)
        if found:
            self.left = f"{self.left[: found.start()]} {self.left[found.end() :]}"
        return found


def read_sentence(text: str, *, resolve: Resolve, sites: Sequence[str], site: str = "") -> Sentence:
    """The rule that a sentence means. `resolve` knows objects by their names, `sites` are observatories by theirs, of
    which `site` is the speaker's own. Raises Declined naming what was not understood."""
    if len(text) > MOST_CHARACTERS:
        raise Declined("That is long", f"A sentence has at most {MOST_CHARACTERS} characters; longer ones are YAML.")
    reading = _Reading(text)
    disputed = _disputed(reading)
    naming = _naming(reading)
    _bounds(reading, sites, site)
    objects = _objects(reading, resolve)
    _sorts(reading)
    if not reading.kinds and objects:
        reading.kinds = ["lvk.alert", "gcn.notice", "gcn.circular", "paper", "kg.fact.contradiction"]
        reading.names.append("news")
    if reading.take("or") and reading.conditions:
        raise Declined("One thing at a time", "With bounds, 'or' could mean two things: say it in two subscriptions.")
    strange = [word for word in re.findall(r"[^\s,;.!?]+", reading.left) if word.lower() not in _FILLER]
    if strange:
        raise Declined(f"I do not understand '{' '.join(strange)[:80]}' here", KNOWN)
    if not reading.kinds:
        raise Declined("About what?", KNOWN)
    if disputed and reading.kinds != ["kg.fact.contradiction"]:
        raise Declined("Contradictions of it?", "Whose claim it is can be said of contradictions only.")
    if naming and (strange := [kind for kind in reading.kinds if kind not in ("paper", "gcn.circular")]):
        raise Declined("Words of what?", f"Words can be looked for in papers and circulars, not in {strange[0]}.")
    reading.conditions += [*disputed, *naming]
    if objects:
        reading.conditions.insert(0, _about(objects, resolve))
        reading.names.append("about " + ", ".join(objects))
    name = " ".join(reading.names)
    return Sentence(name=name, rule=_yaml(reading, text, name))


#: What a sentence may say, for those whose sentence was not understood.
KNOWN = """You can name:
- what: gravitational waves, binary neutron stars, GRBs (from Swift, Fermi, SVOM …), neutrinos, redshifts, circulars, \
papers, contradictions
- an object or several: about GRB 230307A, S230518h
- whose claim is contradicted: contradictions of circular 34409, contradictions of claims by Kann
- bounds: nearer than 200 Mpc; area below 100 deg2; localized within 5 arcmin; FAR below 1 per 10 years; significant; \
within 10 deg of 187.7 +12.4; visible from paranal
- words of papers and circulars, in quotes: papers about "kilonova"
- that it contains a neutron star: neutron star above 50 %
- mock alerts; mock or real; at most 5 a day
Anything else can be said as YAML: subscribe, a line break, and a rule as in docs/rules.md with one post."""


def _disputed(reading: _Reading) -> list[str]:
    """Whose earlier claim a contradiction is to be about."""
    whom = r"(?:of|to|with|against)\s+(?:my\s+)?"
    if found := reading.take(rf"{whom}(?:circular|gcn|report)s?\s+(?:gcn\s+)?(?P<n>\d{{3,6}})"):
        return [f"ev.earlier.circular == {float(found['n'])}"]
    if found := reading.take(rf"{whom}(?:claims?|results?|reports?|circulars?)\s+by\s+(?P<who>[^\W\d_][\w-]+)"):
        return [f"ev.earlier.by.contains('{found['who']}')"]
    if reading.take(r"(?:of|to|with|against)\s+my\s+(?:claims?|results?|reports?|circulars?)"):
        raise Declined("Which report is yours?", "Say `contradictions of circular 34409`, or `… of claims by SURNAME`.")
    return []


def _naming(reading: _Reading) -> list[str]:
    """Words that a paper or circular must hold, whatever their case."""
    found: list[str] = []
    while len(found) < 5 and (one := reading.take(r"(?:about|on|naming|mentioning)?\s*[\"“](?P<words>[^\"”]*)[\"”]")):
        words = " ".join(one["words"].split())
        if not re.fullmatch(r"[^\W_](?:[\w +-]{0,60})", words):
            raise Declined("Which words?", f"Between quotes stand letters, digits, spaces and '-'; received {words!r}.")
        sought = f"(?i){words.replace('+', '[+]')}"
        found.append(
            f"(has(ev.subject) && ev.subject.matches('{sought}')) || (has(ev.body) && ev.body.matches('{sought}'))"
        )
    return found


def _bounds(reading: _Reading, sites: Sequence[str], own: str) -> None:
    add = reading.conditions.append
    if found := reading.take(
        r"(?:has ?ns|(?:containing|contains?|involving) a neutron[- ]star|neutron[- ]star)"
        r"\s*(?:probability)?\s*(?:above|over|>|at least)\s*(?P<n>\d{1,3}(?:\.\d+)?)\s*(?P<u>%|percent)?"
    ):
        share = float(found["n"]) / (100.0 if found["u"] else 1.0)
        if not 0 <= share < 1:
            raise Declined("How probable?", f"A probability is below 1, or below 100 %; received {found['n']}.")
        add(f"ev.properties.HasNS > {share:g}")
    if found := reading.take(
        rf"within\s+{_NUMBER}\s*(?P<u>deg(?:rees?)?|°)\s+of\s+(?P<ra>\d+(?:\.\d+)?)[ ,]+(?P<dec>[+-]?\d+(?:\.\d+)?)"
    ):
        add(f"separation(ev, {{'ra': {float(found['ra'])}, 'dec': {float(found['dec'])}}}) < {float(found['n']):g}")
    if found := reading.take(rf"{_BELOW}?\s*{_NUMBER}\s*(?P<u>[GMk]pc)"):
        add(f"ev.luminosity_distance < {float(found['n']) * _MPC[found['u'].lower()]:g}")
    if found := reading.take(
        rf"(?:area|localized|localised|sky)?\s*{_BELOW}\s*{_NUMBER}\s*(?:sq\.?\s*deg\w*|square\s+degrees?|deg2)"
    ):
        add(f"area(ev.sky, 0.9) < {float(found['n']):g}")
    units = "|".join(sorted(map(re.escape, _DEG), key=len, reverse=True))
    if found := reading.take(
        rf"(?:error|radius|localized|localised|position)?\s*{_BELOW}\s*{_NUMBER}\s*(?P<u>{units})"
    ):
        add(f"ev.ra_dec_error < {float(found['n']) * _DEG[found['u'].lower()]:.6g}")
    if found := reading.take(
        rf"(?:far|false[- ]alarm[- ]rate)\s*{_BELOW}\s*{_NUMBER}\s*(?:per|/|in|a)\s*(?P<m>\d+(?:\.\d+)?\s+)?years?"
    ):
        add(f"ev.far < {float(found['n']) / (float(found['m'] or 1.0) * _YEAR_S):.3g}")
    if found := reading.take(rf"(?:far|false[- ]alarm[- ]rate)\s*{_BELOW}\s*{_NUMBER}\s*hz"):
        add(f"ev.far < {float(found['n']):g}")
    if reading.take(r"(?:visible|observable) (?:from|at) (?:my|our) (?:site|observatory|telescopes?)"):
        if not own:
            raise Declined("Where is your site?", f"Name it, `visible from {sites[0]}` say: nobody has told me yours.")
        add(f"visible_from(ev.sky, '{own}', ev.received) > 0.5")
    elif site := _site(reading, sites):
        add(f"visible_from(ev.sky, '{site}', ev.received) > 0.5")
    if reading.take(r"significant"):
        add("ev.significant")
    if reading.take(r"(?:mocks? (?:or|and) real|real (?:or|and) mocks?|mock or not)"):
        add(f"ev.tense in {[str(tense) for tense in _HAPPENING]}")
    elif reading.take(r"(?:mock|mocks|test|tests|injections?)"):
        add("ev.tense == 'test' || ev.tense == 'injection'")
        reading.names.append("mock")
    if found := reading.take(r"at most (?P<n>\d{1,3}) (?:a|an|per|each) (?P<u>hour|day|week)"):
        reading.limit = f"{int(found['n']) or 1}/1{found['u'][0]}"


def _site(reading: _Reading, sites: Sequence[str]) -> str:
    """The observatory that is named, with spaces or hyphens; empty where none is."""
    names = "|".join(re.escape(site).replace(r"\-", "[- ]") for site in sorted(sites, key=len, reverse=True))
    if found := reading.take(rf"(?:visible|observable) (?:from|at) (?P<site>{names})"):
        return found["site"].lower().replace(" ", "-")
    if found := reading.take(r"(?:visible|observable) (?:from|at) (?P<site>[a-z][\w-]*)"):
        raise Declined(f"I know no observatory '{found['site']}'", f"I know {', '.join(sites)}.")
    return ""


_OBJECT = r"(?:GRB|EP|AT|SN|GW|S|MS|IceCube|FRB|XRT)[ -]?\d{2,8}[A-Za-z]{0,4}"


def _objects(reading: _Reading, resolve: Resolve) -> list[str]:
    """Names of objects, as they were written."""
    found: list[str] = []
    while (one := reading.take(_OBJECT)) and len(found) < 20:
        name = " ".join(one[0].split())
        if resolve(name) is None:
            raise Declined(f"Nothing is known of '{name}' yet", "A subscription can name what was spoken of before.")
        found.append(name)
    return found


def _about(names: Sequence[str], resolve: Resolve) -> str:
    """Events about the objects; papers and circulars may only name them."""
    iris = ", ".join(f"'{resolve(name)}'" for name in names)
    texts = " || ".join(f"ev.subject.contains('{name}')" for name in names)
    return f"(has(ev.object) && ev.object in [{iris}]) || (has(ev.subject) && ({texts}))"


def _sorts(reading: _Reading) -> None:
    """What it is about, and from whom."""
    special = False
    for pattern, kinds, condition, name in _SORTS:
        if not reading.take(f"(?:{pattern})"):
            continue
        chosen = _missions(reading) if name == "burst" else []
        reading.kinds += [kind for kind in chosen or kinds if kind not in reading.kinds]
        if condition and (special or (reading.names and reading.kinds != kinds)):
            raise Declined("One sort at a time", "Say it in two subscriptions: these have conditions of their own.")
        reading.conditions += [condition] if condition else []
        special = special or bool(condition)
        reading.names.append(name)
    if not reading.kinds and (chosen := _missions(reading)):
        reading.kinds += chosen
        reading.names.append("burst")


def _missions(reading: _Reading) -> list[str]:
    chosen: list[str] = []
    for mission, kinds in sorted(_BURSTS.items(), key=lambda pair: -len(pair[0])):
        if reading.take(mission):
            chosen += kinds
    return chosen


def _yaml(reading: _Reading, text: str, name: str) -> str:
    kinds = ", ".join(dict.fromkeys(reading.kinds))
    said = " ".join(text.split())[:200].replace('"', "'").replace("\\", "/")
    lines = ["rule: mine", f'about: "{said}"', f"when: [{kinds}]"]
    lines += (
        ["if:", *(f'  - "{condition}"' for condition in dict.fromkeys(reading.conditions))]
        if reading.conditions
        else []
    )
    lines += [f"limit: {reading.limit}"] if reading.limit else []
    tail = "${has(ev.subject) ? ': ' + ev.subject : ''}"
    lines += ["do:", f'  - post: "${{ev.name}}: {name.partition(" about ")[0]}{tail}"']
    return "\n".join(lines) + "\n"
