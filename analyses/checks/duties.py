"""Whether what is to be done again and again is done: sources asked, checks made."""

from __future__ import annotations

from datetime import timedelta

from analyses.checks.contract import Finding, Platform, check
from nuncius.journal import Turns

#: A duty that failed so often in a row is broken.
MOST_FAILURES = 5
#: A duty that is overdue by this is done by nobody.
OVERDUE = timedelta(minutes=10)
#: What was due so long ago belongs to a source that is no longer set up.
FORGOTTEN = timedelta(days=2)


@check("duties", about="Sources are asked and checks made when they are due", every_s=120.0)
def duties(platform: Platform) -> Finding:
    """Broken when a duty fails again and again, or nobody does what is due."""
    known = [turn for turn in Turns(platform.book, "").all() if platform.now - turn.due < FORGOTTEN]
    if not known:
        return Finding(name="duties", ok=None, reason="there is none yet")
    failing = [turn for turn in known if turn.failures >= MOST_FAILURES]
    late = [turn for turn in known if platform.now - turn.due > OVERDUE and (turn.until or turn.due) < platform.now]
    wrong = [f"{turn.name} failed {turn.failures} times: {turn.error[:160]}" for turn in failing[:3]]
    wrong += [f"{turn.name} is overdue since {turn.due:%H:%M}" for turn in late[:3]]
    values = {"failing": float(len(failing)), "overdue": float(len(late)), "duties": float(len(known))}
    if wrong:
        mend = "is `nuncius run` up? What a source says is in the reason; its settings are in docs/settings.md"
        return Finding(name="duties", ok=False, reason="; ".join(wrong), mend=mend, values=values)
    return Finding(name="duties", ok=True, reason=f"{len(known)}, none overdue", values=values)
