"""Scores magnitudes against light-curve compilations that cite the circular of every row.

    python -m benchmarks.score_photometry --data ../shared/data [--json] [--errors]

Gold: `gold/photometry_gold.jsonl` (SLAC-Gamma-Rays/grbLC and cgobat/dark-GRBs), the rows whose circular is in the open
data. A fact agrees with a row when the magnitude is within 0.005, and band and limit flag are the same. One fact
answers one row; every asserted magnitude of the event that answers none counts as false, although compilers leave rows
out and so precision is a lower bound. What must be known of the gold:

- grbLC writes an error of 0 both for limits and for values without an error: there the flag is taken as it is said.
- Compilers respell bands (`r'` and `r`, UVOT's `v` and `V`, `C`, `CR` and `R` of unfiltered images): `--exact` compares
  spelling, else passbands that are one (`same_band`) are one.
- Some values were changed (corrected, converted, averaged, mistyped) and stand nowhere in the text: F1 is given on all
  rows and on those that stand in the text.

Halves: by a hash of the event, so that all circulars of an event are on one side. `dev` was used for tuning, `held-out`
was not looked at. One circular holds more than half of the held-out rows, so each half is given without it as well.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.gold_scoring import wilson
from kg.extraction import Circular, Fact, extract

Row = dict[str, Any]
#: The circular whose table of 190 limits outweighs all others.
LARGEST = 34482


class Tally(NamedTuple):
    """Counts of one half: rows answered, facts that answer none, rows unanswered, those of them not in the text."""

    tp: int
    fp: int
    fn: int
    fn_in_text: int


def half(event: str) -> str:
    """The side of an event; the salt makes the sides about equal in rows."""
    return "dev" if hashlib.sha256(f"2 {event}".encode()).digest()[0] % 2 else "held-out"


def limit_of(row: Row) -> str | bool | None:
    """A row's limit flag: ">", None for a value, True where the compiler does not tell."""
    error = str(row["mag_err"])
    if re.fullmatch(r"[\d.]+", error):
        return None if float(error) > 0 else True
    return ">"


def canonical(band: str | None) -> str:
    """A band's passband: primes, Cousins' c and UVOT's capitals apart. Unfiltered light calibrated to R is both."""
    name = re.sub(r"[\s']", "", band or "")
    low = name.lower()
    if low in ("c", "clear", "unfiltered", "cr", "cv", "lum", "l", "white-clear") or re.fullmatch(
        r"P[|/\\-]?|R\+P", name
    ):
        return "clear"
    if low.startswith(("uvw", "uvm", "white")):
        return low
    if name in ("b", "v"):
        return name.upper()
    return {"Rc": "R", "Ic": "I", "Ks": "K", "U": "u", "Z": "z", "zs": "z", "TR-rgb": "R"}.get(name, name)


def same_band(said: str | None, wanted: str, *, exact: bool) -> bool:
    """Whether two bands are one. Compilers file unfiltered images under R."""
    if exact:
        return re.sub(r"[\s_]", "", said or "") == re.sub(r"[\s_]", "", wanted)
    a, b = canonical(said), canonical(wanted)
    return a == b or {a, b} == {"clear", "R"} or (said is None and b in ("clear", "R"))


def agrees(fact: Fact, row: Row, *, exact: bool) -> bool:
    """Whether a fact is a row."""
    flag = limit_of(row)
    return (
        isinstance(fact.value, float)
        and abs(fact.value - float(row["mag"])) <= 0.005 + 1e-9
        and (flag is True or fact.limit == flag)
        and same_band(fact.qualifier.get("band"), str(row["filter"]), exact=exact)
    )


def said(circular: Row) -> list[Fact]:
    """The magnitudes that count: asserted or hedged, of the event itself."""
    facts = extract(
        Circular(
            number=circular["circularId"],
            subject=circular["subject"],
            body=circular["body"],
            created=None if circular.get("createdOn") is None else str(circular["createdOn"]),
        )
    )
    return [
        f
        for f in facts
        if f.predicate == "magnitude"
        and f.assertion in ("asserted", "hedged")
        and f.qualifier.get("target") is None
        and f.value is not None
    ]


def in_text(row: Row, text: str) -> bool:
    """Whether the row's number stands in the text, a last zero more or less."""
    wanted = float(row["mag"])
    return any(abs(float(n) - wanted) < 1e-9 for n in re.findall(r"(?<![\d.])\d{1,2}(?:\.\d+)?(?![\d])", text))


def matched(facts: list[Fact], rows: list[Row], *, exact: bool) -> tuple[list[Row], list[Fact]]:
    """(rows unanswered, facts that answer none), one fact for one row; rows whose flag is known choose first."""
    free = list(facts)
    missed = []
    for row in sorted(rows, key=lambda r: limit_of(r) is True):
        answer = next((f for f in free if agrees(f, row, exact=exact)), None)
        if answer is None:
            missed.append(row)
        else:
            free.remove(answer)
    return missed, free


def rates(tally: Tally) -> dict[str, Any]:
    """Precision, recall and F1, on all rows and on those in the text, with Wilson's 95 % intervals."""
    tp, fp, fn, fn_in_text = tally
    told = {}
    for name, missing in (("all_rows", fn), ("rows_in_text", fn_in_text)):
        precision, recall = tp / max(tp + fp, 1), tp / max(tp + missing, 1)
        low, high = (2 * j / (1 + j) for j in wilson(tp, tp + fp + missing))
        told[name] = {
            "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
            "f1_95": [round(low, 3), round(high, 3)],
            "precision": round(precision, 4),
            "precision_95": [round(x, 3) for x in wilson(tp, tp + fp)],
            "recall": round(recall, 4),
            "recall_95": [round(x, 3) for x in wilson(tp, tp + missing)],
        }
    return {"tp": tp, "fp": fp, "fn": fn, "fn_in_text": fn_in_text, **told}


def score(data: Path, *, errors: Iterable[str] = (), exact: bool = False) -> dict[str, Any]:
    """All figures, as one JSON object; `errors` names halves whose errors are printed."""
    circulars = {c["circularId"]: c for c in map(json.loads, (data / "circulars.jsonl").open(encoding="utf-8"))}
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in map(json.loads, (data / "gold" / "photometry_gold.jsonl").open(encoding="utf-8")):
        if row["circularId"] in circulars:
            rows[row["circularId"]].append(row)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    total = written = 0
    for number, wanted in sorted(rows.items()):
        circular, side = circulars[number], half(wanted[0]["grb"])
        missed, extra = matched(said(circular), wanted, exact=exact)
        there = [in_text(row, circular["subject"] + " " + circular["body"]) for row in wanted]
        told_missing = sum(in_text(row, circular["subject"] + " " + circular["body"]) for row in missed)
        total, written = total + len(wanted), written + sum(there)
        sides = [side, "all"] + ([f"{side} without {LARGEST}", f"all without {LARGEST}"] if number != LARGEST else [])
        for name in sides:
            for i, n in enumerate((len(wanted) - len(missed), len(extra), len(missed), told_missing)):
                counts[name][i] += n
        if side in errors and (missed or extra):
            _show(circular, missed, extra)
    return {
        "rows": total,
        "circulars": len(rows),
        "rows_whose_value_stands_in_the_text": [written, total],
        **{name: rates(Tally(*c)) for name, c in sorted(counts.items())},
    }


def _show(circular: Row, missed: list[Row], extra: list[Fact]) -> None:
    print(f"## {circular['circularId']} {circular['subject'][:80]}")
    for row in missed:
        there = "" if in_text(row, circular["subject"] + " " + circular["body"]) else "   (not in the text)"
        print(f"   missed {row['filter'].strip()} {row['mag']} +- {row['mag_err']}{there}")
    for fact in extra:
        print(f"   extra  {fact.qualifier.get('band')} {fact.limit or ''}{fact.value} +- {fact.error} {fact.text!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with circulars.jsonl and gold/")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--errors", action="store_true", help="list what went wrong on dev")
    parser.add_argument(
        "--held-out-errors", action="store_true", help="list those of held-out, too: final reports only"
    )
    parser.add_argument("--exact", action="store_true", help="bands must be spelt the same")
    chosen = parser.parse_args()
    errors = ["dev"] * chosen.errors + ["held-out"] * chosen.held_out_errors
    figures = score(chosen.data, errors=[] if chosen.json else errors, exact=chosen.exact)
    print(json.dumps(figures) if chosen.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
