"""Small alerts, rules and a running pair of reactor and runner on a real journal, for tests of the rules."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ready_journals

from analyses.contract import analysis
from analyses.executor import InlineExecutor
from chat.people import People
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import TransientError
from nuncius.core.event import Event, Tense
from nuncius.core.quantity import Quantity
from nuncius.core.report import Report
from nuncius.core.result import Figure, Result
from nuncius.journal import Journal, StoredDecision
from reactors.reactor import Reactor
from reactors.rulebook import RuleBook
from reactors.runner import Runner

NOON = datetime(2017, 8, 17, 12, 41, 4, tzinfo=UTC)
GW = "http://odahub.io/ontology/nuncius/object/GW170817"
CIRCLE = {"type": "circle", "ra": 197.45, "dec": -23.38, "radius": 3.0, "containment_probability": 0.9}

#: What the sample analyses were asked, and a gate that holds `sample-slow` until a test opens it.
CALLS: list[tuple[str, Any]] = []
GATE = threading.Event()
BROKEN = {"times": 0}


def gw(name: str, **more: Any) -> Event:
    """An alert of a binary neutron star, by default a significant preliminary one."""
    data: dict[str, Any] = {
        "mission": "LVK",
        "instrument": "H1L1V1",
        "far": 3.5e-12,
        "significant": True,
        "p_astro": {"BNS": 0.98, "NSBH": 0.0, "BBH": 0.0, "Terrestrial": 0.02},
        "sky": CIRCLE,
        "ids": ["S170817a"],
        "url": "https://example.org/S170817a",
        "alert_type": "initial",
    }
    told: dict[str, Any] = {
        "id": name,
        "kind": "lvk.alert.preliminary",
        "source": "test",
        "object": GW,
        "received": NOON + timedelta(minutes=5),
        "trigger_time": NOON,
    }
    data |= more.pop("data", {})
    return Event(**(told | more), data={key: value for key, value in data.items() if value is not None})


def retraction(name: str, **more: Any) -> Event:
    """The alert taken back."""
    bare = {"far": None, "significant": None, "p_astro": None, "sky": None, "url": None, "alert_type": "retraction"}
    return gw(name, **({"tense": Tense.RETRACTION, "kind": "lvk.alert.retraction", "data": bare} | more))


@analysis("sample-area", version="1", about="A number that depends on the sky")
def sample_area(*, far: float, level: float = 0.9, object: str = "") -> Result:
    CALLS.append(("sample-area", (far, level, object)))
    return Result(
        answer=f"{object or 'somewhere'} at {far:g} Hz",
        values={"doubled": Quantity(value=2 * far, unit="Hz"), "level": Quantity(value=level)},
        figures=[Figure(name="map", png=b"\x89PNG sample", caption="a map", alt="a dot")],
        caveats=["only a sample"],
    )


@analysis("sample-slow", version="1", about="Waits for the gate")
def sample_slow(*, far: float) -> Result:
    CALLS.append(("sample-slow", far))
    while not GATE.is_set():
        time.sleep(0.005)
    return Result(answer=f"slow {far:g}")


@analysis("sample-broken", version="1", about="Fails the first times, as an archive that is busy")
def sample_broken() -> Result:
    BROKEN["times"] -= 1
    if BROKEN["times"] >= 0:
        raise TransientError("the archive is busy")
    return Result(answer="it works now")


@analysis("sample-hopeless", version="1", about="Always fails")
def sample_hopeless() -> Result:
    raise ValueError("a negative count")


@analysis("sample-needy", version="1", about="Needs what no event has")
def sample_needy(*, weight: float) -> Result:
    return Result(answer=str(weight))


class Night:
    """A journal, rules in a file, a reactor and a runner, on a clock that stands still until it is moved."""

    def __init__(
        self, folder: Path, rules: str, *, journal: Journal | None = None, people: People | None = None
    ) -> None:
        self.folder, self.people = folder, people or People({})
        self.file = folder / "rules.yaml"
        self.file.write_text(rules, encoding="utf-8")
        self.clock = VirtualClock(NOON)
        self.journal = journal or Journal.open(ready_journals.sqlite(folder / "night.db"), synchronous="normal")
        self.executor = InlineExecutor()
        self.start()

    def start(self, *, keep: Path | None = None) -> None:
        """Begin, or begin again as after a restart: only the journal is kept, and last good rules in `keep`."""
        self.book = RuleBook([self.file], keep=keep, duty=self.people.duty)
        self.reactor = Reactor(self.journal, self.book, self.clock)
        self.runner = Runner(self.journal, self.executor, targets=["terminal", "web"], clock=self.clock, owner="test:1")

    def hears(self, *events: Event) -> None:
        """Journal events and decide about them."""
        self.journal.append(events)
        while self.reactor.step():
            pass

    def works(self, timeout_s: float = 10.0) -> None:
        """Perform all that is due."""
        deadline = time.monotonic() + timeout_s
        while self.runner.tick() or self.runner.busy:
            assert time.monotonic() < deadline, "the runner does not come to an end"
            time.sleep(0.002)

    def delivers(self, *targets: str) -> None:
        """Bring what is pending to people."""
        for target in targets or ("terminal", "web"):
            now = self.clock.now()
            while leased := self.journal.lease_reports("courier", target=target, now=now, lease_s=60.0):
                for item in leased:
                    assert self.journal.sending(item.id, "courier", now)
                    self.journal.delivered(item.id, "courier", now=now, reference={"id": item.id})

    def decisions(self) -> list[StoredDecision]:
        """All decisions, the oldest first."""
        return list(reversed(self.journal.decisions(limit=1000)))

    def outcomes(self) -> list[str]:
        """What became of each decision, the oldest first."""
        return [decision.outcome for decision in self.decisions()]

    def reports(self, target: str = "web") -> list[Report]:
        """What was said to one target, in order."""
        return [stored.report for stored in self.journal.reports(limit=1000) if stored.target == target]

    def titles(self) -> list[str]:
        """Titles of what was said, in order."""
        return [report.title for report in self.reports()]

    def close(self) -> None:
        """End."""
        GATE.set()
        self.executor.close()
        self.journal.close()
