"""The scorer of the hand annotations: what agrees, what counts, and that it can tell wrong from right."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.gold_adversarial import fails
from benchmarks.gold_agreement import agrees, printed_position, printed_time
from benchmarks.gold_scoring import Counts, counted, outcomes, rates, wilson


def _fact(predicate: str, value: Any, **more: Any) -> dict[str, Any]:
    place = {"where": "body", "start": 0, "end": 5, "assertion": "asserted", "object": "GRB 310101A"}
    return {"predicate": predicate, "value": value, **place, **more}


@pytest.mark.parametrize(
    ("found", "gold", "same"),
    [
        (_fact("redshift", 1.009), _fact("redshift", 1.0), True),
        (_fact("redshift", 1.011), _fact("redshift", 1.0), False),
        (_fact("redshift", 1.0), _fact("redshift", 1.0, limit="<"), False),
        (_fact("redshift", 1.0, object="GRB310101a"), _fact("redshift", 1.0), True),
        (_fact("redshift", 1.0, object="GRB 310101B"), _fact("redshift", 1.0), False),
        (_fact("redshift", None, lower=1.0, upper=2.0), _fact("redshift", None, lower=1.0, upper=2.5), False),
        (_fact("t90", 0.4, unit="s"), _fact("t90", 400, unit="ms"), True),
        (_fact("t90", 400, unit="s"), _fact("t90", 400, unit="ms"), False),
        (_fact("flux", 3.1, unit="furlong / lightyear"), _fact("flux", 3.1, unit="erg / (cm2 s)"), False),
        (_fact("flux", 3.1e-8, unit="erg / (cm2 s)"), _fact("flux", 3.1, unit="1e-08 erg / (cm2 s)"), True),
        (_fact("magnitude", 20.1, qualifier={"band": "R_c"}), _fact("magnitude", 20.1, qualifier={"band": "Rc"}), True),
        (_fact("magnitude", 20.1, qualifier={"band": "R"}), _fact("magnitude", 20.1, qualifier={"band": "r"}), False),
        (_fact("classification", "NSBH", assertion="hedged"), _fact("classification", "NSBH"), False),
        (_fact("non_detection", "x", assertion="negated"), _fact("non_detection", "y", assertion="negated"), True),
        (_fact("counterpart", "x", assertion="negated"), _fact("counterpart", "x"), False),
    ],
)
def test_facts_agree_as_the_page_on_annotation_says(found: dict[str, Any], gold: dict[str, Any], same: bool) -> None:
    assert agrees(found, gold) is same


def test_tolerances_are_half_of_the_last_digit_printed() -> None:
    assert printed_position("18h 26m 20s, -86d 07' 16\"", {"ra": 276.583333, "dec": -86.121111}) == pytest.approx(
        (15 / 3600, 1 / 3600)
    )
    assert printed_position("276.583, -86.12", {"ra": 276.583, "dec": -86.12}) == pytest.approx((0.001, 0.01))
    assert (printed_time("07:53:09.72 UT"), printed_time("at 03:04 UT"), printed_time("03:04:05")) == (0.01, 60, 1)
    gold = _fact("trigger_time", "2031-02-06T03:04:00Z")
    assert agrees(_fact("trigger_time", "2031-02-06T03:04:29Z"), gold, "03:04 UT")
    assert not agrees(_fact("trigger_time", "2031-02-06T03:04:29Z"), gold, "03:04:00 UT")


def _kinds(found: list[dict[str, Any]], gold: list[dict[str, Any]], complete: list[str]) -> list[tuple[str, str]]:
    record = {"circular": 1, "split": "dev", "complete_for": complete, "facts": gold}
    return [(o.kind, o.field) for o in outcomes(found, record, {"subject": "", "body": "12345"})]


def test_said_twice_counts_once_and_cited_need_not_be_found_but_must_not_be_asserted() -> None:
    once, cited = _fact("redshift", 1.0), _fact("redshift", 2.0, assertion="cited")
    assert _kinds([once, once], [once, once, cited], ["redshift"]) == [("tp", "redshift")]
    assert _kinds([_fact("redshift", 2.0)], [cited], ["redshift"]) == [("fp", "redshift")]
    assert _kinds([_fact("redshift", 2.0, assertion="hedged")], [cited], ["redshift"]) == []
    assert _kinds([], [once], ["redshift"]) == [("fn", "redshift")]


def test_more_than_annotated_is_wrong_only_where_annotation_is_complete() -> None:
    limit, measured = _fact("magnitude", 22.0, limit=">"), _fact("magnitude", 20.0)
    assert _kinds([limit, measured], [], ["magnitude:limit"]) == [("fp", "magnitude:limit")]
    assert sorted(_kinds([limit, measured], [], ["magnitude"])) == [("fp", "magnitude"), ("fp", "magnitude:limit")]
    assert _kinds([limit], [], []) == []


def test_rates_come_with_intervals_that_hold_them() -> None:
    r = rates(Counts(tp=9, tp_complete=9, fp=1, fn=3))
    assert (r["precision"], r["recall"]) == (0.9, 0.75)
    assert r["f1"] == pytest.approx(2 * 9 / (2 * 9 + 1 + 3))
    for key in ("precision", "recall", "f1"):
        low, high = r[f"{key}_95"]
        assert low < r[key] < high
    assert wilson(0, 10)[0] == 0.0
    assert counted([]) == {}


def test_an_adversarial_case_fails_for_what_is_missing_and_for_what_is_wrong() -> None:
    case = {
        "subject": "",
        "body": "z < 2.0",
        "expect": [_fact("redshift", 2.0, limit="<")],
        "expect_not": [_fact("redshift", 2.0, limit=None)],
    }
    case["expect_not"] = [{"predicate": "redshift", "value": 2.0, "limit": None}]
    assert fails(case, lambda _: [_fact("redshift", 2.0, limit="<", qualifier={})]) == []
    assert [f.split()[0] for f in fails(case, lambda _: [_fact("redshift", 2.0, limit=None)])] == ["missing", "wrong"]
