"""Each topic that a subscription may name, by a sentence and by the form: what fits is told to its owner, what does not
is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from rules_samples import NOON, Night, gw

from chat.desk.subscribing import understood
from chat.desk.wording import sentence_of
from kg.objects import identify
from nuncius.core.event import Event, Tense
from nuncius.journal.subscriptions import Subscriptions
from reactors.rulebook import RuleBook
from reactors.runner import Runner
from reactors.subscribed import Subscribed

ANN = "slack:U0ANN"
RULES = """rule: quiet
when: custom.never
do: {post: "x"}
"""
#: At the sample's T0 it is dark over Siding Spring (22:41 there), where this stands high; Paranal has day.
AUSTRAL = {"type": "circle", "ra": 270.0, "dec": -31.0, "radius": 2.0, "containment_probability": 0.9}
WIDE = {"type": "circle", "ra": 197.0, "dec": -23.0, "radius": 20.0, "containment_probability": 0.9}


def event(kind: str, **data: Any) -> Event:
    at = NOON + timedelta(minutes=6)
    t0 = NOON if kind.startswith("gcn.notice") else None
    return Event(id=f"e-{kind}-{len(repr(data))}", kind=kind, source="test", received=at, trigger_time=t0, data=data)


def burst(mission: str, instrument: str, **data: Any) -> Event:
    words = {"mission": mission, "instrument": instrument, "ids": [f"{mission} 1"], **data}
    return event(f"gcn.notice.{mission.lower()}.{instrument.lower()}.pos", **words)


def alert(name: str, **more: Any) -> Event:
    data = {"ids": [f"S17081{len(name)}{name[0]}"], "luminosity_distance": 100.0, **more.pop("data", {})}
    return gw(name, object=None, data=data, **more)


def clash(**earlier: Any) -> Event:
    said = {"value": 0.1, "circular": 1.0, "by": "nobody", **earlier}
    return event("kg.fact.contradiction", predicate="contradiction", name="GRB 170817A", earlier=said)


PAPER = {"subject": "A luminous kilonova after GRB 170817A", "body": "We report."}
#: Sentence, form, what fits, what does not.
TOPICS: list[tuple[str, dict[str, str], Event, Event]] = [
    ("gravitational waves", {"sort": "gw"}, alert("a"), burst("Fermi", "GBM")),
    ("mock alerts of gravitational waves", {"sort": "gw", "reality": "mock"}, alert("a", tense=Tense.TEST), alert("b")),
    ("mock or real GW", {"sort": "gw", "reality": "both"}, alert("a", tense=Tense.INJECTION), burst("Fermi", "GBM")),
    ("gravitational waves", {"sort": "gw"}, alert("b"), alert("a", tense=Tense.TEST)),
    (
        "binary neutron stars",
        {"sort": "bns"},
        alert("a"),
        alert("b", data={"p_astro": {"BNS": 0.1, "BBH": 0.9, "NSBH": 0.0, "Terrestrial": 0.0}}),
    ),
    (
        "GW containing a neutron star above 60 %",
        {"sort": "gw", "ns": "60"},
        alert("a", data={"properties": {"HasNS": 0.7}}),
        alert("b", data={"properties": {"HasNS": 0.5}}),
    ),
    (
        "GW nearer than 150 Mpc",
        {"sort": "gw", "distance": "150"},
        alert("a"),
        alert("b", data={"luminosity_distance": 151.0}),
    ),
    ("GW with area below 100 deg2", {"sort": "gw", "area": "100"}, alert("a"), alert("b", data={"sky": WIDE})),
    (
        "GW visible from siding spring",
        {"sort": "gw", "site": "siding-spring"},
        alert("a", data={"sky": AUSTRAL}),
        alert("b"),
    ),
    (
        "GW visible from my site",
        {"sort": "gw", "site": "my-site"},
        alert("a", data={"sky": AUSTRAL}),
        alert("b"),
    ),
    (
        "GW within 5 deg of 197.4 -23.4",
        {"sort": "gw", "radius": "5", "ra": "197.4", "dec": "-23.4"},
        alert("a", data={"ra": 197.0, "dec": -23.0}),
        alert("b", data={"ra": 10.0, "dec": 10.0, "sky": AUSTRAL}),
    ),
    (
        "GW FAR below 1 per 100 years",
        {"sort": "gw", "far_years": "100"},
        alert("a"),
        alert("b", data={"far": 1e-8}),
    ),
    ("GRBs from Swift", {"sort": "grb", "mission": "Swift"}, burst("Swift", "BAT"), burst("Fermi", "GBM")),
    (
        "GRBs localized within 5 arcmin",
        {"sort": "grb", "error": "5"},
        burst("Swift", "XRT", ra=10.0, dec=10.0, ra_dec_error=0.001),
        burst("Fermi", "GBM", ra=10.0, dec=10.0, ra_dec_error=5.0),
    ),
    ("neutrinos", {"sort": "neutrino"}, burst("IceCube", "gold"), burst("Fermi", "GBM")),
    (
        'papers about "KILONOVA"',
        {"sort": "paper", "words": "kilonova"},
        event("paper.arxiv", **PAPER),
        event("paper.arxiv", subject="A quiet star", body="Nothing."),
    ),
    (
        "papers about GRB 170817A",
        {"sort": "paper", "objects": "GRB 170817A"},
        event("paper.arxiv", **PAPER),
        event("paper.arxiv", subject="Another burst, GRB 990101A"),
    ),
    (
        "anything about GRB 170817A, S990101a",
        {"sort": "any", "objects": "GRB 170817A, S990101a"},
        event("gcn.circular", subject="GRB 170817A: redshift", body="z = 0.1", circular=5),
        event("gcn.circular", subject="GRB 990909A: redshift", body="z = 0.1", circular=6),
    ),
    (
        "redshifts",
        {"sort": "redshift"},
        event("kg.fact.redshift", predicate="redshift", assertion="asserted", value=0.1),
        event("kg.fact.redshift", predicate="redshift", assertion="negated", value=0.1),
    ),
    (
        "contradictions of my circular 34409",
        {"sort": "contradiction", "circular": "34409"},
        clash(circular=34409.0),
        clash(circular=1.0),
    ),
    (
        "contradictions of claims by Kann",
        {"sort": "contradiction", "by": "Kann"},
        clash(by="D. A. Kann (TLS)"),
        clash(by="Somebody Else"),
    ),
]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    made = Night(tmp_path_factory.mktemp("topics"), RULES)
    made.book = RuleBook([made.file], beside=Subscribed(made.journal))
    made.reactor._book = made.book
    made.reactor._identify = identify
    made.runner = Runner(made.journal, made.executor, targets=["slack", "web"], clock=made.clock, owner="test:1")
    known = [alert("known", data={"ids": ["S990101a"]}), burst("Fermi", "GBM", event_name=["GRB 170817A"], ids=["7"])]
    made.hears(*known)
    yield made
    made.close()


def told(night: Night, said: str, sent: Event, number: int) -> list[str]:
    """What a subscriber is told of one event."""
    kept = Subscriptions(night.journal)
    meant = understood(night.journal, ANN, said, site="siding-spring")
    made = kept.draft(ANN, meant.name, meant.sentence, meant.yaml, night.clock.now())
    kept.keep(made, ANN, night.clock.now())
    night.book.refresh()
    fresh = {name: value for name, value in sent.data.items() if name != "ids"}
    # Each try is about an object of its own, so that none is taken for another's revision.
    ids = [f"{one}{number}" for one in sent.data["ids"]] if "ids" in sent.data else []
    words = fresh | ({"ids": ids} if ids else {})
    night.hears(msgspec.structs.replace(sent, id=f"{sent.id}/{number}", data=words))
    night.works()
    kept.end(made, ANN, night.clock.now())
    return [row.report.title for row in night.journal.reports(limit=2000) if row.report.subscription == made]


@pytest.mark.parametrize(("sentence", "form", "fits", "not_"), TOPICS, ids=[topic[0] for topic in TOPICS])
def test_a_topic_tells_what_fits_and_nothing_else(
    night: Night, sentence: str, form: dict[str, str], fits: Event, not_: Event
) -> None:
    place = 10 * TOPICS.index((sentence, form, fits, not_))
    for number, said in enumerate((sentence, sentence_of(form))):
        assert len(told(night, said, fits, place + 2 * number)) == 1, said
        assert told(night, said, not_, place + 2 * number + 1) == [], said
