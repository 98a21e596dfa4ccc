"""What a thread says of facts read in circulars: the words of the circular, its number, and whether it is disputed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chat.known import facts
from chat.sources import headline
from nuncius.core.event import Event, Tense
from nuncius.journal import ObjectSummary, Stored

NOW = datetime(2026, 3, 7, 16, 0, tzinfo=UTC)


def _fact(name: str, kind: str = "kg.fact", **data: Any) -> Event:
    return Event(id=name, kind=kind, source="nuncius/kg", received=NOW, data={"circular": 34120.0} | data)


Z = _fact("a", predicate="redshift", value=1.5, assertion="asserted", text="z = 1.5")
DISPUTE = _fact("b", "kg.fact.contradiction", predicate="contradiction", quantity="redshift", why="1.5 against 2.7")


def _known(*events: Event) -> dict[str, str]:
    summary = ObjectSummary(
        object="http://e/x", names=[], first_seq=1, last_seq=2, events=2, trigger_time=None, tenses=[Tense.INITIAL],
        retracted=False, updated=NOW,
    )  # fmt: skip
    stored = [Stored(seq=i, event=event, journalled=NOW) for i, event in enumerate(events, 1)]
    return dict(facts(summary, stored, []))


def test_a_fact_quotes_its_circular() -> None:
    assert headline(Z) == "Read in circular 34120: redshift 1.5 (“z = 1.5”)"
    assert headline(DISPUTE) == "Read in circular 34120: redshift contradicts an earlier claim: 1.5 against 2.7"


def test_a_redshift_that_another_claim_contradicts_is_called_disputed() -> None:
    assert _known(Z)["Redshift"] == "1.5 (circular 34120)"
    assert _known(Z, DISPUTE)["Redshift"] == "1.5 (circular 34120), disputed"


def test_a_position_read_in_a_circular_names_it_and_a_pointing_is_none() -> None:
    place = {"predicate": "position", "ra": 10.0, "dec": -5.0, "ra_dec_error": 0.001, "containment_probability": 0.9}
    assert _known(_fact("p", assertion="asserted", **place))["Position"].endswith("(90 %), GCN 34120")
    assert "Position" not in _known(_fact("p", assertion="negated", **place))


def test_our_own_verdict_is_not_what_was_heard_last() -> None:
    alert = _fact("n", "gcn.notice.fermi.gbm.fin_pos", mission="Fermi", instrument="GBM")
    verdict = _fact("v", "assumption.verdict", verdict="holds")
    assert _known(alert, verdict)["Last heard"] == _known(alert)["Last heard"]
