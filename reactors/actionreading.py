"""The actions of a rule file: `do`, `on_fail`, `on_retract`, as the plain mappings that the journal keeps."""

from __future__ import annotations

from typing import Any

from nuncius.core.registry import did_you_mean
from reactors import durations
from reactors.actions.contract import actions
from reactors.reading import LATER_OPTIONS, LATER_VERBS, Reading
from reactors.yamlsource import Value

OPTIONS = ("with", "as", "if", "timeout", "retry", "to")
MAX_RETRY = 20
MAX_TIMEOUT_S = 86_400.0


def read_actions(value: Value | None, reading: Reading, names: list[str]) -> tuple[dict[str, Any], ...]:
    if value is None or value.content is None:
        return ()
    done: list[dict[str, Any]] = []
    results: list[str] = []
    for item in value.content if isinstance(value.content, list) else [value]:
        action = _action(item, reading, [*names, *results], tuple(actions()))
        if action:
            done.append(action)
            results += [action["as"]] if action.get("as") else []
    if not done and not reading.failed:
        reading.add(value, "'do' lists no action", 'for example - post: "text"')
    return tuple(done)


def read_posts(value: Value | None, reading: Reading, names: list[str]) -> tuple[dict[str, Any], ...]:
    """The actions of on_fail and on_retract: posts, for now."""
    if value is None or value.content is None:
        return ()
    items = value.content if isinstance(value.content, list) else [value]
    found = [_action(item, reading, names, ("post",)) for item in items]
    return tuple(action for action in found if action)


def _action(item: Value, reading: Reading, names: list[str], verbs: tuple[str, ...]) -> dict[str, Any] | None:
    if not isinstance(item.content, dict):
        reading.wrong(item, f"an action is a map with one of {', '.join(verbs)}", 'for example - post: "text"')
        return None
    content, before = item.content, reading.errors
    found = [key for key in content if key in verbs]
    for key, (place, _) in content.items():
        if key in LATER_VERBS or key in LATER_OPTIONS:
            reading.add(place, f"'{key}' is not in this version yet", f"what there is: {', '.join(actions())}")
        elif key not in OPTIONS and key not in verbs:
            hint = "text with ${…} or ': ' needs quotes" if "${" in key or " " in key else ""
            reading.add(place, f"unknown word '{key}' in an action{did_you_mean(key, [*verbs, *OPTIONS])}", hint)
    if len(found) != 1:
        if reading.errors == before:
            reading.add(item, f"an action has exactly one of {', '.join(verbs)}; received {found or 'none'}")
        return None
    verb = found[0]
    fields = {key: value for key, (_, value) in content.items()}
    action: dict[str, Any] = {"do": verb, "what": reading.text(fields[verb], required=True)}
    _options(action, fields, reading, names)
    for option in ("with", "as", "timeout", "retry"):
        if option in fields and option not in actions()[verb].options:
            reading.add(content[option][0], f"'{verb}' takes no '{option}'")
    if reading.errors == before:
        reading.guard(fields[verb], lambda: actions()[verb].check(action, names))
        if verb == "post":
            reading.template(fields[verb], names, quiet=True)
        for place, problem in reading.inputs(fields.get("with"), names):
            reading.add(place, *problem)
    return action


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
        action["timeout_s"] = reading.guard(fields["timeout"], lambda: durations.seconds(fields["timeout"].content))
        if (action["timeout_s"] or 0) > MAX_TIMEOUT_S:
            reading.add(fields["timeout"], f"a timeout of more than a day; received {fields['timeout'].content}")
    if "retry" in fields:
        retry = fields["retry"].content
        if not isinstance(retry, float) or not retry.is_integer() or not 0 <= retry <= MAX_RETRY:
            reading.wrong(fields["retry"], f"'retry' is a whole number up to {MAX_RETRY}")
        else:
            action["retry"] = int(retry)
