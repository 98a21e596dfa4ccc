"""A month of releases through the real journal, with an outage, troubles, deaths and a clock that jumps: what the
services have published stands in the journal, nothing is missed and nothing doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from release_services import Services, playing

from listeners import formats
from listeners.polling.contract import Source
from listeners.polling.poller import duties
from listeners.polling.web import Web
from listeners.releases.settings import BucketSettings, FolderSettings, QuerySettings, ReleasesSettings
from listeners.releases.sources import sources
from nuncius.core.event import Event
from nuncius.journal import Journal
from nuncius.recurring import Recurring

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(hours=6)
STEPS_A_DAY = 4
TROUBLES = ["500", "429", "drop", "cut", "half", "html", "secondary", "404", "empty list"]


@pytest.fixture
def services() -> Iterator[Services]:
    with playing() as found:
        yield found


class Killed(BaseException):
    """The process is gone, in the middle of a page."""


class JumpingClock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.moment = BEGIN

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class World:
    """What is published, step by step; remembers what must be told."""

    def __init__(self, services: Services, dice: random.Random) -> None:
        self.services, self.dice = services, dice
        self.expected: set[str] = set()
        self.rows: set[str] = set()
        self.files: set[str] = set()
        self.count = 0
        old = BEGIN - timedelta(days=500)
        for number in range(5):
            services.release("a/tool", f"v0.{number}", old + timedelta(days=number))
            services.upload("tool", f"0.{number}", old + timedelta(days=number))
            services.record("42", f"0.{number}", old + timedelta(days=number))
            services.rows.append([f"OLD{number}", 1.0, "Crab"])
            services.files[f"old{number}.fits"] = (number, "2020-01-01 10:00")
            services.objects[f"old{number}.fits"] = (number, f"e{number}")

    def step(self) -> None:
        """Some hours in which this and that comes out, by the services' own clocks."""
        now = BEGIN + self.count * STEP
        s, dice = self.services, self.dice
        self.count += 1
        number = self.count
        if dice.random() < 0.35:
            s.release("a/tool", f"v1.{number}", now)
            self.expected.add(f"github:a/tool@v1.{number}")
        if dice.random() < 0.1:
            edited = dice.choice(s.releases["a/tool"])
            edited["download_count"] = number
        if dice.random() < 0.35:
            s.upload("tool", f"1.{number}", now)
            self.expected.add(f"pypi:tool==1.{number}")
        if dice.random() < 0.35:
            self.expected.add(f"zenodo:{s.record(dice.choice(['42', '43']), f'1.{number}', now)}")
        if dice.random() < 0.35:
            s.rows.append([f"OBS{number}", 2.0, "Vela"])
            self.rows.add(f"OBS{number}")
            dice.shuffle(s.rows)
        if dice.random() < 0.35:
            s.files[f"new{number}.fits"] = (number, "2026-11-01 10:00")
            s.objects[f"new{number}.fits"] = (number, f"e{number}")
            self.files.add(f"new{number}.fits")


def watched(services: Services) -> list[Source]:
    every_s = STEP.total_seconds() / 2
    return sources(
        ReleasesSettings(
            test_cases=False,
            packages=("tool",),
            github=("a/tool",),
            zenodo=("42",),
            zenodo_communities=("gamma",),
            queries=(
                QuerySettings(
                    name="log", url=f"{services.address}/tap", adql="SELECT *", key=("obs_id",), every_s=every_s
                ),
            ),
            folders=(FolderSettings(name="files", url=f"{services.address}/files/", every_s=every_s),),
            buckets=(BucketSettings(name="objects", url=f"{services.address}/bucket", every_s=every_s),),
            github_url=f"{services.address}/gh",
            index_url=f"{services.address}/simple/",
            zenodo_url=f"{services.address}/zen",
            packages_every_s=every_s,
            github_every_s=every_s,
            zenodo_every_s=every_s,
        )
    )


def events_of(journal: Journal) -> list[Event]:
    return [stored.event for stored in journal.read(after=0, limit=10_000)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_over_a_month_with_an_outage_nothing_is_missed_and_nothing_doubled(
    services: Services, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    services.per_page = 5
    world, clock, deaths = World(services, dice), JumpingClock(), 0
    found = watched(services)

    def mortal(message: formats.Message) -> list[Event]:
        if dice.random() < 0.05:
            raise Killed
        return formats.parse(message)

    with Journal.open(f"sqlite:///{tmp_path / 'journal.db'}", synchronous="normal") as journal:
        process = 0

        def live(steps: int) -> None:
            nonlocal process, deaths
            web = Web(clock=clock, wait=lambda s: None, monotonic=lambda: clock.moment.timestamp(), timeout_s=20.0)
            process += 1
            recurring = Recurring(
                journal, duties(found, web, clock, parse=mortal), clock=clock, owner=f"process {process}"
            )
            try:
                for _ in range(steps):
                    clock.moment += STEP
                    world.step()
                    for duty in recurring.duties:
                        if dice.random() < 0.15:
                            services.trouble.append(dice.choice(TROUBLES))
                        recurring.look(duty)
                    services.trouble.clear()
            except Killed:
                deaths += 1
            web.close()

        def until(day: float) -> None:
            while world.count < day * STEPS_A_DAY:
                live(6)

        until(8)
        services.down = True
        until(13)  # five days in which nobody answers, and much is published
        services.down = False
        until(20)
        clock.moment += timedelta(days=3)  # the clock jumps ahead, and back
        until(22)
        clock.moment -= timedelta(days=3)
        until(30)
        dice.random = lambda: 1.0  # type: ignore[method-assign]  # from now on all is well, and nothing new comes
        live(12)
        told = events_of(journal)
        turns = {turn.name: turn for turn in _turns(journal)}

    assert deaths > 3
    assert {turn.error for turn in turns.values()} == {""}
    said = Counter(event.id for event in told)
    assert max(said.values()) == 1
    releases = {event.id for event in told if event.source in ("github", "pypi", "zenodo")}
    assert releases == world.expected
    assert len(world.expected) > 60
    rows = Counter(
        msgspec.json.decode(row)[0]
        for event in told
        if event.source == "tap:log"
        for row in event.data["parameters"]["came"]
    )
    assert rows == Counter(world.rows)
    for source in ("folder:files", "s3:objects"):
        files = Counter(file["name"] for event in told if event.source == source for file in event.data["files"])
        assert files == Counter(world.files), source
    assert not [event.id for event in told if event.kind == "feed.gap"]


def _turns(journal: Journal) -> list[object]:
    from nuncius.journal import Turns

    return list(Turns(journal, "reader").all())


CHILD = """
import os, signal, sys
from datetime import UTC, datetime
from listeners.polling.poller import duties
from listeners.polling.web import Web
from listeners.releases.pypi import PypiSource
from nuncius.core.clock import SystemClock
from nuncius.journal import Journal
from nuncius.recurring import Recurring

url, address, last = sys.argv[1:]

def told(brought):
    if brought.pages == int(last):
        os.kill(os.getpid(), signal.SIGKILL)

clock = SystemClock()
source = PypiSource(package="tool", every_s=60.0, address=address)
with Journal.open(url) as journal:
    recurring = Recurring(journal, duties([source], Web(), clock, told=told), clock=clock, owner="child")
    recurring.attempt(recurring.duties[0], waits=False)
"""


def test_a_process_that_is_killed_between_two_pages_misses_and_doubles_nothing(
    services: Services, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    services.upload("tool", "0.1", BEGIN - timedelta(days=900))

    def poll(pages: int) -> int:
        command = [sys.executable, "-c", CHILD, url, f"{services.address}/simple/", str(pages)]
        return subprocess.run(command, timeout=120, check=False).returncode

    assert poll(99) == 0  # takes stock
    for number in range(130):
        services.upload("tool", f"1.{number}", BEGIN + timedelta(seconds=number))
    assert poll(1) == -signal.SIGKILL
    with Journal.open(url) as journal:
        assert len(events_of(journal)) == 50
    assert poll(1) == -signal.SIGKILL
    assert poll(99) == 0
    with Journal.open(url) as journal:
        assert [event.id for event in events_of(journal)] == [f"pypi:tool==1.{number}" for number in range(130)]
