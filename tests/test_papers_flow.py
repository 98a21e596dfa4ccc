"""From a paper to the object's thread: journal, graph and shipped rules together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kg_samples import NOW, circular
from papers_samples import FIRST, OTHER, SAME, TITLE, ads, arxiv, telegram
from rules_samples import Night

from chat.markdown import parse
from chat.plaintable import layout
from kg.consumer import GraphConsumer
from kg.named_queries import NamedQueries
from kg.objects import identify
from kg.store import GraphStore
from kg.vocabulary import object_iri
from listeners.formats import Message
from listeners.formats import parse as listened
from nuncius.core.event import Event
from nuncius.core.report import Report, ReportState, Severity
from reactors.means import live_means
from reactors.reactor import Reactor
from reactors.rulebook import RuleBook, shipped

BURST = object_iri("GRB 260307A")
FOLLOWER = """
rule: ann-follows
about: Ann hears of every paper that names the burst, and of what contradicts what.
owner: Ann
when: [kg.fact.paper, kg.fact.contradiction, kg.fact.settled]
if: ev.name == 'GRB 260307A'
per: ev.id
do:
  - page: "${ev.predicate == 'paper' ? ev.document + ' ' + ev.relation : ev.predicate}"
    to: ann
---
rule: kilonova-papers
owner: Ben
when: paper
if: ev.subject.contains('kilonova') || ev.body.contains('kilonova')
per: ev.id
do:
  - post: "${ev.id}: ${ev.subject}"
    to: ben
"""


class Flow:
    """The shipped rules on papers and circulars, and somebody's own."""

    def __init__(self, folder: Path, *, own: str = "") -> None:
        self.night = night = Night(folder, own or "rule: none\nwhen: timer\ndo: {post: x}\n")
        book = RuleBook([shipped() / "papers.yaml", shipped() / "circulars.yaml", night.file])
        assert book.problems == []
        self.graph = GraphStore.in_memory()
        self.queries = NamedQueries(self.graph)
        self.consumer = GraphConsumer(night.journal, self.graph)
        maps = live_means(night.journal, self.queries, night.clock)
        night.reactor = Reactor(night.journal, book, night.clock, identify=identify, maps=maps)

    def hears(self, *events: Event) -> None:
        for event in events:
            if event.received > self.night.clock.now():
                self.night.clock.advance_to(event.received)
            self.night.journal.append([event])
            for _ in range(3):
                while self.consumer.step():
                    pass
                self.night.hears()
                self.night.works()

    def thread(self, name: str = BURST) -> list[Report]:
        """What stands in a thread: of each place the newest."""
        slots = {report.slot: report for report in self.night.reports() if report.thread == name}
        return list(slots.values())

    def rule(self, rule: str, name: str = BURST) -> list[Report]:
        return [report for report in self.thread(name) if report.rule == rule]

    def close(self) -> None:
        self.queries.close()
        self.graph.close()
        self.night.close()


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Any]:
    made: list[Flow] = []

    def make(own: str = "") -> Flow:
        made.append(Flow(tmp_path, own=own))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_paper_against_a_circular_is_one_report_with_both_spans_side_by_side(flow: Any) -> None:
    one = flow()
    one.hears(FIRST, arxiv("2604.00001", 1))
    (report,) = one.rule("contradiction")
    assert report.title == "Contradiction: redshift of GRB 260307A, 1.234 ± 0.002 or 1.562 ± 0.003"
    assert report.severity is Severity.WARNING
    first, second = report.text.split("\n\n")[1].splitlines()
    assert first.startswith("- **GCN 34120** (A. Observer")
    assert "absorption lines we measure a redshift of z = 1.234 ± 0.002 for GRB 260307A" in first
    assert second.startswith("- **arXiv:2604.00001v1** (Ada Observer et al., 2026-04-06)")
    assert "We measure a redshift of z = 1.562 ± 0.003 for GRB 260307A." in second
    assert "sigma apart" in report.text.splitlines()[0]
    (table,) = report.tables
    assert table.columns == ["source", "redshift"]
    assert table.rows == [["GCN 34120", "1.234 ± 0.002"], ["arXiv:2604.00001v1", "1.562 ± 0.003"]]
    assert max(len(line) for line in layout(table).splitlines()) <= 40, "a telephone shows no more"
    assert [link.url for link in report.links] == [
        "https://gcn.nasa.gov/circulars/34120",
        "https://arxiv.org/abs/2604.00001",
    ]


def test_a_second_version_that_agrees_withdraws_the_contradiction_in_its_place(flow: Any) -> None:
    one = flow()
    one.hears(FIRST, arxiv("2604.00001", 1), arxiv("2604.00001", 2, body=SAME))
    (report,) = one.rule("contradiction")
    assert report.title.startswith("Settled: redshift of GRB 260307A")
    assert "arXiv:2604.00001v2 now says 1.234 ± 0.001" in report.text
    assert report.revision == 2
    assert len([r for r in one.night.reports() if r.rule == "contradiction"]) == 2


def test_a_paper_that_is_withdrawn_settles_its_dispute_and_takes_back_nothing_else(flow: Any) -> None:
    one = flow()
    one.hears(FIRST, arxiv("2604.00001", 1), arxiv("2604.00001", 2, withdrawn=True, body="Withdrawn by the authors."))
    (dispute,) = one.rule("contradiction")
    assert "arXiv:2604.00001v2 was withdrawn" in dispute.text
    (paper,) = one.rule("paper")
    assert paper.title == f"Withdrawn: arXiv:2604.00001v2: {TITLE}"
    assert all(report.state is ReportState.CURRENT for report in one.thread()), "the burst was not retracted"
    assert one.rule("redshift")[0].title.startswith("Redshift of GRB 260307A")


def test_the_same_paper_again_says_nothing_again(flow: Any) -> None:
    one = flow()
    one.hears(FIRST, *[arxiv("2604.00001", 1)] * 3)
    assert len([r for r in one.night.reports() if r.rule in ("paper", "contradiction")]) == 2


def test_a_circular_that_comes_after_the_paper_is_compared_with_it(flow: Any) -> None:
    one = flow()
    early = circular(34110, "GRB 260307A: optical afterglow", "A. B (C) reports:\n\nWe see it.")
    late = msgspec.structs.replace(FIRST, received=NOW.replace(month=6))
    one.hears(early, arxiv("2604.00001", 1), late)
    (report,) = one.rule("contradiction")
    assert [row[0] for row in report.tables[0].rows] == ["arXiv:2604.00001v1", "GCN 34120"]


def test_a_paper_is_told_once_over_its_versions_and_its_record_in_a_journal(flow: Any) -> None:
    one = flow()
    record = ads("2026ExJ...999....1O", TITLE, SAME, ["arXiv:2604.00001"])
    one.hears(FIRST, arxiv("2604.00001", 1, body=SAME), arxiv("2604.00001", 2, body=SAME), record)
    (report,) = one.rule("paper")
    assert report.title == f"2026ExJ...999....1O: {TITLE}"
    assert "redshift 1.234 ± 0.001" in report.text
    assert one.rule("contradiction") == []


def test_a_paper_on_ten_bursts_joins_none_and_speaks_in_no_thread(flow: Any) -> None:
    one = flow()
    names = [f"GRB 26030{n}A" for n in range(1, 10)]
    bursts = [circular(34200 + n, f"{name}: optical limit", "Nothing.") for n, name in enumerate(names)]
    listed = ", ".join(f"{name} (z = 0.{n}5)" for n, name in enumerate(names, 1))
    one.hears(*bursts, arxiv("2604.00002", 1, title="Ten bursts and their redshifts", body=f"We study {listed}."))
    objects = {one.night.journal.object_of([name]) for name in names}
    assert len(objects) == len(names)
    (paper,) = [s.event for s in one.night.journal.read(0, limit=1000) if s.event.kind == "paper.arxiv"]
    assert paper.object is None
    assert [r for r in one.night.reports() if r.rule in ("paper", "contradiction")] == []
    told = [s.event for s in one.night.journal.read(0, limit=1000) if s.event.kind == "kg.fact.paper"]
    assert [e.data["relation"] for e in told] == ["mentions"] * len(names)


def test_names_that_a_title_joins_with_a_slash_stay_two_objects(flow: Any) -> None:
    one = flow()
    one.hears(
        circular(34300, "GRB 260307A: optical limit", "Nothing."),
        circular(34301, "EP260307b: optical limit", "Nothing."),
        arxiv("2604.00003", 1, title="One event: EP260307b / GRB 260307A", body="They are one."),
    )
    objects = {one.night.journal.object_of([name]) for name in ("GRB 260307A", "EP260307b")}
    assert len(objects) == 2, "a paper joins nothing"


def test_a_paper_on_unknown_objects_opens_no_thread(flow: Any) -> None:
    one = flow()
    one.hears(arxiv("2604.00004", 1, title="GRB 991231Z in depth", body="We measure z = 0.5 for GRB 991231Z."))
    assert one.night.reports() == []
    assert one.night.journal.object_of(["GRB 991231Z"]) is None
    one.hears(circular(34302, "GRB 991231Z: found again", "Nothing."))
    rows = one.queries.get("papers", {"object": "GRB 991231Z"})
    assert [row["document"] for row in rows] == ["arXiv:2604.00004v1"], "it is found once the object is known"


def test_a_follower_of_an_object_and_one_of_a_topic_are_told(flow: Any) -> None:
    one = flow(FOLLOWER)
    also = arxiv("2604.00005", 1, title="Kilonovae and a sample", body="The kilonova of GRB 260307A is like others.")
    one.hears(FIRST, arxiv("2604.00001", 1), also)
    assert {r.title for r in one.thread("ann")} == {
        "arXiv:2604.00001v1 about",
        "contradiction",
        "arXiv:2604.00005v1 about",
    }
    assert all(r.severity is Severity.PAGE for r in one.thread("ann"))
    assert [r.title for r in one.thread("ben")] == ["arXiv:2604.00005v1: Kilonovae and a sample"]


def test_what_we_computed_is_contradicted_as_others_are(flow: Any) -> None:
    one = flow()
    ours = Event(
        id="result:photoz-1",
        kind="analysis.result",
        source="nuncius",
        received=NOW,
        object=BURST,
        data={
            "analysis": "photoz",
            "object": BURST,
            "answer": "z = 2.9",
            "values": {"redshift": {"value": 2.9, "unit": "", "minus": 0.1, "plus": 0.1}},
        },
    )
    one.hears(circular(34300, "GRB 260307A: limit", "Nothing."), ours, arxiv("2604.00001", 1))
    (report,) = one.rule("contradiction")
    assert [row[0] for row in report.tables[0].rows] == ["our photoz", "arXiv:2604.00001v1"]
    newer = {"redshift": {"value": 1.56, "unit": "", "minus": 0.1, "plus": 0.1}}
    again = msgspec.structs.replace(ours, id="result:photoz-2", data=ours.data | {"values": newer})
    one.hears(msgspec.structs.replace(again, received=NOW.replace(month=7)))
    assert len(one.rule("contradiction")) == 1


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("GRB 260307A <!channel> @here *bold* [click](https://evil.example)", OTHER),
        ("GRB 260307A", OTHER + " <script>alert(1)</script> [click](https://evil.example) `code` <!channel>"),
        ("GRB 260307A \x00\x1b[31m \u202e evil", OTHER.replace("We revisit", "\x1b[2J\u202eWe revisit")),
        ("GRB 260307A " + "A" * 1_000_000, OTHER + "$\\frac{" * 10_000),
        ("GRB 260307A", (OTHER + " ") + "z = 1.2 of GRB 260307A; " * 200_000),
        ("GRB 260307A", OTHER + "{" * 100_000 + "^" * 100_000 + "<" * 100_000),
        ("", ""),
    ],
)
def test_hostile_papers_are_shown_as_written_and_harm_nothing(flow: Any, title: str, body: str) -> None:
    one = flow()
    one.hears(FIRST, arxiv("2604.00001", 1, title=title, body=body, authors=["[x](https://evil.example)", "*b*"]))
    for report in one.night.reports():
        spans = [span for block in parse(report.text) for span in block.spans]
        assert [span.href for span in spans if span.href] == []
        assert {span.text for span in spans if span.bold} <= {"GCN 34120", "arXiv:2604.00001v1"}
        assert len(report.title) < 2_000
        assert len(report.text) < 4_000
    one.hears(telegram(17001, "GRB 260307A in the radio", "A later document is read as ever."))
    assert [r for r in one.rule("paper") if r.title.startswith("ATel 17001")]


def test_fields_of_wrong_sorts_harm_nothing(flow: Any) -> None:
    one = flow()
    wrong: dict[str, Any] = {"authors": "nobody", "ids": None, "categories": 5, "cites": [None, 7, "gcn:x"]}
    wrong |= {"published": [1], "updated": {}, "journal_ref": 9, "comment": None, "url": 3, "version": "two"}
    paper = arxiv("2604.00001", 1)
    one.hears(FIRST, msgspec.structs.replace(paper, data=paper.data | wrong))
    (report,) = one.rule("paper")
    assert report.title.startswith("arXiv:2604.00001v1")


def test_circulars_that_are_put_right_settle_their_dispute_too(flow: Any) -> None:
    one = flow()
    words = "A. Second (Other Observatory) reports:\n\nWe obtained a spectrum of the afterglow. From Mg II and Fe II\n"
    wrong = circular(34130, "GRB 260307A: another redshift", words + "absorption lines we measure z = 2.345 +/- 0.002.")
    right = circular(
        34130, "GRB 260307A: another redshift", words + "absorption lines we measure z = 1.234 +/- 0.002.", version=2
    )
    one.hears(FIRST, wrong)
    assert one.rule("contradiction")[0].title.startswith("Contradiction")
    one.hears(right)
    (report,) = one.rule("contradiction")
    assert report.title.startswith("Settled")
    assert "GCN 34130 now says 1.234" in report.text


def test_a_dispute_goes_on_in_its_place_when_the_new_version_is_as_far_off(flow: Any) -> None:
    one = flow()
    off = OTHER.replace("1.562", "1.777")
    one.hears(FIRST, arxiv("2604.00001", 1), arxiv("2604.00001", 2, body=off))
    (report,) = one.rule("contradiction")
    assert report.title == "Contradiction: redshift of GRB 260307A, 1.234 ± 0.002 or 1.777 ± 0.003"


RUNS = """
rule: distance
when: gcn.circular
if: has(ev.object)
do:
  - {run: sample-redshift, with: {z: 2.9}}
"""


def test_an_analysis_that_a_rule_ran_stands_in_the_graph_and_a_paper_contradicts_it(flow: Any) -> None:
    one = flow(RUNS)
    one.hears(circular(34300, "GRB 260307A: a limit", "Nothing."))
    (result,) = [s.event for s in one.night.journal.read(0, limit=100) if s.event.kind == "analysis.result"]
    assert (result.object, result.data["analysis"]) == (BURST, "sample-redshift")
    assert result.data["values"]["redshift"]["value"] == 2.9
    one.hears(arxiv("2604.00001", 1))
    (report,) = one.rule("contradiction")
    assert [row[0] for row in report.tables[0].rows] == ["our sample-redshift", "arXiv:2604.00001v1"]
    assert report.links[-1].url == "https://arxiv.org/abs/2604.00001"


@pytest.mark.shared_data
def test_a_paper_contradicts_the_real_circulars_that_erred_and_agrees_with_the_others(
    flow: Any, shared_data: Path
) -> None:
    """GCN Circulars 2013 and 2020 on GRB 030329 (archive of gcn.nasa.gov): a tentative line, then the redshift."""
    one = flow()
    rows = [json.loads(line) for line in (shared_data / "circulars.jsonl").read_bytes().splitlines()]
    real = {row["circularId"]: row for row in rows if row["circularId"] in (2013, 2020)}
    for number in (2013, 2020):
        one.hears(*listened(Message(raw=json.dumps(real[number]).encode(), received=NOW, name="circular")))
    body = r"GRB~030329 was followed for months. Emission lines of its host give a redshift of $z = 0.1685 \pm 0.0005$."
    one.hears(arxiv("2604.00006", 1, title="The supernova of GRB 030329", body=body))
    burst = one.night.journal.object_of(["GRB 030329"])
    told = {tuple(row[0] for row in r.tables[0].rows) for r in one.rule("contradiction", burst)}
    assert told == {("GCN 2013", "GCN 2020"), ("GCN 2013", "arXiv:2604.00006v1")}
    (paper,) = one.queries.get("papers", {"object": "GRB 030329"})
    assert [c.split(" of ")[1].split(",")[0] for c in paper["contradicts"]] == ["GCN 2013"]
