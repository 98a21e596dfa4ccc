"""The page of sanity checks, asked over HTTP as a browser would: what is broken first, history, hostile words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from analyses.checks.contract import Check, Finding
from analyses.checks.looking import Looked
from analyses.checks.recording import record
from console.app import create_app
from nuncius.journal import Journal

NOW = datetime.now(UTC)
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(f"sqlite:///{tmp_path / 'journal.db'}") as opened:
        yield opened


@pytest.fixture
def browser(journal: Journal) -> TestClient:
    return TestClient(create_app(journal, hosts=["testserver"]))


def looked_at(
    journal: Journal, check: str, oks: list[bool | None], *, platform: str = "nuncius", said: str = ""
) -> None:
    never = Finding(name="", ok=None, reason="")
    one = Check(name=check, about="", look=lambda _: never, platform=platform, proves=(check,))
    for number, ok in enumerate(oks):
        reason = said or f"look {number}"
        finding = Finding(name=check, ok=ok, reason=reason, mend="mend it so", values={"total_s": 0.1 * (number + 1)})
        moment = NOW - timedelta(minutes=len(oks) - number)
        record(journal, Looked(check=one, finding=finding, took_s=0.2), moment)


def test_before_any_check_was_made_the_page_says_so(browser: TestClient) -> None:
    assert "No check has been made yet" in browser.get("/checks").text
    assert browser.get("/checks/feeds").status_code == 404


def test_what_is_broken_comes_first_with_its_mend_and_its_thread(browser: TestClient, journal: Journal) -> None:
    looked_at(journal, "disk", [True] * 3)
    looked_at(journal, "feeds", [True, False, False, False])
    looked_at(journal, "crab", [True], platform="mmoda")
    looked_at(journal, "token", [None], platform="mmoda")
    page = browser.get("/checks").text
    names = re.findall(r'<a href="/checks/([a-z]+)">', page)
    assert names == ["feeds", "disk", "crab", "token"]
    assert "1 broken" in page
    assert page.count("mend it so") == 1
    (thread,) = re.findall(r'<a href="(/thread/[^"]+)">its thread', page)
    incident = browser.get(thread).text
    assert "Check feeds" in incident
    assert '<span class="badge warning">open</span>' in incident
    assert "feeds is failing" in incident
    proven = re.findall(r'<span class="feature">([a-z]+)</span>', page)
    assert proven == ["disk", "crab"], "a feature whose check fails is not proven"


def test_a_check_has_a_page_with_its_looks_and_a_picture_of_them(browser: TestClient, journal: Journal) -> None:
    looked_at(journal, "canary", [True, True, False, True])
    page = browser.get("/checks/canary").text
    assert page.count("<tr><td>") == 4
    bars = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="[\d.]+" width="4" height="([\d.]+)">', page)
    assert [health for health, _, _ in bars] == ["good", "good", "bad", "good"]
    heights = [float(height) for _, _, height in bars]
    assert heights == sorted(heights), "as high as it took long"
    assert "The last 4 looks: 1 broken" in page
    assert "total_s 0.4" in page


def test_the_pages_hold_no_script_or_style_of_their_own_and_what_a_check_says_stays_text(
    browser: TestClient, journal: Journal
) -> None:
    looked_at(journal, "feeds", [False, False], said=HOSTILE)
    for path in ("/checks", "/checks/feeds"):
        answer = browser.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert HOSTILE not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert not re.search(r"<style|style=|<script(?! src=)|\son\w+=", answer.text)


def test_machines_read_the_same_as_json(browser: TestClient, journal: Journal) -> None:
    looked_at(journal, "feeds", [True, False, False])
    (state,) = json.loads(browser.get("/api/checks.json").content)["checks"]
    assert (state["check"], state["state"], state["ok"], state["incident"]) == ("feeds", "failing", False, 1)


def test_a_page_that_is_open_learns_of_new_looks(browser: TestClient, journal: Journal) -> None:
    before = browser.get("/api/version.json").json()
    looked_at(journal, "disk", [True, True])
    middle = browser.get("/api/version.json").json()
    looked_at(journal, "disk", [True])
    assert len({json.dumps(v) for v in (before, middle, browser.get("/api/version.json").json())}) == 3
