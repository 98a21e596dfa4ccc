"""Both ways in from Slack: Socket Mode with drops, refreshes, late and repeated deliveries; HTTP with signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from chat_samples import CHANNEL, TEST_CHANNEL
from fastapi.testclient import TestClient
from local_slack import APP_TOKEN, TOKEN, Fault, LocalSlack
from local_slack_socket import command, mention, pressed
from rules_samples import gw
from slack_stage import ANN, BOB, Stage

from chat.slack_requests import read
from chat.slack_socket import SlackSocket
from console.app import create_app
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.journal.inbox import Inbox

RULES = """rule: gated
when: lvk.alert
do:
  - ask: "Send it?"
    timeout: 2h
  - post: "sent"
"""
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: []}) as slack:
        made = Stage(tmp_path, RULES, slack, signing_secret=SECRET)
        made.hears(gw("a", object=None))
        made.goes_on()
        yield made
        made.close()


# --- Socket Mode ---


@pytest.fixture
def socket(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The stage with a connection that is open."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    stop = threading.Event()
    client = SlackSocket(stage.settings, stage.door, ping_s=0.1)
    runs = threading.Thread(target=client.run, args=(stop,), daemon=True)
    runs.start()
    stage.slack.sockets.wait_connected()
    yield stage
    stop.set()
    runs.join(timeout=10)
    assert not runs.is_alive()


def waiting(stage: Stage) -> int:
    return Inbox(stage.journal, "slack").states().get("waiting", 0)


def eventually(stage: Stage, count: int) -> None:
    end = time.monotonic() + 10
    while waiting(stage) < count:
        assert time.monotonic() < end, "nothing came in"
        time.sleep(0.01)


def test_a_request_is_kept_and_acknowledged_before_it_is_answered(socket: Stage) -> None:
    sockets = socket.slack.sockets
    sent = sockets.deliver("interactive", pressed(ANN, CHANNEL, socket.message("Send it?"), "Approve"))
    assert sent.acked.wait(5)
    assert sent.latency_s < 3.0
    assert waiting(socket) == 1
    assert socket.slack.whispers == []
    socket.answers()
    assert "Approved by Ann" in socket.slack.whispers[0]["text"]
    assert socket.message("sent")


def test_what_was_not_acknowledged_in_time_comes_again_and_counts_once(socket: Stage) -> None:
    sockets = socket.slack.sockets
    sockets.deaf, sockets.patience_s = True, 0.2
    sent = sockets.deliver("slash_commands", command(BOB, CHANNEL, "questions"))
    eventually(socket, 1)
    while sent.attempts < 3:
        time.sleep(0.01)
    sockets.deaf = False
    assert sent.acked.wait(5)
    assert waiting(socket) == 1
    socket.answers()
    assert len(socket.slack.whispers) == 1


def test_a_dropped_connection_is_opened_again_and_nothing_is_lost(socket: Stage) -> None:
    sockets = socket.slack.sockets
    before = sockets.opened
    sockets.drop()
    sent = sockets.deliver("slash_commands", command(BOB, CHANNEL, "status"))
    sockets.wait_connected(more_than=before, timeout_s=20)
    assert sent.acked.wait(10)
    assert waiting(socket) == 1


def test_a_connection_that_slack_refreshes_is_replaced(socket: Stage) -> None:
    sockets = socket.slack.sockets
    before = sockets.opened
    sockets.refresh()
    sockets.wait_connected(more_than=before)
    assert sockets.deliver("events_api", mention(BOB, CHANNEL, "help")).acked.wait(10)
    assert waiting(socket) == 1


def test_a_form_is_opened_at_once(socket: Stage) -> None:
    payload = pressed(ANN, CHANNEL, socket.message("Send it?"), "Reject…")
    assert socket.slack.sockets.deliver("interactive", payload).acked.wait(5)
    end = time.monotonic() + 5
    while not socket.slack.views and time.monotonic() < end:
        time.sleep(0.01)
    assert socket.slack.views[0]["title"]["text"] == "Reject"
    assert waiting(socket) == 0


def test_a_wrong_app_token_is_said_and_never_shown(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    import msgspec

    wrong = msgspec.structs.replace(stage.settings, app_token="xapp-wrong")
    with pytest.raises(Exception, match="invalid_auth") as caught:
        SlackSocket(wrong, stage.door).run(threading.Event())
    assert "xapp" not in str(caught.value)
    assert "xapp" not in caplog.text
    assert "xapp" not in repr(wrong)
    missing = msgspec.structs.replace(stage.settings, app_token="", app_token_file="/nowhere/app")
    with pytest.raises(ConfigurationError, match=r"slack.app_token_file '/nowhere/app' cannot be read"):
        SlackSocket(missing, stage.door)


def test_slack_failing_at_first_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.setattr("chat.slack_socket.FIRST_WAIT_S", 0.02)
    stage.slack.faults += [
        Fault("apps.connections.open", "status", 500),
        Fault("apps.connections.open", "rate", 0.05),
        Fault("apps.connections.open", "lost_request"),
    ]
    stop = threading.Event()
    runs = threading.Thread(target=SlackSocket(stage.settings, stage.door, ping_s=0.1).run, args=(stop,), daemon=True)
    runs.start()
    stage.slack.sockets.wait_connected()
    stop.set()
    runs.join(timeout=10)
    assert stage.slack.faults == []


# --- HTTP ---


def client(stage: Stage) -> TestClient:
    app = create_app(stage.journal, clock=stage.clock, hosts=["testserver"], slack=stage.settings)
    return TestClient(app)


def headers(stage: Stage, body: bytes, *, secret: str = SECRET, ago_s: float = 0.0) -> dict[str, str]:
    moment = str(int(stage.clock.now().timestamp() - ago_s))
    proof = hmac.new(secret.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded"
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={proof}", "Content-Type": kind}


def test_a_signed_press_is_kept_once(stage: Stage) -> None:
    press = pressed(ANN, CHANNEL, stage.message("Send it?"), "Approve")
    body = urlencode({"payload": json.dumps(press)}).encode()
    web = client(stage)
    for _ in range(2):
        assert web.post("/slack/interactivity", content=body, headers=headers(stage, body)).status_code == 200
    stage.answers()
    assert len(stage.slack.whispers) == 1
    assert stage.message("sent")


def test_a_form_a_command_and_a_mention_come_in_by_http_too(stage: Stage) -> None:
    web = client(stage)
    press = urlencode({"payload": json.dumps(pressed(ANN, CHANNEL, stage.message("Send it?"), "Reject…"))}).encode()
    assert web.post("/slack/interactivity", content=press, headers=headers(stage, press)).status_code == 200
    assert len(stage.slack.views) == 1
    said = urlencode(command(BOB, CHANNEL, "questions")).encode()
    assert web.post("/slack/commands", content=said, headers=headers(stage, said)).status_code == 200
    told = json.dumps(mention(BOB, CHANNEL, "status")).encode()
    assert web.post("/slack/events", content=told, headers=headers(stage, told)).status_code == 200
    assert waiting(stage) == 2
    hello = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    assert web.post("/slack/events", content=hello, headers=headers(stage, hello)).json() == {"challenge": "abc"}


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "guessed"},
        {"ago_s": 301.0},
        {"ago_s": -301.0},
    ],
)
def test_forged_and_replayed_requests_are_refused(stage: Stage, change: dict[str, float]) -> None:
    body = urlencode(command(ANN, CHANNEL, "approve 1")).encode()
    answer = client(stage).post("/slack/commands", content=body, headers=headers(stage, body, **change))  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert waiting(stage) == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=\u00e9".encode("latin-1").decode("latin-1")},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "9" * 400},
    ],
)
def test_requests_without_a_whole_signature_are_refused(stage: Stage, broken: dict[str, str]) -> None:
    body = b"text=approve+1"
    given = {**headers(stage, body), **broken}
    sent = {name: value.encode("latin-1") for name, value in given.items()}
    assert client(stage).post("/slack/commands", content=body, headers=sent).status_code == 401


def test_a_changed_body_is_refused_and_a_long_one_is_not_read(stage: Stage) -> None:
    body = urlencode(command(ANN, CHANNEL, "questions")).encode()
    web = client(stage)
    proof = headers(stage, body)
    assert (
        web.post("/slack/commands", content=body.replace(b"questions", b"approve+1"), headers=proof).status_code == 401
    )
    assert web.post("/slack/commands", content=b"x" * 1_000_001, headers=proof).status_code == 413
    bad = b"\xff\xfe payload={"
    assert web.post("/slack/interactivity", content=bad, headers=headers(stage, bad)).status_code in (400, 401)
    assert web.post("/slack/other", content=body, headers=proof).status_code == 404
    assert waiting(stage) == 0


def test_there_is_no_address_without_a_signing_secret(stage: Stage) -> None:
    web = TestClient(create_app(stage.journal, clock=stage.clock, hosts=["testserver"]))
    assert web.post("/slack/commands", content=b"text=status").status_code == 404


# --- payloads ---


@pytest.mark.parametrize(
    ("sort", "payload"),
    [
        ("interactive", {"type": "block_actions"}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": 3}]}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": "nuncius.approve", "value": {}}]}),
        ("interactive", {"type": "view_submission", "view": {"callback_id": "nuncius.reason", "private_metadata": 1}}),
        ("slash_commands", {"text": []}),
        ("events_api", {"event": "hello"}),
        ("events_api", {"event": {"type": "app_mention", "text": "hi"}}),
    ],
)
def test_garbled_payloads_are_named_and_left(stage: Stage, sort: str, payload: dict[str, object]) -> None:
    with pytest.raises(FormatError, match="lacks or garbles"):
        read(sort, payload)
    assert stage.takes(sort, payload) == "nothing"


def test_our_own_messages_and_others_buttons_are_not_answered() -> None:
    own = mention(BOB, "D0BOB", "status")
    own["event"]["bot_id"] = "B0NUNCIUS"
    assert read("events_api", own).request is None
    assert read("interactive", {"type": "block_actions", "actions": [{"action_id": "poll.yes"}]}).request is None
    assert read("interactive", {"type": "shortcut"}).request is None


def test_a_button_in_a_whisper_is_told_by_its_container() -> None:
    place = {"type": "message", "message_ts": "15.2", "channel_id": CHANNEL, "thread_ts": "15.1", "is_ephemeral": True}
    action = {"action_id": "nuncius.keep", "type": "button", "value": "keep 3", "action_ts": "16.1"}
    payload = {"type": "block_actions", "user": {"id": BOB}, "container": place, "actions": [action]}
    found = read("interactive", {**payload, "trigger_id": "t"})
    assert found.request is not None
    assert (found.request.channel, found.request.thread_ts, found.request.ts) == (CHANNEL, "15.1", "15.2")


def test_typed_words_lose_slacks_escapes() -> None:
    said = read("slash_commands", command(BOB, CHANNEL, "show <https://gcn.nasa.gov|GRB&nbsp;230307A> &amp; “x”"))
    assert said.request is not None
    assert said.request.words == 'show GRB&nbsp;230307A & "x"'
    asked = read("events_api", mention(BOB, CHANNEL, "status"))
    assert asked.request is not None
    assert (asked.request.words, asked.request.whisper) == ("status", False)


def test_tokens_are_never_in_the_inbox(stage: Stage) -> None:
    stage.takes("slash_commands", {**command(BOB, CHANNEL, "status"), "token": "verify", "response_url": "https://x/y"})
    asked = Inbox(stage.journal, "slack").take(stage.clock.now())
    assert asked is not None
    assert not {"verify", "https://x/y", TOKEN, APP_TOKEN} & set(map(str, asked.request.values()))


def test_the_manifest_is_what_the_code_needs(project: Path) -> None:
    from ruamel.yaml import YAML

    manifest = YAML(typ="safe").load((project / "deploy" / "slack" / "manifest.yaml").read_text(encoding="utf-8"))
    assert manifest["features"]["slash_commands"][0]["command"] == "/nuncius"
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["app_mention", "message.im"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    needed = {"chat:write", "files:write", "channels:history", "groups:history", "app_mentions:read", "commands"}
    needed |= {"im:history", "im:write", "users:read", "usergroups:read"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
