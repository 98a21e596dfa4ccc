"""What reviewers do: judge a report, answer a rule's question, say that an event is not related, have work repeated,
mute a rule. Each act is an event in the journal, signed with who and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from chat.contract import HEAD
from chat.desk.answers import Answer, Asking, Declined, Offer, escaped
from chat.desk.matters import REPORT, Matter, cause_of, find, noted, words_of
from chat.desk.words import split_for
from kg.objects import members, resolve
from kg.parting import parting
from kg.vocabulary import OBJECT, object_label
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.event import Event
from nuncius.core.registry import did_you_mean
from nuncius.core.report import Report, ReportState
from nuncius.journal import Journal, Silence
from nuncius.journal.acts import Acts
from nuncius.journal.records import StoredReport, Verdict
from nuncius.journal.subscriptions import Subscriptions, subscription_number
from reactors.durations import seconds
from reactors.naming import digest

#: How long a rule is muted about an object where nobody says how long, and the most.
MUTED_S, MOST_MUTED_S = 7 * 86_400.0, 90 * 86_400.0
_SIGNS = {"approved": "✓ right", "rejected": "✗ wrong", "unrelated": "✗ not related"}

__all__ = ["answer", "judge", "mute", "rerun", "seen", "unmute", "unrelated"]


def judge(journal: Journal, asking: Asking, about: str, verdict: Verdict, why: str, now: datetime) -> Answer:
    """Approve or reject: a question's work goes on or does not; of any other report, it is noted that it was right or
    wrong, in its message too."""
    matter = find(journal, about)
    if matter.review is not None:
        return answer(journal, asking, matter, verdict, why, now)
    return _mark(journal, asking, matter, verdict, why, now)


def answer(journal: Journal, asking: Asking, matter: Matter, verdict: Verdict, why: str, now: datetime) -> Answer:
    """Answer an open question."""
    review, person = matter.review, asking.person
    if review is None:
        raise Declined("Not found", "that report asks nothing")
    if review.state != "open":
        who = f" by {review.by}" if review.by else ""
        late = {"withdrawn": "What it was about was taken back, or something newer took its place.", "expired": ""}
        text = late.get(review.state, "") or "Nothing was changed by your answer."
        raise Declined(f"Too late: this was {review.state}{who}", text)
    event = _event(journal, verdict, asking, matter, why, now)
    Acts(journal).answer(event, review.id, verdict, by=person.name, why=why)
    goes = "what waited for it goes on" if verdict == "approved" else "what waited for it is not done"
    return Answer(title=f"{verdict.capitalize()} by {person.name}: {matter.title}", text=goes)


def _mark(journal: Journal, asking: Asking, matter: Matter, verdict: str, why: str, now: datetime) -> Answer:
    """Note a verdict on a report that asked nothing, and show it in the message."""
    report = matter.report
    if report is None:
        raise Declined("Not found", "that report is gone")
    rows = [row for row in _newest(journal, report) if row.report.key.partition("/seen/")[0] == _base(report)]
    event = _event(journal, verdict, asking, matter, why, now)
    said = f": {' '.join(why.split())[:200]}" if why else ""
    mark = f"{_SIGNS[verdict]}, says {asking.person.name} ({now:%H:%M} UTC){said}"
    Acts(journal).note(event, [(row, _marked(row.report, mark, event)) for row in rows])
    if not rows:
        return Answer(title=f"Noted: {verdict}", text="About the words as they were; a newer version stands there now.")
    return Answer(title=f"Noted: {verdict}", text=escaped(matter.title))


def _base(report: Report) -> str:
    return report.key.partition("/seen/")[0]


def _newest(journal: Journal, report: Report) -> list[StoredReport]:
    """The newest row of the report's place on each target."""
    last: dict[str, StoredReport] = {}
    for row in journal.reports(thread=report.thread, limit=2000):
        if (row.report.slot, row.report.to) == (report.slot, report.to) and row.state != "cancelled":
            last[row.target] = row
    return list(last.values())


def _marked(report: Report, mark: str, event: Event) -> Report:
    fields = {"key": f"{_base(report)}/seen/{digest(event.id)}", "marks": [*report.marks, mark][-10:]}
    return msgspec.structs.replace(report, **fields)


def unrelated(journal: Journal, asking: Asking, about: str, why: str, now: datetime) -> Answer:
    """The event behind a report is not about this object: every link that it made is taken back, and the thread says
    so."""
    matter = find(journal, about)
    reaction, report = matter.reaction, matter.report
    if report is None or reaction.object is None:
        raise Declined("Nothing to take back", "this report is about no object")
    person, reason = asking.person, why or "not related, by a button in chat"
    causes = {str(reaction.context.get("event", "")), *map(str, dict(reaction.context.get("aliases", {})).values())}
    links = [link for obj in members(journal, reaction.object) for link in journal.names_of(obj)]
    # A name that others use too is theirs; only what this event claimed is taken back.
    made = [link for link in links if link.event_id in causes and not link.withdrawn]
    open_reason = "not related, by a button in chat" if matter.private else reason  # the names are everybody's
    parted = [parting(link, why=open_reason, by=person.name, now=now) for link in made]
    event = _event(journal, "unrelated", asking, matter, why, now)
    names = ", ".join(dict.fromkeys(_plain(link.name) for link in made))
    taken = f"taken back: {escaped(names)}" if made else "the event made no link of its own that could be taken back"
    note = Report(
        thread=report.thread,
        slot=f"{report.slot}/unrelated/{report.key}",
        key=digest("unrelated", event.id),
        title=f"Not related, says {person.name}: {matter.title}"[:300],
        text=f"{escaped(reason)}\n\n{taken}",
        event_id=report.event_id,
        to=report.to,
        subscription=report.subscription,
    )
    mark = f"{_SIGNS['unrelated']}, says {person.name} ({now:%H:%M} UTC)"
    rows = _newest(journal, report)
    edits = [(row, _marked(row.report, mark, event)) for row in rows if _base(row.report) == _base(report)]
    Acts(journal).note(event, [*edits, *((row, note) for row in rows)], also=parted)
    return Answer(title="Noted: not related", text=taken)


def _plain(name: str) -> str:
    return object_label(name) if name.startswith(OBJECT) else name


def rerun(journal: Journal, asking: Asking, about: str, now: datetime) -> Answer:
    """The work behind a report again, in its place."""
    matter = find(journal, about)
    event = _event(journal, "repeated", asking, matter, "", now)
    try:
        run = Acts(journal).rerun(event, matter.reaction.id)
    except Declined:
        raise
    except PermanentError as error:
        raise Declined("Not repeated", str(error)) from error
    which = f"run {run}" if run else "asked for before"
    return Answer(
        title=f"Again ({which}): {matter.title}", text="The message is edited when it is done. Nobody is called again."
    )


def mute(journal: Journal, asking: Asking, rest: str, rules: Sequence[str], now: datetime) -> Answer:
    """Silence a rule about an object: `report:KEY`, or `RULE OBJECT`, either with `for 3d`."""
    words, span = split_for(rest)
    rule, obj, matter = _whom(journal, words, rules)
    try:
        span_s = seconds(span) if span else MUTED_S
    except FormatError as error:
        raise Declined("How long?", str(error)) from error
    if not 0 < span_s <= MOST_MUTED_S:
        raise Declined("How long?", f"at most 90d; received {span}")
    person, until = asking.person, now + timedelta(seconds=span_s)
    _theirs(journal, rule, asking)
    silence = Silence(rule=rule, object=obj, why="muted in chat", by=person.name, since=now, until=until)
    told = _muting(rule, obj, until=until.isoformat()) | (words_of(matter, now) if matter else {})
    cause = cause_of(journal, matter.reaction) if matter else None
    event = noted(
        "muted", delivery=asking.delivery, by=person.name, person=person.id, now=now, why="", cause=cause, **told
    )
    number = Acts(journal).silence(event, silence)
    about = object_label(obj)
    return Answer(
        title=f"Muted: {rule} about {about} until {until:%Y-%m-%d %H:%M} UTC",
        text="It goes on deciding and keeps its reasons.",
        offers=[Offer(label="Undo", words=f"unmute {number}")] if number else [],
    )


def unmute(journal: Journal, asking: Asking, number: str, now: datetime) -> Answer:
    """End a silence before its time."""
    found = next((s for s in journal.silences(now) if number == str(s.id)), None)
    if found is None:
        raise Declined("Nothing is muted by that number", "`nuncius rules silences` lists what is")
    _theirs(journal, found.rule, asking)
    journal.unsilence(found.id, now=now)
    person, told = asking.person, _muting(found.rule, found.object)
    event = noted(
        "unmuted", delivery=asking.delivery, by=person.name, person=person.id, now=now, why="", cause=None, **told
    )
    Acts(journal).note(event)
    about = f" about {object_label(found.object)}" if found.object else ""
    return Answer(title=f"Heard again: {found.rule or 'all rules'}{about}")


def _muting(rule: str, obj: str, **more: str) -> dict[str, object]:
    """What the event says of a silence; of a subscription's nothing that would stand on the object's page."""
    if subscription_number(rule) is not None:
        return {"rule": rule, "private": True, **more}
    return {"rule": rule, "object": obj, **more}


def _theirs(journal: Journal, rule: str, asking: Asking) -> None:
    """Raises Declined for somebody else's subscription, in the words that answer a rule that is none."""
    if not Subscriptions(journal).may_know(rule, asking.person.ids):
        raise Declined("Which rule?", f"no rule is named '{rule}'")


def _whom(journal: Journal, words: str, rules: Sequence[str]) -> tuple[str, str, Matter | None]:
    if words.startswith("report:"):
        matter = find(journal, words)
        if matter.reaction.object is None:
            raise Declined("Not muted", "this report is about no object; `nuncius rules silence` mutes a whole rule")
        return matter.reaction.rule, matter.reaction.object, matter
    rule, _, name = words.partition(" ")
    if rule not in rules:
        raise Declined("Which rule?", f"no rule is named '{rule}'{did_you_mean(rule, list(rules))}")
    obj = resolve(journal, name.strip()) if name.strip() else None
    if obj is None:
        raise Declined("About what?", f"nothing is known of '{name.strip()}'; say `mute RULE OBJECT`")
    return rule, obj, None


def seen(journal: Journal, asking: Asking, name: str, now: datetime) -> Answer:
    """Somebody looks after an object, by its name or by a report about it: escalations `unless: acknowledged` wake
    nobody else."""
    if name.startswith(REPORT):
        reaction = find(journal, name).reaction
        obj, numbers = reaction.object, [reaction.id]
    else:
        obj, numbers = (resolve(journal, name) if name else asking.thread or None), []
    found = journal.reactions(object=obj, limit=1000) if obj else []
    numbers = sorted({*numbers, *(reaction.id for reaction in found if reaction.retracts is None)})
    if not numbers:
        raise Declined("Nothing to look after", f"no rule has done anything about '{name or 'this thread'}'")
    person = asking.person
    new = sum(journal.acknowledge(number, by=person.name, why="", now=now) for number in numbers)
    event = noted(
        "seen", delivery=asking.delivery, by=person.name, person=person.id, now=now, why="", cause=None, object=obj
    )
    Acts(journal).note(event)
    return Answer(
        title=f"{person.name} looks after {object_label(obj) if obj else 'it'}",
        text=f"{new} of {len(numbers)} noted now",
    )


def _event(journal: Journal, act: str, asking: Asking, matter: Matter, why: str, now: datetime) -> Event:
    report = matter.report
    if report is not None and report.state is ReportState.RETRACTED and act != "unrelated":
        raise Declined("Too late: this was retracted", "Nothing was changed by your answer.")
    if report is not None and report.slot == HEAD:
        raise Declined("Not a report", "the first message of a thread only says what is known")
    person, cause = asking.person, cause_of(journal, matter.reaction)
    told = words_of(matter, now)
    return noted(act, delivery=asking.delivery, by=person.name, person=person.id, now=now, why=why, cause=cause, **told)
