"""Pictures and the page of one object at the terminal: everything known is there, drawn the right way round."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from kg_samples import Telling, fact, notice

from kg.bands import look, plain_band
from kg.consumer import GraphConsumer
from kg.lightcurve import Point
from kg.plots import draw, in_characters
from kg.store import GraphStore
from nuncius.commands.kg import command
from nuncius.journal import Journal


def _point(seconds: float | None, value: float, band: str = "r", **more: object) -> Point:
    return Point(seconds=seconds, value=value, band=band, document="https://gcn.nasa.gov/circulars/1", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "plain"),
    [("r'", "r"), ("R_c", "R"), ("Rc", "R"), ("SDSS-r", "r"), ("Ks", "K"), ("CR", "clear"), ("white", "white"),
     ("UVW1", "uvw1"), ("i band", "i"), ("V", "V"), ("unfiltered", "clear"), ("F606W", "F606W"), ("", "")],
)  # fmt: skip
def test_bands_come_to_one_spelling(written: str, plain: str) -> None:
    assert plain_band(written) == plain


def test_bands_are_ordered_by_wavelength_and_neighbours_differ_in_marker_or_colour() -> None:
    order = ["uvw2", "u", "g", "r", "i", "z", "J", "H", "K"]
    assert sorted(order, key=lambda band: look(band).nm) == order
    looks = [look(band) for band in order]
    assert len({(one.colour, one.marker) for one in looks}) == len(order)


def test_in_characters_brighter_is_higher_and_later_is_further_right() -> None:
    text = in_characters(
        [_point(60.0, 16.0, "g"), _point(6000.0, 20.0), _point(600.0, 21.5, limit=">")], width=40, height=12
    )
    lines = text.splitlines()
    where = {c: (next(i for i, line in enumerate(lines) if f"{c}" in line[7:]), text) for c in "gv"}
    assert where["g"][0] == 0
    row_r = next(i for i, line in enumerate(lines[:12]) if "r" in line[7:])
    row_v = next(i for i, line in enumerate(lines[:12]) if "v" in line[7:])
    assert 0 < row_r < row_v == 11
    assert lines[0].index("g") < lines[row_v].index("v") < lines[row_r].index("r")
    assert "1 minute" in text
    assert "1.67 hours" in text
    assert in_characters([_point(None, 18.0)]) == ""


def test_the_figure_has_faint_below_and_limits_pointing_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    kept: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: kept.append(self))
    points = [_point(60.0, 16.0, minus=0.1, plus=0.2), _point(86400.0, 22.0, limit=">"), _point(None, 18.0)]
    assert draw(points, tmp_path / "x.png", name="GRB 260307A", t0=None) == 2
    axes: Axes = kept[0].axes[0]
    bottom, top = axes.get_ylim()
    assert bottom > 22.0 > 16.0 > top
    assert axes.get_xscale() == "log"
    carets = [line.get_marker() for line in axes.lines if isinstance(line.get_marker(), int)]
    assert carets == [11], "CARETDOWNBASE: towards fainter"


def test_show_prints_what_is_known_and_draws_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    telling = Telling(monkeypatch)
    mag = {"unit": "mag", "qualifier": {"band": "r", "epoch_s": 600.0}}
    z = [fact(n, "redshift", v, error=[0.01, 0.01], text=f"z = {v}") for n, v in ((1, 1.5), (2, 2.7))]
    events = [
        notice("t", ids=["794591051"], event_name=["GRB 260307A"]),
        telling.circular(1, z[0], fact(1, "magnitude", 18.2, start=40, **mag)),
        telling.circular(2, z[1], fact(2, "cites", 1, start=40)),
    ]
    with Journal.open(f"sqlite:///{tmp_path / 'nuncius.db'}", synchronous="normal") as journal:
        journal.append(events)
        store = GraphStore.open(tmp_path / "graph")
        while GraphConsumer(journal, store).step():
            pass
        store.close()

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(command, ["--data-dir", str(tmp_path), *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    curve, graph = tmp_path / "curve.svg", tmp_path / "graph.svg"
    out = run("show", "GRB 260307A", "--plot", str(curve))
    assert "T0 2026-03-07 15:59:40.000 UTC" in out
    assert "A. Observer" in re.sub(r"\s+", " ", out)
    assert "contradictions" in out
    assert "light curve" in out
    assert "GRB 260307A: magnitudes claimed in circulars" in curve.read_text(encoding="utf-8")
    known = json.loads(run("show", "GRB 260307A", "--json"))
    assert [c["earlier"]["text"] for c in known["contradictions"]] == ["z = 1.5"]
    assert [p["seconds"] for p in known["light_curve"]] == [600.0]
    assert {k["predicate"] for k in known["known"]} == {"redshift", "magnitude", "position"} - {"position"}
    assert "3 documents" in run("graph", "GRB 260307A", "--output", str(graph))
    drawn = graph.read_text(encoding="utf-8")
    assert "contradict each other" in drawn
    assert "GRB 260307A as the knowledge graph sees it" in drawn
    early = json.loads(run("show", "GRB 260307A", "--json", "--as-of", "2026-03-07T16:01:30"))
    assert [r["value"] for r in early["redshifts"]] == [1.5]
