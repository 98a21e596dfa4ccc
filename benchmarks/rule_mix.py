"""Events and rules to measure with: a day of true traffic where there is real data, and rules as people would write
them for it, each asking for the rare few of what its kind brings."""

from __future__ import annotations

import itertools
import random
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.event import Event
from reactors.context import context
from reactors.loader import load_rules
from reactors.ruleset import RuleSet

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


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison in a rule: `ev.field op value`."""

    field: str
    op: str
    value: float | str


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in the terms that every engine has: a kind (empty: any) and comparisons that must all hold."""

    name: str
    kind: str
    tests: tuple[Test, ...]


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


def asks_like(events: list[Event], count: int) -> list[Ask]:
    """Rules for the kinds there are, as likely as these come; one in twenty hears all notices. Each compares two or
    three fields that its kind has, at the rarest 0.1 to 10 % of the values."""
    choose = random.Random(2)
    values: dict[str, dict[str, list[float]]] = {}
    for event in events:
        for kind in (event.kind, ""):
            fields = values.setdefault(kind, {})
            for field, value in _numbers(event):
                fields.setdefault(field, []).append(value)
    told = {
        kind: {field: sorted(v) for field, v in fields.items() if len(set(v)) > 3} for kind, fields in values.items()
    }
    kinds = [event.kind for event in events if len(told[event.kind]) >= 2]
    asks = []
    for number in range(count):
        kind = "" if number % 20 == 19 else choose.choice(kinds)
        fields = choose.sample(sorted(told[kind]), min(len(told[kind]), choose.choice((2, 3))))
        asks.append(Ask(name=f"r{number}", kind=kind, tests=tuple(_test(f, told[kind][f], choose) for f in fields)))
    return asks


def _numbers(event: Event) -> list[tuple[str, float]]:
    ev = context(event)
    found = [(name, value) for name, value in ev.items() if isinstance(value, float)]
    inside = ev.get("parameters")
    if isinstance(inside, dict):
        found += [(f"parameters.{n}", v) for n, v in inside.items() if isinstance(v, float) and n.isidentifier()]
    return found


def _test(field: str, values: list[float], choose: random.Random) -> Test:
    rare = 10 ** choose.uniform(-3, -1)
    if choose.random() < 0.5:
        return Test(field=field, op="<", value=float(f"{values[int(rare * len(values))]:.4g}"))
    return Test(field=field, op=">", value=float(f"{values[-1 - int(rare * len(values))]:.4g}"))


def rules_of(asks: list[Ask], *, sky: bool) -> RuleSet:
    """The asks in our language; with `sky` one rule in five also asks for a place, and one in ten for an area."""
    choose = random.Random(3)
    texts = []
    for number, ask in enumerate(asks):
        lines = [f"ev.{test.field} {test.op} {test.value!r}" for test in ask.tests]
        if sky and number % 5 == 0:
            place = f"{{'ra': {choose.randint(0, 359)}, 'dec': {choose.randint(-80, 80)}}}"
            lines.append(f"separation(ev, {place}) < {choose.randint(5, 40)}")
        if sky and number % 10 == 1:
            lines.append(f"area(ev.sky, 0.9) < {choose.randint(1, 500)}")
        listed = "".join(f'  - "{line}"\n' for line in lines)
        kind = ask.kind or "gcn.notice"
        texts.append(f'rule: {ask.name}\nwhen: {kind}\nif:\n{listed}do:\n  - post: "{ask.name} ${{ev.id}}"\n')
    rules = []
    for start in range(0, len(texts), 200):
        loaded = load_rules("---\n".join(texts[start : start + 200]), "bench.yaml")
        assert not loaded.errors, loaded.errors[0]
        rules += loaded.rules
    return RuleSet(rules)
