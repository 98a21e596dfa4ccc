"""The shipped alert rules, the dashboard and the page of metrics speak of exactly the metrics that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from console.figures import Figures
from nuncius.core.clock import SystemClock
from nuncius.journal import Journal

#: Labels that Prometheus adds by itself, or that a histogram has.
ADDED = {"job", "instance", "le"}


@pytest.fixture
def families(tmp_path: Path) -> dict[str, set[str]]:
    """Every family of ours, without its suffixes, with its labels."""
    with Journal.open(f"sqlite:///{tmp_path / 'j.db'}") as journal:
        figures = Figures(journal, SystemClock(), {})
        return {family.name: set(getattr(family, "_labelnames", ())) for family in figures.collect()}


def base(name: str) -> str:
    return re.sub(r"_(total|bucket|sum|count)$", "", name)


def selectors(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Each metric of ours that an expression names, with the labels that it selects by."""
    for name, inside in re.findall(r"\b(nuncius_\w+)(?:\{([^}]*)\})?", expression):
        yield base(name), set(re.findall(r"(\w+)\s*[=!]", inside))


def alerts(project: Path) -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load((project / "deploy" / "prometheus" / "nuncius-alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(project: Path) -> list[dict[str, Any]]:
    board = json.loads((project / "deploy" / "grafana" / "nuncius.json").read_text())
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions(project: Path) -> dict[str, list[str]]:
    return {
        "alerts": [rule["expr"] for rule in alerts(project)],
        "dashboard": [target["expr"] for panel in panels(project) for target in panel["targets"]],
    }


def test_what_is_asked_for_exists_with_its_labels(project: Path, families: dict[str, set[str]]) -> None:
    for expressions_ in expressions(project).values():
        for expression in expressions_:
            for name, labels in selectors(expression):
                assert name in families, expression
                assert labels <= families[name] | ADDED, expression
            grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(",")}
            known = set().union(*(families[name] for name, _ in selectors(expression)), ADDED)
            assert grouped <= known, expression
            assert expression.count("(") == expression.count(")")
            assert expression.count("{") == expression.count("}")


def test_the_dashboard_shows_every_metric_and_the_page_explains_it(
    project: Path, families: dict[str, set[str]]
) -> None:
    page = (project / "docs" / "metrics.md").read_text(encoding="utf-8")
    shown = {name for expression in expressions(project)["dashboard"] for name, _ in selectors(expression)}
    assert shown == set(families)
    documented = {base(name) for name in re.findall(r"^\| `(nuncius_\w+)", page, re.MULTILINE)}
    assert documented == set(families)
    for name, labels in families.items():
        row = next(line for line in page.splitlines() if re.match(rf"\| `{name}(_total)?[`{{]", line))
        assert labels <= set(re.findall(r"\w+", row)), f"{name}: {labels}"


def test_every_alert_says_what_is_wrong_and_what_to_do(project: Path, families: dict[str, set[str]]) -> None:
    found = alerts(project)
    assert len({rule["alert"] for rule in found}) == len(found) >= 12
    for rule in found:
        assert set(rule["annotations"]) == {"summary", "runbook"}, rule["alert"]
        assert len(rule["annotations"]["runbook"]) > 40
        assert rule["labels"]["severity"] in ("warning", "critical")
        kept = set().union(*(families[name] for name, _ in selectors(rule["expr"])), ADDED)
        told = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        by = re.search(r"^sum by \(([^)]*)\)|^sum\(", rule["expr"])
        if by is not None:  # what is summed over is no label any more
            kept = {label.strip() for label in (by[1] or "").split(",")}
        assert told <= kept, rule["alert"]
