"""Scores identity: do documents and names about one event come to one object, and others not?

    python -m benchmarks.score_aliases --data FOLDER [--json] [--errors]

FOLDER holds the open data. The circulars are identified from their texts alone: the archive's own `eventId` is taken
away first, and is then what they are compared with. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.gold_scoring import wilson
from kg.coincidences import separation_deg
from kg.consumer import GraphConsumer
from kg.knowledge import Reader
from kg.names import normalise_name
from kg.objects import identify, resolve
from kg.store import GraphStore
from kg.subjects import key_of
from kg.vocabulary import object_iri
from listeners.files import walk
from listeners.formats import parse
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Tally:
    """Right ones of how many, and what was wrong."""

    def __init__(self) -> None:
        self.right = self.rows = 0
        self.wrong: list[str] = []

    def add(self, ok: bool, what: str) -> None:
        self.rows += 1
        self.right += ok
        if not ok:
            self.wrong.append(what)

    def summary(self, errors: bool) -> dict[str, Any]:
        low, high = wilson(self.right, self.rows)
        shown = {"right": self.right, "rows": self.rows, "share": round(self.right / max(1, self.rows), 4)}
        return shown | {"wilson_95": [round(low, 4), round(high, 4)]} | ({"wrong": self.wrong} if errors else {})


def circulars(data: Path) -> list[Event]:
    """The open circulars in order of number, without the archive's event."""
    events = [e for m in walk([data / "circulars.jsonl"], now=EPOCH) for e in parse(m)]
    blind = [msgspec.structs.replace(e, data=e.data | {"event_name": []}) for e in events]
    return sorted(blind, key=lambda e: int(e.data["circular"]))


def archive_events(data: Path) -> dict[int, str]:
    """Circular → `eventId`, where the archive gives one."""
    rows = map(json.loads, (data / "circulars.jsonl").open(encoding="utf-8"))
    return {row["circularId"]: row["eventId"] for row in rows if row.get("eventId")}


def table_events(data: Path) -> dict[int, str]:
    """Circular → event, by the automatic table of nasa-gcn/GCN_viewer."""
    with (data / "gold" / "circular_instruments" / "circular_event_instrument.csv").open(encoding="utf-8") as file:
        return {int(row["circularId"]): row["event"] for row in csv.DictReader(file) if row["event"]}


def by_circular(journal: Journal, expected: dict[int, str], objects: dict[int, str]) -> tuple[Tally, int]:
    """Circulars whose object is that of the event they are filed under; and how many event names nobody can read."""
    tally, unread = Tally(), 0
    for number, event in sorted(expected.items()):
        if number not in objects and number not in _KNOWN:
            continue
        if normalise_name(event) is None:
            unread += 1
            continue
        want = resolve(journal, event) or object_iri(key_of(event))
        got = objects.get(number)
        tally.add(got == want, f"{number}: {event!r} is {want.rpartition('/')[2]}, got {str(got).rpartition('/')[2]}")
    return tally, unread


_KNOWN: set[int] = set()


def aliases(journal: Journal, data: Path) -> dict[str, Tally]:
    """The silver groups: names understood, names of different groups kept apart, names of one group together."""
    groups: dict[str, list[str]] = defaultdict(list)
    for row in json.loads((data / "gold" / "event_aliases.json").read_text(encoding="utf-8"))["synonyms"]:
        groups[row["synonymId"]].append(row["eventId"])
    understood, apart, together = Tally(), Tally(), Tally()
    owner: dict[str, str] = {}
    for group, names in groups.items():
        found = {name: resolve(journal, name) or object_iri(key_of(name)) for name in names}
        for name, obj in found.items():
            understood.add(normalise_name(name) is not None, name)
            apart.add(owner.setdefault(obj, group) == group, f"{name} and another group are {obj}")
        if len(names) > 1:
            together.add(len(set(found.values())) == 1, " = ".join(names))
    return {"names_understood": understood, "kept_apart": apart, "put_together": together}


def revisions(data: Path, folder: Path) -> Tally:
    """Which position of a neutrino counts, when every revision has arrived as a notice in the order of publication."""
    rows = json.loads((data / "gold" / "icecube_revisions" / "icecube_events.json").read_text(encoding="utf-8"))
    store, tally = GraphStore.in_memory(), Tally()
    with Journal.open(f"sqlite:///{folder / 'neutrinos.db'}", synchronous="normal") as journal:
        journal.append([event for row in rows for event in _neutrino(row)])
        while GraphConsumer(journal, store).step():
            pass
        for row in rows:
            want = (float(row["RA"][-1]), float(row["Dec"][-1]))
            claims = Reader(store).claims(object_iri(key_of(row["Name"])), ("position",))
            standing = [c for c in claims if c.status == "stands"]
            places = [(c.ra, c.dec) for c in standing if c.ra is not None and c.dec is not None]
            ok = len(places) == 1 and separation_deg(*places[0], *want) < 0.01
            tally.add(ok, f"{row['Name']}: {want}, got {places}")
    return tally


def _neutrino(row: dict[str, Any]) -> list[Event]:
    events = []
    for i, (ra, dec, when) in enumerate(zip(row["RA"], row["Dec"], row["Pub Date"], strict=False)):
        if when == "NaN":
            continue
        moment = datetime.strptime(when.removesuffix(" UT").partition(".")[0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        words = {"mission": "IceCube", "event_name": [row["Name"]], "ra": float(ra), "dec": float(dec)}
        events.append(
            Event(
                id=f"ivo://revision/{row['Name']}#{i}",
                kind="gcn.notice.icecube",
                source="icecube",
                received=moment,
                tense=Tense.UPDATE if i else Tense.INITIAL,
                revision=i,
                data=words | {"messenger": "Neutrino"},
            )
        )
    return events


def measure(data: Path) -> dict[str, Tally | int]:
    """All tallies by name."""
    events = circulars(data)
    _KNOWN.update(int(e.data["circular"]) for e in events)
    with tempfile.TemporaryDirectory() as folder:
        with Journal.open(f"sqlite:///{folder}/journal.db", synchronous="normal") as journal:
            journal.append(events)
            objects: dict[int, str] = {}
            last = 0
            while stored := journal.read(last, limit=200):
                found = identify(journal, stored)
                objects |= {int(s.event.data["circular"]): found[s.seq] for s in stored if s.seq in found}
                last = stored[-1].seq
            archive, unread = by_circular(journal, archive_events(data), objects)
            table, table_unread = by_circular(journal, table_events(data), objects)
            silver = aliases(journal, data)
        neutrinos = revisions(data, Path(folder))
    return {
        "circulars": len(events),
        "with_an_object": len(objects),
        "archive_event": archive,
        "archive_names_not_read": unread,
        "viewer_event": table,
        "viewer_names_not_read": table_unread,
        **silver,
        "neutrino_revisions": neutrinos,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the open data")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--errors", action="store_true", help="what was wrong")
    arguments = parser.parse_args()
    found = {
        name: value.summary(arguments.errors) if isinstance(value, Tally) else value
        for name, value in measure(arguments.data).items()
    }
    if arguments.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        if isinstance(value, int):
            print(f"{name:24} {value:,}")
            continue
        low, high = value["wilson_95"]
        share = f"{100 * value['share']:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
        print(f"{name:24} {value['right']:,} of {value['rows']:,}  {share}")
        for wrong in value.get("wrong", []):
            print(f"    {wrong}")


if __name__ == "__main__":
    main()
