"""Observatories and space telescopes by key, from `config/observatories.toml` and `config/space_telescopes.toml`: data
only, so that people add theirs without code."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean

#: Beside the packages, in a checkout and in an installation alike.
CONFIG = Path(__file__).resolve().parent.parent / "config"


class Observatory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place to observe from. Geodetic degrees, longitude positive to the east; height in metres. `field_deg2` is
    that of the `instrument`, `pointing_s` what a pointing takes in all; the target stands between `altitude_min` and
    `altitude_max`, the Sun below `sun_max`, the Moon at least `moon_min` away (degrees)."""

    name: str
    longitude: Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)]
    latitude: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    height: Annotated[float, msgspec.Meta(ge=-500.0, le=9000.0)] = 0.0
    instrument: str = ""
    field_deg2: Annotated[float, msgspec.Meta(gt=0.0, le=3000.0)] = 0.05
    pointing_s: Annotated[float, msgspec.Meta(ge=30.0, le=14400.0)] = 300.0
    altitude_min: Annotated[float, msgspec.Meta(ge=0.0, lt=90.0)] = 20.0
    altitude_max: Annotated[float, msgspec.Meta(gt=0.0, le=90.0)] = 90.0
    sun_max: Annotated[float, msgspec.Meta(ge=-90.0, le=0.0)] = -12.0
    moon_min: Annotated[float, msgspec.Meta(ge=0.0, lt=180.0)] = 20.0

    def __post_init__(self) -> None:
        if self.altitude_max <= self.altitude_min:
            raise ValueError("`altitude_max` must be above `altitude_min`")


class SpaceTelescope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far from the Sun and the Moon it may point, degrees."""

    name: str
    sun_min: Annotated[float, msgspec.Meta(ge=0.0, le=180.0)] = 0.0
    sun_max: Annotated[float, msgspec.Meta(ge=0.0, le=180.0)] = 180.0
    moon_min: Annotated[float, msgspec.Meta(ge=0.0, le=180.0)] = 0.0
    low_orbit: bool = False


def load_observatories(path: Path | None = None) -> dict[str, Observatory]:
    """All observatories by key. Raises ConfigurationError naming file and field."""
    path = path or CONFIG / "observatories.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, Observatory])
    except (OSError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def load_space_telescopes(path: Path | None = None) -> dict[str, SpaceTelescope]:
    """All space telescopes by key. Raises ConfigurationError naming file and field."""
    path = path or CONFIG / "space_telescopes.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, SpaceTelescope])
    except (OSError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def choose(keys: Sequence[str], known: dict[str, Observatory]) -> dict[str, Observatory]:
    """Those of `keys`, or all. Raises ConfigurationError with the nearest known key."""
    for key in keys:
        if key not in known:
            raise ConfigurationError(f"no observatory has the key '{key}'{did_you_mean(key, list(known))}")
    return {key: known[key] for key in keys or known}


def choose_space(keys: Sequence[str]) -> list[SpaceTelescope]:
    """Those of `keys`, or all. Raises ConfigurationError with the nearest known key."""
    known = load_space_telescopes()
    for key in keys:
        if key not in known:
            raise ConfigurationError(f"no space telescope has the key '{key}'{did_you_mean(key, list(known))}")
    return [known[key] for key in keys or known]
