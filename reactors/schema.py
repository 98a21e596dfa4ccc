"""The rule language as a JSON Schema, for editors that complete and check YAML. What a schema cannot say (expressions,
names, inputs of analyses) only `nuncius rules check` knows."""

from __future__ import annotations

from typing import Any

from analyses.contract import known
from nuncius.core.report import Severity
from reactors.actions.contract import actions
from reactors.loader import KEYS, STATUSES
from reactors.vocabulary import KINDS

TEXT: dict[str, Any] = {"type": "string"}
EXPRESSION: dict[str, Any] = {"type": "string", "description": "a CEL expression on ev"}
CONDITION: dict[str, Any] = {"type": ["string", "boolean"], "description": "a CEL condition on ev"}
DURATION: dict[str, Any] = {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|min|m|h|d|w)$"}

ABOUT = {
    "rule": "the rule's name",
    "about": "what it is for, for people",
    "owner": "who looks after it",
    "status": "live; shadow decides but does nothing; off",
    "when": "a kind of event, or a list (any of)",
    "if": "conditions that must all be true",
    "per": "what it acts for, ev.object unless given",
    "limit": "at most so many firings in a time",
    "vars": "names for expressions",
    "do": "what happens, in order",
    "severity": "how loud",
    "on_fail": "what is said when an action fails",
    "on_retract": "what is said when the object is retracted",
}


def rule_schema() -> dict[str, Any]:
    """The schema of one rule."""
    posts = _one_or_list(_action("post"))
    shapes: dict[str, dict[str, Any]] = {
        "rule": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"},
        "about": TEXT,
        "owner": TEXT,
        "status": {"enum": list(STATUSES)},
        "when": _one_or_list({"type": "string", "anyOf": [{"pattern": _kind_pattern()}, {"enum": list(KINDS)}]}),
        "if": _one_or_list(CONDITION),
        "per": EXPRESSION,
        "limit": {"type": "string", "pattern": r"^\d{1,6}\s*/\s*\S+(\s+per\s+.+)?$"},
        "vars": {"type": "object"},
        "do": _one_or_list({"anyOf": [_action(verb) for verb in actions()]}),
        "severity": {"enum": [severity.value for severity in Severity]},
        "on_fail": posts,
        "on_retract": posts,
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Nuncius rule",
        "type": "object",
        "required": ["rule", "when", "do"],
        "additionalProperties": False,
        "properties": {key: {"description": ABOUT[key], **shapes[key]} for key in KEYS},
    }


def _kind_pattern() -> str:
    return "^(" + "|".join(kind.replace(".", r"\.") for kind in KINDS) + r")(\.[a-z0-9_-]+)*$"


def _one_or_list(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "array", "items": shape, "minItems": 1}]}


def _action(verb: str) -> dict[str, Any]:
    shapes: dict[str, dict[str, Any]] = {
        "with": {"type": "object"},
        "as": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,39}$"},
        "timeout": DURATION,
        "retry": {"type": "integer", "minimum": 0, "maximum": 20},
    }
    what = TEXT if verb != "run" else {"type": "string", "enum": [analysis.name for analysis in known()]}
    options = {name: shapes[name] for name in shapes if name in actions()[verb].options}
    return {
        "type": "object",
        "required": [verb],
        "additionalProperties": False,
        "properties": {verb: what, "if": CONDITION, "to": TEXT, **options},
    }
