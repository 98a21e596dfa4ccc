"""What is wrong with a rule file is said with its place, what was received and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import rules_samples

from listeners.formats import Message, parse
from nuncius.core.errors import FormatError
from reactors.checking import unusual_fields
from reactors.expression import parse as read_expression
from reactors.loader import Loaded, load_rules
from reactors.problems import Problem
from reactors.vocabulary import FIELDS

GOOD = """rule: nearby-bns
when: lvk.alert
if:
  - ev.significant && ev.p_astro.BNS > 0.5
  - area(ev.sky, 0.9) < 500.0
do:
  - post: "BNS ${ev.object}: ${area(ev.sky, 0.9)} deg², ${ev.url}"
"""
#: One packet of the archive has texts where all others have numbers.
NUMBERS_AS_TEXT = {"image_snr", "rate_snr", "instrument_phi", "instrument_theta", "latitude", "longitude"}
HEAD = "rule: r\nwhen: lvk.alert\n"
DO = 'do:\n  - post: "x"\n'


def only(text: str) -> Problem:
    """The one error of a file; a file with an error gives no rules."""
    loaded = load_rules(text, "my.yaml")
    assert loaded.rules == []
    assert len(loaded.errors) == 1, [str(p) for p in loaded.problems]
    return loaded.errors[0]


def good(text: str) -> Loaded:
    loaded = load_rules(text, "my.yaml")
    assert loaded.problems == [], [str(p) for p in loaded.problems]
    return loaded


def test_the_shortest_rule_loads() -> None:
    (rule,) = good(GOOD).rules
    assert (rule.name, rule.when, rule.status, rule.line) == ("nearby-bns", ("lvk.alert",), "live", 1)
    assert [c.line for c in rule.conditions] == [4, 5]
    assert rule.actions[0]["do"] == "post"


def test_every_key_of_the_first_cut_loads() -> None:
    (rule,) = good(
        HEAD.replace("lvk.alert", "[lvk.alert, gcn.notice.fermi]")
        + "about: why\nowner: Ann\nstatus: shadow\nseverity: page\nper: ev.mission\nlimit: 5/1h per ev.object\n"
        + "vars: {wide: 'area(ev.sky, 0.9) > 100', level: 0.9}\nif: wide && level > 0.5\n"
        + "do:\n  - {run: sample-area, with: {level: '${level}'}, as: loc, timeout: 10m, retry: 2, if: ev.far < 1}\n"
        + "  - {post: '${loc.answer}', to: operators}\n"
        + "on_fail: {post: 'failed: ${error}'}\non_retract: {post: 'gone, says ${retraction.id}'}\n"
    ).rules
    assert rule.limit is not None
    assert (rule.limit.count, rule.limit.window_s) == (5, 3600.0)
    assert rule.actions[0] | {"with": 0} == {
        "do": "run",
        "what": "sample-area",
        "with": 0,
        "as": "loc",
        "if": "ev.far < 1",
        "timeout_s": 600.0,
        "retry": 2,
    }
    assert rule.actions[1]["to"] == "operators"


def test_several_rules_stand_in_one_file() -> None:
    assert [r.name for r in good(GOOD + "---\n" + HEAD + DO).rules] == ["nearby-bns", "r"]


@pytest.mark.parametrize(
    ("text", "line", "column", "says", "hints"),
    [
        (HEAD + DO + "status: live\nstatus: off\n", 6, 1, "the key 'status' stands twice, first in line 5", "list"),
        (HEAD + "if: !ev.significant\n" + DO, 3, 5, "tags are not part of rules; received !ev", "quotes"),
        (HEAD + "if: !ev.significant && ev.x\n" + DO, 3, 21, "tags are not part of rules; received !ev", "quotes"),
        (HEAD + "if: [ev.far in [1, 2], ev.x]\n" + DO, 3, 16, "expected ','", "a comma or a bracket needs quotes"),
        (HEAD + "vars: {at: ev.ra < 12:30:49}\n" + DO, 3, 22, "unexpected ':'", "decimal degrees such as 187.7059"),
        (HEAD + "if: &a ev.x\n" + DO, 3, 5, "anchors and aliases", "vars"),
        (HEAD + "if: *a\n" + DO, 3, 5, "anchors and aliases", "quotes"),
        (HEAD + "do:\n  - post: ${ev.x}: y\n", 4, 18, "mapping values", "quotes"),
        (HEAD + "do:\n  - run: sample-area\n    with: {far: ${ev.far}}\n", 5, 18, "expected ','", "quotes"),
        (HEAD + "if: ev.a ? ev.b : ev.c\n" + DO, 3, 17, "mapping values", "quotes"),
        (HEAD + "if:\n  - ev.a ? ev.b : ev.c\n" + DO, 4, 5, "received a map with the key", "? :"),
        (HEAD + "do:\n  - post: {a: b}\n", 4, 11, "expected a text; received a map", ""),
        (HEAD + "do:\n\t- post: x\n", 4, 1, "'\\t'", "spaces"),
        ("rule: r\nwhen: lvk.alrt\n" + DO, 2, 7, "no event is of kind 'lvk.alrt'; did you mean 'lvk.alert'?", ""),
        ("rule: r\nwehn: lvk.alert\nwhen: lvk.alert\n" + DO, 2, 1, "unknown key 'wehn'; did you mean 'when'?", ""),
        ("when: lvk.alert\n" + DO, 1, 1, "a rule needs 'rule'", "nearby-bns"),
        (HEAD, 1, 1, "a rule needs 'do'", "post"),
        (HEAD + "do: []\n", 3, 5, "'do' lists no action", "post"),
        (HEAD + "if: 5\n" + DO, 3, 5, "expected an expression; received 5", ""),
        (HEAD + "if: ev.far\n" + DO, 3, 5, "a condition is true or false; this is a number", ""),
        (HEAD + "if: ev.far < 1 and ev.x\n" + DO, 3, 16, "unexpected 'and'", "&&"),
        (HEAD + "if: ev.mission = 'LVK'\n" + DO, 3, 16, "unexpected '='", "=="),
        (HEAD + "if: ev.ra_dec_error < 5 deg\n" + DO, 3, 25, "unexpected 'deg'", "units"),
        (HEAD + "if: ev.mission > 3\n" + DO, 3, 5, "'>' between a text and a number", ""),
        (HEAD + "if: 0 < ev.far < 1\n" + DO, 3, 5, "'<' between a bool and a number", "chain"),
        (HEAD + "if: ev.received - ev.trigger_time < 5\n" + DO, 3, 5, "'-' between texts", "timestamp"),
        (HEAD + "if: far < 5\n" + DO, 3, 5, "unknown name 'far'", "ev.far"),
        (HEAD + "if: evv.far < 5\n" + DO, 3, 5, "unknown name 'evv'; did you mean 'ev'?", ""),
        (HEAD + "if: aera(ev.sky, 0.9) < 5\n" + DO, 3, 5, "did you mean 'area'?", ""),
        (HEAD + "if: area(ev.sky) < 5\n" + DO, 3, 5, "takes 2 values, received 1", "0.9"),
        (HEAD + "if: overlap(ev.sky) > 0\n" + DO, 3, 5, "takes 2 values", ""),
        (HEAD + "if: kg.ask('x', {}) > 0\n" + DO, 3, 12, "no stored query is called", ""),
        (HEAD + "if: size(ev.ids) / 2.0 > 1.0\n" + DO, 3, 18, "types do not go together", "double("),
        (HEAD + "if: ev.revision % 2 == 0\n" + DO, 3, 5, "'%' needs whole numbers", "int("),
        (HEAD + "if: 'ev.ids.exists(x, ev.ids.exists(y, y == x))'\n" + DO, 3, 23, "one loop at a time", ""),
        (HEAD + "limit: 5/hour\n" + DO, 3, 8, "a duration is a number with a unit", ""),
        (HEAD + "limit: 5\n" + DO, 3, 8, 'a limit is written "5/1h"', ""),
        (HEAD + "limit: 5/1h per evv.x\n" + DO, 3, 17, "unknown name 'evv'", ""),
        (HEAD + "status: lvie\n" + DO, 3, 9, "expected one of live, shadow, off", "live"),
        (HEAD + "do:\n  - pots: x\n", 4, 5, "unknown word 'pots' in an action; did you mean 'post'?", ""),
        (HEAD + "do:\n  - {post: x, for_each: y}\n", 4, 25, "unknown name 'y'", ""),
        (HEAD + "do:\n  - {post: x, for_each: ev.far}\n", 4, 25, "'for_each' wants a list; this is a number", ""),
        (HEAD + "do:\n  - {post: '${item}'}\n", 4, 15, "unknown name 'item'", ""),
        (HEAD + "do:\n  - {post: x, else: {post: y}}\n", 4, 21, "'else' goes with 'if', or with 'ask'", ""),
        (HEAD + "do:\n  - {ask: x, else: {pots: y}}\n", 4, 21, "unknown word 'pots'", ""),
        (HEAD + "do:\n  - {ask: x, retry: 2}\n", 4, 14, "'ask' takes no 'retry'", "timeout"),
        (HEAD + "do:\n  - {ask: x, timeout: 50d}\n", 4, 23, "a timeout of more than 30 days", ""),
        (HEAD + "do:\n  - emit: lvk.alert\n", 4, 11, "an event of a rule's own is of a kind custom.…", "custom."),
        (HEAD + "do:\n  - {emit: custom.x, with: {tense: a}}\n", 4, 12, "the field 'tense' is given by", "its_"),
        (HEAD + "do:\n  - {emit: custom.x, with: {'a b': a}}\n", 4, 12, "a field is letters", ""),
        (HEAD + "on_fail: []\n" + DO, 3, 10, "'on_fail' lists no action", ""),
        (HEAD + "if: [area(ev.sky]\n" + DO, 3, 17, "expected ')'", "a comma needs quotes"),
        (HEAD + "do:\n  - {post: x, run: y}\n", 4, 5, "exactly one of", ""),
        (HEAD + "do:\n  - {post: x, retry: 2}\n", 4, 15, "'post' takes no 'retry'", ""),
        (HEAD + "do:\n  - {run: sample-aera}\n", 4, 11, "no analysis is named 'sample-aera'; did you mean", ""),
        (HEAD + "do:\n  - {run: sample-area, with: {levle: 1}}\n", 4, 11, "has no input 'levle'", "level"),
        (HEAD + "do:\n  - {run: sample-area, timeout: 600}\n", 4, 33, "a number with a unit", ""),
        (HEAD + "do:\n  - {run: sample-area, retry: 1.5}\n", 4, 31, "'retry' is a whole number", ""),
        (HEAD + "do:\n  - {run: sample-area, with: {level: '12:30:49'}}\n", 4, 38, "sexagesimal", "decimal"),
        (HEAD + 'do:\n  - post: "far ${ev.far"\n', 4, 16, "never closed", "${"),
        (HEAD + 'do:\n  - post: "far ${evv.far}"\n', 4, 18, "unknown name 'evv'", ""),
        (HEAD + 'do:\n  - post: "${loc.answer}"\n', 4, 14, "unknown name 'loc'", ""),
        ("- rule: r\n", 1, 1, "a rule is a map of keys", ""),
        ("", 1, 1, "no rule in this file", "begin"),
        (HEAD + "if: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n" + DO, 3, 20, "nested deeper", ""),
    ],
)
def test_a_mistake_is_placed_and_explained(text: str, line: int, column: int, says: str, hints: str) -> None:
    problem = only(text)
    assert says in problem.message
    assert hints in problem.hint
    assert (problem.line, problem.column) == (line, column)


def test_yaml_is_read_as_version_one_two() -> None:
    (rule,) = good(
        "rule: r\nwhen: lvk.alert\nowner: yes\nabout: on\nstatus: off\nvars: {far: 1e-7}\nif: ev.far < far\n" + DO
    ).rules
    assert (rule.owner, rule.about, rule.status) == ("yes", "on", "off")
    assert rule.variables == (("far", "1e-7"),)


def test_a_probable_slip_of_the_pen_is_a_warning() -> None:
    loaded = load_rules(HEAD + "if: ev.significent\n" + 'do:\n  - post: "at ${ev.urll}"\n', "my.yaml")
    assert [r.name for r in loaded.rules] == ["r"]
    assert [(p.level, p.line, p.column) for p in loaded.problems] == [("warning", 3, 5), ("warning", 5, 17)]
    assert "did you mean 'ev.significant'?" in loaded.problems[0].message


def test_a_mistake_in_a_block_of_text_has_its_own_line() -> None:
    problem = only(HEAD + "if: |\n  ev.far < 1 &&\n  ev.mission > 3\n" + DO)
    assert problem.line == 5


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    loaded = load_rules("rule: r\nwhen: lvk.alrt\nstaus: off\nif: [ev.far <, area(ev.sky)]\n" + DO, "my.yaml")
    assert [p.line for p in loaded.errors] == [2, 3, 4, 4]


def test_two_rules_of_one_name_are_a_mistake() -> None:
    assert "stands twice, first in line 1" in only(HEAD + DO + "---\n" + HEAD + DO).message


def test_bombs_and_large_files_are_refused_quickly() -> None:
    laughs = "a: &a [x,x]\nb: &b [*a,*a]\n"
    assert "anchors" in only(laughs).message
    assert "at most 256 kB" in only("x: " + "y" * 300_000).message
    assert "nested deeper" in only("[" * 100_000).message
    assert "values in one file" in only("[" + "1," * 30_000 + "]").message
    assert "special characters" in only("a: \x00").message


def test_the_hash_follows_the_meaning_not_the_layout() -> None:
    again = GOOD.replace("when: lvk.alert", "about: 'some words'\nwhen:   [lvk.alert]  # a comment")
    other = GOOD.replace("0.5", "0.6")
    first, second, third = (good(text).rules[0].hash for text in (GOOD, again, other))
    assert first == second
    assert first != third


def test_a_required_input_that_no_event_has_must_be_given() -> None:
    problem = only(HEAD + "do:\n  - run: sample-needy\n")
    assert "needs the input 'weight' (number)" in problem.message
    good(HEAD + "do:\n  - {run: sample-needy, with: {weight: 3}}\n")


def test_every_word_that_the_parsers_write_is_known(project: Path, shared_data: Path) -> None:
    # One folder of real notices of each kind (timstaley/voevent-tarballs, peppedilillo/gcn-notice-parser, gcn-schema).
    wrong: dict[str, str] = {}
    names = {"number": (float, int), "text": str, "bool": bool, "list": list, "map": dict}
    for folder in ("voevent_per_type", "svom_ep_fermi_lvc", "gcn_schema"):
        for file in sorted((shared_data / "notices" / folder).rglob("*")):
            if not file.is_file() or file.stat().st_size > 1_000_000:
                continue
            try:
                events = parse(Message(raw=file.read_bytes(), received=rules_samples.NOON, name=file.name))
            except FormatError:
                continue
            for event in events:
                for word, value in event.data.items():
                    kind = FIELDS.get(word, "dyn")
                    if kind != "dyn" and not isinstance(value, names[kind]) and "example" not in file.name:
                        wrong.setdefault(word, f"{kind}, received {value!r:.60} in {file.name}")
                    if word not in FIELDS and unusual_fields(read_expression(f"ev.{word} == 1"), {"ev": ()}):
                        wrong.setdefault(word, f"would be called a slip of the pen, in {file.name}")
    assert {word: why for word, why in wrong.items() if word not in NUMBERS_AS_TEXT} == {}


@pytest.mark.parametrize(
    ("condition", "column", "says"),
    [
        ("overlap(ev.sky, fov('latt', ev.trigger_time)) > 1", 25, "is called 'latt'; did you mean 'lat'?"),
        ("visible_from(ev.sky, 'parnal', ev.received) > 0", 26, "is called 'parnal'; did you mean 'paranal'?"),
        ("in_moc(ev.sky, 'north') > 0.5", 20, "not an ASCII MOC: 'north'"),
        ("in_moc(ev.sky, '0/0-12') > 0.5", 20, "not an ASCII MOC: '0/0-12'"),
        ("area(ev.sky, 90) < 300", 18, "a level lies between 0 and 1, such as 0.9; received 90"),
    ],
)
def test_what_can_never_be_right_is_said_before_an_event_comes(condition: str, column: int, says: str) -> None:
    problem = only(HEAD + f"if: {condition}\n" + DO)
    assert says in problem.message
    assert (problem.line, problem.column) == (3, column)
    assert problem.hint.startswith("for example ")


def test_functions_take_names_that_are_only_known_later() -> None:
    text = 'vars: {mine: "\'lat\'", level: 0.5}\nif: ["area(fov(mine, ev.trigger_time), level) > 1"]\n'
    assert good(HEAD + text + DO).problems == []
