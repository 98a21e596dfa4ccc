"""Writes down what a notebook asks of archives while it runs: which object, position and catalogue, of whom. Standard
library only, and never in the way: a call that cannot be described is made all the same.

One line of JSON a call. Calls within a call (a name resolved on the way) belong to it.
"""

import contextlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

MOST = 2000
LONGEST = 500
OBJECT = frozenset({"object_name", "objectname", "objname", "object", "name", "target", "identifier", "src_name"})
PLACE = frozenset({"coordinates", "coordinate", "coord", "position", "pos", "skycoord", "region"})
_WIDTH = frozenset({"radius", "width", "sr", "size"})
_CATALOGUE = frozenset({"catalog", "catalogs", "catalogue", "mission", "table", "survey", "surveys", "heasarc_table"})
_FROM = re.compile(r"\bfrom\s+([\w.\"/-]{1,80})", re.IGNORECASE)
_CIRCLE = re.compile(r"circle\s*\(\s*(?:'[^']*'\s*,)?\s*([-+\d.e]+)\s*,\s*([-+\d.e]+)\s*,\s*([-+\d.e]+)", re.IGNORECASE)

_now = threading.local()
_lock = threading.Lock()
_file = ""
_written = 0
_hosts: set[str] = set()


def begin(file: str) -> None:
    """Write into this file from now on."""
    global _file
    _file = file
    sys.addaudithook(_heard)


# --- what goes over the network ---


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.getaddrinfo" or not arguments or arguments[0] is None:
        return
    host = arguments[0].decode("ascii", "replace") if isinstance(arguments[0], bytes) else str(arguments[0])
    port = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], int) else None
    named = host if port in (None, 0, 80, 443) else f"{host}:{port}"
    calls = getattr(_now, "calls", None)
    if calls:
        calls[0]["hosts"].add(named)
    elif named not in _hosts:
        _hosts.add(named)
        _write({"kind": "host", "hosts": [named]})


def _write(record: dict[str, Any]) -> None:
    global _written
    with contextlib.suppress(Exception), _lock:
        if _written < MOST:
            _written += 1
            with open(_file, "a", encoding="utf-8") as out:
                out.write(json.dumps(record, default=str) + "\n")


# --- calls ---


@contextlib.contextmanager
def call(describe: Callable[[], dict[str, Any]], *, surely: bool) -> Iterator[None]:
    """Write the outermost call down when it ends."""
    calls = _now.__dict__.setdefault("calls", [])
    record: dict[str, Any] = {"hosts": set()}
    calls.append(record)
    started, ok = time.time(), False
    try:
        yield
        ok = True
    finally:
        calls.pop()
        if not calls and (surely or record["hosts"]):
            with contextlib.suppress(Exception):
                said = describe()
                hosts = sorted({*record["hosts"], *([host] if (host := _host(said.get("url", ""))) else [])})
                took = {"ok": ok, "at": round(started, 3), "seconds": round(time.time() - started, 3)}
                _write({**said, "hosts": hosts, **took})


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def address(url: Any) -> str:
    """An address without the query and the user, which may hold a secret."""
    parts = urlsplit(str(url))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))[:LONGEST]


def _angle(value: Any) -> "float | None":
    """Degrees of a number (taken as such), a Quantity or a text such as `2 arcmin`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    with contextlib.suppress(Exception):
        from astropy.coordinates import Angle

        return float(Angle(value).to_value("deg"))
    return None


def place(value: Any) -> dict[str, Any]:
    """A position: a SkyCoord, two numbers, a text with coordinates, or else the name of an object."""
    with contextlib.suppress(Exception):
        if isinstance(value, str):
            from astropy.coordinates import SkyCoord

            try:
                value = SkyCoord(value)
            except Exception:
                return {"object": value[:LONGEST]}
        if hasattr(value, "icrs"):
            ra, dec = value.icrs.ra.deg, value.icrs.dec.deg
            if getattr(value, "isscalar", True):
                return {"ra": round(float(ra), 7), "dec": round(float(dec), 7)}
            return {"ra": round(float(ra[0]), 7), "dec": round(float(dec[0]), 7), "positions": len(ra)}
        ra, dec = value
        return {"ra": float(ra), "dec": float(dec)}
    return {}


def texts(value: Any) -> list[str]:
    entries = value if isinstance(value, list | tuple | set) else [value]
    return [str(entry)[:LONGEST] for entry in entries if entry is not None][:20]


def described(named: dict[str, Any]) -> dict[str, Any]:
    """What arguments say: the object, the position, the catalogue, the query."""
    out: dict[str, Any] = {}
    for name, value in named.items():
        word = name.lower()
        if value is None:
            continue
        if word in OBJECT and isinstance(value, str):
            out["object"] = value[:LONGEST]
        elif word in PLACE:
            out |= place(value)
        elif word in _WIDTH and (radius := _angle(value)) is not None:
            out["radius"] = round(radius, 7)
        elif word in _CATALOGUE:
            out["catalogues"] = texts(value)
        elif word in ("query", "adql", "query_string") and isinstance(value, str):
            out |= adql(value)
    return out


def adql(query: str) -> dict[str, Any]:
    """What a query in ADQL says of tables and places."""
    out: dict[str, Any] = {"query": query[:LONGEST]}
    if tables := _FROM.findall(query):
        out["catalogues"] = [table.strip('"') for table in dict.fromkeys(tables)][:20]
    if circle := _CIRCLE.search(query):
        with contextlib.suppress(ValueError):
            out |= dict(zip(("ra", "dec", "radius"), map(float, circle.groups()), strict=True))
    return out
