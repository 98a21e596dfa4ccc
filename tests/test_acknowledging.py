"""The address in a page by which whoever was paged says that they look after it: signed, and looking at it says
nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_site import Site, running
from rules_samples import Night, gw

from chat import acknowledging
from chat.acknowledging import Acknowledging, Seen, seen_address
from chat.people import People, Person
from chat.slack_buttons import buttons
from console.web_settings import WebSettings
from nuncius.core.report import Report, ReportState, Severity

PEOPLE = People({"ann": Person(email="ann@example.org"), "bo": Person(email="bo@example.org")})
WAKE = 'rule: wake\nwhen: lvk.alert\ndo: [{page: "look at ${ev.name}", to: ann}]\n'
BASE = "https://nuncius.example.org"


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    acknowledging.use(tmp_path, BASE)
    made = Night(tmp_path, WAKE, people=PEOPLE)
    made.runner._routes = lambda reader: ["web"]
    made.hears(gw("a"))
    made.works()
    yield made
    acknowledging.use(tmp_path, "")
    made.close()


@pytest.fixture
def site(night: Night) -> Iterator[Site]:
    # Off this machine nothing else is shown to whoever is not signed in; this is.
    with running(night.journal, web=WebSettings(address=BASE, sign_in=True), people=PEOPLE) as served:
        yield served


def paged(night: Night) -> Report:
    return night.reports()[-1]


def acknowledged(night: Night) -> bool:
    return night.journal.standing(night.journal.reactions()[0].id).acknowledged


def test_looking_says_nothing_and_one_press_says_who_looks_after_it(night: Night, site: Site) -> None:
    path = seen_address(paged(night)).removeprefix(BASE)
    asked = site.get(path)
    assert asked.status == 200
    assert "Do you look after it, ann?" in asked.body.decode()
    assert "look at GW170817" in asked.body.decode()
    assert not acknowledged(night)
    said = site.ask("POST", path)
    assert "ann looks after it" in said.body.decode()
    assert acknowledged(night)
    assert site.ask("POST", path).status == 200, "again is no error"
    noted = [stored.event for stored in night.journal.read(0, limit=100) if stored.event.kind == "review.seen"]
    assert [(event.data["by"], event.data["person"]) for event in noted] == [("ann", "person:ann")]


def test_an_address_that_we_did_not_sign_leads_nowhere(night: Night, site: Site, tmp_path: Path) -> None:
    path = seen_address(paged(night)).removeprefix(BASE)
    end, mac = path.rpartition("/")[2].split(".")
    others = Acknowledging(b"x" * 32, BASE).signed(Seen(paged(night).key, "person:bo"))
    for signed in (end, f"{end}.", f"{end}.{'0' * 32}", f"{end[:-2]}AA.{mac}", others, "..%2f..", "%00", "x" * 3000):
        assert site.ask("POST", f"/seen/{signed}").status in (400, 404), signed
    assert not acknowledged(night)


def test_only_a_page_for_one_person_that_stands_has_such_an_address(night: Night) -> None:
    page = paged(night)
    assert seen_address(page).startswith(f"{BASE}/seen/")
    fields = {"thread": page.thread, "slot": page.slot, "key": page.key, "title": "x", "rule": "wake"}
    everybody = Report(**fields, severity=Severity.PAGE)
    notice = Report(**fields, severity=Severity.NOTICE, to="person:ann")
    over = Report(**fields, severity=Severity.PAGE, to="person:ann", state=ReportState.RETRACTED)
    assert [seen_address(report) for report in (everybody, notice, over)] == ["", "", ""]


def test_a_page_on_slack_has_a_button_for_it_and_other_reports_have_none(night: Night) -> None:
    page = paged(night)
    ((block),) = buttons(page)
    assert block["elements"][0]["value"] == f"seen report:{page.key}"
    fields = {"thread": page.thread, "slot": page.slot, "key": page.key, "title": "x", "rule": "wake"}
    assert "seen report:" not in str(buttons(Report(**fields, severity=Severity.NOTICE)))
