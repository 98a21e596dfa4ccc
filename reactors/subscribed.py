"""Subscriptions as rules: read from people's YAML, kept within bounds, and bound to their owner, whom alone they tell.
A bad one costs nothing else."""

from __future__ import annotations

import logging
from datetime import datetime

import msgspec

from nuncius.core.errors import NunciusError, PermanentError
from nuncius.core.report import Severity
from nuncius.journal import Journal
from nuncius.journal.subscriptions import Subscriptions
from reactors.loader import load_rules
from reactors.meaning import semantic_hash
from reactors.planning import RETRACTED
from reactors.rule import Limit, Rule

log = logging.getLogger(__name__)

#: Bounds of a person's rule: they are many, and nobody reviews them.
MOST_CHARACTERS, MOST_CONDITIONS, MOST_AN_HOUR = 4000, 12, 60
DEFAULT_LIMIT = Limit(count=20, window_s=3600.0)


def subscription_rule(text: str, *, number: int, owner: str, tell: str = "") -> Rule:
    """The rule of a subscription, which tells its owner at `tell`, else at their own door. Raises PermanentError saying
    what it may not be, with line and column."""
    if len(text) > MOST_CHARACTERS:
        raise PermanentError(f"a subscription has at most {MOST_CHARACTERS} characters; this one has {len(text)}")
    loaded = load_rules(text, "subscription")
    if loaded.errors:
        raise PermanentError("\n".join(str(problem) for problem in loaded.errors[:5]))
    if len(loaded.rules) != 1:
        raise PermanentError(f"a subscription is one rule; this is {len(loaded.rules)}")
    (rule,) = loaded.rules
    _look_over(rule)
    own = {"for": tell or owner, "subscription": number}
    bound = msgspec.structs.replace(
        rule,
        name=f"subscription-{number}",
        owner=owner,
        status="off" if rule.status == "off" else "live",
        limit=rule.limit if rule.limit and _modest(rule.limit) else DEFAULT_LIMIT,
        actions=tuple(action | own for action in rule.actions),
        on_retract=({"do": "post", "what": RETRACTED, **own},),
        tests=(),
        file=f"subscription {number}",
    )
    return msgspec.structs.replace(bound, hash=semantic_hash(bound))


def _look_over(rule: Rule) -> None:
    """What others would notice, or pay for, is not for subscriptions."""
    wrong = [
        ("posts, once", len(rule.actions) != 1 or rule.actions[0]["do"] != "post"),
        ("speaks to its owner; leave out 'to', 'for_each' and 'else'", _elsewhere(rule)),
        ("does nothing on_retract or on_fail", bool(rule.on_retract or rule.on_fail)),
        ("mutes and escalates nothing", bool(rule.mutes or rule.escalate)),
        ("listens to events; schedules are for rules", rule.schedule is not None),
        ("pages nobody; severity is info, notice or warning", rule.severity is Severity.PAGE),
        (f"has at most {MOST_CONDITIONS} conditions", len(rule.conditions) + len(rule.variables) > MOST_CONDITIONS),
    ]
    for what, is_wrong in wrong:
        if is_wrong:
            raise PermanentError(f"a subscription {what}")


def _elsewhere(rule: Rule) -> bool:
    return any(key in action for action in rule.actions for key in ("to", "for_each", "else"))


def _modest(limit: Limit) -> bool:
    return limit.count / limit.window_s * 3600.0 <= MOST_AN_HOUR


class Subscribed:
    """The rules of all subscriptions in force, read again when one of them changes."""

    def __init__(self, journal: Journal) -> None:
        self._subscriptions = Subscriptions(journal)
        self._stamp: tuple[int, datetime | None] | None = None
        self._rules: tuple[Rule, ...] = ()

    def __call__(self) -> tuple[Rule, ...]:
        """Where the journal cannot be asked, those of before."""
        try:
            stamp = self._subscriptions.stamp()
            if stamp != self._stamp:
                self._rules = tuple(self._read())
                self._stamp = stamp
        except (NunciusError, OSError) as error:
            log.warning("subscriptions stay as they were: %s", error)
        return self._rules

    def _read(self) -> list[Rule]:
        rules = []
        for one in self._subscriptions.in_force():
            try:
                rules.append(subscription_rule(one.rule, number=one.id, owner=one.owner, tell=one.tell))
            except NunciusError as error:  # the language has changed since it was kept
                log.error("subscription %s of %s is not in force: %s", one.id, one.owner, error)
        return rules
