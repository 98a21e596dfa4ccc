"""`nuncius poll`, `run`, `status` and `doctor` as a person calls them, against a server that plays the services."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from papers_server import TOKEN, Fault, PaperServer, document

from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError
from nuncius.journal import Journal, Turns

DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[PaperServer]:
    now = datetime.now(UTC).replace(microsecond=0)
    with PaperServer(moment=now) as running:
        running.paper("2511.00001", now - 5 * DAY, title="An invented burst")
        running.telegrams = [(100 + n, now - DAY) for n in range(3)]
        running.documents = [document(n, now - DAY) for n in range(4)]
        yield running


@pytest.fixture
def config(server: PaperServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GCN_CLIENT_ID", "GCN_CLIENT_SECRET", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("listeners.papers._arxiv_api.PACE_S", 0.0)
    monkeypatch.setattr("listeners.papers.atel.PACE_S", 0.0)
    monkeypatch.setenv("ADS_API_TOKEN", TOKEN)
    file = tmp_path / "nuncius.toml"
    file.write_text(
        f'data_dir = "{tmp_path / "var"}"\n[web]\nenabled = false\n[papers]\nads_query = "burst"\n'
        f'arxiv_url = "{server.address}/api/query"\narxiv_feed_url = "{server.address}/atom/{{category}}"\n'
        f'ads_url = "{server.address}/v1"\natel_url = "{server.address}/atel?rss"\n'
        f'atel_one_url = "{server.address}/atel?rss+{{number}}"\n'
    )
    return file


def nuncius(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def asked(result: Result) -> dict[str, Any]:
    return {one["source"]: one for one in json.loads(result.stdout)}


def test_poll_keeps_what_each_source_brings_and_then_knows_it(config: Path) -> None:
    first = nuncius("poll", "--config", config)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines() == [
        "ads: 4 new, 0 known already",
        "arxiv: 1 new, 0 known already",
        "atel: 3 new, 0 known already",
    ]
    again = asked(nuncius("poll", "--config", config, "--json"))
    assert {name: one["brought"]["new"] for name, one in again.items()} == {"ads": 0, "arxiv": 0, "atel": 0}
    assert again["ads"]["brought"]["known"] == 4


def test_a_dry_run_shows_what_there_is_and_keeps_nothing(config: Path, tmp_path: Path) -> None:
    shown = nuncius("poll", "--config", config, "--dry-run", "arxiv")
    assert shown.exit_code == 0
    assert "1 found, nothing kept" in shown.stdout
    assert "arXiv:2511.00001v1  An invented burst" in shown.stdout
    assert not (tmp_path / "var").exists()
    found = asked(nuncius("poll", "--config", config, "--dry-run", "--json", "a*"))
    assert [event["id"] for event in found["atel"]["events"]] == ["atel:100", "atel:101", "atel:102"]
    nuncius("poll", "--config", config, "atel")
    assert asked(nuncius("poll", "--config", config, "--dry-run", "--json", "atel"))["atel"]["events"] == []


def test_a_source_that_fails_is_told_with_its_reason_and_the_others_are_asked(
    config: Path, server: PaperServer
) -> None:
    server.faults.append(Fault("/v1", "refuse", 503))
    result = nuncius("poll", "--config", config)
    assert result.exit_code == 1
    assert "the server answered 503" in result.stdout
    assert "atel: 3 new" in result.stdout
    status = nuncius("status", "--config", config)
    assert "failing" in status.stdout
    assert "503" in status.stdout
    duties = {row["duty"]: row for row in json.loads(nuncius("status", "--config", config, "--json").stdout)["duties"]}
    assert (duties["ads"]["failures"], duties["atel"]["state"]) == (1, "ok")
    assert duties["atel"]["due"] > duties["atel"]["succeeded"]


def test_a_source_that_another_process_is_asking_is_left_to_it(config: Path, tmp_path: Path) -> None:
    nuncius("poll", "--config", config, "atel")
    with Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}") as journal:
        Turns(journal, "elsewhere/pid:[1]:1:ab").take("atel", now=datetime.now(UTC), lease_s=600.0, waits=False)
    result = nuncius("poll", "--config", config, "atel")
    assert result.exit_code == 1
    assert "another process is asking it" in result.stdout


def test_the_list_says_how_each_source_stands_and_asks_nobody(config: Path, server: PaperServer) -> None:
    before = nuncius("poll", "--config", config, "--list")
    assert "atel: every 10 min, never asked" in before.stdout
    assert server.calls == []
    nuncius("poll", "--config", config, "atel")
    rows = json.loads(nuncius("poll", "--config", config, "--list", "--json").stdout)
    assert [row["source"] for row in rows if row["succeeded"]] == ["atel"]


def test_a_source_that_is_misspelt_and_no_source_at_all_say_what_to_do(config: Path, tmp_path: Path) -> None:
    wrong = nuncius("poll", "--config", config, "arxvi").exception
    assert isinstance(wrong, ConfigurationError)  # which the command line makes a line and exit status 2
    assert "did you mean 'arxiv'?" in str(wrong)
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    for command in ("poll", "run"):
        nothing = nuncius(command, "--config", empty).exception
        assert isinstance(nothing, ConfigurationError)
        assert "[papers]" in str(nothing)


def test_a_token_alone_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nuncius.settings import load

    monkeypatch.chdir(tmp_path)
    assert load(environment={"ADS_API_TOKEN": "x"}).papers is None
    (tmp_path / "nuncius.toml").write_text("[papers]\n")
    (tmp_path / "token").write_text("from-a-file\n")
    papers = load(environment={"ADS_API_TOKEN_FILE": str(tmp_path / "token")}).papers
    assert papers is not None
    assert papers.ads_token == "from-a-file"


def test_doctor_names_what_is_asked_and_what_lacks_without_telling_the_token(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = nuncius("doctor", "--config", config)
    assert "asked for news: ads, arxiv, atel" in good.output
    assert TOKEN not in good.output
    monkeypatch.delenv("ADS_API_TOKEN")
    lacking = {f["name"]: f for f in json.loads(nuncius("doctor", "--config", config, "--json").stdout)}
    assert lacking["asked for news"]["ok"] is False
    assert "ADS_API_TOKEN" in lacking["asked for news"]["reason"]
    assert TOKEN not in nuncius("status", "--config", config).output


def test_the_service_runs_without_kafka_asks_at_once_and_stops_when_told(
    config: Path, tmp_path: Path, project: Path
) -> None:
    log = tmp_path / "log"
    with log.open("wb") as out:
        service = subprocess.Popen(
            [sys.executable, "-m", "nuncius.cli", "run", "--verbose", "--config", str(config)],
            cwd=project,
            stdout=out,
            stderr=out,
            env={k: v for k, v in os.environ.items() if not k.startswith(("GCN_", "SLACK_"))},
        )
        try:
            url, deadline = f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}", time.monotonic() + 60
            wanted = {"paper.ads": 4, "paper.arxiv": 1, "paper.atel": 3}
            counts: dict[str, int] = {}
            while not wanted.items() <= counts.items() and time.monotonic() < deadline:
                time.sleep(0.3)
                if (tmp_path / "var" / "nuncius.db").exists():
                    try:
                        with Journal.open(url, migrate=False) as journal:
                            counts = journal.count()
                    except Exception:
                        continue  # the service is just making it
            service.send_signal(signal.SIGTERM)
            assert service.wait(30) == 0, log.read_text()
        finally:
            service.kill()
            service.wait()
    assert wanted.items() <= counts.items(), log.read_text()
    assert TOKEN not in log.read_text()
