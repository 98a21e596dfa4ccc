"""`use`: what several rules share, and how it is merged."""

from __future__ import annotations

import pytest

from reactors.loader import load_rules
from reactors.rule import Rule

SHARED = """template: significant
when: {gw: lvk.alert}
vars: {most: 500, least: 1}
if: gw.significant
within: 1h
severity: page
do: {post: shared}
---
template: quiet
severity: info
if: ["gw.far < 1"]
---
"""


def rules(text: str) -> list[Rule]:
    loaded = load_rules(SHARED + text, "my.yaml")
    assert loaded.problems == [], [str(problem) for problem in loaded.problems]
    return loaded.rules


def test_maps_merge_conditions_add_up_and_the_rule_wins() -> None:
    (rule,) = rules(
        "rule: r\nuse: significant\nwhen: {grb: gcn.notice.fermi}\nvars: {most: 100}\n"
        "if: ['area(gw.sky, 0.9) < most']\ndo: {post: own}\n"
    )
    assert [alias.name for alias in rule.aliases] == ["gw", "grb"]
    assert dict(rule.variables) == {"most": "100.0", "least": "1.0"}
    assert [c.expression.source for c in rule.conditions] == ["gw.significant", "area(gw.sky, 0.9) < most"]
    assert [action["what"] for action in rule.actions] == ["own"]
    assert rule.severity == "page"


def test_of_several_templates_the_later_wins() -> None:
    (rule,) = rules("rule: r\nuse: [significant, quiet]\n")
    assert rule.severity == "info"
    assert [c.expression.source for c in rule.conditions] == ["gw.significant", "gw.far < 1"]


def test_a_rule_means_the_same_with_a_template_as_written_out() -> None:
    (short,) = rules("rule: r\nuse: quiet\nwhen: {gw: lvk.alert}\ndo: {post: x}\n")
    (written,) = rules("rule: r\nseverity: info\nwhen: {gw: lvk.alert}\nif: gw.far < 1\ndo: {post: x}\n")
    assert short.hash == written.hash


def test_templates_may_use_templates() -> None:
    (rule,) = rules("template: deep\nuse: significant\nseverity: notice\n---\nrule: r\nuse: deep\n")
    assert (rule.severity, len(rule.conditions)) == ("notice", 1)


def test_templates_alone_are_a_good_file() -> None:
    loaded = load_rules(SHARED.rstrip().removesuffix("---"), "my.yaml")
    assert (loaded.rules, loaded.problems, sorted(loaded.templates)) == ([], [], ["quiet", "significant"])


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("rule: r\nuse: signifcant\n", 14, 6, "no template is named 'signifcant'; did you mean 'significant'?"),
        ("rule: r\nuse: 5\n", 14, 6, "expected the name of a template; received 5"),
        ("template: a\nuse: a\n---\nrule: r\nuse: a\n", 14, 6, "the template 'a' uses itself"),
        ("template: a\ntest: []\n", 14, 1, "a template has no tests"),
        ("template: a\nwehn: x\n", 14, 1, "unknown key 'wehn'; did you mean 'when'?"),
        ("template: a\n---\ntemplate: a\n", 15, 1, "the template 'a' stands twice in this file"),
        ("template: a\nwhen: lvk.alert\n---\nrule: r\nuse: a\ndo: {post: '${1 +}'}\n", 18, 18, "expected a value"),
        ("template: a\nif: evv.far < 1\n---\nrule: r\nuse: [quiet, a, significant]\n", 14, 5, "unknown name 'evv'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_own_place(text: str, line: int, column: int, says: str) -> None:
    errors = load_rules(SHARED + text, "my.yaml").errors
    assert errors
    assert (errors[0].line, errors[0].column) == (line, column), str(errors[0])
    assert says in errors[0].message


def test_a_mistake_in_a_template_is_told_once_however_many_use_it() -> None:
    text = "template: a\nper: evv\n---\nrule: r\nuse: [significant, a]\n---\nrule: s\nuse: [significant, a]\n"
    assert len({(p.line, p.column, p.message) for p in load_rules(SHARED + text, "my.yaml").errors}) == 1
