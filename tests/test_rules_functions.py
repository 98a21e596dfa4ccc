"""The functions that rules may call: regions and fields of view on every kind of localization, and the graph."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from rules_samples import gw
from test_rules_conditions import flat_map, no_blob

from nuncius.core.errors import ConfigurationError, DeadlineExceeded
from nuncius.core.event import Event
from reactors.asking import GraphAnswers
from reactors.compiling import compile_expression
from reactors.context import context
from reactors.evaluation import Evaluation, Outcome
from reactors.functions import Maps
from reactors.tokens import ExpressionError

SMALL = {"type": "circle", "ra": 45.0, "dec": 20.0, "radius": 1.0, "containment_probability": 0.9}
ELLIPSE = {"type": "ellipse", "ra": 45.0, "dec": 20.0, "semi_major": 2.0, "semi_minor": 1.0, "position_angle": 30.0}


def at(sky: dict[str, Any] | None, **data: Any) -> Event:
    return gw("a", data={"sky": sky, "trigger_time": "2023-03-08T04:00:00Z"} | data)


def ask(source: str, event: Event, maps: Maps | None = None) -> Outcome:
    return Evaluation(context(event), maps or Maps(no_blob)).evaluate(compile_expression(source))


@pytest.mark.parametrize("sky", [SMALL, ELLIPSE, {"type": "map", "sha256": "0" * 64}], ids=["circle", "ellipse", "map"])
def test_every_kind_of_localization_can_be_held_against_every_kind_of_region(sky: dict[str, Any]) -> None:
    maps = Maps(lambda sha256: flat_map())
    whole = ask("prob_inside(ev.sky, fov('konus', ev.trigger_time))", at(sky), maps)
    assert whole.value == pytest.approx(1.0, abs=1e-6)
    assert ask("in_moc(ev.sky, '0/0-11')", at(sky), maps).value == pytest.approx(1.0, abs=1e-6)
    assert ask("in_moc(ev.sky, '0/8-11')", at(sky), maps).value == pytest.approx(0.0, abs=1e-6)
    assert ask("overlap(ev.sky, fov('konus', ev.trigger_time))", at(sky), maps).value == pytest.approx(1.0, rel=0.01)
    same = ask(
        "overlap(ev.sky, {'ra': 45.0, 'dec': 20.0, 'ra_dec_error': 1.0, 'containment_probability': 0.9})", at(sky), maps
    )
    assert same.value > 5.0


def test_two_circles_of_the_sky_overlap_as_two_gaussians_do() -> None:
    import math

    there = "{'ra': 45.0, 'dec': 21.0, 'ra_dec_error': 2.0, 'containment_probability': 0.9}"
    got = ask(f"overlap(ev.sky, {there})", at(SMALL)).value
    s1, s2 = (r / math.sqrt(-2.0 * math.log(0.1)) for r in (1.0, 2.0))
    variance = s1**2 + s2**2
    # 4 pi times the density of the sum of both at the distance between them, per steradian.
    expected = 4.0 * math.pi * math.degrees(1.0) ** 2 * math.exp(-1.0 / (2.0 * variance)) / (2.0 * math.pi * variance)
    assert got == pytest.approx(expected, rel=0.05)


def test_a_position_without_an_error_is_in_a_moc_or_not() -> None:
    bare = at(None, ra=45.0, dec=20.0)
    assert ask("in_moc(ev, '0/0-11') > 0.5", bare).truth == "true"
    assert ask("in_moc(ev, '0/8-11') > 0.5", bare).truth == "false"
    assert ask("in_moc(ev, 'hel' + 'lo') > 0.5", bare).truth == "error"


def test_an_averaged_field_of_view_counts_with_its_share_of_the_sky() -> None:
    assert ask("prob_inside(ev.sky, fov('gbm', ev.trigger_time))", at(SMALL)).value == pytest.approx(0.6)
    seen = ask("fov('gbm', ev.trigger_time)", at(SMALL)).value
    assert "approximate" in seen["note"]


def test_an_observatory_sees_what_is_up_in_the_dark() -> None:
    # 4 h UT at Paranal is night: sidereal time about 9.8 h.
    overhead = {"type": "circle", "ra": 150.0, "dec": -25.0, "radius": 1.0, "containment_probability": 0.9}
    assert ask("visible_from(ev.sky, 'paranal', '2023-03-08T04:00:00Z') > 0.99", at(overhead)).truth == "true"
    assert ask("visible_from(ev.sky, 'paranal', '2023-03-08T16:00:00Z') > 0.0", at(overhead)).truth == "false"
    assert "did you mean" in ask("visible_from(ev.sky, 'paran' + 'all', ev.trigger_time) > 0.0", at(overhead)).why


def test_a_number_alone_is_no_condition() -> None:
    assert compile_expression("visible_from(ev.sky, 'paranal', ev.received)").type == "number"


def test_a_missing_sky_makes_the_answer_unknown() -> None:
    got = ask(
        "prob_inside(ev.sky, fov('lat', ev.trigger_time)) > 0.1",
        gw("a", data={"trigger_time": "2023-03-08T04:00:00Z", "sky": None}),
    )
    assert got.truth in ("unknown", "error")


class Graph:
    """Answers that are counted."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime | None]] = []
        self.version = 1
        self.slow = False

    def get(self, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> list[dict[str, Any]]:
        self.asked.append((name, as_of))
        if self.slow:
            raise DeadlineExceeded("the query took longer than 1 s")
        return [{"value": 0.065, "limit": None}]


def graph_maps(graph: Graph, moment: datetime | None = None) -> Maps:
    answers = GraphAnswers(graph, version=lambda: graph.version, moment=lambda: moment, lag=lambda: 3.0)
    return Maps(no_blob, graph=answers)


def test_a_question_to_the_graph_is_put_once_while_the_graph_stays_the_same() -> None:
    graph = Graph()
    maps = graph_maps(graph)
    for _ in range(3):
        assert ask("kg.ask('has_redshift', {'object': ev.object})", at(SMALL), maps).truth == "true"
    assert len(graph.asked) == 1
    graph.version = 2
    assert ask("kg.get('redshifts', {'object': ev.object})[0].value < 0.1", at(SMALL), maps).truth == "true"
    assert ask("size(kg.get('redshifts', {'object': ev.object})) == 1", at(SMALL), maps).truth == "true"
    assert len(graph.asked) == 2
    assert ask("kg.freshness('redshifts') < 10", at(SMALL), maps).truth == "true"


def test_the_graph_is_asked_as_of_the_moment_of_the_decision() -> None:
    graph, moment = Graph(), datetime(2023, 3, 8, 5, tzinfo=UTC)
    ask("kg.ask('has_redshift', {'object': ev.object})", at(SMALL), graph_maps(graph, moment))
    assert graph.asked == [("has_redshift", moment)]


def test_a_graph_that_does_not_answer_in_time_makes_the_condition_unknown() -> None:
    graph = Graph()
    graph.slow = True
    got = ask("kg.ask('has_redshift', {'object': ev.object})", at(SMALL), graph_maps(graph))
    assert got.truth == "unknown"
    assert "longer than 1 s" in got.why
    assert ask("kg.ask('has_redshift', {'object': ev.object})", at(SMALL)).truth == "unknown"


def test_the_graph_is_asked_last() -> None:
    graph = Graph()
    maps = graph_maps(graph)
    source = "kg.ask('has_redshift', {'object': ev.object}) && area(ev.sky, 0.9) > 1000"
    assert ask(source, at(SMALL), maps).truth == "false"
    assert graph.asked == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("kg.ask('has_redshft', {'object': ev.object})", "did you mean 'has_redshift'"),
        ("kg.ask('has_redshift', {'objct': ev.object})", "takes object"),
        ("kg.ask(ev.name, {})", "name of a stored query"),
        ("kg.tell('x', {})", "kg.tell"),
        ("fov('lat')", "takes 2 values"),
    ],
)
def test_slips_in_calls_are_told_when_a_rule_is_loaded(source: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        compile_expression(source)


def test_a_wrong_query_is_an_error_not_unknown() -> None:
    class Wrong(Graph):
        def get(self, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> list[dict[str, Any]]:
            raise ConfigurationError("object must be of sort object")

    got = ask("kg.ask('has_redshift', {'object': 3.0})", at(SMALL), graph_maps(Wrong()))
    assert got.truth == "error"
