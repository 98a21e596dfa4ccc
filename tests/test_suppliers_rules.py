"""Rules cannot tell who supplies an analysis; what the documentation shows of notebooks and commands works."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from notebook_samples import cell, write_document, write_notebook
from rules_samples import Night, gw

from analyses import suppliers
from analyses.contract import describe
from analyses.run import run
from kg.consumer import GraphConsumer
from kg.store import GraphStore

RULE = """
rule: r
when: lvk.alert
do:
  - {run: near-sky, as: found, with: {radius: 30 arcmin}}
  - post: "within ${found.radius}"
"""
RESOLVES = """
from astropy.coordinates import name_resolve
name_resolve.sesame_url.set(["http://127.0.0.1:9/"])
try:
    name_resolve.get_icrs_coordinates("NGC 4993")
except name_resolve.NameResolveError:
    pass
"""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(suppliers.VARIABLE, "")


@pytest.mark.parametrize("supplier", ["notebook", "command"])
def test_a_rule_runs_a_notebook_or_a_command_as_it_runs_a_function(tmp_path: Path, supplier: str) -> None:
    folder = tmp_path / "analyses"
    folder.mkdir()
    if supplier == "notebook":
        pytest.importorskip("nbclient", reason="the extra `notebooks` is not installed")
        inputs = cell("radius = 1.0  # oda:AngleDegrees\nfar = 0.0\nobject = ''", "parameters")
        outputs = cell("answer = f'{object} at {far} Hz'\nradius = radius  # oda:AngleDegrees", "outputs")
        write_notebook(folder, [inputs, cell(RESOLVES), outputs], "near-sky")
    else:
        says = (
            "import json, sys; g = json.load(sys.stdin); "
            "print(json.dumps({'answer': f\"{g['object']} at {g['far']} Hz\", 'values': {'radius': g['radius']}}))"
        )
        parameters = {"radius": {"unit": "deg"}, "far": {"unit": "Hz"}, "object": {"type": "text"}}
        write_document(folder, "near-sky", supplier="command", argv=[sys.executable, "-c", says], parameters=parameters)
    suppliers.use([folder])
    night = Night(tmp_path, RULE)
    try:
        assert night.book.problems == []
        night.hears(gw("a"))
        night.works(60.0)
        assert night.titles() == ["GW170817 at 3.5e-12 Hz", "within 0.5"]
        (result,) = [e.event for e in night.journal.read(0) if e.event.kind == "analysis.result"]
        assert result.data["provenance"]["supplier"] == supplier
        assert result.data["values"]["radius"]["value"] == 0.5
        if supplier == "notebook":
            store = GraphStore.in_memory()
            GraphConsumer(night.journal, store).step()
            asked = store.query("SELECT ?o WHERE { ?run oda:isRequestingAstroObject ?o }").rows
            assert [str(row["o"]).rpartition("/")[2] for row in asked] == ["NGC4993"]
    finally:
        night.close()


def _blocks(project: Path, language: str) -> list[str]:
    page = (project / "docs" / "add-an-analysis.md").read_text(encoding="utf-8")
    found = re.findall(rf"(?ms)^( *)```{language}\n(.*?)^\1```", page)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, text in found]


def test_the_command_of_the_documentation_works(project: Path, tmp_path: Path) -> None:
    (yaml,) = [block for block in _blocks(project, "yaml") if "supplier: command" in block]
    (program,) = _blocks(project, "python")
    assert shutil.which("python3")
    (tmp_path / "hardness.yaml").write_text(yaml, encoding="utf-8")
    (tmp_path / "hardness.py").write_text(program, encoding="utf-8")
    suppliers.use([tmp_path])
    result = run("hardness", {"soft": 200, "hard": "300"}, {})
    assert (result.answer, result.values["hardness"].value) == ("hardness 1.50", 1.5)


def test_the_annotations_of_the_documentation_are_read(project: Path, tmp_path: Path) -> None:
    (yaml,) = [block for block in _blocks(project, "yaml") if "supplier: notebook" in block]
    source = next(block for block in _blocks(project, "text") if "oda:Energy_keV" in block)
    write_notebook(tmp_path, [cell(source, "parameters")], "my_notebook").unlink()
    (tmp_path / "response.fits").write_bytes(b"")
    (tmp_path / "my.yaml").write_text(yaml, encoding="utf-8")
    suppliers.use([tmp_path])
    assert suppliers.problems() == ()
    found = describe("my-notebook").parameters
    assert {name: (one.type, one.unit) for name, one in found.items()} == {
        "energy": ("number", "keV"),
        "radius": ("number", "arcmin"),
        "object": ("text", ""),
        "T1": ("UTC time", ""),
        "band": ("one of g, i, r", ""),
        "limit": ("number", "keV"),
    }
