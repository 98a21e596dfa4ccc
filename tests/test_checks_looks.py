"""Single checks: each names what is wrong, with figures, and the way to mend it."""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kafka_broker import Broker, noida, running
from kafka_samples import settings
from local_mmoda import LocalMmoda

from analyses.checks.catalogue import catalogue
from analyses.checks.clock import NTP_EPOCH_S, ntp_offset
from analyses.checks.contract import Finding, Platform, checks
from analyses.checks.expiring import certificate_end
from analyses.checks.looking import look as make
from analyses.checks.looking import perform
from analyses.checks.settings import ChecksSettings
from listeners.kafka_settings import KafkaSettings
from nuncius.cli import cli
from nuncius.core.clock import SystemClock
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError
from nuncius.core.event import Event, iso
from nuncius.journal import FeedSeen, Journal, Offset, Turns
from nuncius.sanity import check_duties
from nuncius.settings import Settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def look(name: str, journal: Journal | None = None, **more: Any) -> Finding:
    (finding,) = perform([name], Platform(journal=journal, **({"now": NOW} | more)))
    return finding


def written(folder: Path, text: str) -> ChecksSettings:
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return ChecksSettings(paths=(folder,))


# --- what arrives and is acted on ---


def test_an_event_that_nobody_decides_about_is_a_backlog(journal: Journal) -> None:
    def event(name: str) -> Event:
        return Event(id=name, kind="timer", source="test", received=NOW)

    journal.append([event("a"), event("b")])
    journalled = journal.read(0)[0].journalled
    assert look("backlog", journal, now=journalled + timedelta(hours=1)).ok is True, "no reactor ever ran here"
    journal.advance("reactors", 1)
    late = look("backlog", journal, now=journalled + timedelta(minutes=3))
    assert late.ok is False
    assert "without a decision has waited for 3 min" in late.reason
    assert late.values["undecided_s"] == pytest.approx(180, abs=5)


def test_topics_that_fall_behind_their_broker_are_named(journal: Journal) -> None:
    assert look("kafka-lag", journal).ok is None
    here = {"group": "g", "partition": 0, "next_offset": 10, "updated": NOW}
    journal.append([], offsets=[Offset(topic="gcn.circulars", high=12, **here)])
    assert look("kafka-lag", journal).values["behind"] == 2
    journal.append([], offsets=[Offset(topic="igwn.gwalert", high=5010, **here)])
    assert "igwn.gwalert is 5000 messages behind" in look("kafka-lag", journal).reason


def test_credentials_that_nobody_used_are_named_before_they_are_removed(journal: Journal) -> None:
    kafka = KafkaSettings(client_id="id", client_secret="s3cret")
    assert look("kafka-credentials", journal).ok is None
    assert look("kafka-credentials", journal, kafka=kafka).ok is None
    journal.feed_seen([FeedSeen(feed="gcn.circulars", at=NOW)])
    journal.feed_seen([FeedSeen(feed="kafka:g", at=NOW + timedelta(days=60), count=0, heartbeat=True)])
    assert look("kafka-credentials", journal, kafka=kafka, now=NOW + timedelta(days=3)).ok is True
    old = look("kafka-credentials", journal, kafka=kafka, now=NOW + timedelta(days=25))
    assert old.ok is False
    assert "at 30 days GCN removes it" in old.mend
    gone = look("kafka-credentials", journal, kafka=kafka, now=NOW + timedelta(days=31))
    assert "GCN has removed it by now" in gone.reason
    assert "gcn.nasa.gov/quickstart" in gone.mend
    assert "s3cret" not in gone.reason + gone.mend


def test_duties_that_fail_or_are_done_by_nobody_are_named(journal: Journal) -> None:
    assert look("duties", journal).ok is None
    turns = Turns(journal, "me")
    for _ in range(5):
        turn = turns.take("arxiv", now=NOW, lease_s=60)
        assert turn is not None
        turns.failed(turn, "the server answered 503", due=NOW)
    failing = look("duties", journal)
    assert failing.ok is False
    assert "arxiv failed 5 times: the server answered 503" in failing.reason
    turn = turns.take("arxiv", now=NOW, lease_s=60)
    assert turn is not None
    turns.done(turn, now=NOW, due=NOW + timedelta(minutes=5))
    assert look("duties", journal).ok is True
    assert "overdue" in look("duties", journal, now=NOW + timedelta(minutes=30)).reason


def test_a_service_that_fell_silent_is_told_from_one_that_never_ran(journal: Journal) -> None:
    assert look("service", journal).ok is None
    assert look("canary", journal, live=True).ok is None
    journal.feed_seen([FeedSeen(feed="kafka:g", at=NOW, count=0, heartbeat=True)])
    assert look("service", journal, now=NOW + timedelta(seconds=20)).ok is True
    silent = look("service", journal, now=NOW + timedelta(minutes=5))
    assert silent.ok is False
    assert "nuncius run" in silent.mend


def test_rule_files_that_do_not_load_are_named(journal: Journal) -> None:
    assert look("rules", journal, rules=lambda: []).ok is True
    finding = look("rules", journal, rules=lambda: ["my.yaml:2:7: error: no event is of kind 'lvk.alrt'"])
    assert finding.ok is False
    assert "my.yaml:2:7" in finding.reason


@pytest.mark.parametrize("error", [OSError(ENOSPC, "No space left on device"), RuntimeError("No space left on device")])
def test_a_graph_that_cannot_be_looked_at_on_a_full_disk_is_not_said_to_be_damaged(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("kg.store.GraphStore.read_only", full)
    finding = look("graph", journal, graph_dir=tmp_path)
    assert finding.ok is None
    assert "make room" in finding.mend
    assert "rebuild" not in finding.mend


def test_a_small_analysis_comes_back_from_worker_processes() -> None:
    finding = look("executor")
    assert finding.ok is True
    assert finding.values["took_s"] > 0


# --- the clock ---


def test_a_clock_that_is_wrong_is_seen_by_the_dates_of_servers() -> None:
    server = LocalMmoda()
    settings = ChecksSettings(platforms={"mmoda": {"dispatcher": f"{server.url}/dispatch/instr-list"}})
    try:
        well = look("clock", settings=settings)
        assert well.ok is True
        assert abs(well.values["dates_of_servers_s"]) < 2
        server.clock_offset_s = 7200
        slow = look("clock", settings=settings)
        assert slow.ok is False
        assert re.search(r"\b720[012] s slow", slow.reason)
        assert "timedatectl set-ntp true" in slow.mend
        server.clock_offset_s = -600
        # The date of a server has no fraction, and a loaded machine is slow to read it.
        assert re.search(r"\b(?:59[89]|600) s fast", look("clock", settings=settings).reason)
    finally:
        server.close()


def test_a_clock_that_went_back_is_seen_by_the_journal(journal: Journal) -> None:
    assert look("clock", journal, live=True).ok is None
    journal.append([Event(id="a", kind="timer", source="test", received=NOW)])
    journalled = journal.read(0)[0].journalled
    assert look("clock", journal, live=True, now=journalled + timedelta(seconds=1)).ok is True
    back = look("clock", journal, live=True, now=journalled - timedelta(hours=2))
    assert back.ok is False
    assert "by the journal it is 7200 s slow" in back.reason


def test_notices_that_come_before_they_were_made_say_that_the_clock_is_slow(journal: Journal) -> None:
    now = datetime.now(UTC)

    def notice(number: int, early_s: float) -> Event:
        made = {"alert_datetime": iso(now + timedelta(seconds=early_s))}
        return Event(id=f"n{number}", kind="gcn.notice.fermi.gbm.x", source="gcn", received=now, data=made)

    journal.append([notice(0, 60.0), notice(1, 61.0)])
    later = now + timedelta(seconds=5)
    assert look("clock", journal, live=True, now=later).ok is True, "two could be a sender's own mistake"
    journal.append([notice(2, 62.0)])
    assert "by the notices it is 61 s slow" in look("clock", journal, live=True, now=later).reason


def test_a_time_server_is_asked_where_one_is_named() -> None:
    with _time_server(offset_s=90.0) as address:
        assert ntp_offset(address) == pytest.approx(90.0, abs=1.0)
        assert "by the time server it is 90 s slow" in look("clock", settings=ChecksSettings(ntp=address)).reason
    assert look("clock", settings=ChecksSettings(ntp="127.0.0.1:9")).ok is None
    with pytest.raises(TransientError, match="does not answer"):
        ntp_offset("127.0.0.1:9", timeout_s=0.2)


@pytest.mark.parametrize(("ahead_s", "ok", "words"), [(0.0, True, ""), (40.0, False, "slow"), (-40.0, False, "fast")])
def test_a_clock_is_held_against_the_heartbeat_of_the_broker(
    beating: Broker, ahead_s: float, ok: bool, words: str
) -> None:
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(0.1):
            made = datetime.now(UTC) + timedelta(seconds=ahead_s)
            beating.produce("gcn.heartbeat", json.dumps({"alert_datetime": iso(made)}).encode())

    thread = threading.Thread(target=beat)
    thread.start()
    kafka = settings(beating.address, heartbeat_topic="gcn.heartbeat", topics=("gcn.circulars",))
    try:
        finding = look("clock", now=datetime.now(UTC), kafka=kafka)
    finally:
        stop.set()
        thread.join()
    assert finding.ok is ok, finding.reason
    assert finding.values["heartbeat_s"] == pytest.approx(ahead_s, abs=3)
    assert words in finding.reason


@pytest.fixture(scope="module")
def beating() -> Iterator[Broker]:
    with running(noida) as broker:
        broker.create("gcn.heartbeat", "gcn.circulars")
        yield broker


@contextmanager
def _time_server(offset_s: float) -> Iterator[str]:
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind(("127.0.0.1", 0))
    link.settimeout(0.1)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                _, who = link.recvfrom(512)
            except TimeoutError:
                continue
            moment = time.time() + offset_s + NTP_EPOCH_S
            stamp = struct.pack("!II", int(moment), int(moment % 1 * 2**32))
            link.sendto(b"\x24\x01" + 30 * b"\0" + stamp + stamp, who)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{link.getsockname()[1]}"
    stop.set()
    thread.join()
    link.close()


# --- certificates ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and certificates of localhost: `good` for a year, `soon` for five days."""
    folder = tmp_path_factory.mktemp("ca")
    for name, days in (("good", 365), ("soon", 5)):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", "-days", str(days)]
        command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("no openssl here to make certificates with")
    return folder


@contextmanager
def https(folder: Path, name: str) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                plain, _ = listening.accept()
            except TimeoutError:
                continue
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://localhost:{listening.getsockname()[1]}/"
    stop.set()
    thread.join()
    listening.close()


def test_a_certificate_is_named_before_it_runs_out(authority: Path, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name, ok in (("good", True), ("soon", False)):
        with https(authority, name) as url:
            text = f"check: door\nabout: x\nkind: certificate\nurl: {url}\nca: {authority / name}.pem\n"
            finding = look("door", now=now, settings=written(tmp_path, text))
            assert finding.ok is ok, finding.reason
            assert finding.values["days_left"] == pytest.approx(365 if ok else 5, abs=1.1)


def test_a_certificate_that_nobody_vouches_for_is_broken(authority: Path) -> None:
    with https(authority, "good") as url:
        finding = look("certificates", settings=ChecksSettings(https=(url,)))
        assert finding.ok is False
        assert "the certificate of localhost is not good: self-signed certificate" in finding.reason.replace(
            "self s", "self-s"
        )
        assert "renew" in finding.mend
    gone = look("certificates", settings=ChecksSettings(https=("https://127.0.0.1:9/",)))
    assert gone.ok is None, "that nobody answers is another check's matter"
    with pytest.raises(PermanentError, match="no https address"):
        certificate_end("http://localhost/")


# --- checks that are data ---


def test_a_number_asked_from_the_journal_is_held_against_its_bounds(journal: Journal, tmp_path: Path) -> None:
    text = "check: few\nabout: few events\nkind: sql\nquery: SELECT count(*) FROM events\nmost: 1\nmend: have fewer\n"
    settings = written(tmp_path, text)
    assert look("few", journal, settings=settings).ok is True
    journal.append([Event(id=str(n), kind="timer", source="test", received=NOW) for n in range(3)])
    finding = look("few", journal, settings=settings)
    assert finding.ok is False
    assert finding.reason == "3; expected at most 1"
    assert finding.mend == "have fewer"


def test_a_question_to_the_journal_cannot_change_it(journal: Journal, tmp_path: Path) -> None:
    journal.append([Event(id="a", kind="timer", source="test", received=NOW)])
    with pytest.raises(ConfigurationError, match="query is one SELECT"):
        catalogue(written(tmp_path, "check: bad\nabout: x\nkind: sql\nquery: DELETE FROM events\nmost: 1\n"))
    sly = "WITH gone AS (DELETE FROM events RETURNING seq) SELECT count(*) FROM gone"
    settings = written(tmp_path, f"check: sly\nabout: x\nkind: sql\nquery: {sly}\nmost: 1\n")
    assert look("sly", journal, settings=settings).ok is False
    assert journal.count() == {"timer": 1}
    journal.append([Event(id="b", kind="timer", source="test", received=NOW)])
    assert journal.count() == {"timer": 2}, "and others may still write"


def test_an_address_is_looked_at_for_its_status_and_words(tmp_path: Path) -> None:
    server = LocalMmoda()
    url = f"{server.url}/dispatch/instr-list"
    try:
        for more, ok in (("", True), ("contains: jemx", True), ("contains: hubble", False), ("status: 204", False)):
            settings = written(tmp_path, f"check: page\nabout: x\nkind: http\nurl: {url}\n{more}\n")
            finding = look("page", settings=settings)
            assert finding.ok is ok, finding.reason
    finally:
        server.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("check: a\nabout: x\nkind: htp\nurl: x\n", "no kind of check is named 'htp'; did you mean 'http'"),
        ("check: a\nabout: x\nkind: http\nulr: x\n", "unknown field `ulr`"),
        ("check: a\nabout: x\nkind: http\nurl: x\nevery: often\n", "a duration is a number with s, m, h or d"),
        ("check: a\nabout: x\nkind: http\nurl: x\nevery: 1s\n", "at most every 5 s"),
        ("check: a\nabout: x\nkind: http\nurl: x\nevery: 9999999999999999d\n", "at least once a year"),
        ("check: a\nabout: x\nkind: http\nurl: x\ndeadline: 0s\n", "more than 0 and at most an hour"),
        ("check: A b\nabout: x\nkind: http\nurl: x\n", "a name is small letters"),
        ("check: a\nkind: http\nurl: x\n", "missing required field `about`"),
        ("check: a\nabout: x\nkind: value\nurl: x\nexpect: {ra: {value: 1, within: 2}}\n", "unknown field `within`"),
        ("check: a\nabout: x\nkind: value\nurl: x\nexpect: {}\n", "expect names nothing"),
        ("- 1\n", "a check is a map"),
        ("check: a\nabout: *x\n", "anchors, aliases and tags"),
        ("check: a\nabout: [\n", "not YAML"),
        ("check: a\nabout: x\nkind: http\nurl: x\nafter: {failures: 1, often: 2}\n", "unknown field `often`"),
        ("check: a\nabout: x\nkind: http\nurl: x\n---\ncheck: a\nabout: x\nkind: http\nurl: x\n", "stands twice"),
    ],
)
def test_a_file_of_checks_that_is_wrong_is_named_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        catalogue(written(tmp_path, text))
    assert "own.yaml" in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_does_not_load_keeps_the_shipped_checks_from_nothing(tmp_path: Path) -> None:
    settings = written(tmp_path, "check: [\n")
    stop = threading.Event()
    duties = check_duties(Settings(checks=settings), lambda now: Platform(journal=None, now=now), SystemClock(), stop)
    assert {"check:kafka", "check:checks"} <= {duty.name for duty in duties}
    (looked,) = perform_own("checks", settings)
    assert looked.ok is False
    assert "own.yaml" in looked.reason


def perform_own(name: str, settings: ChecksSettings) -> list[Finding]:
    around = Platform(journal=None, now=NOW, settings=settings)
    return [looked.finding for looked in make([checks()[name]], around)]


def test_own_checks_replace_their_namesakes_and_others_are_switched_off(tmp_path: Path) -> None:
    settings = written(tmp_path, "check: mmoda-dispatcher\nabout: my own\nkind: http\nurl: http://127.0.0.1:9/\n")
    known = catalogue(settings)
    assert known["mmoda-dispatcher"].about == "my own"
    off = catalogue(ChecksSettings(off=("disk", "mmoda")))
    assert "disk" not in off
    assert not [name for name in off if name.startswith("mmoda")]
    with pytest.raises(ConfigurationError, match="no file or folder"):
        catalogue(ChecksSettings(paths=(tmp_path / "nowhere",)))


def test_every_check_and_kind_is_documented(project: Path) -> None:
    page = (project / "docs" / "checks.md").read_text(encoding="utf-8")
    from analyses.checks.declared import kinds

    missing = [name for name in [*catalogue(ChecksSettings()), *kinds()] if f"`{name}`" not in page]
    assert missing == []


def test_doctor_names_a_platform_that_no_check_is_about(tmp_path: Path) -> None:
    toml = tmp_path / "nuncius.toml"
    toml.write_text('[checks.platforms.portal]\nfront = "https://portal.example.org"\n', encoding="utf-8")
    said = CliRunner().invoke(cli, ["doctor", "--config", str(toml)])
    assert "checks: no check is about the platform portal" in said.stdout
