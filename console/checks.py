"""What the page of sanity checks shows, as plain values read from the journal. Knows nothing of HTML or HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from analyses.checks.recording import INCIDENT, lasting
from console.histories import Panel, Point, panel
from console.views import href
from nuncius.core.event import iso
from nuncius.journal import Journal
from nuncius.journal.checks import CheckRun, CheckState, Looks

#: Looks that the small picture of each check shows, and those that its own page lists.
SHOWN, LISTED = 40, 100
#: Looks that the plots of a check rest on (three days of one every five minutes), dots in a plot, and plots.
PLOTTED, DOTS, MOST = 1000, 160, 6
#: Size of the picture, and of one look in it.
HEIGHT, STEP, WIDE = 22.0, 5.0, 4.0
_ORDER = {"failing": 0, "flapping": 1, "well": 2, "unknown": 3}
#: What a bar's height stands for, the first that a check measures; else all are as high.
_MEASURES = ("total_s", "took_s")


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One look in the picture: its place and size, how it was, and what it says."""

    x: float
    y: float
    height: float
    health: str
    says: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `health` is good, bad or unknown; `thread` is the page of the incident that is open."""

    name: str
    platform: str
    state: str
    health: str
    reason: str
    mend: str
    since: datetime
    looked: datetime
    lasted: str
    proves: list[str]
    thread: str
    bars: list[Bar]
    width: float
    words: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of one platform, what is broken first; `proven` are its features that passing checks prove."""

    platform: str
    lines: list[Line]
    proven: list[str]
    broken: int
    well: int


def groups(journal: Journal, now: datetime) -> list[Group]:
    """All platforms, this installation first."""
    looks = Looks(journal)
    lines = [_line(state, looks.history(state.check, limit=SHOWN), now) for state in looks.states()]
    platforms = sorted({line.platform for line in lines}, key=lambda name: (name != "nuncius", name))
    return [_group(name, [line for line in lines if line.platform == name]) for name in platforms]


def _group(platform: str, lines: list[Line]) -> Group:
    ordered = sorted(lines, key=lambda line: (_ORDER.get(line.state, 9), line.name))
    proven = {feature for line in lines if line.state == "well" for feature in line.proves}
    lost = {feature for line in lines if line.health == "bad" for feature in line.proves}
    return Group(
        platform=platform,
        lines=ordered,
        proven=sorted(proven - lost),
        broken=sum(line.health == "bad" for line in lines),
        well=sum(line.health == "good" for line in lines),
    )


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A check with its last looks, the newest first, and each of its measures over time."""

    line: Line
    runs: list[CheckRun]
    panels: list[Panel]


def one(journal: Journal, name: str, now: datetime) -> Page | None:
    """A check; None where it was never made."""
    looks = Looks(journal)
    state = next((state for state in looks.states() if state.check == name), None)
    if state is None:
        return None
    runs = looks.history(name, limit=PLOTTED)
    line = _line(state, runs[-SHOWN:], now)
    return Page(line=line, runs=list(reversed(runs[-LISTED:])), panels=_panels(journal, state.platform, runs))


def _panels(journal: Journal, platform: str, runs: Sequence[CheckRun]) -> list[Panel]:
    """Each measure over time, what is usual for it as a band, and where another version was deployed."""
    if not runs:
        return []
    deployed = _deployments(journal, platform, runs[0].at, runs[-1].at)
    measured = {"took_s": [(run, run.took_s) for run in runs]}
    for name in dict.fromkeys(name for run in runs for name in run.values):
        measured[name] = [(run, run.values[name]) for run in runs if name in run.values]
    drawn = []
    for name, values in measured.items():
        usual = sorted(value for run, value in values if run.ok)
        band = (usual[len(usual) // 40], usual[-1 - len(usual) // 40]) if len(usual) >= 20 else None
        points = [
            Point(at=run.at, value=value, bad=run.ok is False, label=_version(deployed, run.at))
            for run, value in _thinned(values)
        ]
        drawn.append(panel(name, "", points, band=band, by_time=True))
    return drawn[:MOST]


def _thinned(values: Sequence[tuple[CheckRun, float]]) -> list[tuple[CheckRun, float]]:
    """So many that a plot can show, of each stretch the look that was broken, else the highest."""
    each = max(1, -(-len(values) // DOTS))
    pieces = [values[at : at + each] for at in range(0, len(values), each)]
    return [max(piece, key=lambda one: (one[0].ok is False, one[1])) for piece in pieces]


def _deployments(journal: Journal, platform: str, start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """When which version of a platform was deployed."""
    told = journal.between("platform.deployed", start, end, upto=journal.last_seq())
    found = [(s.event.received, s.event.data) for s in told]
    named = [(at, str(data.get("version") or "")) for at, data in found if data.get("platform") in (platform, None)]
    return sorted((at, version) for at, version in named if version)


def _version(deployed: Sequence[tuple[datetime, str]], moment: datetime) -> str:
    return next((version for at, version in reversed(deployed) if at <= moment), "")


def _line(state: CheckState, runs: Sequence[CheckRun], now: datetime) -> Line:
    broken = state.state in ("failing", "flapping")
    health = "bad" if broken else "good" if state.state == "well" else "unknown"
    fails = sum(run.ok is False for run in runs)
    return Line(
        name=state.check,
        platform=state.platform,
        state=state.state if state.state != "unknown" or state.ok is not None else "not set up",
        health=health,
        reason=state.reason,
        mend=state.mend if state.ok is False else "",
        since=state.since,
        looked=state.looked,
        lasted=lasting((now - state.since).total_seconds()),
        proves=state.proves,
        thread=href(f"{INCIDENT}{state.check}/{state.incident}") if broken else "",
        bars=_bars(runs),
        width=max(STEP * len(runs), STEP),
        words=f"The last {len(runs)} looks: {fails} broken",
    )


def _bars(runs: Sequence[CheckRun]) -> list[Bar]:
    measure = next((name for name in _MEASURES if any(name in run.values for run in runs)), "")
    most = max((run.values.get(measure, 0.0) for run in runs), default=0.0)
    bars = []
    for place, run in enumerate(runs):
        share = run.values.get(measure, most) / most if measure and most else 1.0
        height = round(4.0 + (HEIGHT - 4.0) * min(share, 1.0), 1)
        health = {True: "good", False: "bad", None: "none"}[run.ok]
        said = f"{run.at:%Y-%m-%d %H:%M} UTC: {run.reason}"
        bars.append(Bar(x=STEP * place, y=round(HEIGHT - height, 1), height=height, health=health, says=said[:200]))
    return bars


def checks_json(journal: Journal) -> list[dict[str, Any]]:
    """How each check stands, for machines."""
    return [
        {
            "check": state.check,
            "platform": state.platform,
            "state": state.state,
            "ok": state.ok,
            "since": iso(state.since),
            "looked": iso(state.looked),
            "severity": state.severity,
            "reason": state.reason,
            "mend": state.mend,
            "proves": state.proves,
            "incident": state.incident,
        }
        for state in Looks(journal).states()
    ]
