"""How fast are decisions? Events per second through `decide`, traces kept, for 1, 100 and 1,000 rules, against asking
every rule about every event with a conversion of its own (the naive way), on the same events in one run.

    python -m benchmarks.bench_rules [--data FOLDER] [--json]

With FOLDER (real VOEvents) the mix of kinds and the content are those of a day of true traffic; without, it is a mix
of our own with the same proportions.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nuncius.core.errors import NunciusError
from nuncius.core.event import Event
from nuncius.journal.records import NewReaction, Retraction, Stored
from reactors.context import context
from reactors.engine import decide
from reactors.evaluation import Evaluation
from reactors.functions import Maps
from reactors.loader import load_rules
from reactors.memory import Past
from reactors.rulebook import RuleSet

NOW = datetime(2022, 11, 1, tzinfo=UTC)
#: Kinds by how often they came in November 2022 (per thousand), for runs without real data.
MIX = {
    "gcn.notice.swift.spacecraft.actual_pointdir": 310,
    "gcn.notice.integral.spacecraft.pointdir": 60,
    "gcn.notice.fermi.gbm.subthresh": 70,
    "gcn.notice.fermi.gbm.flt_pos": 120,
    "gcn.notice.fermi.gbm.fin_pos": 60,
    "gcn.notice.swift.bat.grb_pos_ack": 40,
    "gcn.notice.swift.xrt.position": 40,
    "gcn.notice.gaia.gaia.alert": 200,
    "lvk.alert.preliminary": 60,
    "gcn.notice.icecube.ic86.gold": 40,
}
CONDITIONS = (
    "ev.ra_dec_error < {a}",
    "ev.far < 1e-{b}",
    "has(ev.ra) && ev.dec > {c}",
    "ev.mission == 'Fermi' && ev.rate_snr > {a}",
    "separation(ev, {{'ra': {a}, 'dec': {c}}}) < {b}",
    "area(ev.sky, 0.9) < {a}",
)


class Nothing:
    """A memory in which every firing is new: the dearest case."""

    def latest(self, slot: str) -> Past | None:
        return None

    def firings(self, rule: str, value: str, since: datetime) -> int:
        return 0

    def only_mock(self, obj: str) -> bool:
        return False

    def retracted_by(self, event: Event, before: int) -> Event | None:
        return None

    def note(self, reaction: NewReaction, now: datetime) -> None:
        pass

    def retract(self, retraction: Retraction) -> None:
        pass


def own_events(count: int) -> list[Event]:
    """Events of our own making in the proportions of MIX."""
    choose = random.Random(1)
    kinds = choose.choices(list(MIX), weights=list(MIX.values()), k=count)
    events = []
    for number, kind in enumerate(kinds):
        sky = {"type": "circle", "ra": choose.uniform(0, 360), "dec": choose.uniform(-90, 90)}
        sky |= {"radius": choose.uniform(0.01, 20), "containment_probability": 0.9}
        data: dict[str, Any] = {
            "mission": kind.split(".")[2].title(),
            "instrument": "X",
            "sky": sky,
            "ids": [str(number)],
        }
        data |= {"ra": sky["ra"], "dec": sky["dec"], "ra_dec_error": sky["radius"], "rate_snr": choose.uniform(4, 30)}
        data["far"] = 10 ** choose.uniform(-14, -6)
        data["parameters"] = {f"Param_{n}": choose.random() for n in range(30)}
        events.append(Event(id=f"e{number}", kind=kind, source="bench", received=NOW, trigger_time=NOW, data=data))
    return events


def real_events(folder: Path, count: int) -> list[Event]:
    """The first notices of November 2022, parsed."""
    from listeners.formats import Message, parse

    archive = next(iter(sorted((folder / "voevents").glob("2022-11*.tar.bz2"))))
    events: list[Event] = []
    with tarfile.open(archive, "r|bz2") as members:
        for member in itertools.islice(members, 4 * count):
            content = members.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            try:
                events += parse(Message(raw=content.read(), received=NOW, name=member.name))
            except NunciusError:
                continue
            if len(events) >= count:
                break
    return events


def rules_like(events: list[Event], count: int) -> RuleSet:
    """Rules that listen to the kinds there are, two or three conditions each, one in twenty to all notices."""
    choose = random.Random(2)
    kinds = sorted({event.kind for event in events})
    text = []
    for number in range(count):
        kind = "gcn.notice" if number % 20 == 19 else choose.choice(kinds)
        numbers = {"a": choose.randint(1, 60), "b": choose.randint(3, 12), "c": choose.randint(-60, 60)}
        lines = [c.format(**numbers) for c in choose.sample(CONDITIONS, choose.choice((2, 3)))]
        conditions = "".join(f'  - "{line}"\n' for line in lines)
        text.append(f'rule: r{number}\nwhen: {kind}\nif:\n{conditions}do:\n  - post: "r{number} ${{ev.id}}"\n')
    rules = []
    for piece in itertools.batched(text, 200) if hasattr(itertools, "batched") else _pieces(text, 200):
        loaded = load_rules("---\n".join(piece), "bench.yaml")
        assert not loaded.problems, loaded.problems[0]
        rules += loaded.rules
    return RuleSet(rules)


def _pieces(items: list[str], size: int) -> list[list[str]]:
    return [items[n : n + size] for n in range(0, len(items), size)]


def indexed(rules: RuleSet, events: list[Event]) -> tuple[float, int]:
    """Seconds and firings through the engine."""
    memory, maps, fired = Nothing(), Maps(_no_blob), 0
    started = time.perf_counter()
    for seq, event in enumerate(events):
        decided = decide(rules, Stored(seq=seq, event=event, journalled=NOW), now=NOW, memory=memory, maps=maps)
        fired += len(decided.reactions) if decided else 0
    return time.perf_counter() - started, fired


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


def measure(data: Path | None, *, events: int = 4000) -> list[dict[str, Any]]:
    """One row for each number of rules."""
    heard = real_events(data, events) if data and (data / "voevents").is_dir() else own_events(events)
    rows = []
    for count in (1, 100, 1000):
        rules = rules_like(heard, count)
        indexed(rules, heard[:100])
        seconds, fired = indexed(rules, heard)
        some = heard[: max(20, 4000 // count)]
        slow, _ = naive(rules, some)
        decisions = sum(len(rules.listening(event.kind)) for event in heard)
        rows.append(
            {
                "rules": count,
                "events": len(heard),
                "events_per_s": round(len(heard) / seconds),
                "decisions_per_event": round(decisions / len(heard), 1),
                "fired": fired,
                "naive_events_per_s": round(len(some) / slow),
                "times_faster": round(len(heard) / seconds * slow / len(some), 1),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with voevents/*.tar.bz2")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    rows = measure(options.data)
    if options.json:
        print("\n".join(json.dumps(row) for row in rows))
        return
    print(" ".join(f"{name:>20}" for name in rows[0]))
    for row in rows:
        print(" ".join(f"{value:>20,}" for value in row.values()))


if __name__ == "__main__":
    main()
