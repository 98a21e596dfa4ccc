"""Writes the pictures of the page in docs/images from the demo night, in a real Chromium at desktop and phone width:
python tests/write_console_pictures.py [FOLDER]."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
NUNCIUS = str(Path(sys.executable).with_name("nuncius"))
CHROMIUM = os.environ.get("NUNCIUS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
#: Name of the picture, address, and what to bring to the top of it.
PAGES = (
    ("console-now", "/", ""),
    ("console-object", "/thread/G298048", ""),
    ("console-sky", "/thread/G298048", "#pictures"),
    ("console-rule", "/rules/gw-neutron-star?event=MS170817b", "#why"),
    ("console-subscription", "/subscriptions/new", "#would"),
)
SENTENCE = "binary neutron stars nearer than 200 Mpc"
WIDTHS = (("", 1280, 900), ("-phone", 390, 844))


@contextmanager
def night(folder: Path) -> Iterator[str]:
    """The demo night, wholly reported, at the address that is given."""
    command = [NUNCIUS, "demo", "--data-dir", str(folder), "--port", "8931"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    try:
        line = next((line for line in demo.stdout if line.startswith("Threads and plots: ")), None)
        if line is None:
            raise SystemExit("the demo ended without a page")
        threading.Thread(target=demo.stdout.read, daemon=True).start()
        yield line.split()[3].rstrip("/")
    finally:
        demo.terminate()
        demo.wait(30)


def sign_in(page: Any, address: str, folder: Path) -> None:
    """As a person with a token that the command line makes."""
    settings = folder / "pictures.toml"
    settings.write_text(f'data_dir = "{folder}"\n')
    made = subprocess.run(
        [NUNCIUS, "token", "new", "ann", "--config", str(settings)], capture_output=True, text=True, check=True
    )
    page.goto(f"{address}/sign-in")
    page.locator("input[type=password]").fill(made.stdout.strip())
    page.locator("form button[type=submit]").first.click()
    page.wait_for_load_state()


def take(page: Any, address: str, path: str, top: str, file: Path) -> None:
    """One picture of what is in sight."""
    page.goto(address + path)
    if path.startswith("/thread/"):
        page.wait_for_selector(".skymap:not([hidden]) canvas", timeout=60_000)
    if path == "/subscriptions/new":
        page.locator("details:has(#by-sentence):not([open]) > summary").click()
        page.locator("#sentence").fill(SENTENCE)
        page.get_by_role("button", name="Preview the sentence").click()
        page.wait_for_selector("form.acts", timeout=60_000)
    if top and page.locator(top).count():
        page.locator(top).first.evaluate("item => item.scrollIntoView()")
    page.wait_for_timeout(700)
    page.screenshot(path=str(file))


def main() -> None:
    from playwright.sync_api import sync_playwright

    out = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, night(Path(scratch)) as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(color_scheme="dark")
        page = context.new_page()
        sign_in(page, address, Path(scratch))
        for name, path, top in PAGES:
            for suffix, width, height in WIDTHS:
                page.set_viewport_size({"width": width, "height": height})
                take(page, address, path, top, out / f"{name}{suffix}.png")
                print(out / f"{name}{suffix}.png")
        browser.close()


if __name__ == "__main__":
    main()
