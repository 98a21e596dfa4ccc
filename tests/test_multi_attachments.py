"""A report's file for machines: on the page, in Slack's thread, in the terminal's folder; nothing else is given out."""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from chat_samples import CHANNEL, OBJECT, T0, courier, drain, know, notice, open_journal, report, slack_target
from local_slack import LocalSlack
from rich.console import Console

from chat.terminal import TerminalTarget
from console.server import WebSettings, serve
from nuncius.core.clock import VirtualClock
from nuncius.core.report import Attachment, ReportState
from nuncius.core.result import Table
from nuncius.journal import Journal

CONTENT = b'{"name": "GRB 170817A", "missing": []}'


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "grb170817a")
        yield opened


def attachment(journal: Journal, content: bytes = CONTENT) -> Attachment:
    return Attachment(name="joint.json", sha256=journal.put_blob(content))


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.fixture
def page(journal: Journal) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    stop = threading.Event()
    server = threading.Thread(target=serve, args=(journal, WebSettings(port=port), stop))
    server.start()
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    yield port
    stop.set()
    server.join(timeout=10)


def test_the_page_gives_out_what_a_report_carries_and_no_other_blob(journal: Journal, page: int) -> None:
    file = attachment(journal)
    raw = journal.put_blob(b'{"secret": 1}')
    long = Table(name="instruments", columns=["a"], rows=[[str(n)] for n in range(13)])
    journal.enqueue([("web", report(attachments=[file], tables=[long]))], now=T0)
    name = quote(OBJECT.rsplit("/", 1)[-1], safe="~")
    status, body = get(page, f"/thread/{name}")
    assert status == 200
    link = f"/attached/{file.sha256}?thread={quote(OBJECT, safe='/')}"
    assert f'href="{link}" download="joint.json"' in body.decode()
    assert "<summary>instruments: 13 rows</summary>" in body.decode()
    assert get(page, link) == (200, CONTENT)
    assert get(page, link.replace(file.sha256, raw))[0] == 404
    assert get(page, f"/attached/{file.sha256}")[0] == 404


def test_slack_gets_the_file_once_in_the_thread(journal: Journal) -> None:
    clock = VirtualClock(T0)
    with LocalSlack(channels={CHANNEL: []}) as slack:
        target = slack_target(slack, clock)
        for said in (report(attachments=[attachment(journal)]), report("k2", attachments=[attachment(journal)])):
            journal.enqueue([("slack", said)], now=clock.now())
            drain(courier(journal, target, clock), clock)
        (file,) = slack.files.values()
        assert file["content"] == CONTENT
        assert str(file["name"]).startswith("joint-")
        assert str(file["name"]).endswith(".json")
        newer = report("k3", attachments=[attachment(journal, b"{}")])
        journal.enqueue([("slack", newer)], now=clock.now())
        drain(courier(journal, target, clock), clock)
        assert [f["content"] for f in slack.files.values()] == [CONTENT, b"{}"]


def test_the_terminal_keeps_the_file_and_says_where(journal: Journal, tmp_path: Path) -> None:
    out = io.StringIO()
    target = TerminalTarget(Console(file=out, width=300), tmp_path / "kept")
    said = report(attachments=[attachment(journal)])
    target.deliver(said, blob=journal.blob, thread={}, previous=None)
    (path,) = (tmp_path / "kept").iterdir()
    assert path.suffix == ".json"
    assert path.read_bytes() == CONTENT
    assert str(path) in out.getvalue()
    gone = report("k2", attachments=[attachment(journal, b"{}")], state=ReportState.RETRACTED)
    target.deliver(gone, blob=journal.blob, thread={}, previous=None)
    assert len(list((tmp_path / "kept").iterdir())) == 1
