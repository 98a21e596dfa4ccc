"""One question to one archive by pyvo, and its VOTable as sources. Bounded in time and size; a table that is made to do
harm is refused before it is parsed. Imported only where archives are asked: pyvo costs half a second."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from typing import Any

import httpx
import numpy as np
import pyvo
import requests
import urllib3
from astropy import units as u
from astropy.coordinates import SkyCoord

from analyses.catalogues import Catalogue, Class, Source
from analyses.suppliers.asking import Patience
from analyses.suppliers.asking import ask as ask_once
from nuncius.core.errors import FormatError
from nuncius.core.regions import separations

MAX_BYTES = 8 * 1024 * 1024
#: A field of more than so many numbers or letters, or a table said to have so many rows, makes a reader fill its memory
#: before it has read a row.
LONGEST_FIELD = 10_000
_PROMISES = re.compile(rb"(?:arraysize|nrows)\s*=\s*[\"']([\d x*]+)[\"']")


class Session:
    """What pyvo asks through: each answer read whole, in the time that is left, and looked at before it is parsed."""

    def __init__(self, patience: Patience, max_bytes: int = MAX_BYTES) -> None:
        self._patience, self._max_bytes = patience, max_bytes

    def get(self, url: str, *, params: Mapping[str, Any] | None = None, **_: Any) -> requests.Response:
        # httpx would put them in the place of what the address has already.
        return self._ask(str(httpx.URL(url).copy_merge_params(dict(params or {}))), None)

    def post(self, url: str, *, data: Mapping[str, Any] | None = None, **_: Any) -> requests.Response:
        return self._ask(url, dict(data or {}))

    def _ask(self, url: str, form: dict[str, Any] | None) -> requests.Response:
        reply = ask_once(url, self._patience, form=form, max_bytes=self._max_bytes)
        _look_at(reply.body)
        answer = requests.Response()
        answer.status_code, answer.url = reply.status, reply.url
        answer.raw = urllib3.HTTPResponse(body=io.BytesIO(reply.body), status=reply.status, preload_content=False)
        return answer


def _look_at(body: bytes) -> None:
    """Raises FormatError for what is no VOTable, or one that declares entities or promises more than it can hold."""
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"\0" in body[:1000] or not head.startswith(b"<") or b"VOTABLE" not in body[:20_000]:
        raise FormatError(f"the answer is no VOTable; it begins {head[:40]!r}")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise FormatError("the answer declares entities, which no VOTable needs; refused")
    for found in _PROMISES.finditer(body):
        sizes = [int(number) for number in re.findall(rb"\d+", found[1][:60])]
        if math.prod(sizes) > LONGEST_FIELD:
            raise FormatError(f"the answer promises {found[0].decode('ascii', 'replace')[:60]}; refused")


def ask(
    catalogue: Catalogue, ra: float, dec: float, radius: float, most: int, timeout_s: float
) -> tuple[list[Source], bool]:
    """The entries within `radius` degrees, nearest first, `most` of them, and whether there are more. Raises what pyvo,
    astropy and `ask` raise."""
    session = Session(Patience(timeout_s, catalogue.title))
    if catalogue.protocol == "tap":
        query = pyvo.dal.TAPQuery(catalogue.url, _adql(catalogue, ra, dec, radius, most), maxrec=most, session=session)
    else:
        place = SkyCoord(ra, dec, unit="deg")
        query = pyvo.dal.SCSQuery(catalogue.url, pos=place, radius=radius * u.deg, verbosity=2, session=session)
    results = query.execute()
    sources = _sources(results, catalogue)
    away = separations(ra, dec, [s.ra for s in sources], [s.dec for s in sources])
    within = [sources[index] for index in np.argsort(away, kind="stable") if away[index] <= radius]
    more = results.query_status == "OVERFLOW" if hasattr(results, "query_status") else False
    return within[:most], bool(more or len(sources) >= most)


def _adql(catalogue: Catalogue, ra: float, dec: float, radius: float, most: int) -> str:
    words = ("name", "ra", "dec", "kind", "redshift", "distance", "magnitude", "flux", "error", "size")
    columns = list(dict.fromkeys(getattr(catalogue, word) for word in words if getattr(catalogue, word)))
    point = f"POINT('ICRS', {catalogue.ra}, {catalogue.dec})"
    circle = f"CIRCLE('ICRS', {ra:.6f}, {dec:.6f}, {radius:.6f})"
    return f"SELECT TOP {most} {', '.join(columns)} FROM {catalogue.table} WHERE 1=CONTAINS({point}, {circle})"  # noqa: S608 — from the settings


def _sources(results: Any, catalogue: Catalogue) -> list[Source]:
    """Rows without a position are left out."""
    table = results.to_table()
    # Whole, since pyvo takes any field that is `meta.main` for any other.
    told = [(field.name, (field.ucd or "").lower().replace(" ", "")) for field in results.fielddescs]

    def column(word: str, *ucds: str) -> str:
        named = getattr(catalogue, word).strip('"')
        lowered = {name.lower(): name for name in table.colnames}
        if named:
            if named.lower() not in lowered and word in ("ra", "dec"):
                raise FormatError(f"the answer has no column '{named}', but {', '.join(table.colnames)[:80]}")
            return str(lowered.get(named.lower(), ""))
        return next((name for ucd in ucds for name, said in told if said == ucd), "")

    columns = {
        "ra": column("ra", "pos.eq.ra;meta.main", "pos_eq_ra_main"),
        "dec": column("dec", "pos.eq.dec;meta.main", "pos_eq_dec_main"),
        "name": column("name", "meta.id;meta.main", "id_main", "meta.id"),
        **{word: column(word) for word in ("kind", "redshift", "distance", "magnitude", "flux", "error", "size")},
    }
    if not columns["ra"] or not columns["dec"]:
        raise FormatError(f"the answer has no position among its columns {', '.join(table.colnames)[:80]}")
    scale = {
        word: _degrees(table[columns[word]].unit if columns[word] else None, catalogue) for word in ("error", "size")
    }
    found = (_source({word: _cell(row, name) for word, name in columns.items()}, catalogue, scale) for row in table)
    return [source for source in found if source is not None]


def _degrees(unit: Any, catalogue: Catalogue) -> float:
    """What a number of the server's unit is in degrees."""
    try:
        return float(u.Unit(catalogue.error_unit or unit or "arcsec").to("deg"))
    except (ValueError, TypeError, u.UnitsError):
        return 1.0 / 3600.0


def _cell(row: Any, name: str) -> Any:
    if not name or np.ma.is_masked(value := row[name]):
        return None
    return value


def _source(said: dict[str, Any], catalogue: Catalogue, scale: dict[str, float]) -> Source | None:
    ra, dec = _number(said["ra"]), _number(said["dec"])
    if ra is None or dec is None or not (0.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0):
        return None
    error, size = _number(said["error"]), _number(said["size"])
    magnitude, flux = _number(said["magnitude"]), _number(said["flux"])
    kind = _text(said["kind"])
    sort: Class = catalogue.classes.get(kind, catalogue.sort)
    return Source(
        name=_text(said["name"]) or f"RA {ra:.4f}, Dec {dec:+.4f}",
        sort=sort,
        ra=ra,
        dec=dec,
        error=error * scale["error"] if error is not None and error > 0.0 else catalogue.error_arcsec / 3600.0,
        size=size * scale["size"] if size is not None and size > 0.0 else 0.0,
        distance=_positive(said["distance"]),
        redshift=_number(said["redshift"]),
        faintness=magnitude if magnitude is not None else -flux if flux is not None else None,
        also=kind if kind not in catalogue.classes else "",
        catalogue=catalogue.title,
    )


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0.0 else None


def _text(value: Any) -> str:
    """Printable and short, whatever an archive has put there."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:60]
