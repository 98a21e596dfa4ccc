"""Inline tests of rules: what they can express, what a failure says, and that nothing is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nuncius.cli import cli
from reactors.loader import load_rules
from reactors.rule import Rule
from reactors.testrun import TestResult, run_test, told

NEARBY = """
rule: nearby-bns
when: lvk.alert
if:
  - ev.significant && ev.p_astro.BNS > 0.5
  - area(ev.sky, 0.9) < 500
limit: 2/1d
do:
  - post: "BNS ${ev.name}: ${area(ev.sky, 0.9):.0f} deg²"
  - {run: localization, as: loc}
  - run: visibility
    if: loc.area_90 < 200
    with: {time: "${ev.trigger_time}", airmass_max: 1.8}
"""
SKY = {"type": "circle", "ra": 10.0, "dec": 20.0, "radius": 3.0, "containment_probability": 0.9}
NEAR: dict[str, Any] = {"kind": "lvk.alert.preliminary", "far": 1e-9, "significant": True, "sky": SKY}
NEAR |= {"p_astro": {"BNS": 0.98}}


def rule(text: str, folder: Path | None = None) -> Rule:
    loaded = load_rules(text, str((folder or Path()) / "rules.yaml"))
    assert not loaded.problems, loaded.problems
    return loaded.rules[0]


def tried(text: str = NEARBY, **test: Any) -> TestResult:
    return run_test(rule(text), test)


@pytest.mark.parametrize(
    "test",
    [
        {"given": NEAR, "expect": "fires"},
        {"given": NEAR, "expect": "fires", "because": "area(ev.sky, 0.9) < 500"},
        {"given": [NEAR, NEAR | {"at": "T0+1h"}], "expect": ["fires", "unchanged"]},
        {
            "given": NEAR | {"p_astro": {"BNS": 0.1}},
            "expect": "not",
            "because": "ev.significant && ev.p_astro.BNS > 0.5",
        },
        {"given": NEAR | {"sky": None}, "expect": "unknown", "because": "ev.sky is not given"},
        {"given": NEAR | {"tense": "test"}, "expect": "test"},
        {"given": {"kind": "gcn.circular"}, "expect": "silent"},
        {"given": NEAR, "expect": {"post": "BNS Test: 28 deg²", "per": "Test"}},
        {"given": NEAR, "runs": ["localization", {"visibility": {"airmass_max": 1.8, "time": "2026-01-01T00:00:00Z"}}]},
        {"given": NEAR, "runs": ["localization"], "results": {"loc": {"area_90": 300.0}}},
        {"given": NEAR, "runs": ["localization", "visibility"], "results": {"loc": {"area_90": 30.0}}},
        {"given": NEAR, "runs": [{"post": "28 deg²"}, "localization", "visibility"]},
        {"given": NEAR | {"at": "T0+5m"}, "expect": [{"at": "T0+5m"}]},
        {
            "given": [NEAR | {"object": name, "at": at} for name, at in (("A", "T0"), ("B", "+1h"), ("C", "+2h"))],
            "expect": ["fires", "fires", "limited"],
        },
    ],
)
def test_what_is_expected_passes(test: dict[str, Any]) -> None:
    result = tried(**test)
    assert result.passed, told(result)


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ({"given": NEAR, "expect": "not"}, "expected not and nothing else, but it fired"),
        (
            {"given": NEAR | {"far": 1.0, "significant": False}, "expect": "fires"},
            "expected fires, came not: false: ev.sig",
        ),
        ({"given": NEAR | {"sky": None}, "expect": "not"}, "expected not, came unknown"),
        ({"given": NEAR, "because": "ev.far"}, "expected because of 'ev.far'"),
        (
            {"given": NEAR, "runs": ["visibility"]},
            "expected to run ['visibility'], came ['localization', 'visibility']",
        ),
        (
            {"given": NEAR, "runs": [{"localization": {"object": "Z"}}, "visibility"]},
            "expected object = 'Z', came 'Test'",
        ),
        ({"given": NEAR, "expect": {"post": "NSBH"}}, "expected a post with 'NSBH', came ['BNS Test: 28 deg²']"),
        ({"given": NEAR, "expect": ["fires", "fires"]}, "expected 2 decisions, 1 came"),
        ({"given": NEAR, "expect": {"at": "T0+1m"}}, "expected at T0+1m, came at T0"),
        ({"given": {"kind": "gcn.circular"}, "expect": "fires"}, "the rule heard nothing"),
        ({"given": {"file": "none.xml"}, "expect": "fires"}, "none.xml: there is none at"),
    ],
)
def test_a_failure_says_what_came_instead(test: dict[str, Any], says: str) -> None:
    result = tried(**test)
    assert not result.passed
    assert any(says in text for text in result.differences), result.differences


def test_a_failure_shows_the_conditions_with_what_they_saw() -> None:
    lines = told(tried(given=NEAR | {"p_astro": {"BNS": 0.1}}, expect="fires"))
    assert any("line 5: ev.significant && ev.p_astro.BNS > 0.5 is false" in line for line in lines)
    assert any("ev.p_astro.BNS = 0.1" in line for line in lines)


def test_a_retraction_is_no_firing() -> None:
    retracted = {"kind": "lvk.alert.retraction", "at": "T0+2h"}
    assert tried(given=[NEAR, retracted], expect=["fires", "not"], because="a retraction").passed


def test_events_of_a_correlation_come_in_any_order() -> None:
    text = """
rule: together
when: {nu: gcn.notice.icecube, grb: gcn.notice.fermi}
within: 10m
if: separation(nu, grb) < 5
do:
  - post: "${nu.name} and ${grb.name}: ${separation(nu, grb):.1f} deg"
"""
    nu = {"kind": "gcn.notice.icecube.ic86.gold", "object": "IC-1", "ra": 10.0, "dec": 0.0}
    grb = {"kind": "gcn.notice.fermi.gbm.gnd_pos", "object": "GRB 1", "ra": 12.0, "dec": 0.0, "trigger_time": "+3m"}
    for first, second in ((nu, grb), (grb, nu)):
        result = tried(text, given=[first, second], expect=["waiting", {"post": "2.0 deg"}])
        assert result.passed, told(result)
    far = tried(text, given=[nu, grb | {"ra": 50.0}], expect="not", because="separation(nu, grb) < 5")
    assert far.passed, told(far)


def test_absence_is_seen_when_the_window_closes() -> None:
    text = """
rule: lonely
when: {nu: gcn.notice.icecube}
within: {of: nu, from: -1h, to: 1h}
without: {grb: gcn.notice.fermi}
do: {post: "${nu.name} is alone"}
"""
    nu = {"kind": "gcn.notice.icecube.ic86.gold", "object": "IC-1", "ra": 10.0, "dec": 0.0}
    alone = tried(text, given=nu, expect={"post": "is alone"})
    assert alone.passed, told(alone)
    assert alone.came[-1].at > "2026-01-01T01:00"
    grb = {"kind": "gcn.notice.fermi.gbm.gnd_pos", "object": "G", "trigger_time": "T0+30m"}
    met = tried(text, given=[nu, grb], expect="not")
    assert met.passed, told(met)


def test_a_schedule_rings_until_the_test_ends() -> None:
    text = 'rule: nightly\nwhen: {cron: "0 6 * * *"}\ndo: {post: "good morning"}\n'
    twice = tried(text, until="T0+2d", expect=[{"at": "T0+6h"}, {"at": "T0+30h"}])
    assert twice.passed, told(twice)


def test_notices_in_files_and_archives_are_given(project: Path, tmp_path: Path) -> None:
    night = project / "config" / "demo" / "2017-08-17"
    (tmp_path / "alert.json").write_bytes((night / "05-lvk-preliminary.json").read_bytes())
    text = 'rule: all\nwhen: lvk.alert\ndo: {post: "${ev.name} ${ev.far:.1e}"}\n'
    result = run_test(rule(text, tmp_path), {"given": {"file": "alert.json"}, "expect": {"post": "G298048"}})
    assert result.passed, told(result)
    event_id = result.came[0].event
    (tmp_path / "night").symlink_to(night)
    archived = {"archive": "night", "ids": [event_id]}
    again = run_test(rule(text, tmp_path), {"given": archived, "expect": {"post": "G298048"}})
    assert again.passed, told(again)
    missing = run_test(rule(text, tmp_path), {"given": archived | {"ids": ["igwn:none"]}, "expect": "fires"})
    assert "it has no event igwn:none" in missing.differences[0]


@pytest.mark.parametrize("place", ["../secret.json", "/etc/passwd", "below/../../secret.json"])
@pytest.mark.parametrize("inside", [False, True])
def test_files_outside_the_rules_folder_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, inside: bool
) -> None:
    (tmp_path / "secret.json").write_text("password=1234", encoding="utf-8")
    folder = tmp_path / "rules"
    (folder / "below").mkdir(parents=True)
    text = 'rule: all\nwhen: lvk.alert\ndo: {post: "x"}\n'
    monkeypatch.chdir(folder)
    result = run_test(rule(text, Path() if inside else folder), {"given": {"file": place}, "expect": "fires"})
    assert "must stand in the rule's folder" in result.differences[0]
    assert "1234" not in told(result)
    assert "root:" not in told(result)


def test_answers_of_the_graph_can_be_given() -> None:
    text = """
rule: near
when: lvk.alert
if: "kg.get('redshifts', {'object': ev.object})[0].value < 0.1"
do: {post: "z = ${kg.get('redshifts', {'object': ev.object})[0].value}"}
"""
    near = tried(text, given=NEAR, graph={"redshifts": [{"value": 0.05}]}, expect={"post": "z = 0.05"})
    assert near.passed, told(near)
    assert tried(text, given=NEAR, graph={"redshifts": [{"value": 0.5}]}, expect="not").passed
    unknown = tried(text, given=NEAR, expect="unknown", because="there is no knowledge graph here")
    assert unknown.passed, told(unknown)


def test_a_rule_in_shadow_fires_and_one_that_is_off_can_be_tested() -> None:
    assert tried(NEARBY + "status: shadow\n", given=NEAR, expect="shadow").passed
    assert tried(NEARBY + "status: shadow\n", given=NEAR, expect="fires").passed
    assert tried(NEARBY + "status: off\n", given=NEAR, expect="fires").passed


TESTED = (
    NEARBY
    + """
test:
  - about: near
    given:
      kind: lvk.alert.preliminary
      significant: true
      p_astro: {BNS: 0.9}
      sky: {type: circle, ra: 1, dec: 2, radius: 3}
    expect: fires
  - about: no neutron star
    given: {kind: lvk.alert.preliminary, significant: true, p_astro: {BNS: 0.1}}
    expect: %s
"""
)


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["rules", "test", *arguments])


def test_the_command_passes_and_fails_with_its_exit_status(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(TESTED % "not", encoding="utf-8")
    good = command(str(file))
    assert good.exit_code == 0, good.output
    assert "2 tests of 1 rules, 0 failed" in good.output
    file.write_text(TESTED % "fires", encoding="utf-8")
    bad = command(str(file))
    assert bad.exit_code == 1
    assert f"FAILED nearby-bns: no neutron star ({file}:23)" in bad.output
    assert "expected fires, came not" in bad.output
    told = json.loads(command(str(file), "--json").output)
    assert [test["passed"] for test in told["tests"]] == [True, False]
    assert told["tests"][1]["came"][0]["outcome"] == "not"


def test_the_command_refuses_rules_with_errors_and_rules_without_tests(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(NEARBY, encoding="utf-8")
    assert command(str(file)).exit_code == 2
    file.write_text(NEARBY + "test: [{given: {kind: lvk.alrt}, expect: fire}]\n", encoding="utf-8")
    refused = command(str(file))
    assert "did you mean 'lvk.alert'" in str(refused.exception)
    assert "did you mean 'fires'" in str(refused.exception)


def test_the_rule_of_the_documentation_passes_the_tests_that_it_shows(project: Path, tmp_path: Path) -> None:
    page = (project / "docs" / "backtest.md").read_text(encoding="utf-8")
    file = tmp_path / "nearby-bns.yaml"
    file.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    result = command(str(file))
    assert result.exit_code == 0, result.output
    shown = page.partition("$ nuncius rules test nearby-bns.yaml\n")[2].partition("```")[0]
    assert result.output.replace(f"{tmp_path}/", "") == shown
