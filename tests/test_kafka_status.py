"""`nuncius status` and `nuncius doctor` as a person calls them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kafka_broker import shared
from kafka_samples import circular

from listeners.intake import Record, keep, understand
from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError
from nuncius.journal import FeedSeen, Journal, Offset

SECRET = "n0body-may-see-this"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of one's own, and no credentials of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("GCN_CLIENT_ID", "GCN_CLIENT_SECRET", "SLACK_BOT_TOKEN", "NUNCIUS_CONFIG", "NUNCIUS_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def nuncius(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def journal_with_a_night(folder: Path) -> None:
    folder.mkdir()
    now = datetime.now(UTC)
    with Journal.open(f"sqlite:///{folder}/nuncius.db") as journal:
        values = [circular(1), circular(2), b"no alert at all"]
        records = [
            Record(topic="gcn.circulars", partition=0, offset=n, value=v, received=now) for n, v in enumerate(values)
        ]
        batch = [understand(r, source="kafka:me", parse=_parse) for r in records]
        offset = Offset(group="me", topic="gcn.circulars", partition=0, next_offset=3, updated=now, high=10)
        keep(journal, batch, source="kafka:me", offsets=[offset])
        journal.feed_seen(
            [
                FeedSeen(feed="gcn.circulars", at=now - timedelta(days=2)),
                FeedSeen(feed="gcn.circulars", at=now, count=2),
                FeedSeen(feed="kafka:me", at=now, count=0, heartbeat=True),
            ]
        )
        journal.set_feed_state("gcn.circulars", "quiet", since=now, detail="nothing for a while")
        journal.advance("kg", 1)


def _parse(message: object) -> list[object]:
    from listeners.formats import parse

    return parse(message)  # type: ignore[arg-type, return-value]


def test_status_without_a_journal_says_how_to_get_one_and_makes_none(tmp_path: Path) -> None:
    result = nuncius("status")
    assert isinstance(result.exception, ConfigurationError)
    assert "nothing has run here yet" in str(result.exception)
    assert not (tmp_path / "var").exists()


def test_status_shows_feeds_lag_rejects_and_cursors(tmp_path: Path) -> None:
    journal_with_a_night(tmp_path / "var")
    found = json.loads(nuncius("status", "--json").stdout)
    (feed,) = [row for row in found["feeds"] if row["feed"] == "gcn.circulars"]
    assert feed["state"] == "quiet"
    assert feed["count"] == 3
    assert feed["per_day"] == pytest.approx(1.0, rel=1e-3)
    assert feed["usually_within_s"] == 86400
    assert found["offsets"][0]["behind"] == 7
    assert found["events"]["kinds"] == {"gcn.circular": 2}
    assert found["consumers"]["kg"] == {"cursor": 1, "lag": 1}
    assert found["rejects"]["open"] == 1
    assert found["rejects"]["reasons"][0]["error"] == "FormatError"
    shown = nuncius("status").stdout
    for word in ("gcn.circulars", "quiet", "nothing for a while", "Rejected messages: 1", "1 behind"):
        assert word in shown


def test_status_tells_when_no_listener_runs(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    with Journal.open(f"sqlite:///{tmp_path}/var/nuncius.db") as journal:
        journal.feed_seen([FeedSeen(feed="kafka:me", at=long_ago, count=0, heartbeat=True)])
        journal.set_feed_state("kafka:me", "ok", since=long_ago, detail="")
    found = json.loads(nuncius("status", "--json").stdout)
    assert [row["state"] for row in found["feeds"]] == ["not running"]


def test_doctor_finds_a_fresh_installation_well_and_makes_nothing(tmp_path: Path) -> None:
    result = nuncius("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert findings["kafka"]["ok"] is None
    assert "gcn.nasa.gov/quickstart" in findings["kafka"]["mend"]
    assert list(tmp_path.iterdir()) == []


def test_doctor_names_what_is_broken_and_how_to_mend_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCN_CLIENT_ID", "abcdef")
    monkeypatch.setenv("SLACK_BOT_TOKEN", f"xoxp-{SECRET}")
    (tmp_path / "var").write_text("a file where the folder should be")
    result = nuncius("doctor", "--json")
    broken = {f["name"]: f for f in json.loads(result.stdout) if f["ok"] is False}
    assert result.exit_code == 1
    assert set(broken) >= {"data folder", "kafka", "slack"}
    assert "client_secret is missing" in broken["kafka"]["reason"]
    assert "xoxb-" in broken["slack"]["mend"]
    assert SECRET not in result.output


def test_doctor_says_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "nuncius.toml").write_text('[kafka]\ntopcis = ["gcn.circulars"]\n')
    result = nuncius("doctor")
    assert result.exit_code == 1
    assert "topcis" in result.stdout


def test_doctor_finds_targets_and_rules_that_would_not_start(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("rule: a\nwhen: lvk.alrt\ndo:\n  - post: x\n")
    (tmp_path / "nuncius.toml").write_text('targets = ["slak"]\nrules = ["mine.yaml"]\n')
    result = nuncius("doctor", "--json")
    broken = {f["name"]: f for f in json.loads(result.stdout) if f["ok"] is False}
    assert result.exit_code == 1
    assert "did you mean 'slack'" in broken["targets"]["reason"]
    assert "lvk.alert" in broken["rules"]["reason"]
    assert "nuncius rules check mine.yaml" in broken["rules"]["mend"]
    (tmp_path / "nuncius.toml").write_text('rules = ["nowhere"]\n')
    assert "no rules at nowhere" in nuncius("doctor").stdout


def test_doctor_finds_credentials_that_others_can_read(tmp_path: Path) -> None:
    file = tmp_path / "gcn.toml"
    file.write_text(f'client_id = "abcdef"\nclient_secret = "{SECRET}"\n')
    file.chmod(0o644)
    (tmp_path / "nuncius.toml").write_text(f'[kafka]\ncredentials_file = "{file}"\n')
    result = nuncius("doctor")
    assert result.exit_code == 1
    assert f"chmod 600 {file}" in result.stdout
    assert SECRET not in result.output
    file.chmod(0o600)
    assert nuncius("doctor").exit_code == 0


def test_doctor_asks_the_broker_which_topics_match(tmp_path: Path) -> None:
    with shared() as broker:
        broker.create("doctor.one")
        text = f'[kafka]\nbootstrap_servers = "{broker.address}"\ngroup_id = "d"\ntopics = ["doctor.*"]\n'
        (tmp_path / "nuncius.toml").write_text(text)
        assert "1 topics match" in nuncius("doctor", "--connect").stdout
        (tmp_path / "nuncius.toml").write_text(text.replace("doctor.*", "doctor.two"))
        result = nuncius("doctor", "--connect")
        assert result.exit_code == 1
        assert "no topic doctor.two" in result.stdout
