"""The light curve of an object: every magnitude and limit that circulars claim, at its time after the trigger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from kg.claim import Claim


class Point(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measurement: seconds since T0 (None where neither text nor T0 tells), magnitude with errors or limit."""

    seconds: float | None
    band: str
    value: float
    minus: float | None = None
    plus: float | None = None
    limit: str | None = None
    system: str = ""
    of: str = ""
    assertion: str = "asserted"
    by: str = ""
    circular: int | None = None
    document: str
    text: str = ""


def light_curve(claims: Sequence[Claim], t0: datetime | None) -> list[Point]:
    """Points in order of time, those without a time last. Left out: what was corrected or taken back, another's
    result that is repeated, and magnitudes of stars and hosts."""
    points = [p for c in claims if c.predicate == "magnitude" and _counts(c) and (p := _point(c, t0)) is not None]
    unique = {(p.seconds, p.band, p.value, p.limit, p.circular): p for p in points}
    return sorted(unique.values(), key=lambda p: (p.seconds is None, p.seconds or 0.0, p.band, p.value))


_ELSEWHERE = re.compile(r"\b(?:star|reference|comparison|standard|galaxy|absolute|catalog\w*|host)\b", re.I)


def _counts(claim: Claim) -> bool:
    target = (
        f"{claim.qualifier.get('target') or ''} {claim.qualifier.get('of') or ''} {claim.qualifier.get('kind') or ''}"
    )
    return claim.status == "stands" and claim.assertion in ("asserted", "hedged") and not _ELSEWHERE.search(target)


def _point(claim: Claim, t0: datetime | None) -> Point | None:
    value, limit = claim.number, claim.limit
    if value is None:
        if claim.lower is None:
            return None
        value, limit = claim.lower, ">"  # a range of depths: nothing brighter than its brighter end
    return Point(
        seconds=_seconds(claim, t0),
        band=str(claim.qualifier.get("band") or ""),
        value=value,
        minus=claim.minus,
        plus=claim.plus,
        # Faint magnitudes are large numbers: "fainter than 22" is a limit with ">".
        limit=limit,
        system=str(claim.qualifier.get("system") or ""),
        of=str(claim.qualifier.get("of") or claim.qualifier.get("target") or ""),
        assertion=claim.assertion,
        by=claim.by,
        circular=claim.circular,
        document=claim.document,
        text=claim.text,
    )


def _seconds(claim: Claim, t0: datetime | None) -> float | None:
    """Seconds after T0: as the text says, else from its time of day and the object's T0."""
    stated = claim.qualifier.get("epoch_s")
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        return float(stated)
    epoch = claim.qualifier.get("epoch")
    if not isinstance(epoch, str) or t0 is None:
        return None
    try:
        moment = datetime.fromisoformat(epoch)
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - t0).total_seconds()
