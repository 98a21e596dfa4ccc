"""A localization's figure shows what other instruments saw at the same moment, and nothing that was not really seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from nuncius.core.event import Event, Tense, iso
from nuncius.journal import Journal
from reactors.beside import regions_beside

T0 = datetime(2017, 8, 17, 12, 41, 4, 430000, tzinfo=UTC)
CIRCLE = {"type": "circle", "ra": 176.8, "dec": -39.8, "radius": 11.6, "containment_probability": 0.68}


def seen(name: str, instrument: str, *, after_s: float = 2.0, tense: Tense = Tense.INITIAL, **data: Any) -> Event:
    moment = T0 + timedelta(seconds=after_s)
    content = {"mission": "Fermi", "instrument": instrument, "sky": CIRCLE, **data}
    return Event(
        id=name, kind="gcn.notice.fermi", source="test", received=moment, trigger_time=moment, tense=tense, data=content
    )


def own() -> dict[str, Any]:
    return {"mission": "LVK", "instrument": "H1L1V1", "messenger": "GW", "trigger_time": iso(T0), "sky": CIRCLE}


def test_the_latest_region_of_each_other_instrument_is_shown(journal: Journal) -> None:
    better = {**CIRCLE, "radius": 5.0}
    journal.append([seen("a", "GBM"), seen("b", "LAT"), seen("c", "GBM", tense=Tense.UPDATE, sky=better)])
    assert regions_beside(journal, own()) == [
        {"name": "Fermi LAT", "sky": CIRCLE},
        {"name": "Fermi GBM", "sky": better},
    ]


def test_mocks_retractions_other_moments_own_and_unusable_regions_are_left_out(journal: Journal) -> None:
    journal.append(
        [
            seen("mock", "GBM", tense=Tense.TEST),
            seen("retracted", "GBM", tense=Tense.RETRACTION),
            seen("late", "GBM", after_s=61),
            seen("own", "H1", mission="LVK", messenger="GW"),
            seen("url", "GBM", sky={"type": "map", "url": "https://example.org/map.fits"}),
            seen("wide", "GBM", sky={**CIRCLE, "radius": 60.0}),
            seen("broken", "GBM", sky={"type": "circle"}),
            seen("none", "GBM", sky=None),
        ]
    )
    assert regions_beside(journal, own()) == []


def test_an_event_without_a_trigger_time_has_nothing_beside_it(journal: Journal) -> None:
    journal.append([seen("a", "GBM")])
    assert regions_beside(journal, {"mission": "LVK"}) == []
