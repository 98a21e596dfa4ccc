"""One of several services on one journal, with a clock that runs a thousand times as fast: python tests/timers_child.py
URL RULES MINUTES. Says `ready`, is told on stdin when the clock starts, rings what is due for so many minutes of it,
and prints how much that was."""

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

    url, rules, minutes = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    with Journal.open(url, synchronous="normal") as journal:
        book = RuleBook([rules])
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        clock = FastClock(float(sys.stdin.readline()))
        reactor, rang = Reactor(journal, book, clock), 0
        while clock.now() < BEGIN + timedelta(minutes=minutes):
            rang += reactor.step()
            time.sleep(0.002)
        sys.stdout.write(f"{rang}\n")


if __name__ == "__main__":
    main()
