"""Checks that are data: `config/checks/*.yaml`, and whatever a person adds. Each says its kind and that kind's
parameters; an address in `${…}` is one that the settings give for the platform.

    check: resolver-crab
    about: The name resolver knows where the Crab is
    platform: mmoda
    kind: value
    url: ${resolver}/api/v1.1/byname/Crab
    expect:
      ra: {value: 83.63, absolute: 0.1}
    every: 1h
    proves: [names of sources]
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from analyses.checks.contract import Check, Finding, Platform, Weight
from analyses.checks.damping import Policy
from analyses.observatories import CONFIG
from analyses.plainyaml import documents
from nuncius.core.errors import ConfigurationError, NunciusError
from nuncius.core.registry import Registry, did_you_mean, discover

FOLDER = CONFIG / "checks"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}$")
_HOLE = re.compile(r"\$\{([a-z_][a-z0-9_]*)\}")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)$")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LEAST_EVERY_S = 5.0
MOST_EVERY_S = 366 * 86400.0
MOST_DEADLINE_S = 3600.0


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """A check as its file says it; `parameters` are its kind's own keys."""

    check: str
    about: str
    platform: str = "nuncius"
    kind: str
    every: str = "5m"
    deadline: str = "30s"
    severity: Weight = "warning"
    after: Policy = Policy()
    mend: str = ""
    proves: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}
    file: str = ""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of check: the struct of its parameters, and the function that looks. Parameters are text by then: no hole
    is left in them. A finding of the function needs no name and no `mend` of its own."""

    parameters: type[Any]
    look: Callable[[Any, Platform], Finding]


KINDS: Registry[Kind] = Registry("kind of check")


@cache
def kinds() -> Registry[Kind]:
    """All kinds."""
    discover(importlib.import_module("analyses.checks.kinds"))
    return KINDS


def declarations(paths: Sequence[Path]) -> list[Declared]:
    """The shipped checks, and those of `paths`; a later one replaces its namesake. Raises ConfigurationError naming the
    file and what is wrong."""
    found = {one.check: one for one in _read(FOLDER)}
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"checks.paths: there is no file or folder {path}")
        found |= {one.check: one for one in _read(path)}
    return list(found.values())


def _read(path: Path) -> list[Declared]:
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    found: dict[str, Declared] = {}
    for file in files:
        for document in documents(file):
            one = _declared(document, file)
            if one.check in found:
                raise ConfigurationError(f"{file}: the check '{one.check}' stands twice")
            found[one.check] = one
    return list(found.values())


def _declared(document: Any, file: Path) -> Declared:
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file}: a check is a map that begins `check: name`; received {document!r:.60}")
    name = str(document.get("check", "without a name"))
    own = set(Declared.__struct_fields__) - {"parameters", "file"}
    parameters = {str(key): value for key, value in document.items() if key not in own}
    try:
        said = {key: value for key, value in document.items() if key in own}
        one = msgspec.convert(said | {"parameters": parameters, "file": str(file)}, Declared)
        if not NAME.fullmatch(one.check):
            raise ConfigurationError("a name is small letters, digits, '-', '_' and '.'")
        instance(one, one.check, one.platform, None)  # finds wrong parameters and durations now, not at night
    except (msgspec.ValidationError, ConfigurationError) as error:
        hint = ""
        if "unknown field" in str(error) and str(document.get("kind")) in kinds():
            unknown = str(error).split("`")[1]
            hint = did_you_mean(unknown, [*own, *kinds()[str(document["kind"])].parameters.__struct_fields__])
        raise ConfigurationError(f"{file}: check '{name}': {error}{hint}") from error
    return one


def seconds(text: str) -> float:
    """A duration such as `10m` or `1.5h`, in seconds."""
    match = _DURATION.fullmatch(str(text).strip())
    if not match:
        raise ConfigurationError(f"a duration is a number with s, m, h or d; received '{text}'")
    return float(match[1]) * _UNITS[match[2]]


def instance(declared: Declared, name: str, platform: str, places: Mapping[str, str] | None) -> Check:
    """A declared check for one platform, whose addresses are `places` (None: it is not set up)."""
    kind = kinds()[declared.kind]
    every_s = seconds(declared.every)
    if not LEAST_EVERY_S <= every_s <= MOST_EVERY_S:
        raise ConfigurationError(f"every: at most every {LEAST_EVERY_S:g} s, at least once a year: '{declared.every}'")
    deadline_s = seconds(declared.deadline)
    if not 0.0 < deadline_s <= MOST_DEADLINE_S:
        raise ConfigurationError(f"deadline: more than 0 and at most an hour; received '{declared.deadline}'")
    msgspec.convert(declared.parameters, kind.parameters, strict=False)
    return Check(
        name=name,
        about=declared.about,
        look=partial(_look, declared, kind, platform, dict(places or {})),
        platform=platform,
        every_s=every_s,
        deadline_s=deadline_s,
        severity=declared.severity,
        proves=declared.proves,
        policy=declared.after,
        kind=declared.kind,
    )


def _look(declared: Declared, kind: Kind, name: str, places: Mapping[str, str], platform: Platform) -> Finding:
    """Fill in the addresses and look. What is not set up is neither well nor broken."""
    missing = sorted({hole for hole in _holes(declared.parameters) if not places.get(hole)})
    if missing:
        wanted = " and ".join(f"`{hole}`" for hole in missing)
        return Finding(name=declared.check, ok=None, reason=f"not set up: set {wanted} under [checks.platforms.{name}]")
    parameters = msgspec.convert(_filled(declared.parameters, places), kind.parameters, strict=False)
    try:
        finding = kind.look(parameters, platform)
    except NunciusError as error:
        finding = Finding(name=declared.check, ok=False, reason=str(error))
    if finding.ok is False and declared.mend:
        return msgspec.structs.replace(finding, mend=declared.mend)
    return finding


def _holes(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_HOLE.findall(value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {hole for item in inner for hole in _holes(item)}


def _filled(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _HOLE.sub(lambda hole: places[hole[1]].rstrip("/"), value)
    if isinstance(value, dict):
        return {key: _filled(item, places) for key, item in value.items()}
    return [_filled(item, places) for item in value] if isinstance(value, list) else value
