"""Assumptions about physical reality, as named and versioned data: what is assumed, by whom, which analysis tests it
and with which tolerance. Nothing is run here; `analyses/verdicts.py` judges.

    assumption: amati-relation
    version: "1"
    about: The peak energy of a long burst follows its isotropic energy
    since: 2002
    by: Amati et al. 2002, A&A 390, 81; as in Amati et al. 2008, MNRAS 391, 577
    analysis: energetics
    needs: [fluence, redshift, epeak]
    holds: {quantity: amati_offset, within: [0, 0], systematic: 1, sigma: 3}
    applies:
      words: long bursts, with the peak energy measured
      where: {t90: {above: 2}}
    protects: energies and distances that are estimated from spectra

A value is violated only where it lies outside by more than `sigma` of its own error and `systematic` together. A limit
decides where all that it allows lies on one side, and otherwise says nothing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from analyses.contract import describe
from analyses.observatories import CONFIG
from analyses.plainyaml import documents
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean

SHIPPED = CONFIG / "assumptions"
#: Where this process' children find the paths, whoever starts them; separated as in PATH.
VARIABLE = "NUNCIUS_ASSUMPTIONS_PATHS"

Positive = Annotated[float, msgspec.Meta(ge=0.0)]


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a number shall lie: in one of these ways."""

    above: float | None = None
    below: float | None = None
    within: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end, infinite where it is open."""
        if self.within is not None:
            return self.within
        low = -math.inf if self.above is None else self.above
        return low, math.inf if self.below is None else self.below

    def __str__(self) -> str:
        low, high = self.ends
        if self.within is not None:
            return f"{low:g}" if low == high else f"{low:g} to {high:g}"
        return f"above {low:g}" if math.isfinite(low) else f"below {high:g}"


class Holds(Bounds, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which quantity of the analysis lies where, if the assumption holds; `systematic` is a 1-sigma error in its unit
    that the analysis does not know of (a relation's own scatter), `most_error` the error beyond which a value within
    says nothing."""

    quantity: str
    systematic: Positive = 0.0
    sigma: Annotated[float, msgspec.Meta(gt=0.0)] = 3.0
    most_error: Annotated[float, msgspec.Meta(gt=0.0)] | None = None


class Applies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of what it is assumed: in words, and as bounds on inputs, on values of the analysis or on further numbers that
    are given beside the inputs."""

    words: str
    where: dict[str, Bounds] = {}


class Assumption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"fixed": "with"}):
    """One assumption as its file says it; see the head of this module."""

    assumption: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]
    version: str
    about: str
    since: int | str
    by: str
    analysis: str
    holds: Holds
    applies: Applies
    needs: tuple[str, ...] = ()
    fixed: dict[str, Any] = {}
    protects: str = ""
    file: str = ""

    @property
    def conditions(self) -> frozenset[str]:
        """Names in `applies` that the analysis does not know as inputs: given beside them, or among its values."""
        return frozenset(self.applies.where) - frozenset(describe(self.analysis).parameters)


def either(need: str) -> list[str]:
    """The inputs of which one is needed: `spectral_index or photon_index`."""
    return [name.strip() for name in need.split(" or ")]


class AssumptionsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Assumptions about physical reality that rules test; see docs/assumptions.md."""

    paths: tuple[Path, ...] = ()
    """Files and folders of assumptions besides the shipped ones; one in a later path replaces its namesake."""


def use(paths: Sequence[Path]) -> None:
    """Know the assumptions of these files and folders too, here and in processes that this one starts."""
    os.environ[VARIABLE] = os.pathsep.join(str(path.resolve()) for path in paths)


def assumptions() -> dict[str, Assumption]:
    """All assumptions by name, shipped and own."""
    return _load(_paths())[0]


def problems() -> tuple[str, ...]:
    """What is wrong with files of assumptions: file, field and how to mend it. Each costs its own assumption only."""
    return _load(_paths())[1]


def assumption(name: str) -> Assumption:
    """The assumption of that name. Raises ConfigurationError, naming the nearest known one."""
    known = assumptions()
    if name not in known:
        wrong = next((text for text in problems() if f"'{name}'" in text), "")
        raise ConfigurationError(wrong or f"no assumption is named '{name}'{did_you_mean(name, list(known))}")
    return known[name]


def _paths() -> tuple[Path, ...]:
    return tuple(Path(path) for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path)


@cache
def _load(extra: tuple[Path, ...]) -> tuple[dict[str, Assumption], tuple[str, ...]]:
    found: dict[str, Assumption] = {}
    wrong: list[str] = []
    for path in (SHIPPED, *extra):
        if not path.exists():
            wrong.append(f"assumptions.paths: there is no file or folder {path}")
        here: dict[str, Assumption] = {}
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path] * path.exists():
            for one in _file(file):
                if isinstance(one, str):
                    wrong.append(one)
                elif one.assumption in here:
                    wrong.append(f"{file}: the assumption '{one.assumption}' stands twice")
                else:
                    here[one.assumption] = one
        found |= here
    return dict(sorted(found.items())), tuple(wrong)


def _file(file: Path) -> Iterator[Assumption | str]:
    """The assumptions of a file, and in words what is wrong with the others."""
    try:
        for document in documents(file):
            try:
                yield _read(document, file)
            except ConfigurationError as error:
                yield str(error)
    except ConfigurationError as error:
        yield str(error)


def _read(document: Any, file: Path) -> Assumption:
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file}: an assumption is a map that begins `assumption: name`")
    name = document.get("assumption", "without a name")
    try:
        one = msgspec.structs.replace(msgspec.convert(document, Assumption, strict=False), file=str(file))
        inputs = describe(one.analysis).parameters
        for word in (*(name for need in one.needs for name in either(need)), *one.fixed):
            if word not in inputs:
                raise ConfigurationError(
                    f"the analysis '{one.analysis}' has no input '{word}'{did_you_mean(word, list(inputs))}"
                )
        for what, bounds in {"holds": one.holds, **one.applies.where}.items():
            given = [word for word in ("above", "below", "within") if getattr(bounds, word) is not None]
            if len(given) != 1 or bounds.ends[0] > bounds.ends[1]:
                raise ConfigurationError(
                    f"{what}: one of above, below, within: [low, high]; received {given or 'none'}"
                )
    except (msgspec.ValidationError, ConfigurationError) as error:
        raise ConfigurationError(f"{file}: assumption '{name}': {error}") from error
    return one
