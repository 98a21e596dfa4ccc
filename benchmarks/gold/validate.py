"""Checks the hand annotations: their shape always, their spans against the real circulars where those are at hand.

Run `python benchmarks/gold/validate.py --data FOLDER`; it prints what was annotated and exits 1 on any fault. It reads
numbers, sexagesimal positions and clock times with its own few lines, and shares nothing with the extractor that the
annotations score: an error common to both would go unseen."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FILES = ("circulars.jsonl", "third.jsonl", "fourth.jsonl")  # the last two are the blind samples
PREDICATES = frozenset({
    "event_name", "alias", "instrument", "position", "trigger_time", "t90", "fluence", "flux", "magnitude", "redshift",
    "counterpart", "host", "retraction", "non_detection", "coincidence", "classification",
    "cites", "follows_up", "corrects", "report_type",
})  # fmt: skip
ASSERTIONS = frozenset({"asserted", "hedged", "negated", "hypothetical", "cited"})
REPORT_TYPES = frozenset(
    ["detection", "localization", "follow_up", "spectroscopy", "retraction", "correction", "interpretation", "service"]
)
NUMERIC = frozenset({"t90", "fluence", "flux", "magnitude", "redshift"})
KEYS = frozenset({
    "predicate", "object", "value", "unit", "error", "error_probability", "limit", "lower", "upper", "qualifier",
    "assertion", "where", "start", "end", "error_span",
})  # fmt: skip
Fact = dict[str, Any]

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_POWER = re.compile(r"10\s*\^?\s*[({]?\s*([-+]?\d+)|[eE]\s?([-+]?\d+)")


def numbers_in(text: str) -> list[float]:
    """Every number that the text may be read to hold: each mantissa alone, and times each power of ten written."""
    text = text.replace("−", "-")
    plain = [float(n) for n in _NUMBER.findall(text)]
    powers = {0, *(int(a or b) for a, b in _POWER.findall(text))}
    return [n * 10.0**p for n in plain for p in powers] + [-n * 10.0**p for n in plain if n < 0 for p in powers]


def holds(text: str, value: float, *, factors: tuple[float, ...] = (1.0,)) -> bool:
    """Whether the text spells the value, up to one of the unit factors."""
    return any(math.isclose(n * f, value, rel_tol=1e-5, abs_tol=1e-12) for n in numbers_in(text) for f in factors)


def _angle(parts: list[float]) -> float:
    return math.fsum(abs(p) / 60.0**i for i, p in enumerate(parts))


def spells_position(text: str, value: dict[str, float]) -> bool:
    """Whether the text holds this position: in decimal degrees, or in hours and degrees with equal numbers of parts."""
    text = re.sub(r"J?2000(?:\.0)?", " ", text).replace("−", "-")
    text = re.sub(r"(?<=\d)s\.(?=\d)", ".", text)  # 03s.5 is 3.5 seconds
    found = list(re.finditer(r"\d+\.?\d*", text))
    parts = [float(m.group()) for m in found]
    signs = [-1 if re.search(r"-\s?$", text[: m.start()]) else 1 for m in found]
    for size in (1, 2, 3):
        angles = [_angle(parts[i : i + size]) for i in range(len(parts) - size + 1)]
        for i, first in enumerate(angles):
            rest = range(i + size, len(angles))
            if math.isclose(first * (15 if size > 1 else 1), value["ra"], abs_tol=2e-6) and any(
                math.isclose(signs[j] * angles[j], value["dec"], abs_tol=2e-6) for j in rest
            ):
                return True
    return False


def spells_time(text: str, value: str) -> bool:
    """Whether the text holds this clock time; where it holds a year as well, the year must agree."""
    clock = value.split("T")[1].rstrip("Z")
    found = re.findall(r"(\d{1,2})(?::{1,2}|h\s*)(\d{2})(?:(?::{1,2}|m\s*)(\d{2}(?:\.\d+)?))?", text)
    wanted = [float(p) for p in clock.split(":")]
    years = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", text)
    good_year = not years or value[:4] in years
    return good_year and any([float(p) for p in groups if p] == wanted[: sum(map(bool, groups))] for groups in found)


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _names(text: str, value: str) -> bool:
    """Whether the slice spells the name: the whole of it, or the number that makes it one of its kind."""
    slice_, name = _bare(text), _bare(value)
    digits = re.sub(r"\D", "", value)
    return name in slice_ or slice_ in name or (bool(digits) and digits in slice_)


def fault_in_span(fact: Fact, subject: str, body: str) -> str | None:
    """What is wrong between a fact and the text it points at, or None."""
    text = subject if fact["where"] == "subject" else body
    span = text[fact["start"] : fact["end"]]
    if not span.strip() or fact["end"] > len(text):
        return "the span is empty"
    predicate, value = fact["predicate"], fact["value"]
    reads = True
    if predicate in NUMERIC:
        wanted = [v for v in (value, fact.get("lower"), fact.get("upper")) if v is not None]
        reads = all(holds(span, v) for v in wanted)
    elif predicate == "position":
        reads = spells_position(span, value)
    elif predicate == "trigger_time":
        reads = spells_time(span, value)
    elif predicate in {"cites", "corrects"}:
        reads = span == str(value)
    elif predicate in {"event_name", "alias"}:
        reads = _names(span, value)
    if not reads:
        return f"{span!r} does not read as {value!r}"
    return _fault_in_error(fact, span, text)


def _fault_in_error(fact: Fact, span: str, text: str) -> str | None:
    if not fact.get("error"):
        return None
    start, end = fact.get("error_span", (0, 0))
    where = f"{span} {text[start:end]}"
    # Seconds and minutes of arc become degrees; 20.02(10) means an error of 0.10.
    factors = (1.0, 1 / 60, 1 / 3600, 0.1, 0.01, 0.001)
    where = where.replace('".', ".")  # 0".5 is half a second of arc
    if all(holds(where, side, factors=factors) or holds(where, -side, factors=factors) for side in fact["error"]):
        return None
    return f"the error {fact['error']} is not in {where!r}"


def fault_in_shape(fact: Fact) -> str | None:
    """What breaks the format, without any text at hand, or None."""
    if extra := set(fact) - KEYS:
        return f"unknown keys {sorted(extra)}"
    if fact["predicate"] not in PREDICATES or fact["assertion"] not in ASSERTIONS:
        return f"unknown predicate or assertion: {fact['predicate']}, {fact['assertion']}"
    if fact.get("limit") not in {None, "<", ">"} or not 0 <= fact["start"] < fact["end"]:
        return "limit must be < or >, and start before end"
    if fact["where"] not in {"subject", "body"} or not fact["object"]:
        return "where must be subject or body, and object named"
    if fact["value"] is None and not {"lower", "upper"} <= set(fact):
        return "a fact without a value needs lower and upper"
    if fact["predicate"] == "report_type" and fact["value"] not in REPORT_TYPES:
        return f"unknown report type {fact['value']}"
    if fact["predicate"] == "position" and not (0 <= fact["value"]["ra"] < 360 and abs(fact["value"]["dec"]) <= 90):
        return f"no such place on the sky: {fact['value']}"
    return None


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def records() -> list[dict[str, Any]]:
    """Every annotated circular of all draws."""
    return [record for name in FILES for record in read_lines(HERE / name)]


def faults(data: Path | None) -> Iterator[str]:
    """Every fault of both files, in words that say where it is."""
    texts = {c["circularId"]: c for c in read_lines(data / "circulars.jsonl")} if data else {}
    splits: dict[str, str] = {}
    for record in records():
        number = record["circular"]
        if splits.setdefault(record["event"], record["split"]) != record["split"]:
            yield f"circular {number}: its event {record['event']} is in both splits"
        circular = texts.get(number)
        if data and (circular is None or circular.get("quality") != "full"):
            yield f"circular {number} is not in the open data, or only as an excerpt"
        for fact in record["facts"]:
            fault = fault_in_shape(fact)
            if fault is None and circular is not None:
                fault = fault_in_span(fact, circular["subject"], circular["body"])
            if fault:
                yield f"circular {number}, {fact['predicate']} at {fact['start']}: {fault}"
    for case in read_lines(HERE / "adversarial.jsonl"):
        for fact in case["expect"]:
            if fault := fault_in_shape(fact) or fault_in_span(fact, case["subject"], case["body"]):
                yield f"case {case['case']}, {fact['predicate']} at {fact['start']}: {fault}"


def counts() -> str:
    """How many facts of each predicate, by split, for people."""
    parts = ("dev", "test", "third", "fourth")
    table = {part: Counter[str]() for part in parts}
    complete: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for record in records():
        part = record["draw"] if record.get("draw") in parts else record["split"]
        size[part] += 1
        complete.update({field.split(":")[0] for field in record["complete_for"]})
        table[part].update(fact["predicate"] for fact in record["facts"])
    rows = [f"{'predicate':16}" + "".join(f"{part:>7}" for part in parts) + f"{'circulars complete for it':>28}"]
    rows += [
        f"{name:16}" + "".join(f"{table[part][name]:7}" for part in parts) + f"{complete[name]:28}"
        for name in sorted(set().union(*table.values()))
    ]
    rows.append(f"{size.total()} circulars ({', '.join(f'{size[part]} {part}' for part in parts)})")
    rows.append(f"{len(read_lines(HERE / 'adversarial.jsonl'))} adversarial cases")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder that holds circulars.jsonl; without it only the shape is checked"
    )
    found = list(faults(parser.parse_args().data))
    sys.stdout.write("\n".join([counts(), *found]) + "\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
