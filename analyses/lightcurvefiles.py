"""Light curves from the files that instruments' teams and MMODA hand out. The only module that knows their layouts.

| Layout | Who |
|---|---|
| FITS `RATE` table (OGIP 93-003) | SPI-ACS, IBIS/ISGRI, JEM-X by MMODA; Swift BAT |
| FITS `EVENTS` table | Fermi GBM time-tagged events |
| columns of text with the bins' ends named `Ti Tf` | Konus-Wind, published tables |
| two or more columns of text: time and counts | Interplanetary Network exchange files, whose head tells T0 |
| the same with times in Modified Julian Days, UTC | IBIS/PICsIT, published tables |
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from analyses.lightcurve import LightCurve, Values, binned
from nuncius.core.errors import FormatError

MAX_BYTES = 256 * 1024 * 1024
#: Bins of a list of events where nobody says how wide, seconds.
EVENT_STEP_S = 0.064
_FITS = b"SIMPLE  ="
#: First columns between these are Modified Julian Days (1995 to 2050): nobody's light curve begins so late after T0.
_MJD = (49_718.0, 69_807.0)
_HEAD = re.compile(r"'(\d\d/\d\d/\d\d)'\s+(\d{1,5}(?:\.\d*)?)\s*$")


def read_light_curve(
    file: Path,
    *,
    t0: datetime | None = None,
    instrument: str = "",
    step: float | None = None,
    band: tuple[float, float] | None = None,
    columns: tuple[int, ...] = (),
) -> LightCurve:
    """The light curve in a file. `t0` is needed where the file does not tell it, and wins where it does; `step` is the
    width of bins for lists of events, in seconds; `band` chooses events by energy, in keV; `columns` are those of text
    to add up, counted from 1 behind the time (default: all). Raises FormatError."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise FormatError(f"{file.name}: {size} bytes; light curves over {MAX_BYTES} bytes are refused")
        content = file.read_bytes()
    except OSError as error:
        raise FormatError(f"{file} cannot be read: {error.strerror}") from error
    return light_curve_of(content, file.name, t0=t0, instrument=instrument, step=step, band=band, columns=columns)


def light_curve_of(
    content: bytes,
    name: str,
    *,
    t0: datetime | None = None,
    instrument: str = "",
    step: float | None = None,
    band: tuple[float, float] | None = None,
    columns: tuple[int, ...] = (),
) -> LightCurve:
    """The same of a file's content; `name` is for errors, and for the instrument where nobody says it."""
    content = unpacked(content, name)
    if content[:9] == _FITS:
        return _fits(content, name, t0, instrument, step, band)
    return _text(content, name, t0, instrument or Path(name).stem, columns)


def unpacked(content: bytes, name: str) -> bytes:
    """The content of a gzip file, never more than MAX_BYTES of it; anything else as it is. Raises FormatError."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            found = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(f"{name}: not FITS that can be read: gzip that cannot be unpacked: {error}") from error
    if len(found) > MAX_BYTES:
        raise FormatError(f"{name}: more than {MAX_BYTES} bytes when unpacked; refused")
    return found


# --- FITS ---


def _fits(
    content: bytes,
    name: str,
    t0: datetime | None,
    instrument: str,
    step: float | None,
    band: tuple[float, float] | None,
) -> LightCurve:
    from astropy.io import fits

    try:
        with fits.open(io.BytesIO(content)) as units:
            tables = [unit for unit in units if getattr(unit, "columns", None) is not None]
            for unit in tables:
                words = {column.upper() for column in unit.columns.names}
                if {"TIME", "RATE"} <= words:
                    return _rates(unit, t0, instrument)
            for unit in tables:
                if unit.name == "EVENTS" and "TIME" in unit.columns.names:
                    return _events(unit, units, t0, instrument, step or EVENT_STEP_S, band)
    except FormatError:
        raise
    except Exception as error:  # astropy raises what it likes for a damaged file
        raise FormatError(f"{name}: not FITS that can be read: {type(error).__name__}: {error}") from error
    raise FormatError(f"{name}: no table with TIME and RATE and none named EVENTS; tables: {[u.name for u in tables]}")


def _reference(header: Any) -> Any:
    """The moment from which a table's times count, as an astropy Time."""
    from astropy.time import Time

    whole, part = header.get("MJDREFI", header.get("MJDREF", 0.0)), header.get("MJDREFF", 0.0)
    scale = str(header.get("TIMESYS", "TT")).strip().lower()
    return Time(float(whole), float(part), format="mjd", scale=scale if scale in ("tt", "utc", "tdb", "tai") else "tt")


def _seconds(header: Any, key: str, unit: str) -> float:
    return float(header.get(key, 0.0)) * (86400.0 if unit == "d" else 1.0)


def _moment(header: Any, seconds: float) -> datetime:
    """The UTC of a spacecraft's clock."""
    from astropy.time import TimeDelta

    reference = _reference(header)
    if "UTCFINIT" in header and not header.get("CLOCKAPP"):
        # Swift's clock runs wrong by seconds, and this number mends it, leap seconds included.
        begin: datetime = reference.utc.to_datetime(timezone=UTC)
        return begin + timedelta(seconds=seconds + float(header["UTCFINIT"]))
    found: datetime = (reference + TimeDelta(seconds, format="sec")).utc.to_datetime(timezone=UTC)
    return found


def _rates(unit: Any, t0: datetime | None, instrument: str) -> LightCurve:
    header, data = unit.header, unit.data
    scale = 86400.0 if str(header.get("TIMEUNIT", "s")).strip() == "d" else 1.0
    zero = _seconds(header, "TIMEZERO", "d" if scale > 1.0 else "s")
    time = np.asarray(data["TIME"], dtype=float) * scale
    width = np.asarray(data["TIMEDEL"], float) * scale if "TIMEDEL" in data.names else np.full(len(time), 0.0)
    if not width.any():
        width[:] = _seconds(header, "TIMEDEL", "d" if scale > 1.0 else "s") or float(np.median(np.diff(time)))
    begin = time - float(header.get("TIMEPIXR", 0.5)) * width
    # The trigger's own time where the file tells it, else the moment that its times count from.
    origin = float(header["TRIGTIME"]) if "TRIGTIME" in header else zero if zero else float(begin[0])
    own = _moment(header, origin)
    shift = origin - zero + ((t0 - own).total_seconds() if t0 else 0.0)
    rate = np.asarray(data["RATE"], dtype=float)
    error = np.asarray(data["ERROR"], dtype=float) if "ERROR" in data.names else np.sqrt(np.maximum(rate, 1.0) / width)
    # A bin may end before it begins: MMODA's JEM-X light curves have such rows.
    well = np.isfinite(rate) & np.isfinite(error) & (error > 0.0) & (width > 0.0)
    low, high = header.get("E_MIN"), header.get("E_MAX")
    return LightCurve(
        instrument=instrument or " ".join(str(header.get(key, "")) for key in ("TELESCOP", "INSTRUME")).strip(),
        t0=t0 or own,
        start=begin - shift,
        stop=begin + width - shift,
        rate=rate,
        error=error,
        unit=_unit(unit.columns["RATE"].unit),
        band=None if low is None or high is None else (float(low), float(high)),
    ).where(well)


def _unit(said: str | None) -> str:
    """What a rate is in: counts a second, unless the column says something else."""
    word = str(said or "").strip()
    return "ct / s" if not word or re.fullmatch(r"(counts?|cts?|cnts?)\s*(/\s*s(ec)?|s\*{0,2}\(?-1\)?)", word) else word


def _events(
    unit: Any, units: Any, t0: datetime | None, instrument: str, step: float, band: tuple[float, float] | None
) -> LightCurve:
    header = unit.header
    origin = float(header.get("TRIGTIME", header.get("TSTART", 0.0)))
    own = _moment(header, origin)
    times = np.asarray(unit.data["TIME"], dtype=float) - origin - ((t0 - own).total_seconds() if t0 else 0.0)
    if band is not None and "EBOUNDS" in units and "PHA" in unit.data.names:
        bounds = units["EBOUNDS"].data
        inside = (bounds["E_MIN"] >= band[0]) & (bounds["E_MAX"] <= band[1])
        times = times[np.isin(unit.data["PHA"], bounds["CHANNEL"][inside])]
    first, last = float(np.ceil(times.min() / step)), float(np.floor(times.max() / step))
    words = (str(header.get(key, "")) for key in ("TELESCOP", "INSTRUME", "DETNAM"))
    return binned(
        times,
        instrument=instrument or " ".join(word for word in words if word),
        t0=t0 or own,
        edges=np.arange(first, last + 0.5) * step,
        band=band,
    )


# --- text ---


def _text(content: bytes, name: str, t0: datetime | None, instrument: str, columns: tuple[int, ...]) -> LightCurve:
    try:
        lines = content.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}: neither FITS nor text: byte {content[error.start]:#x} at {error.start}") from error
    table = _table(lines, name)
    t0 = t0 or _told_t0(lines)
    if _MJD[0] < table[0, 0] and table[-1, 0] < _MJD[1]:
        t0, table = _counted_from(table, t0)
    if t0 is None:
        raise FormatError(f"{name}: a table of text does not tell its T0; give it")
    head = next((line.split() for line in lines if re.match(r"\s*T(?:i|start)\b", line)), [])
    ends = len(head) > 1 and head[1].lower() in ("tf", "tstop")
    start = table[:, 0]
    step = float(np.median(np.diff(start)))
    stop = table[:, 1] if ends else start + step
    counts = table[:, 2 if ends else 1 :]
    if columns:
        counts = counts[:, [column - 1 for column in columns]]
    total = counts.sum(axis=1)
    width = stop - start
    return LightCurve(
        instrument=instrument,
        t0=t0.astimezone(UTC),
        start=start,
        stop=stop,
        rate=total / width,
        error=np.sqrt(np.maximum(total, 1.0)) / width,
    )


def _told_t0(lines: list[str]) -> datetime | None:
    """T0 as exchange files of the Interplanetary Network write it above the table: `'HEND ' '15/04/20' 30325.011`, day,
    month, year and second of the day."""
    found = next((match for line in lines[:3] if (match := _HEAD.search(line))), None)
    if found is None:
        return None
    day, month, year = (int(part) for part in found[1].split("/"))
    try:
        midnight = datetime(year + (2000 if year < 70 else 1900), month, day, tzinfo=UTC)
    except ValueError:
        return None
    return midnight + timedelta(seconds=float(found[2]))


def _counted_from(table: Values, t0: datetime | None) -> tuple[datetime, Values]:
    """A table in Modified Julian Days as seconds after T0, or after its first bin where nobody says T0."""
    zero = datetime(1858, 11, 17, tzinfo=UTC)
    t0 = t0 or zero + timedelta(days=float(table[0, 0]))
    counted = table.copy()
    counted[:, 0] = (table[:, 0] - (t0 - zero) / timedelta(days=1)) * 86400.0
    return t0, counted


def _table(lines: list[str], name: str) -> Values:
    """The longest run of lines that hold numbers, as many in each, the first of them rising from line to line."""
    runs: list[list[list[float]]] = [[]]
    for line in lines:
        row = _numbers(line)
        before = runs[-1][-1] if runs[-1] else row
        if len(row) != len(before) or not row or (runs[-1] and row[0] <= before[0]):
            runs.append([])
        if row:
            runs[-1].append(row)
    longest = max(runs, key=len)
    if len(longest) < 3 or len(longest[0]) < 2:
        raise FormatError(f"{name}: no table of numbers: at least three lines, a time that rises and counts behind it")
    return np.array(longest)


def _numbers(line: str) -> list[float]:
    try:
        return [float(cell) for cell in line.split()]
    except ValueError:
        return []
