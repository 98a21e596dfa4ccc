"""`ask: "May this go out? ${…}"`: a person approves before later actions go on. Whoever answers, and why, is kept. On
rejection, or when nobody answers within the timeout, its `else` is done and the rest is not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import msgspec

from nuncius.core.report import Report
from nuncius.journal import NewReview, Review
from reactors.actions.contract import ACTIONS, Asking, Done, Work
from reactors.naming import digest
from reactors.saying import report, text_inputs, thread_of
from reactors.scene import Scene
from reactors.templates import parse_template, written

DEFAULT_TIMEOUT_S = 600.0


class Ask:
    """Waits for a person."""

    options: Collection[str] = ("as", "timeout")

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        parse_template(action["what"], names)

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        return text_inputs(action, scene)

    def perform(self, work: Work) -> Done | Asking:
        review = work.journal.review(work.step.id)
        if review is None:
            return _ask(work)
        if review.state == "open" and work.now < review.due:  # looked at too early: its worker had died
            return Asking(review=NewReview(thread=review.thread, question=review.question, due=review.due))
        return _answered(work, review)


def _ask(work: Work) -> Asking:
    text, gaps = work.scene.text(work.step.action["what"])
    due = work.now + timedelta(seconds=float(work.step.action.get("timeout_s", DEFAULT_TIMEOUT_S)))
    title, _, rest = text.strip().partition("\n")
    number = work.step.id
    until = f"Waits for a person until {due:%Y-%m-%d %H:%M:%S} UTC"
    hint = f'To answer: `nuncius review approve {number}` or `nuncius review reject {number} --why "…"`'
    question = report(
        work, title=title or "(an empty question)", text=f"{rest.strip()}\n\n{until}".strip(), caveats=gaps
    )
    question = msgspec.structs.replace(_anew(question, work, "asked"), asks=number, hint=hint)
    return Asking(review=NewReview(thread=thread_of(work), question=text.strip(), due=due), reports=[question])


def _answered(work: Work, review: Review) -> Done:
    state = "expired" if review.state == "open" else review.state
    title, _, rest = review.question.partition("\n")
    who = {
        "approved": f"Approved by {review.by}",
        "rejected": f"Rejected by {review.by}",
        "expired": f"Nobody answered within {_length((review.due - review.asked).total_seconds())}",
    }[state]
    why = f"Why: {review.why}\n\n" if review.why else ""
    said = _anew(report(work, title=f"{who}: {title}", text=f"{why}{rest.strip()}".strip()), work, state)
    names: dict[str, Any] = {"approved": state == "approved", "rejected": state == "rejected", "state": state}
    names |= {"by": review.by, "why": review.why}
    said = msgspec.structs.replace(said, asks=0)
    return Done(result={"answer": who, "names": names}, reports=[said])


def _anew(said: Report, work: Work, state: str) -> Report:
    """Each question is put anew, also where its words are those of the last: what follows it has changed."""
    return msgspec.structs.replace(said, key=digest(said.key, work.step.id, state))


def _length(seconds: float) -> str:
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("m", 60.0)):
        if seconds >= length and seconds % length == 0:
            return f"{written(seconds / length)}{unit}"
    return f"{written(round(seconds))}s"


ACTIONS.add("ask", Ask())
