"""Writes docs/slack-exchange.md, a night on Slack as the local server saw it: python tests/write_slack_exchange.py."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

from chat_samples import CHANNEL, TEST_CHANNEL
from local_slack import LocalSlack
from local_slack_socket import pressed
from rules_samples import gw, retraction
from slack_stage import ANN, BOB, Stage, text_of

FILE = Path(__file__).resolve().parent.parent / "docs" / "slack-exchange.md"
HEAD = """# A night on Slack

<!-- Written by tests/write_slack_exchange.py; a test fails when it is out of date. -->

What people saw in `#alerts` when this rule met GW170817, from the journal to a local server that speaks Slack's Web API
(`tests/local_slack.py`). Replies are indented, `[Approve]` is a button, and a whisper is seen by one person only. The
alerts are of our own making: the numbers are those published, the sky is a circle.

"""
RULES = """rule: neutron-stars
about: A likely binary neutron star; its draft circular waits for a person.
when: lvk.alert
if: ev.significant && ev.p_astro.BNS > 0.5
severity: warning
do:
  - {run: localization, as: loc}
  - ask: |
      Send the draft circular about ${ev.name}?
      Within ${loc.area_90:.0f} deg2 (90 %) around RA ${ev.sky.ra:.2f}, Dec ${ev.sky.dec:.2f}; FAR ${ev.far:.1e} Hz.
    timeout: 30m
  - post: |
      Draft circular: ${ev.name}, candidate of a binary neutron star merger
      We report the localization of ${ev.name}: ${loc.area_90:.0f} deg2 at 90 % probability.
"""
Json = dict[str, Any]


class Scribe:
    """Notes what changes on Slack."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.parts, self.whispers = stage, [], 0
        self.seen: dict[str, Json] = {}

    def note(self, title: str, told: str = "") -> None:
        """What is new or edited since the last note."""
        lines = [f"## {len(self.parts) + 1}. {title}", "", *([told, ""] if told else [])]
        changes = [self._change(message) for message in self.stage.slack.channels[CHANNEL]]
        changes += [self._whisper(w) for w in self.stage.slack.whispers[self.whispers :]]
        self.whispers = len(self.stage.slack.whispers)
        found = [change for change in changes if change]
        self.parts.append("\n".join([*lines, *(found or ["*Nothing changes.*", ""])]))
        self.seen = {m["ts"]: deepcopy(m) for m in self.stage.slack.channels[CHANNEL]}

    def _change(self, message: Json) -> str:
        before = self.seen.get(message["ts"])
        if before is not None and before.get("blocks", []) == message.get("blocks", []):
            return ""
        if message.get("user"):
            said = message["text"].replace("<@U0NUNCIUS>", "@nuncius")
            return f"> > **{self.stage.slack.users[message['user']]}** {said}\n"
        who = "**Nuncius**" if before is None else "**Nuncius** *edits*"
        return self._quoted(who, message, reply=message.get("thread_ts", message["ts"]) != message["ts"])

    def _whisper(self, whisper: Json) -> str:
        return self._quoted(f"**Nuncius** *whispers to {self.stage.slack.users[whisper['user']]}*", whisper, reply=True)

    def _quoted(self, who: str, message: Json, *, reply: bool) -> str:
        mark = "> > " if reply else "> "
        lines = [who, "", *(line for block in message.get("blocks", []) for line in _lines(block))]
        lines += [f"🖼 {file['title']}" for file in message.get("files", [])]
        # A break after the last line of a paragraph would be shown.
        ends = [not following or following.startswith("`") for following in [*lines[1:], ""]]
        lines = [line.removesuffix("\\") if end else line for line, end in zip(lines, ends, strict=True)]
        return "\n".join(f"{mark}{line}".rstrip() for line in lines) + "\n"


def _lines(block: Json) -> list[str]:
    match block["type"]:
        case "header":
            return [f"**{text_of(block)}**\\"]
        case "context":
            return [f"*{text_of(block)}*\\"]
        case "actions":
            labels = [f"`[{e['text']['text']}]`" for e in block["elements"] if "text" in e]
            menus = [f"`[⋯ {o['text']['text']}]`" for e in block["elements"] for o in e.get("options", [])]
            return [" ".join([*labels, *menus])]
    return [line for element in block.get("elements", []) for line in _rich(element)]


def _rich(element: Json) -> list[str]:
    match element["type"]:
        case "rich_text_list":
            return [f"• {text_of(item)}\\" for item in element["elements"]]
        case "rich_text_preformatted":
            return ["", "```", *text_of(element).split("\n"), "```"]
    text = "".join(_styled(inner) for inner in element["elements"])
    return [f"{line}\\" for line in text.split("\n") if line.strip()]


def _styled(text: Json) -> str:
    style, said = text.get("style", {}), text["text"].replace("<", "&lt;")
    if style.get("strike"):
        return f"~~{said}~~"
    return f"**{said}**" if style.get("bold") and said.strip() else said


def exchange() -> str:
    """The page."""
    with tempfile.TemporaryDirectory() as folder, LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: []}) as slack:
        stage = Stage(Path(folder), RULES, slack)
        try:
            return HEAD + f"```yaml\n{RULES}```\n\n" + "\n".join(_night(stage))
        finally:
            stage.close()


def _night(stage: Stage) -> list[str]:
    scribe, question = Scribe(stage), "Send the draft circular"
    stage.hears(gw("alert-1", object=None, data={"sky": _sky(8.0)}))
    stage.goes_on()
    scribe.note("An alert arrives", "A thread opens. Its first message always says the present state.")
    stage.press(BOB, question, "Approve")
    scribe.note("Bob presses *Approve*", "He is no reviewer.")
    (root, *_) = stage.slack.roots(CHANNEL)
    stage.mention(BOB, "why neutron-stars", thread_ts=root["ts"])
    scribe.note("Bob asks in the thread why the rule acted")
    press = pressed(ANN, CHANNEL, stage.message(question), "Approve")
    stage.takes("interactive", press)
    stage.answers()
    scribe.note(
        "Ann approves", "She is a reviewer: what waited goes on, and her verdict is in the journal and the graph."
    )
    stage.takes("interactive", press)
    stage.answers()
    scribe.note("Slack delivers her press a second time")
    stage.press(ANN, "Draft circular", "✓ Right")
    scribe.note("Ann finds the draft right", "Verdicts make the rule's figures: `nuncius review stats`.")
    stage.hears(gw("alert-2", object=None, revision=2, data={"sky": _sky(3.0), "alert_type": "update"}))
    stage.goes_on()
    scribe.note("A better localization arrives", "Messages are edited in place; the question is put anew.")
    late = deepcopy(pressed(ANN, CHANNEL, stage.message(question), "Approve"))
    stage.hears(retraction("alert-3", object=None, received=stage.clock.now() + timedelta(minutes=1)))
    stage.goes_on()
    stage.courier.refresh()
    scribe.note(
        "The alert is retracted", "The open question is taken back, its buttons vanish, and the thread says so."
    )
    stage.takes("interactive", late)
    stage.answers()
    scribe.note("Ann presses *Approve* on a phone that still shows the button")
    return scribe.parts


def _sky(radius: float) -> Json:
    return {"type": "circle", "ra": 197.45, "dec": -23.38, "radius": radius, "containment_probability": 0.9}


if __name__ == "__main__":
    FILE.write_text(exchange(), encoding="utf-8")
