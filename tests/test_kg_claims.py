"""Facts of every sort become claims that can be asked for; versions, corrections and retractions keep what was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from kg_samples import NOW, Telling, circular, fact, moved, notice

from kg.claim import said
from kg.consumer import GraphConsumer
from kg.knowledge import Reader
from kg.named_queries import NamedQueries, ask, freshness, get
from kg.shapes import validate
from kg.store import GraphStore
from kg.vocabulary import object_iri
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal

BURST = object_iri("GRB 260307A")


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> Telling:
    return Telling(monkeypatch)


@pytest.fixture
def own_journal(sqlite_url: str) -> Journal:
    return Journal.open(sqlite_url, synchronous="normal")


def _written(journal: Journal, events: Sequence[Event]) -> GraphStore:
    store = GraphStore.in_memory()
    _add(journal, store, events)
    return store


def _add(journal: Journal, store: GraphStore, events: Sequence[Event]) -> None:
    journal.append(list(events))
    while GraphConsumer(journal, store).step():
        pass


def test_every_part_of_a_fact_is_in_its_claim(own_journal: Journal, telling: Telling) -> None:
    flux = fact(
        1,
        "flux",
        4.6,
        unit="1e-12 erg / (cm2 s)",
        error=[0.2, 0.3],
        error_probability=0.9,
        assertion="hedged",
        qualifier={"band": "0.3-10 keV", "epoch_s": 3600.0, "error_span": [40, 44]},
        text="4.6 (+0.3,-0.2)",
    )
    box = fact(1, "redshift", None, lower=3.7, upper=4.0, start=60, text="3.7<z<4.0")
    place = fact(
        1, "position", {"ra": 60.5, "dec": -75.25}, unit="deg", error=[0.001, 0.001], error_probability=0.9, start=90
    )
    store = _written(own_journal, [telling.circular(1, flux, box, place)])
    flux_claim, z, where = Reader(store).claims(BURST, ("flux", "redshift", "position"))
    assert (flux_claim.value, flux_claim.unit, flux_claim.minus, flux_claim.plus) == (
        4.6,
        "1e-12 erg / (cm2 s)",
        0.2,
        0.3,
    )
    assert flux_claim.si == pytest.approx(4.6e-15, rel=1e-12)
    assert flux_claim.si_unit == "W / m2"
    assert flux_claim.qualifier == {"band": "0.3-10 keV", "epoch_s": 3600.0, "error_span": "[40, 44]"}
    assert (flux_claim.assertion, flux_claim.text, flux_claim.by) == ("hedged", "4.6 (+0.3,-0.2)", "A. Observer")
    assert (z.value, z.lower, z.upper) == (None, 3.7, 4.0)
    assert (where.ra, where.dec, where.radius, where.containment) == (60.5, -75.25, 0.001, 0.9)
    assert said(where) == "RA 60.5°, Dec -75.25° ± 3.6″"
    prov = store.query(
        "SELECT ?agent { ?c nuncius:predicate nuncius:flux ; prov:wasGeneratedBy ?a ."
        " ?a prov:used <https://gcn.nasa.gov/circulars/1> ; prov:wasAssociatedWith ?agent }"
    )
    assert len(prov.rows) == 1
    assert [wrong for _, wrong in validate(store) if wrong] == []


def test_a_fact_about_another_object_stands_under_that_object(own_journal: Journal, telling: Telling) -> None:
    other = fact(1, "redshift", 0.5, obj="GRB 250101B")
    store = _written(own_journal, [telling.circular(1, fact(1, "redshift", 1.5, start=40), other)])
    assert [r["value"] for r in get(store, "redshifts", {"object": "GRB 260307A"})] == [1.5]
    assert [r["value"] for r in get(store, "redshifts", {"object": "GRB 250101B"})] == [0.5]


def test_two_facts_of_one_span_are_two_claims(own_journal: Journal, telling: Telling) -> None:
    both = [fact(1, "coincidence", v, text="both") for v in ("S260307ab", "IceCube-260307A")]
    store = _written(own_journal, [telling.circular(1, *both)])
    assert {c.value for c in Reader(store).claims(BURST, ("coincidence",))} == {"S260307ab", "IceCube-260307A"}


def test_a_new_version_keeps_the_old_one_out_of_answers_but_not_out_of_the_graph(
    own_journal: Journal, telling: Telling
) -> None:
    first = telling.circular(7, fact(7, "redshift", 0.599))
    second = telling.circular(7, fact(7, "redshift", 0.5955), version=2)
    store = _written(own_journal, [first, second])
    assert [r["value"] for r in get(store, "redshifts", {"object": "GRB 260307A"})] == [0.5955]
    assert store.query("SELECT ?z { ?c nuncius:predicate nuncius:redshift ; nuncius:value ?z }").rows == [{"z": 0.5955}]
    old = get(store, "superseded", {"object": "GRB 260307A"})
    assert [(r["value"], r["document"]) for r in old if r["predicate"].endswith("redshift")] == [
        (0.599, "https://gcn.nasa.gov/circulars/7/1")
    ]
    between = second.received - timedelta(milliseconds=1)
    then = get(store, "redshifts", {"object": "GRB 260307A"}, as_of=between)
    assert [r["value"] for r in then] == [0.599]
    assert len(get(store, "object_timeline", {"object": "GRB 260307A"})) == 1
    assert [wrong for _, wrong in validate(store) if wrong] == []


def test_versions_give_the_same_graph_in_one_batch_in_several_and_when_read_again(
    own_journal: Journal, telling: Telling
) -> None:
    events = [telling.circular(7, fact(7, "redshift", 0.1 * v), version=v) for v in (1, 2, 3)]
    store = _written(own_journal, events)
    before = store.dump("nq")
    own_journal.rewind("kg")
    _add(own_journal, store, [])
    assert store.dump("nq") == before
    own_journal.rewind("kg")
    one_by_one = GraphStore.in_memory()
    while GraphConsumer(own_journal, one_by_one, batch=1).step():
        pass
    assert one_by_one.dump("nq") == before
    assert {"https://gcn.nasa.gov/circulars/7/1", "https://gcn.nasa.gov/circulars/7/2"} < set(store.graphs())


def test_what_a_new_version_leaves_out_is_announced_as_withdrawn(own_journal: Journal, telling: Telling) -> None:
    first = telling.circular(7, fact(7, "redshift", 0.6), fact(7, "host", "galaxy", start=80))
    second = telling.circular(7, fact(7, "redshift", 0.6), version=2)
    _written(own_journal, [first, second])
    [gone] = [s.event for s in own_journal.read(0, kinds=["kg.fact.withdrawn"])]
    assert (gone.data["predicate"], gone.data["quantity"], gone.data["value"]) == ("withdrawn", "host", "galaxy")
    assert gone.object == BURST


def test_of_many_magnitudes_one_is_announced_and_none_that_a_new_version_leaves_out(
    own_journal: Journal, telling: Telling
) -> None:
    many = [fact(7, "magnitude", 18.0 + i, unit="mag", start=50 * i) for i in range(5)]
    first, second = telling.circular(7, *many), telling.circular(7, many[0], version=2)
    _written(own_journal, [first, second])
    told = [s.event.data["value"] for s in own_journal.read(0, kinds=["kg.fact"]) if s.event.kind == "kg.fact"]
    assert (told[0], set(told)) == (18.0, {18.0})
    assert own_journal.read(0, kinds=["kg.fact.withdrawn"]) == []


def test_a_correction_marks_the_quantity_it_corrects_and_nothing_else(own_journal: Journal, telling: Telling) -> None:
    wrong = telling.circular(10, fact(10, "redshift", 1.5), fact(10, "t90", 12.0, unit="s", start=50))
    corrects = telling.circular(11, fact(11, "corrects", 10), fact(11, "redshift", 1.7, start=50))
    store = _written(own_journal, [wrong, corrects])
    claims = {(c.circular, c.predicate): c for c in Reader(store).claims(BURST)}
    assert claims[10, "redshift"].status == "corrected"
    assert claims[10, "redshift"].status_by == "https://gcn.nasa.gov/circulars/11"
    assert claims[10, "t90"].status == claims[11, "redshift"].status == "stands"
    marked = {r["value"]: r["marked"] for r in get(store, "redshifts", {"object": "GRB 260307A"})}
    assert marked == {1.5: "https://gcn.nasa.gov/circulars/11", 1.7: None}
    then = Reader(store, as_of=corrects.received - timedelta(seconds=1)).claims(BURST, ("redshift",))
    assert [(c.value, c.status) for c in then] == [(1.5, "stands")], "not yet known to be wrong"


def test_a_correction_that_says_what_it_corrects_marks_that(own_journal: Journal, telling: Telling) -> None:
    told = fact(11, "corrects", 10, qualifier={"quantity": "duration"})
    store = _written(
        own_journal,
        [
            telling.circular(10, fact(10, "t90", 12.0, unit="s"), fact(10, "redshift", 1.0, start=50)),
            telling.circular(11, told),
        ],
    )
    assert {c.predicate: c.status for c in Reader(store).claims(BURST, ("t90", "redshift"))} == {
        "t90": "corrected",
        "redshift": "stands",
    }


def test_a_retracted_counterpart_takes_back_the_counterpart_and_not_the_burst(
    own_journal: Journal, telling: Telling
) -> None:
    found = telling.circular(20, fact(20, "counterpart", "optical"), fact(20, "redshift", 2.0, start=50))
    back = telling.circular(21, fact(21, "retraction", "counterpart candidate", text="not related"))
    store = _written(own_journal, [found, back])
    claims = {c.predicate: c.status for c in Reader(store).claims(BURST, ("counterpart", "redshift"))}
    assert claims == {"counterpart": "retracted", "redshift": "stands"}
    assert not ask(store, "retracted", {"object": "GRB 260307A"})
    _add(own_journal, store, [telling.circular(22, fact(22, "retraction", "not_a_burst"))])
    assert ask(store, "retracted", {"object": "GRB 260307A"})
    assert [d.circular for d in Reader(store).retracted_by(BURST)] == [22]


def test_a_mission_that_announces_again_has_taken_its_retraction_back(own_journal: Journal) -> None:
    ids = {"ids": ["S260307ab"], "mission": "LVK", "instrument": "H1L1"}
    events = [notice("a", **ids), notice("b", tense=Tense.RETRACTION, **ids)]
    store = _written(own_journal, events)
    wave = object_iri("S260307ab")
    assert [d.tense for d in Reader(store).retracted_by(wave)] == ["retraction"]
    _add(own_journal, store, [moved(notice("c", tense=Tense.UPDATE, **ids), minutes=5)])
    assert Reader(store).retracted_by(wave) == []


def test_answers_as_of_a_moment_know_only_what_had_been_received(own_journal: Journal, telling: Telling) -> None:
    late = telling.circular(34, fact(34, "redshift", 1.5))
    store = _written(own_journal, [telling.circular(33, fact(33, "t90", 3.0, unit="s")), late])
    queries, before = NamedQueries(store, deadline_s=10.0), late.received - timedelta(microseconds=1)
    params = {"object": "GRB 260307A"}
    for name in ("has_redshift", "redshifts", "redshift_without_host"):
        own = params if name != "redshift_without_host" else {}
        assert queries.ask(name, own), name
        assert not queries.ask(name, own, as_of=before), name
    assert [r["predicate"] for r in queries.get("known", params, as_of=before)] == ["t90"]
    queries.close()


def test_freshness_is_the_age_of_the_newest_source_of_the_answer(own_journal: Journal, telling: Telling) -> None:
    source = telling.circular(34, fact(34, "redshift", 1.5))
    store = _written(own_journal, [source, circular(90, "GRB 260307A: something else")])
    now = source.received + timedelta(hours=2)
    assert freshness(store, "redshifts", {"object": "GRB 260307A"}, now=now) == 7200.0
    assert freshness(store, "redshifts", {"object": "GRB 991231A"}, now=now) is None


def test_objects_with_a_redshift_and_no_host_are_found(own_journal: Journal, telling: Telling) -> None:
    store = _written(
        own_journal,
        [
            telling.circular(1, fact(1, "redshift", 0.3, obj="GRB 260101A"), subject="GRB 260101A: z"),
            telling.circular(2, fact(2, "redshift", 0.2, obj="GRB 260102A"), subject="GRB 260102A: z"),
            telling.circular(3, fact(3, "host", "galaxy", obj="GRB 260102A"), subject="GRB 260102A: host"),
            telling.circular(4, fact(4, "redshift", 0.1, limit="<", obj="GRB 260103A"), subject="GRB 260103A: z"),
        ],
    )
    assert [r["object"] for r in get(store, "redshift_without_host", {})] == [object_iri("GRB 260101A")]


def test_the_light_curve_has_all_magnitudes_and_limits_with_their_times(own_journal: Journal, telling: Telling) -> None:
    points = [
        fact(1, "magnitude", 18.2, error=[0.1, 0.1], unit="mag", qualifier={"band": "r", "epoch_s": 600.0}),
        fact(1, "magnitude", 21.5, limit=">", unit="mag", qualifier={"band": "r", "epoch_s": 60.0}, start=50),
        fact(1, "magnitude", 15.0, unit="mag", qualifier={"band": "r", "target": "reference star"}, start=90),
        fact(1, "magnitude", 20.0, unit="mag", assertion="cited", qualifier={"band": "r", "epoch_s": 1.0}, start=120),
        fact(1, "magnitude", 19.0, unit="mag", qualifier={"band": "i", "epoch": "2026-03-07T16:59:40Z"}, start=150),
    ]
    trigger = notice("t", ids=["794591051"], event_name=["GRB 260307A"])
    store = _written(own_journal, [trigger, telling.circular(1, *points)])
    rows = get(store, "light_curve", {"object": "GRB 260307A"})
    assert [(r["seconds"], r["band"], r["value"], r.get("limit")) for r in rows] == [
        (60.0, "r", 21.5, ">"),
        (600.0, "r", 18.2, None),
        (3600.0, "i", 19.0, None),
    ]
    assert trigger.trigger_time == NOW - timedelta(seconds=20)
