"""What is known on the sky: the shipped list of well-known sources, and the catalogues that may be asked. Data and its
reading only; `archives` asks, `counterparts` judges."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from analyses.observatories import CONFIG
from nuncius.core.errors import ConfigurationError

Class = Literal[
    "galaxy",
    "agn",
    "blazar",
    "magnetar",
    "pulsar",
    "supernova remnant",
    "x-ray binary",
    "x-ray source",
    "gamma-ray source",
    "flare star",
    "fast radio burst",
    "gamma-ray burst",
    "supernova",
    "known object",
]

#: 1-sigma error of a position of the shipped list, degrees; of a galaxy's centre a little more.
SHIPPED_ERROR = 0.01
SHIPPED = "shipped list"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a catalogue. Degrees, ICRS; `error` is 1 sigma in each direction, `size` half its longest diameter;
    `distance` in Mpc. `faintness` orders entries of one catalogue: the smaller, the brighter."""

    name: str
    sort: Class
    ra: float
    dec: float
    error: float = SHIPPED_ERROR
    size: float = 0.0
    distance: float | None = None
    redshift: float | None = None
    faintness: float | None = None
    also: str = ""
    catalogue: str = SHIPPED


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"sort": "class"}):
    """A table that can be asked by position; `config/catalogues.toml` explains the words."""

    title: str
    url: str
    protocol: Literal["tap", "scs"]
    sort: Class
    density: Annotated[float, msgspec.Meta(gt=0.0)]
    match_means: str
    table: str = ""
    name: str = ""
    ra: str = ""
    dec: str = ""
    kind: str = ""
    redshift: str = ""
    distance: str = ""
    magnitude: str = ""
    flux: str = ""
    error: str = ""
    error_unit: Literal["", "arcsec", "arcmin", "deg"] = ""
    size: str = ""
    error_arcsec: Annotated[float, msgspec.Meta(ge=0.0)] = 1.0
    radius_max: Annotated[float, msgspec.Meta(gt=0.0, le=180.0)] = 1.0
    classes: dict[str, Class] = {}

    def __post_init__(self) -> None:
        if self.protocol == "tap" and not (self.table and self.name and self.ra and self.dec):
            raise ValueError("a table that is asked by tap needs `table`, `name`, `ra` and `dec`")


class _Row(msgspec.Struct, frozen=True, kw_only=True, rename={"sort": "class"}):
    """A line of the shipped list; its file says the units."""

    name: str
    sort: Class
    ra: Annotated[float, msgspec.Meta(ge=0.0, lt=360.0)]
    dec: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    size: float = 0.0
    distance: float | None = None
    redshift: float | None = None
    also: str = ""


def load_catalogues(path: Path | None = None) -> dict[str, Catalogue]:
    """The catalogues that may be asked, by key. Raises ConfigurationError naming file and field."""
    path = path or CONFIG / "catalogues.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, Catalogue])
    except (OSError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


@cache
def known_sources(path: Path = CONFIG / "known_sources.csv") -> tuple[Source, ...]:
    """The shipped list of well-known sources. Raises ConfigurationError naming file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    reader = csv.DictReader([line for _, line in numbered])
    found = []
    for row, (number, _) in zip(reader, numbered[1:], strict=False):
        try:
            given = msgspec.convert({key: value for key, value in row.items() if value}, _Row, strict=False)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"{path}, line {number}: {error}") from error
        found.append(Source(**{**msgspec.structs.asdict(given), "size": given.size / 60.0}))
    return tuple(found)


def nearby_galaxies() -> list[Source]:
    """The galaxies of the shipped list that have a distance."""
    return [source for source in known_sources() if source.sort == "galaxy" and source.distance is not None]


def light(galaxy: Source) -> float:
    """What a galaxy counts beside others where its luminosity is not known: the area of its disc in square kiloparsecs,
    for discs are about equally bright (Freeman 1970, ApJ 160, 811)."""
    across_kpc = 2.0 * galaxy.size * (galaxy.distance or 0.0) * 1000.0 * 0.0174533
    return max(across_kpc, 1.0) ** 2
