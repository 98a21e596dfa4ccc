"""One object under many names: joined by claims, by coincidence and by people, parted again, and nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kg_samples import NOW, Telling, circular, fact, notice

from kg.consumer import GraphConsumer
from kg.knowledge import Reader
from kg.named_queries import get
from kg.objects import members, resolve, withdraw
from kg.store import GraphStore
from kg.vocabulary import OBJECT, object_iri
from nuncius.commands.kg import command
from nuncius.core.event import Event
from nuncius.journal import Journal

EP, GRB = object_iri("EP260307a"), object_iri("GRB 260307A")


@pytest.fixture
def own_journal(sqlite_url: str) -> Journal:
    return Journal.open(sqlite_url, synchronous="normal")


def _write(journal: Journal, store: GraphStore, events: Sequence[Event]) -> None:
    journal.append(list(events))
    while GraphConsumer(journal, store).step():
        pass


def test_two_known_objects_are_joined_by_a_circular_that_equates_them_and_keep_their_facts(
    own_journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling, store = Telling(monkeypatch), GraphStore.in_memory()
    early = [
        telling.circular(1, fact(1, "redshift", 1.5, obj="EP260307a"), subject="EP260307a: spectrum"),
        telling.circular(2, fact(2, "t90", 3.0, unit="s"), subject="GRB 260307A: refined analysis"),
    ]
    _write(own_journal, store, early)
    assert resolve(own_journal, "GRB 260307A") == GRB
    _write(own_journal, store, [circular(3, "EP260307a / GRB 260307A: the same source")])
    assert resolve(own_journal, "GRB 260307A") == resolve(own_journal, "EP260307a") == EP
    assert members(own_journal, EP) == [EP, GRB]
    for name in ("GRB 260307A", "EP260307a"):
        assert {r["predicate"] for r in get(store, "known", {"object": name})} == {"redshift", "t90"}, name
        assert [r["value"] for r in get(store, "redshifts", {"object": name})] == [1.5], name
    before = [r["predicate"] for r in get(store, "known", {"object": GRB}, as_of=early[1].received)]
    assert before == ["t90"], "not yet known to be one"
    [link] = [x for x in own_journal.names_of(EP) if x.name == GRB]
    assert (link.event_id, link.how) == ("circular:3/1", "joined: subject")


def test_a_join_that_is_taken_back_gives_each_object_its_own_facts_again(
    own_journal: Journal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    telling, folder = Telling(monkeypatch), tmp_path / "graph"
    store = GraphStore.open(folder)
    events = [
        telling.circular(1, fact(1, "redshift", 1.5, obj="EP260307a"), subject="EP260307a: spectrum"),
        telling.circular(2, fact(2, "t90", 3.0, unit="s"), subject="GRB 260307A: refined analysis"),
        circular(3, "EP260307a / GRB 260307A: the same source"),
        circular(4, "GRB 260307A: optical limits"),
    ]
    _write(own_journal, store, events)
    from kg.parting import parting

    [link] = [x for x in own_journal.names_of(EP) if x.name == GRB]
    _write(own_journal, store, [parting(link, why="3 degrees apart", by="A. Person", now=NOW + timedelta(days=1))])
    assert resolve(own_journal, "GRB 260307A") == GRB
    assert {r["predicate"] for r in get(store, "known", {"object": EP})} == {"redshift"}
    assert {r["predicate"] for r in get(store, "known", {"object": GRB})} == {"t90"}
    [link] = [x for x in own_journal.names_of(EP) if x.name == GRB]
    assert link.withdrawn, "it stays visible"
    dump = store.dump("nq")
    own_journal.rewind("kg")
    _write(own_journal, store, [])
    assert store.dump("nq") == dump, "a second reading gives the same graph"
    store.close()


def test_documents_that_came_by_a_withdrawn_name_alone_get_an_object_of_their_own(own_journal: Journal) -> None:
    store = GraphStore.in_memory()
    _write(own_journal, store, [circular(1, "EP260307a / GRB 260307A: same?"), circular(2, "GRB 260307A: limits")])
    assert [d.circular for d in Reader(store).about(EP)] == [1, 2]
    assert withdraw(own_journal, "GRB 260307A", EP, "circular:1/1")
    assert resolve(own_journal, "GRB 260307A") == GRB
    assert [s.event.id for s in own_journal.events_of(GRB)] == ["circular:2/1"]


def test_a_test_alert_never_joins_a_real_object_and_names_of_other_days_stay_apart(own_journal: Journal) -> None:
    store = GraphStore.in_memory()
    _write(own_journal, store, [circular(1, "GRB 260307A: a"), circular(2, "EP260101a: b")])
    _write(own_journal, store, [notice("n", ids=["EP260101a", "GRB 260307A"], event_name=["GRB 260307A"])])
    assert resolve(own_journal, "EP260101a") == object_iri("EP260101a")


def _bat(name: str, seconds: float, **more: Any) -> Event:
    place = {"ra": 61.0, "dec": -75.0, "ra_dec_error": 0.05, "containment_probability": 0.9}
    event = notice(name, mission="Swift", instrument="BAT", ids=["1126853"], **(place | more))
    fields = {f: getattr(event, f) for f in event.__struct_fields__}
    return Event(**fields | {"trigger_time": NOW + timedelta(seconds=seconds - 20)})


GBM = {"ra": 60.5, "dec": -75.25, "ra_dec_error": 3.5, "containment_probability": 0.68}


def test_triggers_of_two_missions_at_one_time_and_place_are_one_burst_with_the_chance_stated(
    own_journal: Journal,
) -> None:
    store = GraphStore.in_memory()
    _write(own_journal, store, [notice("g", ids=["794591051"], **GBM)])
    _write(own_journal, store, [_bat("b", 4.0)])
    burst = resolve(own_journal, "fermi-gbm:794591051")
    assert burst is not None
    assert resolve(own_journal, "swift:1126853") == burst
    [link] = [x for x in own_journal.names_of(burst) if x.name == "swift:1126853"]
    assert link.how.startswith("coincidence: 4.0 s and 0.28 deg apart, chance ")
    assert float(link.how.rpartition(" ")[2]) < 1e-5
    assert withdraw(own_journal, "swift:1126853", burst, link.event_id), "it can be taken back"


@pytest.mark.parametrize(
    "other",
    [
        _bat("late", 300.0),
        _bat("elsewhere", 4.0, ra=200.0),
        _bat("unplaced", 4.0, ra_dec_error=None),
        _bat("neutrino", 4.0, messenger="Neutrino"),
        notice("same", ids=["794591999"], **GBM),
    ],
    ids=["late", "elsewhere", "without error", "another messenger", "the same mission"],
)
def test_triggers_stay_apart_where_time_place_or_sort_do_not_agree(own_journal: Journal, other: Event) -> None:
    store = GraphStore.in_memory()
    _write(own_journal, store, [notice("g", ids=["794591051"], **GBM), other])
    objects = {s.event.object for s in own_journal.read(0)}
    assert len(objects) == 2


def test_a_person_joins_and_parts_objects_at_the_terminal(tmp_path: Path) -> None:
    with Journal.open(f"sqlite:///{tmp_path / 'nuncius.db'}", synchronous="normal") as journal:
        store = GraphStore.open(tmp_path / "graph")
        _write(journal, store, [circular(1, "GRB 260307A: a"), circular(2, "AT 2026abc: b")])

        def run(*arguments: str) -> tuple[int, str]:
            result = CliRunner().invoke(command, ["--data-dir", str(tmp_path), *arguments], catch_exceptions=False)
            return result.exit_code, result.output

        assert run("same", "GRB 260307A", "AT 2026abc", "--why", "same place")[0] == 0
        _write(journal, store, [])
        assert resolve(journal, "AT 2026abc") == GRB
        assert [d.circular for d in Reader(store).about(GRB) if d.circular] == [1, 2]
        code, out = run("part", "GRB 260307A", "AT 2026abc", "--why", "it was older", "--by", "A. Person")
        assert code == 0
        assert "joined by hand" in out
        _write(journal, store, [])
        assert resolve(journal, "AT 2026abc") == object_iri("AT 2026abc")
        assert [d.circular for d in Reader(store).about(GRB) if d.circular] == [1]
        assert run("part", "GRB 260307A", "AT 2026abc", "--why", "again")[0] == 1
        store.close()
    assert GRB.startswith(OBJECT)
