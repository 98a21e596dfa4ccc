"""Draft circulars: in the community's words, each number with its unit, error and source, and never sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from rules_samples import GW, NOON, Night, gw

from kg.consumer import GraphConsumer
from kg.store import GraphStore
from nuncius.cli import cli
from nuncius.core.event import Event
from nuncius.journal import Journal
from nuncius.settings import load
from reactors.drafting import AUTHORS, CONTACT, WIDTH, ascii_only, newest_results, written
from reactors.sightings import Moment, Sighting

T0 = datetime(2017, 8, 17, 12, 41, 4, 430000, tzinfo=UTC)


def claim(predicate: str, value: Any, **more: Any) -> dict[str, Any]:
    told = {"predicate": predicate, "value": value, "assertion": "asserted", "source": "GCN 21520", "circular": 21520}
    return told | more


def moment(**more: Any) -> Moment:
    told: dict[str, Any] = {
        "object": GW,
        "name": "GW170817",
        "t0": T0,
        "objects": {},
        "regions": [{"name": "LVK", "sky": {}, "by": "a"}, {"name": "Fermi GBM", "sky": {}, "by": "b"}],
        "markers": [],
        "alerts": {},
        "sightings": [
            Sighting(name="LVK", key="lvk", state="saw", by="lvk.alert.update notice"),
            Sighting(name="Fermi GBM", key="gbm", state="saw", by="GCN 21520"),
            Sighting(name="Swift BAT", key="bat", state="limit", by="GCN 21524"),
        ],
        "claims": [
            claim(
                "fluence",
                2.8e-7,
                unit="erg / cm2",
                minus=2e-8,
                plus=2e-8,
                qualifier={"band": "10-1000 keV", "instrument": "Fermi-GBM"},
            ),
            claim("redshift", 0.009783, minus=2.3e-5, plus=2.3e-5, source="GCN 21547"),
            claim("redshift", 0.5, assertion="hedged", source="GCN 1"),
            claim("t90", 9.0, limit="<", source="GCN 2"),
        ],
        "gaps": [],
    }
    return Moment(**(told | more))


def values(**numbers: Any) -> dict[str, Any]:
    return {"values": {k: v if isinstance(v, dict) else {"value": v, "unit": ""} for k, v in numbers.items()}}


JOINT = values(ra=196.3478, dec=-21.7, ra_dec_error=6.2, containment_probability=0.9, area_90=27.61, consistent=1.0)
PAIR = {"answer": "LVK and Fermi GBM: +2.04 s apart"} | values(
    time_offset=2.04, joint_far=3.2e-16, overlap_integral=2.18
)
ENERGY = values(energy={"value": 5.3e46, "unit": "erg", "plus": 4e45, "minus": 4e45}, luminosity_distance=43.7)


def test_a_draft_has_subject_values_with_units_and_errors_sources_and_places_to_sign() -> None:
    results = {"joint-localization": JOINT, "coincidence LVK and Fermi GBM": PAIR, "energetics": ENERGY}
    made = written(moment(), results)
    assert made.subject == "GW170817: joint localization from LVK, Fermi"
    flat = " ".join(made.body.split())
    for said in (
        "At 2017-08-17 12:41:04.43 UTC (T0) GW170817 was seen by LVK and Fermi GBM (GCN 21520).",
        "RA, Dec (J2000) = 196.35, -21.70 deg, with an uncertainty of 6.2 deg (radius, 90 % containment)",
        "The 90 % credible region covers 27.6 deg2.",
        "The time of Fermi GBM is 2.04 s after that of LVK.",
        "The overlap integral of their regions is 2.18, and the joint false-alarm rate is 3.2e-16 Hz, "
        "or one in 9.9e+07 years.",
        "fluence = (2.8e-07 +/- 2e-08) erg / cm2 in 10-1000 keV by Fermi-GBM (GCN 21520)",
        "redshift = 0.009783 +/- 2.3e-05 (GCN 21547)",
        "isotropic-equivalent energy is (5.30e+46 +/- 4.0e+45) erg",
        "Upper limits are given by Swift BAT (GCN 21524).",
        "Numbers of others are from GCN 21520, GCN 21524, GCN 21547.",
    ):
        assert said in flat, f"{said}\n---\n{made.body}"
    assert made.references == ["GCN 21520", "GCN 21524", "GCN 21547"]
    assert made.body.startswith(AUTHORS)
    assert made.body.endswith(CONTACT)
    assert "0.5" not in flat, "what was only supposed is not quoted"
    assert "T90" not in flat, "nor is a limit as a value"


def test_a_draft_is_plain_ascii_and_no_line_is_longer_than_circulars_are() -> None:
    made = written(moment(name="GRB 221009A α"), {"joint-localization": JOINT})
    assert made.text.isascii()
    assert max(len(line) for line in made.body.splitlines()) <= WIDTH
    assert ascii_only("1.2 ± 0.3 × 10² −4°, 5 × 10⁻⁷ erg / cm²") == "1.2 +/- 0.3 x 10^2 -4 deg, 5 x 10^-7 erg / cm2"


def test_a_spectrum_that_was_only_assumed_is_told_beside_the_energy() -> None:
    run = {"provenance": {"inputs": {"fluence": 2.8e-7, "redshift": 0.009783}}}
    flat = " ".join(written(moment(), {"energetics": ENERGY | run}).body.split())
    assert "43.7 Mpc), with the mean spectrum of bursts (alpha -1.1, beta -2.3, Epeak 250 keV)." in flat


def test_regions_that_disagree_are_said_to() -> None:
    doubtful = values(ra=10.0, dec=1.0, consistent=0.0, area_90=5.0)
    flat = " ".join(written(moment(), {"joint-localization": doubtful}).body.split())
    assert "hardly consistent with one source; this needs a person's judgement" in flat


def test_what_is_not_known_is_left_out() -> None:
    bare = moment(t0=None, regions=[], sightings=[], claims=[])
    made = written(bare, {})
    flat = " ".join(made.body.split())
    assert "nan" not in flat.lower()
    assert "None" not in flat
    assert made.references == []
    assert "Numbers of others" not in flat


RULE = """rule: r
when: lvk.alert
do:
  - draft: circular
    as: circular
  - ask: |
      May this be submitted?
      ${circular.text}
    as: reader
    timeout: 1h
  - post: |
      Approved by ${reader.by}
      ${circular.text}
    to: circulars
"""


def test_nothing_stands_in_the_circulars_thread_until_somebody_approves(tmp_path: Path) -> None:
    n = Night(tmp_path, RULE)
    try:
        n.hears(gw("a", data={"messenger": "GW"}))
        n.works()
        (review,) = n.journal.reviews(open_only=True)
        assert "SUBJECT: GW170817: multi-instrument summary from LVK" in review.question
        assert CONTACT in review.question
        assert n.journal.reports(thread="circulars") == []
        n.journal.answer(review.id, "approved", by="Ann", why="read it", now=n.clock.now())
        n.works()
        (shown, _) = n.journal.reports(thread="circulars")
        assert shown.report.title == "Approved by Ann"
        assert "SUBJECT: GW170817" in shown.report.text
    finally:
        n.close()


def test_only_circulars_can_be_drafted(tmp_path: Path) -> None:
    n = Night(tmp_path, "rule: r\nwhen: lvk.alert\ndo: [{draft: paper}]\n")
    assert any("what can be drafted is a circular" in str(problem) for problem in n.book.problems)
    n.close()


def test_the_newest_result_of_each_analysis_counts_and_mocks_do_not(journal: Journal) -> None:
    def result(name: str, analysis: str, answer: str, tense: str = "initial") -> Event:
        data = {"analysis": analysis, "answer": answer}
        event = Event(id=name, kind="analysis.result", source="t", received=NOON, object=GW, data=data)
        return msgspec.structs.replace(event, tense=msgspec.convert(tense, type(event.tense)))

    journal.append(
        [
            result("1", "energetics", "old"),
            result("2", "energetics", "new"),
            result("3", "energetics", "mock", "test"),
            result("4", "coincidence", "A and B: near"),
            result("5", "coincidence", "A and C: far"),
        ]
    )
    found = {name: data["answer"] for name, data in newest_results(journal, GW).items()}
    assert found == {
        "energetics": "new",
        "coincidence A and B": "A and B: near",
        "coincidence A and C": "A and C: far",
    }


def test_the_command_prints_a_draft_with_what_circulars_say(tmp_path: Path) -> None:
    settings = load(None)
    settings = msgspec.structs.replace(settings, data_dir=tmp_path)
    body = "We measure a redshift of z = 0.009783 +/- 0.000023 from the host's absorption lines."
    said: Mapping[str, Any] = {
        "circular": 21547.0,
        "version": 1.0,
        "subject": "GW170817: redshift",
        "body": body,
        "created": "2017-08-18T01:00:00Z",
        "event_name": ["GW170817"],
    }
    circular = Event(
        id="circular:21547/1",
        kind="gcn.circular",
        source="gcn",
        received=NOON + timedelta(hours=12),
        data=dict(said),
    )
    with Journal.open(settings.journal_url) as journal:
        journal.append(
            [gw("a", object=None, data={"messenger": "GW", "ids": ["GW170817"], "event_name": ["GW170817"]}), circular]
        )
        graph = GraphStore.open(settings.graph_dir)
        GraphConsumer(journal, graph).step()
        graph.close()
    done = CliRunner().invoke(cli, ["draft", "GW170817", "--data-dir", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("SUBJECT: GW170817: multi-instrument summary from LVK")
    assert "redshift = 0.009783 +/- 2.3e-05 (GCN 21547)" in " ".join(done.stdout.split())
    made = CliRunner().invoke(cli, ["draft", "GW170817", "--data-dir", str(tmp_path), "--json"])
    assert msgspec.json.decode(made.stdout)["references"] == ["GCN 21547"]
    nobody = CliRunner().invoke(cli, ["draft", "GRB 990101X", "--data-dir", str(tmp_path)])
    assert nobody.exit_code == 1
    assert "nobody has spoken" in nobody.stderr


@pytest.mark.parametrize("word", ["draft"])
def test_help_teaches_with_an_example(word: str) -> None:
    done = CliRunner().invoke(cli, [word, "-h"])
    assert done.exit_code == 0
    assert "Examples:" in done.output
    assert "Exit status" in done.output
