"""Whether what has arrived is acted on: events nobody has decided about, steps and reports that wait."""

from __future__ import annotations

from datetime import datetime

from analyses.checks.contract import Finding, Platform, check

#: Events that a consumer may be behind by before people should know.
MOST_BEHIND = 1000
#: How long a report may wait for its delivery, in seconds.
LONGEST_WAIT_S = 600.0


@check("backlog", about="Events are decided about and reports delivered without delay")
def backlog(platform: Platform) -> Finding:
    """Broken when a consumer is far behind, or the oldest report waits for ten minutes."""
    numbers = platform.journal.statistics()
    behind = {name: state["lag"] for name, state in numbers["consumers"].items() if state["lag"] > MOST_BEHIND}
    oldest = numbers["oldest_pending_report"]
    waited = (platform.now - datetime.fromisoformat(oldest)).total_seconds() if oldest else 0.0
    wrong = [f"{name} is {lag} events behind" for name, lag in behind.items()]
    if waited > LONGEST_WAIT_S:
        wrong.append(f"the oldest report has waited for {waited / 60:.0f} min")
    if wrong:
        mend = "is `nuncius run` up? `nuncius status` shows each consumer and the last error of each target"
        return Finding(name="backlog", ok=False, reason="; ".join(wrong), mend=mend)
    lags = ", ".join(f"{name} {state['lag']}" for name, state in numbers["consumers"].items())
    return Finding(name="backlog", ok=True, reason=f"events behind: {lags or 'none'}; reports waiting: {waited:.0f} s")
