"""What an analysis is given: inputs from rules and shells made into typed arguments, or refused by name."""

import hashlib
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
import pytest
from test_sky import fits_of

from analyses import registry
from analyses.contract import Analysis, Unit, describe, known, parameters_of
from analyses.inputs import coerce
from analyses.instruments import load_instruments
from analyses.layers import Marker, NamedRegion
from analyses.observatories import load_observatories
from analyses.run import cache_key, run, software
from nuncius.core.errors import ConfigurationError, PermanentError
from nuncius.core.result import Result
from nuncius.core.sky import Circle, Localization, ProbabilityMap

SHA = "0" * 64


def sample(
    *,
    radius: Annotated[float, Unit("deg"), "search radius"] = 1.0,
    count: int = 1,
    name: str = "",
    flag: bool = False,
    when: datetime | None = None,
    band: Literal["r", "g"] = "r",
    sky: Localization | None = None,
    names: list[str] = [],  # noqa: B006
    regions: list[NamedRegion] = [],  # noqa: B006
    markers: list[Marker] = [],  # noqa: B006
    limit: Annotated[float | None, Unit("Mpc")] = None,
) -> Result:
    return Result(answer=name)


ANALYSIS = Analysis(name="sample", version="1", about="", parameters=parameters_of(sample), function=sample)
CIRCLE = {"type": "circle", "ra": 10.0, "dec": 20.0, "radius": 3.0}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"radius": 2}, {"radius": 2.0}),
        ({"radius": "2.5"}, {"radius": 2.5}),
        ({"radius": "3 arcmin"}, {"radius": 0.05}),
        ({"radius": "0.1rad"}, {"radius": math.degrees(0.1)}),
        ({"limit": "1 Gpc"}, {"limit": 1000.0}),
        ({"limit": None}, {}),
        ({"count": 3.0}, {"count": 3}),
        ({"count": "4"}, {"count": 4}),
        ({"flag": "yes"}, {"flag": True}),
        ({"when": "2017-08-17T12:41:04Z"}, {"when": datetime(2017, 8, 17, 12, 41, 4, tzinfo=UTC)}),
        ({"when": "2017-08-17T14:41:04+02:00"}, {"when": datetime(2017, 8, 17, 12, 41, 4, tzinfo=UTC)}),
        ({"when": "2017-08-17 12:41:04"}, {"when": datetime(2017, 8, 17, 12, 41, 4, tzinfo=UTC)}),
        ({"band": "g"}, {"band": "g"}),
        ({"sky": CIRCLE}, {"sky": Circle(ra=10, dec=20, radius=3)}),
        ({"sky": "CIRCLE ICRS 10 20 3"}, {"sky": Circle(ra=10, dec=20, radius=3)}),
        ({"sky": "circle 10, 20, 3"}, {"sky": Circle(ra=10, dec=20, radius=3)}),
        ({"names": "paranal, palomar"}, {"names": ["paranal", "palomar"]}),
        ({"names": ["a"]}, {"names": ["a"]}),
        (
            {"regions": [{"name": "GBM", "sky": CIRCLE}]},
            {"regions": [NamedRegion(name="GBM", sky=Circle(ra=10, dec=20, radius=3))]},
        ),
        (
            {"markers": [{"name": "host", "ra": "1.5 rad", "dec": 2}]},
            {"markers": [Marker(name="host", ra=math.degrees(1.5), dec=2.0)]},
        ),
    ],
)
def test_inputs_become_what_the_function_wants(given: dict, made: dict) -> None:
    found = coerce(ANALYSIS, given, {})
    assert found.keys() == made.keys()
    for name, value in made.items():
        assert found[name] == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"radius": "wide"}, r"'radius': expected a number \[deg\], or one with a unit such as '3 arcmin'.*'wide'"),
        ({"radius": "3 kpc"}, r"'radius'.*'3 kpc'"),
        ({"radius": True}, r"'radius': expected a number \[deg\], received True"),
        ({"radius": float("nan")}, "'radius': expected a number.*finite, received nan"),
        ({"radius": [1]}, r"'radius': expected a number \[deg\], received \[1\]"),
        ({"count": 2.5}, "'count': expected a whole number, received 2.5"),
        ({"name": 5}, "'name': expected text, received 5"),
        ({"flag": "perhaps"}, "'flag': expected true or false, received 'perhaps'"),
        ({"when": "yesterday"}, "'when': expected a UTC time such as .*'yesterday'"),
        ({"when": 5}, "'when': expected a UTC time"),
        ({"band": "z"}, "'band': expected one of r, g, received 'z'"),
        ({"sky": "somewhere"}, "'sky': expected a sky object"),
        ({"sky": {"type": "circle", "ra": 1.0}}, "'sky'.*dec"),
        ({"sky": {**CIRCLE, "dec": 95.0}}, "'sky': expected ra from 0 to 360, dec from -90 to 90"),
        ({"sky": {"type": "map", "sha256": SHA}}, f"'sky': the bytes of sky map {SHA} were not sent"),
        (
            {"sky": {"type": "map", "url": "https://x/y"}},
            "'sky': the sky map is known only by its address 'https://x/y'",
        ),
        ({"names": 7}, "'names': expected a list of text, received 7"),
        ({"names": ["a", 7]}, "'names': entry 1: expected text, received 7"),
        ({"regions": [{"sky": CIRCLE}]}, "'regions': entry 0: expected an object with 'name'"),
        ({"markers": [{"name": "x", "ra": 1, "dec": 2, "colour": 1}]}, "entry 0: no field 'colour'"),
        ({"radus": 1}, "has no input 'radus'; did you mean 'radius'"),
    ],
)
def test_a_wrong_input_is_named_with_what_was_received_and_expected(given: dict, words: str) -> None:
    with pytest.raises(PermanentError, match=words) as caught:
        coerce(ANALYSIS, given, {})
    assert "analysis 'sample'" in str(caught.value)


def test_a_missing_input_is_asked_for_with_its_type_and_unit() -> None:
    def needs(*, radius: Annotated[float, Unit("deg")]) -> Result:
        return Result(answer="")

    analysis = Analysis(name="needy", version="1", about="", parameters=parameters_of(needs), function=needs)
    for inputs in ({}, {"radius": None}):
        with pytest.raises(PermanentError, match=r"'needy' needs the input 'radius' \(number \[deg\]\)"):
            coerce(analysis, inputs, {})


def test_a_map_is_read_from_the_bytes_sent_along() -> None:
    content = fits_of({"PROB": np.full(12, 1 / 12)}, {"NSIDE": 1, "ORDERING": "NESTED"})
    sha256 = hashlib.sha256(content).hexdigest()
    found = coerce(ANALYSIS, {"sky": {"type": "map", "sha256": sha256}}, {sha256: content})
    assert isinstance(found["sky"], ProbabilityMap)


def test_a_function_with_a_positional_or_untyped_parameter_cannot_join() -> None:
    def positional(radius: float) -> Result:
        return Result(answer="")

    def untyped(*, radius) -> Result:  # type: ignore[no-untyped-def]
        return Result(answer="")

    for function in (positional, untyped):
        with pytest.raises(ConfigurationError, match="'radius' must be keyword-only and annotated"):
            parameters_of(function)


def test_parameters_say_type_unit_default_and_meaning() -> None:
    radius = ANALYSIS.parameters["radius"]
    assert (radius.type, radius.unit, radius.default, radius.required) == ("number", "deg", 1.0, False)
    assert radius.about == "search radius"
    assert ANALYSIS.parameters["sky"].type == "sky region or map"
    assert ANALYSIS.parameters["regions"].type == "list of {name, sky}"
    assert ANALYSIS.parameters["band"].type == "one of r, g"


def test_every_built_in_analysis_lies_in_the_file_of_its_name_and_shows_an_example() -> None:
    for analysis in known():
        if not analysis.name.startswith("sample-") and analysis.supplier == "function":
            assert analysis.function.__module__ == f"analyses.library.{analysis.name.replace('-', '_')}"
            assert f"nuncius analyse {analysis.name} --with" in analysis.example
            assert all(parameter.about for parameter in analysis.parameters.values())


def test_every_analysis_input_and_observatory_is_documented(project: Path) -> None:
    text = (project / "docs" / "analyses.md").read_text(encoding="utf-8")
    for analysis in known():
        if analysis.name.startswith("sample-"):
            continue
        assert f"## {analysis.name}" in text
        for name in analysis.parameters:
            assert f"`{name}`" in text, f"{analysis.name}: {name}"
    for key in load_observatories():
        assert f"`{key}`" in text, key


def test_the_shipped_instruments_are_read_and_name_each_messenger() -> None:
    instruments = load_instruments()
    assert {"EM", "GW", "Neutrino"} <= {instrument.messenger for instrument in instruments.values()}
    for instrument in instruments.values():
        assert (instrument.band is None) == (instrument.band_unit is None)
        if instrument.band:
            assert instrument.band[0] < instrument.band[1]


@pytest.mark.parametrize("name", ["../etc", "os.path", "", "localization.x"])
def test_a_name_is_never_a_path_to_other_code(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no analysis is named"):
        describe(name)


def test_one_built_in_analysis_is_found_without_importing_the_others() -> None:
    assert describe("localization").name == "localization"
    assert "localization" in registry.analyses


def test_provenance_names_versions_inputs_and_time() -> None:
    result = run("localization", {"sky": CIRCLE, "object": "GRB X"}, {})
    made = result.provenance
    assert (made["analysis"], made["version"], made["supplier"]) == ("localization", "1", "function")
    assert made["inputs"] == {"sky": CIRCLE, "object": "GRB X"}
    assert made["software"]["numpy"] == np.__version__
    assert made["duration_s"] > 0.0
    msgspec.json.encode(made)


def test_long_inputs_enter_provenance_by_their_hash() -> None:
    regions = [{"name": f"region {i}", "sky": CIRCLE} for i in range(40)]
    made = run("localization", {"sky": CIRCLE, "regions": regions}, {}).provenance["inputs"]["regions"]
    assert made == {"sha256": hashlib.sha256(msgspec.json.encode(regions)).hexdigest(), "bytes": made["bytes"]}
    assert made["bytes"] > 1000


def test_the_cache_key_follows_version_and_inputs_but_not_their_order() -> None:
    base = cache_key(ANALYSIS, {"a": 1, "b": 2})
    assert cache_key(ANALYSIS, {"b": 2, "a": 1}) == base
    assert cache_key(ANALYSIS, {"a": 1, "b": 3}) != base
    assert cache_key(msgspec.structs.replace(ANALYSIS, version="2"), {"a": 1, "b": 2}) != base


def test_software_lists_what_the_numbers_depend_on() -> None:
    assert {"python", "numpy", "astropy", "mocpy"} <= software().keys()
