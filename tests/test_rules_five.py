"""The five shipped examples on real circulars and notices, through the real graph and the real analyses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rules_samples import CIRCLE, NOON, Night, gw

from kg.consumer import GraphConsumer
from kg.named_queries import NamedQueries
from kg.objects import identify
from kg.store import GraphStore
from listeners.formats import Message, parse
from nuncius.core.event import Event
from nuncius.core.report import Severity
from reactors.means import live_means
from reactors.reactor import Reactor
from reactors.rulebook import RuleBook, shipped
from reactors.runner import Runner

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)


class Live:
    """A night with some of the shipped rules, the graph and the sky at hand, and every analysis run for real."""

    def __init__(self, folder: Path, *files: str) -> None:
        self.night = night = Night(folder, "rule: none\nwhen: timer\ndo: {post: x}\n")
        book = RuleBook([shipped() / file for file in files])
        assert book.problems == []
        self.graph = GraphStore.open(folder / "graph")
        self.queries = NamedQueries(self.graph)
        self.consumer = GraphConsumer(night.journal, self.graph)
        means = live_means(night.journal, self.queries, night.clock)
        night.reactor = Reactor(night.journal, book, night.clock, identify=identify, maps=means)
        night.runner = Runner(
            night.journal,
            night.executor,
            targets=["web"],
            clock=night.clock,
            owner="test:1",
            maps=means,
            data_dir=folder,
        )

    def hears(self, *events: Event) -> None:
        """Journal events, read circulars, decide and act until nothing is left to do."""
        self.night.journal.append(events)
        for _ in range(4):  # facts are events, and so is what rules emit
            while self.consumer.step():
                pass
            self.night.hears()
            self.night.works(timeout_s=60.0)

    def close(self) -> None:
        self.queries.close()
        self.graph.close()
        self.night.close()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Any]:
    made: list[Live] = []

    def make(*files: str) -> Live:
        made.append(Live(tmp_path, *files))
        return made[-1]

    yield make
    for one in made:
        one.close()


def circulars(shared_data: Path, *numbers: int) -> list[Event]:
    """Real circulars by number (gcn.nasa.gov archive)."""
    found: dict[int, bytes] = {}
    with (shared_data / "circulars.jsonl").open("rb") as lines:
        for line in lines:
            number = json.loads(line)["circularId"]
            if number in numbers:
                found[number] = line
    return [e for n in numbers for e in parse(Message(raw=found[n], received=RECEIVED, name="circular"))]


def test_limits_of_a_merger_wait_for_a_person_and_are_escalated_until_somebody_says_a_word(live: Any) -> None:
    one = live("gw-upper-limits.yaml")
    night = one.night
    one.hears(gw("a"))
    seen = [report for report in night.reports() if "could see" in report.title]
    assert sorted(report.title.split(" could")[0] for report in seen) == [
        "Fermi GBM",
        "Fermi LAT",
        "INTEGRAL SPI-ACS",
        "Swift BAT",
        "Wind Konus",
    ]
    (question,) = night.journal.reviews(open_only=True)
    assert question.question.splitlines()[1].startswith("SUBJECT: GW170817: upper limits")
    assert all(report.title in question.question for report in seen)
    night.clock.advance_to(question.asked + timedelta(minutes=21))
    one.hears()
    assert [r.title.partition(":")[0] for r in night.reports() if r.severity is Severity.PAGE] == [
        "the burst advocate on duty"
    ]
    night.journal.answer(question.id, "approved", by="Ann", why="", now=night.clock.now())
    one.hears()
    sent = [report for report in night.reports() if report.thread == "circulars"]
    assert [report.title for report in sent] == ["Circular on GW170817, approved by Ann"]
    night.clock.advance_to(question.asked + timedelta(hours=1, minutes=1))
    one.hears()
    assert sum(r.severity is Severity.PAGE for r in night.reports()) == 1, "an answer ends the escalation"


def test_a_merger_that_no_instrument_saw_well_asks_nobody(live: Any) -> None:
    one = live("gw-upper-limits.yaml")
    one.hears(gw("a", data={"p_astro": {"BNS": 0.1, "NSBH": 0.1}}), gw("b", data={"sky": CIRCLE | {"radius": 40.0}}))
    assert one.night.outcomes() == ["not", "not"]
    assert one.night.journal.reviews() == []


def icecube(name: str, **more: Any) -> Event:
    """A gold track, in the words of the classic notices of IceCube."""
    data: dict[str, Any] = {"mission": "IceCube", "instrument": "IC86", "ra": 77.43, "dec": 5.72, "ra_dec_error": 0.8}
    data |= {"containment_probability": 0.9, "signalness": 0.57, "far": 1e-8, "ids": [name], "event_name": [name]}
    when = {"received": NOON + timedelta(minutes=1), "trigger_time": NOON}
    return Event(**({"id": name, "kind": "gcn.notice.icecube.ic86.gold", "source": "test", "data": data} | when | more))


def burst(name: str, seconds: float, ra: float) -> Event:
    """A burst of Fermi GBM so many seconds after the neutrino."""
    data: dict[str, Any] = {"mission": "Fermi", "instrument": "GBM", "ra": ra, "dec": 5.0, "ra_dec_error": 3.0}
    data |= {"containment_probability": 0.683, "ids": [name]}
    when = NOON + timedelta(seconds=seconds)
    kind = "gcn.notice.fermi.gbm.fin_pos"
    return Event(id=name, kind=kind, source="test", trigger_time=when, received=when + timedelta(minutes=10), data=data)


@pytest.mark.parametrize("burst_first", [True, False])
def test_a_burst_near_a_neutrino_is_found_whichever_comes_first(live: Any, burst_first: bool) -> None:
    one = live("neutrino-coincidences.yaml")
    pair = [burst("5001", -200.0, 80.0), icecube("IceCube-170922A")]
    for event in pair if burst_first else reversed(pair):
        one.hears(event)
    one.hears(burst("5002", 300.0, 180.0), burst("5003", 3000.0, 77.0))
    told = [report.title for report in one.night.reports() if report.rule == "neutrino-and-burst"]
    assert any("IceCube-170922A (signalness 0.57) and" in title and "2.66° apart" in title for title in told), told
    assert sum("° apart" in title for title in told) == 1


@pytest.mark.parametrize(("ra", "by_place"), [(80.0, "less often"), (92.0, "more often")])
def test_chance_counts_the_places_of_a_neutrino_and_a_burst_and_not_their_times_alone(
    live: Any, ra: float, by_place: str
) -> None:
    one = live("neutrino-coincidences.yaml")
    neutrino = icecube("IceCube-170922A")
    sky = {"type": "circle", "ra": 77.43, "dec": 5.72, "radius": 0.8, "containment_probability": 0.9}
    one.hears(burst("5001", -200.0, ra), msgspec.structs.replace(neutrino, data=neutrino.data | {"sky": sky}))
    (values,) = [
        stored.event.data["values"]
        for stored in one.night.journal.read(0)
        if stored.event.kind == "analysis.result" and stored.event.data["analysis"] == "coincidence"
    ]
    assert values["temporal_far"]["value"] == pytest.approx(1e-8 * 1.3e-5 * 2000.0)
    assert (values["joint_far"]["value"] < values["temporal_far"]["value"]) is (by_place == "less often")


@pytest.mark.shared_data
def test_a_gamma_ray_source_that_a_circular_reports_in_a_neutrinos_region(live: Any, shared_data: Path) -> None:
    # GCN 32983: 4FGL J1956.1+0234, a blazar of uncertain type, in the region of IceCube-221124A.
    one = live("neutrino-coincidences.yaml")
    one.hears(icecube("IceCube-221124A"))
    assert "fired" not in one.night.outcomes()
    one.hears(*circulars(shared_data, 32983))
    told = [report for report in one.night.reports() if report.rule == "neutrino-and-blazar"]
    assert [report.title for report in told] == ["IceCube-221124A: a catalogued gamma-ray source lies in its region"]
    assert "circulars/32983" in told[0].text


@pytest.mark.shared_data
def test_a_redshift_and_a_fluence_make_an_energy(live: Any, shared_data: Path) -> None:
    # GRB 090618: z = 0.54 (GCN 9518), 1.05e-4 erg/cm2 in 15-150 keV with a peak energy of 134 keV (GCN 9534). The
    # literature has 2.5e53 erg by instruments of a wider band: BAT's cut-off power law ends too soon above its own.
    one = live("energetics.yaml")
    one.hears(*circulars(shared_data, 9534))
    assert "fired" not in one.night.outcomes()
    one.hears(*circulars(shared_data, 9518))
    [title] = one.night.titles()
    assert title.startswith("GRB 090618: isotropic energy 1.7 × 10⁵³ erg at z = 0.54")
    assert any("may be too low by a factor of two" in caveat for caveat in one.night.reports()[0].caveats)


def test_an_energy_that_no_burst_should_have_is_told(live: Any) -> None:
    body = (
        "The event fluence (10-1000 keV) in this time interval is (2.0 +/- 0.1)E-1 erg/cm^2. "
        "We measure a redshift of z = 6.29 +/- 0.01 for the afterglow."
    )
    circular = {"circularId": 50000, "subject": "GRB 261101A: observations", "body": body, "eventId": "GRB 261101A"}
    circular |= {"createdOn": 1_795_000_000_000, "submitter": "nobody"}
    one = live("assumptions.yaml")
    one.hears(*parse(Message(raw=json.dumps(circular).encode(), received=RECEIVED, name="circular")))
    titles = one.night.titles()
    assert any("burst-energy" in title and "violated" in title.lower() for title in titles), titles


def test_a_release_in_a_replay_of_the_past_builds_nothing_and_fails_nothing(live: Any) -> None:
    one = live("releases.yaml")
    data = {"package": "astropy", "version": "8.0.3", "url": "https://github.com/astropy/astropy/releases/tag/v8.0.3"}
    one.hears(Event(id="github:astropy@8.0.3", kind="release.code", source="github", received=NOON, data=data))
    assert one.night.titles() == [
        "astropy 8.0.3: no test case is run in a replay of the past; `nuncius regress` runs them"
    ]


def test_the_nightly_check_tells_all_in_one_table_and_wakes_nobody(live: Any) -> None:
    one = live("nightly-check.yaml")
    night = one.night
    one.hears()
    for hours in (18, 19):
        night.clock.advance_to(NOON + timedelta(hours=hours))
        one.hears()
    (report,) = night.reports()
    assert report.thread == "operators"
    assert "check" in report.title
    assert {"feeds", "disk", "database", "canary"} <= {row[0] for row in report.tables[0].rows}
    assert report.severity is not Severity.PAGE
