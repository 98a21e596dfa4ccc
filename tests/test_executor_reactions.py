"""Analyses within reactions: what is told while they run, and what is done again when a worker is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import chat_samples
import executor_samples
import msgspec
import pytest
from local_slack import LocalSlack
from rules_samples import NOON, Night, gw, retraction

from analyses.executor import LocalExecutor
from analyses.worker import Setup
from nuncius.core.clock import VirtualClock
from nuncius.core.report import Report, ReportState, Severity
from reactors import telling

MakeNight = Callable[[str], Night]
STEPS = "rule: r\nwhen: lvk.alert\ndo:\n  - {run: sample-steps, with: {steps: %d, pause: 0.2}}\n"


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeNight]:
    monkeypatch.setattr(telling, "FIRST_WORD_S", 0.1)
    monkeypatch.setattr(telling, "BETWEEN_WORDS_S", 0.5)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    made: list[Night] = []

    def make(rules: str) -> Night:
        made.append(Night(tmp_path, rules))
        return made[-1]

    yield make
    for each in made:
        each.close()


def running(n: Night) -> Iterator[None]:
    """Look after what runs until nothing does; the clock goes on, so that steps are renewed."""
    until = time.monotonic() + 60
    while n.runner.tick() or n.runner.busy:
        assert time.monotonic() < until
        n.clock.sleep(1.0)
        yield
        time.sleep(0.02)


def words(report: Report) -> tuple[str, int]:
    return report.title, report.revision


def test_people_read_how_far_a_long_analysis_is_where_its_answer_will_stand(night: MakeNight) -> None:
    n = night(STEPS % 8)
    n.hears(gw("a"))
    kept = []
    for _ in running(n):
        n.delivers()
        (step,) = n.journal.steps(n.journal.reactions()[0].id)
        if step.progress is not None and step.progress not in kept:
            kept.append(step.progress)
    assert [one["fraction"] for one in kept] == [k / 8 for k in range(8)][-len(kept) :]
    assert len(kept) >= 4
    *early, last = n.reports()
    assert words(last) == ("8 steps", 1)
    assert 2 <= len(early) <= 4  # 1.6 s, every half second; not all eight
    for one in early:
        assert one.title.startswith("sample-steps is running: ")
        assert (one.slot, one.thread, one.revision) == (last.slot, last.thread, 0)
        assert one.severity is Severity.INFO
    (step,) = n.journal.steps(n.journal.reactions()[0].id)
    assert step.progress is None


def test_words_that_nobody_has_read_yet_are_overtaken(night: MakeNight) -> None:
    n = night(STEPS % 6)
    n.hears(gw("a"))
    for _ in running(n):
        pass  # nothing is delivered meanwhile
    states = [(stored.state, words(stored.report)) for stored in n.journal.reports() if stored.target == "web"]
    assert ("pending", ("6 steps", 1)) in states
    assert [state for state, (title, _) in states if "running" in title] == ["cancelled"] * (len(states) - 1)
    assert len(states) > 1


def test_a_short_analysis_says_only_its_answer(night: MakeNight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "FIRST_WORD_S", 5.0)
    n = night(STEPS % 3)
    n.hears(gw("a"))
    for _ in running(n):
        pass
    assert n.titles() == ["3 steps"]


def test_a_first_answer_stands_until_there_is_a_better_one(night: MakeNight) -> None:
    n = night("rule: r\nwhen: lvk.alert\ndo:\n  - {run: sample-steps, with: {steps: '${ev.far * 1e12}', pause: 0.3}}\n")
    n.hears(gw("a", data={"far": 1e-12}))
    for _ in running(n):
        pass
    said = len(n.reports())
    n.hears(gw("b", data={"far": 5e-12}))
    for _ in running(n):
        pass
    assert [words(report) for report in n.reports()[said:]] == [("5 steps", 2)]


def test_a_retraction_marks_what_was_said_of_an_analysis_that_never_ended(night: MakeNight) -> None:
    n = night(STEPS % 100)
    n.hears(gw("a"))
    for _ in running(n):
        n.delivers()
        if n.reports():
            break
    n.hears(retraction("b", received=NOON + timedelta(minutes=9)))
    for _ in running(n):
        n.delivers()
    first, marked, said = n.reports()
    assert marked == msgspec.structs.replace(first, state=ReportState.RETRACTED, revision=1, key=marked.key)
    assert said.title.startswith("Retracted by LVK")


def test_a_step_whose_worker_is_killed_is_done_again_unasked(night: MakeNight, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    n = night(f"rule: r\nwhen: lvk.alert\ndo:\n  - {{run: sample-note, with: {{folder: '{notes}', wait: 1.0}}}}\n")
    n.executor.close()
    n.executor = LocalExecutor(1, setup=Setup.as_here([executor_samples.__name__]))  # type: ignore[assignment]
    n.start()
    n.hears(gw("a"))
    killed = 0
    until = time.monotonic() + 60
    while n.journal.reactions()[0].state != "done":
        assert time.monotonic() < until
        n.runner.tick()
        found = sorted(notes.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        if len(found) > killed and killed < 2:
            killed += 1
            os.kill(int(found[-1].name.partition("-")[0]), signal.SIGKILL)
        n.clock.sleep(0.1)
        time.sleep(0.02)
    assert n.titles() == ["noted"]
    assert len(list(notes.iterdir())) == 3


def test_a_step_over_which_every_worker_dies_ends_and_says_so(night: MakeNight) -> None:
    n = night("rule: r\nwhen: lvk.alert\ndo:\n  - {run: sample-crash}\n")
    n.executor.close()
    n.executor = LocalExecutor(1, setup=Setup.as_here([executor_samples.__name__]))  # type: ignore[assignment]
    n.start()
    n.hears(gw("a"))
    until = time.monotonic() + 60
    while n.journal.reactions()[0].state != "failed":
        assert time.monotonic() < until
        n.runner.tick()
        n.clock.sleep(1.0)
        time.sleep(0.02)
    (said,) = n.reports()
    assert said.title == "sample-crash did not work"
    assert "its worker process died" in said.text
    (step,) = n.journal.steps(n.journal.reactions()[0].id)
    assert step.attempt == 4


def test_on_slack_the_message_is_edited_in_place_and_a_short_reply_says_that_the_answer_is_there(
    tmp_path: Path,
) -> None:
    clock = VirtualClock(chat_samples.T0)
    with (
        chat_samples.open_journal(tmp_path) as journal,
        LocalSlack(channels={chat_samples.CHANNEL: []}) as slack,
    ):
        chat_samples.know(journal, chat_samples.notice(), chat_samples.OBJECT, "grb170817a")
        carrier = chat_samples.courier(journal, chat_samples.slack_target(slack, clock), clock)
        answer = chat_samples.report("done", severity=Severity.NOTICE)
        for part in (20, 60):
            word = {"key": f"at{part}", "title": f"it is running: {part} %", "revision": 0, "severity": Severity.INFO}
            journal.enqueue([("slack", msgspec.structs.replace(answer, **word))], now=clock.now())
            chat_samples.drain(carrier, clock)
        shown = [message["text"] for message in slack.channels[chat_samples.CHANNEL]]
        assert len(shown) == 2
        assert "60 %" in shown[1]
        journal.enqueue([("slack", answer)], now=clock.now())
        chat_samples.drain(carrier, clock)
        _, body, note = slack.channels[chat_samples.CHANNEL]
    assert answer.title in body["text"]
    assert "running" not in body["text"]
    assert note["text"].startswith(f"Done: {answer.title}")
