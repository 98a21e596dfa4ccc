"""A joint report looks into the data of instruments: files of an archive and a service, with what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import mmoda_products as made
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from local_mmoda import LocalMmoda
from rules_samples import NOON, Night
from test_multi_reaction import GRB, attached, burst, told, verdicts

from analyses import suppliers
from analyses.settings import DataSource
from nuncius.cli import cli
from nuncius.core.event import Event
from nuncius.core.sky import Annulus
from reactors.runner import Runner

RULE = """rule: m
when: [gcn.notice.fermi.gbm, kg.fact]
do:
  - together: %s
    with: {patience: 60s, without: visibility, data: all}
    as: joint
    timeout: 5m
  - post: "found in ${size(joint.found)}: ${joint.found}"
"""
T0 = NOON + timedelta(seconds=2)
LIGHT_CURVES = "lightcurves"


def light_curve(folder: Path, name: str, *, peak: float, seed: int = 3) -> Path:
    """A table as spacecraft teams exchange it: 120 bins of 0.5 s around T0, a burst of two seconds at 1 s."""
    dice = np.random.default_rng(seed)
    at = np.arange(-60.0, 100.0, 0.5)
    counts = dice.poisson(100.0 + peak * ((at >= 1.0) & (at < 3.0)))
    head = (
        f"'MADE ' '{T0:%d/%m/%y}'  {(T0 - T0.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds():.3f}"
    )
    rows = [f"{time:.2f} {count}" for time, count in zip(at, counts, strict=True)]
    file = folder / f"{name}_{T0:%Y%m%d}.txt"
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return file


MakeNight = Callable[..., Night]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[MakeNight]:
    opened: list[Night] = []

    def make(sources: dict[str, DataSource], who: str = "gbm, spi-acs, konus, eclairs") -> Night:
        one = Night(tmp_path, RULE % who)
        opened.append(one)
        assert one.book.problems == [], [str(problem) for problem in one.book.problems]
        one.runner = Runner(
            one.journal, one.executor, targets=["web"], clock=one.clock, owner="test:1", sources=sources
        )
        return one

    yield make
    for one in opened:
        one.close()


def fact(name: str) -> Event:
    data = {"predicate": "t90", "value": 2.0, "assertion": "asserted"}
    return Event(id=name, kind="kg.fact", source="kg", object=GRB, received=NOON + timedelta(minutes=20), data=data)


def test_files_of_an_archive_are_searched_and_what_they_show_is_told(night: MakeNight, tmp_path: Path) -> None:
    light_curve(tmp_path, "acs", peak=60.0)
    light_curve(tmp_path, "konus", peak=0.0)
    sources = {
        "spi-acs": DataSource(files=f"{tmp_path}/acs_{{t0:%Y%m%d}}*.txt"),
        "konus": DataSource(files=f"{tmp_path}/konus_*.txt", after_s=60.0),
    }
    n = night(sources)
    n.hears(burst("b"))
    n.works(60)
    (said,) = told(n, GRB)
    seen = verdicts(said)
    assert seen["Fermi GBM"] == "saw it"
    assert seen["INTEGRAL SPI-ACS"].startswith("looked: ")
    assert "sigma over 2 s" in seen["INTEGRAL SPI-ACS"]
    assert seen["Wind Konus"].startswith("looked: upper limit < ")
    assert "seen by Fermi GBM; in data of INTEGRAL SPI-ACS; 50 % within" in said.title
    assert [picture.name for picture in said.pictures] == ["localization", "light-curves"]
    assert "2 light curves above each other" in said.pictures[1].alt
    values = attached(n, said)["results"]["spi-acs data"]["values"]
    assert values["t90"]["value"] == pytest.approx(1.8, abs=0.4)
    assert values["trials"]["value"] > 100
    assert n.titles()[-1] == "found in 1: INTEGRAL SPI-ACS"
    results = [stored.event.data for stored in n.journal.read(0) if stored.event.kind == "analysis.result"]
    assert [(r["mission"], r["instrument"]) for r in results if r["analysis"] == "burst-search"] == [
        ("INTEGRAL", "SPI-ACS"),
        ("Wind", "Konus"),
    ]
    n.hears(fact("f"))
    n.works(60)
    assert len(told(n, GRB)) == 1, "the same data say the same again"


def test_where_nothing_is_configured_nothing_is_run_and_the_report_says_so(night: MakeNight, tmp_path: Path) -> None:
    n = night({"konus": DataSource(files=f"{tmp_path}/nothing_*.txt")})
    n.hears(burst("b"))
    n.works(60)
    (said,) = told(n, GRB)
    assert set(attached(n, said)["results"]) == {"localization"}
    why = {str(row[0]): str(row[3]) for row in said.tables[0].rows}
    assert verdicts(said)["INTEGRAL SPI-ACS"] == "could have seen it, not asked"
    assert "no source of data configured" in why["INTEGRAL SPI-ACS"]
    assert "no data of that time" in why["Wind Konus"]


def test_a_file_that_is_no_light_curve_costs_its_own_part_only(night: MakeNight, tmp_path: Path) -> None:
    (tmp_path / "acs.txt").write_text("it was cloudy\n", encoding="utf-8")
    n = night({"spi-acs": DataSource(files=f"{tmp_path}/acs.txt")})
    n.hears(burst("b"))
    n.works(60)
    (said,) = told(n, GRB)
    assert verdicts(said)["INTEGRAL SPI-ACS"] == "asked: failed"
    assert [picture.name for picture in said.pictures] == ["localization"]


def test_a_service_is_asked_once_and_its_answer_stands_in_later_reports(
    night: MakeNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analyses.suppliers.asking.FIRST_PAUSE_S", 0.01)
    for name in ("ODA_TOKEN", "ODA_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    server = LocalMmoda()
    monkeypatch.setenv(suppliers.SERVICES, msgspec.json.encode({"mmoda": f"{server.url}/dispatch"}).decode())
    ijd_s = (T0 - NOON.replace(year=2000, month=1, day=1, hour=0, minute=0, second=0)).total_seconds() + 69.184
    server.products = {"numpy_data_product_list": [made.spi_acs(ijd_s - 130.0, bins=5300)]}
    try:
        n = night({})
        n.hears(burst("b"))
        n.works(60)
        (said,) = told(n, GRB)
        looked = verdicts(said)["INTEGRAL SPI-ACS"]
        assert looked.startswith("looked: "), (looked, said.tables[0].rows)
        asked = len(server.asked)
        assert server.asked[0]["T1"].startswith("2017-08-17T12:38:56"), "more than the window, for the background"
        n.hears(burst("c", data={"sky": {"type": "circle", "ra": 195.0, "dec": -25.0, "radius": 2.0}}))
        n.works(60)
        last = told(n, GRB)[-1]
        assert last.revision == 2
        assert verdicts(last)["INTEGRAL SPI-ACS"] == looked
        assert len(server.asked) == asked
        assert "light-curves" in [picture.name for picture in last.pictures]
    finally:
        server.close()


def test_a_run_that_a_rule_made_is_taken_along_and_gives_the_same_numbers(night: MakeNight, tmp_path: Path) -> None:
    file = light_curve(tmp_path, "acs", peak=60.0)
    n = night({"spi-acs": DataSource(files=f"{tmp_path}/acs_*.txt", after_s=60.0)})
    n.hears(burst("b"))
    n.works(60)
    settings = tmp_path / "nuncius.toml"
    settings.write_text(f'[journal]\nurl = "sqlite:///{tmp_path}/night.db"\n', encoding="utf-8")

    def nuncius(*words: str) -> Any:
        return CliRunner().invoke(cli, ["analyse", "--config", str(settings), *words])

    listed = msgspec.json.decode(nuncius("--of", GRB, "--json").stdout)
    assert [run["analysis"] for run in listed] == ["localization", "burst-search"]
    assert "burst-search by m" in nuncius("--of", GRB).output
    run = listed[1]["run"]
    crate = tmp_path / "run.zip"
    assert nuncius("--of", run, "--crate", str(crate)).exit_code == 0
    file.rename(tmp_path / "elsewhere.txt")
    again = nuncius("--rerun", str(crate))
    assert again.exit_code == 0, again.output
    assert "the same numbers" in again.output
    file.write_text("0 1\n", encoding="utf-8")
    changed = nuncius("--of", run, "--crate", str(tmp_path / "other.zip"))
    assert (changed.exit_code, "has changed since the run read it" in changed.output) == (1, True)
    nobody = nuncius("--of", "result:0", "--crate", str(tmp_path / "none.zip"))
    assert "no run has the id 'result:0'" in nobody.output


def sources_of_grb_200415a(shared_data: Path) -> dict[str, DataSource]:
    """Light curves and places of GRB 200415A, in the folder of dsvinkin/triangulation."""
    folder = shared_data / LIGHT_CURVES / "ipn-GRB200415A" / "test_data" / "GRB20200415_T31685"
    return {
        "gbm": DataSource(files=f"{folder}/GBM/*_1ms.thr", places=f"{folder}/GBM/{{t0:%Y%m%d}}_Fermi.eph"),
        "konus": DataSource(
            files=f"{folder}/kw{{t0:%Y%m%d}}*.thr", places=f"{folder}/{{t0:%Y%m%d}}_Wind.eph", options={"columns": [4]}
        ),
        "hend": DataSource(files=f"{folder}/{{t0:%Y%m%d}}*_HEND.thr", places=f"{folder}/{{t0:%Y%m%d}}*_HEND_pos.txt"),
    }


@pytest.mark.shared_data
def test_three_spacecraft_bring_the_joint_report_of_grb_200415a_to_its_galaxy(
    night: MakeNight, shared_data: Path
) -> None:
    n = night(sources_of_grb_200415a(shared_data), who="gbm, konus, hend")
    t0 = NOON.replace(year=2020, month=4, day=15, hour=8, minute=48, second=5, microsecond=564000)
    sky = {"type": "circle", "ra": 14.0, "dec": -24.0, "radius": 5.0, "containment_probability": 0.68}
    n.hears(burst("b", trigger_time=t0, received=t0 + timedelta(minutes=5), data={"sky": sky}))
    n.works(120)
    (said,) = told(n, GRB)
    results: dict[str, Any] = attached(n, said)["results"]
    delays = {name: given["values"]["delay"]["value"] for name, given in results.items() if name.startswith("delay of")}
    assert delays == {
        "delay of GBM and Konus": pytest.approx(-4.1590, abs=0.002),
        "delay of GBM and HEND": pytest.approx(-392.97, abs=0.1),
    }
    place = results["joint-localization"]
    rings = [region for region in place["inputs"]["regions"] if region["sky"]["type"] == "annulus"]
    assert len(rings) == 2
    for ring in rings:
        sky_of = Annulus(**{word: value for word, value in ring["sky"].items() if word != "type"})
        assert np.abs(_separation(sky_of.ra, sky_of.dec, 11.888, -25.288) - (sky_of.inner + sky_of.outer) / 2) < 0.03
    assert place["values"]["area_90"]["value"] * 3600.0 < 17.0, "Svinkin et al. 2021 give 17 square arcminutes"
    ra, dec = (place["values"][axis]["value"] for axis in ("ra", "dec"))
    assert _separation(ra, dec, 11.888, -25.288) < 0.1, "NGC 253"
    assert [picture.name for picture in said.pictures] == ["joint-localization", "light-curves"]


def _separation(ra: float, dec: float, to_ra: float, to_dec: float) -> float:
    a, b, c, d = np.radians([ra, dec, to_ra, to_dec])
    return float(np.degrees(np.arccos(np.sin(b) * np.sin(d) + np.cos(b) * np.cos(d) * np.cos(a - c))))
