"""The scorer: trees read from plain arrays, what they may overrule, and that they never make up anything."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from kg.extraction import Circular, candidates, extract, reads_again
from kg.extraction.scoring import Forest, Scorer, Tree, chosen, interpolated, load, marked
from nuncius.core.errors import ConfigurationError
from training.gate import Units, calibration_error, comparison, mcnemar

STUMP = Tree(feature=[0, -1, -1], threshold=[0.5, 0, 0], left=[1, 0, 0], right=[2, 0, 0], value=[0, -3.0, 3.0])
BODY = "Lines give z = 1.234. The quasar in the field has a redshift of z = 2.1."
CIRCULAR = Circular(number=34000, subject="GRB 260307A: spectroscopy", body=BODY)


def _scorer(feature: str, *, keep: float, take: float) -> Scorer:
    forest = Forest(names=[feature], baseline=0.0, trees=[STUMP], x=[0.0, 1.0], y=[0.0, 1.0], keep=keep, take=take)
    return Scorer(name="test/1", forests={"redshift": forest})


def _redshifts(scorer: Scorer | None) -> dict[float, tuple[bool, float, str]]:
    _, found = candidates(CIRCULAR, scorer)
    return {float(c.value): (c.taken, c.confidence, c.why) for c in found if c.predicate == "redshift"}  # type: ignore[arg-type]


def test_a_forest_sums_its_leaves_and_evens_the_sum() -> None:
    forest = _scorer("taken", keep=0.0, take=1.01).forests["redshift"]
    assert forest.probability({"taken": 1.0}) == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert forest.probability({}) == pytest.approx(1 / (1 + np.exp(3.0)))
    assert [interpolated([0.2, 0.6], [0.1, 0.9], at) for at in (0.0, 0.2, 0.4, 0.6, 1.0)] == pytest.approx(
        [0.1, 0.1, 0.5, 0.9, 0.9]
    )


def test_a_scorer_gives_probabilities_and_leaves_verdicts_where_it_may_not_overrule() -> None:
    before, after = _redshifts(None), _redshifts(_scorer("taken", keep=0.0, take=1.01))
    assert {v: taken for v, (taken, _, _) in after.items()} == {v: taken for v, (taken, _, _) in before.items()}
    assert after[1.234][1] > 0.9
    assert after[2.1][1] < 0.1


def test_a_scorer_may_take_what_was_left_and_leave_what_was_taken_and_says_so() -> None:
    after = _redshifts(_scorer("redshift.is_elsewhere", keep=0.5, take=0.5))
    assert after[1.234][0] is False
    assert "left by the scorer" in after[1.234][2]
    assert after[2.1][0] is True
    assert "taken by the scorer" in after[2.1][2]


def test_what_a_scorer_takes_still_passes_the_anchor_gate_and_bears_its_name() -> None:
    facts = extract(CIRCULAR, _scorer("redshift.is_elsewhere", keep=0.0, take=0.5))
    assert {f.value for f in facts if f.predicate == "redshift"} == {1.234, 2.1}
    for fact in facts:
        assert fact.extractor == "test/1"
        assert reads_again(fact)


def test_a_value_that_is_said_already_is_not_taken_twice() -> None:
    body = "Lines give z = 1.234. We conclude that z = 1.234 is the redshift."
    circular = Circular(number=34000, subject="GRB 260307A: spectroscopy", body=body)
    everything = _scorer("score", keep=0.0, take=0.0)
    assert len([f for f in extract(circular, everything) if f.predicate == "redshift"]) == 1


def test_the_shipped_scorer_reads_and_is_small() -> None:
    scorer = load()
    if scorer is None:
        pytest.skip("no scorer is shipped: make train makes one")
    facts = extract(CIRCULAR, scorer)
    assert all(0.0 <= f.confidence <= 1.0 for f in facts)
    assert len(msgspec.json.encode(scorer)) < 2_000_000
    assert chosen("trees") is scorer
    assert chosen("default") is (scorer if scorer.default else None)
    assert chosen("grammar") is None


def test_trees_that_are_asked_for_and_missing_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.extraction.scoring.load", lambda: None)
    assert chosen("default") is None
    with pytest.raises(ConfigurationError, match="make train"):
        chosen("trees")


def test_a_candidate_is_marked_in_its_sentence_for_a_reader() -> None:
    document, found = candidates(CIRCULAR)
    [text] = [marked(document, c) for c in found if c.value == 1.234]
    assert text == f"redshift: Lines give z =  [[ 1.234 ]] {BODY[20:]}"[: len(text)]


def test_trees_written_out_say_what_the_library_says() -> None:
    forest_module = pytest.importorskip("training.forest", reason="needs scikit-learn (extra: train)")
    dice = np.random.default_rng(1)
    x = dice.normal(size=(300, 4))
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0.2).astype(float)
    model = forest_module.grown(x, y)
    baseline, trees = forest_module.as_trees(model)
    forest = Forest(names=list("abcd"), baseline=baseline, trees=trees, x=[0.0, 1.0], y=[0.0, 1.0], keep=0.0, take=1.0)
    said = [forest.probability(dict(zip("abcd", row, strict=True))) for row in x]
    assert np.allclose(said, model.predict_proba(x)[:, 1], atol=1e-4)


def test_the_gate_calls_better_only_what_is_better_beyond_its_interval() -> None:
    examples = pytest.importorskip("training.examples")

    def one(i: int, right: bool) -> object:
        return examples.Example(
            circular=i, year=2020, event=f"e{i // 2}", source="hand", predicate="redshift", features={}, text="",
            right=right, by_grammar=True, confidence=0.9, says="annotation 0" if right else "x",
        )  # fmt: skip

    found = [one(i, i % 5 != 0) for i in range(200)]
    units = Units(found)  # type: ignore[arg-type]
    everything = np.ones(200, dtype=bool)
    right = np.array([i % 5 != 0 for i in range(200)])
    assert comparison(units, everything, right)["better"] is True
    one_less = everything.copy()
    one_less[0] = False
    assert comparison(units, everything, one_less)["better"] is False
    assert comparison(units, everything, everything)["gain"] == 0.0


def test_mcnemar_and_calibration_error_agree_with_what_is_known() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(5, 5) == 1.0
    said = np.repeat([0.1, 0.9], 150)
    right = np.concatenate([np.arange(150) % 10 == 0, np.arange(150) % 10 != 0]).astype(float)
    assert calibration_error(said, right) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(np.full(300, 0.9), right) > 0.3


@pytest.mark.shared_data
def test_no_circular_or_event_of_the_test_split_is_trained_on(shared_data: Path) -> None:
    """Circulars of nasa-gcn/circulars-nlp-paper and others; the split is benchmarks/gold's."""
    training = pytest.importorskip("training.examples")
    gold = pytest.importorskip("benchmarks.gold_scoring")
    test = [r for r in gold.annotated() if r["split"] == "test"]
    found = training.examples(shared_data)
    assert len(found) > 500
    assert not {e.circular for e in found} & {r["circular"] for r in test}
    assert not {e.event for e in found} & {training._event(r["event"]) for r in test}
