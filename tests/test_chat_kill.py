"""A courier is killed (SIGKILL) around every single call it makes to Slack; another one goes on.

Nothing may be lost, and nothing may appear twice: no thread, no report, no picture, no call to people on duty.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import courier_child
import pytest
from chat_samples import CHANNEL, OBJECT, T0, know, notice, open_journal, picture, report
from local_slack import TOKEN, LocalSlack

from nuncius.core.report import Severity

EXPECTED = ["head", "localization", "localization/note/k3", "upper", "upper/call"]


# Each process is forked from one that has the modules loaded: half a hundred are started here.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["chat.courier", "chat.slack_target", "nuncius.journal"])


def start(folder: Path, slack: LocalSlack) -> BaseProcess:
    url = f"sqlite:///{folder / 'journal.db'}"
    child = FORKS.Process(target=courier_child.main, args=(url, slack.base_url, CHANNEL, TOKEN))
    child.start()
    return child


def ended(child: BaseProcess) -> int | None:
    """Its exit code; None where it hangs."""
    child.join(60)
    return child.exitcode


def night(folder: Path) -> None:
    """A report with a picture, a page, and a revision of the first with another picture."""
    with open_journal(folder) as journal:
        know(journal, notice(), OBJECT, "grb170817a")
        first = report("k1", pictures=[picture(journal)])
        page = report("k2", slot="upper", severity=Severity.PAGE)
        second = report("k3", text="28 deg²", revision=2, pictures=[picture(journal, "night", "black")])
        journal.enqueue([("slack", item) for item in (first, page, second)], now=T0)


def check(folder: Path, slack: LocalSlack) -> None:
    slots = Counter(slot for slot, _ in slack.slots(CHANNEL))
    assert slots == Counter(EXPECTED)
    assert dict(slack.slots(CHANNEL))["localization"] == "k3"
    names = Counter(file["name"] for m in slack.channels[CHANNEL] for file in m.get("files", []))
    assert sorted(names.values()) == [1, 1]
    with open_journal(folder) as journal:
        assert {row.state for row in journal.reports()} == {"delivered"}


def calls_of_a_quiet_run(folder: Path) -> int:
    folder.mkdir()
    night(folder)
    with LocalSlack(channels={CHANNEL: []}) as slack:
        assert ended(start(folder, slack)) == 0
        check(folder, slack)
        return len(slack.calls)


@pytest.mark.slow
def test_a_courier_killed_around_every_call_loses_and_doubles_nothing(tmp_path: Path) -> None:
    total = calls_of_a_quiet_run(tmp_path / "quiet")
    assert total >= 12
    killed = 0
    for point in range(total):
        for moment in ("before", "after"):
            folder = tmp_path / f"{moment}-{point}"
            folder.mkdir()
            night(folder)
            with LocalSlack(channels={CHANNEL: []}) as slack:
                child = start(folder, slack)
                seen, gone = 0, threading.Event()

                def kill(_: str, child: BaseProcess = child, point: int = point, gone: threading.Event = gone) -> None:
                    nonlocal seen
                    if seen == point:
                        child.kill()
                        gone.wait(60)  # only one thread may wait for the process itself
                    seen += 1

                setattr(slack, moment, kill)
                killed += ended(child) == -9
                gone.set()
                setattr(slack, moment, None)
                assert ended(start(folder, slack)) == 0
                check(folder, slack)
    assert killed == 2 * total
