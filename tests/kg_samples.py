"""Circulars and notices of our own wording for the graph's tests: real sorts of statement, no real text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kg.extraction import Circular, Fact
from nuncius.core.event import Event, Tense

NOW = datetime(2026, 3, 7, 16, 0, tzinfo=UTC)


def circular(number: int, subject: str, body: str = "Nothing more.", *, version: int = 1, **data: Any) -> Event:
    """A circular as the listeners hand it over."""
    return Event(
        id=f"circular:{number}/{version}",
        kind="gcn.circular",
        source="gcn.circulars",
        received=NOW + timedelta(minutes=number % 1000, seconds=version),
        tense=Tense.UPDATE if version > 1 else Tense.INITIAL,
        revision=version - 1,
        data={
            "circular": float(number),
            "version": float(version),
            "subject": subject,
            "body": body,
            "created": "2026-03-07T15:44:06Z",
        }
        | data,
    )


def notice(
    name: str, *, mission: str = "Fermi", instrument: str = "GBM", tense: Tense = Tense.INITIAL, **data: Any
) -> Event:
    """A notice as the listeners hand it over."""
    return Event(
        id=f"ivo://example/{mission}#{name}",
        kind=f"gcn.notice.{mission.lower()}.{instrument.lower()}.pos",
        source=mission.lower(),
        received=NOW,
        tense=tense,
        trigger_time=NOW - timedelta(seconds=20),
        data={"mission": mission, "instrument": instrument, "type": f"{mission.upper()}_{instrument}_POS"} | data,
    )


REDSHIFT_BODY = """A. Observer and B. Reducer (Example Observatory) report:

We pointed a low-resolution spectrograph at the optical afterglow (First et al.,
GCN 34101; Second et al., GCN Circ. 34105) 5.2 hours after the trigger.  On a blue
continuum we see Mg II, Fe II and C IV, all at a common redshift of
z = 1.234 +/- 0.002, which we take to be the redshift of the burst.
An intervening system is present at z = 0.817.
"""


def moved(event: Event, **later: float) -> Event:
    """The same event, received later."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return Event(**fields | {"received": event.received + timedelta(**later)})


def night() -> list[Event]:
    """A GBM trigger with its names, a spectrum, a superevent with its retraction, a test and a heartbeat."""
    position = {"ra": 60.5, "dec": -75.25, "ra_dec_error": 3.5, "containment_probability": 0.68}
    return [
        notice("flt", ids=["794591051"], **position),
        notice("fin", ids=["794591051"], tense=Tense.UPDATE, **position),
        circular(
            34110,
            "GRB 260307A: Fermi GBM Final Localization",
            "At 15:44:06 UT on 7 March 2026, the Fermi Gamma-ray Burst Monitor (GBM) triggered and located\n"
            "GRB 260307A (trigger 794591051 / 260307667).",
        ),
        circular(34120, "GRB 260307A: redshift from Example Observatory", REDSHIFT_BODY),
        notice("S1", mission="LVK", instrument="H1L1", ids=["S260307ab"], far=1e-9, p_astro={"BNS": 0.98, "BBH": 0.0}),
        notice("S2", mission="LVK", instrument="H1L1", ids=["S260307ab"], tense=Tense.RETRACTION),
        circular(34121, "LIGO/Virgo/KAGRA S260307ab: Retraction of GW compact binary merger candidate"),
        notice("T1", mission="Swift", instrument="BAT", ids=["999999"], tense=Tense.TEST),
        Event(id="heartbeat:1", kind="gcn.heartbeat", source="gcn", received=NOW, tense=Tense.UTILITY),
    ]


def fact(
    number: int, predicate: str, value: Any, *, text: str = "", obj: str | None = "GRB 260307A", **more: Any
) -> Fact:
    """A fact as extraction hands it over; its span is made up and its text says the value."""
    start = more.pop("start", 10)
    said = text or str(value)
    return Fact(
        circular=number,
        predicate=predicate,
        value=value,
        object=obj,
        where="body",
        start=start,
        end=start + max(1, len(said)),
        text=said or "?",
        confidence=more.pop("confidence", 0.9),
        **more,
    )


class Telling:
    """Stands in for extraction: circular number and version → the facts that it states, so that the graph can be
    tested with facts of every sort."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.facts: dict[tuple[int, int], list[Fact]] = {}
        monkeypatch.setattr("kg.consumer.extract", self)

    def __call__(self, circular: Circular, *, also: Sequence[str] = ()) -> list[Fact]:
        name = fact(circular.number, "event_name", circular.subject.split(":")[0], start=0)
        return [name, *self.facts.get((circular.number, circular.version), [])]

    def circular(self, number: int, *facts: Fact, subject: str = "GRB 260307A: report", version: int = 1) -> Event:
        """A circular that states these facts."""
        self.facts[number, version] = list(facts)
        return circular(number, subject, "A. Observer (Example Observatory) reports:\n\nText.", version=version)
