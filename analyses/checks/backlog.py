"""Whether what has arrived is acted on: events nobody has decided about, steps and reports that wait."""

from __future__ import annotations

from datetime import datetime

from analyses.checks.contract import Finding, Platform, check

#: Events that a consumer may be behind by before people should know.
MOST_BEHIND = 1000
#: How long an event may wait for a decision, in seconds.
LONGEST_UNDECIDED_S = 120.0
#: How long a step or a report may wait to be done, in seconds.
LONGEST_WAIT_S = 600.0


@check("backlog", about="Events are decided about, steps done and reports delivered without delay", every_s=60.0)
def backlog(platform: Platform) -> Finding:
    """Broken when a consumer is far behind, an event waits for a decision for two minutes, or the oldest step or report
    for ten."""
    numbers = platform.book.statistics()
    lags = {name: int(state["lag"]) for name, state in numbers["consumers"].items()}
    undecided = _undecided_s(platform)
    steps = _age(numbers.get("oldest_due_step"), platform.now)
    waited = _age(numbers["oldest_pending_report"], platform.now)
    wrong = [f"{name} is {lag} events behind" for name, lag in lags.items() if lag > MOST_BEHIND]
    if undecided > LONGEST_UNDECIDED_S:
        wrong.append(f"the oldest event without a decision has waited for {undecided / 60:.0f} min")
    if steps > LONGEST_WAIT_S:
        wrong.append(f"the oldest step has waited for {steps / 60:.0f} min")
    if waited > LONGEST_WAIT_S:
        wrong.append(f"the oldest report has waited for {waited / 60:.0f} min")
    values = {"undecided_s": undecided, "step_s": steps, "report_s": waited}
    values |= {f"behind_{name}": float(lag) for name, lag in lags.items()}
    values = {name: round(value, 3) for name, value in values.items()}
    if wrong:
        mend = "is `nuncius run` up? `nuncius status` shows each consumer and the last error of each target"
        return Finding(name="backlog", ok=False, reason="; ".join(wrong), mend=mend, values=values)
    told = ", ".join(f"{name} {lag}" for name, lag in lags.items())
    reason = f"events behind: {told or 'none'}; waiting: decisions {undecided:.0f} s, reports {waited:.0f} s"
    return Finding(name="backlog", ok=True, reason=reason, values=values)


def _undecided_s(platform: Platform) -> float:
    """How long the oldest event has waited that the reactors have not looked at. Where they have never run at all
    nobody is waited for."""
    journal = platform.book
    cursor = journal.cursor("reactors")
    following = journal.read(cursor, limit=1) if cursor else []
    return max(0.0, (platform.now - following[0].journalled).total_seconds()) if following else 0.0


def _age(moment: str | None, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(moment)).total_seconds()) if moment else 0.0
