"""The service as it runs: an alert comes in, Slack shows it, somebody approves over Socket Mode, and it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_samples import CHANNEL, slack_settings
from local_slack import APP_TOKEN, LocalSlack
from local_slack_socket import labels, mention, pressed
from rules_samples import gw

from console.server import WebSettings
from nuncius.app import assemble
from nuncius.journal.subscriptions import Subscriptions
from nuncius.settings import JournalSettings, Settings

RULES = """rule: gated
about: Asks before it speaks.
when: lvk.alert
do:
  - ask: "Send it?"
    timeout: 2h
  - post: "sent"
"""
ANN = "U0ANN"


def eventually(there: Callable[[], object], timeout_s: float = 20.0) -> None:
    end = time.monotonic() + timeout_s
    while not there():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


def test_people_act_on_a_running_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    with LocalSlack(channels={CHANNEL: []}, users={ANN: "Ann"}) as slack:
        settings = Settings(
            data_dir=tmp_path / "var",
            journal=JournalSettings(synchronous="normal"),
            slack=slack_settings(slack, app_token=APP_TOKEN, reviewers=[ANN]),
            web=WebSettings(enabled=False),
            rules=(tmp_path / "rules.yaml",),
            targets=("slack",),
        )
        app = assemble(settings, [])
        app.start()
        try:
            slack.sockets.wait_connected()

            def said(words: str) -> list[dict[str, object]]:
                return [m for m in slack.channels[CHANNEL] if str(m.get("text", "")).startswith(words)]

            app.journal.append([gw("a", object=None)])
            eventually(lambda: said("Send it?"))
            sent = slack.sockets.deliver("interactive", pressed(ANN, CHANNEL, said("Send it?")[0], "Approve"))
            assert sent.acked.wait(5)
            eventually(lambda: said("sent"))
            eventually(lambda: slack.whispers)
            assert slack.whispers[0]["text"].startswith("Approved by Ann")
            asked = mention(ANN, "D0ANN", "subscribe gravitational waves")
            slack.channels["D0ANN"] = []
            assert slack.sockets.deliver("events_api", asked).acked.wait(5)
            eventually(lambda: slack.channels["D0ANN"])
            shown = slack.channels["D0ANN"][0]
            assert labels(shown) == ["Keep it"]
            assert slack.sockets.deliver("interactive", pressed(ANN, "D0ANN", shown, "Keep it")).acked.wait(5)
            eventually(lambda: Subscriptions(app.journal).in_force())
            eventually(lambda: any(rule.name == "subscription-1" for rule in app.rules.rules.rules))
            app.journal.append([gw("b", object=None, data={"ids": ["S170818b"]})])
            eventually(lambda: [m for m in slack.channels["D0ANN"] if "S170818b" in str(m.get("text"))])
        finally:
            app.close()
