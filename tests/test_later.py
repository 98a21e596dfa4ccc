"""What is told later in one message: in a person's quiet hours, and where a place has had enough this hour."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chat_samples import OBJECT, T0, courier, drain, know, notice, open_journal, report
from local_mail import LocalMail

from chat.courier import Courier, CourierSettings
from chat.mail import EmailTarget
from chat.mail_settings import EmailSettings
from chat.people import People, Person, Quiet
from nuncius.core.clock import VirtualClock
from nuncius.core.event import Tense
from nuncius.core.report import ReportState, Severity
from nuncius.journal import Journal
from nuncius.journal.database import Database

ANN, LIST = "ann@example.org", "alerts@example.org"
NIGHT = Quiet(from_="22:00", to="07:00", zone="Europe/Zurich")
PEOPLE = People({"ann": Person(email=ANN, quiet=NIGHT), "bo": Person(email="bo@example.org")})
#: Quiet for ann (UTC+2 in summer), and the moment at which it ends.
MIDNIGHT = datetime(2017, 8, 18, 0, 0, tzinfo=UTC)
MORNING = datetime(2017, 8, 18, 5, 0, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "grb170817a")
        yield opened


@pytest.fixture
def mail() -> Iterator[LocalMail]:
    with LocalMail() as server:
        yield server


def target(server: LocalMail, clock: Any, **changes: Any) -> EmailTarget:
    fields = {"host": "127.0.0.1", "port": server.port, "security": "none", "from_": "nuncius@example.org"}
    fields |= {"to": [LIST], "pace_s": 0.0, "timeout_s": 5}
    return EmailTarget(EmailSettings(**{**fields, **changes}), PEOPLE, clock, page_url="https://n.example.org")


def carrier(journal: Journal, server: LocalMail, clock: Any, **changes: Any) -> Courier:
    """A courier as after a restart."""
    settings = CourierSettings(lease_s=60.0, page_url="https://n.example.org")
    return Courier(journal, target(server, clock, **changes), clock, "c", settings=settings, people=PEOPLE)


def says(journal: Journal, clock: Any, *reports: Any) -> None:
    journal.enqueue([("email", item) for item in reports], now=clock.now())


def carries(journal: Journal, server: LocalMail, clock: Any, **changes: Any) -> None:
    while carrier(journal, server, clock, **changes).step():
        pass


def mine(key: str = "k1", **changes: Any) -> Any:
    return report(key, **{"to": "person:ann", **changes})


def body(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def test_in_quiet_hours_only_a_page_gets_through_and_the_rest_comes_together_in_the_morning(
    journal: Journal, mail: LocalMail
) -> None:
    clock = VirtualClock(MIDNIGHT)
    says(journal, clock, mine(), mine("k2", slot="b", title="Wake up", severity=Severity.PAGE), mine("k3", slot="c"))
    says(journal, clock, report("k4", slot="d", to="person:bo"))
    carries(journal, mail, clock)
    assert [str(m["X-Nuncius-Severity"]) for m in mail.boxes[ANN]] == ["page"]
    assert len(mail.boxes["bo@example.org"]) == 1, "others sleep at other times"
    clock.advance_to(MORNING - timedelta(seconds=1))
    carries(journal, mail, clock)
    assert len(mail.boxes[ANN]) == 1
    clock.advance_to(MORNING)
    carries(journal, mail, clock)
    together = mail.boxes[ANN][1]
    assert "In your quiet hours: 2 reports" in str(together["Subject"])
    assert body(together).count("Localization of G298048") == 2
    assert "https://n.example.org/thread/G298048" in body(together)
    assert "Wake up" not in body(together)
    says(journal, clock, mine("k5", slot="e", title="By day"))
    carries(journal, mail, clock)
    assert "By day" in body(mail.boxes[ANN][2])
    assert {row.state for row in journal.reports()} == {"delivered"}


def test_what_is_told_together_is_the_last_word_and_says_what_was_retracted(journal: Journal, mail: LocalMail) -> None:
    clock = VirtualClock(MIDNIGHT)
    says(
        journal, clock, mine(title="First"), mine("k2", title="Second", revision=2), mine("k3", slot="b", title="Other")
    )
    carries(journal, mail, clock)
    says(journal, clock, mine("k4", slot="b", title="Other", state=ReportState.RETRACTED, revision=2))
    carries(journal, mail, clock)
    clock.advance_to(MORNING)
    carries(journal, mail, clock)
    ((only),) = mail.boxes[ANN]
    assert "First" not in body(only)
    assert "Second" in body(only)
    assert "RETRACTED Other" in body(only)


def test_what_became_a_page_is_not_told_again_in_the_morning(journal: Journal, mail: LocalMail) -> None:
    clock = VirtualClock(MIDNIGHT)
    says(journal, clock, mine(), mine("k2", severity=Severity.PAGE, revision=2))
    carries(journal, mail, clock)
    clock.advance_to(MORNING)
    carries(journal, mail, clock)
    assert len(mail.boxes[ANN]) == 1
    assert (journal.reports()[-1].reference or {})["skipped"] == "nothing was left to tell"


def test_nobody_is_woken_by_a_mock_page(journal: Journal, mail: LocalMail) -> None:
    know(journal, notice("mock", tense=Tense.TEST), "urn:mock")
    clock = VirtualClock(MIDNIGHT)
    says(journal, clock, mine(thread="urn:mock", event_id="mock", severity=Severity.PAGE))
    carries(journal, mail, clock)
    assert mail.mails == []


def test_a_server_that_is_down_in_the_morning_loses_nothing(journal: Journal, tmp_path: Path) -> None:
    clock = VirtualClock(MIDNIGHT)
    with LocalMail() as first:
        says(journal, clock, mine())
        carries(journal, first, clock)
        port = first.port
    clock.advance_to(MORNING)
    with pytest.raises(ConnectionRefusedError):
        _knock(port)
    carrier(journal, first, clock).step()
    clock.advance_to(MORNING + timedelta(hours=1))
    with LocalMail(port=port) as second:
        carries(journal, second, clock)
        assert len(second.boxes[ANN]) == 1


def _knock(port: int) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", port), timeout=1):
        pass


class Killed(BaseException):
    """As SIGKILL would: nothing after it runs."""


def test_killed_at_any_commit_nothing_is_lost_and_nothing_told_twice(
    tmp_path: Path, mail: LocalMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that matters is rows: a courier that dies before or after any transaction is followed by another."""
    write, calls, die = Database.write, [0], [0, False]

    def counted(self: Database, work: Any) -> Any:
        calls[0] += 1
        if calls[0] != die[0]:
            return write(self, work)
        if die[1]:
            write(self, work)
        raise Killed

    def night(folder: Path, point: int, *, after: bool) -> bool:
        shutil.copytree(tmp_path / "evening", folder)
        mail.mails.clear()
        killed = False
        with open_journal(folder) as journal:
            clock = VirtualClock(MIDNIGHT)
            calls[0], die[:] = 0, [point, after]
            for moment in (MIDNIGHT, MORNING):
                clock.advance_to(moment)
                for _ in range(2):
                    try:
                        carries(journal, mail, clock)
                    except Killed:
                        killed = True
                        die[0] = 0
                        clock.sleep(61.0)  # its lease runs out
            assert {row.state for row in journal.reports()} == {"delivered"}
        titles = sorted(str(m["Subject"]) + body(m).count("Localization of") * "·" for m in mail.boxes[ANN])
        assert len(titles) == 2, (point, after, titles)
        assert titles[1].endswith("2 reports··"), (point, after, titles)
        return killed

    (tmp_path / "evening").mkdir()
    with open_journal(tmp_path / "evening") as journal:
        know(journal, notice(), OBJECT, "grb170817a")
        page = mine("k2", slot="b", title="Wake", severity=Severity.PAGE)
        says(journal, VirtualClock(MIDNIGHT), mine(), page, mine("k3", slot="c"))
    monkeypatch.setattr(Database, "write", counted)
    assert not night(tmp_path / "quiet", 0, after=False)
    total = calls[0]
    assert total >= 10
    for point in range(1, total + 1):  # after one transaction is before the next, but for what is said between them
        assert night(tmp_path / f"{point}", point, after=point % 2 == 1)


def test_a_busy_hour_is_told_in_one_mail_at_its_end(journal: Journal, mail: LocalMail) -> None:
    clock = VirtualClock(T0)
    for number in range(5):
        know(journal, notice(f"e{number}", event_name=[f"GRB {number}"]), f"{OBJECT}-{number}")
    busy = [report(f"k{n}", thread=f"{OBJECT}-{n}", event_id=f"e{n}", title=f"Burst {n}", slot="s") for n in range(5)]
    says(journal, clock, *busy)
    says(journal, clock, report("page", thread=f"{OBJECT}-4", event_id="e4", severity=Severity.PAGE, title="Page"))
    carries(journal, mail, clock, most_an_hour=2)
    assert [m["Subject"] for m in mail.boxes[LIST]].count("Busy") == 0
    assert len(mail.boxes[LIST]) == 3, "two threads, and the page"
    clock.advance_to(T0.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    carries(journal, mail, clock, most_an_hour=2)
    together = mail.boxes[LIST][3]
    assert "Busy hour: 3 reports in one message" in str(together["Subject"])
    assert all(f"Burst {n}" in body(together) for n in (2, 3, 4))
    drain(courier(journal, target(mail, clock), clock), clock)
    assert len(mail.boxes[LIST]) == 4
