"""The page *Now*, its stream of news, the regions of the sky map and the plots of histories, by the real server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_samples import OBJECT, T0, know, notice, open_journal, report
from console_site import Site, running
from sqlalchemy import insert

from console.histories import Point, panel
from console.live import Live
from console.skyregions import borders_of, simplified
from kg.store import GraphStore
from nuncius.core.event import Event
from nuncius.core.skymap import ProbabilityMap
from nuncius.journal import Journal, NewReaction
from nuncius.journal import tables as t
from nuncius.journal.checks import CheckRun, CheckState, Looks
from nuncius.journal.records import Decided, FeedSeen, Offset

CIRCLE = {"type": "circle", "ra": 176.8, "dec": -39.8, "radius": 11.6, "containment_probability": 0.68}
OTHER = {"type": "circle", "ra": 180.0, "dec": -38.0, "radius": 5.0, "containment_probability": 0.9}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice("gbm-1", sky=CIRCLE), OBJECT, "GRB 170817A")
        know(opened, notice("lvk-1", mission="Swift", instrument="BAT", sky=OTHER), OBJECT)
        opened.enqueue([("web", report())], now=T0)
        yield opened


@pytest.fixture
def site(journal: Journal) -> Iterator[Site]:
    graph = GraphStore.in_memory()
    with running(journal, graph=graph) as served:
        yield served


def page(site: Site, path: str = "/") -> str:
    answer = site.get(path)
    assert answer.status == 200, answer.body
    return answer.body.decode()


def look(journal: Journal, check: str, ok: bool, at: int, value: float) -> None:
    """A look at a check, `at` minutes after T0."""
    moment, state = T0 + timedelta(minutes=at), "well" if ok else "failing"
    stands = CheckState(
        check=check, platform="nuncius", state=state, since=moment, looked=moment, ok=ok, reason="because",
        mend="mend it", severity="warning", proves=[], standing={}, changes=0, incident=0,
    )  # fmt: skip
    run = CheckRun(check=check, at=moment, ok=ok, state=state, reason="because", took_s=0.1, values={"delay_s": value})
    Looks(journal).keep(check, lambda _: (stands, run, []), now=moment)


def test_what_is_wrong_stands_first_and_a_quiet_night_says_so(journal: Journal, site: Site) -> None:
    look(journal, "disk", True, 1, 1.0)
    assert "Nothing is wrong" in page(site)
    journal.feed_seen([FeedSeen(feed="gcn.circulars", at=T0)])
    journal.set_feed_state("gcn.circulars", "silent", since=T0, detail="nothing for 3 h")
    look(journal, "disk", False, 2, 2.0)
    told = page(site)
    assert told.index("silent: nothing for 3 h") < told.index("disk is failing") < told.index("G298048")


def test_messages_that_a_broker_still_holds_are_told_per_feed(journal: Journal, site: Site) -> None:
    journal.feed_seen([FeedSeen(feed="igwn.gwalert", at=T0)])
    place = Offset(group="g", topic="igwn.gwalert", partition=0, next_offset=5, high=12, updated=T0)
    journal.append([], offsets=[place])
    row = page(site).split("igwn.gwalert</th>")[1].split("</tr>")[0]
    assert '<td class="number">7</td>' in row


def test_what_runs_is_shown_with_how_far_it_is_but_not_peoples_own(journal: Journal, site: Site) -> None:
    for rule in ("joint", "subscription-7"):
        wanted = NewReaction(
            slot=rule, key=rule, rule=rule, rule_hash="h", object=OBJECT, actions=[{"analyse": f"of-{rule}"}]
        )
        journal.decide("reactors", journal.last_seq(), [Decided(seq=journal.last_seq(), reactions=[wanted])])
        know(journal, notice(f"later-{rule}"))
    for step in journal.lease_steps("me", now=T0 + timedelta(days=9000), lease_s=60.0):
        journal.renew(
            step.id, "me", T0 + timedelta(days=9000), 60.0, progress={"fraction": 0.4, "words": "reading the map"}
        )
    told = page(site)
    assert "of-joint" in told
    assert "reading the map" in told
    assert 'value="0.400"' in told
    assert "of-subscription-7" not in told


def test_a_stream_tells_of_news_within_two_seconds(journal: Journal, site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.request("GET", "/live")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    first = [answer.readline() for _ in range(5)]
    journal.append([Event(id="news", kind="gcn.heartbeat", source="test", received=T0)])
    later = [answer.readline() for _ in range(2)]
    assert first[2] == later[0] == b"event: version\n"
    assert first[3] != later[1]
    connection.close()


def test_no_more_may_listen_than_the_server_can_carry() -> None:
    live = Live(lambda: "1", streams=2)
    assert not live.full
    live.listening = 2
    assert live.full


def test_regions_of_all_instruments_and_the_joint_one_come_as_lines(site: Site) -> None:
    sky = json.loads(page(site, "/api/v1/regions?object=GRB+170817A"))
    names = [region["name"] for region in sky["regions"]]
    assert names == ["All together", "Fermi GBM", "Swift BAT"]
    joint, _, swift = sky["regions"]
    assert joint["joint"]
    assert abs(joint["dec"] + 38.2) < 1.0
    ninety = swift["contours"][-1]
    assert ninety["level"] == 0.9
    assert abs(ninety["area_deg2"] - np.pi * 25.0) < 0.5
    assert abs(max(ninety["lines"][0][1::2]) + 33.0) < 0.01, "5 degrees north of its centre"


def test_the_border_of_a_map_across_a_pole_is_one_line_around_it() -> None:
    order = 6
    ipix = np.arange(12 * 4**order)
    flat = ProbabilityMap(4 * 4**order + ipix, np.full(ipix.size, 1.0 / (4 * np.pi)))
    near = np.exp(-((90.0 - flat.centres[1]) ** 2) / (2 * 4.0**2))
    sky = ProbabilityMap(flat.uniq, near / np.sum(near * flat.cell_area))
    fifty, ninety = borders_of(sky)
    assert len(fifty) == len(ninety) == 1
    # A two-dimensional Gaussian holds 90 % within 2.146 sigma; cells are about a degree wide.
    assert np.allclose(90.0 - np.array(ninety[0][1::2]), 2.146 * 4.0, atol=1.0)
    assert np.ptp(ninety[0][::2]) > 300.0


def test_points_that_lie_on_a_line_are_left_out_and_corners_stay() -> None:
    line = [(float(x), 0.001 * (x % 2)) for x in range(50)] + [(49.0, float(y)) for y in range(1, 20)]
    kept = simplified(np.array(line), 0.01).tolist()
    assert [kept[0], kept[-1]] == [[0.0, 0.0], [49.0, 19.0]]
    assert len(kept) == 3
    assert abs(kept[1][0] - 49.0) < 1.01


def test_a_history_marks_versions_and_what_is_out_of_tolerance() -> None:
    points = [
        Point(at=T0 + timedelta(days=day), value=float(day), label=f"scipy 1.{day // 2}", bad=day > 3)
        for day in range(5)
    ]
    made = panel("slope", "mag", points, band=(0.0, 3.0), reference=1.5)
    assert [mark.says for mark in made.marks] == ["scipy 1.0", "scipy 1.1", "scipy 1.2"]
    assert [dot.bad for dot in made.dots] == [False, False, False, False, True]
    assert made.band is not None
    top, height = made.band
    assert [top <= dot.y <= top + height for dot in made.dots] == [True, True, True, True, False]
    assert "1 not as it should be" in made.words


def test_a_check_has_its_measures_over_time_with_what_is_usual(journal: Journal, site: Site) -> None:
    for minute in range(30):
        look(journal, "disk", minute != 29, minute, 900.0 if minute == 29 else 10.0 + minute % 3)
    told = page(site, "/checks/disk")
    figure = told.split("delay_s</figcaption>")[1].split("</figure>")[0]
    assert figure.count("<circle") == 30
    assert figure.count('<g class="bad">') == 1
    assert "tolerated 10 to 12" in figure


def test_a_regression_case_has_its_quantities_over_versions(journal: Journal, site: Site) -> None:
    rows: list[dict[str, Any]] = []
    for number, (version, value) in enumerate((("1.10", 5.0), ("1.11", 5.001), ("1.12", 7.0))):
        row = {
            "case": "made-up-case", "case_hash": "h", "package": "scipy", "version": version, "environment": "e",
            "seed": 1, "state": "ran", "values": {"slope": {"value": value, "unit": "mag", "error": 0.1}},
            "error": "", "cause": "", "verdict": "changed" if value > 6 else "equal",
            "seconds": 1.0, "at": T0 + timedelta(days=number),
        }  # fmt: skip
        rows.append(row)
    journal.transact(lambda c: c.execute(insert(t.test_results), rows))
    assert page(site, "/regressions").index("made-up-case") < page(site, "/regressions").index("earth-rotation")
    told = page(site, "/regressions/made-up-case")
    assert told.count("<circle") == 3
    assert told.count('<g class="bad">') == 1
    assert all(version in told for version in ("1.10", "1.11", "1.12"))
    assert site.get("/regressions/none-such").status == 404
