"""A process that runs the cases of a release, to be killed: `python regress_child.py FOLDER VERSION`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from analyses.regression.laboratory import Laboratory
from analyses.regression.outcomes import release_of
from analyses.regression.settings import RegressSettings
from nuncius.journal import Journal


def main(folder: Path, version: str) -> None:
    """Run every case; say each outcome."""
    with Journal.open(f"sqlite:///{folder / 'nuncius.db'}", synchronous="normal") as journal:
        settings = RegressSettings(testcases=(folder / "cases",), memory_mb=1024)
        lab = Laboratory(journal, settings, folder, lambda name, params: [], now=lambda: datetime.now(UTC))
        for pair in lab.release(release_of("toy", version), list(lab.cases().values())):
            print(pair.outcome.case, pair.outcome.verdict, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
