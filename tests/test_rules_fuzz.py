"""Whatever is thrown at the loader and the evaluator: our own errors or none, and soon."""

from __future__ import annotations

import contextlib
import json
import time
import tracemalloc
from typing import Any

import pytest
import rules_samples
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nuncius.core.event import Event
from reactors.compiling import compile_expression
from reactors.context import context
from reactors.evaluation import Evaluation
from reactors.functions import Maps
from reactors.loader import KEYS, load_rules
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
                "template: t",
                "use: t",
                "use: [t, t, u]",
                "when: {a: lvk.alert, b: gcn.notice}",
                "when: {cron: '* * * * *', tz: UTC}",
                "when: {every: 1h}",
                "when: {after: 1h, of: lvk.alert}",
                "within: 1h",
                "within: {of: a, from: -1h, to: 1h}",
                "without: {c: gcn.circular}",
                "where: ev.far < c.far",
                "count: 3",
                "mode: queue",
                "escalate: {after: 1h, unless: done, page: x}",
                "mutes: {rules: x, for: 1h}",
                "test: {given: {kind: lvk.alert}, expect: fires}",
                "  - {ask: x, as: y, timeout: 1h, else: {post: z}}",
                "  - {emit: custom.x, with: {a: 1}}",
                "  - {post: '${item}', for_each: ev.ids}",
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
#: Keys of maps inside a rule.
INNER = [
    "a", "of", "from", "to", "cron", "tz", "every", "after", "unless", "page", "rules", "same", "for", "post", "run",
    "ask", "emit", "check", "regress", "with", "as", "if", "for_each", "timeout", "retry", "else", "given", "expect",
]  # fmt: skip
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
    assert bool(loaded.rules or loaded.templates) != bool(loaded.errors) or (loaded.templates and loaded.errors)
    assert time.monotonic() - started < SOON_S


#: Anything that YAML can hold, in any place of a rule; with the words that mean something among it.
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | SENTENCES
    | st.sampled_from(
        ["lvk.alert", "gcn.notice", "1h", "-1h", "0s", "5/1h", "* * * * *", "UTC", "a", "custom.x", "1e999"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(st.sampled_from([*KEYS, "template", "x"]), ANYTHING, max_size=9)


@relaxed
@given(st.lists(DOCUMENTS, min_size=1, max_size=3))
@example([{"rule": "r", "when": {"cron": "0 0 31 2 *"}, "do": {"post": "x"}}])
@example([{"rule": "r", "when": {"a": []}, "within": {"of": [], "from": {}, "to": None}, "do": [{"ask": {}}]}])
@example([{"rule": "r\n", "when": "lvk.alert\n", "do": {"emit": "custom.x\n"}}])
@example([{"template": "t", "use": "t"}, {"rule": "r", "use": ["t"] * 9, "when": "lvk.alert", "do": {"post": "x"}}])
@example(
    [{"rule": "r", "when": {"every": "99999999999w"}, "count": 1e308, "limit": "1/999999999999w", "do": {"post": "x"}}]
)
def test_no_value_in_any_place_of_a_rule_makes_the_loader_raise(documents: list[dict[str, Any]]) -> None:
    text = "\n---\n".join(json.dumps(document) for document in documents)
    started = time.monotonic()
    loaded = load_rules(text, "fuzz.yaml")
    assert loaded.errors or loaded.rules or loaded.templates
    for problem in loaded.problems:
        assert problem.line > 0
        assert problem.column > 0
        assert len(problem.message) < 1000
    for rule in loaded.rules:
        assert "\n" not in rule.name
    assert time.monotonic() - started < SOON_S


def test_a_character_written_as_two_escapes_is_one() -> None:
    text = 'rule: r\nabout: "\\ud83d\\ude00"\nwhen: lvk.alert\ndo: {post: x}\n'
    assert load_rules(text, "a.yaml").rules[0].about == "\U0001f600"


def test_templates_do_not_multiply() -> None:
    lines = "".join(f"  - ev.x{n} < 1\n" for n in range(50))
    base = f"template: t0\nif:\n{lines}---\n"
    towers = "".join(f"template: t{n}\nuse: [{', '.join([f't{n - 1}'] * 8)}]\n---\n" for n in range(1, 4))
    loaded = load_rules(f"{base}{towers}rule: r\nuse: t3\nwhen: lvk.alert\ndo: {{post: x}}\n", "bomb.yaml")
    assert loaded.errors == []
    assert len(loaded.rules[0].conditions) == 50


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "rule: !!python/object/apply:os.system [echo]\n",
        "rule: !<tag:yaml.org,2002:binary> aGVsbG8=\n",
        "%TAG ! tag:x,2000:\n---\nrule: !x y\n",
        "rule: r\nwhen: lvk.alert\nif: [" + "[" * 200 + "]" * 200 + "]\n",
        "? [a, b]\n: c\n",
        "rule: r\n" + "k: v\n" * 60_000,
        "rule: r\nif:\n" + "  - true\n" * 300 + "when: lvk.alert\ndo: {post: x}\n",
        "rule: r\nwhen: lvk.alert\ndo:\n" + "  - post: x\n" * 60,
        "rule: r\nwhen: lvk.alert\ndo: {post: '" + "x" * 9_000 + "'}\n",
        "\ufeff\x00rule: r\n",
        "rule: \ud800\n",
        'rule: "a\\ud800b"\n',
    ],
)
def test_hostile_yaml_is_refused_with_a_place(text: str) -> None:
    started = time.monotonic()
    loaded = load_rules(text, "hostile.yaml")
    assert loaded.rules == []
    assert loaded.errors
    assert str(loaded.errors[0]).startswith("hostile.yaml:")
    assert time.monotonic() - started < SOON_S


def test_a_file_of_the_largest_size_is_read_in_bounded_memory() -> None:
    rules = "---\n".join(
        f"rule: r{n}\nwhen: lvk.alert\nif: ev.x{n} < 1\ndo: {{post: '${{ev.x{n}}}'}}\n" for n in range(900)
    )
    assert len(rules) < 256 * 1024
    tracemalloc.start()
    loaded = load_rules(rules, "large.yaml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert loaded.errors == []
    assert len(loaded.rules) == 900
    assert peak < 150 * 1024 * 1024


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
