"""The addresses of subscriptions: one's own to see, make, change and end; and the signed one, found in every message,
that ends one without signing in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from analyses.observatories import load_observatories
from chat.desk.answers import Declined, declined
from chat.desk.wording import MISSIONS
from chat.people import People
from chat.unsubscribing import PATH, subscription_of
from console import pages, subscriptions
from console.signin import Form, Reader, Role, checked_form, needs
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError
from nuncius.journal import Journal
from nuncius.journal.subscriptions import MOST_EACH, Subscriptions

Viewer = Annotated[Reader, Depends(needs(Role.VIEWER))]
Filled = Annotated[Form, Depends(checked_form)]
_DONE = {"kept": "Kept. You are told from now on.", "again": "You have it already.", "ended": "Ended."}


def subscription_routes(
    journal: Journal,
    clock: Clock,
    *,
    people: People | None = None,
    targets: Sequence[str] = ("web",),
    reached: subscriptions.Reached = lambda person: (),
) -> APIRouter:
    """The pages of subscriptions. `targets` are those where reports go, `people` are known, `reached` says where."""
    router = APIRouter(include_in_schema=False)

    def page(reader: Reader, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        person = subscriptions.person_of(reader, people)
        shared = {
            "ways": subscriptions.ways_of(reader, person, targets, reached),
            "sites": sorted(load_observatories()),
            "own_site": person.site if person else "",
            "missions": MISSIONS,
            "most": MOST_EACH,
        }
        return HTMLResponse(pages.render(template, journal, clock.now(), **shared, **values), status_code=status)

    def form_page(reader: Reader, form: Form, *, refused: Declined | None = None, instead_of: str = "") -> HTMLResponse:
        filled = subscriptions.refilled(form)
        number = instead_of if instead_of.isdecimal() else ""
        values = {"form": filled, "refused": refused, "instead_of": number, "shown": None}
        return page(reader, "subscription.html", 200 if refused is None else 422, **values)

    @router.get("/subscriptions", response_class=HTMLResponse)
    def all_of_mine(reader: Viewer, done: Annotated[str, Query(max_length=20)] = "") -> Response:
        ways = subscriptions.ways_of(reader, subscriptions.person_of(reader, people), targets, reached)
        mine = subscriptions.mine(journal, reader, ways)
        return page(reader, "subscriptions.html", mine=mine, done=_DONE.get(done, ""))

    @router.get("/subscriptions/new", response_class=HTMLResponse)
    def new(reader: Viewer) -> Response:
        return form_page(reader, {})

    @router.get("/subscriptions/{number}", response_class=HTMLResponse)
    def one(reader: Viewer, number: int) -> Response:
        try:
            old = Subscriptions(journal).get(number, subscriptions.names_of(reader))
        except PermanentError:
            return HTMLResponse(pages.missing_page(journal, f"subscription {number}", clock.now()), status_code=404)
        said = {"way": "sentence", "sentence": old.sentence} if old.sentence else {"way": "yaml"}
        return form_page(reader, {**said, "yaml": old.rule, "tell": old.tell or old.owner}, instead_of=str(old.id))

    @router.post("/subscriptions/preview", response_class=HTMLResponse)
    def show(reader: Viewer, form: Filled) -> Response:
        written = form.get("yaml", "").strip()
        if form.get("way") == "yaml" and written and not written.startswith("rule:"):
            form = {**form, "yaml": f"rule: mine\n{written}"}  # so that what is said of its lines fits what is shown
        person = subscriptions.person_of(reader, people)
        ways = subscriptions.ways_of(reader, person, targets, reached)
        try:
            shown = subscriptions.show(journal, reader, person, form, ways, clock.now())
        except PermanentError as error:
            answer = declined(error)
            refused = Declined(answer.title, answer.text)
            return form_page(reader, form, refused=refused, instead_of=form.get("instead_of", ""))
        values: dict[str, Any] = {"form": subscriptions.refilled(form), "refused": None, "shown": shown}
        return page(reader, "subscription.html", instead_of=shown.instead_of or "", **values)

    @router.post("/subscriptions/keep")
    def keep(reader: Viewer, form: Filled) -> Response:
        names, kept = subscriptions.names_of(reader), Subscriptions(journal)
        try:
            number, other = (subscriptions.number_of(form.get(name, "")) for name in ("number", "instead_of"))
            new = kept.keep(number or 0, names, clock.now(), instead_of=other)
        except PermanentError as error:
            answer = declined(error)
            return form_page(reader, {}, refused=Declined(answer.title, answer.text))
        return RedirectResponse(f"/subscriptions?done={'kept' if new else 'again'}", status_code=303)

    @router.post("/subscriptions/end")
    def end(reader: Viewer, form: Filled) -> Response:
        try:
            number = subscriptions.number_of(form.get("number", ""))
            Subscriptions(journal).end(number or 0, subscriptions.names_of(reader), clock.now())
        except PermanentError as error:
            answer = declined(error)
            return form_page(reader, {}, refused=Declined(answer.title, answer.text))
        return RedirectResponse("/subscriptions?done=ended", status_code=303)

    router.include_router(_farewell(journal, clock))
    return router


def _farewell(journal: Journal, clock: Clock) -> APIRouter:
    """The address in messages. Mail programs and scanners follow links, so GET only asks; POST ends it, also as mail
    programs do on their own button (RFC 8058). Who has the address has the message; nobody needs to sign in."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"/{PATH}/{{signed}}", response_class=HTMLResponse)
    def ask(signed: str) -> Response:
        return answer(signed, ended=False)

    @router.post(f"/{PATH}/{{signed}}", response_class=HTMLResponse)
    def farewell(signed: str) -> Response:
        return answer(signed, ended=True)

    def answer(signed: str, *, ended: bool) -> Response:
        number = subscription_of(signed)
        owner = Subscriptions(journal).owner(number) if number is not None else None
        if number is None or owner is None:
            return Response("no subscription has this address", status_code=404, media_type="text/plain")
        if ended:
            Subscriptions(journal).end(number, owner, clock.now())
        one = Subscriptions(journal).get(number, owner)
        values = {"one": one, "ended": one.state != "on"}
        return HTMLResponse(pages.alone("unsubscribe.html", **values))

    return router
