"""Subscriptions on Slack: said in a sentence, kept by a button, told in a direct message, ended by one press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_samples import CHANNEL, TEST_CHANNEL
from local_slack import Fault, LocalSlack
from local_slack_socket import labels, pressed
from rules_samples import gw
from slack_stage import ANN, BOB, Stage, text_of

from reactors.rulebook import RuleBook
from reactors.subscribed import Subscribed

RULES = """rule: near
when: lvk.alert
do: {post: "Area of ${ev.name}"}
"""
DIRECT = "D0BOB"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: []}) as slack:
        made = Stage(tmp_path, RULES, slack)
        made.book = RuleBook([made.file], beside=Subscribed(made.journal))
        made.reactor._book = made.book
        yield made
        made.close()


def subscribed(stage: Stage) -> None:
    shown = stage.say(BOB, "subscribe gravitational waves")
    assert "Would have notified you never" in text_of(shown["blocks"])
    assert labels(shown) == ["Keep it"]
    stage.takes("interactive", pressed(BOB, CHANNEL, shown, "Keep it"))
    stage.answers()
    assert stage.slack.whispers[-1]["text"].startswith("Subscribed (1)")
    stage.book.refresh()


def test_a_subscriber_is_told_directly_and_nobody_else_is(stage: Stage) -> None:
    subscribed(stage)
    stage.hears(gw("a", object=None))
    stage.goes_on()
    (told,) = stage.slack.channels[DIRECT]
    assert told["text"].startswith("S170817a: gravitational-wave candidate")
    assert labels(told) == ["Unsubscribe"]
    assert all("subscription" not in slot for slot, _ in stage.slack.slots(CHANNEL))


def test_a_lost_answer_does_not_double_it(stage: Stage) -> None:
    subscribed(stage)
    stage.hears(gw("a", object=None))
    stage.works()
    stage.slack.faults.append(Fault("chat.postMessage", "lost_answer"))
    stage.goes_on()
    stage.goes_on()
    assert len(stage.slack.channels.get(DIRECT, [])) == 1


def test_one_press_ends_it(stage: Stage) -> None:
    subscribed(stage)
    stage.hears(gw("a", object=None))
    stage.goes_on()
    (told,) = stage.slack.channels[DIRECT]
    stage.takes("interactive", pressed(ANN, DIRECT, told, "Unsubscribe"))
    stage.takes("interactive", pressed(BOB, DIRECT, told, "Unsubscribe"))
    stage.answers()
    said = [w["text"] for w in stage.slack.whispers[-2:]]
    assert said[0].startswith("Not done · you have no subscription 1")
    assert said[1] == "Unsubscribed (1)"
    stage.book.refresh()
    stage.hears(gw("a2", object=None, data={"ids": ["S170818b"]}))
    stage.goes_on()
    assert len(stage.slack.channels[DIRECT]) == 1
