"""In the live service rules ask the journal where spacecraft looked, and the graph what is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kg.named_queries import NamedQueries
from kg.store import GraphStore
from nuncius.core.clock import VirtualClock
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal
from reactors.compiling import compile_expression
from reactors.context import context
from reactors.evaluation import Evaluation, Outcome
from reactors.means import live_means

AT = datetime(2023, 6, 18, 9, 0, tzinfo=UTC)


def pointing(at: datetime, ra: float) -> Event:
    return Event(
        id=f"pointing-{at:%H%M%S}",
        kind="gcn.notice.fermi.spacecraft.pointdir",
        source="test",
        received=at,
        trigger_time=at,
        tense=Tense.UTILITY,
        data={"ra_pointing": ra, "dec_pointing": 0.0},
    )


def alert(ra: float) -> Event:
    sky = {"type": "circle", "ra": ra, "dec": 0.0, "radius": 1.0, "containment_probability": 0.9}
    return Event(id="a", kind="lvk.alert", source="test", received=AT, trigger_time=AT, data={"sky": sky})


def ask(journal: Journal, source: str, event: Event, store: GraphStore | None = None) -> Outcome:
    queries = NamedQueries(store) if store is not None else None
    means = live_means(journal, queries, VirtualClock(AT + timedelta(seconds=30)))
    return Evaluation(context(event), means).evaluate(compile_expression(source))


def test_a_field_of_view_follows_the_newest_pointing_notice_before_the_moment(journal: Journal) -> None:
    journal.append([pointing(AT - timedelta(minutes=40), 10.0), pointing(AT - timedelta(minutes=5), 190.0)])
    journal.append([pointing(AT + timedelta(minutes=5), 10.0)])
    source = "prob_inside(ev.sky, fov('lat', ev.trigger_time))"
    assert ask(journal, source, alert(190.0)).value == 1.0
    assert ask(journal, source, alert(10.0)).value == 0.0


def test_the_graph_answers_and_says_how_far_it_is_behind(journal: Journal) -> None:
    store = GraphStore.in_memory()
    assert ask(journal, "kg.ask('has_redshift', {'object': 'GRB 230307A'})", alert(1.0), store).truth == "false"
    assert ask(journal, "kg.freshness('redshifts') == 0", alert(1.0), store).truth == "true"
    journal.append([pointing(AT, 1.0)])
    assert ask(journal, "kg.freshness('redshifts')", alert(1.0), store).value == 30.0
    journal.advance("kg", journal.last_seq())
    assert ask(journal, "kg.freshness('redshifts')", alert(1.0), store).value == 0.0
    store.close()
