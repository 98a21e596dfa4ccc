"""Subscriptions and the rule editor in a real headless Chromium, as a person uses them: with and without JavaScript, on
a phone and on a desk, each page by axe-core."""

from __future__ import annotations

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from console_site import Site
from console_year import year
from rules_samples import gw
from test_console_subscriptions import Stand

from chat import unsubscribing

pytest.importorskip("playwright", reason="playwright is not installed (pip install playwright)")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
CHROMIUM = os.environ.get("NUNCIUS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on the path; install it or set NUNCIUS_CHROMIUM"),
]

# In a process of its own: playwright's loop and the blocked sockets of pytest do not get on.
VISIT = """
import json, sys
from playwright.sync_api import sync_playwright
from axe_playwright_python.sync_playwright import Axe
address, chromium, token, scripted, unsubscribe = sys.argv[1:]
quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
out = {"pages": [], "said": []}

def look(page, name):
    # axe is put into the page past its own policy, so that it also works where the page may run no script
    wrong = []
    if scripted == "yes":
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        wrong = [(v["id"], v["nodes"][0]["html"][:160]) for v in found]
    scrolls = page.evaluate("document.documentElement.scrollWidth > innerWidth") if scripted == "yes" else False
    out["pages"].append({"name": name, "wrong": wrong, "scrolls": scrolls})

with sync_playwright() as p:
    browser = p.chromium.launch(executable_path=chromium, args=quiet)
    size = {"width": 390, "height": 844} if scripted == "yes" else {"width": 1280, "height": 900}
    context = browser.new_context(viewport=size, color_scheme="dark", java_script_enabled=scripted == "yes")
    page = context.new_page()
    page.set_default_timeout(10000)
    page.on("console", lambda m: out["said"].append(m.text) if not ("DOM" in m.text or "422" in m.text) else None)
    page.on("pageerror", lambda e: out["said"].append(str(e)))

    page.goto(address + "/subscriptions")
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="New subscription").click()
    look(page, "new")
    page.get_by_label("Tell me of").select_option("gw")
    page.get_by_label("Nearer than").fill("200")
    page.locator("#tell-form").select_option(label="on this page only")
    page.get_by_role("button", name="Preview", exact=True).click()
    out["previewed"] = page.locator("#would").inner_text()
    out["yaml"] = page.locator("pre.yaml").inner_text()
    look(page, "preview")
    page.get_by_role("button", name="Keep it").click()
    out["kept"] = page.locator(".done").inner_text()
    look(page, "mine")
    print("kept", flush=True)
    sys.stdin.readline()
    page.goto(address + "/subscriptions")
    out["told"] = page.locator(".would li").first.inner_text()
    look(page, "told")

    other = browser.new_context(java_script_enabled=scripted == "yes").new_page()
    other.goto(unsubscribe)
    look(other, "unsubscribe")
    other.get_by_role("button", name="Unsubscribe").click()
    out["ended"] = other.get_by_role("heading", level=1).inner_text()
    page.goto(address + "/subscriptions")
    out["after"] = page.locator(".mine > li").count()

    page.goto(address + "/rules/near/edit")
    box = page.get_by_label("The rule, in YAML")
    text = box.input_value()
    box.fill(text.replace("about:", "abuot:"))
    if scripted == "yes":
        page.get_by_text("unknown key 'abuot'").wait_for(timeout=8000)
        out["marked"] = page.locator(".gutter .error").inner_text()
        look(page, "wrong")
        page.get_by_role("button", name="line 2, column 1").click()
        out["caret"] = page.evaluate("document.getElementById('text').selectionStart")
    else:
        page.get_by_role("button", name="Check").click()
    out["problem"] = page.locator("#problems li").first.inner_text()
    page.get_by_label("The rule, in YAML").fill(text.replace("< 200", "< 300"))
    page.get_by_role("button", name="Preview on the last year").click()
    out["gained"] = page.get_by_label("Preview of near").locator("p").first.inner_text()
    look(page, "past")
    page.get_by_role("button", name="Save and put in force").click()
    out["saved"] = page.locator(".done").inner_text()
    page.get_by_role("button", name="Backtest").click()
    if scripted == "yes":
        page.get_by_text("Fired 11 times").wait_for(timeout=30000)
        look(page, "rule")
    browser.close()
print(json.dumps(out))
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, dict[str, str], Path]]:
    """The address of a page in a process of its own, tokens by name, and the folder behind it."""
    from test_console_page import free_port

    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "tests/console_year.py", str(tmp_path), str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        tokens = ast.literal_eval(server.stdout.readline())
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", tokens, tmp_path
    finally:
        server.terminate()
        server.wait(10)


def visited(served: tuple[str, dict[str, str], Path], scripted: str) -> dict[str, Any]:
    """What the visitor saw; once they have subscribed, an alert comes in."""
    address, tokens, folder = served
    try:
        unsubscribing.use(folder, address)
        leave = unsubscribing.unsubscribe_address(1)
    finally:
        unsubscribing.use(folder, "")
    visit = subprocess.Popen(
        [sys.executable, "-c", VISIT, address, str(CHROMIUM), tokens["ann"], scripted, leave],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert visit.stdin is not None
        assert visit.stdout is not None
        first = visit.stdout.readline()
        assert first == "kept\n", visit.communicate()[1][-3000:]
        with year(folder) as (journal, book, _):
            now, words = datetime.now(UTC), {"ids": ["S991231z"], "luminosity_distance": 30.0}
            new = gw("new", object=None, received=now, trigger_time=now - timedelta(minutes=1), data=words)
            pipeline = Stand(site=Site(0), journal=journal, book=book, tokens={}, folder=folder)
            pipeline.hears(new)
        out, err = visit.communicate("go\n", timeout=120)
        assert visit.returncode == 0, err[-3000:]
        seen: dict[str, Any] = json.loads(out)
        return seen
    finally:
        visit.kill()
        visit.wait()


@pytest.mark.parametrize("scripted", ["yes", "no"])
def test_a_person_subscribes_is_told_and_leaves_and_edits_a_rule(
    served: tuple[str, dict[str, str], Path], scripted: str
) -> None:
    seen = visited(served, scripted)
    assert seen["said"] == [], "no error, nothing blocked by the content security policy"
    for page in seen["pages"]:
        assert (page["name"], page["wrong"], page["scrolls"]) == (page["name"], [], False)
    assert seen["previewed"] == "Would have notified you 6 times"
    assert "ev.luminosity_distance < 200" in seen["yaml"]
    assert seen["kept"].startswith("Kept.")
    assert "S991231z: gravitational-wave candidate" in seen["told"]
    assert seen["ended"] == "You are not told of this any more"
    assert seen["after"] == 0
    assert "unknown key 'abuot'; did you mean 'about'?" in seen["problem"]
    assert "4 gained" in seen["gained"]
    assert seen["saved"].startswith("Saved.")
    if scripted == "yes":
        assert "2" in seen["marked"]
        assert seen["caret"] == len("rule: near\n")
    assert "< 300" in (served[2] / "saved" / "near.yaml").read_text(encoding="utf-8")
