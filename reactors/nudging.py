"""Several objects of one moment: when one has news, or is taken back, the joint reports of the others are looked
at again. They hear an event of their own, `custom.together`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from nuncius.core.event import Event, Tense
from nuncius.core.report import Report, ReportState
from reactors.actions.contract import Done, Work
from reactors.beside import WINDOW_S
from reactors.naming import digest
from reactors.saying import STANDING
from reactors.sightings import is_notice, standing

#: Tells the other objects of the moment that there is news.
NUDGE = "custom.together"


def taken_back(work: Work) -> Done:
    """After a retraction: where others saw the object too its report is made anew, else it is marked; and those of the
    other objects of the moment are made anew."""
    obj = str(work.step.reaction.object or "")
    left = [e for e in standing(s.event for s in work.journal.events_of(obj)) if is_notice(e)]
    again = [obj] if left else []
    return Done(reports=[] if left else _marked(work, obj), events=nudges(work, [*again, *_others(work, obj)]))


def _marked(work: Work, obj: str) -> list[Report]:
    """The joint report of the object, also where a circular was the last that amended it."""
    newest: dict[str, Report] = {}
    for stored in work.journal.reports(thread=obj, limit=2000):
        said = stored.report
        if said.rule == work.step.reaction.rule and said.attachments and stored.state in STANDING:
            newest[said.slot] = said
    by = work.step.reaction.context.get("retracted_by")
    return [
        msgspec.structs.replace(
            said,
            state=ReportState.RETRACTED,
            key=digest("retracted", slot, said.thread, by),
            revision=said.revision + 1,
        )
        for slot, said in newest.items()
        if said.state is not ReportState.RETRACTED
    ]


def _others(work: Work, obj: str) -> list[str]:
    """Other objects of the moment of one that was taken back."""
    events = [stored.event for stored in work.journal.events_of(obj)]
    t0 = min((e.trigger_time for e in events if e.trigger_time is not None), default=None)
    if t0 is None:
        return []
    near = {s.event.object for s in work.journal.around(t0, WINDOW_S) if is_notice(s.event) and s.event.is_real}
    return sorted(other for other in near if other is not None and other != obj)


def nudges(work: Work, others: list[str]) -> list[Event]:
    """Events that have the reports of other objects looked at again. One that was itself caused so causes no more."""
    ev = work.scene.ev
    cause = str(work.step.reaction.context.get("retracted_by") or ev["id"])
    if ev.get("kind") == NUDGE:
        return []
    t0 = ev.get("trigger_time")
    mock = str(ev.get("tense")) in (Tense.TEST, Tense.INJECTION)
    return [
        Event(
            id=f"{NUDGE}:{digest(other, cause)}",
            kind=NUDGE,
            source=f"rules:{work.step.reaction.rule}",
            received=work.now,
            tense=Tense.TEST if mock else Tense.INITIAL,
            object=other,
            trigger_time=datetime.fromisoformat(t0) if isinstance(t0, str) else None,
            # On the word of those who saw that object: when they take it back, what follows from this goes too.
            data=_whose(work, other) | {"because": cause, "emitted_by": work.step.reaction.rule, "depth": 1.0},
        )
        for other in others
    ]


def _whose(work: Work, obj: str) -> dict[str, Any]:
    seen = [e for e in standing(s.event for s in work.journal.events_of(obj)) if is_notice(e) and e.data.get("mission")]
    return {"mission": seen[-1].data["mission"]} if seen else {}
