"""Stands before every route: finds out who asks, and lets nothing through that nobody has said may be read.

What is open is listed here; whatever else is added to the console is closed where one must sign in to read.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.signin import cookies
from console.signin.doorkeeper import Doorkeeper
from console.signin.forms import MOST_BYTES
from console.signin.limits import DOORS, Limits
from console.signin.readers import SEAT, NotAllowed, NotSignedIn, Seat, client_of, path_of, seat_of
from nuncius.core.errors import NunciusError
from nuncius.journal.audit import Audit

log = logging.getLogger(__name__)

#: What says nothing about what is known here, or has its own rule (figures).
OPEN = ("/static/", *DOORS)
OPEN_EXACTLY = ("/sign-in", "/sign-in/link", "/sign-in/with", "/sign-in/back", "/metrics", "/healthz", "/readyz")
#: Questions that come by POST and change nothing.
ONLY_ASKS = ("/sparql", "/rules/check.json", "/subscriptions/preview")
_SAFE = ("GET", "HEAD", "OPTIONS")
_FOR_PROGRAMS = ("/api/", "/sparql", "/feed/", "/blob/", "/attached/", "/curve/")


class Gate:
    """The middleware. Whatever somebody who is signed in changes is noted; a route may say more of it in
    `request.state.about`."""

    def __init__(self, app: ASGIApp, *, keeper: Doorkeeper, limits: Limits, audit: Audit) -> None:
        self._app, self._keeper, self._limits, self._audit = app, keeper, limits, audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            refused = await self._let_in(request)
        except (NunciusError, OSError) as error:
            log.warning("who asks could not be looked up: %s", error)
            refused = JSONResponse({"error": "the journal cannot be reached; try again"}, 503, {"Retry-After": "5"})
        if refused is not None:
            await refused(scope, receive, send)
            return
        token = SEAT.set(request.state.seat)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            SEAT.reset(token)
        if changes(request) and status < 400:
            await run_in_threadpool(self._note, request)

    async def _let_in(self, request: Request) -> Response | None:
        """Sets the request's seat; the answer where it goes no further."""
        seat = request.state.seat = await self._seat(request)
        wait = self._limits.wait_s(request, seat.reader)
        if wait:
            return too_often(wait)
        path = path_of(request)
        if request.method not in _SAFE and not path.startswith(DOORS):
            if _too_long(request):
                return JSONResponse(
                    {"error": f"at most {MOST_BYTES // 1024} kB are taken"}, 413, {"Connection": "close"}
                )
            if not _from_here(request, self._keeper.web.base):
                return JSONResponse({"error": "this was sent by a page of another site"}, 403)
        is_open = path.startswith(OPEN) or path in OPEN_EXACTLY
        if not is_open and not seat.open and seat.reader is None:
            return not_signed_in(request)
        return None

    def _note(self, request: Request) -> None:
        reader = request.state.seat.reader
        about = str(getattr(request.state, "about", ""))
        now = self._keeper.clock.now()
        who = {"person": reader.id, "shown": reader.shown, "client": client_of(request)}
        self._audit.note(f"{request.method} {path_of(request)}"[:200], **who, about=about, now=now)

    async def _seat(self, request: Request) -> Seat:
        secure = self._keeper.web.secure
        session = cookies.given(request, cookies.SESSION, secure=secure)
        marked = cookies.given(request, cookies.FORM, secure=secure)
        proofs = session or "authorization" in request.headers or "key" in request.query_params
        if proofs and not path_of(request).startswith(OPEN):
            seat = await run_in_threadpool(self._keeper.seat, request, session, marked)
        else:
            seat = Seat(secret=marked, open=self._keeper.web.open_to_all)
        web = self._keeper.web
        if seat.open and not web.public and handed_on(request):
            seat.open = False  # came through a proxy that the settings do not know: not from this machine
        return seat


def changes(request: Request) -> bool:
    """Whether somebody who is signed in changes something; how people come and go is noted where they do."""
    path = path_of(request)
    quiet = request.method in _SAFE or path.startswith((*DOORS, "/sign-")) or path in ONLY_ASKS
    return not quiet and request.state.seat.reader is not None


def install(app: FastAPI, keeper: Doorkeeper, limits: Limits, audit: Audit, *, refusal: Callable[[str], str]) -> None:
    """Put the gate before the routes of an application, and have it answer what they raise. `refusal` makes the page
    for whoever may not do what they tried."""
    app.add_middleware(Gate, keeper=keeper, limits=limits, audit=audit)

    @app.exception_handler(NotSignedIn)
    def nobody(request: Request, _: Exception) -> Response:
        return not_signed_in(request)

    @app.exception_handler(NotAllowed)
    def not_allowed(request: Request, error: Exception) -> Response:
        if for_people(request):
            return HTMLResponse(refusal(str(error)), status_code=403)
        return JSONResponse({"error": str(error)}, 403)


def not_signed_in(request: Request) -> Response:
    """To the sign-in page and back, or 401 for programs."""
    if for_people(request):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = back if request.method in _SAFE else "/"
        return RedirectResponse(f"/sign-in?next={quote(back, safe='')}", status_code=303)
    why = "sign in, or send a token as 'Authorization: Bearer …'"
    return JSONResponse({"error": why}, 401, {"WWW-Authenticate": "Bearer"})


def for_people(request: Request) -> bool:
    """Whether somebody looks at the answer in a browser."""
    return "text/html" in request.headers.get("accept", "") and not path_of(request).startswith(_FOR_PROGRAMS)


def too_often(wait: float) -> Response:
    """The answer to whoever asks too often."""
    seconds = str(math.ceil(wait))
    return JSONResponse({"error": f"too often; come again in {seconds} s"}, 429, {"Retry-After": seconds})


def handed_on(request: Request) -> bool:
    """Whether a proxy says that the request came through it; uvicorn leaves these headers where they are."""
    return any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip", "via"))


def _too_long(request: Request) -> bool:
    told = request.headers.get("content-length", "0")
    return not told.isdigit() or int(told) > MOST_BYTES


def _from_here(request: Request, base: str) -> bool:
    """Whether what acts was sent by a page of ours, as far as the browser says; programs say nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None or seat_of(request).by == "token":
        return True
    here = {_origin(base), _origin(str(request.base_url))}
    return _origin(origin) in here


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; no origin (`null`) equals none of ours."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ("", "", None)
    return (parts.scheme, parts.hostname or "", port)
