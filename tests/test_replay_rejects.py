"""What could not be understood is kept with its bytes, and is understood after a fix without being sent again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from nuncius.cli import cli
from nuncius.journal import Journal, Reject
from nuncius.replaying import replay_rejects

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CIRCULAR = {"circularId": 1, "subject": "GRB 260102A: seen", "body": "Seen.", "createdOn": 1767312000000}


def rejected(raw: bytes) -> Reject:
    return Reject(received=NOW, source="kafka:test", topic="gcn.circulars", raw=raw, error="FormatError", reason="old")


def test_a_reject_that_parses_now_is_journalled_and_resolved_and_the_others_stay(journal: Journal) -> None:
    journal.append([], rejects=[rejected(json.dumps(CIRCULAR).encode()), rejected(b"\xff\xfe nothing")])
    assert replay_rejects(journal) == (1, 1)
    assert [stored.event.id for stored in journal.read(0)] == ["circular:1/1"]
    assert [reject.raw for reject in journal.replayable_rejects()] == [b"\xff\xfe nothing"]
    assert replay_rejects(journal) == (0, 1)
    assert len(journal.read(0)) == 1


def test_the_command_says_how_many_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUNCIUS_DATA_DIR", str(tmp_path))
    with Journal.open(f"sqlite:///{tmp_path}/nuncius.db") as journal:
        journal.append([], rejects=[rejected(json.dumps(CIRCULAR).encode())])
    result = CliRunner().invoke(cli, ["replay", "--rejects"])
    assert (result.exit_code, result.output.split(";")[0]) == (0, "1 understood now, 0 left")
    assert CliRunner().invoke(cli, ["replay"]).exit_code == 2
