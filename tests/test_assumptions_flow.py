"""From circulars to verdicts: journal, graph, shipped rules, real analyses, and what people are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kg_samples import NOW, circular
from rules_samples import Night

from kg.consumer import GraphConsumer
from kg.named_queries import NamedQueries, get
from kg.objects import identify
from kg.shapes import validate
from kg.store import GraphStore
from kg.vocabulary import object_iri
from listeners.formats import Message
from listeners.formats import parse as listened
from nuncius.core.event import Event, Tense
from nuncius.core.report import Report, Severity
from reactors.means import live_means
from reactors.reactor import Reactor
from reactors.rulebook import RuleBook, shipped

NAME = "GRB 260307A"
BURST = object_iri(NAME)
FLUENCE = (
    "The event fluence (10-1000 keV) measured by Fermi-GBM in this time interval is (2.0 +/- 0.1)E-04 erg/cm^2.\n"
    "The duration (T90) is about 30 s (50-300 keV).\n"
)


def redshift(z: float, number: int = 40, version: int = 1) -> Event:
    body = f"We took a spectrum of the afterglow of {NAME} and measure a redshift of z = {z} +/- 0.001."
    return circular(number, f"{NAME}: redshift from Example Observatory", body, version=version)


def fluence(body: str = FLUENCE) -> Event:
    return circular(30, f"{NAME}: Fermi GBM Observation", body)


def spectrum(epeak: float, number: int = 1) -> Event:
    received = NOW + timedelta(hours=2, minutes=number)
    data = {"epeak": epeak, "name": NAME}
    return Event(
        id=f"custom:{number}", kind="custom.spectrum", source="test", object=BURST, received=received, data=data
    )


class Flow:
    """The shipped rules on assumptions, with real analyses and a graph."""

    def __init__(self, folder: Path) -> None:
        self.night = night = Night(folder, "rule: none\nwhen: timer\ndo: {post: x}\n")
        book = RuleBook([shipped() / "assumptions.yaml"])
        assert book.problems == []
        self.graph = GraphStore.in_memory()
        self.queries = NamedQueries(self.graph)
        self.consumer = GraphConsumer(night.journal, self.graph)
        maps = live_means(night.journal, self.queries, night.clock)
        night.reactor = Reactor(night.journal, book, night.clock, identify=identify, maps=maps)
        night.runner._maps = live_means(night.journal, self.queries, night.clock)

    def hears(self, *events: Event) -> None:
        for event in events:
            if event.received > self.night.clock.now():
                self.night.clock.advance_to(event.received)
            self.night.journal.append([event])
            for _ in range(4):  # facts of the graph set rules going, verdicts go back to the graph
                while self.consumer.step():
                    pass
                self.night.hears()
                self.night.works()

    def verdicts(self, name: str = "") -> list[dict[str, Any]]:
        found = self.night.journal.read(0, kinds=["assumption.verdict"])
        return [s.event.data for s in found if name in ("", s.event.data["assumption"])]

    def standing(self, obj: str = BURST) -> dict[str, str]:
        return {row["assumption"]: row["verdict"] for row in get(self.graph, "verdicts", {"object": obj})}

    def shown(self) -> dict[str, Report]:
        """What stands in each place."""
        return {report.slot: report for report in self.night.reports()}

    def close(self) -> None:
        self.queries.close()
        self.night.close()


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    made = Flow(tmp_path)
    yield made
    made.close()


def test_what_holds_is_one_quiet_line_and_what_is_missing_is_said(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36))
    told = list(flow.shown().values())
    assert [r.severity for r in told] == [Severity.INFO, Severity.INFO]
    assert not any(r.text or r.tables or r.pictures for r in told)
    holds, cannot = sorted((r.title for r in told), reverse=True)
    assert holds.startswith(f"Assumption holds: burst-energy for {NAME}: energy ")
    assert cannot == f"Assumption cannot be told: amati-relation for {NAME}: not known: epeak"
    assert flow.standing() == {"burst-energy": "holds", "amati-relation": "cannot be told"}
    (unknown,) = flow.verdicts("amati-relation")
    assert unknown["missing"] == ["epeak"]


def test_a_violation_is_loud_and_leads_to_the_words_that_it_rests_on(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36), spectrum(3.0))
    (loud,) = [r for r in flow.shown().values() if r.severity is Severity.WARNING]
    first = loud.title
    assert first.startswith(f"Assumption violated: amati-relation by {NAME}: amati offset -")
    assert "sigma outside" in first
    assert "Amati et al. 2008" in loud.text
    assert "0.36 +/- 0.001" in loud.text
    assert any(
        link.url.startswith("https://gcn.nasa.gov/circulars/40#:~:text=") and "0.36" in link.url for link in loud.links
    )
    assert loud.thread == BURST
    verdict = flow.verdicts("amati-relation")[-1]
    assert verdict["verdict"] == "violated"
    assert verdict["distance"] > 3
    places = {r.slot for r in flow.night.reports() if "amati-relation" in r.title}
    assert len(places) == 1, "the violation stands where the line before it stood"


def test_the_graph_holds_a_verdict_with_its_evidence_and_the_shapes_accept_it(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36), spectrum(273.0))
    assert flow.standing() == {"burst-energy": "holds", "amati-relation": "holds"}
    rows = flow.graph.query(
        "SELECT DISTINCT ?input ?words ?predicate ?agent { ?v nuncius:ofAssumption/rdfs:label 'amati-relation' ; "
        "prov:wasGeneratedBy ?test ; nuncius:verdict 'holds' . ?test prov:qualifiedUsage ?u ; "
        "prov:wasAssociatedWith/rdfs:label ?agent . ?u nuncius:asInput ?input ; prov:entity ?claim . "
        "OPTIONAL { ?u nuncius:inWords ?words } ?claim nuncius:predicate ?predicate } ORDER BY ?input"
    ).rows
    assert [row["input"] for row in rows] == ["epeak", "fluence", "redshift", "t90"]
    assert rows[2]["words"] == "0.36 +/- 0.001"
    assert rows[2]["predicate"].endswith("#redshift")
    assert rows[0]["agent"] == "energetics/2"
    assert [wrong for _, found in validate(flow.graph) for wrong in found] == []


def test_new_values_supersede_a_verdict_in_its_place(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36), spectrum(3.0, 1), spectrum(273.0, 2))
    assert flow.standing()["amati-relation"] == "holds"
    assert [v["verdict"] for v in flow.verdicts("amati-relation")] == ["cannot be told", "violated", "holds"]
    (amati,) = [r for r in flow.shown().values() if "amati-relation" in r.title]
    assert amati.title.startswith("Assumption holds: amati-relation")
    assert amati.severity is Severity.INFO
    ended = flow.graph.query(
        "SELECT DISTINCT ?v ?until { ?v a nuncius:Verdict ; nuncius:ofAssumption/rdfs:label 'amati-relation' ; "
        "prov:invalidatedAtTime ?until . ?next prov:wasRevisionOf ?v }"
    ).rows
    assert len(ended) == 2


def test_the_same_facts_again_say_nothing_new(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36))
    before = len(flow.night.reports())
    flow.hears(circular(50, f"{NAME}: optical observations", f"We confirm the redshift of {NAME}, z = 0.36."))
    assert len(flow.night.reports()) == before
    assert len(flow.verdicts()) == 2


def test_a_claim_that_is_withdrawn_takes_its_verdicts_with_it(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36))
    flow.hears(circular(40, f"{NAME}: redshift from Example Observatory", "No line is seen after all.", version=2))
    (gone, other) = [s.event.data for s in flow.night.journal.read(0, kinds=["assumption.withdrawn"])][:2]
    assert {gone["assumption"], other["assumption"]} == {"burst-energy", "amati-relation"}
    assert gone["why"].startswith("redshift, 0.36 ± 0.001")
    assert gone["why"].endswith("is no longer said")
    assert flow.standing() == {"burst-energy": "cannot be told", "amati-relation": "cannot be told"}
    assert {r.title for r in flow.shown().values()} == {
        f"Assumption cannot be told: burst-energy for {NAME}: not known: redshift",
        f"Assumption cannot be told: amati-relation for {NAME}: not known: redshift, epeak",
    }


def test_a_revised_claim_is_tested_again(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36), redshift(1.36, version=2))
    values = [v["value"] for v in flow.verdicts("burst-energy")]
    assert len(values) == 2
    assert values[1] > 5 * values[0]
    assert flow.standing()["burst-energy"] == "holds"


def test_a_retracted_object_leaves_no_verdict_standing(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36))
    retracted = circular(60, f"{NAME}: not a GRB", f"The trigger of {NAME} is retracted: it is not a burst.")
    flow.hears(retracted)
    if not get(flow.graph, "retracted", {"object": BURST}):
        pytest.fail("the sample is not read as a retraction")
    assert flow.night.journal.read(0, kinds=["assumption.withdrawn"])


def test_a_rebuilt_graph_is_the_same(flow: Flow) -> None:
    flow.hears(fluence(), redshift(0.36), spectrum(3.0, 1), spectrum(273.0, 2), redshift(0.5, version=2))
    again = GraphStore.in_memory()
    GraphConsumer(flow.night.journal, again).write(flow.night.journal.read(0, limit=1000))
    assert again.dump("nq") == flow.graph.dump("nq")


def test_what_rests_on_a_test_is_a_test(flow: Flow) -> None:
    event = spectrum(273.0)
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    flow.hears(fluence(), redshift(0.36), Event(**fields | {"tense": Tense.TEST, "id": "custom:test"}))
    assert {v["verdict"] for v in flow.verdicts("amati-relation")} == {"cannot be told"}


def real_circulars(shared_data: Path) -> Callable[[int], Event]:
    texts: dict[int, dict[str, Any]] = {}
    for line in (shared_data / "circulars.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        texts[int(one["circularId"])] = one

    def made(number: int) -> Event:
        message = Message(raw=json.dumps(texts[number]).encode(), received=NOW, name="circular")
        (event,) = listened(message)
        return event

    return made


@pytest.mark.shared_data
def test_grb_230812b_as_its_circulars_tell_it_fits_what_is_assumed_of_bursts(flow: Flow, shared_data: Path) -> None:
    # GCN 34391 (GBM: fluence, Epeak 273 keV), 34403 (Konus-Wind), 34409 (GTC: z = 0.36); nasa-gcn/circulars-nlp-paper.
    read = real_circulars(shared_data)
    flow.hears(read(34391), read(34403), read(34409))
    (obj,) = {s.event.object for s in flow.night.journal.read(0, kinds=["assumption.verdict"])}
    assert obj is not None
    assert flow.standing(obj)["burst-energy"] == "holds"
    assert flow.standing(obj)["amati-relation"] == "holds"
    verdict = flow.verdicts("amati-relation")[-1]
    # E_iso = 1.1e53 erg with the spectrum of the circular that has the fluence, Epeak (1 + z) = 371 keV.
    assert abs(verdict["value"]) < 0.5
    peak = next(e for e in verdict["evidence"] if e["input"] == "epeak")
    assert (peak["source"], peak["text"]) == ("GCN 34391", "273 +/- 3 keV")


@pytest.mark.shared_data
def test_three_instruments_agree_on_grb_230818a_as_their_circulars_tell_it(flow: Flow, shared_data: Path) -> None:
    # GCN 34501 (GBM), 34515 (BAT), 34511 (Konus-Wind); the spectrum is GBM's, whose peak energy is the surest.
    read = real_circulars(shared_data)
    flow.hears(read(34501), read(34511), read(34515))
    verdict = flow.verdicts("fluence-same-everywhere")[-1]
    assert verdict["verdict"] == "holds"
    assert {e["by"] for e in verdict["evidence"]}
    assert sorted(e["input"] for e in verdict["evidence"]) == ["epeak", *["measurements"] * 3]
    classes = flow.verdicts("two-burst-classes")[-1]
    assert classes["verdict"] == "holds"
