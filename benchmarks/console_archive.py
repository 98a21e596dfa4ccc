"""Makes a journal and a graph of many objects for `bench_console`: the shapes are those that our extractor and triple
writer give for a few messages of our wording; names, numbers and times are put in by replacing text, so that a million
claims take minutes."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from sqlalchemy import insert

from kg.consumer import circular_of
from kg.extraction import extract
from kg.store import GraphStore
from kg.subjects import Identity
from kg.triples import graph_of, triples_of
from nuncius.core.event import Event
from nuncius.core.report import Report, Severity
from nuncius.core.result import Table
from nuncius.journal import Journal
from nuncius.journal import tables as t

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
OBJECT = "http://odahub.io/ontology/nuncius/object/"
#: What every template says and each message replaces, at equal length so that spans stay right.
_NAME, _NUMBER, _FIRST = "GRB 199901A", 999990, "999980"
_AUTHORS = ("A. Nowak", "B. Okoye", "C. Rossi", "D. Tanaka", "E. Silva", "F. Meyer")

_MAGNITUDES = "".join(
    f"{band} = {18 + n / 10:.2f} +/- 0.0{1 + n % 8} mag (AB) at {2 + n / 10:.1f} hours after the trigger,\n"
    for n, band in enumerate("grizgrizgrizgriz")
)
TEMPLATES: dict[str, tuple[str, str]] = {
    "gamma": (
        "GRB 199901A: gamma-ray observation",
        """X. Writer (Example Team) reports:

The burst GRB 199901A triggered us (trigger 777777777). The light curve shows one peak with T90 = 12.1 +/- 1.3 s
(50-300 keV). The fluence in the 10-1000 keV band is (4.7 +/- 0.2)E-06 erg/cm^2. The peak energy is
Epeak = 212 +/- 31 keV.
""",
    ),
    "xray": (
        "GRB 199901A: X-ray afterglow",
        """X. Writer (Example Team) reports:

We see a fading source at RA(J2000) = 10:20:30.1 Dec(J2000) = +20:30:12 with an uncertainty of 3.5 arcsec (radius, 90%
confidence). The photon index is 1.92 +/- 0.14. The 0.3-10 keV flux is 2.1E-12 erg/cm^2/s, 1.7 hours after the trigger
(GCN 999980).
""",
    ),
    "optical": (
        "GRB 199901A: optical observations",
        f"""X. Writer (Example Observatory) reports:

We observed the field of GRB 199901A (First et al., GCN 999980). The afterglow is at RA(J2000) = 10:20:30.12
Dec(J2000) = +20:30:12.3. We measure

{_MAGNITUDES}
calibrated against nearby stars.
""",
    ),
    "spectrum": (
        "GRB 199901A: redshift",
        """X. Writer (Example Observatory) reports:

We took spectra of the afterglow (First et al., GCN 999980). Mg II and Fe II lines give a redshift of
z = 1.234 +/- 0.002. An intervening system lies at z = 0.817.
""",
    ),
    "limit": (
        "GRB 199901A: optical upper limits",
        """X. Writer (Example Observatory) reports:

We find no new source in the field of GRB 199901A down to r > 20.1 mag (AB) and i > 19.8 mag (AB), 5.2 hours after the
trigger (GCN 999980).
""",
    ),
}
_WEIGHTS = {"gamma": 3, "xray": 2, "optical": 5, "spectrum": 1, "limit": 2}


class Template:
    """One message with its triples as N-Quads, to be said anew of another object."""

    def __init__(self, sort: str) -> None:
        subject, body = TEMPLATES[sort]
        event = _circular(_NUMBER, BEGIN, subject, body)
        facts = extract(circular_of(event))
        identity = Identity(object=OBJECT + _NAME.replace(" ", ""), names=[_NAME])
        graph = ox.NamedNode(graph_of(event))
        self.claims = len(facts)
        self.subject, self.body = subject, body
        self._quads = "".join(f"{ox.Quad(s, p, o, graph)} .\n" for s, p, o in triples_of(event, identity, facts))
        numbers = [w for w in re.findall(r"\b\d\d\.\d\d\b|\b\d\.\d{3}\b|\b\d{3}\b(?= \+/-)", body) if w in self._quads]
        self._numbers = list(dict.fromkeys(numbers))

    def said(self, number: int, name: str, cited: int, received: datetime, draw: random.Random) -> tuple[Event, str]:
        """The message with another number, object, cited circular and time, and with its figures changed a little."""
        words = {_NAME: name, _NAME.replace(" ", ""): name.replace(" ", ""), str(_NUMBER): str(number)}
        words |= {_FIRST: str(cited), "X. Writer": draw.choice(_AUTHORS)}
        for old in self._numbers:
            words[old] = f"{float(old) * draw.uniform(0.97, 1.03):.{len(old.partition('.')[2])}f}"[: len(old)].zfill(
                len(old)
            )
        pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
        subject, body, quads = (pattern.sub(lambda m: words[m[0]], x) for x in (self.subject, self.body, self._quads))
        return _circular(number, received, subject, body), quads.replace("2020-01-01T00:00:00Z", _iso(received))


def _circular(number: int, received: datetime, subject: str, body: str) -> Event:
    data = {"circular": float(number), "version": 1.0, "subject": subject, "body": body, "created": _iso(received)}
    return Event(id=f"circular:{number}/1", kind="gcn.circular", source="gcn.circulars", received=received, data=data)


def _notice(serial: int, name: str, ra: float, dec: float, received: datetime, t0: datetime) -> Event:
    sky = {"type": "circle", "ra": ra, "dec": dec, "radius": 3.2, "containment_probability": 0.68}
    data = {
        "mission": "Fermi",
        "instrument": "GBM",
        "type": "FERMI_GBM_FLT_POS",
        "messenger": "EM",
        "ra": ra,
        "dec": dec,
    }
    data |= {"ra_dec_error": 3.2, "containment_probability": 0.68, "sky": sky, "event_name": [name]}
    return Event(
        id=f"ivo://bench/Fermi#{serial}",
        kind="gcn.notice.fermi.gbm.FERMI_GBM_FLT_POS",
        source="gcn",
        received=received,
        trigger_time=t0,
        data=data,
    )


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def names(count: int) -> Iterator[tuple[str, datetime]]:
    """Bursts as they are named, five a day, from the beginning on."""
    for serial in range(count):
        day, turn = divmod(serial, 5)
        t0 = BEGIN + timedelta(days=day, hours=4 * turn + 2)
        yield f"GRB {t0:%y%m%d}{'ABCDE'[turn]}", t0


def make(folder: Path, *, objects: int, claims: int, advance: Callable[[int], None], seed: int = 1) -> dict[str, int]:
    """Write `journal.db` and `graph` into the folder; `advance` is told of claims as they are written. How many
    circulars an object has is log-normal, as in GCN's archive: the median burst has a few, the best known hundreds."""
    draw = random.Random(seed)
    templates = {sort: Template(sort) for sort in TEMPLATES}
    mean = sum(templates[s].claims * w for s, w in _WEIGHTS.items()) / sum(_WEIGHTS.values())
    shares = [draw.lognormvariate(0.0, 1.1) for _ in range(objects)]
    each = [max(1, round(share * claims / mean / sum(shares))) for share in shares]
    with Journal.open(f"sqlite:///{folder / 'journal.db'}", synchronous="normal") as journal:
        graph = GraphStore.open(folder / "graph")
        writer = _Writer(journal, graph)
        number, told = 100_000, 0
        sorts, weights = list(_WEIGHTS), list(_WEIGHTS.values())
        for (name, t0), circulars in zip(names(objects), each, strict=True):
            ra, dec = draw.uniform(0, 360), draw.uniform(-80, 80)
            events = [
                _notice(10 * number + n, name, ra, dec, t0 + timedelta(minutes=1 + n), t0)
                for n in range(draw.randint(1, 4))
            ]
            first = number
            for n in range(circulars):
                template = templates[draw.choices(sorts, weights)[0]]
                event, quads = template.said(number, name, first, t0 + timedelta(hours=1 + n), draw)
                events.append(event)
                writer.quads(quads)
                told += template.claims
                advance(template.claims)
                number += 1
            for event in events[:4]:
                if event.kind != "gcn.circular":
                    identity = Identity(object=OBJECT + name.replace(" ", ""), names=[name])
                    place = ox.NamedNode(graph_of(event))
                    writer.quads("".join(f"{ox.Quad(s, p, o, place)} .\n" for s, p, o in triples_of(event, identity)))
            writer.object(name, events, draw)
        writer.checks(draw)
        writer.close()
        total = len(graph)
        graph.close()
    return {"claims": told, "events": writer.seq, "circulars": number - 100_000, "quads": total}


def _insert(table: Any, rows: list[dict[str, Any]], connection: Any) -> None:
    connection.execute(insert(table), rows)


class _Writer:
    """Rows and quads in large pieces."""

    def __init__(self, journal: Journal, graph: GraphStore) -> None:
        self._journal, self._graph = journal, graph
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._quads: list[str] = []
        self.seq = self._reactions = self._size = 0

    def quads(self, text: str) -> None:
        self._quads.append(text)
        self._size += len(text)
        if self._size > 400_000_000:
            self._load()

    def _load(self) -> None:
        if self._quads:
            self._graph.bulk(io.BytesIO("".join(self._quads).encode()))
            self._quads, self._size = [], 0

    def object(self, name: str, events: list[Event], draw: random.Random) -> None:
        """All rows of an object: events, decisions, a few reactions with steps and reports on two targets."""
        obj = OBJECT + name.replace(" ", "")
        for spelled in (name, name.replace(" ", "")):
            self._add("object_links", name=spelled, object=obj, event_id=events[0].id, how="name", withdrawn=False)
        for event in events:
            self.seq += 1
            fields: dict[str, Any] = {
                "id": event.id,
                "kind": event.kind,
                "source": event.source,
                "received": event.received,
            }
            fields |= {"journalled": event.received, "tense": event.tense.value, "retraction": False, "revision": 0}
            fields |= {
                "trigger_time": event.trigger_time,
                "content_type": "application/json",
                "data": event.data,
                "raw": b"{}",
            }
            self._add("events", seq=self.seq, **fields)
            self._add("event_objects", seq=self.seq, object=obj, received=event.received)
            for rule in ("nearby-bns", "grb-localization", "redshift-read"):
                self._add(
                    "decisions",
                    consumer="reactors",
                    seq=self.seq,
                    rule=rule,
                    rule_hash="0",
                    outcome="no",
                    reason="a condition is false",
                    trace=[["ev.kind", False]],
                    decided=event.received,
                )
        for n in range(1 + min(8, len(events) // 6)):
            self._reaction(obj, name, n, events[min(n, len(events) - 1)], draw)
        if len(self._rows["events"]) > 20_000:  # a few tens of megabytes
            self._store()

    def _reaction(self, obj: str, name: str, n: int, event: Event, draw: random.Random) -> None:
        self._reactions += 1
        key, at = f"{obj}:{n}", event.received
        self._add(
            "reactions",
            id=self._reactions,
            key=key,
            slot=f"slot-{n}",
            seq=self.seq,
            rule="grb-localization",
            rule_hash="0",
            object=obj,
            per=obj,
            severity="notice",
            actions=[],
            context={},
            on_retract=[],
            state="done",
            revision=1,
            retracts=None,
            created=at,
            updated=at,
        )
        self._add(
            "steps",
            reaction_id=self._reactions,
            position=0,
            action={"analyse": "localization"},
            state="done",
            attempt=1,
            result={"area": 30.0},
            error="",
            updated=at,
        )
        table = Table(
            name="Values", columns=["quantity", "value"], rows=[[f"value {i}", draw.random()] for i in range(12)]
        )
        report = Report(
            thread=obj,
            slot=f"slot-{n}",
            key=key,
            title=f"Localization of {name}",
            rule="grb-localization",
            text="**90 % area** 33 deg²",
            severity=Severity.NOTICE,
            event_id=event.id,
            tables=[table],
        )
        for target in ("web", "slack"):
            self._add(
                "outbox",
                target=target,
                key=key,
                thread=obj,
                slot=f"slot-{n}",
                report=report,
                reaction_id=self._reactions,
                state="delivered",
                attempt=1,
                error="",
                created=at,
                updated=at,
            )

    def checks(self, draw: random.Random) -> None:
        """Twenty checks looked at every five minutes for as long as looks are kept."""
        self._store()
        now = datetime.now(UTC)
        for check in (f"check-{n:02d}" for n in range(20)):
            self._add(
                "check_states",
                check=check,
                platform="nuncius",
                state="well",
                since=now - timedelta(days=30),
                looked=now,
                ok=True,
                reason="as it should be",
                mend="",
                severity="warning",
                proves=[],
                standing={},
                changes=0,
                incident=0,
            )
            for minutes in range(0, 30 * 1440, 5):
                self._add(
                    "check_runs",
                    check=check,
                    at=now - timedelta(days=30) + timedelta(minutes=minutes),
                    ok=True,
                    state="well",
                    reason="as it should be",
                    took_s=draw.random(),
                    values={"total_s": draw.random()},
                )
        for feed in ("gcn.circulars", "gcn.classic.voevent.FERMI_GBM_FLT_POS", "gcn.heartbeat"):
            self._add(
                "feeds",
                feed=feed,
                first=BEGIN,
                last=now,
                last_heartbeat=None,
                count=10**6,
                state="ok",
                since=BEGIN,
                detail="",
            )
        for consumer in ("kg", "reactors"):
            self._add("consumers", consumer=consumer, cursor=self.seq, updated=now)
        self._store()

    def _add(self, table: str, **row: Any) -> None:
        self._rows.setdefault(table, []).append(row)

    def _store(self) -> None:
        rows, self._rows = self._rows, {"events": []}
        for table in t.metadata.sorted_tables:
            if rows.get(table.name):
                self._journal.transact(partial(_insert, table, rows[table.name]))

    def close(self) -> None:
        self._store()
        self._load()
        self._graph.flush()
