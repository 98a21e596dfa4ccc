"""Rules on years of archived alerts: the archive is read by several processes, then decided on in order of arrival on
the virtual clock, with nothing outward behind it. Two rule sets are decided on side by side, event by event."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from analyses.fields import Surroundings
from analyses.orbits import Orbits
from nuncius.core.event import Event
from nuncius.journal.records import Decision, NewReaction
from reactors.archive import Entry, Part, Wanted, merged, read_archive
from reactors.asking import Queries
from reactors.deciding import FIRES, deciding_line
from reactors.findings import Findings
from reactors.identities import Identities, private_table
from reactors.previewing import Preview
from reactors.rule import Rule
from reactors.ruleset import RuleSet
from reactors.trial import Heard, Trial
from reactors.whereabouts import POINTINGS, Whereabouts, needs_pointings

#: Memory is looked at each time after so many events, to see that it does not grow.
MARK = 20_000


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell while it runs: messages read, then events decided of how many."""

    read: Callable[[int], object] = lambda count: None
    decided: Callable[[int], object] = lambda count: None


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what was read, how long it took, and the findings (side 0 `rules`, side 1 `other`)."""

    rules: RuleSet
    other: RuleSet | None
    part: Part
    findings: Findings
    events: int
    duplicates: int
    first: datetime | None
    last: datetime | None
    open_windows: int
    seconds_read: float
    seconds: float
    cpu_s: float
    memory_mb: float
    memory_marks_mb: list[float]
    workers_mb: float


def heard_kinds(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Every kind that a rule listens to or looks back for."""
    kinds = {kind for rule in rules if rule.status != "off" for kind in rule.when}
    for rule in rules:
        kinds |= {kind for alias in rule.aliases for kind in alias.kinds}
        kinds |= set(rule.absent.alias.kinds) if rule.absent else set()
        kinds |= set(rule.after.kinds) if rule.after else set()
    return tuple(sorted(kinds))


def backtest(
    paths: Sequence[Path],
    rules: RuleSet,
    *,
    other: RuleSet | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    queries: Queries | None = None,
) -> Backtest:
    """What `rules` (and `other`) would have done on the messages at `paths`. The graph's `queries` are asked as of the
    archive's time; without them what a rule asks of the graph is unknown. The caller closes the findings."""
    progress = progress or Progress()
    started, cpu = time.monotonic(), _cpu_s()
    both = [*rules.rules, *(other.rules if other else ())]
    noted = POINTINGS if needs_pointings(both) else ()
    wanted = Wanted(kinds=heard_kinds(both), noted=noted, since=since, until=until)
    with tempfile.TemporaryDirectory(prefix="nuncius-backtest-") as scratch:
        folder = Path(scratch)
        part = read_archive(paths, wanted, folder, jobs=jobs, progress=progress.read)
        read_after = time.monotonic() - started
        marks: list[float] = []
        run = _Run(rules, other, lambda sha256: (folder / sha256).read_bytes(), queries)
        for entry in merged(part.runs):
            run.take(entry)
            if run.entries % 200 == 0:
                progress.decided(200)
            if run.entries % MARK == 0:
                marks.append(_now_mb())
        return Backtest(
            rules=rules,
            other=other,
            part=part,
            findings=run.findings,
            events=run.events,
            duplicates=run.duplicates,
            first=run.first,
            last=run.last,
            open_windows=len(run.trials[-1].memory.open_waits),
            seconds_read=read_after,
            seconds=time.monotonic() - started,
            cpu_s=_cpu_s() - cpu,
            memory_mb=_peak_mb(resource.RUSAGE_SELF),
            memory_marks_mb=marks,
            workers_mb=_peak_mb(resource.RUSAGE_CHILDREN) if jobs > 1 else 0.0,
        )


def _cpu_s() -> float:
    """Processor seconds of this process and of those it has ended: what a run costs on a busy machine too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _now_mb() -> float:
    """Resident memory of this process now, where the system tells (Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return _peak_mb(resource.RUSAGE_SELF)
    return round(pages * resource.getpagesize() / 1024.0 / 1024.0, 1)


def _peak_mb(who: int) -> float:
    """Peak resident memory: of this process, or of the largest of its children; Linux counts in kilobytes."""
    peak = resource.getrusage(who).ru_maxrss
    return round(peak / (1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0), 1)


class _Run:
    """Takes entries in order of arrival: known twice or not, about which object, and what the rules say."""

    def __init__(
        self, rules: RuleSet, other: RuleSet | None, blob: Callable[[str], bytes], queries: Queries | None
    ) -> None:
        self._whereabouts = Whereabouts()
        around = Surroundings(events=self._whereabouts.between, orbits=Orbits())
        sides = [side for side in (rules, other) if side is not None]
        self.trials = [Trial(side, blob=blob, around=around, queries=queries) for side in sides]
        self.findings = Findings()
        self._names = [frozenset(rule.name for rule in trial.rules.rules) for trial in self.trials]
        self._identities = Identities()
        self._seen = private_table("CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID")
        self.entries = self.events = self.duplicates = 0
        self.first: datetime | None = None
        self.last: datetime | None = None

    def take(self, entry: Entry) -> None:
        """One entry of the archive."""
        self.entries += 1
        if self._known(entry.event.id):
            self.duplicates += 1
            return
        told = self._identities.identified(entry.event) if entry.named else entry.event
        if entry.noted:
            self._whereabouts.note(told)
        for event in [*([told] if entry.heard else []), *_facts(entry, told.object)]:
            self.events += 1
            self.first = self.first or event.received
            self.last = event.received
            heard = [list(trial.hear(event)) for trial in self.trials]
            if any(heard):
                self._record(heard)

    def _known(self, event_id: str) -> bool:
        digest = blake2b(event_id.encode("utf-8", "replace"), digest_size=12).digest()
        return self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount == 0

    def _record(self, heard: Sequence[Sequence[Heard]]) -> None:
        """Count what each side said; where there are two, set their words about the same event against each other."""
        said: list[dict[tuple[str, str], _Said]] = []
        for side, items in enumerate(heard):
            said.append({})
            for item in items:
                for one in _said(item, self.trials[side]):
                    said[side][(one.decision.rule, item.event.id)] = one
                    self.findings.decided(side, one.decision, item.event)
                    if one.decision.outcome in FIRES:
                        t0 = self.trials[side].t0(item)
                        self.findings.fired(side, one.decision.rule, item.event, t0=t0, per=one.per, title=one.title)
        if len(said) == 2:
            for key in {**said[0], **said[1]}:
                self._compare(key, said[0].get(key), said[1].get(key))

    def _compare(self, key: tuple[str, str], before: _Said | None, now: _Said | None) -> None:
        """`now` is what the rules under test say, `before` what the ones they are compared with said."""
        fires = [one is not None and one.decision.outcome in FIRES for one in (before, now)]
        change = {(True, False): "lost", (False, True): "gained", (True, True): "changed"}.get((fires[0], fires[1]))
        if change is None:
            return
        fired = now if fires[1] else before
        assert fired is not None
        silent, side = (now, 1) if change == "lost" else (before, 0)
        if change != "changed":
            missing = "hears no such event" if key[0] in self._names[side] else "is not there"
            line = deciding_line(silent.decision) if silent is not None else f"the rule {missing}"
        elif not (line := _changed(before, now)):
            return
        self.findings.differs(
            rule=key[0],
            about=fired.about,
            per=fired.per,
            event=fired.event,
            change=change,
            line=line,
            title=fired.title,
        )


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's decision about an event, with what it would do."""

    decision: Decision
    event: Event
    about: str
    per: str = ""
    title: str = ""
    acts: list[Preview] = []


def _facts(entry: Entry, obj: str | None) -> Iterator[Event]:
    """The facts that were read in an entry; those about its own object are given it now that it is known."""
    for fact in entry.facts:
        own = obj is not None and fact.object is None
        yield msgspec.structs.replace(fact, object=obj, data=fact.data | {"object": obj}) if own else fact


def _said(heard: Heard, trial: Trial) -> Iterator[_Said]:
    """What each rule said about an event. A rule in shadow has no reaction to look at."""
    reactions: dict[str, NewReaction] = {reaction.rule: reaction for reaction in heard.decided.reactions}
    for decision in heard.decided.decisions:
        reaction = reactions.get(decision.rule)
        acts = trial.preview(heard, reaction) if reaction is not None else []
        says = [act.what for act in acts if act.do == "post"] or [str(act) for act in acts] or [decision.reason]
        yield _Said(
            decision=decision,
            event=heard.event,
            about=heard.about,
            per=reaction.per if reaction else "",
            title=says[0].strip().partition("\n")[0],
            acts=acts,
        )


def _changed(before: _Said | None, now: _Said | None) -> str:
    """The first action that is another, in one line; empty where all are the same."""
    if before is None or now is None:
        return ""
    if before.decision.outcome != now.decision.outcome:
        return f"{before.decision.outcome} → {now.decision.outcome}"
    for number in range(max(len(before.acts), len(now.acts))):
        pair = [str(one.acts[number]) if number < len(one.acts) else "nothing" for one in (before, now)]
        if pair[0] != pair[1]:
            return f"action {number + 1}: {_cut(pair[0])} → {_cut(pair[1])}"
    return ""


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 150 else line[:149] + "…"
