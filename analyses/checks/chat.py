"""Whether each chat target is there and takes our token. What asks comes from above: checks know no chat."""

from __future__ import annotations

from analyses.checks.contract import Finding, Platform, check
from nuncius.core.errors import NunciusError


@check("chat", about="Each chat target is reachable and takes our token", severity="page", proves=("reports",))
def chat(platform: Platform) -> Finding:
    """Ask each target that can be asked."""
    if not platform.chat:
        return Finding(name="chat", ok=None, reason="not set up: no target that can be asked")
    wrong, well = [], []
    for name, ask in platform.chat.items():
        try:
            well.append(f"{name}: {ask()}")
        except NunciusError as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        mend = "see docs/chat.md; reports wait in the outbox for three days, so nothing is lost yet"
        return Finding(name="chat", ok=False, reason="; ".join(wrong), mend=mend)
    return Finding(name="chat", ok=True, reason="; ".join(well))
