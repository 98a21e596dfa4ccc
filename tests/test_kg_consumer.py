"""From journal to graph: what is written, what is announced, and what survives crashes and rebuilds."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from kg_samples import REDSHIFT_BODY, circular, night, notice

from kg.consumer import GraphConsumer
from kg.named_queries import ask, get
from kg.rebuild import rebuild
from kg.store import GraphStore
from kg.vocabulary import object_iri
from nuncius.core.errors import TransientError
from nuncius.core.event import Tense
from nuncius.journal import Journal

BURST = object_iri("fermi-gbm:794591051")


@pytest.fixture
def own_journal(sqlite_url: str) -> Journal:
    """A journal on SQLite, quick."""
    return Journal.open(sqlite_url, synchronous="normal")


def _drain(consumer: GraphConsumer) -> int:
    total = 0
    while count := consumer.step():
        total += count
    return total


def test_a_night_is_in_the_graph_with_its_documents_objects_and_claims(journal: Journal) -> None:
    store = GraphStore.in_memory()
    journal.append(night())
    _drain(GraphConsumer(journal, store))
    timeline = get(store, "object_timeline", {"object": BURST})
    assert [r["document"] for r in timeline] == [
        "ivo://example/Fermi#fin",
        "ivo://example/Fermi#flt",
        "https://gcn.nasa.gov/circulars/34110",
        "https://gcn.nasa.gov/circulars/34120",
    ]
    position = store.query(
        "SELECT ?ra ?dec ?radius ?level { ?c nuncius:predicate nuncius:position ; nuncius:ra ?ra ; nuncius:dec ?dec ;"
        " nuncius:radius ?radius ; nuncius:containmentProbability ?level ;"
        " prov:wasDerivedFrom <ivo://example/Fermi#flt> }"
    )
    assert position.rows == [{"ra": 60.5, "dec": -75.25, "radius": 3.5, "level": 0.68}]
    assert ask(store, "retracted", {"object": "S260307ab"})
    assert not ask(store, "retracted", {"object": BURST})
    assert "heartbeat" not in " ".join(store.graphs())
    assert store.query('ASK { ?d nuncius:tense "test" ; nuncius:about ?o }').truth


def test_a_circular_keeps_its_old_name_and_predicates(journal: Journal) -> None:
    store = GraphStore.in_memory()
    journal.append([circular(34120, "GRB 260307A: redshift from Example Observatory", REDSHIFT_BODY)])
    _drain(GraphConsumer(journal, store))
    rows = store.query("SELECT ?p ?o { paper:gcn34120 ?p ?o FILTER(STRSTARTS(STR(?p), STR(paper:))) }").rows
    said = {(r["p"].rpartition("#")[2], r["o"]) for r in rows}
    assert said == {
        ("NUMBER", 34120),
        ("SUBJECT", "GRB 260307A: redshift from Example Observatory"),
        ("gcn_authors", "A. Observer and B. Reducer (Example Observatory)"),
        ("DATE", "2026-03-07T15:44:06Z"),
        ("mentions_named_event", "GRB260307A"),
        ("mentions_named_grb", "GRB260307A"),
        ("cites", "http://odahub.io/ontology/paper#gcn34101"),
        ("cites", "http://odahub.io/ontology/paper#gcn34105"),
        ("cites_gcn_id", "34101"),
        ("cites_gcn_id", "34105"),
    }


def test_each_fact_points_at_the_characters_it_was_read_from(journal: Journal) -> None:
    store = GraphStore.in_memory()
    journal.append([circular(34120, "GRB 260307A: redshift", REDSHIFT_BODY)])
    _drain(GraphConsumer(journal, store))
    rows = store.query(
        "SELECT ?where ?start ?end ?exact { ?c nuncius:where ?where ; oa:hasSelector [ oa:start ?start ;"
        " oa:end ?end ] ; oa:hasSelector [ oa:exact ?exact ] }"
    ).rows
    assert len(rows) >= 6
    for row in rows:
        text = REDSHIFT_BODY if row["where"] == "body" else "GRB 260307A: redshift"
        assert text[row["start"] : row["end"]] == row["exact"]


def test_redshifts_and_retractions_come_back_as_events_once(journal: Journal) -> None:
    store = GraphStore.in_memory()
    consumer = GraphConsumer(journal, store)
    journal.append(night())
    _drain(consumer)
    journal.rewind("kg")
    _drain(consumer)
    heard = [s.event for s in journal.read(0, kinds=["kg.fact"])]
    facts = [f for f in heard if f.data["predicate"] in ("redshift", "retraction")]
    assert [(f.data["predicate"], f.data["value"], f.object) for f in facts] == [
        ("redshift", 1.234, BURST),
        ("redshift", 0.817, BURST),
        ("retraction", "retracted", object_iri("S260307ab")),
    ]
    assert facts[0].data["about"] == {"type": "spectroscopic", "of": "afterglow", "whose": "afterglow"}
    assert facts[0].data["qualifier"] == facts[0].data["about"]
    assert facts[0].data["url"] == "https://gcn.nasa.gov/circulars/34120"
    assert facts[0].data["text"] == "1.234 +/- 0.002"
    assert all(isinstance(facts[0].data[word], float) for word in ("value", "start", "circular", "confidence"))


def test_a_corrected_circular_replaces_what_the_first_version_said(journal: Journal) -> None:
    store = GraphStore.in_memory()
    consumer = GraphConsumer(journal, store)
    first = circular(7, "GRB 260307A: redshift", "We find a common redshift of z = 1.5 from several lines.")
    second = circular(7, "GRB 260307A: redshift", "We find a common redshift of z = 1.7 from several lines.", version=2)
    for event in (second, first):  # the older one comes late
        journal.append([event])
        _drain(consumer)
    assert [r["value"] for r in get(store, "redshifts", {"object": "GRB 260307A"})] == [1.7]
    version = store.query("SELECT ?v { <https://gcn.nasa.gov/circulars/7> nuncius:version ?v }").rows
    assert version == [{"v": 2}]


def test_a_crash_between_graph_and_cursor_does_no_harm(own_journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    store = GraphStore.in_memory()
    own_journal.append(night())
    with monkeypatch.context() as patch:
        patch.setattr(own_journal, "advance", lambda *_: (_ for _ in ()).throw(OSError("power")))
        with pytest.raises(OSError, match="power"):
            GraphConsumer(own_journal, store).step()
    before, events = store.dump("nq"), own_journal.last_seq()
    _drain(GraphConsumer(own_journal, store))
    assert store.dump("nq") == before
    assert own_journal.last_seq() == events


def test_a_rebuild_gives_the_very_same_graph(own_journal: Journal, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    store = GraphStore.open(folder)
    consumer = GraphConsumer(own_journal, store, batch=2)
    own_journal.append(night())
    own_journal.append([circular(34120, "GRB 260307A: redshift", "Now z = 1.3 is our redshift.", version=2)])
    _drain(consumer)
    # Names learnt afterwards must not change what earlier documents say.
    own_journal.append([circular(34200, "GRB 260307A / EP260307a: same source")])
    _drain(consumer)
    before = store.dump("nq")
    store.close()
    heard: list[int] = []
    assert rebuild(own_journal, folder, progress=heard.append) == own_journal.last_seq()
    assert sum(heard) == own_journal.last_seq() == own_journal.cursor("kg")
    assert GraphStore.read_only(folder).dump("nq") == before
    assert before.count(b"\n") > 200


def test_the_same_is_announced_however_the_journal_is_cut_into_batches(journal: Journal) -> None:
    # 34120 is journalled before and received after: the order of the journal counts, not that of arrival.
    journal.append([*night(), *(circular(35000 + i, f"GRB 260307A: redshift {i}", REDSHIFT_BODY) for i in range(12))])
    _drain(GraphConsumer(journal, GraphStore.in_memory(), batch=3))
    told = journal.last_seq()
    assert journal.count()["kg.fact.contradiction"] > 10
    for batch in (1, 5, 500):
        journal.rewind("kg")
        _drain(GraphConsumer(journal, GraphStore.in_memory(), batch=batch))
        assert journal.last_seq() == told


_WORKER = """
import sys
from pathlib import Path
from kg.consumer import GraphConsumer
from kg.store import GraphStore
from nuncius.journal import Journal
journal = Journal.open(sys.argv[1], synchronous="normal")
consumer = GraphConsumer(journal, GraphStore.open(Path(sys.argv[2])), batch=3)
print("ready", flush=True)
while consumer.step():
    pass
"""


def test_killed_at_any_moment_the_graph_ends_up_whole(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    own_journal = Journal.open(sqlite_url, synchronous="normal")
    events = night()
    events += [circular(35000 + i, f"GRB 260307A: redshift {i}", REDSHIFT_BODY) for i in range(120)]
    events += [notice(f"n{i}", ids=[str(794591100 + i // 3)], ra=1.0, dec=2.0) for i in range(120)]
    own_journal.append(events)
    moments, kills = random.Random(4), 0
    for _ in range(8):
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORKER, sqlite_url, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(moments.uniform(0.0, 0.15))
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
        kills += worker.returncode == -signal.SIGKILL
    store = GraphStore.open(folder)
    _drain(GraphConsumer(own_journal, store))
    undisturbed = GraphStore.in_memory()
    own_journal.rewind("kg")
    count = own_journal.last_seq()
    _drain(GraphConsumer(own_journal, undisturbed))
    assert store.dump("nq") == undisturbed.dump("nq")
    assert own_journal.last_seq() == count, "facts were announced once"
    assert kills >= 1


def test_a_document_that_cannot_be_written_is_logged_and_keeps_out_no_other(
    own_journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    store = GraphStore.in_memory()
    own_journal.append([notice("a", ids=["1"]), circular(8, "GRB 260307A"), circular(9, "GRB 260307B")])
    own_journal.append([circular(10, "odd", circular=None), notice("z", ids=["2"])])
    with caplog.at_level(logging.ERROR):
        _drain(GraphConsumer(own_journal, store))
    assert own_journal.cursor("kg") == own_journal.last_seq()
    assert len(store.graphs()) == 4
    [record] = caplog.records
    assert "circular:10/1 is not in the graph: TypeError" in record.getMessage()


def test_a_trouble_of_the_disk_is_no_document_s_fault(own_journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    store = GraphStore.in_memory()
    own_journal.append(night())
    with monkeypatch.context() as patch:
        patch.setattr(store, "_commit", lambda *_: (_ for _ in ()).throw(OSError("No space left on device")))
        with pytest.raises(TransientError):
            GraphConsumer(own_journal, store).step()
    assert own_journal.cursor("kg") == 0
    _drain(GraphConsumer(own_journal, store))
    assert len(store.graphs()) > 5


def test_it_follows_the_journal_until_it_is_stopped(own_journal: Journal) -> None:
    store, stop = GraphStore.in_memory(), threading.Event()
    thread = threading.Thread(target=GraphConsumer(own_journal, store).run, args=(stop,))
    thread.start()
    own_journal.append([notice("late", ids=["794591051"], tense=Tense.INITIAL)])
    deadline = time.monotonic() + 20
    while not len(store) and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    thread.join(10)
    assert len(store)
    assert not thread.is_alive()
