"""The web page: server-rendered, made from the journal anew for each reader, who signs in to act (`signin/`). Beside it
stand two doors of their own: webhooks (`hooks.py`) and figures (`metrics.py`)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from chat.desk.desk import Desk
from chat.people import People, Person
from chat.slack_door import SlackDoor
from chat.slack_settings import SlackSettings
from console import checks, linked, pages, views
from console.acts import act_routes
from console.api import api_routes
from console.cards import threads_json
from console.editpages import edit_routes
from console.hook_settings import HookSettings
from console.hooks import Door
from console.hooks import router as hook_routes
from console.live import Live, live_routes
from console.machines import machine_routes
from console.metrics import router as metric_routes
from console.metrics_settings import MetricsSettings
from console.oidc_settings import OidcSettings
from console.overview import version
from console.places import Places
from console.rulepages import rule_routes
from console.said import curve_picture
from console.searching import RADIUS, Question, search
from console.seenpages import seen_routes
from console.signin import gate
from console.signin.account import account_routes
from console.signin.doorkeeper import Doorkeeper
from console.signin.limits import Limits
from console.signin.oidc import Provider
from console.signin.readers import path_of
from console.signin.routes import Reception, sign_in_routes
from console.slack_door import slack_routes
from console.subscriptionpages import subscription_routes
from console.web_settings import LOCAL_HOSTS, WebSettings
from nuncius.core.clock import Clock, SystemClock
from nuncius.core.errors import FormatError, PermanentError
from nuncius.journal import Journal
from nuncius.journal.audit import Audit

if TYPE_CHECKING:
    from kg.store import GraphStore
    from reactors.ruleset import RuleSet

#: What somebody typed, and a radius.
Asked = Annotated[str, Query(max_length=200)]
Degrees = Annotated[float, Query(ge=0, le=180)]
#: A page of a list, from 1.
PageNumber = Annotated[int, Query(ge=1, le=100_000)]

# No inline script or style, nothing from elsewhere: an alert that slipped through as HTML could still do nothing.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Our own pages are told, or browsers would send forms with the origin `null`, as a hostile page may too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_PNG = b"\x89PNG\r\n\x1a\n"
_ASSETS = ("console.css", "console.js", "editing.css", "editing.js", "sphere.js", "sky.js", "icon.svg")
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def create_app(
    journal: Journal,
    *,
    clock: Clock | None = None,
    hosts: Sequence[str] = LOCAL_HOSTS,
    hooks: HookSettings | None = None,
    metrics: MetricsSettings | None = None,
    slack: SlackSettings | None = None,
    graph: GraphStore | None = None,
    rules: Callable[[], RuleSet] | None = None,
    web: WebSettings | None = None,
    people: People | None = None,
    oidc: OidcSettings | None = None,
    reached: Callable[[Person], Sequence[str]] = lambda person: (),
) -> FastAPI:
    """The application. `hosts` are the names it answers to; others are refused, so that a hostile page cannot
    read this one through a name of its own (DNS rebinding). `hooks` says whose webhooks are let in, `metrics` who may
    read the figures, `slack` how Slack signs what people do there. `graph` is the knowledge graph, `rules` gives those
    in force; without them pages leave out what they would say. `web` says who may read, `people` and `oidc` who they
    are, `reached` where each is told. Raises ConfigurationError for a sender that cannot be
    let in as it is set."""
    app = FastAPI(title="Nuncius", docs_url=None, redoc_url=None, openapi_url=None)
    time, web = clock or SystemClock(), web or WebSettings(per_minute=0)
    keeper = Doorkeeper(journal, time, web, people or People({}), oidc)
    limits = Limits(0 if web.open_to_all and not web.public else web.per_minute)
    audit = Audit(journal)
    gate.install(app, keeper, limits, audit, refusal=lambda why: pages.alone("refused.html", why=why))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if not web.open_to_all and not path_of(request).startswith("/static/"):
            kept = response.headers["Cache-Control"].replace("public", "private")
            response.headers["Cache-Control"] = kept  # what one must sign in for is kept by no proxy on the way
        if web.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    @app.exception_handler(FormatError)
    def not_an_iri(_: Request, error: Exception) -> Response:
        return Response(str(error), status_code=400, media_type="text/plain")

    places = Places(graph) if graph is not None else None

    # Plain functions: the journal blocks, so each request runs in a worker thread.
    @app.get("/", response_class=HTMLResponse)
    def now() -> str:
        if places is not None:
            places.prepare(journal.cursor("kg"))
        return pages.now_page(journal, time.now())

    @app.get("/thread/{name:path}")
    def thread(request: Request, name: str, claims: PageNumber = 1, circulars: PageNumber = 1) -> Response:
        iri, form = views.iri_of(name), linked.wanted(request)
        if form != "html":
            return linked.data(graph, journal.object_of([name]) or iri, form)
        page = pages.thread_page(journal, iri, time.now(), graph=graph, claims=claims, circulars=circulars)
        other = journal.object_of([name]) if page is None else None
        if other:  # asked for by another of its names
            return RedirectResponse(views.href(other), status_code=302)
        if page is None:
            return HTMLResponse(pages.missing_page(journal, name, time.now()), status_code=404)
        return HTMLResponse(page, headers={"Vary": "Accept"})

    @app.get("/curve/{name:path}")
    def curve(name: str) -> Response:
        iri = views.iri_of(name)
        drawn = curve_picture(graph, iri, name) if graph is not None and iri.startswith(views.OBJECT) else None
        if drawn is None:
            return Response("no circular gives a magnitude with a time", status_code=404, media_type="text/plain")
        return Response(drawn, media_type="image/png", headers={"Cache-Control": "private, max-age=60"})

    @app.get("/checks", response_class=HTMLResponse)
    def all_checks() -> str:
        return pages.checks_page(journal, time.now())

    @app.get("/checks/{name}", response_class=HTMLResponse)
    def one_check(name: str) -> HTMLResponse:
        page = pages.check_page(journal, name, time.now())
        if page is None:
            return HTMLResponse(pages.missing_page(journal, name, time.now()), status_code=404)
        return HTMLResponse(page)

    @app.get("/regressions", response_class=HTMLResponse)
    def all_cases() -> str:
        return pages.regressions_page(journal, time.now())

    @app.get("/regressions/{name}", response_class=HTMLResponse)
    def one_case(name: str) -> HTMLResponse:
        page = pages.regression_page(journal, name, time.now())
        if page is None:
            return HTMLResponse(pages.missing_page(journal, name, time.now()), status_code=404)
        return HTMLResponse(page)

    @app.get("/search", response_class=HTMLResponse)
    def search_page(
        name: Asked = "", at: Asked = "", radius: Degrees = RADIUS, start: Asked = "", end: Asked = ""
    ) -> str:
        asked = Question(name=name, at=at, radius=radius, start=start, end=end)
        return pages.search_page(journal, asked, search(journal, places, asked), time.now())

    @app.get("/blob/{sha256}.png")
    def blob(sha256: str) -> Response:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            return Response("not a picture's address", status_code=404, media_type="text/plain")
        try:
            content = journal.blob(sha256)
        except PermanentError as error:
            return Response(str(error), status_code=404, media_type="text/plain")
        if not content.startswith(_PNG):  # sky maps and raw messages are kept as blobs too
            return Response("not a picture", status_code=404, media_type="text/plain")
        return Response(content, media_type="image/png", headers={**_FOR_EVER, "ETag": f'"{sha256}"'})

    @app.get("/attached/{sha256}")
    def attached(sha256: str, thread: Asked = "") -> Response:
        rows = [stored.report for stored in journal.reports(thread=thread, limit=2000) if not stored.report.to]
        told = [f for report in rows for f in report.attachments]
        file = next((f for f in told if f.sha256 == sha256), None)
        if file is None:  # raw messages are kept as blobs too: only what a report carries is given out
            return Response("no report of this thread carries that file", status_code=404, media_type="text/plain")
        return Response(journal.blob(sha256), media_type="application/json", headers=_FOR_EVER)

    @app.get("/static/{stamp}/{name}")
    def static(stamp: str, name: str) -> Response:
        if name not in _ASSETS:
            return Response("no such file", status_code=404, media_type="text/plain")
        return Response(pages.asset(name), media_type=_TYPES[name.rsplit(".", 1)[-1]], headers=_FOR_EVER)

    @app.get("/api/threads.json")
    def listed() -> JSONResponse:
        return JSONResponse({"threads": threads_json(journal)})

    @app.get("/api/checks.json")
    def checks_json() -> JSONResponse:
        return JSONResponse({"checks": checks.checks_json(journal)})

    @app.get("/api/version.json")
    def version_json() -> JSONResponse:
        return JSONResponse({"version": version(journal)})

    provider = Provider(oidc, web.base) if oidc is not None else None
    app.include_router(sign_in_routes(Reception(keeper, limits, provider, audit)))
    app.include_router(live_routes(Live(lambda: version(journal))))
    app.include_router(account_routes(journal, keeper))
    if rules is not None:
        app.include_router(act_routes(journal, Desk(journal, rules, time, graph=graph), time))
    app.include_router(api_routes(journal, graph, rules))
    app.include_router(machine_routes(journal, graph, time))
    app.include_router(edit_routes(journal, rules, time, web.rules_folder))
    app.include_router(rule_routes(journal, rules, time))
    told = ("web", "slack") if slack is not None else ("web",)
    app.include_router(seen_routes(journal, time))
    app.include_router(subscription_routes(journal, time, people=people, targets=told, reached=reached))
    door = Door(journal, hooks or HookSettings(), time)
    app.include_router(hook_routes(door))
    if slack is not None and (slack.signing_secret or slack.signing_secret_file):
        app.include_router(slack_routes(SlackDoor(journal, slack, time), slack, time))
    app.include_router(metric_routes(journal, metrics or MetricsSettings(), time, door.answers))
    return app
