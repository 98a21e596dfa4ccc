"""Spectra and decays as tests and energies need them: which indices go with which peak energy, which fluence they were
measured with, which spectrum goes with which decay. Pure, on rows of claims; reads nothing.

A circular tells a spectrum in several numbers, often twice (a cutoff power law and a Band function, the whole burst and
its peak). Numbers belong together that stand in one document with the same model and interval, next to each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]

#: A Band function that falls so steeply above its peak is a power law with an exponential cutoff.
CUT_OFF = -10.0
#: The part of the burst that a spectrum is of, the best for its energy first.
_INTERVALS = ("time-integrated", "", "main part", "peak", "part")
#: Teams whose circulars mean 90 % where they say nothing (Evans et al. 2009, MNRAS 397, 1177).
_NINETY = ("Swift-XRT",)
_BAND = re.compile(r"([\d.]+)\s*-\s*([\d.]+) ([kMG]eV)$")
#: Numbers of one spectrum stand within so many characters of each other.
_NEAR = 400


def spectra(claims: Sequence[Row]) -> Rows:
    """Peak energies as observed, the one to go by first: the claim's own row, with `alpha` and `beta` as exponents of
    E, `model`, `interval`, and `fluence`, the row of the widest fluence of the same document (left out where there is
    none).

    Those come first that people or programs sent, then those of whole bursts, with a fluence, an index, an error."""
    live = [row for row in claims if _measured(row)]
    found = []
    for peak in (row for row in live if row["predicate"] == "epeak"):
        told = peak.get("qualifier") or {}
        low = _beside(peak, live, "low_energy_index")
        high = _beside(peak, live, "high_energy_index")
        alpha = None if low is None else _exponent(low)
        beta = CUT_OFF if told.get("model") == "cutoff power law" else None if high is None else -abs(_value(high))
        if alpha is not None and not -2.0 < alpha < 3.0:
            alpha = None
        if beta is not None and beta >= (alpha if alpha is not None else -1.0):
            beta = None
        found.append(
            dict(peak)
            | {
                "alpha": alpha,
                "beta": beta,
                "model": str(told.get("model") or ""),
                "interval": str(told.get("interval") or ""),
            }
            | ({"fluence": fluence} if (fluence := _fluence(peak, live)) else {})
        )
    newest = sorted(found, key=lambda row: str(row.get("received") or ""), reverse=True)
    return sorted(newest, key=_worth)


def _worth(row: Row) -> tuple[Any, ...]:
    rank = _INTERVALS.index(row["interval"]) if row["interval"] in _INTERVALS else len(_INTERVALS)
    by_hand = row.get("start") is None
    sure = row.get("assertion") == "asserted"
    return not by_hand, not sure, rank, "fluence" not in row, row["alpha"] is None, _relative(row)


def _relative(row: Row) -> float:
    errors = [float(row[word]) for word in ("minus", "plus") if isinstance(row.get(word), int | float)]
    value = _value(row)
    return max(errors) / abs(value) if errors and value else 1.0


def _measured(row: Row) -> bool:
    """Whether a claim is a number that stands, said by those who measured it."""
    own = row.get("assertion", "asserted") in ("asserted", "hedged") and row.get("status", "stands") == "stands"
    number = isinstance(row.get("value"), int | float) and not isinstance(row.get("value"), bool)
    return own and number and not row.get("limit")


def _value(row: Row) -> float:
    return float(row["value"])


def _exponent(index: Row) -> float:
    """The exponent of E in a photon spectrum: -1.1, however the sign is printed. Swift's BAT prints it the other way
    round for a cutoff power law, mostly; a small number may be either."""
    value, told = _value(index), index.get("qualifier") or {}
    if told.get("sign") == "falling":
        return -value
    bat = str(told.get("instrument") or "").startswith("Swift-BAT")
    return -value if bat and value > 0.5 else value


def _beside(peak: Row, rows: Sequence[Row], predicate: str) -> Row | None:
    """The number of that sort which stands nearest to a peak energy, in its document, with its model and interval."""
    told = peak.get("qualifier") or {}
    found = [
        row
        for row in rows
        if row["predicate"] == predicate
        and row.get("document") == peak.get("document")
        and _distance(row, peak) <= _NEAR
        and all((row.get("qualifier") or {}).get(word) in (None, told.get(word)) for word in ("model", "interval"))
    ]
    return min(found, key=lambda row: _distance(row, peak), default=None)


def _distance(one: Row, two: Row) -> int:
    """Characters between two spans of one text; what has no span is nowhere."""
    if one.get("where") != two.get("where") or one.get("start") is None or two.get("start") is None:
        return _NEAR + 1
    return abs(int(one["start"]) - int(two["start"]))


def _fluence(peak: Row, rows: Sequence[Row]) -> dict[str, Any] | None:
    """The fluence that is told with a peak energy: in its document the one in the widest band, of several one
    with an error, and the largest, for a peak flux may be printed with a fluence's unit. Where parts of a
    burst have fluences of their own, the next."""
    same = [
        (band[1] / band[0], isinstance(row.get("plus"), int | float), _value(row), row)
        for row in rows
        if row["predicate"] == "fluence" and row.get("document") == peak.get("document") and (band := band_kev(row))
    ]
    if not same:
        return None
    in_parts = any(
        (row.get("qualifier") or {}).get("interval") == "part"
        for row in rows
        if row["predicate"] == "epeak" and row.get("document") == peak.get("document")
    )
    behind = [row for *_, row in same if in_parts and (row.get("start") or 0) > (peak.get("start") or 0)]
    if behind:
        nearest: Row = min(behind, key=lambda row: row.get("start") or 0)
        return {**nearest}
    widest: Row = max(same, key=lambda found: found[:3])[3]
    return {**widest}


def band_kev(row: Row) -> tuple[float, float] | None:
    """The band of energies that a claim names, in keV."""
    match = _BAND.match(str((row.get("qualifier") or {}).get("band") or ""))
    if match is None:
        return None
    scale = {"keV": 1.0, "MeV": 1e3, "GeV": 1e6}[match[3]]
    low, high = float(match[1]) * scale, float(match[2]) * scale
    return (low, high) if 0.0 < low < high else None


def decays(claims: Sequence[Row]) -> Rows:
    """Decays of afterglows, each the claim's own row with `value` positive where it fades, the latest part of a broken
    one alone; with `photon`, the row of the photon index, or `slope`, that of the spectral index, of the same document
    and light (else of any document). Those with a spectrum of their own document come first, then the precise ones."""
    live = [row for row in claims if _measured(row) and isinstance(row.get("plus"), int | float)]
    documents = dict.fromkeys(row.get("document") for row in live if row["predicate"] == "decay_index")
    found = []
    for document in documents:
        own = [row for row in live if row["predicate"] == "decay_index" and row.get("document") == document]
        rising = all(_value(row) < 0.0 for row in own)
        latest = max(own, key=lambda row: ((row.get("qualifier") or {}).get("segment") or 0, -_relative(row)))
        told = {"value": -_value(latest)} if rising else {}
        found.append({**_ninety({**latest, **told}), **_spectrum_of(latest, live, broken=len(own) > 1)})
    return sorted(
        found, key=lambda row: (row["photon"] is None and row["slope"] is None, not row["same"], _relative(row))
    )


def _spectrum_of(decay: Row, rows: Sequence[Row], *, broken: bool) -> dict[str, Any]:
    """The spectrum of an afterglow that a decay goes with. What XRT took in windowed timing is of the first minutes,
    and says nothing of a decay after breaks."""
    light = (decay.get("qualifier") or {}).get("light")

    def fits(told: Row) -> bool:
        return told.get("of") == "afterglow" and not (broken and told.get("mode") == "WT")

    for same in (True, False):
        here = [row for row in rows if (row.get("document") == decay.get("document")) is same]
        photon = _latest(here, "photon_index", fits) if light == "X-ray" else None
        slope = _latest(here, "spectral_index", lambda told: told.get("light") in (None, light))
        if photon is not None or slope is not None:
            return {"photon": photon and _ninety(photon), "slope": None if photon else slope, "same": same}
    return {"photon": None, "slope": None, "same": False}


def _latest(rows: Sequence[Row], predicate: str, fits: Callable[[Row], bool]) -> dict[str, Any] | None:
    """The last one told in a text: photon counting comes after windowed timing, and is later in time, too."""
    found = [row for row in rows if row["predicate"] == predicate and fits(row.get("qualifier") or {})]
    if not found:
        return None
    latest: Row = max(found, key=lambda row: (str(row.get("received") or ""), row.get("start") or 0))
    return {**latest}


def _ninety(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the probability of its error, where its team means 90 % and says nothing."""
    whose = (row.get("qualifier") or {}).get("instrument")
    has_error = isinstance(row.get("plus"), int | float) and not row.get("error_probability")
    return {**row, "error_probability": 0.9} if has_error and whose in _NINETY else row
