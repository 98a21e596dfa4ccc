"""How often somebody may knock: buckets of tokens that fill again with time. Keeps few of them, whoever knocks."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class Pace:
    """At most `per_minute` in a minute for each name, all of them at once if need be."""

    def __init__(self, per_minute: int, *, keep: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._keep, self._clock = float(per_minute), per_minute / 60.0, keep, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, name: str) -> float:
        """Seconds until this name may come again; 0 where it may now."""
        left, at = self._left.get(name, (self._most, 0.0))
        left = min(self._most, left + (self._clock() - at) * self._rate)
        return 0.0 if left >= 1.0 else (1.0 - left) / self._rate

    def take(self, name: str) -> float:
        """Come once: 0, or the seconds to wait where that is too often."""
        with self._lock:
            wait = self.wait_s(name)
            if wait == 0.0:
                now = self._clock()
                left, at = self._left.pop(name, (self._most, now))
                self._left[name] = (min(self._most, left + (now - at) * self._rate) - 1.0, now)
                while len(self._left) > self._keep:
                    self._left.popitem(last=False)
            return wait
