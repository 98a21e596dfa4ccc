"""Dresses what an action has to say as reports: thread, place, key and severity come from the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nuncius.core.report import Link, Picture, Report, ReportState, Severity
from nuncius.core.result import Table
from reactors.naming import digest

if TYPE_CHECKING:
    from reactors.actions.contract import Work

STANDING = ("pending", "sending", "delivered")


def thread_of(work: Work) -> str:
    """The thread a step speaks in: `to`, else the object's, else the event's own."""
    to = work.step.action.get("to")
    reaction = work.step.reaction
    return work.scene.text(to)[0] if to else reaction.object or str(reaction.context["event"])


def report(
    work: Work,
    *,
    title: str,
    text: str = "",
    tables: list[Table] | None = None,
    pictures: list[Picture] | None = None,
    caveats: list[str] | None = None,
) -> Report:
    """A report in the step's place."""
    action, reaction = work.step.action, work.step.reaction
    url = work.scene.ev.get("url")
    shown = isinstance(url, str) and url.startswith(("https://", "http://")) and url not in f"{title} {text}"
    return Report(
        thread=thread_of(work),
        slot=action["slot"],
        key=action["key"],
        title=title,
        text=text,
        severity=Severity(reaction.severity),
        revision=int(action.get("revision", 1)),
        rule=reaction.rule,
        event_id=str(reaction.context["event"]),
        tables=tables or [],
        pictures=pictures or [],
        caveats=caveats or [],
        links=[Link(label="source", url=str(url))] if shown else [],
    )


def withdrawn(work: Work) -> list[Report]:
    """The reports of a retracted reaction that people may have seen, marked as retracted, in their places. What
    another mission has said there since stands."""
    context = work.step.reaction.context
    marked = []
    places = {(place["slot"], place["thread"]) for place in context.get("places", [])}
    for thread in sorted({thread for _, thread in places}):
        newest: dict[str, Report] = {}
        for stored in work.journal.reports(thread=thread, limit=2000):
            said = stored.report
            if (said.slot, thread) in places and stored.state in STANDING:
                newest[said.slot] = max(newest.get(said.slot, said), said, key=lambda r: r.revision)
        for slot, said in sorted(newest.items()):
            if said.state is ReportState.RETRACTED or _mission(work, said) != work.scene.ev.get("mission"):
                continue
            key = digest("retracted", slot, thread, context["retracted_by"])
            fields: dict[str, Any] = {"state": ReportState.RETRACTED, "key": key, "revision": said.revision + 1}
            marked.append(msgspec.structs.replace(said, **fields))
    return marked


def _mission(work: Work, said: Report) -> str | None:
    """On whose word a report was made."""
    stored = work.journal.get(said.event_id)
    return None if stored is None else stored.event.data.get("mission")
