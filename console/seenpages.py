"""The address in a page for one person, by which they say that they look after it. Mail programs and scanners follow
links, so GET only asks; POST says so. Who has the address has the message; nobody needs to sign in."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from chat.acknowledging import PATH, Seen, seen_by
from chat.desk.answers import Asking, Declined, Person
from chat.desk.matters import REPORT, Matter, find
from chat.desk.reviewing import seen
from console import pages
from console.views import href
from nuncius.core.clock import Clock
from nuncius.journal import Journal


def seen_routes(journal: Journal, clock: Clock) -> APIRouter:
    """`/seen/…`, as messages name it."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"/{PATH}/{{signed}}", response_class=HTMLResponse)
    def ask(signed: str) -> Response:
        return answer(signed, pressed=False)

    @router.post(f"/{PATH}/{{signed}}", response_class=HTMLResponse)
    def say(signed: str) -> Response:
        return answer(signed, pressed=True)

    def answer(signed: str, *, pressed: bool) -> Response:
        told = seen_by(signed)
        matter = _matter(journal, told) if told is not None else None
        if told is None or matter is None:
            return Response("no page has this address", status_code=404, media_type="text/plain")
        name = told.person.partition(":")[2].partition("/")[0]
        if pressed:
            person = Person(id=told.person.partition("/")[0], name=name)
            # Pressed twice it is said once: the event is known by its name.
            asking = Asking(words="seen", person=person, delivery=f"link:{told.key}:{person.id}")
            seen(journal, asking, f"{REPORT}{told.key}", clock.now())
        thread = matter.report.thread if matter.report else ""
        values = {"title": matter.title, "said": pressed, "name": name, "href": href(thread) if thread else ""}
        return HTMLResponse(pages.alone("seen.html", **values))

    return router


def _matter(journal: Journal, told: Seen) -> Matter | None:
    try:
        return find(journal, f"{REPORT}{told.key}")
    except Declined:  # another journal's
        return None
