"""Finds what an act is about: a question by its number, or the report behind a button, with the reaction of both."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from chat.desk.answers import Declined
from nuncius.core.event import Event, Tense, iso
from nuncius.core.report import Report
from nuncius.journal import Journal
from nuncius.journal.acts import Acts
from nuncius.journal.records import Review, StoredReaction, StoredReport

#: How the button of a report names it.
REPORT = "report:"


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """A reaction, the report of it that is meant (one row for each target), and the question that this puts."""

    reaction: StoredReaction
    rows: list[StoredReport] = []
    review: Review | None = None

    @property
    def report(self) -> Report | None:
        """The report, the same on all targets."""
        return self.rows[0].report if self.rows else None

    @property
    def private(self) -> bool:
        """Whether one person alone was told. What is said of it then stays off all that others see."""
        return self.report is not None and bool(self.report.to)

    @property
    def title(self) -> str:
        """What to call it."""
        if self.review is not None:
            return self.review.question.partition("\n")[0]
        return self.report.title if self.report else f"reaction {self.reaction.id} of rule {self.reaction.rule}"

    @property
    def told(self) -> datetime:
        """When people could first see it."""
        if self.review is not None:
            return self.review.asked
        return min((row.created for row in self.rows), default=self.reaction.created)


def find(journal: Journal, about: str) -> Matter:
    """The matter of a question's number, or of `report:KEY`. Raises Declined where there is none."""
    acts = Acts(journal)
    if about.startswith(REPORT):
        rows = acts.reported(about.removeprefix(REPORT))
        number = next((row.reaction_id for row in rows if row.reaction_id is not None), None)
        reaction = acts.reaction(number) if number is not None else None
        if reaction is None:
            raise Declined("Not found", "this message was not made by a rule, or its journal is another one")
        asks = rows[0].report.asks
        return Matter(reaction=reaction, rows=rows, review=journal.review(asks) if asks else None)
    if not about.isdigit():
        raise Declined("Which one?", "name the number of a question; `questions` lists those that are open")
    review = journal.review(int(about)) if len(about) < 18 else None
    reaction = acts.reaction(review.reaction) if review else None
    if review is None or reaction is None:
        raise Declined("Not found", f"no question has the number {about}; `questions` lists those that are open")
    return Matter(reaction=reaction, review=review)


def noted(
    act: str, *, delivery: str, by: str, person: str, now: datetime, why: str, cause: Event | None, **data: Any
) -> Event:
    """The event by which an act enters the journal: who, when, what, about which report or question."""
    mock = cause is not None and cause.tense in (Tense.TEST, Tense.INJECTION)
    words = {"act": act, "by": by, "person": person, "why": why, **data}
    return Event(
        id=f"review:{delivery}",
        kind=f"review.{act}",
        source="chat",
        received=now,
        tense=cause.tense if mock and cause is not None else Tense.INITIAL,
        data={key: value for key, value in words.items() if value not in (None, "")},
    )


def words_of(matter: Matter, now: datetime) -> dict[str, Any]:
    """What an act's event says of its matter."""
    reaction, report = matter.reaction, matter.report
    told: dict[str, Any] = {
        "what": "question" if matter.review is not None else "report",
        "title": matter.title,
        "rule": reaction.rule,
        "rule_hash": reaction.rule_hash,
        "reaction": reaction.id,
        # An event that names its object stands on that object's page, which is for everybody.
        "object": None if matter.private else reaction.object,
        "private": matter.private or None,
        "about": str(reaction.context.get("event", "")),
        "told": iso(matter.told),
        "took_s": max(0.0, (now - matter.told).total_seconds()),
    }
    if matter.review is not None:
        told["question"] = matter.review.id
    if report is not None:
        told |= {"slot": report.slot, "report": report.key}
    return told


def cause_of(journal: Journal, reaction: StoredReaction) -> Event | None:
    """The event that a reaction is about."""
    stored = journal.get(str(reaction.context.get("event", "")))
    return stored.event if stored else None
