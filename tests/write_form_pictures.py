"""Takes docs/images/console-subscribing.png and console-rule-editor.png from a page with a year of sample alerts:
`python tests/write_form_pictures.py`. Needs playwright and a chromium on the path."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "docs" / "images"
PORT, WIDTH = 8797, 1000
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]


def main() -> None:
    """Serve the year, look at it, and leave nothing behind but the pictures."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "console_year.py"), folder, str(PORT)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            token = ast.literal_eval(server.stdout.readline())["ann"]
            _wait()
            chromium = os.environ.get("NUNCIUS_CHROMIUM") or shutil.which("chromium")
            with sync_playwright() as p:
                browser = p.chromium.launch(executable_path=chromium, args=QUIET)
                _subscription(browser, token)
                _editor(browser, token)
                browser.close()
        finally:
            server.terminate()
            server.wait(10)


def _wait() -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {PORT}")


def _enter(browser: Any, token: str, path: str) -> Any:
    page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
    page.goto(f"http://127.0.0.1:{PORT}{path}")
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    return page


def _shoot(page: Any, until: str, name: str) -> None:
    """From the top down to the end of an element."""
    bottom = page.evaluate("q => { const e = [...document.querySelectorAll(q)].pop();"
                           " return e.getBoundingClientRect().bottom + scrollY + 16 }", until)  # fmt: skip
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": bottom}
    page.screenshot(path=IMAGES / f"{name}.png", clip=clip, full_page=True)
    page.close()


def _subscription(browser: Any, token: str) -> None:
    page = _enter(browser, token, "/subscriptions/new")
    page.get_by_label("Tell me of").select_option("gw")
    page.get_by_label("Nearer than").fill("200")
    page.get_by_label("Contains a neutron star").fill("50")
    page.get_by_label("Alerts that are").select_option("both")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.wait_for_selector("#would")
    _shoot(page, "form.acts", "console-subscribing")


def _editor(browser: Any, token: str) -> None:
    page = _enter(browser, token, "/rules/near/edit")
    box = page.get_by_label("The rule, in YAML")
    box.fill(box.input_value().replace("< 200", "< 300"))
    page.get_by_role("button", name="Preview on the last year").click()
    page.wait_for_selector(".would")
    box = page.get_by_label("The rule, in YAML")
    box.fill(box.input_value().replace("about:", "abuot:"))
    page.get_by_text("unknown key 'abuot'").wait_for()
    _shoot(page, ".would", "console-rule-editor")


if __name__ == "__main__":
    main()
