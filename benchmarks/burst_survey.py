"""What is assumed of bursts, tested on every burst of a collection of circulars: peak energy against energy, decay
against spectrum, fluences against each other.

    python -m benchmarks.burst_survey --data ../shared/data [--plot relation.png] [--json]

The circulars go through the graph as in service; spectra, fluences, redshifts and durations are those that the shipped
rules would use. `--data` takes a file of circulars as JSON lines, too.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import NormalDist
from typing import Any

import msgspec

from analyses.assumptions import assumption
from analyses.contract import describe
from analyses.library.afterglow_decay import afterglow_decay
from analyses.library.energetics import energetics
from analyses.library.fluence_agreement import Measured, fluence_agreement
from analyses.verdicts import Verdict, judge, lacking
from kg.consumer import GraphConsumer
from kg.extraction import read_circular
from kg.named_queries import get
from kg.spectra import band_kev
from kg.store import GraphStore
from kg.vocabulary import OBJECT, object_label
from nuncius.core.errors import NunciusError
from nuncius.core.event import Event
from nuncius.core.result import Result
from nuncius.journal import Journal
from reactors.evidence import resolve

WORKS: dict[str, Callable[..., Result]] = {
    "amati-relation": energetics,
    "fluence-same-everywhere": fluence_agreement,
    "afterglow-closure": afterglow_decay,
}
Rows = list[dict[str, Any]]


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """One assumption on one burst: the verdict, the values behind it, and whose spectrum it was."""

    burst: str
    verdict: Verdict
    values: dict[str, float] = {}
    by: str = ""


def graph_of(circulars: Sequence[bytes]) -> GraphStore:
    """A graph of circulars, in the order of their numbers."""
    store = GraphStore.in_memory()
    read = sorted((read_circular(line) for line in circulars), key=lambda c: (c.number, c.version))
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal.open(f"sqlite:///{Path(folder) / 'journal.db'}", synchronous="normal") as journal,
    ):
        journal.append([_event(circular) for circular in read])
        consumer = GraphConsumer(journal, store)
        while consumer.step():
            pass
    return store


def _event(circular: Any) -> Event:
    data = {"circular": float(circular.number), "version": float(circular.version), "subject": circular.subject}
    return Event(
        id=f"circular:{circular.number}/{circular.version}",
        kind="gcn.circular",
        source="gcn.circulars",
        received=datetime.fromtimestamp(circular.number * 60.0, UTC),
        data=data | {"body": circular.body, "created": circular.created, "event_name": circular.event_name},
    )


def bursts(store: GraphStore) -> list[str]:
    """Every object that a peak energy, a fluence or a decay is claimed of."""
    rows = store.query(
        "SELECT DISTINCT ?object { VALUES ?what { nuncius:epeak nuncius:fluence nuncius:decay_index } "
        "?claim nuncius:predicate ?what ; nuncius:subject ?object }"
    ).rows
    return sorted(str(row["object"]) for row in rows if str(row["object"]).startswith(OBJECT + "GRB"))


def tried(name: str, burst: str, given: Mapping[str, Any], by: str = "") -> Tested:
    """An assumption on a burst, with inputs as the rules give them."""
    one = assumption(name)
    inputs = resolve({k: v for k, v in given.items() if v is not None}, describe(one.analysis).parameters).inputs
    if (verdict := lacking(one, inputs)) is not None:
        return Tested(burst=burst, verdict=verdict, by=by)
    known = {word: value for word, value in inputs.items() if word in describe(one.analysis).parameters}
    if name == "fluence-same-everywhere":
        known["measurements"] = msgspec.convert(known["measurements"], list[Measured])
    try:
        values = WORKS[name](**known, **one.fixed).values
    except NunciusError as error:
        return Tested(burst=burst, verdict=judge(one, {}, inputs | {"error": str(error)}), by=by)
    shown = {word: quantity.value for word, quantity in values.items()}
    shown |= {f"{word}_error": float(q.plus) for word, q in values.items() if q.plus is not None}
    return Tested(burst=burst, verdict=judge(one, values, inputs), values=shown, by=by)


def amati(store: GraphStore, obj: str) -> Tested | None:
    """The relation, where a burst has a redshift and a fluence or a peak energy."""
    known = {row["predicate"]: row for row in get(store, "known", {"object": obj}) if _usable(row)}
    shapes = get(store, "spectra", {"object": obj})
    paired = [row for row in shapes if "fluence" in row]
    shape = (paired or shapes or [{}])[0]
    fluence = paired[0]["fluence"] if paired else _widest(store, obj)
    if not known.get("redshift") or not (fluence or shapes):
        return None
    whose = str((shape.get("qualifier") or {}).get("instrument") or "")
    given = {"redshift": known["redshift"], "fluence": fluence, "t90": _length(known)}
    given |= {"epeak": shape or None, "alpha": shape.get("alpha"), "beta": shape.get("beta")}
    return tried("amati-relation", object_label(obj), given, whose)


def without_duration(store: GraphStore, obj: str) -> Tested | None:
    """The same, whatever the duration: for the picture."""
    known = {row["predicate"]: row for row in get(store, "known", {"object": obj}) if _usable(row)}
    paired = [row for row in get(store, "spectra", {"object": obj}) if "fluence" in row]
    shape = paired[0] if paired else next(iter(get(store, "spectra", {"object": obj})), None)
    fluence = paired[0]["fluence"] if paired else _widest(store, obj)
    if shape is None or fluence is None or not known.get("redshift"):
        return None
    given = {"redshift": known["redshift"], "fluence": fluence, "epeak": shape, "t90": 10.0}
    tested = tried("amati-relation", object_label(obj), given | {"alpha": shape["alpha"], "beta": shape["beta"]},
                  str((shape.get("qualifier") or {}).get("instrument") or ""))  # fmt: skip
    more = {"t90": _seconds(t90)} if (t90 := _length(known)) else {}
    level = shape.get("error_probability")
    sigmas = NormalDist().inv_cdf((1.0 + level) / 2.0) if level else 1.0
    stretch = (1.0 + float(known["redshift"]["value"])) / sigmas * (1000.0 if shape["unit"] == "MeV" else 1.0)
    more |= {f"epeak_{word}": float(shape[word]) * stretch for word in ("minus", "plus") if shape.get(word) is not None}
    return msgspec.structs.replace(tested, values=tested.values | more)


def _length(known: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The T90, or where nobody tells one a duration well beyond 2 s."""
    length = known.get("duration")
    return known.get("t90") or (length if length and _seconds(length) > 5 else None)


def _seconds(row: Mapping[str, Any]) -> float:
    return float(row["si"] if row.get("si") is not None else row["value"])


def _usable(row: Mapping[str, Any]) -> bool:
    return row["status"] == "stands" and row["assertion"] in ("asserted", "hedged") and not row.get("limit")


def _widest(store: GraphStore, obj: str) -> dict[str, Any] | None:
    rows = [
        r for r in get(store, "claims", {"object": obj}) if r["predicate"] == "fluence" and _usable(r) and band_kev(r)
    ]
    return max(rows, key=lambda r: (band_kev(r) or (1, 1))[1] / (band_kev(r) or (1, 1))[0], default=None)


def closure(store: GraphStore, obj: str) -> Tested | None:
    """Decay against spectrum, where a burst's decay is told."""
    rows = get(store, "decays", {"object": obj})
    if not rows:
        return None
    first = rows[0]
    slope = first["slope"] or {}
    given = {"alpha": first, "photon_index": first["photon"], "spectral_index": first["slope"]}
    return tried("afterglow-closure", object_label(obj), given | {"spectral_error": slope.get("plus")})


def agreement(store: GraphStore, obj: str) -> Tested | None:
    """Fluences against each other, where two instruments tell one in a band."""
    rows = [
        r
        for r in get(store, "claims", {"object": obj})
        if r["predicate"] == "fluence" and r["status"] == "stands" and r["assertion"] == "asserted"
        and not r.get("limit") and band_kev(r)
    ]  # fmt: skip
    if len({(_told(r).get("instrument") or r.get("by")) for r in rows}) < 2:
        return None
    shape = next(iter(get(store, "spectra", {"object": obj})), {})
    given = {"measurements": rows, "epeak": shape or None, "alpha": shape.get("alpha"), "beta": shape.get("beta")}
    return tried(
        "fluence-same-everywhere", object_label(obj), given, str((shape.get("qualifier") or {}).get("instrument") or "")
    )


def stated_energy(store: GraphStore, obj: str) -> float | None:
    """The isotropic energy that a team states for a burst in 1-10,000 keV of its frame, erg; the newest."""
    claims = get(store, "claims", {"object": obj})
    rows = [r for r in claims if r["predicate"] == "isotropic_energy" and r["assertion"] == "asserted" and _usable(r)]
    rows = [r for r in rows if _told(r).get("band") == "1-10000 keV" or _konus(r)]
    return float(rows[-1]["value"]) if rows else None


def _konus(row: Mapping[str, Any]) -> bool:
    return str(_told(row).get("instrument")) == "Konus-Wind"


def _told(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row.get("qualifier") or {}


def survey(store: GraphStore) -> dict[str, list[Tested]]:
    """Every burst that bears on each of three assumptions, and the relation of all with both energies."""
    out: dict[str, list[Tested]] = {name: [] for name in _SURVEYED}
    for obj in bursts(store):
        for name, of in _SURVEYED.items():
            if (tested := of(store, obj)) is not None:
                out[name].append(tested)
    return out


_SURVEYED = {
    "amati-relation": amati,
    "afterglow-closure": closure,
    "fluence-same-everywhere": agreement,
    "all": without_duration,
}


def peaks(store: GraphStore) -> list[tuple[str, int, float, float, float, float]]:
    """(instrument, how many, lowest, median, highest peak energy in keV, and median error in per cent), most first."""
    found: dict[str, list[tuple[float, float]]] = {}
    for obj in bursts(store):
        for row in get(store, "spectra", {"object": obj}):
            scale = {"keV": 1.0, "MeV": 1e3}.get(row.get("unit", ""), math.nan)
            whose = str((row.get("qualifier") or {}).get("instrument") or "none named")
            error = max((float(row[w]) for w in ("minus", "plus") if row.get(w) is not None), default=math.nan)
            found.setdefault(whose, []).append((float(row["value"]) * scale, 100 * error / float(row["value"])))
    table = []
    for whose, values in found.items():
        energies = sorted(v for v, _ in values)
        errors = sorted(e for _, e in values if not math.isnan(e))
        middle = errors[len(errors) // 2] if errors else math.nan
        table.append((whose, len(values), energies[0], energies[len(energies) // 2], energies[-1], middle))
    return sorted(table, key=lambda row: -row[1])


def shown(found: Mapping[str, list[Tested]]) -> list[str]:
    """The survey for people."""
    lines = []
    for name, tested in found.items():
        if name == "all":
            continue
        counts = Counter(t.verdict.verdict for t in tested)
        lines.append(f"{name}: {len(tested)} bursts, " + ", ".join(f"{n} {word}" for word, n in counts.most_common()))
        lines += [f"  {t.burst} [{t.by}] {t.verdict.verdict}: {t.verdict.why}" for t in tested]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with circulars.jsonl, or such a file")
    parser.add_argument("--plot", type=Path, help="draw the relation of peak energy and energy here")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    chosen = parser.parse_args()
    file = chosen.data / "circulars.jsonl" if chosen.data.is_dir() else chosen.data
    store = graph_of([line for line in file.read_bytes().splitlines() if line.strip()])
    found = survey(store)
    if chosen.plot:
        from benchmarks.burst_plot import draw

        draw(found["all"], chosen.plot)
    if chosen.json:
        print(msgspec.json.encode(found).decode())
        return
    print("peak energies [keV] by instrument: how many, lowest, median, highest, median error")
    for whose, n, low, middle, high, error in peaks(store):
        print(f"  {whose:18}{n:4}{low:9.4g}{middle:9.4g}{high:9.4g}{error:7.0f} %")
    print(*shown(found), sep="\n")
    ours = {t.burst: t.values.get("energy") for t in found["all"]}
    for obj in bursts(store):
        energy, stated = ours.get(object_label(obj)), stated_energy(store, obj)
        if energy and stated:
            ratio = energy / stated
            print(f"energy of {object_label(obj)}: {energy:.3g} erg here, {stated:.3g} stated, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
