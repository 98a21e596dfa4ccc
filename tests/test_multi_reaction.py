"""All instruments on one moment: one report, amended in its place by whatever comes later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rules_samples import CALLS, GATE, GW, NOON, Night, gw, retraction

from analyses.contract import analysis
from kg.consumer import GraphConsumer
from kg.parting import joining
from kg.store import GraphStore
from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.core.result import Result
from reactors.fanning import View
from reactors.functions import Maps
from reactors.runner import Runner
from reactors.sightings import Moment, gather
from reactors.together import Joint, instruments, table_of

GRB = "http://odahub.io/ontology/nuncius/object/GRB170817A"
SWIFT = "http://odahub.io/ontology/nuncius/object/swift:1"
BURST = {"type": "circle", "ra": 192.0, "dec": -28.0, "radius": 6.0, "containment_probability": 0.68}
RULE = """rule: m
when: [lvk.alert, gcn.notice.fermi.gbm, kg.fact, custom.together]
do:
  - together: gbm, spi-acs, konus, eclairs
    with: {patience: %s, without: visibility%s}
    as: joint
    timeout: 5m
  - post: "${size(joint.saw)} saw it, ${size(joint.missing)} missing"
on_retract:
  - together: all
"""


class Documents:
    """A graph whose claims the test writes."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def get(self, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        assert name in ("claims", "light_curve")
        rows = self.rows.get(params["object"], [])
        return rows if name == "claims" else [row["point"] for row in rows if row["predicate"] == "magnitude"]

    def ask(self, name: str, params: Mapping[str, Any]) -> bool:
        return bool(self.get(name, params))

    def freshness(self, name: str) -> float:
        return 0.0


@analysis("sample-gated", version="1", about="Waits for the gate, as an archive that is slow")
def sample_gated(*, instrument: str) -> Result:
    while not GATE.is_set():
        time.sleep(0.005)
    return Result(answer=f"{instrument}: nothing above 3 sigma")


MakeNight = Callable[..., tuple[Night, Documents]]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[MakeNight]:
    made: list[Night] = []

    def make(more: str = "", patience: str = "60s") -> tuple[Night, Documents]:
        CALLS.clear()
        GATE.clear()
        one, graph = Night(tmp_path, RULE % (patience, more)), Documents()
        made.append(one)
        assert one.book.problems == [], [str(problem) for problem in one.book.problems]
        one.runner = Runner(
            one.journal,
            one.executor,
            targets=["web"],
            clock=one.clock,
            owner="test:1",
            maps=Maps(one.journal.blob, graph=graph),
        )
        return one, graph

    yield make
    for one in made:
        one.close()


def burst(name: str, **more: Any) -> Event:
    """A trigger of Fermi GBM, two seconds after the merger."""
    data = {"mission": "Fermi", "instrument": "GBM", "messenger": "EM", "sky": BURST, "ids": ["bn170817529"]}
    told: dict[str, Any] = {
        "id": name,
        "kind": "gcn.notice.fermi.gbm.fin_pos",
        "source": "test",
        "object": GRB,
        "received": NOON + timedelta(minutes=1),
        "trigger_time": NOON + timedelta(seconds=2),
    }
    given = more.pop("data", {})
    return Event(**(told | more), data=data | given)


def claim(predicate: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"predicate": predicate, "value": value, "circular": 21507, "source": "GCN 21507", "title": "", **more}


def merger(name: str = "a", **more: Any) -> Event:
    return gw(name, data={"messenger": "GW"} | more.pop("data", {}), **more)


def told(night: Night, thread: str) -> list[Report]:
    """Joint reports in a thread, in order."""
    reports = [stored.report for stored in night.journal.reports(thread=thread, limit=1000)]
    return [report for report in reports if report.attachments]


def attached(night: Night, report: Report) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(night.journal.blob(report.attachments[0].sha256))
    return found


def verdicts(report: Report) -> dict[str, Any]:
    """By instrument; those of whom the same is said share a row."""
    return {name.partition(" (")[0]: row[1] for row in report.tables[0].rows for name in str(row[0]).split(", ")}


def test_a_burst_alone_says_who_saw_it_who_could_have_and_who_could_not(night: MakeNight) -> None:
    n, _ = night()
    n.hears(burst("b"))
    n.works(60)
    (said,) = told(n, GRB)
    assert said.title.startswith("GRB170817A: seen by Fermi GBM; 50 % within 94.9")
    assert verdicts(said) == {
        "Fermi GBM": "saw it",
        "INTEGRAL SPI-ACS": "could have seen it, not asked",
        "Wind Konus": "could have seen it, not asked",
        "SVOM ECLAIRs": "could not",
    }, "SVOM had not been launched"
    assert [picture.name for picture in said.pictures] == ["localization"]
    assert any("Fermi GBM's circle has the systematic error" in caveat for caveat in said.caveats)
    assert n.titles()[-1] == "1 saw it, 0 missing"


def test_instruments_of_whom_the_same_is_said_share_a_row_of_the_table() -> None:
    unknown = "approximate: where Swift {} is not known, so each place counts {}"
    views = {
        "konus": View(share=1.0),
        "hend": View(share=1.0),
        "xrt": View(share=4e-6, averaged=True, note=unknown.format("pointed", "3.8e-06")),
        "uvot": View(share=2e-6, averaged=True, note=unknown.format("pointed", "1.9e-06")),
        "eclairs": View(share=0.0, note="SVOM ECLAIRs began in 2024-06"),
        "grm": View(share=0.0, note="SVOM GRM began in 2024-06"),
        "lat": View(share=0.19, averaged=True, note=unknown.format("pointed", "0.19")),
        "ibis": View(share=0.02, averaged=True, note=unknown.format("pointed", "0.02")),
    }
    at = NOON.replace(tzinfo=UTC)
    bare: dict[str, Any] = {"regions": [], "markers": [], "alerts": {}, "sightings": [], "claims": [], "gaps": []}
    moment = Moment(object=GRB, name="GRB170817A", t0=at, objects={GRB: at}, **bare)
    joint = Joint(name="GRB170817A", moment=moment, views=views, outcomes=[], unasked=dict.fromkeys(views, "no source"))
    assert table_of(joint).rows == [
        ["Wind Konus, Mars Odyssey HEND", "could have seen it, not asked", "100 %", "no source", ""],
        [
            "Fermi LAT (19 %), INTEGRAL IBIS/ISGRI (2 %)",
            "may have seen it, not asked",
            "",
            "pointing not known; no source",
            "",
        ],
        ["Swift XRT, Swift UVOT", "could not", "below 1 %", "pointing not known", ""],
        ["SVOM ECLAIRs, SVOM GRM", "could not", "0 %", "began in 2024-06", ""],
    ]
    assert len(instruments(joint)) == len(views), "machines are told of each"


def test_a_circle_of_gbm_that_a_circular_tells_gets_its_systematic_error_too(night: MakeNight) -> None:
    n, graph = night()
    graph.rows[GW] = [claim("position", ra=190.0, dec=-25.0, radius=5.0, qualifier={"instrument": "Fermi-GBM"})]
    n.hears(merger())
    n.works(60)
    regions = {region["name"]: region["sky"] for region in attached(n, told(n, GW)[-1])["regions"]}
    assert regions["Fermi GBM"]["radius"] == pytest.approx((5.0**2 + 3.7**2) ** 0.5, abs=0.001)


def test_two_messengers_give_one_region_and_a_chance_and_both_threads_are_told(night: MakeNight) -> None:
    n, _ = night()
    n.hears(burst("b"))
    n.works(60)
    n.hears(merger())
    n.works(60)
    n.hears()
    n.works(60)
    (said,) = told(n, GW)
    answers = attached(n, said)["results"]
    assert set(answers) == {"joint-localization", "coincidence LVK and Fermi GBM"}
    assert answers["coincidence LVK and Fermi GBM"]["values"]["time_offset"]["value"] == pytest.approx(2.0)
    expected = 3.5e-12 * (236 / (365.25 * 86400)) * 6.0
    assert answers["coincidence LVK and Fermi GBM"]["values"]["temporal_far"]["value"] == pytest.approx(expected)
    assert "joint FAR one in" in said.title
    assert "90 % within" in said.title
    first, amended = told(n, GRB)
    assert (amended.slot, amended.revision) == (first.slot, first.revision + 1)
    assert "LVK: saw it, new" in amended.text
    assert "joint-localization: came in" in amended.text
    kinds = [stored.event.kind for stored in n.journal.read(0)]
    assert kinds.count("custom.together") == 1, "what was itself caused so causes no more"


def test_a_late_circular_amends_the_report_and_says_what_changed(night: MakeNight) -> None:
    n, graph = night()
    n.hears(burst("b"))
    n.works(60)
    graph.rows[GRB] = [
        claim("instrument", "INTEGRAL-SPI-ACS", title="GRB 170817A: INTEGRAL SPI-ACS prompt detection"),
        claim("instrument", "GECAM", title="GRB 170817A: observations"),
        claim("fluence", 2.8e-7, unit="erg / cm2", qualifier={"instrument": "Konus-Wind", "band": "10-1000 keV"}),
        claim("redshift", 0.0098),
        claim("position", ra=197.45, dec=-23.38, radius=2.0, qualifier={"instrument": "Fermi-LAT"}),
    ]
    fact = {"predicate": "fluence", "value": 2.8e-7, "assertion": "asserted"}
    n.hears(
        Event(id="f", kind="kg.fact", source="kg", object=GRB, received=NOON + timedelta(minutes=20), data=fact),
    )
    n.works(60)
    first, amended = told(n, GRB)
    assert amended.slot == first.slot
    assert amended.key != first.key
    seen = verdicts(amended)
    assert (seen["INTEGRAL SPI-ACS"], seen["Wind Konus"], seen["Fermi LAT"]) == ("saw it", "saw it", "saw it")
    assert seen["GECAM"] == "reported, see there"
    assert "INTEGRAL SPI-ACS: saw it, was: could have seen it, not asked" in amended.text
    assert "region of Fermi LAT: new, by GCN 21507" in amended.text
    assert set(attached(n, amended)["results"]) == {"joint-localization", "energetics"}


def test_magnitudes_of_circulars_give_a_decay_that_later_ones_amend(night: MakeNight) -> None:
    n, graph = night()

    def magnitude(hours: float, value: float) -> dict[str, Any]:
        point = {"seconds": hours * 3600.0, "band": "r", "value": value, "plus": 0.05, "minus": 0.05, "document": "x"}
        return claim("magnitude", value, point=point)

    def circular(name: str) -> Event:
        data = {"predicate": "magnitude", "value": 18.0, "assertion": "asserted"}
        return Event(id=name, kind="kg.fact", source="kg", object=GRB, received=NOON + timedelta(hours=9), data=data)

    n.hears(burst("b"))
    n.works(60)
    graph.rows[GRB] = [magnitude(1.0, 18.0), magnitude(2.0, 18.75), magnitude(4.0, 19.5)]
    n.hears(circular("c1"))
    n.works(60)
    graph.rows[GRB].append(magnitude(8.0, 21.0))
    n.hears(circular("c2"))
    n.works(60)
    _, first, second = told(n, GRB)
    assert "; flux falls as t^-1.00" in first.title
    assert "afterglow: came in" in first.text
    assert "afterglow, decay index: 1." in second.text
    assert [picture.name for picture in second.pictures] == ["localization", "multiband"]


def test_what_changes_nothing_is_not_told_again(night: MakeNight) -> None:
    n, _ = night()
    n.hears(burst("b"))
    n.works(60)
    fact = {"predicate": "t90", "value": 2.0, "assertion": "asserted"}
    n.hears(Event(id="f", kind="kg.fact", source="kg", object=GRB, received=NOON + timedelta(minutes=20), data=fact))
    n.works(60)
    assert len(told(n, GRB)) == 1


def test_of_what_nobody_has_a_region_nothing_is_told(night: MakeNight) -> None:
    n, graph = night()
    graph.rows[GRB] = [claim("redshift", 0.0098)]
    fact = {"predicate": "redshift", "value": 0.0098, "assertion": "asserted"}
    n.hears(Event(id="f", kind="kg.fact", source="kg", object=GRB, received=NOON + timedelta(minutes=20), data=fact))
    n.works(60)
    assert told(n, GRB) == []


def test_what_is_late_is_named_as_missing_first_and_amends_the_report(night: MakeNight) -> None:
    n, _ = night(", data: {spi-acs: sample-gated}", patience="10ms")
    n.hears(burst("b"))
    _until(n, lambda: len(told(n, GRB)) >= 1)
    (first,) = told(n, GRB)[:1]
    assert first.title.endswith("still to come: spi-acs data") or "still to come" in first.title
    GATE.set()
    n.works(60)
    last = told(n, GRB)[-1]
    assert "still to come" not in last.title
    assert verdicts(last)["INTEGRAL SPI-ACS"] == "looked"
    assert last.slot == first.slot


def test_a_failure_of_one_part_is_named_and_costs_no_other(night: MakeNight) -> None:
    n, _ = night(", data: {konus: sample-hopeless}")
    n.hears(burst("b"))
    n.works(60)
    (said,) = told(n, GRB)
    assert verdicts(said)["Wind Konus"] == "asked: failed"
    assert "a negative count" in str(said.tables[1].rows[-1])
    assert [picture.name for picture in said.pictures] == ["localization"]


def test_a_retraction_cancels_and_takes_the_merger_out_of_the_burst_again(night: MakeNight) -> None:
    n, _ = night()
    n.hears(burst("b"), merger())
    n.works(60)
    n.hears()
    n.works(60)
    assert verdicts(told(n, GRB)[-1])["LVK"] == "saw it"
    n.delivers()
    n.hears(retraction("gone", received=NOON + timedelta(hours=1), data={"messenger": "GW"}))
    n.works(60)
    n.hears()
    n.works(60)
    last = told(n, GRB)[-1]
    assert "LVK" not in verdicts(last), "a mission that was not asked for and did not see it"
    assert "region of LVK: no longer" in last.text
    assert told(n, GW)[-1].state == "retracted"


def test_objects_that_a_person_joined_are_one_in_the_report(night: MakeNight) -> None:
    n, _ = night()
    late = {"trigger_time": NOON + timedelta(hours=1), "object": SWIFT, "kind": "gcn.notice.swift.xrt.position"}
    n.hears(burst("x", data={"mission": "Swift", "instrument": "XRT", "sky": BURST | {"radius": 0.5}}, **late))
    n.hears(burst("b"))
    assert [s.name for s in gather(n.journal, None, GRB).sightings] == ["Fermi GBM"]
    joined = joining(GRB, SWIFT, why="GCN 1", by="Ann", now=NOON)
    n.journal.append([joined])
    GraphConsumer(n.journal, GraphStore.in_memory()).step()
    moment = gather(n.journal, None, GRB)
    assert [s.name for s in moment.sightings] == ["Fermi GBM", "Swift XRT"]
    assert {region["name"] for region in moment.regions} == {"Fermi GBM", "Swift XRT"}
    assert moment.name == "GRB170817A"


def test_mistakes_are_told_when_the_rule_is_loaded(tmp_path: Path) -> None:
    for wrong, said in (
        ("together: gbmm", "no instrument has the key 'gbmm'"),
        ("together: all\n    with: {patiense: 3s}", "takes no 'patiense'"),
        ("together: all\n    with: {data: {gbm: nothing}}", "no analysis is named 'nothing'"),
    ):
        one = Night(tmp_path, f"rule: m\nwhen: lvk.alert\ndo:\n  - {wrong}\n")
        assert any(said in str(problem) for problem in one.book.problems), [str(p) for p in one.book.problems]
        one.close()


def _until(night: Night, holds: Callable[[], bool], tries: int = 2000) -> None:
    for _ in range(tries):
        night.runner.tick()
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")
