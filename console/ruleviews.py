"""What the pages of rules show: how a rule stands, what it did and said, why and why not. People's subscriptions are
their own business and not among them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from console.apireading import PRIVATE
from console.views import OBJECT, href
from nuncius.core.errors import ConfigurationError
from nuncius.journal import Journal
from nuncius.journal.finding import Finder
from nuncius.journal.records import StoredReaction
from reactors.deciding import line_text
from reactors.explaining import explain
from reactors.rule import RULE_NAME, Rule
from reactors.ruleset import RuleSet

#: Firings on a page, decisions below them, explanations of one question.
FIRINGS, DECISIONS, EXPLAINED = 25, 25, 5
_EMPTY = RuleSet([])


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did about an event."""

    at: datetime
    about: str
    href: str
    event: str
    state: str
    severity: str
    revision: int


class SaidOf(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule said about an event, with the lines of its trace."""

    at: str
    event: str
    outcome: str
    reason: str
    trace: list[str]
    would: list[str] = []
    circumstances: list[str] = []


class RulePage(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's page. `rule` is None where it is gone and only its past is known; `next` pages its firings."""

    name: str
    rule: Rule | None
    conditions: list[str]
    silenced: list[str]
    firings: list[Fired]
    next: int | None
    decisions: list[SaidOf]
    why: list[SaidOf]
    problem: str


def shown(rules: Callable[[], RuleSet] | None) -> list[Rule]:
    """Rules for everybody's eyes, live ones first."""
    order = {"live": 0, "shadow": 1, "off": 2}
    found = [rule for rule in (rules() if rules else _EMPTY).rules if not rule.name.startswith(PRIVATE)]
    return sorted(found, key=lambda rule: (order[rule.status], rule.name))


def rule_page(
    journal: Journal, rules: Callable[[], RuleSet] | None, name: str, now: datetime, *, before: int | None, event: str
) -> RulePage | None:
    """A rule by its name; None where neither the rules nor the journal know it."""
    if name.startswith(PRIVATE) or not RULE_NAME.fullmatch(name):
        return None
    rule = next((one for one in shown(rules) if one.name == name), None)
    decisions = journal.decisions(rule=name, limit=DECISIONS)
    found = Finder(journal).reactions(name, before=before, limit=FIRINGS)
    if rule is None and not decisions and not found:
        return None
    why, problem = _why(journal, rules() if rules else _EMPTY, name, event.strip(), now) if event.strip() else ([], "")
    return RulePage(
        name=name,
        rule=rule,
        conditions=[condition.expression.source for condition in rule.conditions] if rule else [],
        silenced=[_silence(s.object, s.why, s.until) for s in journal.silences(now) if s.rule in ("", name)],
        firings=[_fired(item) for item in found],
        next=found[-1].id if len(found) == FIRINGS else None,
        decisions=[
            SaidOf(
                at=f"{item.decided:%Y-%m-%d %H:%M:%S}",
                event=item.event_id,
                outcome=item.outcome,
                reason=item.reason,
                trace=[line_text(line) for line in item.trace if "if" in line],
            )
            for item in decisions
        ],
        why=why,
        problem=problem,
    )


def _fired(item: StoredReaction) -> Fired:
    about = (item.object or "").removeprefix(OBJECT)
    return Fired(
        at=item.created,
        about=about or item.event_id,
        href=href(item.object) if item.object else "",
        event=item.event_id,
        state=item.state,
        severity=item.severity,
        revision=item.revision,
    )


def _silence(obj: str, why: str, until: datetime) -> str:
    about = obj.removeprefix(OBJECT) or "all objects"
    return f"{about} until {until:%Y-%m-%d %H:%M} UTC: {why or 'no reason given'}"


def _why(journal: Journal, rules: RuleSet, name: str, event: str, now: datetime) -> tuple[list[SaidOf], str]:
    """Why it did or did not act, from the traces that were kept, else worked out anew."""
    try:
        found = explain(journal, rules, name, event, now=now)
    except ConfigurationError as error:
        return [], str(error)
    heard = [item for item in found if item.outcome != "deaf"] or found
    said = [
        SaidOf(
            at=item.at[:19].replace("T", " "),
            event=item.event,
            outcome=item.outcome,
            reason=item.reason,
            trace=[line_text(line) for line in item.trace if "if" in line],
            would=item.would[:10],
            circumstances=item.circumstances[:10],
        )
        for item in reversed(heard[-EXPLAINED:])
    ]
    return said, "" if said else f"{name} has said nothing about {event[:80]}"
