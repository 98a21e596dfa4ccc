"""Signing in with local tokens at the real server: sessions, roles, forms, limits, and what is open to whom."""

from __future__ import annotations

import base64
import http.client
import logging
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from chat_samples import OBJECT, T0, know, notice, open_journal, picture, report
from console_site import Answer, Site, running
from starlette.datastructures import URL
from starlette.requests import Request

from chat.people import People, Person, Role
from console.server import WebSettings
from console.signin.limits import Limits
from console.signin.readers import path_of
from console.signin.routes import safe_next
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError
from nuncius.journal import Journal
from nuncius.journal.access import Access
from nuncius.journal.audit import Audit

HTML = {"accept": "text/html"}
FORM = "application/x-www-form-urlencoded"


@dataclass
class Browser:
    """Keeps cookies, as a browser does, and sends what forms hold."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        sent = HTML | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=10)
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        for line in answer.headers.get_all("set-cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
            if value in ('""', ""):
                del self.cookies[name]
        headers["set-cookie"] = "\n".join(answer.headers.get_all("set-cookie", []))
        return Answer(answer.status, headers, answer.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def send(self, path: str, **fields: str) -> Answer:
        return self.ask("POST", path, urlencode(fields), content_type=FORM, sec_fetch_site="same-origin")

    def mark(self, path: str = "/sign-in") -> str:
        found = re.search(r'name="form_token" value="([0-9a-f]{64})"', self.get(path).body.decode())
        assert found, f"a form on {path}"
        return found[1]

    def sign_in(self, token: str, next_: str = "/") -> Answer:
        return self.send("/sign-in", form_token=self.mark(), token=token, next=next_)


@contextmanager
def serving(journal: Journal, **options: Any) -> Iterator[Site]:
    """A server with these settings of `[web]`; `people`, `rules` and `oidc` go to the server itself."""
    beside = {name: options.pop(name) for name in ("people", "rules", "oidc") if name in options}
    with running(journal, web=WebSettings(**options), **beside) as site:
        yield site


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "GRB 170817A")
        yield opened


@pytest.fixture
def token(journal: Journal) -> Callable[..., str]:
    def make(name: str = "ann", role: str = "viewer", **more: object) -> str:
        given = {"by": "test", "now": datetime.now(UTC), **more}
        return Access(journal).new_token("token", name, role, **given)  # type: ignore[arg-type]

    return make


# --- what is open ---


def test_on_this_machine_alone_reading_needs_no_sign_in_and_acting_does(journal: Journal) -> None:
    with serving(journal) as site:
        assert site.get("/checks").status == 200
        assert site.get("/api/v1/objects").status == 200
        assert site.get("/account").status == 401
        moved = Browser(site).get("/account")
        assert (moved.status, moved.headers["location"]) == (303, "/sign-in?next=%2Faccount")
        assert site.ask("POST", "/sign-out", "x=1", {"content-type": FORM}).status == 401


def test_what_a_strange_proxy_hands_on_is_not_from_this_machine(journal: Journal) -> None:
    with serving(journal) as site:
        for header in ("x_forwarded_for", "forwarded", "via", "x_real_ip"):
            assert site.get("/api/v1/objects", **{header: "for=192.0.2.1"}).status == 401


CLOSED = [
    "/", "/thread/G298048", "/checks", "/search", "/api/threads.json", "/api/version.json", "/api/v1/objects",
    "/api/v1/openapi.json", "/sparql", "/feed/object/G298048", "/resource?iri=http://x", "/attached/" + "0" * 64,
    "/curve/G298048", "/account", "/audit", "/no/such/page", "/docs", "/openapi.json",
]  # fmt: skip


def test_where_one_must_sign_in_nothing_is_shown_before(journal: Journal, token: Callable[..., str]) -> None:
    sky = picture(journal)
    journal.enqueue([("web", report(pictures=[sky]))], now=T0)
    with serving(journal, sign_in=True) as site:
        for path in [*CLOSED, f"/blob/{sky.sha256}.png"]:
            answer = site.get(path)
            assert (path, answer.status) == (path, 401)
            assert b"G298048" not in answer.body
        for path in ("/healthz", "/readyz", "/metrics", "/sign-in"):
            assert (path, site.get(path).status) == (path, 200)
        page = Browser(site).get("/sign-in").body
        assert b"event" not in page, "how much is known here is not told"
        bearer = {"authorization": f"Bearer {token()}"}
        blob = site.get(f"/blob/{sky.sha256}.png", **bearer)
        assert (blob.status, blob.headers["cache-control"]) == (200, "private, max-age=31536000, immutable")
        assert site.get("/api/v1/objects", **bearer).status == 200
        assert site.ask("POST", "/hooks/github", "{}").status == 404, "the door of webhooks asks for its own proof"


def test_every_route_is_closed_unless_it_is_named_as_open(journal: Journal) -> None:
    from fastapi.testclient import TestClient

    from console.app import create_app
    from console.signin.gate import OPEN, OPEN_EXACTLY

    app = create_app(journal, hosts=["testserver"], web=WebSettings(sign_in=True))
    client, seen = TestClient(app, follow_redirects=False), 0
    for path, operations in _operations(app):
        for method in operations:
            concrete = re.sub(r"\{[^}]*\}", "x", path)
            answer = client.request(method, concrete)
            seen += 1
            if not concrete.startswith(OPEN) and concrete not in OPEN_EXACTLY:
                assert (method, concrete, answer.status_code) == (method, concrete, 401)
    assert seen > 30


def test_a_host_that_holds_a_path_of_its_own_opens_nothing(journal: Journal) -> None:
    with serving(journal, sign_in=True) as site:
        for host in ("127.0.0.1:1/static/?", "127.0.0.1/static/#", "localhost:1/hooks/", "127.0.0.1@x/static/"):
            with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
                line.sendall(f"GET /api/v1/rules HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = line.makefile("rb").read()
            assert answer.split()[1] in (b"400", b"401"), (host, answer)


def test_the_gate_goes_by_the_path_that_routes_go_by() -> None:
    class Misled(Request):
        @property
        def url(self) -> URL:  # as Starlette before 1.0 made it of such a Host
            return URL("http://127.0.0.1:1/static/?/api/v1/rules")

    request = Misled({"type": "http", "method": "GET", "path": "/api/v1/rules", "headers": [], "query_string": b""})
    assert path_of(request) == "/api/v1/rules"
    limits = Limits(per_minute=1)
    assert limits.wait_s(request, None) == 0
    assert limits.wait_s(request, None) > 0, "what costs next to nothing is told by the path too"


def _operations(app: object) -> Iterator[tuple[str, set[str]]]:
    def walk(routes: list[object], prefix: str = "") -> Iterator[tuple[str, set[str]]]:
        for route in routes:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            if inner is not None:
                yield from walk(inner.routes, prefix)
            elif getattr(route, "methods", None):
                yield prefix + route.path, route.methods  # type: ignore[attr-defined]

    return walk(app.routes)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"hosts": ["nuncius.example.org"]},
        {"address": "https://nuncius.example.org"},
        {"forwarded": ["127.0.0.1"]},
    ],
)
def test_a_page_that_others_would_reach_says_who_may_read_it_or_does_not_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=r"sign_in = true, or .*public = true"):
        WebSettings(**wrong).check()  # type: ignore[arg-type]
    WebSettings(**wrong, sign_in=True).check()  # type: ignore[arg-type]
    WebSettings(**wrong, public=True).check()  # type: ignore[arg-type]


def test_contradicting_or_malformed_settings_are_named() -> None:
    with pytest.raises(ConfigurationError, match="contradict"):
        WebSettings(sign_in=True, public=True).check()
    with pytest.raises(ConfigurationError, match=r"web\.address"):
        WebSettings(address="nuncius.example.org", sign_in=True).check()
    with pytest.raises(ConfigurationError, match=r"web\.forwarded"):
        WebSettings(forwarded=["proxy"], sign_in=True).check()


# --- sessions ---


def test_a_token_signs_in_and_signing_out_ends_the_session_on_the_server(
    journal: Journal, token: Callable[..., str]
) -> None:
    with serving(journal, sign_in=True) as site:
        browser = Browser(site)
        answer = browser.sign_in(token("ann", "reviewer"), "/thread/G298048")
        assert (answer.status, answer.headers["location"]) == (303, "/thread/G298048")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        page = browser.get("/account")
        assert b"reviewer" in page.body
        assert page.headers["cache-control"] == "no-store"
        kept = dict(browser.cookies)
        assert browser.send("/sign-out", form_token=browser.mark("/account")).status == 303
        assert Browser(site, kept).get("/").status == 303, "a copy of the cookie opens nothing any more"
    acts = [(act.act, act.shown) for act in Audit(journal).acts()]
    assert acts == [("signed out", "ann"), ("signed in", "ann")]


def test_only_digests_are_kept_and_nothing_secret_is_logged(
    journal: Journal, token: Callable[..., str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given = token()
    with serving(journal, sign_in=True) as site:
        browser = Browser(site)
        browser.sign_in(given)
        Browser(site).sign_in("nuncius_" + "x" * 43)
        site.get("/", authorization=f"Bearer {given}")
        secrets = [given, *browser.cookies.values()]
    files = b"".join(file.read_bytes() for file in tmp_path.glob("journal.db*"))
    for secret in secrets:
        assert secret.encode() not in files
        assert secret not in caplog.text


def test_a_session_survives_a_restart_and_gets_a_new_secret_at_each_sign_in(
    journal: Journal, token: Callable[..., str]
) -> None:
    given = token()
    with serving(journal, sign_in=True) as site:
        browser = Browser(site, {})
        planted = f"nuncius-{site.port}"
        browser.cookies[planted] = "A" * 43
        browser.sign_in(given)
        first = browser.cookies[planted]
        assert first != "A" * 43, "a secret that somebody planted signs nobody in"
    with serving(journal, sign_in=True) as site:
        again = Browser(site, {f"nuncius-{site.port}": first})
        assert again.get("/").status == 200


def test_a_session_ends_when_nobody_used_it_and_when_it_grows_old(journal: Journal, token: Callable[..., str]) -> None:
    access, now = Access(journal), datetime.now(UTC)
    found = access.token(token(), "token", now)
    secret = access.begin("token:ann", token=found, claims={}, now=now)
    bounds = {"idle": timedelta(hours=2), "longest": timedelta(hours=5)}
    assert access.session(secret, now + timedelta(hours=1.9), **bounds)
    assert access.session(secret, now + timedelta(hours=3.8), **bounds), "each look counts as use"
    assert access.session(secret, now + timedelta(hours=5.1), **bounds) is None
    other = access.begin("token:ann", token=found, claims={}, now=now)
    assert access.session(other, now + timedelta(hours=2.1), **bounds) is None


def test_a_role_that_changed_and_a_token_that_ended_count_at_once(journal: Journal, token: Callable[..., str]) -> None:
    given, access = token("ann", "operator"), Access(journal)
    with serving(journal) as site:
        browser = Browser(site)
        browser.sign_in(given)
        assert browser.get("/audit").status == 200
        access.change_role("ann", "viewer")
        refused = browser.get("/audit")
        assert refused.status == 403
        assert b"ann has the role viewer here; this needs the role operator" in refused.body
        assert site.get("/audit", authorization=f"Bearer {given}").status == 403
        access.end_token("ann", datetime.now(UTC))
        assert browser.get("/account").status == 303
        assert site.get("/account", authorization=f"Bearer {given}").status == 401


def test_a_token_ends_at_its_time_and_a_name_has_one_that_stands(journal: Journal, token: Callable[..., str]) -> None:
    now = datetime.now(UTC)
    given = token("ann", expires=now + timedelta(days=1))
    access = Access(journal)
    assert access.token(given, "token", now)
    assert access.token(given, "token", now + timedelta(days=1)) is None
    assert access.token(given, "feed", now) is None, "a person's token is no key of feeds"
    with pytest.raises(PermanentError, match="nuncius token end ann"):
        token("ann")


def test_people_of_the_settings_sign_with_their_own_name(journal: Journal, token: Callable[..., str]) -> None:
    people = People({"ann": Person(slack="U0ANN", sign_in=("ann-laptop",), role=Role.OPERATOR)})
    with serving(journal, people=people) as site:
        browser = Browser(site)
        browser.sign_in(token("ann-laptop", "reviewer"))
        page = browser.get("/account").body.decode()
    assert "person:ann" in page
    assert "U0ANN" in page
    assert "reviewer" in page, "a token's bearer may do what the token may"


# --- links that work once ---


def test_a_link_signs_in_once_and_only_by_its_button(journal: Journal) -> None:
    access, now = Access(journal), datetime.now(UTC)
    key = access.new_token("link", "demo", "operator", by="test", now=now, expires=now + timedelta(minutes=15))
    with serving(journal) as site:
        browser = Browser(site)
        path = f"/sign-in/link?key={key}"
        assert browser.get(path).status == 200
        assert browser.get(path).status == 200, "looking spends nothing"
        mark = browser.mark(path)
        assert browser.send("/sign-in/link", form_token=mark, key=key).status == 303
        assert browser.get("/audit").status == 200
        second = Browser(site)
        refused = second.send("/sign-in/link", form_token=second.mark(path), key=key)
        assert refused.status == 403
        assert b"used before" in refused.body


def test_a_link_is_over_after_its_time(journal: Journal) -> None:
    access, now = Access(journal), datetime.now(UTC)
    key = access.new_token("link", "demo", "operator", by="test", now=now, expires=now + timedelta(minutes=15))
    assert access.spend(key, now + timedelta(minutes=16)) is None


# --- forms ---


def test_a_form_without_its_mark_or_with_anothers_is_refused(journal: Journal, token: Callable[..., str]) -> None:
    given = token("ann", "operator")
    with serving(journal) as site:
        stranger = Browser(site)
        stranger.mark()
        assert stranger.send("/sign-in", token=given).status == 403, "nobody is signed in by another site's form"
        browser, other = Browser(site), Browser(site)
        browser.sign_in(given)
        other.sign_in(given)
        theirs = other.mark("/account")
        for mark in ("", "0" * 64, theirs):
            assert browser.send("/account/feeds", form_token=mark).status == 403
        own = browser.mark("/account")
        assert browser.send("/account/feeds", form_token=own).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"origin": "https://evil.example.org"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({}, 200),
    ],
)
def test_what_another_site_sends_is_refused_even_with_the_right_mark(
    journal: Journal, token: Callable[..., str], headers: dict[str, str], status: int
) -> None:
    with serving(journal) as site:
        browser = Browser(site)
        browser.sign_in(token())
        body = urlencode({"form_token": browser.mark("/account")})
        answer = browser.ask("POST", "/account/feeds", body, content_type=FORM, **headers)
        assert answer.status == status
        asked = browser.ask("POST", "/sparql", "query=ASK{}", content_type=FORM, **headers)
        assert asked.status == (403 if status == 403 else 503), "there is no graph; another site gets not so far"


def test_long_and_odd_forms_are_refused(journal: Journal, token: Callable[..., str]) -> None:
    with serving(journal) as site:
        browser = Browser(site)
        browser.sign_in(token())
        bodies = {
            413: "a=" + "x" * 300_000,
            415: "{}",
            400: "&".join(f"f{number}=1" for number in range(500)),
        }
        for status, body in bodies.items():
            sort = "application/json" if status == 415 else FORM
            assert browser.ask("POST", "/account/feeds", body, content_type=sort).status == status


# --- feeds ---


def test_a_feed_reader_gets_in_with_a_key_of_its_own_and_to_feeds_alone(
    journal: Journal, token: Callable[..., str]
) -> None:
    journal.enqueue([("web", report())], now=T0)
    with serving(journal, sign_in=True) as site:
        browser = Browser(site)
        browser.sign_in(token("ann", "operator"))
        page = browser.send("/account/feeds", form_token=browser.mark("/account")).body.decode()
        key = re.search(r"key=(nunciusfeed_[\w-]+)", page)[1]  # type: ignore[index]
        feed = "/feed/object/G298048"
        assert site.get(f"{feed}?key={key}").status == 200
        basic = base64.b64encode(f"ann:{key}".encode()).decode()
        assert site.get(feed, authorization=f"Basic {basic}").status == 200
        assert key.encode() not in site.get(f"{feed}?key={key}").body
        assert site.get(f"/?key={key}").status == 401
        assert site.get("/api/v1/objects", authorization=f"Bearer {key}").status == 401
        Access(journal).end_token("ann", datetime.now(UTC))
        assert site.get(f"{feed}?key={key}").status == 401


def test_a_password_that_browsers_send_by_themselves_acts_on_nothing(
    journal: Journal, token: Callable[..., str]
) -> None:
    basic = base64.b64encode(f"ann:{token('ann', 'operator')}".encode()).decode()
    with serving(journal, sign_in=True) as site:
        assert site.get("/account", authorization=f"Basic {basic}").status == 401
        body = {"content-type": FORM, "authorization": f"Basic {basic}"}
        assert site.ask("POST", "/account/feeds", "a=1", body).status == 401


# --- limits ---


def test_whoever_guesses_tokens_is_slowed_down(journal: Journal) -> None:
    with serving(journal) as site:
        browser = Browser(site)
        mark = browser.mark()
        told = [browser.send("/sign-in", form_token=mark, token=f"nuncius_{n:043}").status for n in range(11)]
        assert told == [403] * 10 + [429]
        last = browser.send("/sign-in", form_token=mark, token="x")
        assert int(last.headers["retry-after"]) >= 1
        assert browser.get("/").status == 200, "reading goes on"


def test_one_person_cannot_ask_without_end_and_others_still_can(journal: Journal, token: Callable[..., str]) -> None:
    ann, bob = token("ann"), token("bob")
    with serving(journal, sign_in=True, per_minute=20) as site:
        told = [site.get("/api/v1/rules", authorization=f"Bearer {ann}") for _ in range(21)]
        assert [answer.status for answer in told] == [200] * 20 + [429]
        assert int(told[-1].headers["retry-after"]) >= 1
        assert site.get("/api/v1/rules", authorization=f"Bearer {bob}").status == 200
        asked = [site.get("/sparql?query=ASK{}", authorization=f"Bearer {bob}").status for _ in range(3)]
        assert asked == [503, 503, 429], "a tenth of it for SPARQL; here without a graph"
        assert site.get("/healthz").status == 200


def test_an_address_of_ipv6_is_one_with_its_network() -> None:
    from starlette.requests import Request

    from console.signin.limits import place_of

    def place(host: str) -> str:
        return place_of(Request({"type": "http", "client": (host, 1), "headers": []}))

    assert place("2001:db8::1") == place("2001:db8::ffff:1") != place("2001:db8:0:1::1")
    assert place("192.0.2.1") != place("192.0.2.2")


# --- behind a proxy ---


def test_only_proxies_of_the_settings_are_believed(journal: Journal, token: Callable[..., str]) -> None:
    options = {"sign_in": True, "address": "https://nuncius.example.org"}
    said = {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https", "host": "nuncius.example.org"}
    with serving(journal, **options, forwarded=["127.0.0.1"]) as site:
        browser = Browser(site)
        answer = browser.get("/sign-in", **said)
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert "__Host-nuncius-form=" in answer.headers["set-cookie"]
        assert "Secure" in answer.headers["set-cookie"]
        body = urlencode({"form_token": browser.mark(), "token": token()})
        browser.ask("POST", "/sign-in", body, content_type=FORM, origin="https://nuncius.example.org", **said)
    with serving(journal, **options) as site:
        browser = Browser(site)
        body = urlencode({"form_token": browser.mark(), "token": "x"})
        browser.ask("POST", "/sign-in", body, content_type=FORM, **said)
    refused, let_in = Audit(journal).acts()
    assert (let_in.act, let_in.client) == ("signed in", "203.0.113.9")
    assert (refused.act, refused.client) == ("refused", "127.0.0.1")


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/thread/G298048?claims=2", "/thread/G298048?claims=2"),
        ("//evil.example.org", "/"),
        ("/\\evil.example.org", "/"),
        ("https://evil.example.org", "/"),
        ("javascript:alert(1)", "/"),
        ("/\tevil", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
        ("/sign-out", "/"),
        ("", "/"),
        ("evil", "/"),
        ("/\u2215evil", "/"),
    ],
)
def test_after_signing_in_one_goes_to_a_page_of_ours(asked: str, goes: str) -> None:
    assert safe_next(asked) == goes


def test_browsers_that_say_little_are_told_apart_by_their_origin(journal: Journal) -> None:
    with serving(journal) as site:
        answer = site.get("/sign-in")
        assert answer.headers["referrer-policy"] == "same-origin", "with none at all they would send the origin `null`"


def test_a_journal_that_cannot_be_asked_lets_nobody_in(
    journal: Journal, token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = token()
    with serving(journal, sign_in=True) as site:
        monkeypatch.setattr(Journal, "ask", _away)
        answer = site.get("/checks", authorization=f"Bearer {given}")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def _away(*_: object) -> None:
    raise TransientError("the database is away")


def test_refused_attempts_do_not_fill_the_journal(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.signin.limits.ATTEMPTS", 1000)
    with serving(journal) as site:
        browser = Browser(site)
        mark = browser.mark()
        for number in range(70):
            assert browser.send("/sign-in", form_token=mark, token=f"nuncius_{number}").status == 403
    assert 60 <= len(Audit(journal).acts(limit=1000)) <= 62
