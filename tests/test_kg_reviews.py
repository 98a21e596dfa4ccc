"""What people say of reports is in the graph: an activity with its agent, valid, and found by a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from rules_samples import Night, gw

from chat.desk.answers import Asking, Person
from chat.desk.desk import Desk
from chat.sources import headline
from kg.consumer import GraphConsumer
from kg.objects import identify
from kg.shapes import validate
from kg.store import GraphStore

RULES = """rule: near
when: lvk.alert
do: {post: "Area of ${ev.name}"}
"""
ASKED = """
SELECT ?act ?name ?took WHERE { GRAPH ?g {
  ?review a nuncius:Review ; nuncius:act ?act ; nuncius:rule "near" ; nuncius:tookSeconds ?took ;
    nuncius:about ?object ; prov:wasGeneratedBy ?activity .
  ?activity prov:wasAssociatedWith ?person ; prov:used ?event ; prov:endedAtTime ?when .
  ?person rdfs:label ?name } } ORDER BY ?act
"""


def test_a_review_is_an_activity_of_a_person(tmp_path: Path) -> None:
    pytest.importorskip("pyshacl", reason="pySHACL is not installed; it is an optional part")
    night = Night(tmp_path, RULES)
    night.reactor._identify = identify
    night.hears(gw("a", object=None))
    night.works()
    (report,) = night.reports()
    desk = Desk(night.journal, lambda: night.book.rules, night.clock)
    ann = Person(id="slack:U0ANN", name="Ann", reviewer=True)
    night.clock.sleep(30)
    for act in ("approve", "mute", "unrelated", "rerun"):
        assert desk.hear(Asking(words=f"{act} report:{report.key}", person=ann, delivery=act)).ok
    assert desk.hear(Asking(words="seen S170817a", person=ann, delivery="seen")).ok
    store = GraphStore.in_memory()
    consumer = GraphConsumer(night.journal, store)
    while consumer.step():
        pass
    rows = [(row["act"], row["name"], row["took"]) for row in store.query(ASKED).rows]
    assert rows == [(act, "Ann", 30.0) for act in ("approved", "muted", "repeated", "unrelated")]
    assert {name: wrong for name, wrong in validate(store) if wrong} == {}
    said = [headline(stored.event) for stored in night.journal.read(0, kinds=["review"])]
    assert said[0] == "Ann: approved, Area of S170817a"
    night.close()
