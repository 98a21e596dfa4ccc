"""Rule files to rules. Every mistake becomes a `Problem` with its place; a file with an error yields no rules, so that
half a set never runs."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.registry import did_you_mean
from nuncius.core.report import Severity
from reactors import durations
from reactors.actions.contract import actions
from reactors.evaluation import Expression
from reactors.problems import Problem, RuleFileError
from reactors.reading import LATER_KEYS, LATER_OPTIONS, LATER_VERBS, Reading
from reactors.rule import Condition, Limit, Rule, Status
from reactors.vocabulary import KINDS
from reactors.yamlsource import Value, read

KEYS = (
    "rule",
    "about",
    "owner",
    "status",
    "when",
    "if",
    "per",
    "limit",
    "vars",
    "do",
    "severity",
    "on_fail",
    "on_retract",
)
OPTIONS = ("with", "as", "if", "timeout", "retry", "to")
STATUSES = ("live", "shadow", "off")
DEFAULT_TIMEOUT_S = 600.0
MAX_RETRY = 20
MAX_TIMEOUT_S = 86_400.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
_KIND = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*$")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a file gave: no rules where there is an error among the problems."""

    rules: list[Rule] = []
    problems: list[Problem] = []

    @property
    def errors(self) -> list[Problem]:
        """Problems that keep the file from loading."""
        return [problem for problem in self.problems if problem.level == "error"]


def load_rules(text: str, file: str) -> Loaded:
    """All rules of a file; several stand apart by a line `---`. Never raises on what the file says."""
    try:
        documents = read(text, file)
    except RuleFileError as error:
        return Loaded(problems=[error.problem])
    rules, problems = [], []
    names: dict[str, int] = {}
    if not documents:
        nothing = "no rule in this file"
        problems.append(Problem(file=file, line=1, column=1, message=nothing, hint="begin with rule: my-first-rule"))
    for document in documents:
        reading = Reading(file)
        rule = _rule(document, reading)
        problems += reading.problems
        if rule is None:
            continue
        if rule.name in names:
            message = f"the rule '{rule.name}' stands twice, first in line {names[rule.name]}"
            problems.append(Problem(file=file, line=rule.line, column=1, message=message, rule=rule.name))
        names[rule.name] = rule.line
        rules.append(rule)
    failed = any(problem.level == "error" for problem in problems)
    problems.sort(key=lambda problem: (problem.line, problem.column))
    return Loaded(rules=[] if failed else rules, problems=problems)


def _rule(document: Value, reading: Reading) -> Rule | None:
    if not isinstance(document.content, dict):
        reading.wrong(document, "a rule is a map of keys", "begin with rule: my-first-rule")
        return None
    fields = {key: value for key, (_, value) in document.content.items()}
    reading.rule = str(fields["rule"].content) if "rule" in fields else ""
    for key, (place, _) in document.content.items():
        if key in LATER_KEYS:
            reading.add(place, f"the key '{key}' is not in this version yet", LATER_KEYS[key])
        elif key not in KEYS:
            hint = "a condition with '?' needs quotes" if "?" in key else ""
            hint = "text with ${…} needs quotes" if "${" in key else hint
            reading.add(place, f"unknown key '{key}'{did_you_mean(key, list(KEYS))}", hint)
    for key in ("rule", "when", "do"):
        if key not in fields or fields[key].content is None:
            example = {"rule": "rule: nearby-bns", "when": "when: lvk.alert", "do": 'do:\n  - post: "text"'}[key]
            reading.add(document, f"a rule needs '{key}'", f"for example {example}")
    variables = _variables(fields.get("vars"), reading)
    names = [name for name, _ in variables]
    conditions = _conditions(fields.get("if"), reading, names)
    rule = Rule(
        name=reading.matching(fields.get("rule"), _NAME, "a name of letters, digits, '-', '_' and '.'"),
        about=reading.text(fields.get("about")),
        owner=reading.text(fields.get("owner")),
        status=_status(fields.get("status"), reading),
        when=_kinds(fields.get("when"), reading),
        conditions=conditions,
        variables=tuple(variables),
        per=_per(fields.get("per"), reading, names),
        limit=_limit(fields.get("limit"), reading, names),
        severity=Severity(reading.choice(fields.get("severity"), [s.value for s in Severity], "info")),
        actions=_actions(fields.get("do"), reading, names),
        on_fail=_posts(fields.get("on_fail"), reading, [*names, "error"]),
        on_retract=_posts(fields.get("on_retract"), reading, [*names, "retraction"]),
        file=reading.file,
        line=document.line,
    )
    if reading.failed:
        return None
    return msgspec.structs.replace(rule, hash=_semantic_hash(rule))


def _semantic_hash(rule: Rule) -> str:
    """Changes when the rule would do something else; not when it is laid out or explained differently."""
    meaning = {
        "name": rule.name,
        "when": sorted(rule.when),
        "if": [c.expression.source for c in rule.conditions],
        "vars": rule.variables,
        "per": rule.per.source if rule.per else None,
        "limit": (rule.limit.count, rule.limit.window_s, rule.limit.per and rule.limit.per.source)
        if rule.limit
        else None,
        "status": rule.status,
        "severity": rule.severity.value,
        "do": rule.actions,
        "on_fail": rule.on_fail,
        "on_retract": rule.on_retract,
    }
    return hashlib.sha256(msgspec.json.encode(meaning, order="sorted")).hexdigest()[:16]


def _status(value: Value | None, reading: Reading) -> Status:
    word = reading.choice(value, STATUSES, "live")
    return "shadow" if word == "shadow" else "off" if word == "off" else "live"


def _kinds(value: Value | None, reading: Reading) -> tuple[str, ...]:
    if value is None or value.content is None:
        return ()
    if isinstance(value.content, dict):
        key = next(iter(value.content), "")
        reading.add(value, f"'when' with '{key}: …' is not in this version yet", "write one kind, or a list (any of)")
        return ()
    found = []
    for item in value.content if isinstance(value.content, list) else [value]:
        kind = item.content
        if not isinstance(kind, str) or not _KIND.match(kind):
            reading.wrong(item, "a kind is dotted small letters, such as lvk.alert or gcn.notice.fermi.gbm")
        elif not any(kind == k or kind.startswith(k + ".") or k.startswith(kind + ".") for k in KINDS):
            reading.add(item, f"no event is of kind '{kind}'{did_you_mean(kind, list(KINDS))}")
        else:
            found.append(kind)
    return tuple(dict.fromkeys(found))


def _variables(value: Value | None, reading: Reading) -> list[tuple[str, str]]:
    variables: list[tuple[str, str]] = []
    for name, place, item in reading.pairs(value, "'vars' is a map of names to expressions"):
        if reading.name(name, place, [n for n, _ in variables]):
            source = item.content if isinstance(item.content, str) else msgspec.json.encode(item.plain()).decode()
            if reading.expression(msgspec.structs.replace(item, content=source), [n for n, _ in variables]):
                variables.append((name, source))
    return variables


def _conditions(value: Value | None, reading: Reading, names: list[str]) -> tuple[Condition, ...]:
    if value is None or value.content is None:
        return ()
    conditions = []
    for item in value.content if isinstance(value.content, list) else [value]:
        if isinstance(item.content, bool):
            item = msgspec.structs.replace(item, content="true" if item.content else "false")
        expression = reading.expression(item, names, condition=True)
        if expression is not None:
            conditions.append(Condition(expression=expression, line=item.line))
    return tuple(conditions)


def _per(value: Value | None, reading: Reading, names: list[str]) -> Expression | None:
    return None if value is None or value.content is None else reading.expression(value, names)


def _limit(value: Value | None, reading: Reading, names: list[str]) -> Limit | None:
    if value is None or value.content is None:
        return None
    try:
        count, window_s, per = durations.limit(value.content)
    except NunciusError as error:
        reading.add(value, str(error))
        return None
    offset = str(value.content).rfind(per) if per else 0
    place = msgspec.structs.replace(value, content=per, inner=value.inner and value.inner + offset)
    return Limit(count=count, window_s=window_s, per=reading.expression(place, names) if per else None)


def _actions(value: Value | None, reading: Reading, names: list[str]) -> tuple[dict[str, Any], ...]:
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


def _posts(value: Value | None, reading: Reading, names: list[str]) -> tuple[dict[str, Any], ...]:
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
