"""Mail as people get it: threads that hold, amendments, retractions, and a server that misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import write_mail_thread
from chat_samples import OBJECT, T0, courier, drain, know, notice, open_journal, picture, report, table
from local_mail import PASSWORD, USER, LocalMail

from chat import unsubscribing
from chat.mail import EmailTarget
from chat.mail_settings import EmailSettings
from chat.people import People, Person
from nuncius.core.clock import SystemClock, VirtualClock
from nuncius.core.errors import ConfigurationError
from nuncius.core.event import Tense
from nuncius.core.report import Attachment, ReportState, Severity
from nuncius.journal import Journal

LIST, ANN = "alerts@example.org", "ann@example.org"
PEOPLE = People({"ann": Person(email=ANN), "bo": Person(slack="U01")})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "grb170817a")
        yield opened


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(T0)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[LocalMail]:
    with LocalMail(tmp_path) as server:
        yield server


def target(server: LocalMail, clock: Any, **changes: Any) -> EmailTarget:
    fields = {"host": "127.0.0.1", "port": server.port, "security": server.security, "from_": "nuncius@example.org"}
    fields |= {"to": [LIST], "pace_s": 0.0, "timeout_s": 5}
    return EmailTarget(EmailSettings(**{**fields, **changes}), PEOPLE, clock)


def deliver(journal: Journal, place: EmailTarget, clock: VirtualClock, *reports: Any) -> None:
    journal.enqueue([("email", item) for item in reports], now=clock.now())
    drain(courier(journal, place, clock), clock)


def states(journal: Journal) -> dict[str, str]:
    return {row.report.key: row.state for row in journal.reports()}


def body(mail: Any, sort: str = "plain") -> str:
    return str(mail.get_body((sort,)).get_content())


def test_a_thread_of_three_revisions_and_a_retraction_reads_as_one_thread(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    place = target(mail, clock)
    first = report(tables=[table()], pictures=[picture(journal)])
    deliver(journal, place, clock, first)
    deliver(journal, place, clock, report("k2", text="**90 % area** 28 deg²", revision=2, tables=[table(28.0)]))
    deliver(journal, place, clock, report("k3", text="**90 % area** 16 deg²", revision=3, tables=[table(16.0)]))
    deliver(journal, place, clock, report("k4", text="**90 % area** 16 deg²", revision=4, state=ReportState.RETRACTED))
    mails = mail.boxes[LIST]
    subjects = [str(m["Subject"]) for m in mails]
    assert subjects[1] == subjects[2] == subjects[0]
    assert subjects[3] == f"[RETRACTED] {subjects[0]}"
    assert "gamma-ray burst" in subjects[0]
    names = [m["Message-ID"] for m in mails]
    root = mails[0]["In-Reply-To"]
    assert len({*names, root}) == 5
    assert [m["In-Reply-To"] for m in mails] == [root, *names[:3]]
    assert str(mails[3]["References"]).split() == [root, *names[:3]]
    assert [body(m).splitlines()[0].split(" · ")[0] for m in mails] == [
        *["CURRENT"] * 3,
        "RETRACTED, do not act on this",
    ]
    assert "What changed" not in body(mails[0])
    assert "90 % area 190 deg² → 90 % area 28 deg²" in body(mails[1])
    assert "90 %, area [deg²]: 28 → 16" in body(mails[2])
    assert "2017-08-17 12:41:04 UTC" in body(mails[0])
    assert "11.6°" in body(mails[0])


def test_the_thread_is_the_same_after_a_restart_and_for_whoever_comes_later(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    deliver(journal, target(mail, clock), clock, report())
    know(journal, notice("gbm-2", minutes=5, event_name=["GRB 170817A", "GW170817"]))
    deliver(journal, target(mail, clock, to=[LIST, "new@example.org"]), clock, report("k2", slot="other", title="More"))
    (first, second), (late,) = mail.boxes[LIST], mail.boxes["new@example.org"]
    assert second["In-Reply-To"] == first["In-Reply-To"] == late["References"]
    assert second["Subject"] == first["Subject"]
    assert "GW170817" in body(second).split("What is known now:")[1]  # the state is of now, the subject of then
    assert "GW170817" not in body(first)


def test_a_mail_has_plain_text_html_the_figure_inside_and_a_part_for_machines(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    data = Attachment(name="result.json", sha256=journal.put_blob(b'{"area": 190}'))
    said = report(tables=[table()], pictures=[picture(journal)], attachments=[data], caveats=["one detector only"])
    deliver(journal, target(mail, clock), clock, said)
    (got,) = mail.boxes[LIST]
    html = body(got, "html")
    (figure,) = [part for part in got.walk() if part.get_content_type() == "image/png"]
    assert f'src="cid:{str(figure["Content-ID"])[1:-1]}"' in html
    assert 'alt="Map of the sky, all navy"' in html
    assert "one detector only" in html
    files = {part.get_filename(): part.get_payload(decode=True) for part in got.iter_attachments()}
    assert files["result.json"] == b'{"area": 190}'
    told = json.loads(files["nuncius-report.json"])
    assert (told["object"], told["rule"], told["severity"]) == (OBJECT, "nearby-bns", "notice")
    assert "Map of the sky" in body(got)
    assert got["Auto-Submitted"] == "auto-generated"


def test_alert_text_adds_no_header_no_recipient_and_no_markup(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    bad = "Burst\r\nBcc: everyone@example.org\r\n\r\n<script>alert(1)</script>\x1b[2J\u202e"
    text = "<img src=x onerror=alert(1)> [press](javascript:alert(1)) &amp;"
    deliver(journal, target(mail, clock), clock, report(title=bad, rule=bad, thread="odd\r\nBcc: x@y.z", text=text))
    ((readers, got),) = mail.mails
    assert readers == [LIST]
    assert got["Bcc"] is None
    assert "\n" not in str(got["Subject"])
    html = body(got, "html")
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html
    assert "\x1b" not in body(got)
    assert "\u202e" not in str(got["Subject"]) + body(got)


def test_greylisting_holds_back_only_those_who_are_greylisted(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    mail.refuse = {"b@example.org": ["451 try later"] * 3}
    place = target(mail, clock, to=["a@example.org", "b@example.org"])
    deliver(journal, place, clock, report(), report("k2", text="28 deg²", revision=2))
    assert [readers for readers, _ in mail.mails] == [
        ["a@example.org"],
        ["b@example.org"],
        ["a@example.org", "b@example.org"],
    ]
    a, b = mail.boxes["a@example.org"], mail.boxes["b@example.org"]
    assert [m["Message-ID"] for m in a] == [m["Message-ID"] for m in b]
    assert [m["References"] for m in a] == [m["References"] for m in b]
    assert "What changed" not in body(b[0])
    assert states(journal) == {"k1": "delivered", "k2": "delivered"}


def test_an_address_that_does_not_exist_costs_the_others_nothing(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    mail.refuse = {"gone@example.org": ["550 no such user"] * 9}
    deliver(journal, target(mail, clock, to=[LIST, "gone@example.org"]), clock, report())
    assert set(mail.boxes) == {LIST}
    (row,) = journal.reports()
    assert row.state == "delivered"
    assert row.reference is not None
    assert "550" not in str(row.reference["done"])
    assert "no such user" in row.reference["refused"]["gone@example.org"]
    deliver(journal, target(mail, clock, to=["gone@example.org"]), clock, report("k2", slot="other"))
    assert states(journal)["k2"] == "failed"
    assert "check the addresses" in journal.reports()[-1].error


def test_a_connection_cut_after_the_text_gives_the_same_mail_again_and_no_second_one(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    mail.data = ["drop"]
    deliver(journal, target(mail, clock), clock, report())
    assert len(mail.mails) == 2
    assert len(mail.boxes[LIST]) == 1
    assert states(journal) == {"k1": "delivered"}


def test_a_server_that_is_slow_or_down_for_an_hour_loses_nothing_and_keeps_the_order(
    journal: Journal, tmp_path: Path, clock: VirtualClock
) -> None:
    with LocalMail(tmp_path) as first:
        port = first.port
        first.data = ["slow"]
        place = target(first, clock, timeout_s=1)
        journal.enqueue([("email", report(f"k{n}", text=f"{n} deg²", revision=n)) for n in (1, 2, 3)], now=clock.now())
        carrier = courier(journal, place, clock)
        assert carrier.step() == 1
        assert states(journal)["k1"] == "sending"  # in doubt: it may have been taken
    for _ in range(12):  # an hour
        clock.sleep(300.0)
        carrier.step()
    assert set(states(journal).values()) <= {"sending", "pending"}
    with LocalMail(tmp_path, port=port) as second:
        drain(carrier, clock)
        texts = [body(m) for m in second.boxes[LIST]]
    assert ["1 deg²" in texts[0], "2 deg²" in texts[1], "3 deg²" in texts[2]] == [True] * 3
    assert set(states(journal).values()) == {"delivered"}


def test_a_mail_that_the_server_will_never_take_is_given_up_with_its_words(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    mail.data = ["554 looks like spam"]
    deliver(journal, target(mail, clock), clock, report())
    (row,) = journal.reports()
    assert row.state == "failed"
    assert "looks like spam" in row.error
    mail.data = ["451 not now", "452 disk full"]
    deliver(journal, target(mail, clock), clock, report("k2", slot="other"))
    assert states(journal)["k2"] == "delivered"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_over_verified_tls_with_a_password_from_a_file(
    journal: Journal, tmp_path: Path, security: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = VirtualClock(T0)
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    with LocalMail(tmp_path, security=security, auth=True) as server:
        changes = {"user": USER, "password_file": str(secret)}
        carrier = courier(journal, target(server, clock, **changes), clock)
        journal.enqueue([("email", report())], now=clock.now())
        carrier.step()
        assert "not trusted" in journal.reports()[0].error  # nobody vouches for this server
        deliver(journal, target(server, clock, ca_file=server.ca_file, **changes), clock)
        assert len(server.boxes[LIST]) == 1
        deliver(
            journal, target(server, clock, ca_file=server.ca_file, user=USER, password="wr0ng"), clock, report("k2")
        )
        assert "check email.user" in journal.reports()[-1].error
    assert PASSWORD not in caplog.text
    assert "wr0ng" not in caplog.text + str([row.error for row in journal.reports()])


def test_mock_alerts_and_light_reports_are_not_mailed_to_everybody(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    deliver(journal, target(mail, clock), clock, report(severity=Severity.INFO))
    know(journal, notice("mock", tense=Tense.TEST), "urn:mock")
    mock = report("k2", thread="urn:mock", event_id="mock", severity=Severity.PAGE)
    deliver(journal, target(mail, clock), clock, mock)
    assert mail.mails == []
    assert [(row.reference or {})["skipped"] for row in journal.reports()] == [
        "severity below notice",
        "a mock alert, and email.test_to is not set",
    ]
    again = report("k3", slot="x", thread="urn:mock", event_id="mock", severity=Severity.PAGE)
    deliver(journal, target(mail, clock, test_to=["tests@example.org"]), clock, again)
    (got,) = mail.boxes["tests@example.org"]
    assert str(got["Subject"]).startswith("[TEST] ")


def test_what_is_for_one_person_goes_to_them_alone_with_a_way_out(
    journal: Journal, mail: LocalMail, clock: VirtualClock, tmp_path: Path
) -> None:
    unsubscribing.use(tmp_path, "https://nuncius.example.org/")
    try:
        mine = report(to="person:ann", subscription=7, severity=Severity.INFO)
        deliver(journal, target(mail, clock), clock, mine, report("k2", to="person:bo"))
    finally:
        unsubscribing.use(tmp_path, "")
    ((readers, got),) = mail.mails
    assert readers == [ANN]
    assert str(got["List-Unsubscribe"]).startswith("<https://nuncius.example.org/unsubscribe/7-")
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Unsubscribe: https://nuncius.example.org/unsubscribe/7-" in body(got)
    assert body(got).splitlines()[0].startswith("CURRENT · G298048")
    assert (journal.reports()[-1].reference or {})["skipped"] == "the settings name no address for this person"


def test_a_mail_that_would_be_too_large_says_what_it_leaves_out(
    journal: Journal, mail: LocalMail, clock: VirtualClock
) -> None:
    big = Attachment(name="map.fits", sha256=journal.put_blob(b"x" * 200_000), media_type="application/fits")
    said = report(pictures=[picture(journal)], attachments=[big])
    deliver(journal, target(mail, clock, max_bytes=100_000), clock, said)
    (got,) = mail.boxes[LIST]
    assert "Left out, because the mail would be too large: map.fits" in body(got)
    assert len(bytes(got)) < 100_000
    assert any(part.get_content_type() == "image/png" for part in got.walk())


def test_the_thread_in_the_docs_is_what_people_get() -> None:
    assert write_mail_thread.FILE.read_text(encoding="utf-8") == write_mail_thread.page()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"host": ""}, "email.host"),
        ({"from_": "Nuncius <n@example.org>"}, "email.from"),
        ({"to": ["a@b.org\nBcc: c@d.org"]}, "email.to"),
        ({"user": "n", "password": "x"}, "in the clear"),
        ({"security": "starttls", "user": "n"}, "belong together"),
        ({"ca_file": Path("/nowhere.pem")}, "is not there"),
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        target(LocalMail(), SystemClock(), **changes)
