"""Test cases: what is computed, the answer it must give, and what it depends on. YAML files, data only:

    case: localization-circle
    about: Areas of a Gaussian circle against the closed form
    analysis: localization
    with: {sky: CIRCLE ICRS 197.45 -23.38 3}
    expect:
      area_90: {value: 28.268, relative: 0.001, unit: deg2}
    depends: [numpy, mocpy]
    protects: credible areas follow the two-dimensional Gaussian

Instead of one of our analyses, `script: NAME.py` is a file beside the case (or one of `analyses/cases`) with a function
`compute(*, seed, …)` that imports only what the case depends on.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from analyses.contract import describe
from analyses.observatories import CONFIG
from analyses.plainyaml import documents
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean

SHIPPED = CONFIG / "testcases"
SCRIPTS = Path(__file__).parents[1] / "cases"

Positive = Annotated[float, msgspec.Meta(ge=0.0)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=100)]


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reference value and how far a result may be off: by `absolute` (in `unit`), by `relative` times the value or
    by `sigmas` times the statistical uncertainty, whichever is most. `error` is the reference's own uncertainty."""

    value: float
    unit: str = ""
    absolute: Positive = 0.0
    relative: Positive = 0.0
    sigmas: Positive | None = None
    error: Positive | None = None

    def __post_init__(self) -> None:
        for number in (self.absolute, self.relative, self.sigmas or 0.0, self.error or 0.0):
            if not math.isfinite(number):
                raise ValueError(f"a tolerance without end allows everything; received {number}")

    @property
    def tolerance(self) -> float:
        """How far a result may be off, in `unit`, statistics aside."""
        return max(self.absolute, self.relative * abs(self.value))

    def digest(self) -> str:
        """What the file says, so that an accepted reference stands only while it says the same."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class TestCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case; see the head of this module. `depends` are packages as the index names them, `requires` what its
    environment needs beyond them (`numpy<2`), `data` datasets, `services` what it asks over the network; `protects` is
    the assumption that it keeps true, of the instrument `instrument` where it is about one. It runs `repeats` times,
    with the seeds `seed`, `seed` + 1 …"""

    __test__ = False  # not a test of pytest's

    case: Name
    about: str
    expect: Annotated[dict[str, Expected], msgspec.Meta(min_length=1)]
    analysis: str = ""
    script: Annotated[str, msgspec.Meta(pattern=r"^(\w[\w-]*\.py)?$")] = ""
    inputs: dict[str, Any] = msgspec.field(default_factory=dict, name="with")
    depends: tuple[Name, ...] = ()
    requires: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    protects: str = ""
    instrument: str = ""
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 1
    repeats: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=86400)] = 600.0


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A test case with where its script is, and a digest of all that its numbers follow from but software."""

    test: TestCase
    script: Path | None = None
    digest: str

    @property
    def name(self) -> str:
        return self.test.case

    @property
    def seeds(self) -> range:
        return range(self.test.seed, self.test.seed + self.test.repeats)


def package_name(name: str) -> str:
    """A package's name as the index compares names (PEP 503): `Astro_Py` is `astro-py`."""
    return re.sub(r"[-_.]+", "-", name.rsplit("/", 1)[-1].strip()).lower()


def load_cases(folders: Sequence[Path] = ()) -> dict[str, Case]:
    """All cases of these files and folders by name, the shipped ones where none are given. Raises ConfigurationError
    naming file and field."""
    cases: dict[str, Case] = {}
    for file in _files(folders or (SHIPPED,)):
        for document in documents(file):
            try:
                case = _case(msgspec.convert(document, TestCase), file.parent)
            except (msgspec.ValidationError, ConfigurationError, OSError) as error:
                raise ConfigurationError(f"{file.name}: {error}") from error
            if case.name in cases:
                raise ConfigurationError(f"{file.name}: the case '{case.name}' stands twice")
            cases[case.name] = case
    return cases


def _files(folders: Sequence[Path]) -> Iterable[Path]:
    for path in folders:
        if not path.exists():
            raise ConfigurationError(f"no test cases at {path}: `regress.testcases` names files and folders of YAML")
        yield from sorted(path.glob("*.yaml")) if path.is_dir() else [path]


def _case(test: TestCase, folder: Path) -> Case:
    """Look up what the case computes. Raises ConfigurationError."""
    for requirement in test.requires:
        _plain(requirement, test.case)
    if bool(test.analysis) == bool(test.script):
        raise ConfigurationError(f"the case '{test.case}' names either an analysis or a script")
    if test.analysis:
        version = describe(test.analysis).version
        return Case(test=test, digest=_digest(test, version))
    script = next((f for f in (folder / test.script, SCRIPTS / test.script) if f.is_file()), None)
    if script is None:
        hint = did_you_mean(test.script, [f.name for f in (*folder.glob("*.py"), *SCRIPTS.glob("*.py"))])
        raise ConfigurationError(f"the case '{test.case}': no script {test.script} beside it{hint}")
    return Case(
        test=test,
        script=script.resolve(),
        digest=_digest(test, script.read_text(encoding="utf-8", errors="backslashreplace")),
    )


def _plain(requirement: str, case: str) -> None:
    """A package with versions, and no address from which something else could come. Raises ConfigurationError."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        address = Requirement(requirement).url
    except InvalidRequirement:
        address = requirement
    if address:
        raise ConfigurationError(f"the case '{case}' requires '{requirement}': write a package and versions, `numpy<2`")


def _digest(test: TestCase, code: str) -> str:
    said = [test.case, test.analysis, code, test.inputs, test.requires]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def choose(words: Sequence[str], cases: dict[str, Case]) -> list[Case]:
    """The cases of these names, and those that depend on packages of these names; all where none is given. Raises
    ConfigurationError for a word that is neither."""
    if not words or list(words) == ["all"]:
        return list(cases.values())
    packages = {package_name(package) for case in cases.values() for package in case.test.depends}
    for word in words:
        if word not in cases and package_name(word) not in packages:
            hint = did_you_mean(word, [*cases, *packages])
            raise ConfigurationError(f"no test case is named '{word}' or depends on it{hint}")
    return [case for case in cases.values() if case.name in words or touched(case, words)]


def touched(case: Case, packages: Sequence[str]) -> bool:
    """Whether a case says that it depends on one of these packages or datasets."""
    named = {package_name(package) for package in packages}
    return any(package_name(package) in named for package in case.test.depends) or bool(named & set(case.test.data))
