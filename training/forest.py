"""Boosted trees and their calibration, and both as the plain arrays that extraction reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression

from kg.extraction.scoring import Forest, Tree
from training import FOLDS, SEED, Values
from training.examples import Example


def names_of(examples: Sequence[Example]) -> list[str]:
    """The features that say anything here: those that are not the same everywhere."""
    seen: dict[str, set[float]] = {}
    for e in examples:
        for name, value in e.features.items():
            seen.setdefault(name, set()).add(value)
    count = len(examples)
    present = {name: sum(name in e.features for e in examples) for name in seen}
    return sorted(name for name, values in seen.items() if len(values) > 1 or 0 < present[name] < count)


def matrix(examples: Sequence[Example], names: list[str]) -> Values:
    """Features as rows; what is not there is nought."""
    return np.array([[e.features.get(name, 0.0) for name in names] for e in examples], dtype=np.float64)


def labels(examples: Sequence[Example]) -> Values:
    return np.array([e.right for e in examples], dtype=np.float64)


def folds_of(examples: Sequence[Example]) -> NDArray[np.int64]:
    """The fold of each example. All circulars of an event are in one; events are dealt out by a seeded shuffle. What
    is kept out has a fold of its own, behind the others."""
    events = sorted({e.event for e in examples})
    order = np.random.default_rng(SEED).permutation(len(events))
    fold = {event: int(order[i]) % FOLDS for i, event in enumerate(events)}
    return np.array([FOLDS if e.kept_out else fold[e.event] for e in examples], dtype=np.int64)


def splits(folds: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """(what is predicted, what is learnt from) for each fold that there is."""
    for fold in range(FOLDS + 1):
        test = folds == fold
        if test.any():
            yield test, ~test & (folds != FOLDS)


def grown(x: Values, y: Values) -> HistGradientBoostingClassifier:
    """Small trees, many alike: the examples are few."""
    model = HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.06, max_depth=3, min_samples_leaf=12, l2_regularization=2.0,
        early_stopping=False, random_state=SEED,
    )  # fmt: skip
    return model.fit(x, y)


def held_out(x: Values, y: Values, folds: NDArray[np.int64]) -> Values:
    """Each example's uncalibrated probability by trees that saw nothing of its event."""
    out = np.zeros(len(y))
    for test, rest in splits(folds):
        if len(set(y[rest])) < 2:
            out[test] = y[rest].mean() if rest.any() else 0.5
        else:
            out[test] = grown(x[rest], y[rest]).predict_proba(x[test])[:, 1]
    return out


def calibrated(raw: Values, y: Values) -> tuple[list[float], list[float]]:
    """A rising line from probability said to probability found, by isotonic regression. Each end is drawn in by what so
    few examples cannot rule out (one more of each kind), so that nothing is said to be certain."""
    model = IsotonicRegression(out_of_bounds="clip", y_min=0.0, y_max=1.0).fit(raw, y)
    x = np.asarray(model.X_thresholds_)
    level = np.asarray(model.y_thresholds_)
    found = model.predict(raw)
    drawn = np.array([((found == v).sum() * v + 1.0 * y.mean()) / ((found == v).sum() + 1.0) for v in level])
    return [float(v) for v in x], [float(v) for v in np.maximum.accumulate(drawn)]


def as_trees(model: HistGradientBoostingClassifier) -> tuple[float, list[Tree]]:
    """A fitted model as a start and plain trees; leaves hold what they add."""
    trees = []
    for [predictor] in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                feature=[-1 if end else int(f) for end, f in zip(leaf, nodes["feature_idx"], strict=True)],
                threshold=[0.0 if end else float(t) for end, t in zip(leaf, nodes["num_threshold"], strict=True)],
                left=[int(n) for n in nodes["left"]],
                right=[int(n) for n in nodes["right"]],
                value=[round(float(v), 6) if end else 0.0 for end, v in zip(leaf, nodes["value"], strict=True)],
            )
        )
    return float(np.ravel(model._baseline_prediction)[0]), trees


def forest(examples: Sequence[Example], keep: float, take: float) -> Forest:
    """The trees of one predicate, grown on everything and calibrated on what was held out."""
    names = names_of(examples)
    x, y = matrix(examples, names), labels(examples)
    xs, ys = calibrated(held_out(x, y, folds_of(examples)), y)
    baseline, trees = as_trees(grown(x, y))
    return Forest(names=names, baseline=baseline, trees=trees, x=xs, y=ys, keep=keep, take=take)
