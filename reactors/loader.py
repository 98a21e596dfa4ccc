"""Rule files to rules. Every mistake becomes a `Problem` with its place; a file with an error yields no rules, so that
half a set never runs."""

from __future__ import annotations

import hashlib
import re

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.registry import did_you_mean
from nuncius.core.report import Severity
from reactors import durations
from reactors.actionreading import read_actions, read_posts
from reactors.compiling import Expression
from reactors.problems import Problem, RuleFileError
from reactors.reading import LATER_KEYS, Reading
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
STATUSES = ("live", "shadow", "off")
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
        actions=read_actions(fields.get("do"), reading, names),
        on_fail=read_posts(fields.get("on_fail"), reading, [*names, "error"]),
        on_retract=read_posts(fields.get("on_retract"), reading, [*names, "retraction"]),
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
