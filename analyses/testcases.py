"""Test cases: an analysis with its inputs and the answer it must give, so that a new version of what it stands on can
be told from a change of the numbers. They live in `config/testcases/*.yaml`, data only:

    case: localization-circle
    about: Areas of a Gaussian circle against the closed form
    analysis: localization
    with: {sky: CIRCLE ICRS 197.45 -23.38 3}
    expect:
      area_90: {value: 28.268, relative: 0.001, unit: deg2}
    depends: [numpy, mocpy]
    protects: credible areas follow the two-dimensional Gaussian
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from analyses.contract import describe
from analyses.observatories import CONFIG
from nuncius.core.errors import ConfigurationError, NunciusError
from nuncius.core.registry import did_you_mean
from nuncius.core.result import Result

FOLDER = CONFIG / "testcases"
MAX_BYTES = 256 * 1024

#: What a comparison says, from good to bad.
Verdict = Literal["equal", "within tolerance", "changed", "broken"]
ORDER: tuple[Verdict, ...] = ("equal", "within tolerance", "changed", "broken")


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reference value; a result may differ by `absolute` (in `unit`) or by `relative` times the value, whichever
    is more."""

    value: float
    unit: str = ""
    absolute: float = 0.0
    relative: float = 0.0

    @property
    def tolerance(self) -> float:
        """How far a result may be off, in `unit`."""
        return max(self.absolute, self.relative * abs(self.value))


class TestCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case; see the head of this module. `depends` are packages by their names in the package index."""

    __test__ = False  # not a test of pytest's

    case: str
    about: str
    analysis: str
    expect: dict[str, Expected]
    inputs: dict[str, Any] = msgspec.field(default_factory=dict, name="with")
    depends: tuple[str, ...] = ()
    protects: str = ""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity of a case: the reference, what came (None where it is missing), and the verdict."""

    quantity: str
    expected: Expected
    got: float | None
    verdict: Verdict


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ended; `error` says why where it is broken."""

    case: str
    verdict: Verdict
    quantities: list[Compared] = []
    error: str = ""
    software: dict[str, str] = {}


def package_name(name: str) -> str:
    """A package's name as the index compares names (PEP 503): `Astro_Py` is `astro-py`."""
    return re.sub(r"[-_.]+", "-", name.rsplit("/", 1)[-1]).lower()


def load_cases(folder: Path = FOLDER) -> dict[str, TestCase]:
    """All cases of a folder by name. Raises ConfigurationError naming file and field."""
    cases: dict[str, TestCase] = {}
    for file in sorted(folder.glob("*.yaml")):
        for document in _documents(file):
            try:
                case = msgspec.convert(document, TestCase)
                describe(case.analysis)
            except (msgspec.ValidationError, ConfigurationError) as error:
                raise ConfigurationError(f"{file.name}: {error}") from error
            if case.case in cases:
                raise ConfigurationError(f"{file.name}: the case '{case.case}' stands twice")
            cases[case.case] = case
    return cases


def _documents(file: Path) -> list[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = file.read_text(encoding="utf-8")
    if len(text) > MAX_BYTES or re.search(r"(?m)^[^#'\"]*[&*!]\w", text):
        raise ConfigurationError(
            f"{file.name}: larger than {MAX_BYTES} bytes, or with anchors or tags, which are refused"
        )
    try:
        return [document for document in YAML(typ="safe", pure=True).load_all(text) if document is not None]
    except YAMLError as error:
        raise ConfigurationError(f"{file.name}: not YAML: {error}") from error


def choose(words: Sequence[str], cases: dict[str, TestCase]) -> list[TestCase]:
    """The cases of these names, and those that depend on packages of these names; all where none is given. Raises
    ConfigurationError for a word that is neither."""
    if not words or list(words) == ["all"]:
        return list(cases.values())
    packages = {package_name(package) for case in cases.values() for package in case.depends}
    for word in words:
        if word not in cases and package_name(word) not in packages:
            hint = did_you_mean(word, [*cases, *packages])
            raise ConfigurationError(f"no test case is named '{word}' or depends on it{hint}")
    return [case for case in cases.values() if case.case in words or touched(case, words)]


def touched(case: TestCase, packages: Sequence[str]) -> bool:
    """Whether a case depends on one of these packages."""
    named = {package_name(package) for package in packages}
    return any(package_name(package) in named for package in case.depends)


def compare(case: TestCase, result: Result) -> Outcome:
    """The result against the reference, quantity by quantity."""
    quantities = [_compared(name, expected, result) for name, expected in case.expect.items()]
    worst: Verdict = max((q.verdict for q in quantities), key=ORDER.index, default="equal")
    missing = [q.quantity for q in quantities if q.got is None]
    return Outcome(
        case=case.case,
        verdict=worst,
        quantities=quantities,
        error=f"the result has no {', '.join(missing)}" if missing else "",
        software=dict(result.provenance.get("software", {})),
    )


def broken(case: TestCase, error: NunciusError) -> Outcome:
    """The outcome of a case whose analysis failed."""
    return Outcome(case=case.case, verdict="broken", error=str(error))


def _compared(name: str, expected: Expected, result: Result) -> Compared:
    quantity = result.values.get(name)
    if quantity is None:
        return Compared(quantity=name, expected=expected, got=None, verdict="broken")
    got = quantity.value
    if expected.unit and quantity.unit != expected.unit:
        from astropy import units as u

        try:
            got = float((got * u.Unit(quantity.unit)).to_value(u.Unit(expected.unit)))
        except (ValueError, u.UnitConversionError):
            return Compared(quantity=name, expected=expected, got=None, verdict="broken")
    off = abs(got - expected.value)
    verdict: Verdict = "equal" if off == 0.0 else "within tolerance" if off <= expected.tolerance else "changed"
    return Compared(quantity=name, expected=expected, got=got, verdict=verdict)
