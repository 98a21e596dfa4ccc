"""A claim as it is read back from the graph: what is said, by whom, since when, in which words, does it stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

#: `superseded`: a later notice of the same sender says it anew. `corrected` and `retracted`: another document says so
#: of this quantity. `questioned`: its circular was corrected without saying where. Superseded versions are not read at
#: all, except for what was known at an earlier time.
Status = Literal["stands", "superseded", "corrected", "retracted", "questioned"]


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One claim. Angles in degrees; `si` is the value in `si_unit`; `error_probability` belongs to `minus`, `plus`.
    `by` is the team or instrument; `source` what people call the document, `work` the
    paper that it is a record of; `sender`: the newest word of `by` counts (notices, our own results); `received` is
    when we had the document; `text` is the span it was read from."""

    node: str
    predicate: str
    subject: str
    document: str
    received: datetime
    by: str = ""
    circular: int | None = None
    source: str = ""
    work: str = ""
    sender: bool = False
    title: str = ""
    value: float | str | bool | None = None
    unit: str = ""
    si: float | None = None
    si_unit: str = ""
    minus: float | None = None
    plus: float | None = None
    error_probability: float | None = None
    limit: str | None = None
    lower: float | None = None
    upper: float | None = None
    ra: float | None = None
    dec: float | None = None
    radius: float | None = None
    containment: float | None = None
    assertion: str = "asserted"
    confidence: float | None = None
    qualifier: dict[str, Any] = {}
    text: str = ""
    where: str = ""
    start: int | None = None
    end: int | None = None
    status: Status = "stands"
    status_by: str = ""

    @property
    def number(self) -> float | None:
        """The value as a number, where it is one."""
        ok = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        return float(self.value) if ok and self.value is not None else None

    @property
    def instrument(self) -> str:
        """The instrument that the text names for this value, lower case; empty where it names none."""
        return str(self.qualifier.get("instrument") or "").lower().replace(" ", "-").replace("/", "-")


#: Qualifiers that people read beside a value.
_NOTED = ("band", "system", "type", "of", "model", "interval", "light", "instrument")


def said(claim: Claim) -> str:
    """The claim in words for people: `1.234 ± 0.002 (host, spectroscopic)`."""
    words = [str(v) for k in _NOTED if (v := claim.qualifier.get(k))]
    note = ", ".join(dict.fromkeys(words))
    return figure(claim) + (f" ({note})" if note else "")


def figure(claim: Claim) -> str:
    """The value alone: `1.234 ± 0.002`."""
    if claim.ra is not None and claim.dec is not None:
        text = f"RA {claim.ra:.6g}°, Dec {claim.dec:+.6g}°"
        radius = claim.radius if claim.radius is not None else max(claim.minus or 0.0, claim.plus or 0.0)
        text += f" ± {_angle(radius)}" if radius else ""
    elif claim.lower is not None and claim.upper is not None:
        text = f"{claim.lower:g} to {claim.upper:g}"
    else:
        number = claim.number
        text = f"{claim.limit or ''}{claim.value if number is None else format(number, '.8g')}"
        text += _errors(claim)
    return text + (f" {claim.unit}" if claim.unit and claim.ra is None else "")


def _errors(claim: Claim) -> str:
    if claim.minus is None or claim.plus is None:
        return ""
    if claim.minus == claim.plus:
        return f" ± {claim.plus:g}"
    return f" +{claim.plus:g} −{claim.minus:g}"


def _angle(degrees: float) -> str:
    if degrees >= 0.1:
        return f"{degrees:.3g}°"
    return f"{60 * degrees:.2g}′" if degrees >= 1 / 60 else f"{3600 * degrees:.2g}″"
