"""A fortnight of papers and telegrams, played by a local server with an outage in the middle: nothing is missed,
nothing is doubled, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from papers_server import Fault, PaperServer, document

from listeners.papers import _arxiv_api
from listeners.papers.sources import sources
from listeners.polling.poller import duties
from listeners.polling.web import Web
from nuncius.journal import Journal, Turns
from nuncius.recurring import Recurring

START = datetime(2025, 11, 10, 12, tzinfo=UTC)  # a Monday
DAYS = 14
OUTAGE = (START + timedelta(days=4), START + timedelta(days=8, hours=7))
#: Our own clock is wrong for a while, behind and ahead; the servers' are right.
WRONG = [
    (START + timedelta(days=9), START + timedelta(days=10), timedelta(days=-30)),
    (START + timedelta(days=11), START + timedelta(days=11, hours=9), timedelta(days=300)),
]
#: What happens to one request in twelve.
TROUBLE = [
    ("refuse", (503, {"Retry-After": "600"})),
    ("refuse", (429, {"Retry-After": "1200"})),
    ("refuse", 500),
    ("cut", None),
    ("half", None),
    ("drop", None),
    ("say", b"<html><body><h1>Maintenance</h1></body></html>"),
]


class Hands:
    """A clock that is set by hand."""

    moment = START

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def publish(server: PaperServer, chance: random.Random) -> None:
    """A month of papers up to the end, some revised (twice within the outage too), some held for weeks, and others."""
    stamps = [START - timedelta(days=25) + timedelta(minutes=chance.randrange(40 * 1440)) for _ in range(700)]
    for number, submitted in enumerate(sorted(stamps)):
        held = timedelta(days=chance.uniform(3, 24)) if chance.random() < 0.06 else None
        paper = server.paper(f"2511.{number:05d}", submitted, held=held)
        later = paper.announced
        for version in range(2, 4):
            if chance.random() < 0.25:
                later += timedelta(hours=chance.uniform(2, 70))
                later = server.paper(paper.stem, later, version=version).announced
            else:
                break
    server.telegrams = [(17000 + n, START + timedelta(hours=7 * n - 100)) for n in range(65)]
    for number in range(300):
        entered = START + timedelta(hours=1.5 * number - 120)
        server.documents.append(document(number, entered, entered + timedelta(days=chance.uniform(0, 5))))


def test_over_a_fortnight_with_an_outage_nothing_is_missed_and_nothing_doubled(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_arxiv_api, "SLICE", 100)
    chance = random.Random(20251110)
    with PaperServer(moment=START) as server:
        publish(server, chance)
        clock = Hands()
        chosen = sources(server.settings(ads_query="burst", every_s=14400.0, atel_every_s=14400.0))
        seconds = [0.0]  # the web's own clock follows ours
        web = Web(clock=clock, wait=lambda s: None, monotonic=lambda: seconds[0])
        recurring = Recurring(journal, duties(chosen, web, clock), clock=clock, owner="one")
        moment = START
        while moment < START + timedelta(days=DAYS):
            server.moment = moment
            clock.moment = moment + sum((by for a, b, by in WRONG if a <= moment < b), timedelta())
            seconds[0] = (moment - START).total_seconds()
            if not OUTAGE[0] <= moment < OUTAGE[1]:
                if chance.random() < 0.4 and moment < START + timedelta(days=DAYS - 1):
                    where = chance.choice(["/api", "/atom", "/v1", "/atel"])
                    server.faults.append(Fault(where, *chance.choice(TROUBLE)))
                for duty in recurring.duties:
                    recurring.look(duty)
            moment += timedelta(hours=2)

        last = server.moment
        turns = {turn.name: turn for turn in Turns(journal, "nobody").all()}
        told = {stored.event.id: stored.event for stored in journal.read(0, limit=10_000)}
        assert len(told) == sum(journal.count().values())  # no id twice
        assert {name: turn.error for name, turn in turns.items()} == {"arxiv": "", "ads": "", "atel": ""}

        ended = last - timedelta(hours=6)  # the last question may lie so far back
        expected = {p.id for p in server.papers if START < p.announced <= ended}
        expected |= {f"atel:{n}" for n, posted in server.telegrams if START < posted <= ended}
        expected |= {f"bibcode:{d['bibcode']}" for d in server.documents if START < d["shown"] <= ended}
        assert sorted(expected - told.keys()) == []
        everything = {p.id for p in server.papers} | {f"atel:{n}" for n, _ in server.telegrams}
        everything |= {f"bibcode:{d['bibcode']}" for d in server.documents}
        assert told.keys() <= everything
        assert journal.rejects() == []
        # The outage was long enough to matter: it swallowed whole announcements, revisions and telegrams.
        lost = {p.id for p in server.papers if OUTAGE[0] < p.announced < OUTAGE[1] - timedelta(days=1)}
        assert len(lost) > 50
        assert sum(OUTAGE[0] < posted < OUTAGE[1] for _, posted in server.telegrams) > server.holds
        gaps = [stored.event for stored in journal.read(0, limit=10_000, kinds=["feed.gap"])]
        assert gaps == []
        # And polite: the announcements and the feed are sent anew only when they have changed.
        assert server.count("/api/query") < 1500
