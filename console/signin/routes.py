"""The addresses by which people come and go: the sign-in page, a link that works once, the way to a provider and back,
signing out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import pages
from console.pace import Pace
from console.signin import cookies
from console.signin.doorkeeper import Doorkeeper
from console.signin.forms import Form, checked_form, mark_of
from console.signin.gate import too_often
from console.signin.limits import Limits
from console.signin.oidc import WAY_S, Provider, SignInFailed
from console.signin.readers import Reader, client_of, seat_of, signed_in
from nuncius.journal.access import Token
from nuncius.journal.audit import Audit

log = logging.getLogger(__name__)

#: Refused attempts that are noted in a minute: whoever has many addresses must not fill the journal.
NOTED = 60
#: How long a browser may stay on the sign-in page.
_FORM_S = 86_400
Text = Annotated[str, Query(max_length=2000)]


class Reception:
    """Lets people in, and notes that it did."""

    def __init__(self, keeper: Doorkeeper, limits: Limits, provider: Provider | None, audit: Audit) -> None:
        self.keeper, self.limits, self.provider, self._audit = keeper, limits, provider, audit
        self._refusals = Pace(NOTED)

    def page(self, request: Request, next_: str, *, said: str = "", link: str = "", status: int = 200) -> Response:
        """The sign-in page; `said` is what went wrong, `link` a link's token that a press of the button will spend."""
        seat = seat_of(request)
        secret = seat.secret or secrets.token_urlsafe(32)
        values = {
            "mark": mark_of(secret),
            "next": next_,
            "said": said,
            "link": link,
            "provider": self.provider.settings.label if self.provider else "",
            "reading": seat.open,
        }
        response = HTMLResponse(pages.alone("signin.html", **values), status_code=status)
        if not seat.secret:
            secure = self.keeper.web.secure
            cookies.put(response, request, cookies.FORM, secret, secure=secure, seconds=_FORM_S)
        return response

    def welcome(
        self, request: Request, reader: Reader, next_: str, *, token: Token | None, claims: Mapping[str, Any], how: str
    ) -> Response:
        """Begin a session with a secret of its own, whatever the browser held before, and go where they wanted."""
        wait = self.limits.begins(reader)
        if wait:
            return too_often(wait)
        keeper, now = self.keeper, self.keeper.clock.now()
        if seat_of(request).by == "session":
            keeper.access.end(seat_of(request).secret, now)
        secret = keeper.access.begin(reader.id, token=token, claims=claims, now=now)
        self.note(request, reader, "signed in", how)
        response = RedirectResponse(next_, status_code=303)
        secure, seconds = keeper.web.secure, int(keeper.web.longest_hours * 3600)
        cookies.put(response, request, cookies.SESSION, secret, secure=secure, seconds=seconds)
        cookies.drop(response, request, cookies.FORM, secure=secure)
        cookies.drop(response, request, cookies.WAY, secure=secure)
        return response

    def note(self, request: Request, reader: Reader | None, act: str, about: str = "") -> None:
        """Have it stand in the journal who did what."""
        if act == "refused" and self._refusals.take("all"):
            log.warning("sign-in: more than %d attempts were refused in a minute; not all are noted", NOTED)
            return
        who = {"person": reader.id, "shown": reader.shown} if reader else {"person": "", "shown": ""}
        self._audit.note(act, **who, about=about, client=client_of(request), now=self.keeper.clock.now())


def safe_next(path: str) -> str:
    """Where to go after signing in, which is a page of ours, whatever was asked for."""
    plain = path.startswith("/") and not path.startswith(("//", "/sign-")) and "\\" not in path and path.isprintable()
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    return path if plain and not parts.scheme and not parts.netloc and path.isascii() else "/"


def sign_in_routes(reception: Reception) -> APIRouter:
    """The sign-in page and what it leads to."""
    router, keeper = APIRouter(include_in_schema=False), reception.keeper
    secure = keeper.web.secure

    @router.get("/sign-in")
    def page(request: Request, next: Text = "/") -> Response:
        if signed_in(request) is not None:
            return RedirectResponse(safe_next(next), status_code=303)
        return reception.page(request, safe_next(next))

    @router.post("/sign-in")
    async def by_token(request: Request) -> Response:
        form, refused = await _attempted(request)
        if refused is not None:
            return refused
        return await run_in_threadpool(_by_token, request, form)

    def _by_token(request: Request, form: Form) -> Response:
        next_, given = safe_next(form.get("next", "/")), form.get("token", "").strip()
        token = keeper.access.token(given, "token", keeper.clock.now())
        if token is None:
            reception.note(request, None, "refused", "a token that does not stand")
            said = "That token is not known here, is over or was ended. Ask whoever runs this service for another."
            return reception.page(request, next_, said=said, status=403)
        return reception.welcome(request, keeper.by_token(token), next_, token=token, claims={}, how="token")

    @router.get("/sign-in/link")
    def look_at_link(request: Request, key: Annotated[str, Query(max_length=100)]) -> Response:
        # Only the button spends it: previews of chats and browsers open links too.
        return reception.page(request, "/", link=key)

    @router.post("/sign-in/link")
    async def by_link(request: Request) -> Response:
        form, refused = await _attempted(request)
        if refused is not None:
            return refused
        return await run_in_threadpool(_by_link, request, form)

    def _by_link(request: Request, form: Form) -> Response:
        token = keeper.access.spend(form.get("key", ""), keeper.clock.now())
        if token is None:
            reception.note(request, None, "refused", "a link that does not stand")
            return reception.page(request, "/", said="That link was used before, or its time is over.", status=403)
        return reception.welcome(request, keeper.by_token(token), "/", token=token, claims={}, how="link")

    async def _attempted(request: Request) -> tuple[Form, Response | None]:
        """The form of the sign-in page, and the answer where it goes no further."""
        wait = reception.limits.attempt(request)
        if wait:
            return {}, too_often(wait)
        if not seat_of(request).secret:
            said = "Your browser kept no cookie of this page, or it was open for long. Try again."
            return {}, await run_in_threadpool(reception.page, request, "/", said=said, status=403)
        try:
            return await checked_form(request), None
        except HTTPException as error:
            return {}, await run_in_threadpool(
                reception.page, request, "/", said=str(error.detail), status=error.status_code
            )

    @router.get("/sign-in/with")
    def leave(request: Request, next: Text = "/") -> Response:
        if reception.provider is None:
            return reception.page(request, "/", said="No provider is set up here; use a token.", status=404)
        wait = reception.limits.attempt(request)
        if wait:
            return too_often(wait)
        try:
            where, way = reception.provider.leave(safe_next(next), keeper.clock.now())
        except SignInFailed as failed:
            return reception.page(request, safe_next(next), said=f"{failed}.", status=failed.status)
        response = RedirectResponse(where, status_code=303)
        cookies.put(response, request, cookies.WAY, way, secure=secure, seconds=WAY_S)
        return response

    @router.get("/sign-in/back")
    def come_back(request: Request) -> Response:
        response = _came_back(request)
        cookies.drop(response, request, cookies.WAY, secure=secure)  # one way, one attempt
        return response

    def _came_back(request: Request) -> Response:
        if reception.provider is None:
            return reception.page(request, "/", said="No provider is set up here; use a token.", status=404)
        way = cookies.given(request, cookies.WAY, secure=secure)
        try:
            claims, next_ = reception.provider.come_back(request.query_params, way, keeper.clock.now())
        except SignInFailed as failed:
            reception.note(request, None, "refused", f"by the provider's way: {failed}")
            return reception.page(request, "/", said=f"{str(failed).capitalize()}.", status=failed.status)
        reader = keeper.by_claims(claims)
        if reader is None:
            reception.note(request, None, "refused", f"known to the provider, not let in here: {claims['shown']}")
            said = f"{claims['shown']}: the provider knows you, but nobody has let you in here. Ask whoever runs this."
            return reception.page(request, "/", said=said, status=403)
        return reception.welcome(request, reader, safe_next(next_), token=None, claims=claims, how="provider")

    @router.post("/sign-out")
    def sign_out(request: Request, form: Annotated[Form, Depends(checked_form)]) -> Response:
        reader, seat = signed_in(request), seat_of(request)
        if reader is not None and seat.by == "session":
            now = keeper.clock.now()
            if form.get("everywhere"):
                keeper.access.end_all(reader.id, now)
            keeper.access.end(seat.secret, now)
            reception.note(request, reader, "signed out", "everywhere" if form.get("everywhere") else "")
        response = RedirectResponse("/", status_code=303)
        cookies.drop(response, request, cookies.SESSION, secure=secure)
        if secure:  # browsers take it from https only
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    return router
