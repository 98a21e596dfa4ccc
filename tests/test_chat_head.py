"""What the first message of a thread says, and what a note about an edit says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from chat_samples import MOCK, OBJECT, T0, know, notice, open_journal, report, table

from chat.changes import what_changed
from chat.dossier import read
from chat.head import Present, head_report
from chat.known import facts
from chat.markdown import plain
from nuncius.core.event import Event, Tense
from nuncius.core.report import Report, ReportState, Severity
from nuncius.core.result import Table
from nuncius.journal import Journal, ObjectSummary, Stored


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        yield opened


def present(journal: Journal, obj: str = OBJECT) -> Present:
    now = read(journal, obj).present
    assert now is not None
    return now


def known(events: Sequence[Event], reports: Sequence[Report] = ()) -> dict[str, str]:
    stored = [Stored(seq=n, event=event, journalled=event.received) for n, event in enumerate(events, start=1)]
    summary = ObjectSummary(
        object=OBJECT,
        names=[],
        first_seq=1,
        last_seq=len(events),
        events=len(events),
        trigger_time=T0,
        tenses=[],
        retracted=False,
        updated=T0,
    )
    return dict(facts(summary, stored, reports))


def lvk(event_id: str, tense: Tense = Tense.INITIAL, **data: Any) -> Event:
    words = {"mission": "LVK", "instrument": "H1L1V1", "messenger": "GW", **data}
    return Event(
        id=event_id, kind="lvk.alert.update", source="gcn", received=T0, trigger_time=T0, tense=tense, data=words
    )


def test_a_newer_notice_of_an_instrument_replaces_its_older_one() -> None:
    wide = notice("a", ra=10.0, dec=5.0, ra_dec_error=1.0)
    newer = notice("b", tense=Tense.UPDATE, ra=20.0, dec=5.0, ra_dec_error=2.0)
    assert known([wide, newer])["Position"].startswith("RA 20.00°, Dec +5.00° ± 2°")


def test_the_most_precise_position_of_several_instruments_is_shown() -> None:
    swift = notice("b", mission="Swift", instrument="XRT", ra=197.45041, dec=-23.38150, ra_dec_error=0.0006)
    assert known([swift, notice("a")])["Position"] == "RA 197.45041°, Dec −23.38150° ± 2.2″ (68 %), Swift XRT"


def test_a_retraction_takes_its_own_position_away_and_no_other() -> None:
    swift = notice("b", mission="Swift", instrument="XRT", ra=1.0, dec=2.0, ra_dec_error=0.0006)
    gone = notice("c", tense=Tense.RETRACTION, mission="Swift", instrument="XRT")
    assert "Fermi GBM" in known([notice("a"), swift, gone])["Position"]
    assert "Position" not in known([notice("a"), notice("d", tense=Tense.RETRACTION)])


def test_a_light_curve_without_position_does_not_hide_the_position() -> None:
    later = notice("b", tense=Tense.UPDATE)
    bare = {key: value for key, value in later.data.items() if key not in ("ra", "dec", "ra_dec_error")}
    assert "176.8" in known([notice("a"), msgspec.structs.replace(later, data=bare)])["Position"]


def test_area_and_position_of_a_sky_map_come_from_the_standing_report() -> None:
    rows: list[list[str | float | None]] = [["area 90", "31.24 deg2"], ["ra", "196.5 deg"], ["dec", "-22.02 deg"]]
    values = Table(name="values", columns=["quantity", "value"], rows=rows)
    said = known([lvk("a")], [report(tables=[values])])
    assert said["90 % area"] == "31.2 deg²"
    assert said["Position"] == "RA 196.50°, Dec −22.02°, best of the sky map"
    assert "90 % area" not in known([lvk("a")], [report(tables=[values], state=ReportState.RETRACTED)])


def test_a_redshift_read_from_a_circular_is_shown_unless_it_is_hedged() -> None:
    words = {"predicate": "redshift", "value": 0.009783, "circular": 21547.0}
    fact = Event(id="f", kind="kg.fact", source="kg", received=T0, data={**words, "assertion": "asserted"})
    assert known([fact])["Redshift"] == "0.009783 (circular 21547)"
    hedged = msgspec.structs.replace(fact, data={**words, "assertion": "hedged"})
    assert "Redshift" not in known([hedged])


def test_a_fact_read_in_a_circular_is_not_what_was_heard_last() -> None:
    fact = Event(id="f", kind="kg.fact", source="kg", received=T0 + timedelta(hours=1), data={"predicate": "redshift"})
    assert known([lvk("a"), fact])["Last heard"] == known([lvk("a")])["Last heard"]


@pytest.mark.parametrize(
    ("far", "words"),
    # 1 / (3.48e-12 Hz) is 9,106 Julian years; 3.8e-7 Hz is one in 30.5 days, 12 a year.
    [(3.48e-12, "one in 9,106 years"), (3.8e-7, "12 a year")],
)
def test_false_alarm_rates_are_said_in_years(far: float, words: str) -> None:
    assert known([lvk("a", far=far)])["False alarms"] == words


def test_values_that_are_no_numbers_are_left_out() -> None:
    odd = lvk("a", far=float("nan"), ra="x", dec=None, luminosity_distance=float("inf"))
    assert set(known([odd])) == {"T0", "Seen by", "Last heard"}


def test_what_it_is_comes_from_the_newest_classification(journal: Journal) -> None:
    know(journal, lvk("a", p_astro={"BNS": 0.4, "BBH": 0.6}))
    know(journal, lvk("b", Tense.UPDATE, p_astro={"BNS": 0.99, "BBH": 0.01}))
    assert present(journal).what == "gravitational-wave candidate, BNS 99\u00a0%"


def test_names_are_said_as_people_write_them(journal: Journal) -> None:
    know(journal, notice("a", event_name=["LIGO/Virgo G298048", "grb170817a"]), OBJECT, "GRB 170817A", "fermi-gbm:524")
    now = present(journal)
    assert (now.name, now.aliases) == ("G298048", ["GRB 170817A", "fermi-gbm 524"])


def test_an_object_known_by_a_trigger_number_goes_by_its_name_once_it_has_one(journal: Journal) -> None:
    number = OBJECT.replace("G298048", "fermi-gbm:524666471")
    know(journal, notice("a", event_name=[]), number, "fermi-gbm:524666471")
    assert present(journal, number).name == "fermi-gbm 524666471"
    know(journal, notice("b"), number, "GRB 170817A")
    assert present(journal, number).name == "GRB 170817A"


def test_the_head_changes_with_what_is_known_and_not_with_the_clock(journal: Journal) -> None:
    know(journal, notice("a"))
    first = head_report(present(journal))
    later = msgspec.structs.replace(present(journal), updated=T0 + timedelta(hours=1))
    assert head_report(later).key == first.key
    know(journal, notice("b", tense=Tense.UPDATE, ra=1.0))
    assert head_report(present(journal)).key != first.key


def test_a_retracted_object_says_so_first(journal: Journal) -> None:
    know(journal, lvk("a"))
    know(journal, lvk("b", Tense.RETRACTION, alert_type="retraction"))
    head = head_report(present(journal))
    assert head.state is ReportState.RETRACTED
    assert plain(head.text).startswith("State RETRACTED")


def test_a_mock_is_a_test_and_stays_one_when_it_is_retracted(journal: Journal) -> None:
    know(journal, lvk("a", Tense.TEST), MOCK)
    know(journal, lvk("b", Tense.TEST, alert_type="retraction"), MOCK)
    assert present(journal, MOCK).test


def test_marks_in_an_alert_are_shown_and_not_obeyed(journal: Journal) -> None:
    know(journal, notice("a", mission="*bold* [x](http://evil.example) `y`"))
    assert "*bold* [x](http://evil.example) `y` GBM" in plain(head_report(present(journal)).text)


# --- notes about edits ---


def test_a_note_names_the_numbers_that_changed() -> None:
    old = report(tables=[table(190.0)], severity=Severity.INFO)
    new = report("k2", text="**90 % area** 28 deg²", tables=[table(28.0)], severity=Severity.WARNING)
    assert what_changed(old, new) == [
        "severity info → warning",
        "50 %, area [deg²]: 47.5 → 7",
        "90 %, area [deg²]: 190 → 28",
        "90 % area 190 deg² → 90 % area 28 deg²",
    ]


def test_a_note_stays_short() -> None:
    old, new = report(text="\n\n".join("abcdefgh")), report("k2", text="\n\n".join("stuvwxyz"))
    lines = what_changed(old, new)
    assert len(lines) <= 6
    assert lines[-1].startswith("and ")


def test_a_note_says_when_only_inputs_changed() -> None:
    assert what_changed(report(), report("k2")) == ["inputs changed, the answer did not"]
