"""Sanity checks within the assembled service: the canary's way, turns, incidents with threads of their own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kafka_broker import wait_until
from local_slack import TOKEN, LocalSlack

from analyses.checks.contract import CHECKS, Check, Finding, Platform, checks
from analyses.checks.damping import Policy
from analyses.checks.looking import Looked, look
from analyses.checks.recording import INCIDENT, record
from analyses.checks.settings import ChecksSettings
from chat.dossier import read
from chat.slack import SlackSettings
from console.server import WebSettings
from nuncius.app import App, assemble
from nuncius.cli import cli
from nuncius.core.clock import SystemClock, VirtualClock
from nuncius.core.event import Event
from nuncius.journal import Journal
from nuncius.journal.checks import CheckState, Looks
from nuncius.recurring import Recurring
from nuncius.sanity import check_duties
from nuncius.settings import Settings
from reactors.rulebook import shipped

NOW = datetime.now(UTC)
RULES = (shipped() / "canary.yaml", shipped() / "checks.yaml")
#: What needs worker processes or looks outside has tests of its own.
OFF = ("executor", "mmoda", "clock", "graph", "shapes", "database", "certificates")


def settings(folder: Path, **changes: Any) -> Settings:
    usual: dict[str, Any] = {"rules": RULES, "web": WebSettings(enabled=False), "checks": ChecksSettings(off=OFF)}
    return Settings(data_dir=folder, **(usual | changes))


@contextmanager
def service(wanted: Settings, *, checks: bool = False, without: tuple[str, ...] = ()) -> Iterator[App]:
    app = assemble(wanted, [], checks=checks)
    app.parts = {name: part for name, part in app.parts.items() if name not in without}
    app.start()
    try:
        yield app
    finally:
        app.close()


def state_of(journal: Journal, check: str) -> CheckState | None:
    return next((state for state in Looks(journal).states() if state.check == check), None)


# --- the canary ---


def test_a_canary_goes_the_whole_way_and_each_stage_is_timed(tmp_path: Path) -> None:
    with service(settings(tmp_path), checks=True) as app:
        wait_until(lambda: state_of(app.journal, "canary"), 30, "the canary's first look")
        (run,) = Looks(app.journal).history("canary")
        assert run.ok is True, run.reason
        assert {"journalled_s", "graph_s", "decided_s", "acted_s", "told_web_s", "total_s"} <= set(run.values)
        assert (
            run.values["decided_s"] <= run.values["acted_s"] <= run.values["told_web_s"] <= run.values["total_s"] < 30
        )
        threads = {stored.report.thread for stored in app.journal.reports()}
        assert threads == {"canary"}, "it is nobody's thread"

        # And from beside it, by another process's hand.
        toml = tmp_path / "nuncius.toml"
        toml.write_text(f'data_dir = "{tmp_path}"\n', encoding="utf-8")
        wait_until(lambda: state_of(app.journal, "feeds"), 10, "another check, by which the service is seen to run")
        beside = CliRunner().invoke(cli, ["check", "canary", "service", "--config", str(toml), "--json"])
        assert beside.exit_code == 0, beside.output
        canary, alive = json.loads(beside.stdout)
        assert (canary["name"], canary["ok"], alive["ok"]) == ("canary", True, True)
        assert canary["values"]["total_s"] > 0
        history = CliRunner().invoke(cli, ["check", "canary", "--history", "--config", str(toml)])
        assert "canary: well" in history.stdout
        assert "total_s" in history.stdout
    assert len({stored.report.slot for stored in _reports(tmp_path)}) == 1, "edited in place, however often it comes"


def _reports(folder: Path) -> list[Any]:
    with Journal.open(f"sqlite:///{folder / 'nuncius.db'}") as journal:
        return journal.reports()


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ("reactors", "the reactors have not looked at it"),
        ("runner", "its step is not done"),
        ("chat.web", "of its reports are not delivered"),
        ("kg", "the graph has not taken it in"),
    ],
)
def test_a_canary_that_is_held_up_names_the_stage(tmp_path: Path, without: str, words: str) -> None:
    wanted = settings(tmp_path, checks=ChecksSettings(most_canary_s=1.5))
    with service(wanted, without=(without,)) as app:
        (looked,) = look([checks()["canary"]], _platform(app, wanted))
    assert looked.finding.ok is False
    assert words in looked.finding.reason
    assert looked.finding.mend


def test_without_its_rule_a_canary_says_which_file_is_missing(tmp_path: Path) -> None:
    wanted = settings(tmp_path, rules=(shipped() / "checks.yaml",))
    with service(wanted) as app:
        (looked,) = look([checks()["canary"]], _platform(app, wanted))
    assert looked.finding.ok is None
    assert "canary.yaml" in looked.finding.mend


def _platform(app: App, wanted: Settings) -> Platform:
    return Platform(
        journal=app.journal, now=datetime.now(UTC), settings=wanted.checks, live=True, executor=app.executor
    )


# --- turns and deadlines ---


class Counting:
    """A local page that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked, self.status = 0, 200
        counting = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                counting.asked += 1
                self.send_response(counting.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_two_processes_do_not_both_make_a_check(journal: Journal, tmp_path: Path) -> None:
    page = Counting()
    (tmp_path / "page.yaml").write_text(
        f"check: page\nabout: a page\nkind: http\nurl: {page.url}\nevery: 1h\n", encoding="utf-8"
    )
    own = ChecksSettings(paths=(tmp_path / "page.yaml",))
    wanted = Settings(data_dir=tmp_path, checks=own)
    stop = threading.Event()

    def around(now: datetime) -> Platform:
        return Platform(journal=journal, now=now, settings=own, live=True)

    rivals = []
    for owner in ("one", "two", "three"):
        duties = [d for d in check_duties(wanted, around, SystemClock(), stop) if d.name == "check:page"]
        recurring = Recurring(journal, duties, clock=SystemClock(), owner=owner)
        rivals.append(threading.Thread(target=recurring.run, args=(stop,)))
    for rival in rivals:
        rival.start()
    wait_until(lambda: state_of(journal, "page"), 10, "a look")
    time.sleep(0.3)
    stop.set()
    for rival in rivals:
        rival.join(10)
    page.close()
    assert page.asked == 1
    assert len(Looks(journal).history("page")) == 1


def test_a_check_that_finds_other_than_what_is_known_is_made_again_soon(journal: Journal, tmp_path: Path) -> None:
    page = Counting()
    (tmp_path / "page.yaml").write_text(
        f"check: page\nabout: a page\nkind: http\nurl: {page.url}\nevery: 6h\n", encoding="utf-8"
    )
    own = ChecksSettings(paths=(tmp_path / "page.yaml",))
    clock = VirtualClock(NOW)
    duties = check_duties(
        Settings(data_dir=tmp_path, checks=own),
        lambda now: Platform(journal=journal, now=now, settings=own, live=True),
        clock,
        threading.Event(),
    )
    (duty,) = [d for d in duties if d.name == "check:page"]
    recurring = Recurring(journal, [duty], clock=clock, owner="me")
    seen = []
    for status in (200, 500, 500, 200, 200):
        page.status = status
        assert recurring.look(duty)
        turn = recurring.turns.get(duty.name)
        state = state_of(journal, "page")
        assert turn is not None
        assert state is not None
        seen.append((state.state, turn.due - clock.now()))
        clock.advance_to(turn.due)
    page.close()
    soon, usual = timedelta(seconds=60), timedelta(hours=6)
    assert seen == [("well", usual), ("well", soon), ("failing", usual), ("failing", soon), ("well", usual)]


@pytest.fixture
def added() -> Iterator[Callable[..., Check]]:
    checks()
    names: list[str] = []

    def add(name: str, ask: Callable[[Platform], Finding], **more: Any) -> Check:
        names.append(name)
        return CHECKS.add(name, Check(name=name, about="for tests", look=ask, **more))

    yield add
    for name in names:
        del CHECKS._items[name]


def test_a_check_that_hangs_ends_at_its_deadline_and_holds_up_no_other(added: Callable[..., Check]) -> None:
    let_go = threading.Event()

    def hang(platform: Platform) -> Finding:
        let_go.wait(20)
        return Finding(name="", ok=True, reason="at last")

    slow = added("slow", hang, deadline_s=0.3)
    quick = added("quick", lambda platform: Finding(name="", ok=True, reason="here"))
    begun = time.monotonic()
    late, prompt = look([slow, quick], Platform(journal=None, now=NOW))
    let_go.set()
    assert time.monotonic() - begun < 5
    assert late.finding.ok is False
    assert "longer than its 0.3 s" in late.finding.reason
    assert prompt.finding.ok is True
    assert prompt.took_s < 0.3


def test_a_service_that_stops_does_not_wait_for_a_check(added: Callable[..., Check]) -> None:
    let_go, stop = threading.Event(), threading.Event()

    def hang(platform: Platform) -> Finding:
        let_go.wait(20)
        return Finding(name="", ok=True, reason="")

    threading.Timer(0.2, stop.set).start()
    begun = time.monotonic()
    (looked,) = look([added("slow", hang)], Platform(journal=None, now=NOW), stop=stop)
    let_go.set()
    assert time.monotonic() - begun < 5
    assert looked.finding.ok is None


# --- incidents ---


def told(journal: Journal, ok: bool | None, minutes: float, reason: str = "", check: str = "feeds") -> None:
    """One look, so many minutes after noon."""
    one = Check(name=check, about="for tests", look=lambda _: Finding(name="", ok=ok, reason=""), proves=("alerts",))
    finding = Finding(name=check, ok=ok, reason=reason or f"as seen at {minutes:g} min", mend="mend it")
    looked = Looked(check=one, finding=finding, took_s=0.1)
    record(journal, looked, datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(minutes=minutes))


def changes(journal: Journal) -> list[str]:
    return [stored.event.data["state"] for stored in journal.read(0, kinds=["platform.check"])]


def test_each_change_of_a_check_is_told_once(journal: Journal) -> None:
    for minute, ok in enumerate([True, False, True, False, False, False, None, True, True, True]):
        told(journal, ok, minute)
    assert changes(journal) == ["well", "failing", "recovered"]
    first, failing, recovered = (stored.event for stored in journal.read(0, kinds=["platform.check"]))
    assert first.object is None
    assert failing.object == recovered.object == f"{INCIDENT}feeds/1"
    assert recovered.data["lasted"] == "4 min"
    assert recovered.data["subject"] == "feeds recovered after 4 min"
    for minute, ok in enumerate([False, False, True, True]):
        told(journal, ok, 100 + minute)
    assert journal.read(0, kinds=["platform.check"])[-1].event.object == f"{INCIDENT}feeds/2"
    assert [run.ok for run in Looks(journal).history("feeds", limit=3)] == [False, True, True]


def test_looks_kept_at_once_by_several_tell_of_a_change_once(journal_url: str) -> None:
    """Each on a connection of its own, as processes are."""
    Journal.open(journal_url).close()

    def work(minute: int) -> None:
        with Journal.open(journal_url, busy_timeout_s=20.0) as own:
            for _ in range(6):
                told(own, False, minute)

    rivals = [threading.Thread(target=work, args=(minute,)) for minute in range(4)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(30)
    with Journal.open(journal_url) as journal:
        assert changes(journal) == ["failing"]
        assert len(Looks(journal).history("feeds", limit=50)) == 24
        (state,) = Looks(journal).states()
        assert (state.incident, state.changes, state.standing["fails"]) == (1, 1, 24)


def test_looks_older_than_a_month_are_let_go(journal: Journal) -> None:
    told(journal, True, 0)
    told(journal, True, 40 * 24 * 60)
    assert len(Looks(journal).history("feeds")) == 1


def test_a_recovery_closes_its_own_thread_and_the_head_says_how_long_it_lasted(tmp_path: Path) -> None:
    with LocalSlack(channels={"C0OPS": []}) as slack:
        wanted = settings(
            tmp_path,
            targets=("web", "slack"),
            slack=SlackSettings(token=TOKEN, channel="C0OPS", base_url=slack.base_url, pace_s=0.0),
        )
        with service(wanted) as app:
            for minute, ok in ((0, True), (5, False), (10, False)):
                told(app.journal, ok, minute, "gcn.circulars is silent")
            wait_until(lambda: len(slack.roots("C0OPS")) == 1 and app.settled(), 20, "a thread")
            (root,) = slack.roots("C0OPS")
            assert "Check feeds: failing" in root["text"]
            for minute, ok in ((120, True), (140, True)):
                told(app.journal, ok, minute, "all as expected")
            wait_until(lambda: len(slack.thread("C0OPS", root["ts"])) == 2 and app.settled(), 20, "the recovery")
            (root,) = slack.roots("C0OPS")
            failed, recovered = slack.thread("C0OPS", root["ts"])
            assert "Check feeds: recovered after 2 h 10 min" in root["text"]
            assert "is failing" in failed["text"]
            assert "mend it" in json.dumps(failed["blocks"])
            assert "recovered after 2 h 10 min" in recovered["text"]
            present = read(app.journal, f"{INCIDENT}feeds/1").present
            assert present is not None
            assert present.state == "closed"
            # The next time is another thread.
            for minute in (200, 205):
                told(app.journal, False, minute)
            wait_until(lambda: len(slack.roots("C0OPS")) == 2, 20, "a thread of its own")
            assert slack.roots("C0OPS")[0]["text"] == root["text"]


def test_the_service_by_itself_finds_a_fault_wakes_somebody_and_closes_the_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asks: a page fails, is looked at again, is told and paged, is mended, and its thread says so."""
    monkeypatch.setattr("analyses.checks.declared.LEAST_EVERY_S", 0.1)
    page = Counting()
    (tmp_path / "page.yaml").write_text(
        f"check: page\nabout: a page\nkind: http\nurl: {page.url}\nevery: 0.3s\nseverity: page\nmend: mend the page\n",
        encoding="utf-8",
    )
    names = (*checks(), "mmoda")
    wanted = settings(tmp_path, checks=ChecksSettings(paths=(tmp_path / "page.yaml",), off=names))
    thread = f"{INCIDENT}page/1"

    def titles() -> list[str]:
        return [stored.report.title for stored in app.journal.reports(thread=thread)]

    with service(wanted, checks=True) as app:
        wait_until(lambda: (state := state_of(app.journal, "page")) and state.state == "well", 15, "a first pass")
        page.status = 503
        wait_until(lambda: len(titles()) == 2, 15, "a fault that is told and paged")
        assert titles()[0] == "Check page is failing"
        assert titles()[1].startswith("check page is failing; http://127.0.0.1")
        page.status = 200
        wait_until(lambda: len(titles()) == 3 and app.settled(), 15, "a recovery")
        assert titles()[2].startswith("Check page recovered after")
        present = read(app.journal, thread).present
        assert present is not None
        assert (present.state, present.what[:9]) == ("closed", "recovered")
        open_waits = [wait for wait in app.journal.waits() if wait.form == "escalate"]
        assert len(open_waits) == 2, "they ring, and find that it has recovered: the rule's own tests show that"
    page.close()


def test_flapping_is_one_thread_however_often_it_turns(tmp_path: Path) -> None:
    with service(settings(tmp_path)) as app:
        for minute in range(60):
            told(app.journal, bool(minute % 2), minute)
        wait_until(app.settled, 20, "all to be told")
        threads = {stored.report.thread for stored in app.journal.reports()}
        assert threads == {f"{INCIDENT}feeds/1"}
        assert changes(app.journal) == ["flapping"]
        present = read(app.journal, f"{INCIDENT}feeds/1").present
        assert present is not None
        assert present.what.startswith("flapping")


# --- a new platform ---


def test_a_new_platform_has_its_checks_made_and_is_a_thing_in_the_graph(tmp_path: Path) -> None:
    page = Counting()
    (tmp_path / "own.yaml").write_text(
        "check: portal\nabout: the portal answers\nplatform: portal\nkind: http\nurl: ${front}\nproves: [front page]\n",
        encoding="utf-8",
    )
    (tmp_path / "deployed.yaml").write_text(
        'rule: deployed\nwhen: platform.deployed\ndo: {check: "${ev.platform}", to: operators}\n', encoding="utf-8"
    )
    platforms = {"portal": {"front": page.url}, "portal-new": {"like": "portal", "front": page.url}}
    own = ChecksSettings(paths=(tmp_path / "own.yaml",), platforms=platforms)
    wanted = settings(tmp_path, rules=(tmp_path / "deployed.yaml",), checks=own)
    with service(wanted) as app:
        for name in ("portal-new", "nobody-knows"):
            data = {"platform": name, "service": "front", "version": "2.1"}
            app.journal.append(
                [Event(id=f"d:{name}", kind="platform.deployed", source="flux", received=NOW, data=data)]
            )
        wait_until(lambda: state_of(app.journal, "portal@portal-new") and app.settled(), 20, "the suite")
        assert page.asked == 1
        assert state_of(app.journal, "portal") is None, "the other platform's checks are no matter of this one"
        titles = {stored.report.title for stored in app.journal.reports(thread="operators")}
        assert titles == {"All 1 checks are well", "No check could tell: nothing is set up for it"}
        asked = (
            "SELECT DISTINCT ?feature ?check ?version WHERE { "
            "?p a oda:Platform ; rdfs:label 'portal-new' ; oda:hasFeature ?f . "
            "?f rdfs:label ?feature ; oda:provenBy ?c . ?c rdfs:label ?check . "
            "?d a nuncius:Deployment ; oda:belongsTo ?p ; nuncius:version ?version }"
        )
        (row,) = app.graph.query(asked).rows
        assert row == {"feature": "front page", "check": "portal@portal-new", "version": "2.1"}
        # A feature whose check fails is proven no longer.
        failing = Check(
            name="portal@portal-new",
            about="",
            look=lambda _: Finding(name="", ok=False, reason=""),
            platform="portal-new",
            proves=("front page",),
            policy=Policy(failures=1),
        )
        gone = Looked(check=failing, finding=Finding(name="", ok=False, reason="gone"), took_s=0.0)
        record(app.journal, gone, datetime.now(UTC))
        wait_until(lambda: not app.graph.query(asked).rows, 10, "the proof to be taken back")
    page.close()
