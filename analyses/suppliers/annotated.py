"""What nb2workflow's annotations say of a parameter: `# oda:Energy_keV; oda:lower_limit 15. # lower edge of the band`.

An annotation is a piece of Turtle about the parameter, its first word the class: a prefixed name or a bare address of
the ODA ontology. Text behind a second `#`, and a comment without such words, says what the parameter is.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

import msgspec

from analyses.contract import Parameter, type_word
from analyses.inputs import convert
from nuncius.core.errors import ConfigurationError, NunciusError

ODA = "http://odahub.io/ontology#"
UNIT = "http://odahub.io/ontology/unit#"
_PREFIXES = (
    f"@prefix oda: <{ODA}> . @prefix unit: <{UNIT}> . @prefix odau: <{UNIT}> . "
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
    "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . "
)
_SUBJECT = "urn:nuncius:parameter"
#: Words that make a comment an annotation, and the end of one: a hash that opens no part of an address.
_MARK = re.compile(r"\b(?:oda|unit|odau|rdfs|rdf):\w|https?://(?:www\.)?odahub\.io/ontology")
_BARE = re.compile(r"(?<![<\w])(https?://[^\s;,>]+)")
#: Python's `15.`, which Turtle takes for the end of a sentence.
_POINT = re.compile(r"(?<=\d)\.(?=[\s;,]|$)")
_END = re.compile(r"\s\.?\s*#|^#")

#: The ontology's classes of values that have a unit, by the ends of their names, and unit individuals that astropy
#: names otherwise.
UNITS = {
    "AngleDegrees": "deg",
    "DeclinationDegrees": "deg",
    "RightAscensionDegrees": "deg",
    "PointOfInterestRA": "deg",
    "PointOfInterestDEC": "deg",
    "AngleMinutes": "arcmin",
    "AngleSeconds": "arcsec",
    "FrequencyGHz": "GHz",
    "FrequencyMHz": "MHz",
    "FrequencyHz": "Hz",
    "ISGRIEnergy": "keV",
    "JEMXEnergy": "keV",
    "SPIEnergy": "keV",
    "SPI_ACSEnergy": "keV",
    "TimeIntervalDays": "d",
    "TimeIntervalHours": "h",
    "TimeIntervalMinutes": "min",
    "TimeIntervalSeconds": "s",
    "Wavelength_A": "Angstrom",
    "Day": "d",
    "Hour": "h",
    "Minute": "min",
    "Second": "s",
    "Degree": "deg",
    "Radian": "rad",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "degree": "deg",
    "micron": "um",
}
#: Classes named after a quantity and its unit, and classes that are a unit.
_WITH_UNIT = re.compile(r"^(?:Energy|Distance|Wavelength|Length|Frequency|energyMin|energyMax)_(\w+)$")
_OF_UNIT = frozenset(
    {"eV", "keV", "MeV", "GeV", "TeV", "Hz", "MHz", "GHz"}
    | {"m", "km", "nm", "pc", "kpc", "Mpc", "Angstrom", "arcmin", "arcsec"}
)
_TIMES = re.compile(r"^(?:Start|End)?Time(?:Instant)?(ISOT|MJD)?$")
_INTEGERS = frozenset({"Integer", "integer", "int"})
_TEXTS = frozenset({"String", "LongString", "AstrophysicalObject", "AstrophysicalObjectOfInterest", "PhotometricBand"})
_FORMS: dict[str, Literal["isot", "mjd"]] = {"": "isot", "ISOT": "isot", "MJD": "mjd"}


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a parameter or an output. `form` is how a time is written: `isot` or `mjd`."""

    classes: tuple[str, ...] = ()
    unit: str = ""
    lower: float | None = None
    upper: float | None = None
    allowed: tuple[Any, ...] = ()
    optional: bool = False
    about: str = ""
    form: Literal["", "isot", "mjd"] = ""


def read(comment: str) -> Annotation:
    """The annotation in a comment (without its `#`). Raises ConfigurationError for one that is no Turtle."""
    text = comment.strip()
    if not _MARK.search(text):
        return Annotation(about=text)
    body, about = text, ""
    if end := _END.search(text):
        body, about = text[: end.start()], text[end.end() :].strip(" #")
    return _of(_parse(_POINT.sub(".0", _BARE.sub(r"<\1>", body)).rstrip(" .;"), text), about)


def _parse(body: str, whole: str) -> list[tuple[str, Any]]:
    """Predicates and objects. nb2workflow lets the class stand first without `a`, or be left out."""
    for form in (f"{_PREFIXES}<{_SUBJECT}> a {body} .", f"{_PREFIXES}<{_SUBJECT}> {body} ."):
        if (said := _turtle(form)) is not None:
            return said
    raise ConfigurationError(f"the annotation '# {whole}' is no Turtle; write `# oda:Energy_keV; oda:lower_limit 15.`")


def _turtle(text: str) -> list[tuple[str, Any]] | None:
    """What a document says of the parameter; None where it is no Turtle."""
    from rdflib import Graph, Literal, URIRef

    graph = Graph()
    try:
        graph.parse(data=text, format="turtle")
    except Exception:  # rdflib raises what it likes for text that is no Turtle
        return None
    pairs = graph.predicate_objects(URIRef(_SUBJECT))
    said = [(str(p), o.toPython() if isinstance(o, Literal) else str(o)) for p, o in pairs]
    return sorted(((_normal(p), _normal(o)) for p, o in said), key=str)


def _normal(value: Any) -> Any:
    """Some older documents write the ontology's address with https."""
    return value.replace("https://odahub.io/ontology", "http://odahub.io/ontology") if isinstance(value, str) else value


def _of(said: list[tuple[str, Any]], about: str) -> Annotation:
    def objects(*words: str) -> list[Any]:
        return [o for p, o in said if p.rpartition("#")[2] in words]

    classes = tuple(str(o).removeprefix(ODA) for o in objects("type"))
    limits = sorted(float(o) for o in objects("limits"))
    lower = [float(o) for o in objects("lower_limit")] or limits[:1]
    upper = [float(o) for o in objects("upper_limit")] or limits[1:]
    words = [str(o) for o in objects("description", "comment", "label")]
    said_unit = [_unit(str(o)) for o in objects("has_unit", "unit")]
    form = next((str(o).rpartition("#")[2].lower() for o in objects("has_format", "format")), "")
    return Annotation(
        classes=classes,
        unit=next(iter([*said_unit, *(u for c in classes if (u := unit_of(c)))]), ""),
        lower=lower[0] if lower else None,
        upper=upper[-1] if upper else None,
        allowed=tuple(_choices(objects("allowed_value"))),
        optional="optional" in classes or any(str(o).endswith("#optional") for o in objects("isOptional")),
        about=about or (words[0] if words else ""),
        form="mjd" if form == "mjd" else next((_FORMS[m[1] or ""] for c in classes if (m := _TIMES.match(c))), ""),
    )


def _choices(said: list[Any]) -> list[Any]:
    """Allowed values; some notebooks write them in one string with commas."""
    if len(said) == 1 and isinstance(said[0], str) and "," in said[0]:
        return [part.strip() for part in said[0].split(",") if part.strip()]
    return said


def unit_of(name: str) -> str:
    """The astropy unit that a class of the ontology implies; empty where it has none."""
    if name in UNITS:
        return UNITS[name]
    if name in _OF_UNIT:
        return name
    found = _WITH_UNIT.match(name)
    return UNITS.get(found[1], found[1]) if found else ""


def _unit(iri: str) -> str:
    name = iri.rpartition("#")[2]
    return UNITS.get(name, name)


def parameter_of(name: str, default: Any, said: Annotation) -> Parameter:
    """The parameter of that name, default value and annotation. Raises ConfigurationError."""
    annotation = annotation_of(default, said)
    numeric = annotation in (float, int, list[float])
    made = Parameter(
        name=name,
        type=type_word(annotation),
        annotation=annotation,
        unit=said.unit if annotation in (float, list[float]) else "",
        default=_default(name, annotation, default, said),
        required=default is None and not said.optional,
        about=said.about,
        lower=said.lower if numeric else None,
        upper=said.upper if numeric else None,
    )
    _usable_unit(made)
    return made


def annotation_of(default: Any, said: Annotation) -> Any:
    """The Python type that values are made into: what the annotation says, else what the default value is."""
    if said.allowed:
        return Literal[said.allowed]
    if said.form:
        return datetime
    if isinstance(default, bool) or "Boolean" in said.classes:
        return bool
    if isinstance(default, list):
        return _list_of(default)
    if isinstance(default, dict):
        return Any
    if _INTEGERS & set(said.classes):
        return int
    if _TEXTS & set(said.classes):
        return str
    if isinstance(default, int) and not said.unit and "Float" not in said.classes:
        return int
    return float if isinstance(default, int | float) or said.unit or "Float" in said.classes else str


def _list_of(default: list[Any]) -> Any:
    if default and all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in default):
        return list[float]
    return list[str] if default and all(isinstance(entry, str) for entry in default) else Any


def _default(name: str, annotation: Any, default: Any, said: Annotation) -> Any:
    if default is None or annotation is Any:
        return default
    if said.form == "mjd" and isinstance(default, int | float):
        return from_mjd(float(default))
    try:
        return convert(annotation, default, {}, unit=said.unit)
    except NunciusError as error:
        raise ConfigurationError(f"the default of '{name}': {error}") from error
    except Exception as error:  # what `convert` raises of its own
        raise ConfigurationError(f"the default of '{name}': {error}") from error


def _usable_unit(made: Parameter) -> None:
    if not made.unit:
        return
    from astropy import units

    try:
        units.Unit(made.unit)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"'{made.name}': the unit '{made.unit}' is none that astropy knows") from error


def from_mjd(mjd: float) -> datetime:
    """The UTC of a modified Julian date."""
    from datetime import UTC, timedelta

    return datetime(1858, 11, 17, tzinfo=UTC) + timedelta(days=mjd)


def written(value: Any, form: str) -> Any:
    """A time as the notebook wants it: ISOT without a zone, or MJD, both UTC; anything else as it is."""
    if not isinstance(value, datetime):
        return value
    from datetime import UTC

    moment = value.astimezone(UTC)
    if form == "mjd":
        return (moment - datetime(1858, 11, 17, tzinfo=UTC)).total_seconds() / 86400.0
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
