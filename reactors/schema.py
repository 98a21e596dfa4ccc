"""The rule language as a JSON Schema, for editors that complete and check YAML. What a schema cannot say (expressions,
names, inputs of analyses) only `nuncius rules check` knows."""

from __future__ import annotations

from typing import Any

from analyses.assumptions import assumptions
from analyses.contract import known
from nuncius.core.report import Severity
from reactors.actionreading import MAX_RETRY
from reactors.actions.contract import actions
from reactors.actions.emit import KIND
from reactors.loader import KEYS
from reactors.reading import WORD
from reactors.rule import RULE_NAME
from reactors.ruletest import TEST_KEYS
from reactors.vocabulary import KINDS
from reactors.whenreading import MAX_ALIASES, MAX_COUNT, MISSED
from reactors.workreading import MODES, STATUSES

TEXT: dict[str, Any] = {"type": "string"}
EXPRESSION: dict[str, Any] = {"type": "string", "description": "a CEL expression on ev"}
CONDITION: dict[str, Any] = {"type": ["string", "boolean"], "description": "a CEL condition on ev"}
NAME: dict[str, Any] = {"type": "string", "pattern": f"^{RULE_NAME.pattern}"}
DURATION: dict[str, Any] = {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|min|m|h|d|w)$"}
SIGNED: dict[str, Any] = {"type": ["string", "number"], "pattern": r"^[-+]?\s*\d+(\.\d+)?\s*(ms|s|min|m|h|d|w)$"}

ABOUT = {
    "rule": "the rule's name",
    "template": "the name of what several rules share, by `use`",
    "about": "what it is for, for people",
    "owner": "who looks after it",
    "status": "live; shadow decides but does nothing; off",
    "when": "a kind of event; a list (any of); {name: kind} (all of); {cron, tz}; {every}; {at}; {after, of}",
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
    "on_fail": "what is done when an action fails",
    "on_retract": "what is done when the object is retracted",
    "use": "templates whose keys this rule shares",
    "test": "what the rule should say about given events",
}


def rule_schema() -> dict[str, Any]:
    """The schema of one document of a rule file: a rule or a template."""
    kinds = _one_or_list({"type": "string", "anyOf": [{"pattern": _kind_pattern()}, {"enum": list(KINDS)}]})
    work = _one_or_list({"$ref": "#/definitions/action"})
    escalation = _map({"after": DURATION, "unless": CONDITION, "page": TEXT, "to": NAME}, "after", "page")
    shapes: dict[str, dict[str, Any]] = {
        "rule": NAME,
        "template": NAME,
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
        "do": work,
        "severity": {"enum": [severity.value for severity in Severity]},
        "escalate": _one_or_list(escalation),
        "mutes": _map({"rules": _one_or_list(NAME), "same": EXPRESSION, "for": DURATION}, "rules", "for"),
        "on_fail": work,
        "on_retract": work,
        "use": _one_or_list(NAME),
        "test": _one_or_list({"type": "object", "propertyNames": {"enum": list(TEST_KEYS)}}),
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Nuncius rule",
        "type": "object",
        "anyOf": [
            {"required": ["rule", "when", "do"], "not": {"required": ["template"]}},
            {"required": ["rule", "use"], "not": {"required": ["template"]}},
            {"required": ["template"], "not": {"anyOf": [{"required": ["rule"]}, {"required": ["test"]}]}},
        ],
        "additionalProperties": False,
        "properties": {key: {"description": ABOUT[key], **shapes[key]} for key in ("template", *KEYS)},
        "definitions": {"action": {"anyOf": [_action(verb) for verb in actions()]}},
    }


def _forms_of_when(kinds: dict[str, Any]) -> list[dict[str, Any]]:
    """The maps that `when` can be."""
    name = f"^(?!(cron|tz|every|at|after|of|missed)$){WORD.pattern}"
    missed = {"enum": list(MISSED), "description": "what becomes of moments that passed while the service did not run"}
    aliases = {"type": "object", "minProperties": 1, "maxProperties": MAX_ALIASES}
    return [
        _map({"cron": TEXT, "tz": TEXT, "missed": missed}, "cron"),
        _map({"every": DURATION, "missed": missed}, "every"),
        _map({"at": _one_or_list(TEXT), "tz": TEXT, "missed": missed}, "at"),
        _map({"after": _one_or_list(SIGNED), "of": kinds, "missed": missed}, "after", "of"),
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
        "as": {"type": "string", "pattern": f"^{WORD.pattern}"},
        "timeout": DURATION,
        "retry": {"type": "integer", "minimum": 0, "maximum": MAX_RETRY},
    }
    common = {
        "if": CONDITION,
        "for_each": EXPRESSION,
        "to": TEXT,
        "else": _one_or_list({"$ref": "#/definitions/action"}),
    }
    options = {name: shapes[name] for name in shapes if name in actions()[verb].options}
    return _map({verb: _object_of(verb), **common, **options}, verb)


def _object_of(verb: str) -> dict[str, Any]:
    """What stands behind the verb."""
    if verb == "run":
        return {"type": "string", "enum": [analysis.name for analysis in known()]}
    if verb == "assume":
        return {"type": "string", "enum": list(assumptions())}
    return {"type": "string", "pattern": f"^{KIND.pattern}"} if verb == "emit" else TEXT
