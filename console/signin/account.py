"""One's own account: who one is here, keys for a feed reader, signing out. And, for operators, what people did."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from chat.people import Role
from console import pages
from console.signin.doorkeeper import Doorkeeper
from console.signin.forms import Form, checked_form
from console.signin.readers import Reader, needs
from nuncius.journal import Journal
from nuncius.journal.audit import Audit

#: How long the address of a feed works, and how many one person may have at once.
FEED_FOR, MOST_FEEDS = timedelta(days=365), 10
_PAGE = 100


def account_routes(journal: Journal, keeper: Doorkeeper) -> APIRouter:
    """`/account` for whoever is signed in, `/audit` for operators."""
    router = APIRouter(include_in_schema=False)

    def shown(reader: Reader, key: str = "") -> HTMLResponse:
        now = keeper.clock.now()
        feeds = [token for token in keeper.access.tokens() if token.kind == "feed" and token.by == reader.id]
        standing = [token for token in feeds if token.stands(now)]
        values = {"key": key, "feeds": standing, "base": keeper.web.base, "most": MOST_FEEDS}
        return HTMLResponse(pages.render("account.html", journal, now, **values))

    @router.get("/account")
    def account(reader: Annotated[Reader, Depends(needs(Role.VIEWER))]) -> HTMLResponse:
        return shown(reader)

    @router.get("/account/feeds")
    def nothing() -> RedirectResponse:
        return RedirectResponse("/account", status_code=303)

    @router.post("/account/feeds")
    async def new_feed(
        request: Request,
        reader: Annotated[Reader, Depends(needs(Role.VIEWER))],
        _: Annotated[Form, Depends(checked_form)],
    ) -> HTMLResponse:
        request.state.about = "an address for a feed reader"
        return await run_in_threadpool(_new_feed, reader)

    def _new_feed(reader: Reader) -> HTMLResponse:
        now = keeper.clock.now()
        theirs = [t for t in keeper.access.tokens() if t.kind == "feed" and t.by == reader.id and t.stands(now)]
        if len(theirs) >= MOST_FEEDS:
            raise HTTPException(409, f"you have {MOST_FEEDS} keys of feeds, which is the most: sign out everywhere")
        name = f"feeds of {reader.shown}"
        return shown(
            reader, keeper.access.new_token("feed", name, "viewer", by=reader.id, now=now, expires=now + FEED_FOR)
        )

    @router.get("/audit")
    def audit(
        reader: Annotated[Reader, Depends(needs(Role.OPERATOR))],
        person: Annotated[str, Query(max_length=300)] = "",
        before: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    ) -> HTMLResponse:
        acts = Audit(journal).acts(person=person, before=before, limit=_PAGE)
        more = acts[-1].id if len(acts) == _PAGE else None
        values = {"acts": acts, "person": person, "more": more}
        return HTMLResponse(pages.render("audit.html", journal, keeper.clock.now(), **values))

    return router
