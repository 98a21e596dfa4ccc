"""The hand annotations keep their format, and point at what they say in the real circulars.

The circulars are those of the open data (nasa-gcn/circulars-nlp-paper, nasa-gcn/gcn.nasa.gov, icecube/NuCat and
others); where they are absent, only the shape and our own adversarial cases are checked."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def gold(project: Path) -> Path:
    return project / "benchmarks" / "gold"


def load(path: Path) -> ModuleType:
    """Benchmarks are scripts and not a package, so they are loaded by path."""
    spec = importlib.util.spec_from_file_location(f"gold_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def validate(gold: Path) -> ModuleType:
    return load(gold / "validate.py")


@pytest.fixture(scope="module")
def records(gold: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (gold / "circulars.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def third(gold: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (gold / "third.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def fourth(gold: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (gold / "fourth.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def cases(gold: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (gold / "adversarial.jsonl").read_text(encoding="utf-8").splitlines()]


def test_annotations_and_adversarial_cases_have_the_documented_shape(validate: ModuleType) -> None:
    assert list(validate.faults(None)) == []


def test_every_span_reads_as_its_value_in_the_real_circulars(validate: ModuleType, shared_data: Path) -> None:
    assert list(validate.faults(shared_data)) == []


def test_at_least_150_circulars_of_every_era_and_messenger(records: list[dict[str, Any]]) -> None:
    numbers = [r["circular"] for r in records]
    assert len(numbers) == len(set(numbers)) >= 150
    assert min(numbers) < 1000
    assert max(numbers) > 40000
    events = " ".join(r["event"] for r in records)
    assert all(kind in events for kind in ("GRB ", "IceCube-", "S23", "HAWC-", "EP25", "Swift trigger", "AT20"))


def test_no_event_is_in_both_splits(records: list[dict[str, Any]], third: list[dict[str, Any]]) -> None:
    by_split = {split: {r["event"] for r in records + third if r["split"] == split} for split in ("dev", "test")}
    assert not by_split["dev"] & by_split["test"]
    assert min(map(len, by_split.values())) > 40


def test_annotations_hold_no_text_of_a_circular(
    records: list[dict[str, Any]], third: list[dict[str, Any]], shared_data: Path
) -> None:
    texts = {
        c["circularId"]: " ".join(c["body"].split())
        for c in map(json.loads, (shared_data / "circulars.jsonl").read_text(encoding="utf-8").splitlines())
    }
    for record in records + third:
        for fact in record["facts"]:
            assert "text" not in fact
            if isinstance(fact["value"], str) and " " in fact["value"] and len(fact["value"]) > 30:
                assert fact["value"] not in texts[record["circular"]], (record["circular"], fact["value"])


def test_a_field_is_complete_or_absent_but_known(
    records: list[dict[str, Any]], third: list[dict[str, Any]], validate: ModuleType
) -> None:
    for record in records + third:
        for field in record["complete_for"]:
            predicate, _, part = field.partition(":")
            assert predicate in validate.PREDICATES
            assert part in {"", "limit"}


def test_the_checker_notices_a_wrong_value_and_a_shifted_span(validate: ModuleType) -> None:
    body = "T90 is 12.5 +- 0.4 sec at RA, Dec = 10.5, -20.25 since 03:04:05 UT."
    t90 = {"predicate": "t90", "object": "GRB", "value": 12.5, "error": [0.4, 0.4], "assertion": "asserted"}
    place = {"predicate": "position", "object": "GRB", "value": {"ra": 10.5, "dec": -20.25}, "assertion": "asserted"}

    def fault(fact: dict[str, Any], start: str, end: str, **change: Any) -> str | None:
        span = {"where": "body", "start": body.index(start), "end": body.index(end) + len(end)}
        found: str | None = validate.fault_in_span({**fact, **span, **change}, "", body)
        return found

    assert fault(t90, "12.5", "sec") is None
    assert fault(t90, "12.5", "sec", value=12.6)
    assert fault(t90, "12.5", "sec", error=[0.5, 0.5])
    assert fault(t90, "0.4", "sec")
    assert fault(place, "10.5", "20.25") is None
    assert fault(place, "10.5", "20.25", value={"ra": 10.5, "dec": 20.25})


def test_forty_and_more_adversarial_cases_each_ask_and_forbid(cases: list[dict[str, Any]]) -> None:
    assert len({c["case"] for c in cases}) == len(cases) >= 40
    assert all(c["expect"] or c["expect_not"] for c in cases)
    predicates = Counter(f["predicate"] for c in cases for f in c["expect"])
    assert {"position", "trigger_time", "t90", "fluence", "retraction", "non_detection", "coincidence"} <= set(
        predicates
    )


def test_the_draw_of_circulars_can_be_repeated(gold: Path, records: list[dict[str, Any]], shared_data: Path) -> None:
    lines = (shared_data / "circulars.jsonl").read_text(encoding="utf-8").splitlines()
    circulars = [json.loads(line) for line in lines]
    sample = load(gold / "sample.py")
    first, second = sample.draw(circulars), sample.draw_second(circulars, records)
    assert not set(first) & set(second)
    assert {r["circular"] for r in records if r.get("draw") != "second"} == set(first)
    assert {r["circular"] for r in records if r.get("draw") == "second"} == set(second)


def test_the_second_development_sample_names_no_event_of_the_test_side(
    gold: Path, records: list[dict[str, Any]], shared_data: Path
) -> None:
    sample = load(gold / "sample.py")
    test = sample.names_of_test(records)
    second = {r["circular"]: r for r in records if r.get("draw") == "second"}
    assert len(second) == 92
    assert {r["split"] for r in second.values()} == {"dev"}
    for circular in map(json.loads, (shared_data / "circulars.jsonl").read_text(encoding="utf-8").splitlines()):
        if circular["circularId"] in second:
            said = sample.bare(circular["subject"] + circular["body"])
            assert not [name for name in test if name in said], circular["circularId"]


def test_the_blind_samples_can_be_drawn_again_apart_from_the_others_and_from_the_test_side(
    gold: Path,
    records: list[dict[str, Any]],
    third: list[dict[str, Any]],
    fourth: list[dict[str, Any]],
    shared_data: Path,
) -> None:
    sample = load(gold / "sample.py")
    circulars = [
        json.loads(line) for line in (shared_data / "circulars.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    earlier = {r["circular"] for r in records}
    for sample_of, draw, name, size in (
        (third, sample.draw_third, "third", 99),
        (fourth, sample.draw_fourth, "fourth", 105),
    ):
        numbers = {r["circular"] for r in sample_of}
        assert set(draw(circulars, records)) == numbers
        assert len(numbers) == len(sample_of) == size
        assert not numbers & earlier
        assert {(r["split"], r["draw"]) for r in sample_of} == {("dev", name)}
        earlier |= numbers
    test = sample.names_of_test(records)
    for circular in circulars:
        if circular["circularId"] in earlier - {r["circular"] for r in records}:
            said = sample.bare(circular["subject"] + circular["body"])
            assert not [name for name in test if name in said], circular["circularId"]
