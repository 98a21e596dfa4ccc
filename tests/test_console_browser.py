"""The page in a real headless Chromium: phone and desktop, light and dark, live refresh, hostile text."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_samples import OBJECT, T0, know, notice, open_journal, picture, report, table

from nuncius.journal import FeedSeen

pytest.importorskip("playwright", reason="playwright is not installed (pip install playwright)")
CHROMIUM = os.environ.get("NUNCIUS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on the path; install it or set NUNCIUS_CHROMIUM")

SKY = {"type": "circle", "ra": 176.8, "dec": -39.8, "radius": 11.6, "containment_probability": 0.68}
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

# In a process of its own: playwright's loop and the blocked sockets of pytest do not get on.
VISIT = """
import json, sys, time
from playwright.sync_api import sync_playwright
address, chromium, change = sys.argv[1:]
quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
out = []
with sync_playwright() as p:
    browser = p.chromium.launch(executable_path=chromium, args=quiet)
    for scheme in ("dark", "light"):
        for width in (390, 1280):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            said = []
            page.on("console", lambda m: said.append(m.text))
            page.on("pageerror", lambda e: said.append(str(e)))
            for path in ("/", "/thread/G298048"):
                page.goto(address + path)
                out.append({
                    "scheme": scheme, "width": width, "path": path, "said": list(said), "title": page.title(),
                    "scrolls": page.evaluate("document.documentElement.scrollWidth > innerWidth"),
                    "ground": page.evaluate("getComputedStyle(document.body).backgroundColor"),
                    "pictures": page.evaluate(
                        "[...document.images].map(i => (i.loading = 'eager', i.decode().then(() => i.naturalWidth)))"
                        ".reduce((a, p) => a.then(l => p.then(w => [...l, w])), Promise.resolve([]))"),
                })
    page = browser.new_page()
    page.goto(address + "/thread/G298048")
    page.keyboard.press("Tab")
    out.append({"first_focus": page.evaluate("document.activeElement.textContent")})
    page.get_by_role("link", name="Rules").focus()
    print(json.dumps(out), flush=True)
    sys.stdin.readline()
    page.wait_for_selector("text=Came while you looked", timeout=15000)
    focus = page.evaluate("document.activeElement.getAttribute('href')")
    print(json.dumps({"refreshed": True, "focus": focus}), flush=True)
    browser.close()
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a page served by a process of its own, and the folder of its journal."""
    from test_console_page import free_port

    with open_journal(tmp_path) as journal:
        know(journal, notice("gbm-1", type=HOSTILE, sky=SKY), OBJECT, "GRB 170817A")
        journal.feed_seen([FeedSeen(feed="gcn.notices.*", at=T0)])
        journal.set_feed_state("gcn.notices.*", "disconnected", since=T0, detail=f"{'unbroken/' * 30}: refused")
        item = report(title=f"Sky {HOSTILE}", text=HOSTILE, pictures=[picture(journal)], tables=[table()])
        journal.enqueue([("web", item)], now=T0)
    port = free_port()
    code = (
        "import sys, threading; from console.server import WebSettings, serve; from nuncius.journal import Journal; "
        "serve(Journal.open(sys.argv[1]), WebSettings(port=int(sys.argv[2])), threading.Event())"
    )
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    server = subprocess.Popen([sys.executable, "-c", code, url, str(port)])
    try:
        yield f"http://127.0.0.1:{port}", tmp_path
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.slow
def test_the_page_works_in_a_browser(served: tuple[str, Path]) -> None:
    import json
    import socket
    import time

    address, folder = served
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(address.rsplit(":", 1)[1]))) == 0:
                break
        time.sleep(0.05)
    visit = subprocess.Popen(
        [sys.executable, "-c", VISIT, address, str(CHROMIUM), ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert visit.stdin is not None
    assert visit.stdout is not None
    try:
        *views, focus = json.loads(visit.stdout.readline())
        assert len(views) == 8
        for view in views:
            assert view["said"] == [], "no error, nothing blocked by the content security policy"
            assert "owned" not in view["title"]
            assert not view["scrolls"], view
            assert view["pictures"]
            assert all(width > 0 for width in view["pictures"])
        grounds = {view["scheme"]: view["ground"] for view in views}
        assert grounds["dark"] != grounds["light"]
        assert focus["first_focus"] == "Skip to content"
        with open_journal(folder) as journal:
            journal.enqueue([("web", report("k2", slot="new", title="Came while you looked"))], now=T0)
        visit.stdin.write("go\n")
        visit.stdin.flush()
        assert json.loads(visit.stdout.readline()) == {"refreshed": True, "focus": "/rules"}
    finally:
        visit.kill()
        visit.wait()


# Each page by axe-core, which the package axe-playwright-python carries, at the width of a phone.
LOOK = """
import json, sys
from playwright.sync_api import sync_playwright
from axe_playwright_python.sync_playwright import Axe
address, chromium, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
out = []
with sync_playwright() as p:
    browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"])
    for number, path in enumerate(paths):
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=("dark", "light")[number % 2])
        said = []
        page.on("console", lambda m: said.append(m.text))
        page.goto(address + path)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        out.append({
            "path": path, "said": said, "title": page.title(),
            "scrolls": page.evaluate("document.documentElement.scrollWidth > innerWidth"),
            "wrong": [(v["id"], v["nodes"][0]["html"][:200]) for v in found],
        })
        page.close()
    page = browser.new_page()
    page.goto(address + "/search")
    page.get_by_label("Name").fill("grb 170817a")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="GRB 170817A").click()
    out.append({"heading": page.get_by_role("heading", level=1).inner_text()})
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + "/thread/G298048")
    canvas = page.get_by_role("application")
    canvas.wait_for(timeout=30000)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    at_centre = page.locator(".where").inner_text()
    canvas.focus()
    page.keyboard.press("ArrowUp")
    turned = page.locator(".where").inner_text()
    page.get_by_role("checkbox", name="Fermi GBM").uncheck()
    page.keyboard.press("Tab")
    picture = page.locator(".instead-of-sky")
    out.append({
        "at_centre": at_centre, "turned": turned, "label": canvas.get_attribute("aria-label"),
        "wide": box["width"], "picture": picture.count() and picture.is_visible(),
    })
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(address + "/thread/G298048")
    out.append({"map": plain.locator(".skymap").is_visible(), "reports": plain.locator("article.report").count()})
    browser.close()
print(json.dumps(out))
"""
PAGES = [
    "/",
    "/thread/G298048",
    "/search?name=nobody",
    "/rules",
    "/checks",
    "/regressions",
    "/sparql",
    "/thread/unknown",
]


@pytest.mark.slow
def test_every_page_is_accessible_and_the_search_leads_to_an_object(served: tuple[str, Path]) -> None:
    import json
    import socket
    import time

    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    address, _ = served
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(address.rsplit(":", 1)[1]))) == 0:
                break
        time.sleep(0.05)
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, address, str(CHROMIUM), *PAGES],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    *looks, end, sky, plain = json.loads(ran.stdout)
    for look in looks:
        unexpected = [words for words in look["said"] if "404" not in words]
        assert (look["path"], look["wrong"], unexpected, look["scrolls"]) == (look["path"], [], [], False)
    assert end["heading"] == "G298048", "the name that its page goes by"
    assert sky["at_centre"].startswith("RA 176.8")
    assert "in Fermi GBM 50 %" in sky["at_centre"]
    assert sky["turned"] != sky["at_centre"]
    assert "Fermi GBM, 90 % in" in sky["label"]
    assert sky["wide"] > 340
    assert not sky["picture"]
    assert plain == {"map": False, "reports": 1}
