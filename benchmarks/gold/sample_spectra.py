"""Chooses the open circulars whose spectra and decays people annotate (`spectra.jsonl`): one seeded draw, by sort of
instrument. Its patterns only sort circulars; what one says is for the annotator.

Run it with `python benchmarks/gold/sample_spectra.py --data FOLDER` to get the same numbers again."""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SEED = 19
LONGEST = 3600
#: Body words that a spectrum or a decay is told with.
HINT = re.compile(
    r"E_?\{?p(?:eak)?\b|peak energy|photon index|spectral index|power[- ]?law|cut-?off|E_?0 ?=|Gamma ?=|"
    r"decay(?:ing)? (?:with|slope|index|as|like)|t\^\{?-|E_?\{?iso|Band (?:function|model)|hardness",
    re.I,
)
# Stratum, how many, pattern of the subject; the first stratum that matches takes the circular.
STRATA: tuple[tuple[str, int, str], ...] = (
    ("konus", 13, r"Konus|KW"),
    ("gbm", 14, r"GBM"),
    ("lat", 3, r"LAT\b"),
    ("bat", 9, r"BAT"),
    ("xrt", 10, r"XRT|Swift/XRT"),
    ("small", 10, r"HXMT|GECAM|AstroSat|CALET|GRBAlpha|SVOM|EP2|Einstein|LEIA|INTEGRAL|WAM|Suzaku|HETE|AGILE|MAXI|"
                   r"RHESSI|Glowbug|VZLUSAT|BATSE|SAX|SPI"),
    ("x-ray, other", 4, r"X-ray|Chandra|XMM|NICER|NuSTAR"),
    ("interpretation", 3, r"pseudo|theor|energetics|Eiso|Amati|magnetar|jet break|interpret"),
    ("radio", 3, r"radio|VLA|ATCA|mm\b|ALMA|GMRT"),
    ("other", 9, r"."),
)  # fmt: skip


def drawn(texts: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(stratum, circular) of every circular chosen, from the open ones."""
    rng = random.Random(SEED)
    open_ones = [
        t for t in texts if t.get("quality") == "full" and len(t["body"]) <= LONGEST and HINT.search(t["body"])
    ]
    by_stratum: dict[str, list[dict[str, Any]]] = {name: [] for name, _, _ in STRATA}
    for text in sorted(open_ones, key=lambda t: int(t["circularId"])):
        stratum = next(name for name, _, pattern in STRATA if re.search(pattern, text["subject"]))
        by_stratum[stratum].append(text)
    for name, quota, _ in STRATA:
        found = by_stratum[name]
        runs = min(quota, len(found))
        for run in range(runs):
            yield name, rng.choice(found[run * len(found) // runs : (run + 1) * len(found) // runs])


def split_of(event: str, known: Mapping[str, str]) -> str:
    """The side that an event has in the other samples, else by its hash."""
    return known.get(event) or ("test" if hashlib.sha256(event.encode()).digest()[0] % 2 else "dev")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds circulars.jsonl of the open data")
    texts = [json.loads(line) for line in (parser.parse_args().data / "circulars.jsonl").open(encoding="utf-8")]
    for stratum, text in drawn(texts):
        sys.stdout.write(f"{text['circularId']}\t{stratum}\n")


if __name__ == "__main__":
    main()
