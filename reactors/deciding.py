"""The line that decided: of a decision's trace the condition that settled it, in one line of text."""

from __future__ import annotations

from typing import Any

from nuncius.journal.records import Decision

#: Outcomes in which a rule's conditions held.
FIRES = frozenset({"fired", "shadow"})
#: Which truth of a condition settles which outcome.
_SETTLES = {"not": "false", "unknown": "unknown", "error": "error"}
MOST_SEEN = 3


def deciding_line(decision: Decision) -> str:
    """`line 35: ev.far < 1e-7 is false (ev.far = 3e-06)`, or the reason where no condition settled it."""
    settled = settling(decision)
    return line_text(settled) if settled is not None else decision.reason


def deciding_source(decision: Decision) -> str:
    """The condition that settled it, without the values seen: bounded by the rule, for counting."""
    settled = settling(decision)
    return f"line {settled['line']}: {settled['if']}" if settled is not None else ""


def settling(decision: Decision) -> dict[str, Any] | None:
    """The line of the trace that settled the outcome, if one did."""
    truth = _SETTLES.get(decision.outcome)
    lines = (line for line in decision.trace if "if" in line)
    return next((line for line in lines if line.get("is") == truth), None) if truth else None


def line_text(line: dict[str, Any]) -> str:
    """One line of a trace as text, with a few of the values it saw."""
    seen = [f"{name} = {value}" for name, value in list(line.get("seen", {}).items())[:MOST_SEEN]]
    values = ", ".join(seen) or str(line.get("why", ""))
    return f"line {line.get('line', 0)}: {line['if']} is {line['is']}{f' ({values})' if values else ''}"
