"""The rule engine of ansible-rulebook (Drools on a Java virtual machine, by `drools-jpy`), given the same rules and
the same events. The only module that imports it."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from benchmarks.rule_mix import Ask
from nuncius.core.event import Event
from reactors.context import context

_OPS = {"<": "LessThanExpression", ">": "GreaterThanExpression"}


def why_not() -> str:
    """Why it cannot be measured here; empty where it can."""
    java = shutil.which("java")
    if java is None:
        return "no Java runtime (java is not on the PATH)"
    os.environ.setdefault("JAVA_HOME", str(Path(java).resolve().parents[1]))  # its bridge looks nowhere else
    os.environ.setdefault("DROOLS_JPY_JVM_MAXMEM", "2048M")
    try:
        import drools.ruleset  # noqa: F401
    except ImportError as error:
        return f"{error}: pip install 'nuncius[bench]'"
    return ""


def ruleset_of(asks: list[Ask]) -> dict[str, Any]:
    """The rules as ansible-rulebook hands them to the engine: its syntax tree in JSON."""
    return {
        "name": "bench",
        "hosts": ["all"],
        "sources": [],
        "match_multiple_rules": True,
        "rules": [
            {
                "Rule": {
                    "name": ask.name,
                    "condition": {"AllCondition": [_all(ask)]},
                    "actions": [{"Action": {"action": "none", "action_args": {}}}],
                    "enabled": True,
                }
            }
            for ask in asks
        ],
    }


def _all(ask: Ask) -> dict[str, Any]:
    terms = [_term("EqualsExpression", "kind" if ask.kind else "family", {"String": ask.kind or "gcn.notice"})]
    terms += [_term(_OPS[test.op], test.field, {"Float": test.value}) for test in ask.tests]
    whole = terms[0]
    for term in terms[1:]:
        whole = {"AndExpression": {"lhs": whole, "rhs": term}}
    return whole


def _term(sort: str, field: str, value: dict[str, Any]) -> dict[str, Any]:
    return {sort: {"lhs": {"Event": field}, "rhs": value}}


def facts_of(events: list[Event]) -> list[str]:
    """Events as its facts: what our conditions see, as JSON, which is how it takes them."""
    found = []
    for event in events:
        ev = context(event)
        ev["family"] = "gcn.notice" if event.is_a("gcn.notice") else "other"
        found.append(json.dumps(ev))
    return found


def measure(asks: list[Ask], events: list[Event]) -> dict[str, Any]:
    """Seconds to load the rules and to hear the events, those of the processor, and how many rules fired."""
    from drools.rule import Rule
    from drools.ruleset import Ruleset

    fired = 0

    def callback(_: Any) -> None:
        nonlocal fired
        fired += 1

    started = time.perf_counter()
    ruleset = Ruleset(name="bench", serialized_ruleset=json.dumps(ruleset_of(asks)))
    for ask in asks:
        ruleset.add_rule(Rule(name=ask.name, callback=callback))
    loaded = time.perf_counter() - started
    facts = facts_of(events)
    for fact in facts[:50]:
        ruleset.assert_event(fact)
    fired = 0
    started, worked = time.perf_counter(), time.process_time()
    for fact in facts:
        ruleset.assert_event(fact)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - worked
    ruleset.end_session()
    return {"load_s": round(loaded, 2), "seconds": seconds, "cpu_s": cpu_s, "fired": fired}
