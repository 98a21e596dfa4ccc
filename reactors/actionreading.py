"""The actions of a rule file: `do`, `on_fail`, `on_retract`, as the plain mappings that the journal keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nuncius.core.registry import did_you_mean
from reactors import durations
from reactors.actions.contract import actions
from reactors.reading import Reading
from reactors.yamlsource import Value

OPTIONS = ("with", "as", "if", "for_each", "timeout", "retry", "to", "else")
#: Options that some actions take and others do not.
OWN_OPTIONS = ("with", "as", "timeout", "retry")
MAX_RETRY = 20
MAX_TIMEOUT_S = 86_400.0
#: People take longer than computers.
MAX_ANSWER_S = 30 * 86_400.0
MAX_ACTIONS = 50
MAX_ELSE_DEPTH = 3


def read_actions(
    value: Value | None, reading: Reading, names: Sequence[str], *, where: str = "do", depth: int = 0
) -> tuple[dict[str, Any], ...]:
    """One action or a list; each may name the results of those before it."""
    if value is None or value.content is None:
        return ()
    items = value.content if isinstance(value.content, list) else [value]
    if len(items) > MAX_ACTIONS:
        reading.add(value, f"{len(items)} actions; at most {MAX_ACTIONS}")
        return ()
    done: list[dict[str, Any]] = []
    results: list[str] = []
    for item in items:
        action = _action(item, reading, [*names, *results], depth)
        if action:
            done.append(action)
            results += [action["as"]] if action.get("as") else []
    if not done and not reading.failed:
        reading.add(value, f"'{where}' lists no action", 'for example - post: "text"')
    return tuple(done)


def _action(item: Value, reading: Reading, names: list[str], depth: int) -> dict[str, Any] | None:
    verbs = tuple(actions())
    if not isinstance(item.content, dict):
        reading.wrong(item, f"an action is a map with one of {', '.join(verbs)}", 'for example - post: "text"')
        return None
    before = reading.errors
    verb = _verb(item, reading, verbs)
    if verb is None:
        return None
    content = item.content
    fields = {key: value for key, (_, value) in content.items()}
    action: dict[str, Any] = {"do": verb, "what": _object_of(fields[verb], reading)}
    if "for_each" in fields and (items := reading.expression(fields["for_each"], names)):
        action["for_each"] = items.source
        if items.type not in ("list", "dyn"):
            reading.add(fields["for_each"], f"'for_each' wants a list; this is a {items.type}")
        names = [*names, "item"]
    _options(action, fields, reading, names)
    for option in OWN_OPTIONS:
        if option in fields and option not in actions()[verb].options:
            takes = ", ".join((*actions()[verb].options, "if", "for_each", "to", "else"))
            reading.add(content[option][0], f"'{verb}' takes no '{option}'", f"it takes {takes}")
    if "else" in fields:
        _otherwise(action, fields, reading, names, depth)
    if reading.errors == before:
        reading.guard(fields[verb], lambda: actions()[verb].check(action, names))
        if verb != "run":
            reading.template(fields[verb], names, quiet=True)
        for place, problem in reading.inputs(fields.get("with"), names):
            reading.add(place, *problem)
    return action


def _verb(item: Value, reading: Reading, verbs: tuple[str, ...]) -> str | None:
    """Which action it is; notes words that no action has."""
    before = reading.errors
    for key, (place, _) in item.content.items():
        if key not in OPTIONS and key not in verbs:
            hint = "text with ${…} or ': ' needs quotes" if "${" in key or " " in key else ""
            reading.add(place, f"unknown word '{key}' in an action{did_you_mean(key, [*verbs, *OPTIONS])}", hint)
    found = [key for key in item.content if key in verbs]
    if len(found) == 1:
        return str(found[0])
    if reading.errors == before:
        reading.add(item, f"an action has exactly one of {', '.join(verbs)}; received {found or 'none'}")
    return None


def _object_of(value: Value, reading: Reading) -> str:
    """What stands behind the verb: a text, or a list of names."""
    if isinstance(value.content, list):
        names = [reading.text(item, required=True) for item in value.content]
        if any(not name or "," in name or "${" in name for name in names) and not reading.failed:
            reading.wrong(value, "a list of names")
        return ", ".join(names)
    return reading.text(value, required=True)


def _options(action: dict[str, Any], fields: dict[str, Value], reading: Reading, names: list[str]) -> None:
    """Read the options that are there into `action`."""
    if "with" in fields:
        action["with"] = {name: v.plain() for name, _, v in reading.pairs(fields["with"], "'with' is a map of inputs")}
    if "as" in fields and reading.name(str(fields["as"].content), fields["as"], names):
        action["as"] = fields["as"].content
    if "if" in fields and (condition := reading.expression(fields["if"], names, condition=True)):
        action["if"] = condition.source
    if "to" in fields:
        action["to"] = reading.template(fields["to"], names)
    if "timeout" in fields:
        longest = MAX_ANSWER_S if action["do"] == "ask" else MAX_TIMEOUT_S
        action["timeout_s"] = reading.guard(fields["timeout"], lambda: durations.seconds(fields["timeout"].content))
        if (action["timeout_s"] or 0) > longest:
            most = "30 days" if action["do"] == "ask" else "a day"
            reading.add(fields["timeout"], f"a timeout of more than {most}; received {fields['timeout'].content}")
    if "retry" in fields:
        retry = fields["retry"].content
        if not isinstance(retry, float) or not retry.is_integer() or not 0 <= retry <= MAX_RETRY:
            reading.wrong(fields["retry"], f"'retry' is a whole number up to {MAX_RETRY}")
        else:
            action["retry"] = int(retry)


def _otherwise(
    action: dict[str, Any], fields: dict[str, Value], reading: Reading, names: list[str], depth: int
) -> None:
    """What is done instead: where `if` does not hold, or a person does not approve."""
    if action["do"] != "ask" and "if" not in fields:
        reading.add(fields["else"], "'else' goes with 'if', or with 'ask'", "it is done when the condition is not true")
    elif depth >= MAX_ELSE_DEPTH:
        reading.add(fields["else"], f"'else' nested deeper than {MAX_ELSE_DEPTH}", "write another rule")
    else:
        known = [*names, action["as"]] if action["do"] == "ask" and action.get("as") else names
        found = read_actions(fields["else"], reading, known, where="else", depth=depth + 1)
        action["else"] = list(found)
