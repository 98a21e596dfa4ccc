"""Whether a trigger of one mission is the burst that another mission has announced already: same time, same place, and
too unlikely by chance. Decides nothing about gravitational waves and neutrinos: those coincidences are conclusions.

The chance probability is that of an unrelated trigger at least as close: with R triggers a second over the whole sky,
p = 1 − exp(−2 R |Δt| f), where f is the part of the sky within the separation or the joint error radius, whichever is
larger. It stands in the link (`how`), so that whoever doubts it can see it and take the link back.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from nuncius.core.event import Event
from nuncius.journal import Journal

#: Triggers a second, all missions together, over the sky: about 3,000 a year, several times the true rate of bursts.
RATE = 1e-4
#: Only triggers as close in time are compared, seconds.
WINDOW_S = 60.0
#: Links above this chance probability are not made.
LIKELY = 1e-4
#: |Δt| counts as at least this, seconds: triggers of one burst scatter by their own time scales.
RESOLUTION_S = 1.0
#: GBM's systematic error, degrees (core of the model of Connaughton et al. 2015); its notices state the statistical.
_SYSTEMATIC_DEG = {"gbm": 3.7}
_NOT_LIGHT = frozenset({"GW", "Neutrino", "CR"})
_MISSIONS = ("fermi", "swift", "integral", "svom", "einstein", "gecam", "calet", "konus", "agile", "hete", "suzaku")
#: At most this many triggers of the same minute are looked at.
_MOST = 16
#: At most this many events are read at once for a batch.
_AT_ONCE = 2000


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger that has its object: mission, T0 and error circle (`sigma` in degrees, of one axis)."""

    object: str
    mission: str
    moment: datetime
    ra: float
    dec: float
    sigma: float

    @classmethod
    def of(cls, event: Event, obj: str) -> list[Known]:
        """The trigger that an event announces; empty where it is none that could be compared."""
        data, moment = event.data, event.trigger_time
        mission = str(data.get("mission") or "").lower()
        if not event.kind.startswith("gcn.notice") or not event.is_real or event.is_retraction or moment is None:
            return []
        if data.get("messenger") in _NOT_LIGHT or not mission.startswith(_MISSIONS) or "SUB" in str(data.get("type")):
            return []
        numbers = [data.get(word) for word in ("ra", "dec", "ra_dec_error", "containment_probability")]
        if not all(isinstance(n, float) and math.isfinite(n) for n in numbers):
            return []
        ra, dec, radius, level = (float(n) for n in numbers if n is not None)
        if not (0.0 < level < 1.0 and 0.0 < radius <= 30.0):
            return []
        sigma = radius / math.sqrt(-2.0 * math.log(1.0 - level))
        extra = _SYSTEMATIC_DEG.get(str(data.get("instrument") or "").lower(), 0.0) / math.sqrt(2.3)
        return [cls(object=obj, mission=mission, moment=moment, ra=ra, dec=dec, sigma=math.hypot(sigma, extra))]


class Coincidence(msgspec.Struct, frozen=True, kw_only=True):
    """The object that a trigger belongs to, and the chance that it only seems so."""

    object: str
    chance: float
    said: str


class Neighbours:
    """What was journalled within a minute of the triggers of a batch: read at once where that is little, because a
    question to the journal for each trigger costs more than deciding about it."""

    def __init__(self, journal: Journal, batch: Sequence[Event]) -> None:
        self._journal = journal
        self._read: list[tuple[datetime, Event]] | None = None
        moments = sorted(known.moment for event in batch for known in Known.of(event, ""))
        if len(moments) > 1:
            half = (moments[-1] - moments[0]) / 2
            found = journal.around(moments[0] + half, half.total_seconds() + WINDOW_S, limit=_AT_ONCE + 1)
            if len(found) <= _AT_ONCE:
                timed = [(s.event.trigger_time, s.event) for s in found]
                self._read = sorted(((t0, e) for t0, e in timed if t0 is not None), key=lambda pair: pair[0])

    def of(self, moment: datetime) -> list[Event]:
        """Events within a minute of a moment."""
        if self._read is None:
            return [stored.event for stored in self._journal.around(moment, WINDOW_S, limit=_MOST)]
        margin = timedelta(seconds=WINDOW_S)
        first = bisect_left(self._read, moment - margin, key=lambda pair: pair[0])
        last = bisect_right(self._read, moment + margin, first, key=lambda pair: pair[0])
        return [event for _, event in self._read[first : min(last, first + _MOST)]]


def coinciding(near: Neighbours, event: Event, met: Sequence[Known]) -> Coincidence | None:
    """The object of another mission's trigger that this event coincides with; None where there is none or where two
    are equally possible. `met` are triggers of the same batch."""
    mine = Known.of(event, "")
    if not mine:
        return None
    here = mine[0]
    earlier = [other for other in near.of(here.moment) if other.id != event.id]
    others = [known for e in earlier if e.object for known in Known.of(e, e.object)] + list(met[-_MOST:])
    found = [c for other in others if other.mission != here.mission and (c := _compared(here, other))]
    if not found or len({c.object for c in found}) > 1:
        return None
    return min(found, key=lambda c: c.chance)


def _compared(a: Known, b: Known) -> Coincidence | None:
    apart = abs((a.moment - b.moment).total_seconds())
    angle = separation_deg(a.ra, a.dec, b.ra, b.dec)
    joint = math.hypot(a.sigma, b.sigma)
    # 3.44 sigma holds 99.73 % of a two-dimensional Gaussian.
    if apart > WINDOW_S or angle > 3.44 * joint:
        return None
    chance = chance_probability(apart, max(angle, joint))
    if chance > LIKELY:
        return None
    said = f"coincidence: {apart:.1f} s and {angle:.2g} deg apart, chance {chance:.1g}"
    return Coincidence(object=b.object, chance=chance, said=said)


def chance_probability(seconds: float, radius_deg: float, *, rate: float = RATE) -> float:
    """The probability of an unrelated trigger within ±`seconds` and `radius_deg` of a given one, for `rate` triggers
    a second over the whole sky (Poisson)."""
    part = (1.0 - math.cos(math.radians(min(radius_deg, 180.0)))) / 2.0
    return -math.expm1(-2.0 * rate * max(seconds, RESOLUTION_S) * part)


def separation_deg(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Angle between two directions in degrees, exact for small and for large angles (Vincenty)."""
    a, b, d = math.radians(dec1), math.radians(dec2), math.radians(ra2 - ra1)
    y = math.hypot(math.cos(b) * math.sin(d), math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(d))
    return math.degrees(math.atan2(y, math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(d)))
