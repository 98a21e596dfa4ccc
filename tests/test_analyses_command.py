"""`nuncius analyse`: from a shell, with files, alerts, help and exit codes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from test_sky import fits_of, gaussian_map

from analyses.contract import known
from nuncius.commands.analyse import command
from nuncius.core.event import Event, to_json

CIRCLE = "sky=CIRCLE ICRS 176.8 -39.8 11.6"


def analyse(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def test_without_a_name_it_lists_every_analysis_with_every_input_and_unit() -> None:
    result = analyse()
    assert result.exit_code == 0
    for analysis in known():
        assert analysis.name in result.output
        for parameter in analysis.parameters.values():
            assert parameter.name in result.output
    assert "number [Mpc]" in result.output


def test_the_help_of_each_analysis_shows_its_inputs_and_an_example() -> None:
    for analysis in known():
        if analysis.name.startswith("sample-"):
            continue
        result = analyse(analysis.name, "-h")
        assert result.exit_code == 0
        assert analysis.example in " ".join(result.output.split())
        assert all(name in result.output for name in analysis.parameters)
        assert "Exit status" in result.output


def test_a_machine_can_ask_for_the_parameters() -> None:
    described = json.loads(analyse("visibility", "--describe").output)
    assert described["name"] == "visibility"
    by_name = {parameter["name"]: parameter for parameter in described["parameters"]}
    assert by_name["sky"]["required"] is True
    assert by_name["sun_altitude_max"] | {"about": ""} == {
        "name": "sun_altitude_max",
        "type": "number",
        "unit": "deg",
        "required": False,
        "default": -18.0,
        "about": "",
    }
    assert {entry["name"] for entry in json.loads(analyse("--json").output)} >= {"localization", "visibility"}


def test_a_result_is_printed_and_its_figures_are_kept_where_asked(tmp_path: Path) -> None:
    result = analyse("localization", "--with", CIRCLE, "--with", "object=GRB 170817A", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "best position RA 176.8°, Dec −39.8°" in result.output
    assert Image.open(tmp_path / "out" / "localization.png").width == 1080
    kept = json.loads((tmp_path / "out" / "result.json").read_text())
    assert kept["provenance"]["analysis"] == "localization"
    assert kept["figures"][0]["alt"].startswith("Map of the sky for GRB 170817A")


def test_json_on_stdout_is_one_object() -> None:
    result = CliRunner().invoke(command, ["localization", "--with", CIRCLE, "--json"])
    assert json.loads(result.stdout)["values"]["ra"]["value"] == 176.8


def test_a_sky_map_file_and_a_json_file_are_inputs(tmp_path: Path) -> None:
    drawn = gaussian_map(50.0, 10.0, 5.0, order=4)
    (tmp_path / "map.fits").write_bytes(fits_of({"UNIQ": drawn.uniq, "PROBDENSITY": drawn.density}, {}))
    regions = [{"name": "same", "sky": {"type": "map", "file": str(tmp_path / "map.fits")}}]
    (tmp_path / "regions.json").write_text(json.dumps(regions))
    words = ["--with", f"sky={tmp_path / 'map.fits'}", "--with", f"regions=@{tmp_path / 'regions.json'}", "--json"]
    values = json.loads(analyse("localization", *words).stdout)["values"]
    assert values["prob_inside_same"]["value"] == pytest.approx(0.9, abs=0.02)


def test_the_name_of_a_fits_file_stays_a_name_where_text_is_wanted(tmp_path: Path) -> None:
    lost = analyse("light-curve", "--with", f"file={tmp_path / 'spiacs.fits'}")
    assert lost.exit_code == 1
    assert "spiacs.fits" in lost.output
    assert "cannot be read" in lost.output
    lost = analyse(
        "burst-search", "--with", f"files={tmp_path / 'acs.fits'}", "--with", "trigger_time=2023-03-07T15:44:06"
    )
    assert "'sha256'" not in lost.output


def test_an_event_as_parse_prints_it_gives_the_inputs(tmp_path: Path) -> None:
    event = Event(
        id="ivo://x#1",
        kind="gcn.notice.fermi.gbm.flt_pos",
        source="test",
        received=datetime(2017, 8, 17, 12, 41, 20, tzinfo=UTC),
        trigger_time=datetime(2017, 8, 17, 12, 41, 6, tzinfo=UTC),
        data={
            "mission": "Fermi",
            "instrument": "GBM",
            "event_name": ["GRB 170817A"],
            "sky": {"type": "circle", "ra": 176.8, "dec": -39.8, "radius": 11.6, "containment_probability": 0.68},
        },
    )
    (tmp_path / "event.json").write_bytes(to_json(event))
    result = analyse("localization", "--event", str(tmp_path / "event.json"), "--json")
    said = json.loads(result.stdout)
    assert said["values"]["ra_dec_error"]["value"] == 11.6
    assert said["figures"][0]["caption"].startswith("GRB 170817A")
    assert said["provenance"]["inputs"]["trigger_time"] == "2017-08-17T12:41:06Z"


def test_what_is_given_wins_over_the_event(tmp_path: Path) -> None:
    event = Event(
        id="x", kind="gcn.notice", source="t", received=datetime(2020, 1, 1, tzinfo=UTC), data={"instrument": "GBM"}
    )
    (tmp_path / "event.json").write_bytes(to_json(event))
    result = analyse(
        "localization", "--event", str(tmp_path / "event.json"), "--with", CIRCLE, "--with", "instrument=LAT", "--json"
    )
    assert json.loads(result.stdout)["provenance"]["inputs"]["instrument"] == "LAT"


def test_a_classic_voevent_is_an_event(shared_data: Path) -> None:
    # Fermi GBM flight position of GRB 180116A, from the growth-too-marshal test data: 216.3833, 18.7000, 19.8333 deg
    file = shared_data / "notices/growth/GRB180116A_Fermi_GBM_Flt_Pos.xml"
    result = analyse("localization", "--event", str(file), "--json")
    values = json.loads(result.stdout)["values"]
    assert values["ra"]["value"] == pytest.approx(216.3833)
    assert values["ra_dec_error"]["value"] == pytest.approx(19.8333)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["localisation"], 2, "did you mean 'localization'"),
        (["localization"], 1, "needs the input 'sky'"),
        (["localization", "--with", "sky=nowhere"], 1, "expected a sky object"),
        (["localization", "--with", CIRCLE, "--with", "radius=3"], 1, "has no input 'radius'"),
        (["localization", "--with", CIRCLE, "--deadline", "0.001"], 1, "took longer than 0.001 s"),
    ],
)
def test_mistakes_are_named_and_told_by_exit_status(words: list[str], status: int, said: str) -> None:
    result = analyse(*words)
    assert result.exit_code == status
    assert said in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--with", "sky"], "takes key=value; received 'sky'"),
        (["--with", "sky=@missing.fits"], r"missing\.fits cannot be read"),
        (["--with", "sky={"], "not JSON"),
    ],
)
def test_wrong_options_are_configuration_errors(words: list[str], said: str) -> None:
    from nuncius.core.errors import ConfigurationError

    result = analyse("localization", *words)
    assert isinstance(result.exception, ConfigurationError)
    with pytest.raises(ConfigurationError, match=said):
        raise result.exception
