"""What reviewers do on the page: the very words that Slack's buttons say, heard by the same desk, signed by whoever is
signed in."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from chat.desk.answers import Answer, Asking, Person
from chat.desk.desk import Desk
from console import pages, views
from console.signin import Form, Reader, Role, checked_form, needs
from console.subscriptions import names_of
from nuncius.core.clock import Clock
from nuncius.core.errors import TransientError
from nuncius.journal import Journal

#: What may be said here; whoever asks for more asks in chat. The desk itself sees who may.
VERBS = ("approve", "reject", "unrelated", "rerun", "mute", "unmute", "why", "seen")
_MARK = re.compile(r"[A-Za-z0-9_-]{8,40}")
_LONGEST = 1000


def act_routes(journal: Journal, desk: Desk, clock: Clock) -> APIRouter:
    """`POST /act`: fields `do` (a verb), `about` (a report, an object, a number), `why`, `thread` to go back to, and
    `mark`, by which a form that is sent twice is one act."""
    router = APIRouter(include_in_schema=False)

    @router.get("/act")
    def nothing() -> RedirectResponse:
        return RedirectResponse("/", status_code=303)  # an answer's page that is loaded anew without its form

    @router.post("/act")
    async def act(
        request: Request,
        reader: Annotated[Reader, Depends(needs(Role.VIEWER))],
        form: Annotated[Form, Depends(checked_form)],
    ) -> HTMLResponse:
        asking = asked(reader, form)
        request.state.about = asking.words
        answer, status = await run_in_threadpool(_heard, journal, desk, asking)
        thread = form.get("thread", "")[:500]
        back = views.href(thread) if thread else "/"
        page = await run_in_threadpool(
            pages.render, "answer.html", journal, clock.now(), answer=answer, back=back, thread=thread
        )
        return HTMLResponse(page, status_code=status)

    return router


def asked(reader: Reader, form: Form) -> Asking:
    """A form as words of the desk. Raises HTTPException for what no page of ours sends."""
    verb, about = form.get("do", ""), " ".join(form.get("about", "").split())[:500]
    why, mark = " ".join(form.get("why", "").split())[:_LONGEST], form.get("mark", "")
    if verb not in VERBS or not about or not _MARK.fullmatch(mark):
        raise HTTPException(400, f"one of {', '.join(VERBS)} about something; go back and load the page anew")
    reviewer = reader.role.covers(Role.REVIEWER)
    person = Person(id=reader.id, name=reader.shown, reviewer=reviewer, also=tuple(names_of(reader)[1:]))
    # The person is part of it, so that nobody can be first with somebody else's mark.
    delivery = f"web:{reader.id}:{mark}:{verb}"
    return Asking(
        words=f"{verb} {about} {why}".strip(), person=person, delivery=delivery, thread=form.get("thread", "")
    )


def _heard(journal: Journal, desk: Desk, asking: Asking) -> tuple[Answer, int]:
    if journal.get(f"review:{asking.delivery}") is not None:  # the page was loaded anew, or the button pressed twice
        return Answer(title="Done", text="It was done when you first sent it."), 200
    try:
        answer = desk.hear(asking)
    except TransientError as error:
        return Answer(title="Not just now", text=str(error), ok=False), 503
    return answer, 200 if answer.ok else 409
