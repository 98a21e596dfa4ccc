"""A local server that plays arXiv, NASA ADS and The Astronomer's Telegram, on a clock of its own, with their quirks.

Papers appear when they are announced, under the date of their submission; the API lists the last version of each; the
announcements live for a day; the feed of telegrams holds the latest few. Everything in it is invented. It can fail on
request in the ways in which servers do.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from listeners.papers.settings import PapersSettings

TOKEN = "local-ads-token"
ATOM = 'xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"'
OPENSEARCH = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
RDF = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


@dataclass
class Version:
    """One version of a paper: when it was submitted, and when it was announced."""

    stem: str
    version: int
    submitted: datetime
    announced: datetime
    first: datetime
    title: str = "An invented paper"
    comment: str = ""

    @property
    def id(self) -> str:
        return f"arXiv:{self.stem}v{self.version}"

    def entry(self) -> str:
        name = f"<title>{escape(self.title)}</title>" if self.title else ""
        note = f"<arxiv:comment>{escape(self.comment)}</arxiv:comment>" if self.comment else ""
        return (
            f"<entry><id>http://arxiv.org/abs/{self.stem}v{self.version}</id>{name}<updated>{z(self.submitted)}</updated>"
            f"<published>{z(self.first)}</published><summary>Nothing was seen of GCN 42000.</summary>{note}"
            f'<author><name>Ada Example</name></author><category term="astro-ph.HE"/></entry>'
        )


@dataclass
class Fault:
    """What goes wrong with the next request whose address contains `where`."""

    where: str
    sort: str
    value: Any = None


@dataclass
class PaperServer:
    """The services. `arriving` is called before each answer, for kill tests."""

    moment: datetime = datetime(2025, 11, 17, 12, tzinfo=UTC)
    papers: list[Version] = field(default_factory=list)
    telegrams: list[tuple[int, datetime]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    lost_telegrams: set[int] = field(default_factory=set)
    holds: int = 10
    cursors: bool | str = True
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arriving: Callable[[int], None] | None = None

    def __post_init__(self) -> None:
        handler = type("Handler", (_Handler,), {"plays": self})
        self._server = _Quiet(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> PaperServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def settings(self, **changed: Any) -> PapersSettings:
        there = {
            "arxiv_url": f"{self.address}/api/query",
            "arxiv_feed_url": self.address + "/atom/{category}",
            "ads_url": f"{self.address}/v1",
            "ads_token": TOKEN,
            "atel_url": f"{self.address}/atel?rss",
            "atel_one_url": self.address + "/atel?rss+{number}",
        }
        return PapersSettings(**(there | changed))

    def paper(
        self, stem: str, submitted: datetime, *, version: int = 1, held: timedelta | None = None, **more: Any
    ) -> Version:
        """Add a version: announced the next working midnight, or after being held."""
        announced = next_announcement(submitted + (held or timedelta()))
        first = next((p.first for p in self.papers if p.stem == stem), submitted)
        self.papers.append(Version(stem, version, submitted, announced, first, **more))
        return self.papers[-1]

    def count(self, where: str) -> int:
        return sum(where in call for call in self.calls)

    # --- the services ---

    def api(self, asked: dict[str, str]) -> bytes:
        there = [p for p in self.papers if p.announced <= self.moment]
        names = [name for name in asked.get("id_list", "").split(",") if name]
        if names:
            there = [p for p in there if f"{p.stem}v{p.version}" in names]
        else:
            last: dict[str, Version] = {}
            for paper in sorted(there, key=lambda p: p.version):
                last[paper.stem] = paper
            there = sorted(last.values(), key=lambda p: p.submitted, reverse=True)
        if 'all:"burst"' in asked.get("search_query", ""):
            there = [p for p in there if "burst" in p.title]
        start, most = int(asked.get("start", 0)), int(asked.get("max_results", 10))
        return self.atom(there[start : start + most], len(there))

    def atom(self, papers: list[Version], total: int) -> bytes:
        entries = "".join(p.entry() for p in papers)
        head = f"<updated>{z(self.moment)}</updated><opensearch:totalResults>{total}</opensearch:totalResults>"
        return f"<?xml version='1.0' encoding='UTF-8'?><feed {OPENSEARCH} {ATOM}>{head}{entries}</feed>".encode()

    def announcements(self) -> tuple[str, bytes]:
        """The batch of the day, renewed at five in the morning; none at weekends."""
        day = (self.moment - timedelta(hours=5)).date()
        batch = [p for p in self.papers if p.announced.date() == day]
        entries = "".join(
            f"<entry><id>oai:arXiv.org:{p.stem}v{p.version}</id><title>{escape(p.title)}</title>"
            f"<arxiv:announce_type>new</arxiv:announce_type></entry>"
            for p in batch
        )
        return f'"{day}-{len(batch)}"', f"<feed {ATOM}><updated>{z(self.moment)}</updated>{entries}</feed>".encode()

    def search(self, asked: dict[str, str]) -> dict[str, Any]:
        since = asked.get("fq", "entdate:[0001").split("[")[1].split(" ")[0]
        there = [d for d in self.documents if d["entry_date"][:10] >= since and d["shown"] <= self.moment]
        there.sort(key=lambda d: (d["entry_date"], d["bibcode"]))
        rows = int(asked["rows"])
        if not self.cursors:
            asked.pop("cursorMark", None)
        cursor = asked.get("cursorMark", "*")
        left = [d for d in there if cursor == "*" or f"{d['entry_date']}/{d['bibcode']}" > cursor]
        if self.cursors == "refused" and "cursorMark" in asked:
            raise ValueError("Can not search using both cursorMark and timeAllowed")
        if "cursorMark" in asked and not asked["sort"].endswith(("id asc", "id desc")):
            raise ValueError("Cursor functionality requires a sort containing a uniqueKey field tie breaker")
        page = left[:rows] if "cursorMark" in asked else there[int(asked.get("start", 0)) :][:rows]
        docs = [{name: value for name, value in d.items() if name != "shown"} for d in page]
        found: dict[str, Any] = {"responseHeader": {"status": 0}, "response": {"numFound": len(there), "docs": docs}}
        if "cursorMark" in asked:
            last = page[-1] if page else None
            found["nextCursorMark"] = f"{last['entry_date']}/{last['bibcode']}" if last else cursor
        return found

    def telegram_feed(self, one: str) -> bytes:
        there = [t for t in sorted(self.telegrams) if t[1] <= self.moment]
        if one:
            there = [t for t in there if str(t[0]) == one and t[0] not in self.lost_telegrams]
        else:
            there = there[-self.holds :][::-1]
        items = "".join(
            f'<item rdf:about="https://www.astronomerstelegram.org/?read={n}"><title>ATel {n}: Invented</title>'
            f"<link>https://www.astronomerstelegram.org/?read={n}</link><description>Nothing.</description>"
            f"<dc:date>{z(posted)}</dc:date><dc:creator>A. Example</dc:creator></item>"
            for n, posted in there
        )
        return f"<rdf:RDF {RDF}><channel><title>ATel</title></channel>{items}</rdf:RDF>".encode()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    plays: PaperServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Tests look at `calls`."""

    def do_GET(self) -> None:
        plays = self.plays
        plays.calls.append(self.path)
        plays.headers.append({name.lower(): value for name, value in self.headers.items()})
        if plays.arriving is not None:
            plays.arriving(len(plays.calls))
        fault = next((f for f in plays.faults if f.where in self.path), None)
        if fault is not None:
            plays.faults.remove(fault)
            _FAULTS[fault.sort](self, fault.value)
            return
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        if url.path == "/api/query":
            self.give(plays.api(asked))
        elif url.path.startswith("/atom/"):
            self.give_unless_known(*plays.announcements())
        elif url.path == "/v1/search/query":
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.give(b'{"error": "unauthorized"}', status=401)
                return
            try:
                self.give(json.dumps(plays.search(asked)).encode(), kind="application/json")
            except ValueError as error:
                self.give(json.dumps({"error": {"msg": str(error), "code": 400}}).encode(), status=400)
        elif url.path == "/atel":
            body = plays.telegram_feed(url.query.partition("+")[2])
            self.give_unless_known(f'"{hash(body)}"', body)
        else:
            self.give(b"<html>not here</html>", status=404)

    def give_unless_known(self, tag: str, body: bytes) -> None:
        if self.headers.get("If-None-Match") == tag:
            self.give(b"", status=304, extra={"ETag": tag})
        else:
            self.give(body, extra={"ETag": tag})

    def give(
        self, body: bytes, *, status: int = 200, kind: str = "application/xml", extra: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def refuse(self, value: Any) -> None:
        status, headers = value if isinstance(value, tuple) else (value, {})
        self.give(b"<html><h1>We are sorry</h1></html>", status=status, kind="text/html", extra=headers)

    def refuse_with(self, body: bytes) -> None:
        self.give(body, status=400, kind="text/plain")

    def redirect(self, to: str) -> None:
        self.give(b"", status=302, extra={"Location": to or self.path})

    def cut(self, _: Any) -> None:
        body = self.plays.api({"max_results": "10"})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + 1000))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def half(self, _: Any) -> None:
        body = self.plays.api({"max_results": "10"})
        self.give(body[: len(body) // 2])

    def drip(self, pause_s: float) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(pause_s)
        except OSError:
            self.close_connection = True

    def hang(self, seconds: float) -> None:
        time.sleep(seconds)
        self.close_connection = True

    def drop(self, _: Any) -> None:
        self.close_connection = True

    def huge(self, size: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        try:
            for _ in range(size // 65536):
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def say(self, body: bytes) -> None:
        self.give(body)

    def empty(self, total: int) -> None:
        self.give(self.plays.atom([], total))


_FAULTS: dict[str, Callable[[Any, Any], None]] = {
    name: getattr(_Handler, name)
    for name in ("refuse", "refuse_with", "redirect", "cut", "half", "drip", "hang", "drop", "huge", "say", "empty")
}


def z(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def next_announcement(submitted: datetime) -> datetime:
    """Midnight after the day's deadline at 19 h; none in the nights to Saturday and Sunday."""
    day = submitted.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1 if submitted.hour < 19 else 2)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def document(number: int, entered: datetime, shown: datetime | None = None) -> dict[str, Any]:
    """A document of ADS, invented; it may be shown days after the date of its entry."""
    return {
        "bibcode": f"2025JMR...{number:04d}...1E",
        "title": [f"Invented paper {number}"],
        "author": ["Example, Ada"],
        "entry_date": f"{entered:%Y-%m-%d}T00:00:00Z",
        "shown": shown or entered,
    }
