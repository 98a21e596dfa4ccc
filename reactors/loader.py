"""Rule files to rules. Every mistake becomes a `Problem` with its place; a file with an error yields no rules, so that
half a set never runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from nuncius.core.registry import did_you_mean
from nuncius.core.report import Severity
from reactors.actionreading import read_actions
from reactors.meaning import semantic_hash
from reactors.problems import Problem, RuleFileError
from reactors.reading import Reading
from reactors.rule import RULE_NAME, Absence, Condition, Rule
from reactors.testreading import read_tests
from reactors.usage import Template, is_template, read_template, with_templates
from reactors.whenreading import Listening, read_listening
from reactors.workreading import read_escalations, read_limit, read_mode, read_mutes, read_per, read_status
from reactors.yamlsource import Value, read

KEYS = (
    "rule",
    "about",
    "owner",
    "status",
    "when",
    "within",
    "without",
    "where",
    "count",
    "if",
    "per",
    "mode",
    "limit",
    "vars",
    "do",
    "severity",
    "escalate",
    "mutes",
    "on_fail",
    "on_retract",
    "use",
    "test",
)

MAX_CONDITIONS = 200


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a file gave: no rules where there is an error among the problems, but the templates that are good."""

    rules: list[Rule] = []
    problems: list[Problem] = []
    templates: dict[str, Template] = {}

    @property
    def errors(self) -> list[Problem]:
        """Problems that keep the file from loading."""
        return [problem for problem in self.problems if problem.level == "error"]


def load_rules(text: str, file: str, templates: Mapping[str, Template] | None = None) -> Loaded:
    """All rules and templates of a file; several stand apart by a line `---`. Rules may use the file's own templates
    and those given. Never raises on what the file says."""
    try:
        documents = read(text, file)
    except RuleFileError as error:
        return Loaded(problems=[error.problem])
    problems: list[Problem] = []
    if not documents:
        nothing = "no rule in this file"
        problems.append(Problem(file=file, line=1, column=1, message=nothing, hint="begin with rule: my-first-rule"))
    own = _templates(documents, file, problems)
    rules: list[Rule] = []
    names: dict[str, int] = {}
    for document in documents:
        if is_template(document):
            continue
        reading = Reading(file)
        rule = _rule(document, reading, {**(templates or {}), **own})
        problems += reading.problems
        if rule is None:
            continue
        if rule.name in names:
            message = f"the rule '{rule.name}' stands twice, first in line {names[rule.name]}"
            problems.append(Problem(file=file, line=rule.line, column=1, message=message, rule=rule.name))
        names[rule.name] = rule.line
        rules.append(rule)
    failed = any(problem.level == "error" for problem in problems)
    problems = list(dict.fromkeys(problems))  # a mistake in a template is told once, however many use it
    problems.sort(key=lambda problem: (problem.file != file, problem.line, problem.column))
    return Loaded(rules=[] if failed else rules, problems=problems, templates=own)


def read_templates(text: str, file: str) -> dict[str, Template] | None:
    """The good templates of a file; None where it cannot be read at all."""
    if "template" not in text:
        return {}
    try:
        return _templates(read(text, file), file, [])
    except RuleFileError:
        return None


def _templates(documents: Sequence[Value], file: str, problems: list[Problem]) -> dict[str, Template]:
    found: dict[str, Template] = {}
    for document in documents:
        if not is_template(document):
            continue
        reading = Reading(file)
        template = read_template(document, reading, KEYS)
        if template is not None and template.name in found:
            reading.add(document, f"the template '{template.name}' stands twice in this file")
        problems += reading.problems
        if template is not None and not reading.failed:
            found[template.name] = template
    return found


def _rule(document: Value, reading: Reading, templates: Mapping[str, Template]) -> Rule | None:
    if not isinstance(document.content, dict):
        reading.wrong(document, "a rule is a map of keys", "begin with rule: my-first-rule")
        return None
    own = document.content
    reading.rule = str(own["rule"][1].content) if "rule" in own else ""
    for key, (place, _) in own.items():
        if key not in KEYS:
            hint = "a condition with '?' needs quotes" if "?" in key else ""
            hint = "text with ${…} needs quotes" if "${" in key else hint
            reading.add(place, f"unknown key '{key}'{did_you_mean(key, list(KEYS))}", hint)
    before = reading.errors
    document = with_templates(document, templates, reading)
    if reading.errors > before:  # what is missing then is missing for that reason
        return None
    fields = {key: value for key, (_, value) in document.content.items()}
    for key in ("rule", "when", "do"):
        if key not in fields or fields[key].content is None:
            example = {"rule": "rule: nearby-bns", "when": "when: lvk.alert", "do": 'do:\n  - post: "text"'}[key]
            reading.add(document, f"a rule needs '{key}'", f"for example {example}")
    listening = read_listening(fields, reading)
    reading.events = listening.named
    aliases = [alias.name for alias in listening.aliases]
    aliases += ["after"] if listening.after and listening.after.more_s else []  # which of the moments it is
    variables = _variables(fields.get("vars"), reading, aliases)
    names = [*aliases, *(name for name, _ in variables)]
    rule = Rule(
        name=reading.matching(fields.get("rule"), RULE_NAME, "a name of letters, digits, '-', '_' and '.'"),
        about=reading.text(fields.get("about")),
        owner=reading.text(fields.get("owner")),
        status=read_status(fields.get("status"), reading),
        when=listening.when,
        aliases=listening.aliases,
        window=listening.window,
        absent=_absence(listening, fields.get("where"), reading, names),
        count=listening.count,
        after=listening.after,
        schedule=listening.schedule,
        missed=listening.missed,
        conditions=_conditions(fields.get("if"), reading, names),
        variables=tuple(variables),
        per=read_per(fields.get("per"), reading, names),
        mode=read_mode(fields.get("mode"), reading),
        limit=read_limit(fields.get("limit"), reading, names),
        severity=Severity(reading.choice(fields.get("severity"), [s.value for s in Severity], "info")),
        escalate=read_escalations(fields.get("escalate"), reading, names),
        mutes=read_mutes(fields.get("mutes"), reading, names),
        actions=read_actions(fields.get("do"), reading, names),
        on_fail=read_actions(fields.get("on_fail"), reading, [*names, "error"], where="on_fail"),
        on_retract=read_actions(fields.get("on_retract"), reading, [*names, "retraction"], where="on_retract"),
        tests=read_tests(fields.get("test"), reading),
        file=reading.file,
        line=document.line,
    )
    if reading.failed:
        return None
    return msgspec.structs.replace(rule, hash=semantic_hash(rule))


def _absence(listening: Listening, where: Value | None, reading: Reading, names: list[str]) -> Absence | None:
    alias = listening.absent
    if alias is None:
        return None
    reading.events = listening.named | {alias.name: alias.kinds}
    absence = Absence(alias=alias, where=_conditions(where, reading, [*names, alias.name]))
    reading.events = listening.named
    return absence


def _variables(value: Value | None, reading: Reading, taken: list[str]) -> list[tuple[str, str]]:
    variables: list[tuple[str, str]] = []
    for name, place, item in reading.pairs(value, "'vars' is a map of names to expressions"):
        known = [*taken, *(n for n, _ in variables)]
        if reading.name(name, place, known):
            source = item.content if isinstance(item.content, str) else msgspec.json.encode(item.plain()).decode()
            if reading.expression(msgspec.structs.replace(item, content=source), known):
                variables.append((name, source))
    return variables


def _conditions(value: Value | None, reading: Reading, names: list[str]) -> tuple[Condition, ...]:
    if value is None or value.content is None:
        return ()
    conditions = []
    items = value.content if isinstance(value.content, list) else [value]
    if len(items) > MAX_CONDITIONS:
        reading.add(value, f"{len(items)} conditions; at most {MAX_CONDITIONS}", "join some by &&, or write two rules")
        return ()
    for item in items:
        if isinstance(item.content, bool):
            item = msgspec.structs.replace(item, content="true" if item.content else "false")
        expression = reading.expression(item, names, condition=True)
        if expression is not None:
            conditions.append(Condition(expression=expression, line=item.line))
    return tuple(conditions)
