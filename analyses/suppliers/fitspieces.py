"""FITS from others as pieces of a result: light curves that `light-curve` and `time-delay` can read, spectra, images,
tables.

MMODA's tables of time are written in more than one way, and read wrongly they are off by years: those without a
reference date are given the one that their numbers must have, or are refused as light curves."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from analyses.lightcurve import LightCurve
from analyses.lightcurvefiles import light_curve_of
from analyses.suppliers import drawing
from analyses.suppliers.pieces import MAX_COLUMNS, Pieces, plain
from nuncius.core.errors import FormatError, PermanentError

#: INTEGRAL counts days from 2000-01-01 (TT), as MJD.
IJD_ZERO = 51544.0
#: MJD of 1900 and of 2132: days between are MJD, days below are not.
MJD_RANGE = (15020.0, 100_000.0)
_ERRORS = ("ERROR", "ERR", "RATE_ERR", "ERR_RATE", "STAT_ERR", "COUNTS_ERR")
_VALUES = ("RATE", "COUNTS", "FLUX")
#: A light curve may begin or end so far beyond what was asked for: pointings are taken whole.
SLACK = timedelta(days=1)
#: What a light curve's header keeps.
_KEPT = ("TELESCOP", "INSTRUME", "OBJECT", "RA_OBJ", "DEC_OBJ", "MJDREF", "MJDREFI", "MJDREFF", "TIMESYS", "TIMEUNIT",
         "TIMEZERO", "TIMEPIXR", "E_MIN", "E_MAX")  # fmt: skip
MAX_IMAGE_PIXELS = 64_000_000

Span = tuple[datetime, datetime]


def fits_file(pieces: Pieces, name: str, content: bytes, *, asked: Span | None = None) -> None:
    """A FITS file as pieces. `asked` is the time that was asked for: a light curve of another time is refused.
    Raises PermanentError."""
    from astropy.io import fits

    try:
        with fits.open(io.BytesIO(content), memmap=False) as units:
            fits_units(pieces, name, list(units), asked=asked)
    except PermanentError:
        raise
    except Exception as error:  # astropy raises what it likes for a damaged file
        raise PermanentError(f"{pieces.what}: {name!r} is FITS that cannot be read: {error}") from error


def fits_units(pieces: Pieces, name: str, units: list[Any], *, asked: Span | None = None) -> None:
    """Units of a FITS file as pieces; each light curve becomes a file of its own, the others stay together."""
    from astropy.io import fits

    others: list[Any] = []
    images: list[Any] = []
    for unit in units:
        columns = getattr(unit, "columns", None)
        words = {column.upper(): column for column in columns.names} if columns is not None else {}
        if "TIME" in words and any(word in words for word in _VALUES):
            if _curve(pieces, name, unit, asked):
                continue
        elif columns is not None and len(columns.names):
            _table(pieces, name, unit, words)
        elif unit.data is not None and np.ndim(unit.data) == 2 and unit.data.size:
            images.append(unit)
        if columns is not None or unit.data is not None:
            others.append(unit)
    if images:
        _image(pieces, name, images)
    if others:
        out = io.BytesIO()
        first = [] if isinstance(others[0], fits.PrimaryHDU) else [fits.PrimaryHDU()]
        fits.HDUList([*first, *others]).writeto(out, output_verify="silentfix+ignore")
        pieces.file(f"{plain(name)}.fits", out.getvalue())


def _curve(pieces: Pieces, name: str, unit: Any, asked: Span | None) -> bool:
    """Add a light curve; False where its times cannot be told, so that it stays a table."""
    from astropy.io import fits

    told = _dated(unit)
    if told is None:
        pieces.caveats.append(f"{name}: nothing says what its times count from, so it is a table and no light curve.")
        _table(pieces, name, unit, {})
        return False
    if told:
        pieces.caveats.append(f"{name}: {told}")
    rated, lost = _with_rate(unit)
    if lost:
        pieces.caveats.append(f"{name}: {lost} bins without a time, a value or a positive width are left out.")
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), rated]).writeto(out, output_verify="silentfix+ignore")
    try:
        curve = light_curve_of(out.getvalue(), name)
    except (FormatError, IndexError, ValueError) as error:
        raise PermanentError(f"{pieces.what}: light curve {name!r}: {error}") from error
    if not len(curve.rate):
        pieces.caveats.append(f"{name}: no bin of the light curve holds a number.")
        return False
    begin, end = (curve.t0 + timedelta(seconds=float(edge)) for edge in (curve.start[0], curve.stop[-1]))
    if asked and (end < asked[0] - SLACK or begin > asked[1] + SLACK):
        raise PermanentError(
            f"{pieces.what}: the light curve {name!r} is of {begin:%Y-%m-%dT%H:%M:%S} to {end:%Y-%m-%dT%H:%M:%S}, but "
            f"{asked[0]:%Y-%m-%dT%H:%M:%S} to {asked[1]:%Y-%m-%dT%H:%M:%S} was asked for: the answer is to another "
            "question"
        )
    pieces.file(f"{plain(name)}.fits", out.getvalue())
    _summary(pieces, name, curve)
    pieces.figure(plain(name), *drawing.light_curve(name, curve))
    return True


def _summary(pieces: Pieces, name: str, curve: LightCurve) -> None:
    weight = 1.0 / curve.error**2
    pieces.number(f"{name}_mean", float(np.sum(curve.rate * weight) / np.sum(weight)), curve.unit)
    pieces.number(f"{name}_bins", len(curve.rate))
    pieces.number(f"{name}_duration", float(curve.stop[-1] - curve.start[0]), "s")
    rows = list(zip(curve.start.tolist(), curve.stop.tolist(), curve.rate.tolist(), curve.error.tolist(), strict=True))
    zero = f"{curve.t0:%Y-%m-%d %H:%M:%S.%f}"[:-3]
    heads = [f"start [s after {zero} UTC]", "stop [s]", f"rate [{curve.unit}]", f"error [{curve.unit}]"]
    pieces.table(name, heads, rows)


def _dated(unit: Any) -> str | None:
    """Give a table of times its reference and unit where these are missing; what had to be assumed, or None where
    nobody can tell. Light curves of workflows count MJD (UTC) without saying so, INTEGRAL's days from 2000 on."""
    header, column = unit.header, next(c for c in unit.columns if c.name.upper() == "TIME")
    said = str(header.get("TIMEUNIT") or column.unit or "").strip().lower()
    word = "d" if said in ("d", "day", "days") else "s" if said in ("s", "sec", "second", "seconds") else ""
    if "MJDREF" in header or "MJDREFI" in header:
        header["TIMEUNIT"] = word or "s"  # OGIP's own
        return ""
    middle = float(np.nanmedian(np.asarray(unit.data[column.name], dtype=float)))
    if word == "s" or not np.isfinite(middle):
        return None
    if MJD_RANGE[0] <= middle <= MJD_RANGE[1]:
        header.update({"TIMEUNIT": "d", "MJDREF": 0.0, "TIMESYS": str(header.get("TIMESYS") or "UTC")})
        return "times are taken as MJD (UTC), which the table does not say."
    if 0.0 < middle < MJD_RANGE[0] and str(header.get("TELESCOP", "")).strip().upper() == "INTEGRAL":
        header.update({"TIMEUNIT": "d", "MJDREF": IJD_ZERO, "TIMESYS": str(header.get("TIMESYS") or "TT")})
        return "times are taken as INTEGRAL's days since 2000-01-01 (TT), which the table does not say."
    return None


def _with_rate(unit: Any) -> tuple[Any, int]:
    """The table with columns TIME, RATE, ERROR and TIMEDEL, numbers in native bytes, in the order of time; and how many
    bins it had that are none."""
    from astropy.io import fits

    data, names = unit.data, {name.upper(): name for name in unit.columns.names}
    kind = next(word for word in _VALUES if word in names)
    time = np.asarray(data[names["TIME"]], dtype=float)
    values = np.asarray(data[names[kind]], dtype=float)
    if values.ndim != 1:  # one column for each band
        values = values.sum(axis=1)
    source = next((names[word] for word in _ERRORS if word in names), None)
    error = np.asarray(data[source], dtype=float) if source else None
    if error is not None and error.ndim != 1:
        error = np.sqrt((error**2).sum(axis=1))
    days = str(unit.header["TIMEUNIT"]).strip() == "d"
    width = _widths(unit, names, time)
    said_unit = unit.columns[names[kind]].unit
    if kind == "COUNTS":
        seconds = width * (86400.0 if days else 1.0)
        error = (np.sqrt(np.maximum(values, 1.0)) if error is None else error) / seconds
        values, said_unit = values / seconds, "count / s"
    well = np.isfinite(time) & np.isfinite(values) & (width > 0.0)
    order = np.argsort(time[well], kind="stable")
    time, values, width = (what[well][order] for what in (time, values, width))
    reference = _whole_days(unit.header, days, time)
    time = time - reference
    columns = [
        fits.Column("TIME", "D", unit="d" if days else "s", array=time),
        fits.Column("RATE", "D", unit=said_unit, array=values),
        fits.Column("TIMEDEL", "D", unit="d" if days else "s", array=width),
    ]
    if error is not None:
        columns.append(fits.Column("ERROR", "D", unit=said_unit, array=error[well][order]))
    made = fits.BinTableHDU.from_columns(columns, name="RATE")
    kept = (
        "TELESCOP INSTRUME OBJECT RA_OBJ DEC_OBJ MJDREF MJDREFI MJDREFF TIMESYS TIMEUNIT TIMEZERO TIMEPIXR E_MIN E_MAX"
    )
    for key in kept.split():
        if unit.header.get(key) not in (None, ""):
            made.header[key] = unit.header[key]
    if reference:
        made.header["MJDREF"] = float(made.header["MJDREF"]) + reference
    return made, int((~well).sum())


def _whole_days(header: Any, days: bool, time: Any) -> float:
    """Days of UTC to count from: from a far reference the leap seconds since would be lost."""
    utc = days and str(header.get("TIMESYS", "")).strip().upper() == "UTC" and "MJDREF" in header and len(time)
    return float(np.floor(time[0])) if utc else 0.0


def _widths(unit: Any, names: dict[str, str], time: Any) -> Any:
    if "TIMEDEL" in names:
        return np.asarray(unit.data[names["TIMEDEL"]], dtype=float)
    single = unit.header.get("TIMEDEL")
    if not isinstance(single, int | float) or not single > 0:
        single = float(np.median(np.diff(time))) if len(time) > 1 else 0.0
    if not single > 0:
        raise PermanentError("its bins have no width: no TIMEDEL, and times that do not rise")
    return np.full(len(time), float(single))


def _table(pieces: Pieces, name: str, unit: Any, words: dict[str, str]) -> None:
    """A table; a spectrum is drawn, too."""
    columns = unit.columns
    flat = [n for n in columns.names if unit.data[n].ndim == 1][:MAX_COLUMNS]
    title = name if unit.name in ("", "PRIMARY", name) else f"{name} {unit.name}"
    heads = [f"{column} [{columns[column].unit}]" if columns[column].unit else column for column in flat]
    pieces.table(title, heads, list(zip(*(unit.data[column].tolist() for column in flat), strict=True)))
    value = next((words[word] for word in ("RATE", "COUNTS", "FLUX") if word in words), None)
    channel = next((words[word] for word in ("CHANNEL", "ENERGY", "E_MIN") if word in words), None)
    if value and channel and unit.data[value].ndim == 1 and len(unit.data) > 1:
        error = next((words[word] for word in _ERRORS if word in words), None)
        pieces.figure(
            plain(title),
            *drawing.spectrum(
                title,
                np.asarray(unit.data[channel], dtype=float),
                np.asarray(unit.data[value], dtype=float),
                np.asarray(unit.data[error], dtype=float) if error else None,
                (channel, str(columns[channel].unit or "")),
                (value, str(columns[value].unit or "")),
            ),
        )


def _image(pieces: Pieces, name: str, images: list[Any]) -> None:
    """The brightest place of an image and a picture; among maps of one field, the one of significance."""
    kinds = [str(unit.header.get("IMATYPE", unit.name)).strip().upper() for unit in images]
    chosen = next((i for i, kind in enumerate(kinds) if kind.startswith("SIGNIF")), 0)
    unit = images[chosen]
    if unit.data.size > MAX_IMAGE_PIXELS:
        pieces.caveats.append(
            f"{name}: an image of {unit.data.size} pixels is not drawn; `keep` names a folder for it."
        )
        return
    data = np.asarray(unit.data, dtype=float)
    if not np.isfinite(data).any():
        pieces.caveats.append(f"{name}: no pixel of the image holds a number.")
        return
    row, column = (int(place) for place in np.unravel_index(int(np.nanargmax(data)), data.shape))
    place = _place(unit.header, float(column), float(row))
    pieces.number(f"{name}_peak", float(data[row, column]), str(unit.header.get("BUNIT", "") or ""))
    if place:
        pieces.number(f"{name}_peak_ra", place[0], "deg")
        pieces.number(f"{name}_peak_dec", place[1], "deg")
    pieces.figure(plain(name), *drawing.image(name, data, kinds[chosen], unit.header if place else None, (row, column)))
    if len(images) > 1:
        pieces.caveats.append(f"{name}: {len(images)} images ({', '.join(kinds[:8])}); shown is {kinds[chosen]}.")


def _place(header: Any, column: float, row: float) -> tuple[float, float] | None:
    """Right ascension and declination of a pixel; None where the image has no celestial axes."""
    from astropy.wcs import WCS

    try:
        wcs = WCS(header)
        if not wcs.has_celestial:
            return None
        sky = wcs.celestial.pixel_to_world(column, row).icrs
    except Exception:  # astropy.wcs raises what it likes for odd headers
        return None
    return float(sky.ra.deg), float(sky.dec.deg)
