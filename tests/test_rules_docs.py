"""Every snippet of docs/rules.md and docs/rule-reference.md is what it claims to be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from rules_samples import GW, Night, gw

from nuncius.cli import cli
from reactors.actionreading import OPTIONS
from reactors.actions.contract import actions
from reactors.loader import KEYS, load_rules
from reactors.schema import rule_schema
from reactors.testrun import run_tests
from reactors.vocabulary import FUNCTIONS
from reactors.workreading import MODES, STANDINGS
from reactors.yamlsource import read

PAGES = ("rules.md", "rule-reference.md")


@pytest.fixture
def guide(project: Path) -> str:
    return (project / "docs" / "rules.md").read_text(encoding="utf-8")


@pytest.fixture
def reference(project: Path) -> str:
    return (project / "docs" / "rule-reference.md").read_text(encoding="utf-8")


def snippets(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_every_rule_loads_and_fits_the_schema(project: Path, name: str) -> None:
    page = (project / "docs" / name).read_text(encoding="utf-8")
    assert len(snippets(page)) >= 3
    for text in snippets(page):
        assert load_rules(text, name).problems == []
        for document in read(text, name):
            plain: Any = document.plain()
            jsonschema.validate(plain, rule_schema())


@pytest.mark.parametrize("name", PAGES)
def test_every_inline_test_passes(project: Path, name: str) -> None:
    page = (project / "docs" / name).read_text(encoding="utf-8")
    results = [result for text in snippets(page) for result in run_tests(load_rules(text, name).rules)]
    assert [result.differences for result in results if not result.passed] == []
    assert results or name != "rules.md"


def test_the_first_rule_of_the_guide_fires(guide: str, tmp_path: Path) -> None:
    night = Night(tmp_path, snippets(guide)[0])
    night.hears(gw("a"), gw("b", object=f"{GW}b", data={"p_astro": {"BNS": 0.1}}))
    night.works()
    assert night.outcomes() == ["fired", "not"]
    assert night.titles() == ["BNS GW170817: 28 deg², https://example.org/S170817a"]
    night.close()


def test_what_check_prints_is_what_the_guide_shows(guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "my-rules" / "nearby-bns.yaml"
    file.parent.mkdir()
    shown = re.findall(r"```console\n\$ nuncius (rules check .*?)\n(.*?)```", guide, re.DOTALL)
    for (command, output), text in zip(
        shown, (snippets(guide)[0], snippets(guide)[0].replace("lvk.alert", "lvk.alrt")), strict=True
    ):
        file.write_text(text, encoding="utf-8")
        assert CliRunner().invoke(cli, command.split()).output == output


def test_the_guide_has_two_pages(guide: str) -> None:
    assert len(guide.split()) < 1000


def test_the_reference_names_every_key_action_option_and_function(reference: str) -> None:
    for word in (*KEYS, *OPTIONS, *MODES, *STANDINGS):
        assert re.search(rf"`{word}[`:]", reference), f"docs/rule-reference.md does not speak of '{word}'"
    for action in actions():
        assert f"- `{action}`" in reference, f"docs/rule-reference.md does not describe the action '{action}'"
    for function in FUNCTIONS:
        assert f"`{function}(" in reference
