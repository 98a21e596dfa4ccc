"""One of several services on one journal, with a clock that runs a thousand times as fast: python tests/timers_child.py
URL RULES SECONDS START. Rings what is due until its time is over, and prints how much it rang."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

#: Seconds of the clock in one real second.
SPEED = 1000.0
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class FastClock:
    """The same moment in every process that was given the same start."""

    def __init__(self, start: float) -> None:
        self._start = start

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=(time.time() - self._start) * SPEED)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


def main() -> None:
    from nuncius.journal import Journal
    from reactors.reactor import Reactor
    from reactors.rulebook import RuleBook

    url, rules, seconds, start = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    with Journal.open(url, synchronous="normal") as journal:
        book = RuleBook([rules])
        while time.time() < start:
            time.sleep(0.01)
        reactor, rang = Reactor(journal, book, FastClock(start)), 0
        while time.time() < start + seconds:
            rang += reactor.step()
            time.sleep(0.002)
        sys.stdout.write(f"{rang}\n")


if __name__ == "__main__":
    main()
