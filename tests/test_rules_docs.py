"""Every snippet of docs/rules.md is what it claims to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rules_samples import GW, Night, gw

from nuncius.cli import cli
from reactors.actions.contract import actions
from reactors.loader import KEYS, load_rules
from reactors.vocabulary import FUNCTIONS


@pytest.fixture
def guide(project: Path) -> str:
    return (project / "docs" / "rules.md").read_text(encoding="utf-8")


def snippets(guide: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)


def test_every_rule_of_the_guide_loads(guide: str) -> None:
    assert len(snippets(guide)) == 3
    for text in snippets(guide):
        assert load_rules(text, "docs/rules.md").problems == []


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


def test_the_guide_names_every_key_and_function(guide: str) -> None:
    for key in KEYS:
        assert re.search(rf"\b{key}\b", guide), f"docs/rules.md does not speak of '{key}'"
    for action in actions():
        assert f"- `{action}`" in guide, f"docs/rules.md does not describe the action '{action}'"
    for function in FUNCTIONS:
        assert f"`{function}(" in guide
