"""Messages that nobody understood lately: a format has changed, or somebody sends rubbish."""

from __future__ import annotations

from datetime import timedelta

from analyses.checks.contract import Finding, Platform, check

WINDOW = timedelta(days=1)
MOST = 20


@check("rejects", about="Few messages of the last day could not be understood", every_s=900.0, severity="info")
def rejects(platform: Platform) -> Finding:
    """Broken when more than twenty were rejected within a day."""
    recent = [r for r in platform.book.rejects(limit=500) if r.received > platform.now - WINDOW]
    if len(recent) > MOST:
        reason = f"{len(recent)} in the last day; the newest, from {recent[0].source}: {recent[0].reason[:120]}"
        mend = "`nuncius status` lists them; after a fix `nuncius replay --rejects` reads them again"
        return Finding(name="rejects", ok=False, reason=reason, mend=mend)
    return Finding(name="rejects", ok=True, reason=f"{len(recent)} in the last day")
