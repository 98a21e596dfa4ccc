"""The JSON API: what it gives, and a fuzzer that compares it with its own description."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_samples import T0, open_journal, report
from console_site import Site, running
from kg_samples import REDSHIFT_BODY, circular, notice
from test_console_object import OBJECT, POSITION, tell

from kg.store import GraphStore
from nuncius.journal import Journal
from nuncius.journal.records import Decided, NewReaction
from reactors.loader import load_rules
from reactors.ruleset import RuleSet

RULE = "rule: near\nabout: Something near.\nwhen: gcn.notice\ndo:\n  - post: It came\n"


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[GraphStore]:
    store = GraphStore.open(tmp_path / "graph")
    yield store
    store.close()


@pytest.fixture
def journal(tmp_path: Path, graph: GraphStore) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        spectrum = circular(34120, "GRB 260307A: redshift from Example Observatory", REDSHIFT_BODY)
        tell(opened, graph, notice("flt", event_name=["GRB 260307A"], **POSITION), spectrum)
        tell(opened, graph, notice("two", event_name=["GRB 260301B"]))
        wanted = [
            NewReaction(slot=f"{rule}/{n}", key=f"{rule}/{n}", rule=rule, rule_hash="h", object=OBJECT)
            for rule in ("near", "subscription-7")
            for n in range(3)
        ]
        opened.decide("reactors", 1, [Decided(seq=1, reactions=wanted)])
        yield opened


@pytest.fixture
def site(journal: Journal, graph: GraphStore) -> Iterator[Site]:
    rules = RuleSet(load_rules(RULE, "near.yaml").rules)
    with running(journal, graph=graph, rules=lambda: rules) as served:
        yield served


def test_objects_come_in_pages(site: Site) -> None:
    first = site.get("/api/v1/objects?limit=1").json
    assert [item["names"][0] for item in first["objects"]] == ["GRB 260301B"]
    second = site.get(f"/api/v1/objects?limit=1&before={first['next']}").json
    assert second["objects"][0]["iri"] == OBJECT
    assert second["objects"][0]["events"] == 4  # a notice, a circular, and the two facts read from it


@pytest.mark.parametrize("name", ["GRB260307A", "grb%20260307a", OBJECT])
def test_an_object_by_any_name(journal: Journal, site: Site, name: str) -> None:
    mine = report("mine", thread=OBJECT, title="Only for Ada", to="slack:U1")
    journal.enqueue([("web", report("ours", thread=OBJECT)), ("slack", mine)], now=T0)
    found = site.get(f"/api/v1/objects/{name}").json
    assert found["iri"] == OBJECT
    assert [item["key"] for item in found["reports"]] == ["ours"]
    assert site.get("/api/v1/objects/nobody").status == 404


def test_events_and_claims_of_an_object(site: Site) -> None:
    events = site.get("/api/v1/events?object=GRB260307A").json["events"]
    assert [item["id"] for item in events if item["kind"] != "kg.fact"] == [
        "circular:34120/1",
        "ivo://example/Fermi#flt",
    ]
    first = site.get("/api/v1/events?object=GRB260307A&limit=1").json
    older = site.get(f"/api/v1/events?object=GRB260307A&before={first['next']}").json
    assert [*first["events"], *older["events"]] == events
    claims = site.get("/api/v1/claims?object=GRB260307A").json
    assert claims["total"] == len(claims["claims"])
    redshift = next(item for item in claims["claims"] if item["value"] == 1.234)
    assert (redshift["predicate"], redshift["status"], redshift["text"]) == ("redshift", "stands", "1.234 +/- 0.002")


def test_rules_and_what_they_did_without_anybodys_subscriptions(site: Site) -> None:
    assert [item["name"] for item in site.get("/api/v1/rules").json["rules"]] == ["near"]
    firings = site.get("/api/v1/firings?limit=2").json
    assert [item["rule"] for item in firings["firings"]] == ["near", "near"]
    rest = site.get(f"/api/v1/firings?before={firings['next']}").json
    assert len(rest["firings"]) == 1
    assert rest["next"] is None
    assert site.get("/api/v1/firings?rule=subscription-7").status == 404


def test_the_description_names_every_path_and_value(site: Site) -> None:
    said = site.get("/api/v1/openapi.json").json
    assert {path.rsplit("/", 1)[1] for path in said["paths"]} >= {"objects", "events", "claims", "rules", "firings"}
    refs = list(_refs(said))
    assert refs
    assert all(ref.rsplit("/", 1)[1] in said["components"]["schemas"] for ref in refs)


def _refs(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "$ref":
                yield str(item)
            else:
                yield from _refs(item)
    elif isinstance(value, list):
        for item in value:
            yield from _refs(item)


@pytest.mark.slow
def test_a_fuzzer_finds_no_answer_that_the_description_does_not_know(site: Site, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    address = f"http://127.0.0.1:{site.port}/api/v1/openapi.json"
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", address, "--checks", checks),
            *("--max-examples", "15", "--phases", "examples,coverage,fuzzing", "--seed", "7"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
