"""Instruments by key, from `config/instruments.toml`: what they see, how much of the sky, in which band."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from analyses.observatories import CONFIG
from analyses.settings import DataSource
from nuncius.core.errors import ConfigurationError

#: How an instrument sees: everything not behind a body; everything; through a coded mask; in a scanning or pointed
#: field; a detector network's antenna pattern.
FieldOfView = Literal["unocculted sky", "all sky", "coded mask", "wide field", "narrow field", "antenna pattern"]


class TypicalLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An upper limit on the flux of one event, at `sigma` standard deviations over `timescale_s` seconds, and the
    circular that it stands in."""

    flux: Annotated[float, msgspec.Meta(gt=0.0)]
    unit: str
    sigma: float
    timescale_s: float
    band: str
    source: str


class Instrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`band` is in `band_unit`; `field_deg2` the (half-coded) field of view where it is a fixed area. The words from
    `carrier` on say where it looks; `config/instruments.toml` explains them."""

    name: str
    mission: str
    messenger: Literal["EM", "GW", "Neutrino", "CR"]
    field_of_view: FieldOfView
    band: Annotated[list[float], msgspec.Meta(min_length=2, max_length=2)] | None = None
    band_unit: Literal["eV", "keV", "MeV", "GeV", "TeV", "Hz", "nm"] | None = None
    field_deg2: float | None = None
    until: str | None = None
    since: str | None = None
    carrier: str | None = None
    altitude_km: float | None = None
    half_angle: Annotated[float, msgspec.Meta(gt=0.0, le=180.0)] | None = None
    share: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] | None = None
    latitude: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)] | None = None
    limit: TypicalLimit | None = None
    triggers_per_year: Annotated[float, msgspec.Meta(gt=0.0)] | None = None
    data: DataSource | None = None


def load_instruments(path: Path | None = None) -> dict[str, Instrument]:
    """All instruments by key. Raises ConfigurationError naming file and field."""
    path = path or CONFIG / "instruments.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, Instrument])
    except (OSError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
