"""Dresses what an action has to say as reports: thread, place, key and severity come from the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from nuncius.core.report import Link, Picture, Report, ReportState, Severity
from nuncius.core.result import Table
from reactors import opposing
from reactors.naming import digest
from reactors.scene import Scene

if TYPE_CHECKING:
    from reactors.actions.contract import Work

STANDING = ("pending", "sending", "delivered")


def thread_of(work: Work) -> str:
    """The thread a step speaks in: `to`, else the object's, else the event's own."""
    to = work.step.action.get("to")
    reaction = work.step.reaction
    return work.scene.text(to)[0] if to else reaction.object or str(reaction.context["event"])


def text_inputs(action: dict[str, Any], scene: Scene) -> Any:
    """What the event determines of a text. One that waits for a result is known by its source; the result's own
    inputs count through its name."""
    return action["what"] if scene.pending(action["what"]) else scene.text(action["what"])[0]


def say(work: Work, *, severity: Severity | None = None) -> tuple[str, list[Report]]:
    """A step's text, filled, and the report that says it: none after a retraction where nobody was told before."""
    text, gaps = work.scene.text(work.step.action["what"])
    title, _, rest = text.strip().partition("\n")
    said = "\n\n".join(part for part in (rest.strip(), opposing.quotations(work.scene.ev)) if part)
    tables = opposing.table(work.scene.ev)
    message = report(work, title=title or "(an empty text)", text=said, tables=tables, caveats=gaps)
    if both := opposing.links(work.scene.ev):
        message = msgspec.structs.replace(message, links=both)
    if severity is not None:
        message = msgspec.structs.replace(message, severity=severity)
    if work.step.reaction.retracts is None:
        return text, [message]
    if not told(work):
        return "", []
    # Several rules, and several revisions of one, may be taken back by the same event: people are told once.
    whom = [message.to] if message.to else []
    place = digest("retraction", message.thread, text, work.step.reaction.context["retracted_by"], *whom)
    return text, [msgspec.structs.replace(message, slot=f"retraction/{place}", key=place, revision=1, caveats=[])]


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
        # What follows a retraction or a failure is known by the reaction alone.
        key=action["key"] or digest(reaction.key, action["slot"]),
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
        to=str(action.get("for", "")),
        subscription=action.get("subscription"),
    )


def withdrawn(work: Work) -> list[Report]:
    """The reports of a retracted reaction that people may have seen, marked as retracted, in their places. What
    another mission has said there since stands."""
    marked = []
    for slot, thread, said in _said(work):
        if said.state is ReportState.RETRACTED or _mission(work, said) != work.scene.ev.get("mission"):
            continue
        key = _mark(work, slot, thread)
        fields: dict[str, Any] = {"state": ReportState.RETRACTED, "key": key, "revision": said.revision + 1}
        marked.append(msgspec.structs.replace(said, **fields))
    return marked


def told(work: Work) -> bool:
    """Whether people may have seen something of what is taken back now: a step before this one may have marked it."""
    return any(
        said.key == _mark(work, slot, thread)
        or (said.state is not ReportState.RETRACTED and _mission(work, said) == work.scene.ev.get("mission"))
        for slot, thread, said in _said(work)
    )


def _mark(work: Work, slot: str, thread: str) -> str:
    return digest("retracted", slot, thread, work.step.reaction.context["retracted_by"])


def _said(work: Work) -> Iterator[tuple[str, str, Report]]:
    """The newest report in each place of a reaction, with its place and thread."""
    places = {(place["slot"], place["thread"]) for place in work.step.reaction.context.get("places", [])}
    for thread in sorted({thread for _, thread in places}):
        newest: dict[str, Report] = {}
        for stored in work.journal.reports(thread=thread, limit=2000):
            said = stored.report
            before = newest.get(said.slot, said)
            if (said.slot, thread) in places and stored.state in STANDING and said.revision >= before.revision:
                newest[said.slot] = said
        for slot, said in sorted(newest.items()):
            yield slot, thread, said


def _mission(work: Work, said: Report) -> str | None:
    """On whose word a report was made."""
    stored = work.journal.get(said.event_id)
    return None if stored is None else stored.event.data.get("mission")
