"""A whole Nuncius in front of a local Slack: journal, rules, runner, courier, door and desk on one clock that stands
still until it is moved, for tests of chat and for the exchange in docs/slack-exchange.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chat_samples import CHANNEL, TEST_CHANNEL, drain, slack_settings
from local_slack import APP_TOKEN, LocalSlack
from local_slack_socket import command, mention, pressed, submitted
from rules_samples import Night

from chat.courier import Courier, CourierSettings
from chat.desk.desk import Desk
from chat.slack_desk import SlackDesk
from chat.slack_door import SlackDoor
from chat.slack_target import SlackTarget
from kg.objects import identify
from reactors.runner import Runner

Json = dict[str, Any]
ANN, BOB, CEM = "U0ANN", "U0BOB", "U0CEM"


class Stage(Night):
    """A night whose reports go to Slack; Ann may review, Cem by his group, Bob may not."""

    def __init__(self, folder: Path, rules: str, slack: LocalSlack, **settings: Any) -> None:
        self.slack = slack
        slack.users |= {ANN: "Ann", BOB: "Bob", CEM: "Cem"}
        slack.groups["S0TEAM"] = [CEM]
        fields: dict[str, Any] = {"app_token": APP_TOKEN, "reviewers": [ANN, "S0TEAM"], "test_channel": TEST_CHANNEL}
        self.settings = slack_settings(slack, **(fields | settings))
        super().__init__(folder, rules)

    def start(self, *, keep: Path | None = None) -> None:
        """Begin, or begin again as after a restart."""
        super().start(keep=keep)
        self.reactor._identify = identify
        self.runner = Runner(self.journal, self.executor, targets=["slack"], clock=self.clock, owner="test:1")
        target = SlackTarget(self.settings, self.clock)
        self.courier = Courier(self.journal, target, self.clock, "test:1", settings=CourierSettings(lease_s=60.0))
        self.desk = SlackDesk(
            self.journal, Desk(self.journal, lambda: self.book.rules, self.clock), self.settings, self.clock
        )
        self.door = SlackDoor(self.journal, self.settings, self.clock)

    def goes_on(self) -> None:
        """Perform all that is due and bring what is to be said to Slack."""
        while self.reactor.step():
            pass
        self.works()
        drain(self.courier, self.clock, tries=8, patience=0)

    def answers(self) -> None:
        """Answer all that was asked, then go on."""
        while self.desk.step():
            pass
        self.goes_on()

    def message(self, title: str, channel: str = CHANNEL) -> Json:
        """The newest message that says so in its title; short notes about edits left out."""
        found = [m for m in self.slack.channels[channel] if title in m["text"]]
        return [m for m in found if not m["text"].startswith("Updated: ")][-1]

    def takes(self, sort: str, payload: Json) -> str:
        """What comes in by the door, as if over a connection that never breaks."""
        came = self.door.take(sort, payload)
        if came == "form":
            self.door.open_form(sort, payload)
        return came

    def press(self, user: str, title: str, label: str, *, why: str | None = None, channel: str = CHANNEL) -> Json:
        """Somebody presses a button, and fills in the form that opens; gives what was whispered back."""
        payload = pressed(user, channel, self.message(title, channel), label)
        self.takes("interactive", payload)
        if why is not None:
            self.takes("interactive", submitted(user, self.slack.views[-1], why))
        return self._answered(user)

    def say(self, user: str, text: str, channel: str = CHANNEL) -> Json:
        """Somebody gives the command; gives what was whispered back."""
        self.takes("slash_commands", command(user, channel, text))
        return self._answered(user)

    def mention(self, user: str, text: str, channel: str = CHANNEL, thread_ts: str = "") -> Json:
        """Somebody mentions us; gives the answer that all can see."""
        self.writes(mention(user, channel, text, thread_ts=thread_ts))
        self.answers()
        answers = [m for m in self.slack.channels[channel] if _is_answer(m)]
        return answers[-1]

    def writes(self, payload: Json) -> str:
        """Somebody's message appears in its channel, and we are told of it."""
        event = payload["event"]
        kept = {name: event[name] for name in ("ts", "text", "user", "thread_ts") if name in event}
        self.slack.channels[event["channel"]].append({"type": "message", "blocks": [], **kept})
        return self.takes("events_api", payload)

    def _answered(self, user: str) -> Json:
        before = len(self.slack.whispers)
        self.answers()
        said = self.slack.whispers[before:]
        assert [w["user"] for w in said] in ([user], []), said
        return said[0] if said else {}


def _is_answer(message: Json) -> bool:
    return bool((message.get("metadata") or {}).get("event_type") == "nuncius_answer")


def text_of(block: Any) -> str:
    """All text of a block, run together."""
    if isinstance(block, dict):
        own = block.get("text")
        return (own if isinstance(own, str) else text_of(own)) + text_of(block.get("elements"))
    return "".join(text_of(item) for item in block) if isinstance(block, list) else ""
