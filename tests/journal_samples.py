"""Small events, reactions and reports for tests of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.journal import Decided, Decision, Journal, NewReaction, Reject, Retraction

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
GRB = "http://odahub.io/ontology/nuncius/object/GRB230307A"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def event(name: str, **more: Any) -> Event:
    told: dict[str, Any] = {
        "id": name,
        "kind": "gcn.notice.fermi.gbm.flt_pos",
        "source": "kafka://gcn",
        "received": NOW,
        "trigger_time": later(-60),
        "data": {"ra": 60.0, "mission": "Fermi", "ids": ["699000000"]},
        "raw": b"\x00\xffraw",
    }
    return Event(**(told | more))


def reject(raw: bytes, **more: Any) -> Reject:
    told: dict[str, Any] = {"received": NOW, "source": "kafka://gcn", "topic": "gcn.x", "partition": 0, "offset": 7}
    return Reject(**(told | {"raw": raw, "error": "FormatError", "reason": "line 1: no root element"} | more))


def decision(outcome: Any = "fired") -> Decision:
    return Decision(rule="grb", rule_hash="h1", outcome=outcome, reason="area < 100", trace=[{"area": 12.5}])


def reaction(key: str, *, slot: str = "grb/1/0", obj: str = GRB, **more: Any) -> NewReaction:
    told: dict[str, Any] = {
        "slot": slot,
        "key": key,
        "rule": "grb",
        "rule_hash": "h1",
        "object": obj,
        "per": "object",
        "severity": "notice",
        "actions": [{"run": "localization", "as": "loc"}, {"post": "{{ loc.answer }}"}],
        "context": {"ev": {"ra": 60.0}},
        "on_retract": [{"post": "taken back"}],
    }
    return NewReaction(**(told | more))


def report(key: str, *, slot: str = "s", thread: str = GRB) -> Report:
    return Report(thread=thread, slot=slot, key=key, title=f"title of {key}")


def decide(
    journal: Journal, name: str, *reactions: NewReaction, retracts: Sequence[str] = (), mission: str = ""
) -> list[int]:
    """Append an event and decide about it; `mission` retracts."""
    seq = journal.append([event(name)]).new[0]
    taken_back = [Retraction(object=obj, mission=mission) for obj in retracts]
    told = Decided(seq=seq, decisions=[decision()], reactions=list(reactions), retracts=taken_back)
    return journal.decide("rules", seq, [told])


def states(journal: Journal) -> list[tuple[str, str]]:
    """(key, state) of every reaction, oldest first."""
    return [(found.key, found.state) for found in reversed(journal.reactions())]
