"""Observatories by key, from `config/observatories.toml`: data only, so that people add theirs without code."""

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
    """A place to observe from. Geodetic degrees, longitude positive to the east; height in metres."""

    name: str
    longitude: Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)]
    latitude: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    height: Annotated[float, msgspec.Meta(ge=-500.0, le=9000.0)] = 0.0


def load_observatories(path: Path | None = None) -> dict[str, Observatory]:
    """All observatories by key. Raises ConfigurationError naming file and field."""
    path = path or CONFIG / "observatories.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, Observatory])
    except (OSError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def choose(keys: Sequence[str], known: dict[str, Observatory]) -> dict[str, Observatory]:
    """Those of `keys`, or all. Raises ConfigurationError with the nearest known key."""
    for key in keys:
        if key not in known:
            raise ConfigurationError(f"no observatory has the key '{key}'{did_you_mean(key, list(known))}")
    return {key: known[key] for key in keys or known}
