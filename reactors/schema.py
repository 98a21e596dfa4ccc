"""The rule language as a JSON Schema, for editors that complete and check YAML. What a schema cannot say (expressions,
names, inputs of analyses) only `nuncius rules check` knows."""

from __future__ import annotations

from typing import Any

from analyses.contract import known
from nuncius.core.report import Severity
from reactors.actions.contract import actions
from reactors.loader import KEYS
from reactors.reading import WORD
from reactors.rule import RULE_NAME
from reactors.vocabulary import KINDS
from reactors.whenreading import MAX_ALIASES, MAX_COUNT
from reactors.workreading import MODES, STATUSES

TEXT: dict[str, Any] = {"type": "string"}
EXPRESSION: dict[str, Any] = {"type": "string", "description": "a CEL expression on ev"}
CONDITION: dict[str, Any] = {"type": ["string", "boolean"], "description": "a CEL condition on ev"}
NAME: dict[str, Any] = {"type": "string", "pattern": f"^{RULE_NAME.pattern}"}
DURATION: dict[str, Any] = {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|min|m|h|d|w)$"}
SIGNED: dict[str, Any] = {"type": ["string", "number"], "pattern": r"^[-+]?\s*\d+(\.\d+)?\s*(ms|s|min|m|h|d|w)$"}

ABOUT = {
    "rule": "the rule's name",
    "about": "what it is for, for people",
    "owner": "who looks after it",
    "status": "live; shadow decides but does nothing; off",
    "when": "a kind of event, or a list (any of)",
    "within": "how far apart events may be: a duration, or {of, from, to} relative to the T0 of `of`",
    "without": "fires when the window closes and no such event came: {name: kind}",
    "where": "conditions on the event of `without`",
    "count": "fires when so many events came within the time",
    "if": "conditions that must all be true",
    "per": "what it acts for, ev.object unless given",
    "mode": "what becomes of an unfinished reaction for the same `per` when the rule fires again",
    "limit": "at most so many firings in a time",
    "vars": "names for expressions",
    "do": "what happens, in order",
    "severity": "how loud",
    "escalate": "who is paged when nobody has answered after a time",
    "mutes": "other rules that stay quiet for a while after this one fires",
    "on_fail": "what is said when an action fails",
    "on_retract": "what is said when the object is retracted",
}


def rule_schema() -> dict[str, Any]:
    """The schema of one rule."""
    posts = _one_or_list(_action("post"))
    kinds = _one_or_list({"type": "string", "anyOf": [{"pattern": _kind_pattern()}, {"enum": list(KINDS)}]})
    shapes: dict[str, dict[str, Any]] = {
        "rule": NAME,
        "about": TEXT,
        "owner": TEXT,
        "status": {"enum": list(STATUSES)},
        "when": {"anyOf": [*kinds["anyOf"], *_forms_of_when(kinds)]},
        "within": {"anyOf": [DURATION, _map({"of": TEXT, "from": SIGNED, "to": SIGNED}, "from", "to")]},
        "without": {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": kinds},
        "where": _one_or_list(CONDITION),
        "count": {"type": "integer", "minimum": 2, "maximum": MAX_COUNT},
        "if": _one_or_list(CONDITION),
        "per": EXPRESSION,
        "mode": {"enum": list(MODES)},
        "limit": {"type": "string", "pattern": r"^\d{1,6}\s*/\s*\S+(\s+per\s+.+)?$"},
        "vars": {"type": "object"},
        "do": _one_or_list({"anyOf": [_action(verb) for verb in actions()]}),
        "severity": {"enum": [severity.value for severity in Severity]},
        "escalate": _one_or_list(_map({"after": DURATION, "unless": CONDITION, "page": TEXT}, "after", "page")),
        "mutes": _map({"rules": _one_or_list(NAME), "same": EXPRESSION, "for": DURATION}, "rules", "for"),
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


def _forms_of_when(kinds: dict[str, Any]) -> list[dict[str, Any]]:
    """The maps that `when` can be."""
    name = f"^(?!(cron|tz|every|after|of)$){WORD.pattern}"
    aliases = {"type": "object", "minProperties": 1, "maxProperties": MAX_ALIASES}
    return [
        _map({"cron": TEXT, "tz": TEXT}, "cron"),
        _map({"every": DURATION}, "every"),
        _map({"after": SIGNED, "of": kinds}, "after", "of"),
        {**aliases, "patternProperties": {name: kinds}, "additionalProperties": False},
    ]


def _map(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """A map whose keys are closed."""
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": properties,
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
