"""`together: all`, or `together: gbm, lat, bat`: all instruments on what happened at one moment. Gathers who saw the
object (or something within a minute of it), runs what that allows side by side, and reports one joint result; a later
notice, circular or slow analysis amends that report in its place.

What has not come after `patience` is named as missing in a first report; after `timeout` it is given up. Reports of
other objects of the same moment are amended too: they hear `custom.together`.

`data: all` looks into the data of every instrument of which a source is set (`[data.KEY]` of the settings, or a
service of config/instruments.toml that is on), `data: {spi-acs: ANALYSIS}` into those named.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import msgspec

from analyses.contract import describe
from analyses.progress import Progress
from nuncius.core.errors import Cancelled
from nuncius.core.report import Attachment, Picture, Report, ReportState
from nuncius.core.result import Result
from reactors import durations, looks, together
from reactors.actions.check import words
from reactors.actions.contract import ACTIONS, Done, Running, Work
from reactors.fanning import DATA, parts, views
from reactors.inthread import InThread
from reactors.naming import digest
from reactors.nudging import nudges, taken_back
from reactors.partwork import PartWork
from reactors.resulting import kept_of, result_event, run_record
from reactors.saying import STANDING, report, thread_of
from reactors.scene import Scene
from reactors.sightings import SYSTEMATIC_DEG, gather, key_of, load
from reactors.together import Joint, Outcome
from reactors.tokens import ExpressionError

DEFAULT_PATIENCE_S = 90.0
DEFAULT_TIMEOUT_S = 900.0
#: After its own deadline the work still has to be told as a report.
_MARGIN_S = 60.0
POLL_S = 0.05
MOST_PICTURES = 3


class Together:
    """Runs a joint analysis."""

    options: Collection[str] = ("with", "as", "timeout")

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        for word in words(action["what"]):
            if word not in load():
                hint = f"instruments: {', '.join(sorted(load()))}"
                raise ExpressionError(f"no instrument has the key '{word}' in config/instruments.toml", hint=hint)
        given = action.get("with", {})
        for name in given:
            if name not in ("patience", "data", "without"):
                hint = "with: {patience: 90s, data: all, without: visibility}"
                raise ExpressionError(f"'together' takes no '{name}'", hint=hint)
        for word in words(str(given.get("without", ""))):
            describe(word)
        if "patience" in given:
            durations.seconds(given["patience"])
        data = given.get("data", {})
        if data == looks.ALL:
            return
        if not isinstance(data, dict):
            raise ExpressionError(
                "'data' is `all`, or names an analysis for each instrument",
                hint="data: all, or data: {spi-acs: my-light-curve}",
            )
        for key, analysis in data.items():
            if key not in load():
                raise ExpressionError(f"no instrument has the key '{key}'", hint=f"{', '.join(sorted(load()))}")
            describe(str(analysis))

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        # What is known of the moment is another with each event about it; the report itself says whether it changed.
        return [action["what"], action.get("with"), scene.ev["id"]]

    def perform(self, work: Work) -> Done | Running:
        if work.step.reaction.retracts is not None:
            return taken_back(work)
        fan = _Fan(work)
        timeout_s = float(work.step.action.get("timeout_s", DEFAULT_TIMEOUT_S))
        job = InThread(fan.work, timeout_s + _MARGIN_S, progress=fan.progress)
        return Running(job=job, finish=fan.finish)


class _Fan:
    """One performance: gathering, running side by side, telling."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._action = work.step.action
        self._given = self._action.get("with", {})
        # Here and not in the thread: what answers for the graph is the runner's own.
        self._moment = gather(work.journal, work.scene.evaluation.maps.graph, self._object())
        self._joint: Joint | None = None
        self._told = False
        self.parts = PartWork(work.executor, work.journal.blob, cache(self._earlier))

    def work(self, stop: threading.Event) -> Result:
        """Until all parts have ended, the deadline has passed, or it is told to stop."""
        try:
            return self._work_until(stop)
        finally:
            self.parts.cancel()

    def progress(self) -> Progress | None:
        """How far it is; nothing once a first report names what is missing, since that stands in the same place."""
        return None if self._told else self.parts.progress()

    def _work_until(self, stop: threading.Event) -> Result:
        work, moment = self._work, self._moment
        keys = words(self._action["what"]) or list(load())
        seen = views(moment, keys, work.journal.blob, work.scene.evaluation.maps.around)
        said = self._given.get("data", {})
        ways = {key: way for key, way in looks.looks(moment, said, work.sources).items() if key in keys}
        patience_s = durations.seconds(self._given["patience"]) if "patience" in self._given else DEFAULT_PATIENCE_S
        timeout_s = float(self._action.get("timeout_s", DEFAULT_TIMEOUT_S))
        left_out = words(str(self._given.get("without", "")))
        begun = time.monotonic()
        while True:
            passed = time.monotonic() - begun
            self.parts.collect()
            if passed <= timeout_s:
                wanted = parts(moment, moment.name, seen, ways, self.parts.gave())
                self.parts.start([part for part in wanted if part.analysis not in left_out], timeout_s - passed)
            self._joint = Joint(
                name=moment.name,
                moment=moment,
                views=seen,
                outcomes=self.parts.outcomes,
                unasked=self._unasked(keys, ways) if said == looks.ALL else {},
            )
            if not self._joint.missing or passed > timeout_s:
                return Result(answer=together.answer(self._joint))
            if passed > patience_s and not self._told and work.tell is not None:
                self._told = True
                work.tell(self._report(self._joint, partial=True)[0])
            if stop.wait(POLL_S):
                raise Cancelled("the joint analysis was stopped")

    def _unasked(self, keys: list[str], ways: Mapping[str, looks.Look]) -> dict[str, str]:
        """Why instruments are not asked for their data."""
        sources = self._work.sources
        return {
            key: "no data of that time" if looks.configured(key, sources) else "no source of data configured"
            for key in keys
            if key not in ways
        }

    def _earlier(self) -> Mapping[str, Any]:
        """Results that the report before has attached."""
        found: Mapping[str, Any] = (self._before() or {}).get("results", {})
        return found

    def _object(self) -> str:
        return str(self._work.step.reaction.object or self._work.scene.ev["id"])

    def finish(self, result: Result) -> Done:
        """One report, each part's values for the graph, and word to the other objects of the moment."""
        assert self._joint is not None
        moment = self._moment
        said, attached, before = self._report(self._joint, partial=False)
        # Of what nobody has a region there is nothing to tell; a report of which nothing moved is not told again.
        unchanged = not together.changes(before, attached) if before is not None else not self._joint.outcomes
        events = [
            result_event(self._work, o.analysis, kept_of(o.result), o.name, _by(o.name), _record(o))
            for o in self._joint.outcomes
            if o.result is not None and o.result.values and o.analysis != "visibility"
        ]
        others = [obj for obj in self._joint.moment.objects if obj != self._object()]
        rows = together.instruments(self._joint)
        names: dict[str, Any] = {
            "instruments": rows,
            "saw": [row["instrument"] for row in rows if row["is"] == "saw it"],
            "found": together.found_in_data(self._joint),
            "missing": self._joint.missing,
            "changed": together.changes(before, attached) if before is not None else [],
            "results": {o.name: o.result.answer for o in self._joint.outcomes if o.result is not None},
        }
        found = (o.result.values for o in self._joint.outcomes if o.analysis == "coincidence" and o.result is not None)
        if rates := [v.value for values in found for name, v in values.items() if name == "joint_far"]:
            names["joint_far"] = min(rates)
        own = [a["messenger"] for a in moment.alerts.values() if a.get("object") == self._object() and "messenger" in a]
        names["messenger"] = own[0] if own else ""
        return Done(
            result={"answer": result.answer, "names": names},
            reports=[] if unchanged else [said],
            events=[*([] if unchanged else events), *([] if unchanged else nudges(self._work, others))],
        )

    def _report(self, joint: Joint, *, partial: bool) -> tuple[Report, dict[str, Any], dict[str, Any] | None]:
        work = self._work
        attached = together.as_json(joint)
        before = self._before()
        changed = together.changes(before, attached) if before is not None else []
        shown = sorted((o for o in joint.outcomes if o.result is not None and o.analysis in _SHOWN), key=_shown_first)
        figures = [f for o in shown if o.result is not None for f in o.result.figures[:1]][:MOST_PICTURES]
        said = report(
            work,
            title=together.answer(joint),
            text="\n".join(["Changed since the report before:", *(f"- {line}" for line in changed)] if changed else []),
            tables=[together.table_of(joint), together.results_table(joint)],
            pictures=[
                Picture(name=f.name, sha256=work.journal.put_blob(f.png), caption=f.caption, alt=f.alt) for f in figures
            ],
            caveats=self._caveats(joint),
        )
        content = msgspec.json.format(msgspec.json.encode(attached), indent=1)
        file = Attachment(name=together.ATTACHED, sha256=work.journal.put_blob(content))
        said = msgspec.structs.replace(said, attachments=[file])
        if partial:
            said = msgspec.structs.replace(said, key=digest(said.key, "partial", work.step.attempt))
        return said, attached, before

    def _caveats(self, joint: Joint) -> list[str]:
        named = [s.name for s in joint.moment.sightings if s.state == "named"]
        found = list(joint.moment.gaps)
        circles = [region["name"] for region in joint.moment.regions if region["sky"].get("type") == "circle"]
        found += [
            f"{name}'s circle has the systematic error that its team has published added, {SYSTEMATIC_DEG[key]:g}°."
            for name in circles
            if (key := key_of(name)) in SYSTEMATIC_DEG
        ]
        if named:
            found.append(f"What {', '.join(named[:6])} saw was not understood: read what is named beside it.")
        for outcome in joint.outcomes:
            said = outcome.result.caveats if outcome.result else []
            # How each background was fitted stands in the file for machines.
            found += [f"{outcome.name}: {caveat}" for caveat in said if not caveat.startswith("Background: ")]
        return list(dict.fromkeys(found))[:8]

    def _before(self) -> dict[str, Any] | None:
        """What the report before in this place had attached."""
        slot, thread = self._action["slot"], thread_of(self._work)
        for stored in reversed(self._work.journal.reports(thread=thread, limit=2000)):
            said = stored.report
            if said.slot == slot and said.attachments and stored.state in STANDING:
                if said.state is ReportState.RETRACTED:
                    return None
                found: dict[str, Any] = msgspec.json.decode(self._work.journal.blob(said.attachments[0].sha256))
                return found
        return None


#: Figures that a joint report shows, in their order; those of single instruments are in the figure of all light curves.
_SHOWN = ("joint-localization", "localization", "light-curves", "multiband")


def _shown_first(outcome: Outcome) -> int:
    return _SHOWN.index(outcome.analysis)


def _record(outcome: Outcome) -> dict[str, bytes]:
    return {} if outcome.result is None else run_record(outcome.analysis, outcome.inputs, outcome.result)


def _by(part: str) -> dict[str, str]:
    """Whose data a part looked into: its numbers are that instrument's."""
    instrument = load().get(part.removesuffix(f" {DATA}")) if part.endswith(f" {DATA}") else None
    return {} if instrument is None else {"mission": instrument.mission, "instrument": instrument.name}


ACTIONS.add("together", Together())
