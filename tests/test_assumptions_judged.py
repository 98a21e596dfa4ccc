"""What an assumption is, and when a value holds it, violates it or cannot tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyses import assumptions as assumed
from analyses.assumptions import Assumption, assumption, assumptions, either
from analyses.contract import describe
from analyses.verdicts import judge
from nuncius.core.errors import ConfigurationError
from nuncius.core.quantity import Quantity

FILE = """assumption: mine
version: "2"
about: far is small
since: 2026
by: nobody
analysis: sample-area
needs: [far]
holds: {quantity: doubled, within: [1, 3], systematic: 0.5, sigma: 3}
applies: {words: all, where: {level: {above: 0.5}}}
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import rules_samples  # noqa: F401  the sample analyses

    def make(text: str = FILE) -> Assumption:
        file = tmp_path / f"a{len(list(tmp_path.iterdir()))}.yaml"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv(assumed.VARIABLE, str(file))
        return assumption("mine")

    return make


def verdict(one: Assumption, value: float | None, inputs: dict[str, Any] | None = None, **more: Any) -> tuple[str, Any]:
    values = {} if value is None else {"doubled": Quantity(value=value, **more)}
    found = judge(one, values, {"far": 1.0, "level": 0.9} if inputs is None else inputs)
    return found.verdict, None if found.distance is None else round(found.distance, 6)


def test_distance_counts_in_the_values_own_error_and_the_systematic_one_together(own: Any) -> None:
    one = own()
    assert verdict(one, 2.0) == ("holds", -2.0)
    assert verdict(one, 4.4) == ("holds", 2.8)  # outside, and tolerated
    assert verdict(one, 4.6) == ("violated", 3.2)
    assert verdict(one, 4.6, minus=1.2, plus=0.0) == ("holds", round(1.6 / 1.3, 6))
    assert verdict(one, 4.6, minus=0.0, plus=1.2) == ("violated", 3.2), "the error towards the tolerance counts"
    assert verdict(one, -0.6, minus=0.0, plus=1.2) == ("holds", round(1.6 / 1.3, 6))
    assert verdict(one, float("nan"))[0] == "cannot be told"


def test_a_limit_tells_only_where_all_that_it_allows_lies_on_one_side(own: Any) -> None:
    above = own(FILE.replace("within: [1, 3], systematic: 0.5", "above: 1"))
    assert verdict(above, 1.2, limit=">")[0] == "holds"
    assert verdict(above, 0.5, limit=">")[0] == "cannot be told"
    assert verdict(above, 0.5, limit="<")[0] == "violated"
    assert verdict(above, 2.0, limit="<")[0] == "cannot be told"


def test_what_is_missing_or_does_not_apply_cannot_be_told(own: Any) -> None:
    one = own()
    found = judge(one, {"doubled": Quantity(value=9.0)}, {"level": 0.9})
    assert (found.verdict, found.missing) == ("cannot be told", ("far",))
    assert found.why == "not known: far"
    found = judge(one, {"doubled": Quantity(value=9.0)}, {"far": 1.0})
    assert found.why == "not known whether it applies (all): level"
    found = judge(one, {"doubled": Quantity(value=9.0)}, {"far": 1.0, "level": 0.1})
    assert found.why == "it is not about this case: level is 0.1, not above 0.5"
    assert judge(one, {}, {"far": 1.0, "level": 0.9}).missing == ("doubled",)


def test_a_condition_may_be_on_what_the_analysis_gives(own: Any) -> None:
    one = own()
    values = {"doubled": Quantity(value=9.0), "level": Quantity(value=0.1)}
    assert judge(one, values, {"far": 1.0}).verdict == "cannot be told"
    assert judge(one, values | {"level": Quantity(value=0.6)}, {"far": 1.0}).verdict == "violated"


def test_a_value_too_uncertain_to_tell_neither_holds_nor_violates(own: Any) -> None:
    one = own(FILE.replace("sigma: 3", "sigma: 3, most_error: 2"))
    assert verdict(one, 2.0, minus=5.0, plus=5.0)[0] == "cannot be told"
    assert verdict(one, 2.0, minus=1.0, plus=1.0)[0] == "holds"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("needs: [fax]", "has no input 'fax'; did you mean 'far'?"),
        ("analysis: sample-arae", "did you mean 'sample-area'?"),
        ("holds: {quantity: doubled}", "one of above, below, within"),
        ("holds: {quantity: doubled, within: [3, 1]}", "one of above, below, within"),
        ("holds: {quantity: doubled, abov: 1}", "unknown field `abov`"),
        ("version: 2\nby: &x nobody", "anchors, aliases and tags"),
    ],
)
def test_a_wrong_file_costs_its_own_assumption_and_says_how_to_mend_it(own: Any, wrong: str, told: str) -> None:
    key = wrong.partition(":")[0]
    lines = [wrong if line.startswith(f"{key}:") else line for line in FILE.splitlines()]
    with pytest.raises(ConfigurationError) as raised:
        own("\n".join(lines) + "\n")
    assert told in str(raised.value) or any(told in problem for problem in assumed.problems())
    assert "amati-relation" in assumptions()


def test_a_later_file_replaces_its_namesake(own: Any) -> None:
    own()
    text = FILE.replace("assumption: mine", "assumption: amati-relation")
    own(f"{FILE}---\n{text}")
    assert assumption("amati-relation").version == "2"


def test_every_shipped_assumption_is_whole_and_in_the_documentation(project: Path) -> None:
    assert assumed.problems() == ()
    assert len(assumptions()) >= 8
    text = (project / "docs" / "assumptions.md").read_text(encoding="utf-8")
    rules = (project / "config" / "rules" / "assumptions.yaml").read_text(encoding="utf-8")
    for name, one in assumptions().items():
        assert f"`{name}`" in text
        assert f"assume: {name}\n" in rules, "a rule tests it"
        assert one.by
        assert one.protects
        assert one.holds.quantity
        assert {name for need in one.needs for name in either(need)} <= set(describe(one.analysis).parameters)
