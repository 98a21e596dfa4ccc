"""Whether the service runs at all: by the pulse of its listeners and by the checks that it makes itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from analyses.checks.contract import Finding, Platform, check
from nuncius.journal import Turns

#: A running service leaves a sign at least so often: a listener's pulse every few seconds, a check every minute.
SILENT = timedelta(minutes=3)


def last_sign(platform: Platform) -> datetime | None:
    """When the service last gave a sign of life; None where it never ran. Within the service that is now."""
    if platform.executor is not None:
        return platform.now
    pulses = [feed.last_heartbeat for feed in platform.book.feeds() if feed.feed.startswith("kafka:")]
    done = [turn.succeeded for turn in Turns(platform.book, "").all()]
    return max((moment for moment in [*pulses, *done] if moment is not None), default=None)


def runs(platform: Platform) -> bool:
    """Whether a service is at work on this journal."""
    sign = last_sign(platform)
    return sign is not None and platform.now - sign < SILENT


@check("service", about="The service runs", every_s=60.0)
def service(platform: Platform) -> Finding:
    """Broken where it has run before and has been silent for three minutes. Only seen from beside it."""
    sign = last_sign(platform)
    if sign is None:
        return Finding(name="service", ok=None, reason="it has not run here yet")
    quiet = (platform.now - sign).total_seconds()
    if platform.now - sign < SILENT:
        return Finding(name="service", ok=True, reason=f"its last sign of life came {max(0.0, quiet):.0f} s ago")
    reason = f"no sign of life since {sign:%Y-%m-%d %H:%M} UTC"
    return Finding(name="service", ok=False, reason=reason, mend="start `nuncius run`; its log says why it ended")
