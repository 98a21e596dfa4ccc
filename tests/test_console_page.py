"""The web page, asked over HTTP on loopback as a browser would: pages, pictures, JSON, headers, hostile text."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from chat_samples import MOCK, OBJECT, T0, know, notice, open_journal, picture, png, report, table
from console_site import running

from chat.markdown import parse
from console import views
from console.markup import markup
from console.pages import ago
from console.server import WebSettings, serve
from kg.store import GraphStore
from nuncius.core.errors import ConfigurationError
from nuncius.core.event import Tense
from nuncius.core.report import Link, Picture, ReportState, Severity
from nuncius.core.result import Table
from nuncius.journal import FeedSeen, Journal

HOSTILE = "\"><script>alert('x')</script><img src=x onerror=alert(1)> {{ 7*7 }} ${7*7} &lt; ‮gnp.exe"


@dataclass
class Site:
    port: int

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()

    def text(self, path: str) -> str:
        status, _, body = self.get(path)
        assert status == 200
        return body.decode()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "GRB 170817A", "fermi-gbm:524666471")
        yield opened


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(journal: Journal) -> Iterator[Site]:
    stop, port = threading.Event(), free_port()
    server = threading.Thread(target=serve, args=(journal, WebSettings(port=port), stop))
    server.start()
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    yield Site(port)
    stop.set()
    server.join(timeout=10)
    assert not server.is_alive(), "the server stops when it is told to"


def say(journal: Journal, *reports: object, target: str = "web") -> None:
    journal.enqueue([(target, item) for item in reports], now=T0)  # type: ignore[misc]


class Outline(HTMLParser):
    """What a page consists of: tags with attributes, and its visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def shown(self) -> str:
        return " ".join(" ".join(self.words).split())


# --- pages ---


def test_an_empty_journal_says_that_the_night_is_quiet(site: Site) -> None:
    assert "A quiet night so far" in site.text("/")


def test_the_list_shows_threads_newest_first_with_state_and_picture(journal: Journal, site: Site) -> None:
    sky = picture(journal)
    know(journal, notice("mock", tense=Tense.TEST, event_name=["MS170817b"]), MOCK, "MS170817b")
    say(journal, report("m1", thread=MOCK, event_id="mock"), report(pictures=[sky], severity=Severity.WARNING))
    page = Outline(site.text("/"))
    links = [a["href"] for a in page.all("a") if (a.get("href") or "").startswith("/thread/")]
    assert list(dict.fromkeys(links)) == ["/thread/G298048", "/thread/MS170817b"]
    assert f"/blob/{sky.sha256}.png" in [image["src"] for image in page.all("img")]
    assert "test" in page.shown
    assert "warning" in page.shown
    assert "RA 176.8°, Dec −39.8° ± 11.6° (68 %)" in page.shown


def test_what_a_place_is_told_together_is_no_object_of_the_list(journal: Journal, site: Site) -> None:
    say(journal, report())
    say(journal, report("k2", thread="later:everybody:2017-08-17T13:00:00+00:00", title="Told together", event_id=""))
    assert "later:" not in site.text("/")
    assert "later:" not in site.text("/api/threads.json")
    assert "G298048" in site.text("/")


def test_a_thread_page_has_state_reports_pictures_tables_and_timeline(journal: Journal, site: Site) -> None:
    sky = picture(journal)
    say(journal, report(pictures=[sky], tables=[table()], caveats=["one detector"], links=[
        Link(label="GraceDB", url="https://example.org/G298048")
    ]))  # fmt: skip
    page = Outline(site.text("/thread/G298048"))
    for words in ("gamma-ray burst", "Localization of G298048", "190 deg²", "47.5", "one detector", "GraceDB"):
        assert words in page.shown
    assert "T0 + 1.0 min" in page.shown
    assert "Also known as GRB 170817A, fermi-gbm 524666471" in page.shown
    assert {"src": f"/blob/{sky.sha256}.png", "alt": "Map of the sky, all navy", "loading": "lazy"} in page.all("img")


def test_another_name_of_an_object_leads_to_its_page(site: Site) -> None:
    status, headers, _ = site.get("/thread/GRB%20170817A")
    assert (status, headers["location"]) == (302, "/thread/G298048")


def test_an_unknown_name_is_not_found_and_says_so(site: Site) -> None:
    status, _, body = site.get("/thread/S990101zz")
    assert status == 404
    assert b"Nothing is known of S990101zz" in body


def test_a_thread_about_no_object_has_a_page(journal: Journal, site: Site) -> None:
    say(journal, report(thread="feed:gcn.circulars", title="The circulars feed is silent", event_id=""))
    assert views.href("feed:gcn.circulars") == "/thread/~feed%3Agcn.circulars"
    assert "The circulars feed is silent" in site.text(views.href("feed:gcn.circulars"))


def test_a_thread_whose_name_is_no_iri_has_a_page_beside_a_graph(journal: Journal) -> None:
    say(journal, report(thread="circulars", title="A circular was read", event_id=""))
    with running(journal, graph=GraphStore.in_memory()) as served:
        page = served.get(views.href("circulars"))
    assert page.status == 200, page.body
    assert b"A circular was read" in page.body


def test_a_retracted_report_is_struck_and_stays_readable(journal: Journal, site: Site) -> None:
    say(journal, report())
    know(journal, notice("gbm-2", minutes=9, tense=Tense.RETRACTION))
    say(journal, report("k2", state=ReportState.RETRACTED, text="Taken back by Fermi.", revision=2))
    for path in ("/", "/thread/G298048"):
        page = site.text(path)
        assert re.search(r"<s>\s*Localization of G298048\s*</s>", page)
        assert "retracted" in page
    assert "Taken back by its senders" in page
    assert "Taken back by Fermi." in page


def test_a_revision_replaces_the_report_and_its_history_says_what_changed(journal: Journal, site: Site) -> None:
    say(journal, report())
    say(journal, report("k2", text="**90 % area** 28 deg²", revision=2))
    page = Outline(site.text("/thread/G298048"))
    assert len(page.all("article")) == 1
    assert "1 earlier version" in page.shown
    assert "90 % area 190 deg² → 90 % area 28 deg²" in page.shown


def test_a_report_for_several_targets_is_shown_once_with_how_delivery_stands(journal: Journal, site: Site) -> None:
    say(journal, report())
    say(journal, report(), target="slack")
    page = Outline(site.text("/thread/G298048"))
    assert len(page.all("article")) == 1
    assert "slack: pending" in page.shown


def test_broken_feeds_are_seen_at_once(journal: Journal, site: Site) -> None:
    journal.feed_seen([FeedSeen(feed="gcn.circulars", at=T0), FeedSeen(feed="gcn.heartbeat", at=T0, heartbeat=True)])
    journal.set_feed_state("gcn.circulars", "silent", since=T0, detail="nothing for 3 h")
    page = Outline(site.text("/"))
    assert "1 of 2 feeds broken" in page.shown
    assert "silent: nothing for 3 h" in page.shown


# --- hostile text ---


def test_hostile_text_stays_text_everywhere(journal: Journal, site: Site) -> None:
    hostile = notice("evil", event_name=[HOSTILE], type=HOSTILE, mission=HOSTILE, instrument=HOSTILE)
    know(journal, hostile, OBJECT, HOSTILE)
    sky = picture(journal)
    say(
        journal,
        report(
            title=HOSTILE,
            text=f"{HOSTILE}\n\n**{HOSTILE}**\n- {HOSTILE}\n\n```\n{HOSTILE}\n```\n[x](javascript:alert(1))",
            rule=HOSTILE,
            caveats=[HOSTILE],
            links=[Link(label=HOSTILE, url="javascript:alert(1)"), Link(label="data", url="data:text/html,x")],
            tables=[Table(name=HOSTILE, columns=[HOSTILE], rows=[[HOSTILE]])],
            pictures=[Picture(name=HOSTILE, sha256=sky.sha256, caption=HOSTILE, alt=HOSTILE)],
        ),
    )
    journal.feed_seen([FeedSeen(feed=HOSTILE, at=T0)])
    for path in ("/", "/thread/G298048", "/thread/%3Cscript%3Ealert(1)%3C%2Fscript%3E"):
        _, _, body = site.get(path)
        text = body.decode()
        page = Outline(text)
        assert len(page.all("script")) == 1
        assert (page.all("script")[0]["src"] or "").startswith("/static/")
        assert all(not name.startswith("on") for _, attrs in page.tags for name in attrs)
        assert all(not (a.get("href") or "").startswith(("javascript:", "data:")) for a in page.all("a"))
        assert all((image.get("src") or "").startswith(("/blob/", "/static/")) for image in page.all("img"))
        assert "\u202e" not in text
    assert "{{ 7*7 }} ${7*7}" in Outline(site.text("/thread/G298048")).shown
    assert "<script>alert('x')</script>" in Outline(site.text("/thread/G298048")).shown


def test_a_link_shows_where_it_goes() -> None:
    html = str(markup("[NASA](https://evil.example/login)"))
    assert 'href="https://evil.example/login"' in html
    assert '<span class="host">evil.example</span>' in html


@pytest.mark.parametrize("text", ["- a\n  - b\n    - c\n- d", "1. a\n2. b", "a\n- b\n\nc", "> q", "# h", "\n", ""])
def test_markup_is_balanced(text: str) -> None:
    html = str(markup(text))
    for tag in ("ul", "li", "p", "strong"):
        assert html.count(f"<{tag}>") == html.count(f"</{tag}>")
    assert len(parse(text)) == html.count("<li>") + html.count("<p>") + html.count("<pre>")


# --- pictures, JSON, headers ---


def test_pictures_are_kept_for_ever_and_other_blobs_are_not_given_out(journal: Journal, site: Site) -> None:
    sky, secret = picture(journal), journal.put_blob(b"SIMPLE  =  T / a sky map")
    status, headers, body = site.get(f"/blob/{sky.sha256}.png")
    assert (status, body) == (200, png())
    assert headers["content-type"] == "image/png"
    assert "immutable" in headers["cache-control"]
    assert site.get(f"/blob/{secret}.png")[0] == 404
    assert site.get(f"/blob/{'0' * 64}.png")[0] == 404
    assert site.get("/blob/..%2F..%2Fetc%2Fpasswd.png")[0] == 404


def test_threads_as_json(journal: Journal, site: Site) -> None:
    say(journal, report(severity=Severity.WARNING))
    (thread,) = json.loads(site.text("/api/threads.json"))["threads"]
    assert thread["thread"] == OBJECT
    assert thread["severity"] == "warning"
    assert thread["facts"]["T0"] == "2017-08-17 12:41:04 UTC"
    assert thread["latest"]["title"] == "Localization of G298048"


def test_the_version_changes_with_what_is_to_be_seen(journal: Journal, site: Site) -> None:
    before = json.loads(site.text("/api/version.json"))
    assert before == json.loads(site.text("/api/version.json"))
    say(journal, report())
    assert before != json.loads(site.text("/api/version.json"))


def test_health_is_told(site: Site) -> None:
    assert json.loads(site.text("/healthz")) == {"ok": True, "last_seq": 1}


@pytest.mark.parametrize("path", ["/", "/thread/none", "/healthz", "/blob/x.png", "/nowhere"])
def test_every_answer_carries_the_protecting_headers(site: Site, path: str) -> None:
    _, headers, _ = site.get(path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_other_host_names_are_refused(site: Site) -> None:
    assert site.get("/", Host="evil.example")[0] == 400


def test_nothing_can_be_written(site: Site) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
        connection.request(method, "/")
        assert connection.getresponse().status == 405


def test_styles_and_script_are_served_under_names_that_change_with_them(site: Site) -> None:
    page = Outline(site.text("/"))
    for address in [page.all("script")[0]["src"], page.all("link")[1]["href"]]:
        status, headers, body = site.get(str(address))
        assert status == 200
        assert body
        assert "immutable" in headers["cache-control"]


def test_a_taken_port_is_a_configuration_error(journal: Journal) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        stop = threading.Event()
        try:
            with pytest.raises(ConfigurationError, match="cannot listen"):
                serve(journal, WebSettings(port=holder.getsockname()[1]), stop)
        finally:
            stop.set()


# --- for everybody ---


def test_pages_have_landmarks_one_heading_and_described_pictures(journal: Journal, site: Site) -> None:
    say(journal, report(pictures=[picture(journal)], tables=[table()]))
    for path in ("/", "/thread/G298048"):
        page = Outline(site.text(path))
        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("h1")) == 1
        for landmark in ("header", "nav", "main", "footer"):
            assert page.all(landmark)
        assert all("alt" in image for image in page.all("img"))
        assert all("datetime" in moment for moment in page.all("time"))
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_text_has_the_contrast_that_wcag_asks_for(project: Path, scheme: int) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 for text of normal size."""
    styles = (project / "console" / "static" / "console.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", re.findall(r":root \{(.*?)\}", styles, re.S)[scheme]))
    for ground in ("ground", "panel"):
        for ink in ("text", "soft", "strong", "link", "bad", "warn", "test"):
            light, dark = sorted([luminance(colours[ground]), luminance(colours[ink])], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)


def test_times_are_said_as_people_say_them() -> None:
    from datetime import timedelta

    assert ago(T0, T0 + timedelta(seconds=20)) == "just now"
    assert ago(T0, T0 + timedelta(minutes=3)) == "3 min ago"
    assert ago(T0, T0 + timedelta(days=400)) == "2017-08-17 12:41 UTC"
    assert views.after(timedelta(hours=2.1)) == "T0 + 2.1 h"
    assert views.after(timedelta(seconds=-20)) == "T0 − 20 s"
