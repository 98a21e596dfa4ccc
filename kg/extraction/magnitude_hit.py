"""A magnitude as found, before it becomes a candidate: what running text and tables both answer in."""

from __future__ import annotations

from typing import Literal

import msgspec

from kg.extraction.fact import Assertion, Limit, Where
from kg.extraction.magnitude_value import Magnitude

#: Whose brightness it is. Reference stars and catalogue depths are proposed and left out.
Target = Literal["source", "host", "other object", "reference star", "instrument"]


class Hit(msgspec.Struct, kw_only=True):
    """One magnitude with its place in the even text, filled in by whoever knows more. `begin` is where its band begins,
    where that stands in front."""

    where: Where = "body"
    start: int
    end: int
    begin: int = -1
    reading: Magnitude
    band: str | None = None
    band_source: str = ""
    limit: Limit | None = None
    system: str | None = None
    error: list[float] | None = None
    error_span: tuple[int, int] | None = None
    epoch_s: float | None = None
    epoch: str | None = None
    epoch_above: bool = False
    timed: bool = False
    sigma: float | None = None
    telescope: str | None = None
    object: str | None = None
    target: Target = "source"
    depth: bool = False
    exposure_depth: bool = False
    extinction_corrected: bool | None = None
    assertion: Assertion = "asserted"
    taken: bool = True
    why: str = ""
    source: Literal["text", "table"] = "text"
    banded: bool = False
    unit_printed: bool = False
    listed: bool = False

    def leave(self, why: str) -> None:
        """Leaves the value out, with the first reason that was found."""
        if self.taken:
            self.taken, self.why = False, why
