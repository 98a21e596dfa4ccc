"""`assume: amati-relation`: tests an assumption about physical reality on what is known now. Its analysis runs by the
executor; a violation is reported loudly, with what it rests on, and whatever holds in one quiet line in the same place.
The verdict is an event, `assumption.verdict`, which the graph keeps with its evidence. Later actions may use `verdict`,
`why`, `answer` and the analysis' values under its `as` name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from analyses.assumptions import Assumption, assumption
from analyses.contract import describe
from analyses.verdicts import CANNOT, HOLDS, VIOLATED, Verdict, judge, lacking
from nuncius.core.event import Event, Tense
from nuncius.core.registry import did_you_mean
from nuncius.core.report import Picture, Report, Severity
from nuncius.core.result import Result
from reactors.actions.contract import ACTIONS, Done, Running, Work
from reactors.evidence import Resolved, links, quotations, resolve
from reactors.naming import digest
from reactors.saying import report
from reactors.scene import Scene
from reactors.tokens import ExpressionError

DEFAULT_TIMEOUT_S = 600.0


class Assume:
    """Tests an assumption."""

    options: Collection[str] = ("with", "as", "timeout", "retry")

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        one = assumption(action["what"])
        known = {*describe(one.analysis).parameters, *one.conditions}
        for name in action.get("with", {}):
            if name not in known:
                raise ExpressionError(
                    f"the assumption '{one.assumption}' is tested without an input '{name}'"
                    f"{did_you_mean(name, list(known))}",
                    hint=f"inputs of {one.analysis}: {', '.join(sorted(known))}",
                )

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        one, found = _resolved(action, scene)
        version = f"{one.version}/{describe(one.analysis).version}"
        return {**found.inputs, "version": version, "rests_on": [e.node or e.document for e in found.evidence]}

    def perform(self, work: Work) -> Done | Running:
        one, found = _resolved(work.step.action, work.scene)
        early = lacking(one, found.inputs)
        if early is not None:
            return _done(work, one, early, found, None)
        parameters = describe(one.analysis).parameters
        job = work.executor.submit(
            one.analysis,
            {name: value for name, value in found.inputs.items() if name in parameters},
            blobs={},
            deadline_s=float(work.step.action.get("timeout_s", DEFAULT_TIMEOUT_S)),
        )
        return Running(
            job=job,
            finish=lambda result: _done(work, one, judge(one, result.values, found.inputs), found, result),
        )


def _resolved(action: dict[str, Any], scene: Scene) -> tuple[Assumption, Resolved]:
    """The inputs: those that the assumption fixes win over those given `with`, and these over the event's own words."""
    one = assumption(action["what"])
    parameters = describe(one.analysis).parameters
    given = scene.value(action.get("with", {}))
    own = {name: scene.ev[name] for name in (*parameters, *one.conditions) if name not in given and name in scene.ev}
    if "object" in own:
        own["object"] = scene.ev["name"]  # people read names, not addresses
    return one, resolve({**own, **given, **one.fixed}, parameters)


def _done(work: Work, one: Assumption, verdict: Verdict, found: Resolved, result: Result | None) -> Done:
    values = {} if result is None else result.values
    event = _event(work, one, verdict, found, result)
    kept = {
        "answer": _title(work, verdict),
        "values": {name: msgspec.to_builtins(value) for name, value in values.items()},
        "names": {"verdict": verdict.verdict, "why": verdict.why},
    }
    return Done(result=kept, reports=[_said(work, one, verdict, found, result)], events=[event])


def _title(work: Work, verdict: Verdict) -> str:
    words = {VIOLATED: "Assumption violated", HOLDS: "Assumption holds", CANNOT: "Assumption cannot be told"}
    of = f" by {work.scene.ev['name']}" if verdict.verdict == VIOLATED else f" for {work.scene.ev['name']}"
    whose = of if work.step.reaction.object else ""
    return f"{words[verdict.verdict]}: {verdict.assumption}{whose}: {verdict.why}"


def _said(work: Work, one: Assumption, verdict: Verdict, found: Resolved, result: Result | None) -> Report:
    """A violation with all that it rests on; anything else as one line."""
    title = _title(work, verdict)
    if verdict.verdict != VIOLATED or result is None:
        return msgspec.structs.replace(report(work, title=title), severity=Severity.INFO, links=links(found.evidence))
    more = f"\n- and {found.further} more" if found.further else ""
    said = report(
        work,
        title=title,
        text="\n\n".join(
            part
            for part in (
                f"{one.about.strip()} ({one.by}; version {one.version})",
                quotations(found.evidence) + more,
                f"It protects {one.protects}." if one.protects else "",
                result.answer,
            )
            if part
        ),
        tables=result.tables,
        pictures=[
            Picture(name=f.name, sha256=work.journal.put_blob(f.png), caption=f.caption, alt=f.alt)
            for f in result.figures
        ],
        caveats=[f"It is about {one.applies.words}.", *result.caveats],
    )
    loud = said.severity if said.severity is Severity.PAGE else Severity.WARNING
    return msgspec.structs.replace(said, severity=loud, links=[*links(found.evidence), *said.links])


def _event(work: Work, one: Assumption, verdict: Verdict, found: Resolved, result: Result | None) -> Event:
    """The verdict for the graph. The same step, done again, gives the same event; what rests on a mock is a mock."""
    action, reaction, ev = work.step.action, work.step.reaction, work.scene.ev
    mock = str(ev.get("tense")) in (Tense.TEST, Tense.INJECTION)
    analysis = describe(one.analysis)
    told = {key: value for key, value in msgspec.to_builtins(verdict).items() if value not in (None, ())}
    quantity = told.pop("value", {})
    return Event(
        id=f"verdict:{digest(action['key'] or reaction.key, action['slot'])}",
        kind="assumption.verdict",
        source=f"rules:{reaction.rule}",
        received=work.now,
        tense=Tense.TEST if mock else Tense.INITIAL,
        object=reaction.object,
        data={
            **told,
            **{
                w: quantity[w] for w in ("value", "unit", "minus", "plus", "limit") if quantity.get(w) not in (None, "")
            },
            "place": f"{one.assumption} {reaction.per}",
            "about": one.about.strip(),
            "since": str(one.since),
            "by": one.by,
            "analysis": one.analysis,
            "analysis_version": analysis.version,
            "run": "" if result is None else str(result.provenance.get("key", "")),
            "answer": "" if result is None else result.answer,
            "rule": reaction.rule,
            "because": reaction.context["event"],
            "evidence": [msgspec.to_builtins(e) for e in found.evidence],
        },
    )


ACTIONS.add("assume", Assume())
