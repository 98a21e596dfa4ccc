"""Every benchmark, one after the other, each beside its peers in one run: python -m benchmarks.run --data FOLDER."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

#: Module and the arguments it takes; `{data}` is the folder of real alerts.
BENCHMARKS = {
    "notices parsed, beside gcn-notice-parser and bare libraries": ["benchmarks.bench_parse", "--data", "{data}"],
    "Kafka to journal to decision, beside consuming and decoding alone": ["benchmarks.bench_kafka"],
    "the journal, on SQLite and PostgreSQL": ["benchmarks.bench_journal"],
    "rules": ["benchmarks.bench_rules", "--data", "{data}"],
    "the graph": ["benchmarks.bench_graph"],
}


def main() -> None:
    """Run them all; exit 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", help="part of a benchmark's module name")
    chosen = parser.parse_args()
    failed = []
    for title, (module, *arguments) in BENCHMARKS.items():
        if chosen.only and chosen.only not in module:
            continue
        print(f"\n== {title} ({module})", flush=True)
        if "{data}" in arguments and not chosen.data.exists():
            print(f"skipped: no real alerts at {chosen.data}; give --data")
            continue
        command = [sys.executable, "-m", module, *(a.format(data=chosen.data) for a in arguments)]
        if subprocess.run(command, check=False).returncode:
            failed.append(module)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
