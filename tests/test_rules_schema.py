"""The JSON Schema of rules says the same as the loader."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import rules_samples  # noqa: F401  registers the sample analyses
from click.testing import CliRunner

from nuncius.cli import cli
from reactors.actions.contract import actions
from reactors.loader import KEYS
from reactors.reading import LATER_KEYS
from reactors.rulebook import rule_files, shipped
from reactors.schema import rule_schema
from reactors.yamlsource import read


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """As much of JSON Schema as ours uses."""
    if "anyOf" in schema and not any(fits(value, option) for option in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    types = schema.get("type", [])
    if types and not any(_is(value, name) for name in ([types] if isinstance(types, str) else types)):
        return False
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(fits(item, schema.get("items", {})) for item in value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return (
            all(name in value for name in schema.get("required", []))
            and (schema.get("additionalProperties", True) or set(value) <= set(known))
            and all(fits(item, known[name]) for name, item in value.items() if name in known)
        )
    return True


def _is(value: Any, name: str) -> bool:
    if name == "integer":
        return isinstance(value, float) and value.is_integer()
    return isinstance(value, {"string": str, "object": dict, "array": list, "boolean": bool}[name])


def shipped_rules() -> list[Any]:
    return [d.plain() for file in rule_files(shipped()) for d in read(file.read_text(encoding="utf-8"), file.name)]


def test_every_shipped_rule_fits_the_schema() -> None:
    assert len(shipped_rules()) >= 10
    for rule in shipped_rules():
        assert fits(rule, rule_schema()), rule["rule"]


def test_what_the_loader_refuses_the_schema_refuses() -> None:
    good = shipped_rules()[0]
    schema = rule_schema()
    assert fits(good, schema)
    for bad in (
        {"wehn": "x"},
        {"when": "lvk.alrt"},
        {"status": "on"},
        {"limit": "5"},
        {"do": []},
        {"do": [{"pots": 1}]},
    ):
        assert not fits({**good, **bad}, schema), bad
    for key in LATER_KEYS:
        assert not fits({**good, key: "x"}, schema)


def test_the_schema_knows_every_key_and_action() -> None:
    schema = rule_schema()
    assert list(schema["properties"]) == list(KEYS)
    verbs = {shape["required"][0] for shape in schema["properties"]["do"]["anyOf"][0]["anyOf"]}
    assert verbs == set(actions())


def test_the_command_prints_it(project: Path) -> None:
    run = CliRunner().invoke(cli, ["rules", "schema"])
    assert run.exit_code == 0
    assert json.loads(run.output) == json.loads(json.dumps(rule_schema()))
