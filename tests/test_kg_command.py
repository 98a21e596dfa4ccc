"""`nuncius kg` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from kg_samples import night

from kg.consumer import GraphConsumer
from kg.store import GraphStore
from nuncius.commands.kg import command
from nuncius.journal import Journal


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder with a night in journal and graph, whose writer is closed."""
    with Journal.open(f"sqlite:///{tmp_path / 'nuncius.db'}", synchronous="normal") as journal:
        journal.append(night())
        store = GraphStore.open(tmp_path / "graph")
        consumer = GraphConsumer(journal, store)
        while consumer.step():
            pass
        store.close()
    return tmp_path


def _run(data_dir: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["--data-dir", str(data_dir), *arguments], catch_exceptions=False)
    return result.exit_code, result.output


def test_show_answers_for_any_name_while_a_writer_is_open(data_dir: Path) -> None:
    writer = GraphStore.open(data_dir / "graph")
    code, out = _run(data_dir, "show", "grb260307a", "--json")
    writer.close()
    known = json.loads(out)
    assert code == 0
    assert [n["name"] for n in known["names"]] == ["fermi-gbm:794591051", "GRB 260307A", "bn260307667"]
    assert [r["value"] for r in known["redshifts"]] == [1.234, 0.817]
    assert len(known["timeline"]) == 4
    assert "1.234" in _run(data_dir, "show", "bn260307667")[1]


def test_show_says_when_nobody_has_spoken_of_it(data_dir: Path) -> None:
    code, out = _run(data_dir, "show", "GRB 991231A")
    assert code == 1
    assert "nobody has spoken" in out


def test_query_prints_tables_json_csv_and_turtle(data_dir: Path) -> None:
    select = "SELECT ?z { ?c nuncius:predicate nuncius:redshift ; nuncius:value ?z } ORDER BY ?z"
    assert "0.817" in _run(data_dir, "query", select)[1]
    assert _run(data_dir, "query", select, "--format", "csv")[1].split() == ["z", "0.817", "1.234"]
    rows = json.loads(_run(data_dir, "query", select, "--format", "json")[1])["results"]["bindings"]
    assert [r["z"]["value"] for r in rows] == ["0.817", "1.234"]
    turtle = _run(
        data_dir, "query", "CONSTRUCT { ?o a ?t } WHERE { ?o a ?t, oda:AstrophysicalObject }", "--format", "ttl"
    )[1]
    assert "oda:AstrophysicalObject" in turtle
    assert _run(data_dir, "query", "ASK { ?s ?p ?o }")[1].strip() == "yes"


def test_query_ends_with_1_when_it_was_stopped(data_dir: Path) -> None:
    heavy = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    code, out = _run(data_dir, "query", heavy, "--timeout", "0.5")
    assert code == 1
    assert "raise --timeout" in out


def test_export_of_an_object_holds_its_documents_only(data_dir: Path) -> None:
    code, out = _run(data_dir, "export", "--object", "S260307ab", "--format", "nq")
    assert code == 0
    graphs = {line.split()[-2] for line in out.splitlines()}
    assert graphs == {"<ivo://example/LVK#S1>", "<ivo://example/LVK#S2>", "<https://gcn.nasa.gov/circulars/34121>"}
    everything = _run(data_dir, "export")[1].splitlines()
    assert everything == sorted(everything)
    assert set(out.splitlines()) < set(everything)


def test_rebuild_and_validate_report_what_they_did(data_dir: Path) -> None:
    before = _run(data_dir, "export")[1]
    code, out = _run(data_dir, "rebuild")
    assert code == 0
    with Journal.open(f"sqlite:///{data_dir / 'nuncius.db'}") as journal:
        assert f"{journal.last_seq()} events read" in out
    assert _run(data_dir, "export")[1] == before
    pytest.importorskip("pyshacl")
    assert _run(data_dir, "validate")[0] == 0
