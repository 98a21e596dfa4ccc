"""The composition keeps its parts running, and says in one line what a person can mend."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from nuncius.app import assemble
from nuncius.core.errors import ConfigurationError
from nuncius.replaying import replay, replay_settings
from nuncius.settings import Settings


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"data folder .* cannot be made"):
        assemble(Settings(data_dir=tmp_path / "data"), [])


def test_a_part_that_fails_starts_again_and_only_a_surprise_shows_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("nuncius.app.FIRST_RESTART_S", 0.01)
    app = assemble(Settings(data_dir=tmp_path, targets=()), [])
    failures: list[Exception] = [ConfigurationError("the port is taken"), ZeroDivisionError("a mistake")]
    ran = threading.Event()

    def part(_: threading.Event) -> None:
        if failures:
            raise failures.pop(0)
        ran.set()

    app.parts = {"part": part}
    with caplog.at_level(logging.ERROR, logger="nuncius.app"):
        app.start()
        assert ran.wait(10)
    app.close()
    known, surprise = caplog.records
    assert "the port is taken" in known.getMessage()
    assert not known.exc_info
    assert surprise.exc_info


def test_a_replay_that_is_interrupted_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(threading.enumerate())

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nuncius.replaying.Replay.run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replay(replay_settings(tmp_path, []), [tmp_path])
    assert [t.name for t in set(threading.enumerate()) - before if t.name in ("kg", "reactors", "runner")] == []
