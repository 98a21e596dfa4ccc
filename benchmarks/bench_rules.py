"""How fast are decisions? Events per second with traces kept, for 1, 100, 1,000 and 10,000 rules, on the same events in
one run: through the engine; through the whole reactor, everything stored; asking every rule about every event (the
naive way); and through the engine of ansible-rulebook (Drools), where there is a Java runtime.

    python -m benchmarks.bench_rules [--data FOLDER] [--json] [--plot docs/images/rules-speed.svg] [--rules 1,100]

With FOLDER (real VOEvents) the mix of kinds and the content are those of a day of true traffic; without, it is a mix
of our own with similar proportions. Seconds are the wall's, or where it says so the processor's, which other work on
the machine changes little. Every event counts as real, so that none is passed over for its tense. Two sets of
rules: `equal` has comparisons only, which every engine knows, and must fire alike in all; `sky` adds regions and
separations. Then: how long a start takes with 10,000 open windows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import drools
from benchmarks.rule_mix import NOW, asks_like, own_events, real_events, rules_of
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import NunciusError
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal, Stored
from reactors.context import context
from reactors.engine import decide
from reactors.evaluation import Evaluation
from reactors.functions import Maps
from reactors.reactor import Reactor
from reactors.recalling import RamMemory
from reactors.rulebook import RuleBook
from reactors.ruleset import RuleSet

COUNTS = (1, 100, 1000, 10_000)


def engine(rules: RuleSet, events: list[Event]) -> tuple[float, float, int]:
    """Seconds, the processor's seconds, and firings of `decide`, traces made; indexes are built before, as at the start
    of the service."""
    for kind in {event.kind for event in events}:
        rules.sieve(kind)
    memory, maps, fired = RamMemory(), Maps(_no_blob), 0
    started, worked = time.perf_counter(), time.process_time()
    for seq, event in enumerate(events):
        decided = decide(rules, Stored(seq=seq, event=event, journalled=NOW), now=NOW, memory=memory, maps=maps)
        fired += len(decided.reactions) if decided else 0
    return time.perf_counter() - started, time.process_time() - worked, fired


def stored(rules: RuleSet, events: list[Event]) -> float:
    """Seconds of the reactor over a journal on disk: read, decide, keep every decision and reaction."""
    with tempfile.TemporaryDirectory() as folder, Journal.open(f"sqlite:///{folder}/j.db") as journal:
        for start in range(0, len(events), 500):
            journal.append(events[start : start + 500])
        reactor = Reactor(journal, _Book(rules), VirtualClock(NOW))
        started = time.perf_counter()
        while reactor.step():
            pass
        return time.perf_counter() - started


class _Book(RuleBook):
    """Rules that come from no file."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.problems = []

    def refresh_if_due(self) -> bool:
        return False


def naive(rules: RuleSet, events: list[Event]) -> tuple[float, int]:
    """Seconds and matches asking every rule about every event, converting the event each time."""
    maps, matched = Maps(_no_blob), 0
    started = time.perf_counter()
    for event in events:
        for rule in rules.rules:
            evaluation = Evaluation(context(event), maps)
            truths = [evaluation.evaluate(c.expression).truth for c in rule.conditions]
            matched += any(event.is_a(kind) for kind in rule.when) and all(t == "true" for t in truths)
    return time.perf_counter() - started, matched


def _no_blob(sha256: str) -> bytes:
    raise NunciusError(f"no blob {sha256}")


def measure(data: Path | None, counts: tuple[int, ...], events: int) -> list[dict[str, Any]]:
    """One row for each number of rules."""
    there = data is not None and (data / "voevents").is_dir()
    heard = real_events(data, events) if data and there else own_events(events)
    heard = [msgspec.structs.replace(event, tense=Tense.INITIAL) for event in heard]
    missing = drools.why_not()
    rows = []
    for count in counts:
        asks = asks_like(heard, count)
        equal, sky = rules_of(asks, sky=False), rules_of(asks, sky=True)
        seconds, worked, fired = engine(equal, heard)
        with_sky, _, fired_sky = engine(sky, heard)
        some = heard[: max(4, 4000 // count)]
        slow, _ = naive(equal, some)
        row = {
            "rules": count,
            "events": len(heard),
            "decisions_per_event": round(sum(len(equal.listening(e.kind)) for e in heard) / len(heard), 1),
            "equal_events_per_s": round(len(heard) / seconds),
            "equal_events_per_cpu_s": round(len(heard) / worked),
            "fired": fired,
            "sky_events_per_s": round(len(heard) / with_sky),
            "sky_fired": fired_sky,
            "stored_events_per_s": round(len(heard) / stored(sky, heard)),
            "naive_events_per_s": round(len(some) / slow, 1),
        }
        if not missing:
            few = heard[: 1000 if count >= 1000 else len(heard)]
            peer = drools.measure(asks, few)
            row |= {"drools_events_per_s": round(len(few) / peer["seconds"], 1), "drools_load_s": peer["load_s"]}
            row["drools_events_per_cpu_s"] = round(len(few) / peer["cpu_s"], 1)
            same = engine(rules_of(asks, sky=False), few)[2]
            row["drools_fired_alike"] = f"{peer['fired']} / {same}"
        rows.append(row)
        print(json.dumps(row), file=sys.stderr)
    if missing:
        print(f"Drools is skipped: {missing}", file=sys.stderr)
    return rows


def restart(windows: int) -> float:
    """Seconds from nothing to ready, with so many open windows in the journal."""
    rule = "rule: missing\nwhen: lvk.alert\nwithin: 1h\nwithout: {grb: gcn.notice.fermi}\ndo: [{post: x}]\n"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "r.yaml"
        file.write_text(rule)
        with Journal.open(f"sqlite:///{folder}/j.db") as journal:
            data = {"mission": "LVK", "far": 1e-9, "parameters": {f"P{n}": 0.5 for n in range(30)}}
            for start in range(0, windows, 500):
                told = [
                    Event(id=f"e{n}", kind="lvk.alert.x", source="b", object=f"o{n}", received=NOW, data=data)
                    for n in range(start, min(start + 500, windows))
                ]
                journal.append(told)
            reactor = Reactor(journal, RuleBook([file]), VirtualClock(NOW))
            while reactor.step():
                pass
            assert len(journal.waits()) == windows
        started = time.perf_counter()
        with Journal.open(f"sqlite:///{folder}/j.db") as journal:
            reactor = Reactor(journal, RuleBook([file]), VirtualClock(NOW))
            reactor.step()
            return time.perf_counter() - started


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Events per second over the number of rules."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7.2, 4.6))
    lines = (
        ("equal_events_per_s", "Nuncius, comparisons", "o-", "#1f5fa8"),
        ("sky_events_per_s", "Nuncius, with sky functions", "s-", "#2a9d8f"),
        ("stored_events_per_s", "Nuncius, everything stored", "^-", "#7a5195"),
        ("drools_events_per_s", "ansible-rulebook's Drools engine", "D--", "#c8553d"),
        ("naive_events_per_s", "each rule asked (naive)", "x--", "#777777"),
    )
    for name, label, style, colour in lines:
        found = [(row["rules"], row[name]) for row in rows if name in row]
        if found:
            axes.plot(*zip(*found, strict=True), style, label=label, color=colour)
    for count, target in ((1000, 5000), (10_000, 2000)):
        axes.plot(count, target, "_", color="black", markersize=22, markeredgewidth=2)
    axes.plot([], [], "_", color="black", markersize=12, markeredgewidth=2, label="target")
    axes.set(xscale="log", yscale="log", xlabel="rules", ylabel="events per second", title="Deciding, traces kept")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with voevents/*.tar.bz2")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--plot", type=Path, help="draw the growth curve here")
    parser.add_argument("--rules", default=",".join(map(str, COUNTS)), help="numbers of rules")
    parser.add_argument("--events", type=int, default=4000)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows = measure(options.data, tuple(int(n) for n in options.rules.split(",")), options.events)
    ready = {"restart_windows": 10_000, "restart_s": round(restart(10_000), 2), "load_before": round(load, 1)}
    if options.plot:
        plot(rows, options.plot)
    if options.json:
        print("\n".join(json.dumps(row) for row in [*rows, ready]))
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    print(" ".join(f"{name:>21}" for name in names))
    for row in rows:
        print(" ".join(f"{row.get(name, '-'):>21}" for name in names))
    print(f"ready {ready['restart_s']} s after a start with 10,000 open windows; load before: {load:.1f}")


if __name__ == "__main__":
    main()
