"""A draft circular from what is known of one event and what was computed of it: subject and body as the community
writes them, plain ASCII, each number with unit, error and the circular that it stands in.

Nothing here sends anything, and nothing else does: a person reads, signs and submits it.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from analyses.library.energetics import told
from nuncius.journal import Journal
from reactors.asking import Graph
from reactors.fanning import when
from reactors.sightings import Moment, gather

WIDTH = 78
CONTACT = "[contact: name and e-mail address of the person who submits this]"
AUTHORS = "[authors and affiliations]"
#: Quantities of circulars that a draft quotes, with their words.
_QUOTED = {"t90": "T90", "fluence": "fluence", "peak_flux": "peak flux", "epeak": "peak energy", "redshift": "redshift"}
_NUMBER = re.compile(r"\d+$")
_POWER = re.compile(r"(?<=10)[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_ASCII = {"±": "+/-", "−": "-", "–": "-", "°": " deg", "²": "2", "×": "x", "′": "'", "″": '"', "’": "'", "α": "alpha"}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft; `references` are the circulars whose numbers stand in it."""

    subject: str
    body: str
    references: list[str]

    @property
    def text(self) -> str:
        """As it would be submitted."""
        return f"SUBJECT: {self.subject}\n\n{self.body}"


def draft(journal: Journal, graph: Graph | None, obj: str) -> Draft:
    """The draft on an object, from all that stands by now."""
    return written(gather(journal, graph, obj), newest_results(journal, obj))


def newest_results(journal: Journal, obj: str) -> dict[str, dict[str, Any]]:
    """The newest result of each analysis of the object; a coincidence of each pair."""
    found: dict[str, dict[str, Any]] = {}
    for stored in journal.events_of(obj):
        event = stored.event
        if event.kind == "analysis.result" and event.is_real and isinstance(event.data.get("analysis"), str):
            name = event.data["analysis"]
            pair = str(event.data.get("answer", "")).partition(":")[0] if name == "coincidence" else ""
            found[f"{name} {pair}".strip()] = event.data
    return found


def written(moment: Moment, results: Mapping[str, Mapping[str, Any]]) -> Draft:
    """The draft of a moment and results by name."""
    saw = [s for s in moment.sightings if s.state == "saw"]
    cited: list[str] = []
    paragraphs = [
        _seen(moment, saw, cited),
        _place(moment, results.get("joint-localization"), results.get("localization")),
        *(_coincidence(data) for name, data in results.items() if name.startswith("coincidence")),
        _quoted(moment, cited),
        _energy(results.get("energetics"), moment, cited),
        _limits(moment, cited),
    ]
    references = sorted(set(cited), key=lambda c: int(match[0]) if (match := _NUMBER.search(c)) else 0)
    closing = ["These are preliminary results of an automatic analysis of public notices and circulars."]
    if references:
        closing.append(f"Numbers of others are from {', '.join(references)}.")
    blocks = [f"{AUTHORS} report:", *filter(None, paragraphs), " ".join(closing), CONTACT]
    body = "\n\n".join(textwrap.fill(ascii_only(block), WIDTH, break_long_words=False) for block in blocks)
    what = "joint localization" if len(moment.regions) > 1 else "multi-instrument summary"
    missions = list(dict.fromkeys(s.name.split()[0] for s in saw))
    whose = f" from {', '.join(missions[:4])}" if missions else ""
    return Draft(subject=ascii_only(f"{moment.name}: {what}{whose}"), body=body, references=references)


def _cite(source: str, cited: list[str]) -> str:
    """` (GCN 21520)` where the source is a circular or telegram."""
    if not source.startswith(("GCN", "ATel")):
        return ""
    cited.append(source)
    return f" ({source})"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _seen(moment: Moment, saw: Sequence[Any], cited: list[str]) -> str:
    t0 = when(moment)
    at = f"At {t0} (T0)" if moment.t0 is not None else "At a time that is not stated,"
    if not saw:
        return f"{at} {moment.name} was reported."
    return f"{at} {moment.name} was seen by {_listed([f'{s.name}{_cite(s.by, cited)}' for s in saw])}."


def _place(moment: Moment, joint: Mapping[str, Any] | None, alone: Mapping[str, Any] | None) -> str:
    data = joint or alone
    values = (data or {}).get("values") or {}
    if "ra" not in values or "dec" not in values:
        return ""
    ra, dec = values["ra"]["value"], values["dec"]["value"]
    radius = values.get("ra_dec_error", {}).get("value")
    level = 100 * values.get("containment_probability", {}).get("value", 0.9)
    within = f", with an uncertainty of {_number(radius)} deg (radius, {level:.0f} % containment)" if radius else ""
    digits = 4 if radius is not None and radius < 0.1 else 2
    position = f"RA, Dec (J2000) = {ra:.{digits}f}, {dec:+.{digits}f} deg{within}"
    area = values.get("area_90", {}).get("value")
    covers = f" The 90 % credible region covers {_number(area)} deg2." if area else ""
    names = [region["name"] for region in moment.regions]
    if joint is None or len(names) < 2:
        return f"The best position is {position}.{covers}"
    agree = (
        "The regions are consistent with one source."
        if values.get("consistent", {}).get("value") == 1.0
        else "The regions are hardly consistent with one source; this needs a person's judgement."
    )
    return f"Combining the regions of {_listed(names)}, the best position is {position}.{covers} {agree}"


def _coincidence(data: Mapping[str, Any]) -> str:
    values = data.get("values") or {}
    far = values.get("joint_far") or values.get("temporal_far")
    if far is None or "time_offset" not in values:
        return ""
    pair = str(data.get("answer", "")).partition(":")[0]
    overlap = values.get("overlap_integral")
    place = f"The overlap integral of their regions is {_number(overlap['value'])}, and the" if overlap else "The"
    offset = values["time_offset"]["value"]
    first, _, second = pair.partition(" and ")
    order = "after" if offset >= 0.0 else "before"
    return (
        f"The time of {second} is {abs(offset):.2f} s {order} that of {first}. {place} joint false-alarm rate is "
        f"{far['value']:.1e} Hz{_once(far['value'])}."
    )


def _once(far: float) -> str:
    """The rate once more, as people picture it."""
    years = 1.0 / (far * 365.25 * 86400.0) if far > 0.0 else 0.0
    if years < 1.0:
        return ""
    return f", or one in {years:.0f} years" if years < 1e4 else f", or one in {years:.1e} years"


def _quoted(moment: Moment, cited: list[str]) -> str:
    """What circulars measured: of each quantity and instrument the first asserted word."""
    said: dict[tuple[str, str], str] = {}
    for row in moment.claims:
        word = _QUOTED.get(str(row["predicate"]))
        if word is None or row.get("assertion") != "asserted" or row.get("limit") or row.get("value") is None:
            continue
        who = str((row.get("qualifier") or {}).get("instrument") or "")
        if (word, who) not in said:
            band = str((row.get("qualifier") or {}).get("band") or "")
            value = f"{word} = {_measured(row)}" + (f" in {band}" if band else "")
            said[word, who] = value + (f" by {who}" if who else "") + _cite(str(row["source"]), cited)
    return f"Reported values: {'; '.join(said.values())}." if said else ""


def _measured(row: Mapping[str, Any]) -> str:
    value, unit = row["value"], str(row.get("unit") or "")
    minus, plus = row.get("minus"), row.get("plus")
    error = ""
    if plus is not None or minus is not None:
        up, down = plus if plus is not None else minus, minus if minus is not None else plus
        error = f" +/- {up:g}" if up == down else f" +{up:g} -{down:g}"
    shown = f"{value:g}" if isinstance(value, int | float) else str(value)
    return f"({shown}{error}) {unit}".strip() if error and unit else f"{shown}{error} {unit}".strip()


def _energy(data: Mapping[str, Any] | None, moment: Moment, cited: list[str]) -> str:
    values = (data or {}).get("values") or {}
    if "energy" not in values:
        return ""
    energy = values["energy"]
    error = f" +/- {energy['plus']:.1e}" if energy.get("plus") else ""
    distance = values.get("luminosity_distance", {}).get("value")
    far = f", at a luminosity distance of {_number(distance)} Mpc" if distance else ""
    return (
        f"With the fluence and redshift above, the isotropic-equivalent energy is ({energy['value']:.2e}{error}) erg "
        f"(1-10,000 keV in the rest frame, Planck 2018 cosmology{far}){_spectrum(data)}."
    )


def _spectrum(data: Mapping[str, Any] | None) -> str:
    """With which spectrum the energy was computed; it may be a mere mean of bursts, which a reader must know."""
    inputs = ((data or {}).get("provenance") or {}).get("inputs")
    return f", {told(*map(inputs.get, ('alpha', 'beta', 'epeak')))}" if isinstance(inputs, dict) else ""


def _limits(moment: Moment, cited: list[str]) -> str:
    looked = [s for s in moment.sightings if s.state == "limit"]
    return f"Upper limits are given by {_listed([f'{s.name}{_cite(s.by, cited)}' for s in looked])}." if looked else ""


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000.0 else f"{value:.0f}"


def ascii_only(text: str) -> str:
    """Circulars are read everywhere: plain characters, whatever our texts hold."""
    text = _POWER.sub(lambda raised: "^" + unicodedata.normalize("NFKC", raised[0]).replace("\u2212", "-"), text)
    for sign, plain in _ASCII.items():
        text = text.replace(sign, plain)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
