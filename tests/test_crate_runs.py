"""A run of an analysis as an RO-Crate: complete, checked, and run again with the same numbers."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from analyses.contract import analysis, describe
from nuncius import crates
from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure
from nuncius.core.result import Result as Given
from nuncius.crate_metadata import METADATA, RESULT

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CIRCLE = "CIRCLE ICRS 197.45 -23.38 3"
LIGHT_CURVE = "0 100\n1 104\n2 98\n"


@analysis("sample-file", version="1", about="Counts lines of a file")
def sample_file(*, file: str, factor: float = 1.0) -> Given:
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return Given(answer=f"{len(lines)} lines", values={"lines": Quantity(value=factor * len(lines), unit="ct")})


def nuncius(*words: str) -> Result:
    return CliRunner().invoke(cli, ["analyse", *words])


def made(folder: Path, **more: Any) -> Path:
    curve = folder / "a light curve.txt"
    curve.write_text(LIGHT_CURVE, encoding="utf-8")
    given = Given(
        answer="3 lines",
        values={"lines": Quantity(value=3.0, unit="ct")},
        figures=[Figure(name="curve", png=b"\x89PNG", caption="c", alt="a")],
        provenance={"version": "1", "software": {"numpy": "2.0", "python": "3.11"}, "key": "k"},
    )
    told = {"file": str(curve), "factor": 1.0}
    blobs = {hashlib.sha256(b"map").hexdigest(): b"map"}
    target = folder / more.pop("name", "run")
    return crates.write(target, describe("sample-file"), told, blobs, msgspec.structs.replace(given, **more), NOW)


def metadata(folder: Path) -> dict[str, dict[str, Any]]:
    graph = msgspec.json.decode((folder / METADATA).read_bytes())["@graph"]
    return {entity["@id"]: entity for entity in graph}


def test_the_metadata_says_what_the_specification_asks_for(tmp_path: Path) -> None:
    crate = made(tmp_path)
    entities = metadata(crate)
    about = entities[METADATA]
    assert (about["@type"], about["about"], about["conformsTo"]) == (
        "CreativeWork",
        {"@id": "./"},
        {"@id": "https://w3id.org/ro/crate/1.1"},
    )
    root = entities["./"]
    assert {"name", "description", "datePublished", "license"} <= set(root)
    run = entities["#run"]
    assert (run["@type"], run["instrument"]) == ("CreateAction", {"@id": "#analysis"})
    inside = {path.relative_to(crate).as_posix() for path in crate.rglob("*") if path.is_file()}
    assert {part["@id"] for part in root["hasPart"]} == inside - {METADATA}
    named = [ref["@id"] for entity in entities.values() for value in entity.values() for ref in _references(value)]
    assert {name for name in named if not name.startswith("http")} <= set(entities), "nothing is named but not told"
    assert entities["#software-numpy"]["softwareVersion"] == "2.0"
    assert entities["#value-lines"]["unitText"] == "ct"


def _references(value: Any) -> list[dict[str, str]]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict) and set(item) == {"@id"}]


@pytest.mark.parametrize("name", ["run", "run.zip"])
def test_files_and_maps_travel_with_it(tmp_path: Path, name: str) -> None:
    crate = crates.read(made(tmp_path, name=name))
    assert crate.maps == {hashlib.sha256(b"map").hexdigest(): b"map"}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "a light curve.txt").unlink()
    inputs = crate.placed(elsewhere)
    assert Path(inputs["file"]).parent == elsewhere
    assert Path(inputs["file"]).read_text(encoding="utf-8") == LIGHT_CURVE
    assert inputs["factor"] == 1.0


def test_run_again_it_gives_the_same_numbers(tmp_path: Path) -> None:
    crate = tmp_path / "run.zip"
    first = nuncius("localization", "--with", f"sky={CIRCLE}", "--with", "object=GRB 1", "--crate", str(crate))
    assert first.exit_code == 0, first.output
    again = nuncius("--rerun", str(crate))
    assert again.exit_code == 0, again.output
    assert "the same numbers" in again.output
    assert "other software" not in again.output
    assert "figures/localization.png" in zipfile.ZipFile(crate).namelist()


def test_what_differs_is_named_with_the_software_that_does(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    done = nuncius("localization", "--with", f"sky={CIRCLE}", "--crate", str(folder))
    assert done.exit_code == 0, done.output
    content = (folder / RESULT).read_bytes()
    result = msgspec.json.decode(content)
    result["values"]["area_90"]["value"] *= 1.001
    result["provenance"]["software"]["astropy"] = "5.0"
    _rewrite(folder, RESULT, msgspec.json.encode(result))
    again = nuncius("--rerun", str(folder), "--json")
    assert again.exit_code == 1
    said = msgspec.json.decode(again.stdout)
    assert said["same"] is False
    assert [line.partition(":")[0] for line in said["differ"]] == ["area_90"]
    (software,) = said["software"]
    assert software.startswith("astropy: 5.0 then, ")


def _rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a file of a crate and what the metadata says of it."""
    told = (folder / METADATA).read_text(encoding="utf-8")
    old = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / name).write_bytes(content)
    (folder / METADATA).write_text(told.replace(old, hashlib.sha256(content).hexdigest()), encoding="utf-8")


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    crate = made(tmp_path)
    (crate / RESULT).write_bytes(b"{}")
    with pytest.raises(FormatError, match=r"result.json is missing or is not what the crate says"):
        crates.read(crate)


def test_what_is_no_crate_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(FormatError, match="neither a folder nor a ZIP file"):
        crates.read(tmp_path / "x.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="is no crate of a run"):
        crates.read(tmp_path / "empty")


def test_a_crate_that_would_fill_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, name="run.zip")
    monkeypatch.setattr(crates, "MOST_BYTES", 1000)
    with pytest.raises(FormatError, match="a crate has at most"):
        crates.read(tmp_path / "run.zip")


def test_no_file_of_a_crate_is_written_outside_of_its_folder(tmp_path: Path) -> None:
    crate = crates.Crate(
        analysis="x",
        version="1",
        inputs={"file": {"nuncius:file": "../../evil"}},
        files={"../../evil": b"!"},
        result={},
    )
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    assert crate.placed(inside)["file"] == str(inside / "evil")
    assert not (tmp_path / "evil").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(ConfigurationError, match="is not empty"):
        made(tmp_path)
    made(tmp_path, name="run.zip")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        made(tmp_path, name="run.zip")


def test_the_last_digits_of_a_processor_are_no_difference() -> None:
    def result(value: float) -> dict[str, Any]:
        return {"values": {"x": {"value": value}}, "tables": [{"rows": [["a", value]]}], "provenance": {}}

    assert crates.differences(result(1.0), result(1.0 + 1e-12)) == ([], [])
    numbers, _ = crates.differences(result(1.0), result(1.0 + 1e-6))
    assert numbers == ["x: 1.0 then, 1.000001 now", "the tables"]
