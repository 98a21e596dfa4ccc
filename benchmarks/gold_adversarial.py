"""The adversarial cases of `benchmarks/gold`: short texts of our own wording, what must be found in each, what not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.gold_agreement import Found, agrees, same_object
from kg.extraction import Circular

GOLD = Path(__file__).resolve().parent / "gold"
#: A system under test: a circular in, facts as dictionaries out.
System = Callable[[Circular], list[Found]]


def fails(case: dict[str, Any], system: System) -> list[str]:
    """Why an adversarial case fails; empty where it passes."""
    number = 100_000  # later than any circular that the cases cite
    found = system(Circular(number=number, subject=case["subject"], body=case["body"]))
    out = []
    for wanted in case["expect"]:
        text = case[wanted["where"]][wanted["start"] : wanted["end"]]
        if not any(agrees(f, wanted, text) and _same_claim(f, wanted) for f in found):
            out.append(f"missing {wanted['predicate']} {shown(wanted)}")
    for unwanted in case["expect_not"]:
        out += [f"wrong {f['predicate']} {shown(f)}" for f in found if _matches(f, unwanted)]
    return out


def _same_claim(found: Found, wanted: Found) -> bool:
    """Asserted and hedged may stand for each other; cited, hypothetical and negated must be told as such."""
    sure = ("asserted", "hedged")
    return (found["assertion"] in sure and wanted["assertion"] in sure) or found["assertion"] == wanted["assertion"]


def _matches(fact: Found, entry: Found) -> bool:
    """Whether every key that an entry of `expect_not` gives agrees with a fact; a list means any of these."""
    for key, wanted in entry.items():
        said = fact[key] if key in fact else (fact.get("qualifier") or {}).get(key)
        if key == "object":
            good = same_object(said, wanted)
        elif key == "value":
            good = _same_value(said, wanted)
        elif isinstance(wanted, list) and key != "error":
            good = said in wanted
        else:
            good = said == wanted
        if not good:
            return False
    return True


def _same_value(said: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(said, dict):
        return all(_same_value(said.get(k), v) for k, v in wanted.items())
    if isinstance(wanted, int | float) and isinstance(said, int | float):
        return math.isclose(said, wanted, rel_tol=1e-5)
    return said == wanted or (isinstance(said, str) and isinstance(wanted, str) and same_object(said, wanted))


def adversarial(system: System) -> dict[str, list[str]]:
    """Each adversarial case by name, with why it fails."""
    cases = map(json.loads, (GOLD / "adversarial.jsonl").open(encoding="utf-8"))
    return {case["case"]: fails(case, system) for case in cases}


def shown(fact: Found) -> str:
    """A fact in a line, for people."""
    keys = ("object", "value", "lower", "upper", "limit", "unit", "error", "assertion", "text", "qualifier")
    return ", ".join(f"{k}={fact[k]!r}" for k in keys if fact.get(k) not in (None, "", {}, []))
