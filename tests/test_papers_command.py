"""`nuncius kg papers`, and papers in `nuncius kg show`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from kg_samples import circular
from papers_samples import FIRST, OTHER, TITLE, arxiv, telegram

from kg.consumer import GraphConsumer
from kg.store import GraphStore
from nuncius.commands.kg import command
from nuncius.journal import Journal


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that has heard of a burst, under two names, and of papers."""
    folder = tmp_path_factory.mktemp("papers")
    alias = circular(34110, "GRB 260307A / EP260307b: one transient", "A. B (C) reports:\n\nThey are one.")
    sample = arxiv("2604.00002", 1, title="A sample of bursts", body="GRB 260307A and GRB 250101B are in it.")
    told = telegram(17001, "GRB 260307A in the radio", "See GCN 34120.")
    unknown = arxiv("2604.00003", 1, title="GRB 991231Z in depth", body="Nothing new.")
    store = GraphStore.open(folder / "graph")
    with Journal.open(f"sqlite:///{folder / 'nuncius.db'}", synchronous="normal") as journal:
        for event in (alias, FIRST, told, arxiv("2604.00001", 1, body=OTHER), sample, unknown):
            journal.append([event])
            GraphConsumer(journal, store).step()
    store.close()
    return folder


def _run(data_dir: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, ["--data-dir", str(data_dir), *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("name", ["GRB 260307A", "grb260307a", "EP260307b"])
def test_papers_are_listed_by_any_name_of_the_object(data_dir: Path, name: str) -> None:
    code, out, _ = _run(data_dir, "papers", name, "--json")
    assert code == 0
    rows = json.loads(out)
    assert [(row["document"], row["relation"]) for row in rows] == [
        ("arXiv:2604.00002v1", "mentions"),
        ("arXiv:2604.00001v1", "about"),
        ("ATel 17001", "about"),
    ]
    paper = rows[1]
    assert (paper["by"], paper["published"], paper["title"]) == ("Ada Observer et al.", "2026-04-06", TITLE)
    assert paper["says"] == ["redshift 1.562 ± 0.003 (spectroscopic, afterglow)"]
    assert paper["contradicts"][0].startswith("redshift 1.234 ± 0.002 (spectroscopic, afterglow) of GCN 34120, ")
    assert OTHER[paper["spans"][0]["start"] : paper["spans"][0]["end"]] == paper["spans"][0]["text"]
    assert rows[2]["cites"] == ["https://gcn.nasa.gov/circulars/34120"]


def test_only_what_is_about_it_on_request_and_as_of_a_moment(data_dir: Path) -> None:
    _, out, _ = _run(data_dir, "papers", "GRB 260307A", "--about", "--json")
    assert [row["document"] for row in json.loads(out)] == ["arXiv:2604.00001v1", "ATel 17001"]
    _, out, _ = _run(data_dir, "papers", "GRB 260307A", "--as-of", "2026-03-20", "--json")
    assert [row["document"] for row in json.loads(out)] == ["ATel 17001"]


def test_people_get_a_table_and_show_has_it_too(data_dir: Path) -> None:
    for asked in ("papers", "show"):
        code, out, _ = _run(data_dir, asked, "GRB 260307A")
        assert code == 0
        assert "arXiv:2604.00001v1" in out
        assert "Ada Observer et al." in out
        assert "1.562 ±" in out


def test_an_object_without_papers_is_no_error_and_one_of_which_nobody_spoke_is(data_dir: Path) -> None:
    code, out, error = _run(data_dir, "papers", "GRB 991231Z")
    assert (code, error) == (0, "")
    assert "arXiv:2604.00003v1" in out, "known from a paper alone"
    code, out, error = _run(data_dir, "papers", "GRB 000101A")
    assert (code, out) == (1, "")
    assert "nobody has spoken" in error


def test_the_help_teaches_with_an_example() -> None:
    out = CliRunner().invoke(command, ["papers", "-h"]).stdout
    assert 'nuncius kg papers "GRB 230307A"' in out
    assert "Exit code" in out
