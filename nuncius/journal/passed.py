"""Decisions on rules that a cheap comparison ruled out, kept as one row an event where thousands listen, and told as if
each had a row of its own. Every function runs inside its caller's transaction."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.records import Decided, Outcome, StoredDecision

#: rule, its hash, and its conditions: line, text, comparisons (subject, operator, value) that must hold.
Listed = Sequence[Any]


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda value, wanted: value in wanted,
}


def keep_index(connection: Connection, index: str, rules: Sequence[Listed], now: datetime) -> None:
    """Keep a list of rules under its digest, once."""
    row = {"index": index, "rules": list(rules), "created": now}
    connection.execute(log.upsert(connection, t.rule_indexes).on_conflict_do_nothing(), [row])


def row_of(item: Decided, now: datetime) -> dict[str, Any]:
    """The row that notes whom an event passed over."""
    passed = item.passed
    assert passed is not None
    return {"seq": item.seq, "index": passed.index, "rules": passed.rules, "seen": passed.seen, "decided": now}


def decisions(connection: Connection, event_id: str | None, rule: str | None, limit: int) -> list[StoredDecision]:
    """What was said on rules that were passed over: about an event, on a rule, or both; the newest first. Those that
    have a row of their own are told too, and left to the caller."""
    p = t.passed_over.c
    listings = {
        row.index: row.rules for row in connection.execute(select(t.rule_indexes.c.index, t.rule_indexes.c.rules))
    }
    if rule is not None:
        listings = {index: [r for r in rules if r[0] == rule] for index, rules in listings.items()}
        listings = {index: rules for index, rules in listings.items() if rules}
    if not listings:
        return []
    query = select(t.passed_over, t.events.c.id.label("event_id")).join_from(t.passed_over, t.events)
    query = query.where(p.index.in_(sorted(listings))).order_by(p.seq.desc()).limit(limit)
    if event_id is not None:
        query = query.where(t.events.c.id == t.clean(event_id))
    return [
        _told(row, listed)
        for row in connection.execute(query)
        for listed in listings[row.index]
        if row.seen.get("") or not _all_hold(listed, row.seen)
    ][:limit]


def _told(row: Any, listed: Listed) -> StoredDecision:
    name, rule_hash, conditions = listed
    outcome, reason, trace = _judge(conditions, row.seen)
    return StoredDecision(
        id=0,
        consumer="reactors",
        seq=row.seq,
        event_id=row.event_id,
        decided=row.decided,
        rule=name,
        rule_hash=rule_hash,
        outcome=outcome,
        reason=reason,
        trace=trace,
    )


def _judge(conditions: Sequence[Any], seen: dict[str, Any]) -> tuple[Outcome, str, list[dict[str, Any]]]:
    if gate := seen.get(""):
        return ("test" if "tense" in gate else "not"), gate, []
    trace, false, unknown = [], [], []
    for line, source, compared in conditions:
        truths = {_truth(c, seen) for c in compared}
        subjects = {c[0]: seen[c[0]] for c in compared if c[0] in seen}
        entry: dict[str, Any] = {"line": line, "if": source, "seen": subjects}
        if "false" in truths:
            false.append(source)
            entry["is"] = "false"
        elif "unknown" in truths:
            missing = next(c[0] for c in compared if _truth(c, seen) == "unknown")
            unknown.append(f"{source}: {missing} is not given")
            entry |= {"is": "unknown", "why": f"{missing} is not given"}
        else:
            entry |= {"is": "skipped", "why": "another condition is not true"}
        trace.append(entry)
    if false:
        return "not", f"false: {'; '.join(false)}", trace
    return "unknown", "; ".join(unknown), trace


def _all_hold(listed: Listed, seen: dict[str, Any]) -> bool:
    return all(_truth(c, seen) in ("true", "open") for _, _, compared in listed[2] for c in compared)


def _truth(comparison: Sequence[Any], seen: dict[str, Any]) -> str:
    """`open` where the comparison was left to the rule itself: another type, or a function that was not asked."""
    subject, op, wanted = comparison
    if op in ("has", "!has"):
        return "true" if (subject in seen) == (op == "has") else "false"
    if subject not in seen:
        return "open" if "(" in subject else "unknown"
    value = seen[subject]
    sample = wanted[0] if op == "in" else wanted
    numbers = isinstance(value, int | float) and isinstance(sample, int | float)
    if type(value) is not type(sample) and not (
        numbers and not isinstance(value, bool) and not isinstance(sample, bool)
    ):
        return "open"
    return "true" if _OPERATORS[op](value, wanted) else "false"
