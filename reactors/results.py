"""What later texts and conditions may name of the results of earlier steps."""

from __future__ import annotations

from typing import Any

from reactors.expanding import base_name


def named_results(earlier: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What texts may name of earlier results: one by its name, those of a `for_each` as a list."""
    found: dict[str, Any] = {}
    for name, result in earlier.items():
        if "skipped" in result:
            continue
        if base_name(name) == name:
            found[name] = _result_values(result)
        else:
            found.setdefault(base_name(name), []).append(_result_values(result))
    return found


def _result_values(result: dict[str, Any]) -> dict[str, Any]:
    """What a text may name of an earlier result: `loc.answer`, each value as a number, and the action's own words."""
    values: dict[str, Any] = {name: float(quantity["value"]) for name, quantity in result.get("values", {}).items()}
    values |= result.get("names", {})
    values |= {"item": result["item"]} if "item" in result else {}
    return {**values, "answer": result.get("answer", result.get("text", ""))}
