"""What can be done about a report, wherever it is shown: pure, so that Slack and the page have the same buttons."""

from __future__ import annotations

from typing import Literal

import msgspec

from chat.contract import HEAD
from chat.desk.matters import REPORT
from nuncius.core.report import Report, ReportState, Severity


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One act: its label, the verb of the desk, and whether it `must` or `may` come with a reason."""

    label: str
    verb: str
    why: Literal["no", "may", "must"] = "no"


def about_of(report: Report) -> str:
    """How the desk is told which report is meant; empty where nothing can be done about it: first messages, notes, and
    what no longer stands."""
    known = report.rule and report.slot != HEAD and "/note/" not in report.slot and "/unrelated/" not in report.slot
    if report.asks == 0:  # a question that is over is neither right nor wrong
        return ""
    if not known or report.state is not ReportState.CURRENT or report.slot.startswith("retraction/"):
        return ""
    return f"{REPORT}{report.key}"


def choices(report: Report) -> list[Choice]:
    """What can be done about it: the verdicts first."""
    asks = bool(report.asks)
    paged = report.severity is Severity.PAGE and not asks  # an answer is an acknowledgement too
    return [
        Choice(label="Approve" if asks else "✓ Right", verb="approve"),
        Choice(label="Reject" if asks else "✗ Wrong", verb="reject", why="must"),
        *([Choice(label="I look after it", verb="seen")] if paged else []),
        Choice(label="Why?", verb="why"),
        Choice(label="Re-run", verb="rerun"),
        Choice(label="Mute this rule for this object", verb="mute"),
        Choice(label="Not related", verb="unrelated", why="may"),
    ]
