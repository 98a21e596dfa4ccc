"""Makes checks side by side, each within its own deadline, so that one that hangs or stumbles holds up no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from analyses.checks.catalogue import catalogue, choose
from analyses.checks.contract import Check, Finding, NoJournal, Platform
from nuncius.core.errors import NunciusError

log = logging.getLogger(__name__)

#: How soon a stop is noticed, in seconds.
STEP_S = 0.2


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A check, what it found, and how long that took in seconds."""

    check: Check
    finding: Finding
    took_s: float


def perform(
    words: Sequence[str], platform: Platform, *, done: Callable[[Looked], None] = lambda looked: None
) -> list[Finding]:
    """The findings of the checks of these names or platforms, or of all. Raises ConfigurationError for a word that is
    neither."""
    return [looked.finding for looked in look(choose(words, catalogue(platform.settings)), platform, done=done)]


def look(
    chosen: Sequence[Check],
    platform: Platform,
    *,
    done: Callable[[Looked], None] = lambda looked: None,
    stop: threading.Event | None = None,
) -> list[Looked]:
    """Make these checks, all at once; `done` is told of each, in their order. When `stop` is set those that have not
    ended cannot tell."""
    running = [_Run(one, platform) for one in chosen]
    found = []
    for run in running:
        found.append(run.wait(stop or threading.Event()))
        done(found[-1])
    return found


class _Run:
    """One check in a thread of its own. Past its deadline it is left to itself: whatever it asks has a bound of its
    own, and what hangs in the system cannot be ended from here."""

    def __init__(self, check: Check, platform: Platform) -> None:
        self._check, self._platform = check, platform
        self._found: Finding | None = None
        self._began = time.monotonic()
        self._ended = self._began
        self._over = threading.Event()
        threading.Thread(target=self._work, name=f"check.{check.name}", daemon=True).start()

    def _work(self) -> None:
        found = _look(self._check, self._platform)
        self._ended = time.monotonic()
        self._found = found
        self._over.set()

    def wait(self, stop: threading.Event) -> Looked:
        """What it found, or that it took too long."""
        until = self._began + self._check.deadline_s
        while not self._over.wait(max(0.0, min(STEP_S, until - time.monotonic()))):
            if stop.is_set() or time.monotonic() >= until:
                break
        found = self._found
        if found is None and stop.is_set():
            found = Finding(name=self._check.name, ok=None, reason="the service was stopped meanwhile")
        if found is None:
            late = f"took longer than its {self._check.deadline_s:g} s"
            found = Finding(name=self._check.name, ok=False, reason=late, mend="what it asks hangs or is overloaded")
            return Looked(check=self._check, finding=found, took_s=self._check.deadline_s)
        return Looked(check=self._check, finding=found, took_s=self._ended - self._began)


def _look(one: Check, platform: Platform) -> Finding:
    try:
        return msgspec.structs.replace(one.look(platform), name=one.name)
    except NoJournal:
        return Finding(name=one.name, ok=None, reason="not to be told without the journal: see `database`")
    except NunciusError as error:
        return Finding(name=one.name, ok=False, reason=f"could not be looked at: {error}", mend="see `nuncius doctor`")
    except Exception as error:
        log.exception("check %s", one.name)
        reason = f"a mistake in the check, please report it: {type(error).__name__}: {error}"
        return Finding(name=one.name, ok=False, reason=reason)
