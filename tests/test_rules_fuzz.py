"""Whatever is thrown at the loader and the evaluator: our own errors or none, and soon."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import rules_samples
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nuncius.core.event import Event
from reactors.compiling import compile_expression
from reactors.context import context
from reactors.evaluation import Evaluation
from reactors.functions import Maps
from reactors.loader import load_rules
from reactors.templates import parse_template
from reactors.tokens import ExpressionError

SOON_S = 2.0
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(
    [
        "ev",
        "ev.far",
        "ev.sky",
        "ev.p_astro.BNS",
        "ev.ids",
        "ev.x.y",
        "1",
        "2.5",
        "'a'",
        '"b"',
        "true",
        "null",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        ":",
        "?",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "<",
        "<=",
        ">",
        ">=",
        "==",
        "!=",
        "&&",
        "||",
        "in",
        "has(",
        "area(",
        "separation(",
        "prob_inside(",
        "size(",
        ".exists(x,",
        ".map(x,",
        ".matches(",
        "x",
        "timestamp(",
        "duration(",
        "int(",
        "${",
        "}",
        "0.9",
        "1e308",
        "9223372036854775807",
        "-9223372036854775808",
        "0x7f",
    ]
)
SENTENCES = st.lists(WORDS, max_size=25).map(" ".join)
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "rule: r",
                "when: lvk.alert",
                "when: [lvk.alert, x]",
                "if: ev.far < 1",
                "if:",
                "  - ev.far < 1",
                "  - [",
                "do:",
                "  - post: x",
                "  - run: sample-area",
                "    with: {far: 1}",
                "    as: loc",
                "---",
                "limit: 5/1h",
                "vars: {a: 1}",
                "per: ev.x",
                "status: off",
                "x: !y z",
                "a: &b c",
                "a: *b",
                "? {a: b}",
                "on_fail: {post: x}",
                "\tx: 1",
                "'",
                '"',
                "|",
            ]
        ),
        st.text(max_size=30),
        SENTENCES.map(lambda s: f"if: {s}"),
        SENTENCES.map(lambda s: f"  - post: {s}"),
    ),
    max_size=14,
).map("\n".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from(["far", "sky", "p_astro", "ids", "x", "ra", "dec", "type"]), VALUES)


@relaxed
@given(LINES | st.text(max_size=300))
@example("[" * 5000)
@example("{" * 5000)
@example("- " * 5000)
@example("a: " * 5000)
@example("rule: r\nwhen: lvk.alert\ndo: [{post: '" + "${" * 500 + "'}]")
@example("rule: r\nwhen: lvk.alert\nif: " + "(" * 1900 + "\ndo: []")
@example("rule: 1e400\nwhen: 5\nif: {}\nlimit: 99999999/1h\ndo: [[]]")
def test_the_loader_never_raises(text: str) -> None:
    started = time.monotonic()
    loaded = load_rules(text, "fuzz.yaml")
    assert bool(loaded.rules) != bool(loaded.errors)
    assert time.monotonic() - started < SOON_S


@relaxed
@given(SENTENCES | st.text(max_size=80), FIELDS)
@example("!" * 1900 + "true", {})
@example("-" * 250 + "1", {})
@example("+".join(["1"] * 140), {})
@example("ev.x" + ".a" * 140, {"x": {}})
@example("ev.ids.map(x, x + x).map(x, x + x).map(x, x + x)", {"ids": ["a" * 5000] * 100})
@example("ev.x.matches('(a+)+$')", {"x": "a" * 5000})
@example("area(ev.sky, 0.9) > 1", {"sky": {"type": "circle", "ra": 1e400, "dec": "x", "radius": -5}})
@example("area(ev.sky, 0.9) > 1", {"sky": {"type": "circle", "ra": 0.0, "dec": 0.0, "radius": float("nan")}})
@example("prob_inside(ev, ev) > 1", {"ra": 0.0, "dec": 95.0, "ra_dec_error": 1.0, "containment_probability": 2.0})
def test_the_evaluator_never_raises(source: str, data: dict[str, Any]) -> None:
    started = time.monotonic()
    try:
        expression = compile_expression(source)
    except ExpressionError as error:
        if not 0 <= error.offset <= len(source) + 1:
            raise
        return
    event = Event(id="e", kind="lvk.alert", source="fuzz", received=rules_samples.NOON, data=data)
    evaluation = Evaluation(context(event), Maps(lambda sha256: b""))
    outcome = evaluation.evaluate(expression)
    assert outcome.state in ("value", "unknown", "error")
    if outcome.state != "value":
        assert outcome.why
    evaluation.seen(expression)
    assert time.monotonic() - started < SOON_S


@relaxed
@given(st.lists(st.one_of(st.just("${"), st.just("}"), SENTENCES, st.text(max_size=10)), max_size=10).map("".join))
def test_the_reader_of_texts_never_raises(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert parse_template(text).source == text
