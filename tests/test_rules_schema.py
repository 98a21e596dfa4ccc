"""The JSON Schema of rules says the same as the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import rules_samples  # noqa: F401  registers the sample analyses
from click.testing import CliRunner

from nuncius.cli import cli
from reactors.actions.contract import actions
from reactors.loader import KEYS, load_rules
from reactors.rulebook import rule_files, shipped
from reactors.schema import rule_schema
from reactors.yamlsource import read


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether an editor would find nothing wrong."""
    return jsonschema.Draft7Validator(schema).is_valid(value)


def shipped_rules() -> list[Any]:
    return [d.plain() for file in rule_files(shipped()) for d in read(file.read_text(encoding="utf-8"), file.name)]


def test_every_shipped_rule_fits_the_schema() -> None:
    assert len(shipped_rules()) >= 10
    for rule in shipped_rules():
        assert fits(rule, rule_schema()), rule["rule"]


def test_what_the_loader_refuses_the_schema_refuses() -> None:
    good = next(one for one in shipped_rules() if "rule" in one)
    schema = rule_schema()
    assert fits(good, schema)
    for bad in (
        {"wehn": "x"},
        {"when": "lvk.alrt"},
        {"status": "on"},
        {"limit": "5"},
        {"do": []},
        {"do": [{"pots": 1}]},
        {"do": [{"post": "x", "retry": 2.0}]},
        {"do": [{"ask": "x", "else": {"pots": 1}}]},
        {"do": [{"emit": "lvk.alert"}]},
        {"when": {}},
        {"when": {"cron": "0 7 * * *", "every": "1h"}},
        {"when": {"gw": "lvk.alrt"}},
        {"within": "2 hours"},
        {"count": 1.0},
        {"mode": "restrat"},
        {"escalate": {"after": "5m"}},
        {"mutes": {"rules": "x"}},
        {"test": {"givn": {}}},
        {"template": "both"},
    ):
        assert not fits({**good, **bad}, schema), bad


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(rule_schema())


def test_every_key_that_the_loader_takes_the_schema_takes() -> None:
    text = """
template: shared
severity: notice
---
rule: every-key
use: [shared]
about: all of it
owner: Ann
status: shadow
when: {gw: [lvk.alert, gcn.notice.icecube], grb: gcn.notice.fermi}
within: {of: gw, from: -1m, to: 2h}
without: {swift: gcn.notice.swift}
where: separation(gw, swift) < 5
if: [gw.far < 1, true]
per: gw.object
mode: queue
limit: 5/1h per gw.object
vars: {a: 1, b: [1, 2], c: "gw.far * 2"}
do:
  - {run: sample-area, with: {far: 1}, as: loc, if: gw.far < 1, timeout: 10m, retry: 2, to: ops, else: {post: x}}
  - {post: "${item}", for_each: gw.ids}
  - {ask: sure?, as: ok, timeout: 2d, else: [{page: x}, {emit: custom.no}]}
  - {emit: custom.yes, with: {a: "${gw.far}"}}
escalate: [{after: 15m, unless: acknowledged, page: on-call}]
mutes: {rules: [x], same: gw.object, for: 1h}
on_fail: {page: "${error}"}
on_retract: [{post: gone}, {emit: custom.gone}]
test: [{given: {kind: lvk.alert, far: 2}, expect: not}]
---
{rule: count, when: [lvk.alert], count: 3, within: 1h, do: {post: x}}
---
{rule: cron, when: {cron: 0 7 * * *, tz: Europe/Zurich}, do: {post: x}}
---
{rule: every, when: {every: 1h}, do: {check: all}}
---
{rule: after, when: {after: 0s, of: lvk.alert}, do: {regress: all}}
"""
    loaded = load_rules(text, "all.yaml")
    assert loaded.problems == [], [str(problem) for problem in loaded.problems]
    documents = [document.plain() for document in read(text, "all.yaml")]
    assert set(KEYS) - {"count"} <= set(documents[0]) | set(documents[1])
    for document in documents:
        jsonschema.validate(document, rule_schema())


def test_the_schema_knows_every_key_and_action() -> None:
    schema = rule_schema()
    assert list(schema["properties"]) == ["template", *KEYS]
    verbs = {shape["required"][0] for shape in schema["definitions"]["action"]["anyOf"]}
    assert verbs == set(actions())


def test_the_command_prints_it(project: Path) -> None:
    run = CliRunner().invoke(cli, ["rules", "schema"])
    assert run.exit_code == 0
    assert json.loads(run.output) == json.loads(json.dumps(rule_schema()))
