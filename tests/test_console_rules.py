"""The pages of rules: how they stand, what they did, why and why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from chat_samples import OBJECT, T0, know, notice, open_journal
from console_site import Site, running
from test_console_page import Outline

from nuncius.journal import Journal
from nuncius.journal.records import Decided, Decision, NewReaction, Silence
from reactors.loader import load_rules
from reactors.ruleset import RuleSet

RULES = """rule: well-placed
about: A notice with a small error.
when: gcn.notice.fermi.gbm
if: ev.ra_dec_error < 5
do:
  - post: Well placed
---
rule: resting
status: off
when: gcn.notice
do:
  - post: Never
"""
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "GRB 170817A")
        wanted = NewReaction(slot="s", key="k", rule="bright", rule_hash="h", object=OBJECT, severity="warning")
        private = NewReaction(slot="p", key="p", rule="subscription-7", rule_hash="h", object=OBJECT)
        trace = [{"if": "ev.far < 1e-6", "is": True}]
        said = Decision(rule="bright", rule_hash="h", outcome="fired", reason=f"all hold {HOSTILE}", trace=trace)
        opened.decide("reactors", 1, [Decided(seq=1, reactions=[wanted, private], decisions=[said])])
        yield opened


@pytest.fixture
def site(journal: Journal) -> Iterator[Site]:
    rules = RuleSet(load_rules(RULES, "rules.yaml").rules)
    with running(journal, rules=lambda: rules) as served:
        yield served


def page(site: Site, path: str) -> Outline:
    answer = site.get(path)
    assert answer.status == 200, answer.body
    return Outline(answer.body.decode())


def test_all_rules_stand_in_a_list_with_their_status(site: Site) -> None:
    shown = page(site, "/rules").shown
    assert shown.index("well-placed") < shown.index("resting off")
    assert "A notice with a small error." in shown


def test_a_rule_that_is_gone_still_shows_what_it_did_and_said(site: Site) -> None:
    shown = page(site, "/rules/bright")
    assert "bright gone" in shown.shown
    assert "all hold <script>alert(1)</script>" in shown.shown, "as text"
    assert not [tag for tag, attrs in shown.tags if tag == "script" and "src" not in attrs]
    assert "/thread/G298048" in [a.get("href") for a in shown.all("a")]
    assert "ev.far < 1e-6" in shown.shown


@pytest.mark.parametrize("event", ["gbm-1", "grb%20170817a"])
def test_why_not_is_worked_out_from_the_event_or_any_name(site: Site, event: str) -> None:
    shown = page(site, f"/rules/well-placed?event={event}").shown
    assert "ev.ra_dec_error < 5" in shown
    assert "11.6" in shown


@pytest.mark.parametrize("event", ["nobody", "%2Fetc%2Fpasswd", "pyproject.toml", "x" * 300])
def test_nonsense_gets_help_and_reads_no_file(site: Site, event: str) -> None:
    shown = page(site, f"/rules/well-placed?event={event}").shown
    assert "name an event's id" in shown
    assert "root:" not in shown


def test_a_silence_is_told(journal: Journal, site: Site) -> None:
    journal.silence(
        Silence(rule="well-placed", object=OBJECT, why="maintenance", since=T0, until=T0 + timedelta(days=99999))
    )
    assert "Silenced for G298048" in page(site, "/rules/well-placed").shown


@pytest.mark.parametrize("name", ["unheard-of", "subscription-7", "..%2F..", "%00"])
def test_what_is_nobodys_or_one_persons_is_not_found(site: Site, name: str) -> None:
    assert site.get(f"/rules/{name}").status == 404
