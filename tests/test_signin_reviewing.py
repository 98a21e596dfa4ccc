"""Reviews on the page: the desk's own acts by whoever is signed in, by HTTP and in a real headless Chromium."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from local_oidc import CLIENT, SECRET, providing
from rules_samples import Night, retraction
from test_console_browser import CHROMIUM
from test_desk_reviewing import acts, newest, night
from test_signin_tokens import Browser, serving

from chat.people import People, Person, Role
from console.oidc_settings import OidcSettings
from console.views import href
from nuncius.journal.access import Access
from nuncius.journal.audit import Audit

__all__ = ["night"]

PEOPLE = People({"ann": Person(sign_in=("ann-laptop", "ann@example.org"), role=Role.REVIEWER, slack="U0ANN")})


@contextmanager
def signed_in(night: Night, role: str = "reviewer", name: str = "ann-laptop") -> Iterator[Browser]:
    token = Access(night.journal).new_token("token", name, role, by="test", now=datetime.now(UTC))
    with serving(night.journal, rules=lambda: night.book.rules, people=PEOPLE) as site:
        browser = Browser(site)
        assert browser.sign_in(token).status == 303
        yield browser


def page_of(night: Night) -> str:
    obj = newest(night, "Send it?").thread
    return href(obj)


def forms_about(page: str, about: str) -> list[dict[str, str]]:
    """The hidden fields of each form of a page that is about this."""
    found = []
    for form in re.findall(r"<form[^>]*action=\"/act\".*?</form>", page, re.DOTALL):
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        if fields.get("about") == about:
            found.append(fields)
    return found


def test_a_reviewer_approves_on_the_page_and_the_act_is_as_if_done_on_slack(night: Night) -> None:
    about = f"report:{newest(night, 'Send it?').key}"
    with signed_in(night) as browser:
        form, _ = forms_about(browser.get(page_of(night)).body.decode(), about)
        answer = browser.send("/act", **form, do="approve")
        assert answer.status == 200
        assert b"Approved by ann: Send it?" in answer.body
        again = browser.send("/act", **form, do="approve")
        assert again.status == 200
        assert b"It was done when you first sent it" in again.body
        night.works()
        assert night.titles()[-1] == "sent"
        page = browser.get(page_of(night)).body.decode()
        assert not forms_about(page, about), "a question that is over asks nobody"
    (stored,) = night.journal.read(0, kinds=["review"])
    told = stored.event.data
    assert (stored.event.kind, told["by"], told["person"]) == ("review.approved", "ann", "person:ann")
    noted = [(act.act, act.person, act.about) for act in Audit(night.journal).acts()]
    assert noted[-2:] == [("POST /act", "person:ann", f"approve {about}"), ("signed in", "person:ann", "token")]


def test_the_other_acts_do_what_they_do_on_slack(night: Night) -> None:
    about = f"report:{newest(night, 'Area of').key}"
    with signed_in(night) as browser:
        page = browser.get(page_of(night)).body.decode()
        plain, reasoned = forms_about(page, about)
        why = browser.send("/act", **plain, do="why")
        assert b"near: fired" in why.body
        muted = browser.send("/act", **plain, do="mute").body.decode()
        assert "Muted: near about" in muted
        (undo,) = re.findall(r'name="about" value="(\d+)"', muted)
        ended = browser.send("/act", **(plain | {"about": undo}), do="unmute")
        assert b"Heard again: near" in ended.body
        asked = browser.send("/act", **reasoned, do="reject", why="")
        assert (asked.status, b"A reason, please" in asked.body) == (409, True)
        wrong = browser.send("/act", **(reasoned | {"mark": "b" * 12}), do="reject", why="<b>the wrong</b> area")
        assert b"Noted: rejected" in wrong.body
        page = browser.get(page_of(night)).body.decode()
        assert "says ann" in page
        assert "<b>the wrong</b>" not in page
        about = f"report:{newest(night, 'Area of').key}"
        plain, reasoned = forms_about(page, about)
        assert b"Again (run 2)" in browser.send("/act", **plain, do="rerun").body
        assert b"Noted: not related" in browser.send("/act", **reasoned, do="unrelated").body
        (seen,) = forms_about(page, newest(night, "Send it?").thread)
        assert b"ann looks after" in browser.send("/act", **seen, do="seen").body
    assert acts(night) == [
        "review.muted", "review.unmuted", "review.rejected", "review.repeated", "review.unrelated", "review.seen",
    ]  # fmt: skip


def test_a_viewer_sees_no_buttons_and_is_refused_by_the_desk(night: Night) -> None:
    about = f"report:{newest(night, 'Send it?').key}"
    with signed_in(night, "viewer") as browser:
        page = browser.get(page_of(night)).body.decode()
        assert not forms_about(page, about)
        form = {"form_token": browser.mark("/account"), "about": about, "mark": "a" * 12}
        answer = browser.send("/act", **form, do="approve")
        assert (answer.status, b"That is for reviewers" in answer.body) == (409, True)
        assert browser.send("/act", **form, do="why").status == 200
        assert browser.send("/act", **form, do="subscribe").status == 400, "no verb of this door"
        assert browser.send("/act", **(form | {"mark": "x"}), do="why").status == 400
    assert acts(night) == []


def test_nobody_acts_without_signing_in(night: Night) -> None:
    about = f"report:{newest(night, 'Send it?').key}"
    with serving(night.journal, rules=lambda: night.book.rules) as site:
        browser = Browser(site)
        assert not forms_about(browser.get(page_of(night)).body.decode(), about)
        answer = browser.send("/act", do="approve", about=about, mark="a" * 12)
        assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=%2F")
    assert acts(night) == []


def test_after_a_retraction_a_late_answer_is_refused_politely(night: Night) -> None:
    about = f"report:{newest(night, 'Send it?').key}"
    with signed_in(night) as browser:
        form, _ = forms_about(browser.get(page_of(night)).body.decode(), about)
        night.hears(retraction("b", object=None, received=night.clock.now() + timedelta(minutes=30)))
        answer = browser.send("/act", **form, do="approve")
        assert (answer.status, b"Too late" in answer.body) == (409, True)


def test_a_program_acts_by_its_token_without_a_form_of_ours(night: Night) -> None:
    (asked,) = night.journal.reviews(open_only=True)
    token = Access(night.journal).new_token("token", "shift-bot", "reviewer", by="test", now=datetime.now(UTC))
    with serving(night.journal, rules=lambda: night.book.rules) as site:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/x-www-form-urlencoded"}
        answer = site.ask("POST", "/act", f"do=approve&about={asked.id}&mark=12345678", headers)
        assert answer.status == 200
    assert acts(night) == ["review.approved"]


# --- in a browser ---

VISIT = """
import json, sys
from playwright.sync_api import sync_playwright
from axe_playwright_python.sync_playwright import Axe
address, chromium, thread, token, shots = sys.argv[1:]
out = {"said": [], "wrong": []}
def look(page, name):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    out["wrong"] += [(name, v["id"], v["nodes"][0]["html"][:200]) for v in found]
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    out["wrong"] += [(name, "scrolls sideways", "")] if wide else []
    if shots:
        page.screenshot(path=f"{shots}/{name}.png", full_page=True)
with sync_playwright() as p:
    browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"])
    for scheme in ("dark", "light"):
        context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda m: out["said"].append(m.text))
        page.on("pageerror", lambda e: out["said"].append(str(e)))
        page.goto(address + thread)
        assert page.url.split("?")[0] == address + "/sign-in", page.url
        look(page, f"sign-in-{scheme}")
        if scheme == "dark":
            page.get_by_label("Token").fill("nuncius_wrong")
            page.keyboard.press("Enter")
            page.get_by_role("alert").wait_for()
            out["refused"] = page.get_by_role("alert").inner_text()
            look(page, "sign-in-refused")
            page.goto(address + thread)
            page.get_by_label("Token").fill(token)
            page.get_by_role("button", name="Sign in").click()
        else:
            page.get_by_role("link", name="Sign in with the observatory").click()
        page.wait_for_url("**" + thread)
        out.setdefault("cookies", []).append(
            [(c["httpOnly"], c["sameSite"], "nuncius" in c["name"]) for c in context.cookies()])
        out.setdefault("scripts_see", []).append(page.evaluate("document.cookie"))
        if scheme == "dark":
            question = page.locator("article", has_text="Send it?")
            question.locator("summary", has_text="Answer").press("Enter")
            look(page, "thread-reviewing")
            question.get_by_role("button", name="Approve").click()
            page.get_by_role("heading", level=1).wait_for()
            out["answer"] = page.get_by_role("heading", level=1).inner_text()
            look(page, "answered")
            page.get_by_role("link", name="Back").click()
        page.locator(".who a").click()
        out.setdefault("who", []).append(page.get_by_role("heading", level=1).inner_text())
        look(page, f"account-{scheme}")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in*")
    browser.close()
print(json.dumps(out))
"""


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no chromium on the path; install it or set NUNCIUS_CHROMIUM")
def test_in_a_browser_one_signs_in_both_ways_reviews_and_signs_out(night: Night, tmp_path: Path) -> None:
    pytest.importorskip("playwright", reason="playwright is not installed")
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    token = Access(night.journal).new_token("token", "ann-laptop", "reviewer", by="test", now=datetime.now(UTC))
    with providing() as provider:
        settings: dict[str, Any] = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
        oidc = OidcSettings(**settings, label="the observatory")
        options = {"rules": lambda: night.book.rules, "people": PEOPLE, "oidc": oidc, "sign_in": True}
        with serving(night.journal, **options) as site:
            address = f"http://127.0.0.1:{site.port}"
            ran = subprocess.run(
                [sys.executable, "-c", VISIT, address, str(CHROMIUM), page_of(night), token, ""],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
    assert ran.returncode == 0, ran.stderr[-3000:]
    seen = json.loads(ran.stdout)
    assert seen["wrong"] == []
    # The refused token, and the sample's pictures, which are none.
    assert [line for line in seen["said"] if "403" not in line and "404" not in line] == []
    assert "not known here" in seen["refused"]
    assert seen["answer"] == "Approved by ann: Send it?"
    assert seen["who"] == ["ann", "ann"], "the token and the provider's account are one person"
    assert seen["cookies"] == [[[True, "Lax", True]]] * 2
    assert seen["scripts_see"] == ["", ""]
    assert acts(night) == ["review.approved"]
