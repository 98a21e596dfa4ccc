"""Fields that events of a kind do not have are found when a rule is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import write_event_fields as writer

from listeners.files import walk
from nuncius.core.event import Event
from reactors.context import context
from reactors.eventfields import fields_of, strange_field
from reactors.loader import load_rules


def warnings(text: str) -> list[str]:
    loaded = load_rules(text + "do: {post: x}\n", "my.yaml")
    assert loaded.errors == []
    return [f"{p.line}:{p.column} {p.message}" for p in loaded.problems]


def test_a_field_of_another_mission_is_a_warning_with_its_owners() -> None:
    (told,) = warnings("rule: r\nwhen: gcn.notice.fermi.gbm\nif: ev.p_astro.BNS > 0.5\n")
    assert told.startswith("3:5 no gcn.notice.fermi.gbm has had a field 'p_astro' so far; it is a field of ")
    assert "lvk.alert" in told


def test_fields_of_aliases_are_looked_at_each_by_its_own_kinds() -> None:
    text = "rule: r\nwhen: {nu: gcn.notice.icecube, gw: lvk.alert}\nwithin: 1h\n"
    assert warnings(text + "if: [nu.signalness > 0.5, gw.p_astro.BNS > 0.5, ev.signalness > 0.5]\n") == []
    (told,) = warnings(text + "if: [gw.signalness > 0.5]\n")
    assert "no lvk.alert has had a field 'signalness'" in told
    text = text.replace("within: 1h", "within: {of: gw, from: 0s, to: 1h}")
    (told,) = warnings(text + "if: [ev.signalness > 0.5]\n")
    assert "no lvk.alert" in told


def test_what_one_of_several_kinds_has_is_fine_and_so_is_what_is_asked_for() -> None:
    assert warnings("rule: r\nwhen: [gcn.notice.fermi.gbm, lvk.alert]\nif: ev.p_astro.BNS > 0.5\n") == []
    assert warnings("rule: r\nwhen: gcn.notice.fermi\nif: has(ev.p_astro) && ev.p_astro.BNS > 0.5\n") == []
    assert warnings("rule: r\nwhen: custom.mine\nif: ev.far > 0.5 && ev.whatever > 1\n") == []


def test_what_is_within_a_field_is_looked_at_where_that_is_closed() -> None:
    (told,) = warnings("rule: r\nwhen: lvk.alert\nif: ev.p_astro.BSN > 0.5\n")
    assert told == "3:5 no notice has 'BSN' in its 'p_astro'; did you mean 'BNS'?; received: ev.p_astro.BSN > 0.5"
    (told,) = warnings("rule: r\nwhen: lvk.alert\nif: ev.properties.hasNS > 0.5\n")
    assert "did you mean 'HasNS'?" in told
    fine = "ev.p_astro.BNS + ev.p_astro['NSBH'] > 0.5 && has(ev.properties.HasNew) && ev.properties.HasNew > 0"
    assert warnings(f'rule: r\nwhen: lvk.alert\nif: "{fine}"\n') == []


def test_a_timer_has_no_position() -> None:
    (told,) = warnings("rule: r\nwhen: {every: 1h}\nif: ev.ra > 0.5\n")
    assert "no timer has had a field 'ra'" in told


def test_texts_are_looked_at_too() -> None:
    text = "rule: r\nwhen: gcn.notice.fermi.gbm\ndo: {post: 'p ${ev.p_astro.BNS}'}\n"
    (problem,) = load_rules(text, "my.yaml").problems
    assert (problem.level, problem.line, problem.column) == ("warning", 3, 17)


def test_every_kind_has_the_envelope() -> None:
    event = Event(id="e", kind="timer", source="s", received=writer.datetime.now(writer.UTC))
    for kind in ("lvk.alert", "gcn.notice.fermi.gbm.fin_pos", "timer", "kg.fact"):
        assert set(context(event)) <= (fields_of(kind) or set())
    assert fields_of("gcn.notice.never_heard_of") is None
    assert strange_field("whatever", ["gcn.notice.never_heard_of"]) == ""


@pytest.mark.shared_data
def test_no_real_notice_would_be_warned_about(shared_data: Path) -> None:
    # Real notices: timstaley/voevent-tarballs, nasa-gcn/gcn-schema, peppedilillo/gcn-notice-parser, scimma/hop-client.
    wrong = {
        (kind, word)
        for message in walk([shared_data / "notices"], now=writer.datetime.now(writer.UTC))
        for kind, words in writer.words_of(message)
        for word in words
        if not kind.startswith(writer.NOBODY) and strange_field(word, [kind])
    }
    assert wrong == set()
