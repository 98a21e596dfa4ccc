"""`nuncius check` on a healthy installation and on sabotaged ones: each fault is named with the way to mend it, and
keeps no other check from being made. With a real broker, a real login, real files."""

from __future__ import annotations

import base64
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kafka_broker import OwnBroker, TokenEndpoint, noida, running, wait_until
from kafka_samples import circular
from local_mmoda import LocalMmoda
from local_slack import TOKEN, LocalSlack

from listeners.kafka import KafkaListener
from nuncius.app import App, assemble
from nuncius.cli import cli
from nuncius.journal.checks import Looks
from nuncius.settings import load
from reactors.rulebook import shipped


class Installation:
    """A folder with settings, and what stands around it: broker, token endpoint, Slack, MMODA."""

    def __init__(
        self, folder: Path, broker: OwnBroker, login: TokenEndpoint, slack: LocalSlack, mmoda: LocalMmoda
    ) -> None:
        self.folder, self.broker, self.login, self.slack, self.mmoda = folder, broker, login, slack, mmoda
        self.toml = folder / "nuncius.toml"
        self.secret, self.token = login.secret, TOKEN
        self.checks = ""
        self.write()

    def write(self) -> None:
        self.toml.write_text(
            f"""
data_dir = "{self.folder / "var"}"
targets = ["web", "slack"]
rules = ["{shipped() / "canary.yaml"}", "{shipped() / "checks.yaml"}"]
[journal]
synchronous = "normal"
[web]
enabled = false
[kafka]
topics = ["gcn.circulars"]
bootstrap_servers = "{self.broker.address}"
client_id = "{self.login.client_id}"
client_secret = "{self.secret}"
group_id = "{self.folder.name}"
start = "earliest"
poll_s = 0.05
health_every_s = 0.2
[kafka.config]
"security.protocol" = "sasl_plaintext"
"sasl.oauthbearer.token.endpoint.url" = "{self.login.url}"
"log_level" = 0
[slack]
token = "{self.token}"
channel = "C0OPS"
test_channel = "C0TEST"
base_url = "{self.slack.base_url}"
pace_s = 0.0
[checks]
{self.checks}
[checks.platforms.mmoda]
dispatcher = "{self.mmoda.url}/dispatch"
resolver = "{self.mmoda.url}/resolver"
""",
            encoding="utf-8",
        )

    @contextmanager
    def service(self, *, checks: bool = True) -> Iterator[App]:
        settings = load(self.toml, {})
        assert settings.kafka is not None
        app = assemble(settings, [KafkaListener(settings.kafka)], checks=checks)
        app.start()
        try:
            yield app
        finally:
            app.close()

    def check(self, *names: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(cli, ["check", *names, "--config", str(self.toml), "--json"])
        assert done.exit_code in (0, 1), done.output
        return done.exit_code, {finding["name"]: finding for finding in json.loads(done.stdout)}

    def broken(self, name: str) -> dict[str, Any]:
        """What the check says of itself, which must be that it is broken, with a mend."""
        status, findings = self.check(name)
        assert status == 1
        assert findings[name]["ok"] is False, findings[name]
        assert findings[name]["mend"]
        return findings[name]


@pytest.fixture(scope="module")
def broker() -> Iterator[OwnBroker]:
    with running(noida) as started:
        started.create("gcn.circulars", partitions=1)
        started.produce("gcn.circulars", *(circular(n) for n in range(30)))
        yield started


@pytest.fixture
def installed(tmp_path: Path, broker: OwnBroker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """An installation that has run for a moment, so that there is something to damage."""
    monkeypatch.setattr("analyses.checks.kafka.PROBE_S", 3.0)
    monkeypatch.setattr("analyses.checks.kinds.product.FIRST_PAUSE_S", 0.01)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ODA_TOKEN", token(days=30))
    login, mmoda = TokenEndpoint(), LocalMmoda()
    with LocalSlack(channels={"C0OPS": [], "C0TEST": []}) as slack:
        yield Installation(tmp_path, broker, login, slack, mmoda)
    login.close()
    mmoda.close()


@pytest.fixture
def ran(installed: Installation) -> Installation:
    with installed.service(checks=False) as app:
        wait_until(
            lambda: app.journal.count().get("gcn.circular") == 30 and app.settled(), 30, "circulars in the graph"
        )
    return installed


def token(*, days: float) -> str:
    claims = json.dumps({"sub": "robot", "exp": time.time() + 86400 * days}).encode()
    middle = base64.urlsafe_b64encode(claims).rstrip(b"=").decode()
    return f"e30.{middle}.c2ln"


def test_a_healthy_installation_is_well_all_over(installed: Installation) -> None:
    with installed.service() as app:
        looks = Looks(app.journal)
        wait_until(
            lambda: app.journal.count().get("gcn.circular") == 30 and app.settled(), 30, "circulars in the graph"
        )
        wait_until(lambda: len(looks.states()) > 20, 60, "the service's own first looks")
        status, findings = installed.check()
        assert {name: f["reason"] for name, f in findings.items() if f["ok"] is False} == {}
        assert status == 0
        untold = {name for name, finding in findings.items() if finding["ok"] is None}
        assert untold == {"certificates"}, "no https address is set; everything else was looked at"
        assert findings["canary"]["values"]["told_slack_s"] > 0
        assert "Canary" in installed.slack.roots("C0TEST")[0]["text"]
        assert installed.slack.channels["C0OPS"] == [], "nobody hears of a canary, and of nothing else here"
        assert {state.state for state in looks.states() if state.state not in ("well", "unknown")} == set()


def test_a_broker_that_stopped_is_named(installed: Installation, broker: OwnBroker) -> None:
    _make_journal(installed)
    broker.stop()
    try:
        finding = installed.broken("kafka")
    finally:
        broker.start()
    assert broker.address in finding["reason"]
    assert f"is the broker at {broker.address} up" in finding["mend"]


def _make_journal(installed: Installation) -> None:
    from nuncius.journal import Journal

    (installed.folder / "var").mkdir(exist_ok=True)
    Journal.open(load(installed.toml, {}).journal_url).close()


def test_a_login_that_is_refused_is_named(installed: Installation) -> None:
    _make_journal(installed)
    installed.secret = "wr0ng-secret"
    installed.write()
    finding = installed.broken("kafka")
    assert "login refused" in finding["reason"]
    assert "quickstart" in finding["mend"]
    assert "wr0ng-secret" not in json.dumps(finding)


def test_tokens_that_ran_out_are_named(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    _make_journal(installed)
    monkeypatch.setenv("ODA_TOKEN", token(days=-2))
    assert "ODA_TOKEN: ran out 48.0 h ago" in installed.broken("mmoda-token")["reason"].replace("2 days", "48.0 h")
    installed.token = "xoxb-revoked"
    installed.write()
    finding = installed.broken("chat")
    assert "Slack refused it with 'invalid_auth': the bot token is wrong" in finding["reason"]
    assert "xoxb-revoked" not in json.dumps(finding)


@pytest.mark.parametrize("file", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_a_damaged_graph_is_named_and_rebuilt_as_told(ran: Installation, file: str) -> None:
    """Whichever of its files it is; what is told to mend it does."""
    assert ran.check("graph")[1]["graph"]["ok"] is True
    folder = ran.folder / "var" / "graph"
    damaged = [path for path in folder.rglob(file) if "views" not in path.parts]
    assert damaged
    for path in damaged:
        content = bytearray(path.read_bytes())
        content[len(content) // 4 : len(content) // 2] = b"\xa5" * (len(content) // 2 - len(content) // 4)
        path.write_bytes(bytes(content))
    finding = ran.broken("graph")
    assert "nuncius kg rebuild" in finding["mend"]
    rebuilt = CliRunner().invoke(cli, ["kg", "--config", str(ran.toml), "rebuild"])
    assert rebuilt.exit_code == 0, rebuilt.output + repr(rebuilt.exception)
    assert ran.check("graph")[1]["graph"]["ok"] is True


@pytest.mark.parametrize("where", ["header", "middle"])
def test_a_damaged_database_is_named_and_keeps_no_other_check_from_being_made(ran: Installation, where: str) -> None:
    file = ran.folder / "var" / "nuncius.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = file.stat().st_size
    with file.open("r+b") as database:
        database.seek(0 if where == "header" else size // 3)
        database.write(b"\xa5" * (100 if where == "header" else size // 3))
    status, findings = ran.check()
    assert status == 1
    assert findings["database"]["ok"] is False
    assert ".recover" in findings["database"]["mend"]
    assert findings["disk"]["ok"] is True
    assert findings["kafka"]["ok"] is True
    assert findings["mmoda-dispatcher"]["ok"] is True
    stumbled = [finding["reason"] for finding in findings.values() if "a mistake in the check" in finding["reason"]]
    assert stumbled == []


def test_a_full_disk_is_named(installed: Installation) -> None:
    """Simulated: more room is asked for than any disk has."""
    _make_journal(installed)
    installed.checks = "least_free_gib = 1e9"
    installed.write()
    finding = installed.broken("disk")
    assert "at least 1e+09 are wanted" in finding["reason"]
    assert "make room" in finding["mend"]


def test_a_clock_that_is_wrong_is_named(installed: Installation) -> None:
    _make_journal(installed)
    installed.mmoda.clock_offset_s = 7200
    finding = installed.broken("clock")
    assert "it is 7200 s slow" in finding["reason"]
    assert "timedatectl" in finding["mend"]


def test_tables_of_another_version_are_named(installed: Installation) -> None:
    _make_journal(installed)
    with sqlite3.connect(installed.folder / "var" / "nuncius.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
    status, findings = installed.check("migrations", "database", "feeds")
    assert status == 1
    assert "is at revision 0002" in findings["migrations"]["reason"]
    assert "start `nuncius run` once" in findings["migrations"]["mend"]
    assert findings["feeds"]["ok"] is None
    assert "not to be told without the journal" in findings["feeds"]["reason"]


def test_a_service_that_stopped_and_a_reference_that_moved_are_named(ran: Installation) -> None:
    ran.mmoda.names["Crab"]["dec"] = 23.5
    assert "dec is 23.5; expected 22.01 ± 0.1" in ran.broken("mmoda-resolver-crab")["reason"]
    from nuncius.journal import Journal

    with Journal.open(load(ran.toml, {}).journal_url) as journal:  # as if it had ended long ago
        long_ago = "UPDATE feeds SET last_heartbeat = '2026-01-01 00:00:00.000000+00:00'"
        journal.transact(lambda c: c.exec_driver_sql(long_ago))
    assert "start `nuncius run`" in ran.broken("service")["mend"]
