"""What an instrument's data show around T0: the light curves that its archive has, or that a service gives, searched
for a burst; how significant after all trials and how long it is, or what it cannot have been brighter than."""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from analyses.burst import sigma_of
from analyses.contract import Unit, analysis, describe, progress
from analyses.library.light_curve import (
    BEYOND_SIGMA,
    DETECTED_SIGMA,
    MOST_SIGMA,
    Area,
    Asked,
    Examined,
    examine,
    fluence_per_count,
)
from analyses.lightcurve import LightCurve
from analyses.lightcurvefiles import read_light_curve
from analyses.places import Place, read_place
from nuncius.core.errors import FormatError, NunciusError, PermanentError
from nuncius.core.event import iso
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table

LIGHT_KM_S = 299_792.458
#: Beyond this the light's way shows in a time of a tenth of a second.
FAR_KM = 30_000.0
#: Files of one instrument that are searched: all detectors of GBM, and one to spare.
MOST_FILES = 16
#: Rows of the table that figures of several instruments are drawn from.
SHOWN_BINS = 300
#: A background is taken from outside the window where there is this much of it on both sides, as part of the window.
LEAST_OUTSIDE = 0.25
#: What is said of a file that is of another time.
ELSEWHERE = "holds"
CURVE, DATA = "light curve", "data"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One file that covers T0, as it was searched."""

    file: Path
    curve: LightCurve
    place: Place | None
    own_t0: datetime
    examined: Examined


@analysis(
    "burst-search",
    version="1",
    about="A burst in an instrument's data around T0: significance with trials and T90, or a 3-sigma upper limit",
    example="nuncius analyse burst-search --with trigger_time=2023-03-07T15:44:06.67 --with files=spiacs.fits",
)
def burst_search(
    *,
    trigger_time: Annotated[datetime, "T0"],
    files: Annotated[list[str], "light curves that may cover T0; the most significant counts, each as a trial"] = [],  # noqa: B006
    source: Annotated[str, "instead of files: an analysis that fetches a light curve, mmoda-spi-acs say"] = "",
    source_inputs: Annotated[dict[str, Any], "what it is given besides the folder for its products"] = {},  # noqa: B006
    places: Annotated[list[str], "files that tell where the spacecraft was, for triangulation"] = [],  # noqa: B006
    before: Annotated[float, Unit("s"), "a burst is looked for from so long before T0"] = 30.0,
    after: Annotated[
        float, Unit("s"), "to so long after it, and the light's way to the spacecraft on both sides"
    ] = 300.0,
    longest: Annotated[float, Unit("s"), "longest burst to look for"] = 100.0,
    step: Annotated[float | None, Unit("s"), "width of bins, for lists of events"] = None,
    band_low: Annotated[float | None, Unit("keV"), "energies, for lists of events, from"] = None,
    band_high: Annotated[float | None, Unit("keV"), "to"] = None,
    columns: Annotated[list[int], "columns of a table of text to add up, counted from 1 behind the time"] = [],  # noqa: B006
    limit_duration: Annotated[float, Unit("s"), "how long a burst the upper limit is for"] = 1.0,
    effective_area: Annotated[list[Area], "turns counts into fluence through a Band function"] = [],  # noqa: B006
    alpha: Annotated[float, "of this low-energy index,"] = -1.1,
    beta: Annotated[float, "this high-energy index,"] = -2.3,
    epeak: Annotated[float, Unit("keV"), "and this peak energy; the fluence is that of"] = 250.0,
    fluence_low: Annotated[float, Unit("keV"), "energies from"] = 10.0,
    fluence_high: Annotated[float, Unit("keV"), "to"] = 1000.0,
    instrument: Annotated[str, "name of the instrument"] = "",
    object: Annotated[str, "name of the object, for the title"] = "",
    seed: Annotated[int, "of the made light curves that give the error of T90"] = 1,
) -> Result:
    t0 = trigger_time.astimezone(UTC)
    asked = Asked(
        longest=longest,
        limit_duration=limit_duration,
        seed=seed,
        per_count=fluence_per_count(effective_area, alpha, beta, epeak, fluence_low, fluence_high),
        spectrum=f"a Band function of indices {alpha:g}, {beta:g} and peak {epeak:g} keV, "
        f"{fluence_low:g}-{fluence_high:g} keV",
        object=object,
    )
    place = read_place(Path(places[-1])) if places else None
    way = place.distance / LIGHT_KM_S if place else 0.0
    window = (-before - way, after + way)
    fetched: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="nuncius-light-curve-") as folder:
        paths = [Path(file) for file in files]
        if lost := [str(path) for path in paths if not path.is_file()]:
            raise PermanentError(f"files: there is no file {', '.join(lost[:3])}; a light curve is wanted")
        if source:
            fetched = _fetched(source, source_inputs, folder)
            paths = sorted(Path(folder).glob("*"))
        reading = {
            "instrument": instrument,
            "step": step,
            "band": None if band_low is None or band_high is None else (band_low, band_high),
            "columns": tuple(columns),
        }
        found, passed = _searched(paths, reading, t0, place, window, asked)
        if not found and passed and all(ELSEWHERE in why for why in passed):
            return Result(answer=f"{instrument or source}: no data of that time", caveats=passed[:3])
        if not found:
            why = "; ".join(passed[:3]) or "there is no file"
            raise PermanentError(f"{instrument or source or 'the data'}: no light curve around {iso(t0)}: {why}")
        best = max(found, key=lambda one: one.examined.found.sigma)
        return _result(best, found, t0, window, fetched, kept=not source)


def _fetched(source: str, inputs: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Have a service's product laid into a folder; what is to be told of it."""
    from analyses.run import run

    if "keep" not in describe(source).parameters:
        raise PermanentError(f"the analysis '{source}' gives no files: it has no input `keep`")
    progress(0.05, f"asking {source}")
    given = run(source, {**inputs, "keep": folder}, {})
    return {"source": source, "caveats": given.caveats, **{k: v for k, v in given.provenance.items() if k == "service"}}


def _searched(
    paths: list[Path],
    reading: dict[str, Any],
    t0: datetime,
    place: Place | None,
    window: tuple[float, float],
    asked: Asked,
) -> tuple[list[Candidate], list[str]]:
    """All that covers part of the window, searched; and why the others were passed over."""
    found: list[Candidate] = []
    passed: list[str] = []
    for number, path in enumerate(paths[:MOST_FILES]):
        progress(0.1 + 0.8 * number / len(paths), f"searching {path.name}")
        try:
            own = read_light_curve(path, t0=_own_t0(path, place), **reading)
            curve = own.since(t0)
            if curve.start[0] >= window[1] or curve.stop[-1] <= window[0]:
                passed.append(f"{path.name} {ELSEWHERE} {curve.start[0]:.5g} to {curve.stop[-1]:.5g} s after T0")
                continue
            given = _enough_outside(curve, window)
            examined = examine(curve, asked, *window, given=given)
        except NunciusError as error:
            passed.append(f"{path.name}: {error}".replace(f"{path.name}: {path.name}", path.name))
            continue
        found.append(Candidate(file=path, curve=curve, place=place, own_t0=own.t0, examined=examined))
    if len(paths) > MOST_FILES:
        passed.append(f"{len(paths) - MOST_FILES} more files were not looked at")
    return found, passed


def _own_t0(path: Path, place: Place | None) -> datetime | None:
    """What the times in a file count from, where the file does not tell it but its ephemeris does."""
    with path.open("rb") as file:
        is_text = file.read(2) not in (b"SI", b"\x1f\x8b")
    if not is_text or place is None or place.t0 is None:
        return None
    try:
        return None if read_light_curve(path).t0 else place.t0
    except FormatError:
        return place.t0


def _enough_outside(curve: LightCurve, window: tuple[float, float]) -> bool:
    least = LEAST_OUTSIDE * (window[1] - window[0])
    return window[0] - float(curve.start[0]) >= least and float(curve.stop[-1]) - window[1] >= least


def _result(
    best: Candidate,
    found: list[Candidate],
    t0: datetime,
    window: tuple[float, float],
    fetched: Mapping[str, Any],
    *,
    kept: bool,
) -> Result:
    curve, excess, last = best.curve, best.examined.found, best.examined.last
    given = best.examined.result
    values = dict(given.values)
    sigma = _after_trials(excess.probability, len(found))
    caveats = [*given.caveats, *fetched.get("caveats", [])]
    if len(found) > 1:
        trials = values["trials"].value * len(found)
        values |= {"significance": Quantity(value=sigma), "trials": Quantity(value=trials)}
        caveats.append(f"The most significant of {len(found)} light curves; each counts as a trial.")
    begin, end = max(window[0], float(curve.start[0])), min(window[1], float(curve.stop[-1]))
    if begin > window[0] + curve.step or end < window[1] - curve.step:
        caveats.append(f"Its data cover {begin:+.4g} to {end:+.4g} s of T0.")
    inside = curve.between(begin, end)
    missing = float((inside.start[1:] - inside.stop[:-1])[gaps(inside)[1:]].sum()) if len(inside.start) > 1 else 0.0
    if missing > 0.0:
        caveats.append(f"Its data have gaps of {missing:.3g} s in all: what fell into them is not counted.")
    if last is not None and excess.stop - excess.start < 1.5 * curve.step:
        caveats.append("It stands out in a single bin: such spikes are also made by cosmic rays in the detector.")
    if best.place is not None and best.place.distance > FAR_KM:
        way = best.place.distance / LIGHT_KM_S
        caveats.append(f"It is {way:.3g} light seconds from the Earth: its own times may differ from T0 by as much.")
    answer = given.answer
    if last is not None:
        where = f"{last.begin:+.3g} s from T0" if abs(last.begin) >= 0.01 else "at T0"
        sure = BEYOND_SIGMA if sigma >= MOST_SIGMA else f"{sigma:.1f} sigma"
        name = answer.partition(": burst at ")[0]
        values["brightest"] = Quantity(value=excess.stop - excess.start, unit="s")
        is_burst = sigma >= DETECTED_SIGMA
        answer = (
            f"{name}: {sure} over {excess.stop - excess.start:.3g} s after trials, begins {where}, "
            f"T90 = {last.t90:.3g} ± {last.t90_error:.2g} s"
            if is_burst
            else f"{name}: no burst ({sure} after trials)"
        )
    sha256 = hashlib.sha256(best.file.read_bytes()).hexdigest()
    by = (best.own_t0 - t0).total_seconds()
    data = {
        "file": str(best.file) if kept else best.file.name,
        "sha256": sha256,
        "t0": iso(best.own_t0),
        "step": curve.step,
        "instrument": curve.instrument,
        "kept": kept,
        **({"burst": [last.begin - by, last.end - by]} if last else {}),
        **({"place": msgspec.to_builtins(best.place)} if best.place else {}),
        **{key: value for key, value in fetched.items() if key == "service"},
    }
    return Result(
        answer=answer,
        values=values,
        tables=[_shown(best, window)],
        figures=given.figures,
        caveats=caveats,
        provenance={DATA: data},
    )


def _after_trials(probability: float, times: int) -> float:
    """The significance of the best of so many, each as unlikely as this."""
    return sigma_of(-math.expm1(times * math.log1p(-probability)) if probability < 1.0 else 1.0)


def gaps(curve: LightCurve) -> NDArray[np.bool_]:
    """Whether there is a gap before each bin."""
    found = np.zeros(len(curve.start), dtype=bool)
    found[1:] = curve.start[1:] - curve.stop[:-1] > 0.5 * curve.step
    return found


def _groups(curve: LightCurve, many: int) -> NDArray[np.int64]:
    """Where groups of so many bins begin, none across a gap."""
    begins = np.flatnonzero(gaps(curve) | (np.arange(len(curve.start)) == 0))
    parts = [np.arange(a, b, many) for a, b in zip(begins, [*begins[1:], len(curve.start)], strict=True)]
    return np.concatenate(parts)


def _shown(best: Candidate, window: tuple[float, float]) -> Table:
    """The light curve around the burst, or in the window, in bins that a figure can show."""
    curve, last, background = best.curve, best.examined.last, best.examined.background
    low, high = window
    if last is not None:
        margin = max(0.7 * last.t90, 20.0 * curve.step)
        low, high = last.begin - margin, last.end + margin
    keep = (curve.stop > low) & (curve.start < high)
    shown, under = curve.where(keep), background.rate[keep]
    first = _groups(shown, max(1, math.ceil(keep.sum() / SHOWN_BINS)))
    count = np.diff(np.append(first, len(shown.rate)))
    last_of = first + count - 1
    rate, level = (np.add.reduceat(what, first) / count for what in (shown.rate, under))
    error = np.sqrt(np.add.reduceat(shown.error**2, first)) / count * background.excess
    rows: list[list[str | float | None]] = [
        [round(float(a), 6), round(float(b), 6), *(float(f"{x:.6g}") for x in (r, u, e))]
        for a, b, r, u, e in zip(shown.start[first], shown.stop[last_of], rate, level, error, strict=True)
    ]
    unit = curve.unit
    columns = ["from [s]", "to [s]", f"rate [{unit}]", f"background [{unit}]", f"error [{unit}]"]
    return Table(name=CURVE, columns=columns, rows=rows)
