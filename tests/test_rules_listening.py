"""What a rule waits for is read as it was meant, and a mistake in it is placed and explained."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nuncius.core.errors import FormatError
from reactors import cron, durations
from reactors.loader import load_rules
from reactors.rule import After, Alias, Escalation, Rule, Schedule, Window

DO = "do: {post: x}\n"
PAIR = "rule: r\nwhen: {grb: gcn.notice.fermi.gbm, gw: [lvk.alert, gcn.notice.icecube]}\n"
ONE = "rule: r\nwhen: lvk.alert\n"


def rule(text: str) -> Rule:
    loaded = load_rules(text + DO, "my.yaml")
    assert loaded.problems == [], [str(problem) for problem in loaded.problems]
    return loaded.rules[0]


def test_all_of_several_with_a_window_either_way() -> None:
    read = rule(PAIR + "within: 2h\nif: separation(grb, gw) < 5 && grb.ra_dec_error < 10 && ev.ra > 0\n")
    assert read.aliases == (
        Alias(name="grb", kinds=("gcn.notice.fermi.gbm",)),
        Alias(name="gw", kinds=("lvk.alert", "gcn.notice.icecube")),
    )
    assert read.when == ("gcn.notice.fermi.gbm", "lvk.alert", "gcn.notice.icecube")
    assert read.window == Window(start_s=-7200.0, end_s=7200.0, of="grb")


def test_a_window_around_the_anchor_that_is_named() -> None:
    read = rule(PAIR + "within: {of: gw, from: -1m, to: 2h}\n")
    assert read.window == Window(start_s=-60.0, end_s=7200.0, of="gw")


def test_absence_with_conditions_on_what_did_not_come() -> None:
    read = rule(
        ONE + "within: {from: 0s, to: 1h}\nwithout: {grb: gcn.notice.swift}\nwhere: separation(ev, grb) < ev.far\n"
    )
    assert read.absent is not None
    assert read.absent.alias == Alias(name="grb", kinds=("gcn.notice.swift",))
    assert [(c.expression.source, c.line) for c in read.absent.where] == [("separation(ev, grb) < ev.far", 5)]
    assert read.window == Window(start_s=0.0, end_s=3600.0)
    assert read.when == ("lvk.alert",)


def test_counting_looks_back() -> None:
    read = rule("rule: r\nwhen: [gcn.notice.swift, lvk.alert]\ncount: 3\nwithin: 1h\nper: ev.mission\n")
    assert (read.count, read.window) == (3, Window(start_s=-3600.0, end_s=0.0))


def test_schedules_and_moments_after_t0() -> None:
    assert rule("rule: r\nwhen: {cron: '0 7 * * mon-fri', tz: Europe/Zurich}\n").schedule == Schedule(
        cron="0 7 * * mon-fri", tz="Europe/Zurich"
    )
    assert rule("rule: r\nwhen: {every: 10m}\n").schedule == Schedule(every_s=600.0)
    read = rule("rule: r\nwhen: {after: 1d, of: [lvk.alert, gcn.notice.swift]}\nif: ev.far < 1\n")
    assert read.after == After(delay_s=86400.0, kinds=("lvk.alert", "gcn.notice.swift"))
    assert read.when == ("lvk.alert", "gcn.notice.swift")


def test_modes_escalation_and_mutes() -> None:
    read = rule(
        ONE
        + "mode: queue\nescalate:\n  - {after: 1h, page: head}\n"
        + "  - {after: 15m, unless: acknowledged || done, page: on-call}\n"
        + "mutes: {rules: [grb-others, x], same: ev.object, for: 1h}\n"
    )
    assert read.mode == "queue"
    assert read.escalate == (
        Escalation(after_s=900.0, page="on-call", unless="acknowledged || done"),
        Escalation(after_s=3600.0, page="head"),
    )
    assert read.mutes is not None
    assert (read.mutes.rules, read.mutes.for_s) == (("grb-others", "x"), 3600.0)
    assert read.mutes.same is not None
    assert read.mutes.same.source == "ev.object"


def test_a_rule_means_the_same_however_it_is_laid_out() -> None:
    said = rule(PAIR + "within: 2h\nif: [grb.ra > 1, gw.far < 1]\n").hash
    assert (
        said
        == rule(
            "# c\n" + PAIR + "about: why\nif:\n- grb.ra > 1\n- gw.far < 1\nwithin: {of: grb, from: -2h, to: 120m}\n"
        ).hash
    )
    assert said != rule(PAIR + "within: 3h\nif: [grb.ra > 1, gw.far < 1]\n").hash
    assert said != rule(PAIR + "within: 2h\nmode: skip\nif: [grb.ra > 1, gw.far < 1]\n").hash


@pytest.mark.parametrize(
    ("text", "line", "column", "says", "hints"),
    [
        (PAIR, 2, 7, "'when' with several names needs 'within'", "2h"),
        (PAIR + "within: 2 hours\n", 3, 9, "a duration is a number with a unit", ""),
        (PAIR + "within: -2h\n", 3, 9, "a duration is a number with a unit, such as 30s, 10m", ""),
        (PAIR + "within: {from: 1h, to: -1h}\n", 3, 16, "the window ends before it begins", "-1h"),
        (PAIR + "within: {of: gws, from: 0s, to: 1h}\n", 3, 14, "expected one of grb, gw; received", "'gw'"),
        (PAIR + "within: {of: gw, to: 1h}\n", 3, 9, "'within' needs 'from'", "relative"),
        (PAIR + "within: {off: gw, from: 0s, to: 1h}\n", 3, 10, "unknown key 'off' in 'within'; did you mean 'of'", ""),
        (PAIR + "within: 900d\n", 3, 9, "a window of at most 400 days", ""),
        (PAIR + "within: 1h\nif: gbr.ra > 1\n", 4, 5, "unknown name 'gbr'; did you mean 'grb'?", ""),
        (PAIR + "within: 1h\nif: grb.mission > 1\n", 4, 5, "'>' between a text and a number", ""),
        (PAIR + "within: 1h\ncount: 2\n", 4, 8, "'count' goes with one kind", ""),
        (PAIR + "within: 1h\nwithout: {gw: lvk.alert}\n", 4, 11, "the name 'gw' is taken", ""),
        ("rule: r\nwhen: {ev: lvk.alert}\n", 2, 8, "the name 'ev' is taken", ""),
        ("rule: r\nwhen: {lvk.alert: gw}\n", 2, 8, "a kind stands where a name is expected", "gw: lvk.alert"),
        ("rule: r\nwhen: {}\n", 2, 7, "'when' is a kind; a list", ""),
        ("rule: r\nwhen: []\n", 2, 7, "a kind, or a list of kinds", ""),
        ("rule: r\nwhen: {cron: '0 7 * *'}\n", 2, 14, "a cron schedule has five fields", ""),
        ("rule: r\nwhen: {cron: '0 77 * * *'}\n", 2, 14, "not understood", ""),
        ("rule: r\nwhen: {cron: '0 7 * * *', tz: Europe/Zurick}\n", 2, 14, "did you mean 'Europe/Zurich'?", ""),
        ("rule: r\nwhen: {cron: '0 7 * * *', every: 1h}\n", 2, 7, "a schedule is {cron, tz}, {every} or {at, tz}", ""),
        ("rule: r\nwhen: {every: 1s}\n", 2, 15, "at most every 10 s; received '1s'", ""),
        ("rule: r\nwhen: {after: 1h}\n", 2, 7, "a moment after T0 is {after, of}", ""),
        ("rule: r\nwhen: {after: -1h, of: lvk.alert}\n", 2, 15, "a time after T0", ""),
        ("rule: r\nwhen: {every: 1h}\nwithin: 1h\n", 3, 9, "'within' does not go with a schedule", ""),
        (ONE + "within: 1h\n", 3, 9, "'within' goes with several names in 'when'", ""),
        (ONE + "count: 3\n", 3, 8, "'count' needs 'within'", ""),
        (ONE + "count: 1\nwithin: 1h\n", 3, 8, "a whole number from 2", ""),
        (ONE + "count: 3\nwithin: {from: -1h, to: 0s}\n", 4, 9, "'count' takes a plain duration", "1h"),
        (ONE + "without: {grb: gcn.notice}\n", 3, 10, "'without' needs 'within'", ""),
        (ONE + "within: 1h\nwithout: gcn.notice.swift\n", 4, 10, "'without' is one name with its kind", "grb:"),
        (ONE + "where: ev.ra > 1\n", 3, 8, "'where' belongs to 'without'", ""),
        (ONE + "mode: restrat\n", 3, 7, "expected one of latest, restart", "'restart'"),
        (ONE + "escalate: {after: 5m}\n", 3, 11, "an escalation needs 'page'", ""),
        (ONE + "escalate: {after: 5m, unless: acknowleged, page: x}\n", 3, 31, "did you mean 'acknowledged'?", ""),
        (ONE + "escalate: {after: 5m, unless: 'grb.far < 1', page: x}\n", 3, 32, "unknown name 'grb'", ""),
        (ONE + "escalate: {after: 50d, page: x}\n", 3, 19, "at most 30 days", ""),
        (ONE + "mutes: {rules: r, for: 1h}\n", 3, 16, "a rule cannot mute itself", "limit"),
        (ONE + "mutes: {rules: x}\n", 3, 8, "'mutes' needs 'rules' and 'for'", ""),
        (ONE + "mutes: {rules: x, fro: 1h}\n", 3, 19, "unknown key 'fro' in 'mutes'; did you mean 'for'?", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_placed_and_explained(text: str, line: int, column: int, says: str, hints: str) -> None:
    errors = load_rules(text + DO, "my.yaml").errors
    assert errors
    assert (errors[0].line, errors[0].column) == (line, column), str(errors[0])
    assert says in errors[0].message
    assert hints in errors[0].hint


def test_an_alias_may_be_absent_from_no_condition_but_where() -> None:
    text = ONE + "within: 1h\nwithout: {grb: gcn.notice.swift}\nif: grb.ra > 1\n" + DO
    assert "unknown name 'grb'" in load_rules(text, "my.yaml").errors[0].message


def test_a_schedule_follows_the_clock_on_the_wall() -> None:
    autumn = datetime(2026, 10, 24, 22, tzinfo=UTC)
    first = cron.next_time("30 2 * * *", "Europe/Zurich", autumn)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    # 02:30 comes twice that night, and counts once.
    assert cron.next_time("30 2 * * *", "Europe/Zurich", first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    spring = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert cron.next_time("30 2 * * *", "Europe/Zurich", spring) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_schedule_that_never_comes_is_refused() -> None:
    with pytest.raises(FormatError, match="failed to find next date"):
        cron.check("0 0 31 2 *")


@pytest.mark.parametrize(
    ("text", "seconds"), [("-10m", -600.0), ("+1h", 3600.0), ("0s", 0.0), (0.0, 0.0), ("2 d", 172800.0)]
)
def test_times_relative_to_t0(text: object, seconds: float) -> None:
    assert durations.signed(text) == seconds
