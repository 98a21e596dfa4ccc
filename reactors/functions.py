"""The functions of the rule language: what they take from an event and what they compute, with `nuncius.core.sky`.
Angles are ICRS degrees, areas square degrees, probabilities 0 to 1."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from nuncius.core import sky
from nuncius.core.errors import FormatError, NunciusError

Blob = Callable[[str], bytes]


class Unknown(Exception):
    """A value that cannot be had; the text says why, in words for the trace."""


class Maps:
    """Sky maps read from the journal, the last few kept: a map of 2 MB takes 30 ms to read and serves many rules."""

    def __init__(self, blob: Blob, *, keep: int = 8) -> None:
        self._blob = blob
        self._keep = keep
        self._maps: OrderedDict[str, sky.Localization] = OrderedDict()

    def localization(self, value: Any) -> sky.Localization:
        """A localization from `ev.sky`, from an event, or from a map {ra, dec, ra_dec_error,
        containment_probability}. Raises Unknown where it is not there, FormatError where it is malformed."""
        if not isinstance(value, dict):
            raise FormatError(f"a localization is a sky, an event or a map of ra and dec; received {value!r:.80}")
        if "type" not in value or "kind" in value:
            return self._of_event(value)
        parsed = sky.parse_sky(value)
        if not isinstance(parsed, sky.MapReference):
            return parsed
        if parsed.sha256 is None:
            raise Unknown(f"the sky map was not embedded; it is only known by its address {parsed.url}")
        return self._map(parsed, parsed.sha256)

    def _of_event(self, value: dict[str, Any]) -> sky.Localization:
        if "sky" in value:
            return self.localization(value["sky"])
        if "ra" not in value or "dec" not in value:
            raise Unknown("it has no position (neither sky nor ra and dec)")
        if "ra_dec_error" not in value or "containment_probability" not in value:
            raise Unknown("it has a position but no error radius with its containment probability")
        circle = {name: value[name] for name in ("ra", "dec", "containment_probability")}
        return sky.Circle(radius=value["ra_dec_error"], **circle)

    def _map(self, reference: sky.MapReference, sha256: str) -> sky.Localization:
        if sha256 not in self._maps:
            try:
                found = sky.resolve(reference, self._blob)
            except FormatError:
                raise
            except NunciusError as error:
                raise Unknown(f"the sky map {sha256[:12]} is not in the journal: {error}") from error
            if found is None:
                raise Unknown("the sky map was not embedded")
            self._maps[sha256] = found
            if len(self._maps) > self._keep:
                self._maps.popitem(last=False)
        self._maps.move_to_end(sha256)
        return self._maps[sha256]

    def position(self, value: Any) -> tuple[float, float]:
        """(ra, dec) of an event, a sky or a map with ra and dec; the peak of a probability map."""
        if isinstance(value, dict) and value.get("type") not in ("map", "annulus"):
            ra, dec = value.get("ra"), value.get("dec")
            if isinstance(ra, float) and isinstance(dec, float):
                return ra, dec
        return sky.centre(self.localization(value))


def area(maps: Maps, region: Any, level: Any) -> float:
    """Area of the smallest region that holds `level` of the probability."""
    if not isinstance(level, float) or not 0.0 < level < 1.0:
        raise FormatError(f"area wants a level between 0 and 1, such as 0.9; received {level!r}")
    return sky.area(maps.localization(region), level)


def separation(maps: Maps, one: Any, other: Any) -> float:
    """Angle between two positions."""
    return sky.separation(*maps.position(one), *maps.position(other))


def prob_inside(maps: Maps, one: Any, region: Any) -> float:
    """Probability that the source of the first lies in the second, at the containment that it states."""
    return sky.prob_inside(maps.localization(one), maps.localization(region))


#: By name, cheapest first: the order in which an undecided expression asks for them.
IMPLEMENTED: dict[str, Callable[[Maps, Any, Any], float]] = {
    "separation": separation,
    "area": area,
    "prob_inside": prob_inside,
}
