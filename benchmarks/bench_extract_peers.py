"""Others that read circulars, asked for the same facts: circex (regex mode) and the name patterns of astro-colibri's
parser.

Both packages are optional. circex asks for Python 3.13 and for packages of language models that its regex mode does not
use; the `make bench-extract` target installs it without them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.gold_agreement import Found
from kg.extraction import Circular, Document
from kg.names import normalise_name


def circex() -> Callable[[Circular], list[Found]] | None:
    """circex in regex mode, or None where it is not installed. It names one event for a circular; our own reading of
    the name stands in, so that only its values are judged."""
    try:
        from circex.extract.protocol import Circular as Theirs
        from circex.extract.regex import RegexExtractor
    except ImportError:
        return None
    reader = RegexExtractor()

    def read(circular: Circular) -> list[Found]:
        said = reader.extract(Theirs(circular_id=circular.number, subject=circular.subject, body=circular.body))
        return [f | {"object": Document(circular).about} for f in _as_facts(said.model_dump())]

    return read


def _as_facts(said: dict[str, Any]) -> list[Found]:
    """circex's answer in our fields."""
    out: list[Found] = []
    redshift, place = said.get("redshift") or {}, said.get("localization") or {}
    if redshift.get("redshift") is not None:
        out.append(_fact("redshift", redshift["redshift"], qualifier={"whose": "afterglow"}))
    if place.get("ra") is not None and place.get("dec") is not None:
        error = place.get("ra_dec_error")
        both = [error, error] if isinstance(error, int | float) else None
        out.append(_fact("position", {"ra": place["ra"], "dec": place["dec"]}, error=both, unit="deg"))
    for point in said.get("photometry") or []:
        value = point.get("mag") if point.get("mag") is not None else point.get("limiting_mag")
        if value is not None:
            limit = ">" if point.get("mag") is None else None
            out.append(_fact("magnitude", value, limit=limit, unit="mag", qualifier={"band": point.get("filter")}))
    return out


def _fact(predicate: str, value: Any, **more: Any) -> Found:
    return {"predicate": predicate, "value": value, "limit": None, "assertion": "asserted", "unit": "", **more}


def names_of_circex() -> Callable[[Circular], set[str]] | None:
    """circex's event name, normalised as ours are."""
    try:
        from circex.extract.protocol import Circular as Theirs
        from circex.extract.regex import RegexExtractor
    except ImportError:
        return None
    reader = RegexExtractor()

    def read(circular: Circular) -> set[str]:
        said = reader.extract(Theirs(circular_id=circular.number, subject=circular.subject, body=circular.body))
        event = said.model_dump().get("event") or {}
        name = event.get("event_name")
        return normalised(name if isinstance(name, list) else [name])

    return read


def names_of_colibri() -> Callable[[Circular], set[str]] | None:
    """The first name that astro-colibri-circular-parser's patterns give, normalised as ours are."""
    try:
        from circular_parser.hints import extract_source_names
    except ImportError:
        return None
    return lambda circular: normalised(extract_source_names(circular.subject, circular.body)[:1])


def normalised(names: list[str | None]) -> set[str]:
    """Names in the one way we write them; what we cannot read stays as it is."""
    return {normalise_name(n) or n for n in names if n}
