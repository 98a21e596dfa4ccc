"""How fast does a message become a normalised event? Per format, beside peers, on the same messages in one run.

    python -m benchmarks.bench_parse --data FOLDER [--out FILE.json]

FOLDER holds the real alerts (`voevents`, `notices`, `circulars.jsonl`); without it only the own-made samples of the
tests are used. Peers: `gcn-notice-parser` on the notice types that it knows, bare `voeventparse.loads`, bare `lxml`.
Rates are per second of processor time on one core, the median of the rounds; the rounds of all contestants alternate.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from listeners.files import walk
from listeners.formats import Message, parse
from nuncius.core.errors import FormatError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "golden"
#: Folders of `notices/svom_ep_fermi_lvc` to the topics by which gcn-notice-parser chooses its parser.
TOPICS = {
    "fermi/fermi_gbm_alert": "gcn.classic.voevent.FERMI_GBM_ALERT",
    "fermi/fermi_gbm_fin_pos": "gcn.classic.voevent.FERMI_GBM_FIN_POS",
    "fermi/fermi_gbm_flt_pos": "gcn.classic.voevent.FERMI_GBM_FLT_POS",
    "fermi/fermi_gbm_gnd_pos": "gcn.classic.voevent.FERMI_GBM_GND_POS",
    "svom/eclairs": "gcn.notices.svom.voevent.eclairs",
    "svom/grm": "gcn.notices.svom.voevent.grm",
    "svom/mxt": "gcn.notices.svom.voevent.mxt",
}

Reader = Callable[[Message], object]


class KafkaLike:
    """What gcn-notice-parser takes for a message."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def topic(self) -> str:
        return self._message.topic or ""

    def value(self) -> bytes:
        return self._message.raw


def peers() -> tuple[dict[str, Reader], dict[str, str]]:
    """Contestants by name, and why the others are absent."""
    found: dict[str, Reader] = {"nuncius": parse}
    absent: dict[str, str] = {}
    try:
        import gcn_notice_parser

        found["gcn-notice-parser"] = lambda m: gcn_notice_parser.parse(KafkaLike(m))
    except ImportError as error:
        absent["gcn-notice-parser"] = f"{error}; pip install gcn-notice-parser"
    try:
        import voeventparse

        found["voeventparse.loads"] = lambda m: voeventparse.loads(m.raw)
    except ImportError as error:
        absent["voeventparse.loads"] = f"{error}; it builds on Python before 3.12 only"
    from lxml import etree

    found["lxml"] = lambda m: etree.fromstring(m.raw)
    return found, absent


def sets(data: Path | None) -> dict[str, tuple[list[Message], Sequence[str]]]:
    """Messages by name of the set, and who can read them."""
    xml = ("nuncius", "voeventparse.loads", "lxml")
    own = [m for m in walk([SAMPLES], now=NOW) if "expected" not in str(m.name)]
    out: dict[str, tuple[list[Message], Sequence[str]]] = {
        "text (own samples)": ([m for m in own if str(m.name).endswith(".txt")] * 40, ("nuncius",)),
    }
    if data is None:
        out["VOEvent (own samples)"] = ([m for m in own if str(m.name).endswith(".xml")] * 40, xml)
        out["binary (own samples)"] = ([m for m in own if str(m.name).endswith(".bin")] * 40, ("nuncius",))
        return out
    notices = data / "notices"
    month = walk([data / "voevents" / "2022-10.001.tar.bz2"], now=NOW)
    out["VOEvent, a month's traffic"] = (list(itertools.islice(month, 0, None, 3)), xml)
    known = []
    for folder, topic in TOPICS.items():
        found = walk([notices / "svom_ep_fermi_lvc" / folder], now=NOW)
        known += [Message(raw=m.raw, received=NOW, topic=topic, name=m.name) for m in found]
    known = [m for m in known if m.raw.lstrip()[:1] == b"<"]
    out["VOEvent, types that gcn-notice-parser knows"] = (known * 5, ("nuncius", "gcn-notice-parser", *xml[1:]))
    out["unified JSON"] = (_matching(notices / "gcn_schema", "*.example.json") * 40, ("nuncius",))
    out["binary"] = (_matching(notices / "classic_binary", "*.bin") * 40, ("nuncius",))
    userguide = notices / "lvk_userguide" / "_static"
    out["igwn.gwalert JSON, 1 MB map"] = (_matching(userguide, "*[a-z].json", "displayexample") * 5, ("nuncius",))
    out["igwn.gwalert Avro, 0.8 MB map"] = (_matching(userguide, "*.avro") * 5, ("nuncius",))
    out["circulars"] = (list(walk([data / "circulars.jsonl"], now=NOW)), ("nuncius",))
    return out


def _matching(folder: Path, pattern: str, but: str = "\0") -> list[Message]:
    files = [p for p in sorted(folder.rglob(pattern)) if but not in p.name]
    return [Message(raw=p.read_bytes(), received=NOW, name=p.name) for p in files]


def rate(reader: Reader, messages: list[Message]) -> tuple[float, int]:
    """Messages per second of processor time, and how many could not be read."""
    failed = 0
    begun = time.process_time()
    for message in messages:
        try:
            reader(message)
        except (FormatError, ValueError):
            failed += 1
        except Exception:  # a peer's own error type
            failed += 1
    return len(messages) / max(time.process_time() - begun, 1e-9), failed


def measure(data: Path | None, rounds: int) -> dict[str, Any]:
    """The whole benchmark."""
    readers, absent = peers()
    results: dict[str, Any] = {}
    for name, (messages, able) in sets(data).items():
        contestants = [who for who in able if who in readers]
        rates: dict[str, list[float]] = {who: [] for who in contestants}
        failed = dict.fromkeys(contestants, 0)
        for turn in range(rounds + 1):
            for who in contestants:
                speed, failed[who] = rate(readers[who], messages)
                if turn:  # the first round warms caches
                    rates[who].append(speed)
        size = sum(len(m.raw) for m in messages) / max(len(messages), 1)
        results[name] = {
            "messages": len(messages),
            "mean_bytes": round(size),
            "rates": {who: round(statistics.median(r)) for who, r in rates.items()},
            "failed": {who: count for who, count in failed.items() if count},
        }
    return {"python": sys.version.split()[0], "rounds": rounds, "absent": absent, "sets": results}


def main() -> None:
    """Print a table; write JSON where asked."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=None, help="folder of real alerts")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--out", type=Path, default=None, help="write the results as JSON")
    chosen = arguments.parse_args()
    results = measure(chosen.data, chosen.rounds)
    print(f"{'set':46} {'messages':>8} {'bytes':>8}  per second of one core")
    for name, found in results["sets"].items():
        rates = ", ".join(f"{who} {speed:,}" for who, speed in found["rates"].items())
        print(f"{name:46} {found['messages']:>8,} {found['mean_bytes']:>8,}  {rates}")
        for who, count in found["failed"].items():
            print(f"{'':46} {who} could not read {count}")
    for who, why in results["absent"].items():
        print(f"{who} is absent: {why}")
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
