"""Buttons on Slack: who may press them, what they do, what vanishes when it is over, and what comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from chat_samples import CHANNEL, TEST_CHANNEL, report
from local_slack import Fault, LocalSlack, block_problems
from local_slack_socket import labels, pressed, submitted
from rules_samples import gw, retraction
from slack_stage import ANN, BOB, CEM, Stage, text_of

from chat.slack_blocks import blocks
from chat.slack_settings import SlackSettings
from nuncius.core.errors import ConfigurationError
from nuncius.core.report import ReportState
from nuncius.journal.inbox import LEASE_S

RULES = """rule: near
when: lvk.alert
severity: notice
do:
  - run: sample-area
    as: a
  - post: "Area of ${ev.name}"
---
rule: gated
when: lvk.alert
severity: warning
do:
  - ask: "Send it?\\nAll ${ev.far} of it."
    timeout: 2h
  - post: "sent"
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: []}) as slack:
        made = Stage(tmp_path, RULES, slack)
        made.hears(gw("a", object=None))
        made.goes_on()
        yield made
        made.close()


def test_a_question_has_buttons_until_somebody_answers(stage: Stage) -> None:
    asked = stage.message("Send it?")
    assert labels(asked)[:2] == ["Approve", "Reject…"]
    said = stage.press(ANN, "Send it?", "Approve")
    assert "Approved by Ann: Send it?" in said["text"]
    answered = stage.message("Send it?")
    assert answered["ts"] == asked["ts"]
    assert labels(answered) == []
    assert stage.message("sent")


def test_a_rejection_asks_for_the_reason_in_a_form(stage: Stage) -> None:
    assert "Rejected by Cem" in stage.press(CEM, "Send it?", "Reject…", why="the position is wrong")["text"]
    (view,) = stage.slack.views
    assert view["title"]["text"] == "Reject"
    assert "Why: the position is wrong" in text_of(stage.message("Send it?")["blocks"])


def test_somebody_else_is_told_who_may(stage: Stage) -> None:
    said = stage.press(BOB, "Send it?", "Approve")
    assert said["text"].startswith("That is for reviewers")
    assert "Approve" in labels(stage.message("Send it?"))
    assert stage.journal.reviews(open_only=True)


def test_a_press_that_is_delivered_twice_is_answered_once(stage: Stage) -> None:
    payload = pressed(ANN, CHANNEL, stage.message("Send it?"), "Approve")
    assert [stage.takes("interactive", payload) for _ in range(3)] == ["new", "again", "again"]
    stage.answers()
    assert len(stage.slack.whispers) == 1
    assert len(stage.journal.read(0, kinds=["review"])) == 1


def test_a_form_that_is_sent_twice_is_one_verdict(stage: Stage) -> None:
    stage.takes("interactive", pressed(ANN, CHANNEL, stage.message("Area of"), "✗ Wrong…"))
    form = submitted(ANN, stage.slack.views[-1], "not this one")
    assert [stage.takes("interactive", form) for _ in range(2)] == ["new", "again"]
    stage.answers()
    assert len(stage.journal.read(0, kinds=["review.rejected"])) == 1


def test_a_retraction_takes_the_buttons_away_and_says_why(stage: Stage) -> None:
    before = deepcopy(stage.message("Send it?"))
    stage.hears(retraction("b", object=None, received=stage.clock.now() + timedelta(minutes=30)))
    stage.courier.step()
    (message,) = [m for m in stage.slack.channels[CHANNEL] if m["ts"] == before["ts"]]
    assert "What it was about was retracted: nobody needs to answer." in text_of(message["blocks"])
    assert labels(message) == []
    # Somebody who still sees the old message is refused politely.
    stage.takes("interactive", pressed(ANN, CHANNEL, before, "Approve"))
    stage.answers()
    assert stage.slack.whispers[-1]["text"].startswith("Too late: this was withdrawn")
    stage.goes_on()
    assert all(labels(m) == [] for m in stage.slack.channels[CHANNEL])


def test_a_question_that_nobody_answers_loses_its_buttons(stage: Stage) -> None:
    stage.clock.sleep(2 * 3600 + 1)
    stage.goes_on()
    message = stage.message("Send it?")
    assert "Nobody answered within 2h" in text_of(message["blocks"])
    assert labels(message) == []


def test_a_verdict_stands_in_the_message_and_is_no_news(stage: Stage) -> None:
    count = len(stage.slack.channels[CHANNEL])
    stage.press(ANN, "Area of", "✓ Right")
    message = stage.message("Area of")
    assert "✓ right, says Ann" in text_of(message["blocks"])
    assert "✓ Right" in labels(message)
    assert len(stage.slack.channels[CHANNEL]) == count


def test_work_is_repeated_from_the_menu(stage: Stage) -> None:
    said = stage.press(ANN, "Area of", "Re-run")
    assert said["text"].startswith("Again (run 2): Area of")
    assert "revision 2" in text_of(stage.message("Area of")["blocks"])


def test_why_is_whispered_to_anyone(stage: Stage) -> None:
    assert stage.press(BOB, "Area of", "Why?")["text"].startswith("near: fired")


def test_a_rule_is_muted_for_the_object_from_the_menu(stage: Stage) -> None:
    assert "Muted: near about S170817a" in stage.press(ANN, "Area of", "Mute this rule for this object")["text"]
    (silence,) = stage.journal.silences(stage.clock.now())
    assert (silence.rule, silence.by) == ("near", "Ann")


def test_not_related_is_said_in_the_thread(stage: Stage) -> None:
    stage.press(ANN, "Area of", "Not related…", why="another part of the sky")
    said = stage.message("Not related, says Ann")
    assert said["thread_ts"] == stage.slack.roots(CHANNEL)[0]["ts"]
    assert "another part of the sky" in text_of(said["blocks"])
    assert labels(said) == []


def test_an_answer_waits_while_slack_fails_and_comes_once(stage: Stage) -> None:
    stage.slack.faults += [Fault("chat.postEphemeral", "status", 503), Fault("chat.postEphemeral", "rate", 7)]
    stage.takes("interactive", pressed(ANN, CHANNEL, stage.message("Send it?"), "Approve"))
    assert stage.desk.step()
    assert not stage.desk.step()
    stage.clock.sleep(5)
    assert stage.desk.step()
    stage.clock.sleep(6)
    assert not stage.desk.step()
    stage.clock.sleep(2)
    assert stage.desk.step()
    (said,) = stage.slack.whispers
    assert said["text"].startswith("Done")
    assert len(stage.journal.read(0, kinds=["review.approved"])) == 1


def test_messages_have_no_buttons_where_nobody_could_press_them(stage: Stage) -> None:
    assert all(block["type"] != "actions" for block in blocks(report(asks=3), test=False))
    assert not SlackSettings(channel=CHANNEL).interactive


@pytest.mark.parametrize("changes", [{"asks": 3}, {}, {"key": "k" * 130}, {"state": ReportState.RETRACTED}])
def test_slack_takes_every_form_of_message(changes: dict[str, object]) -> None:
    dressed = blocks(report(**changes), test=False, interactive=True)
    assert block_problems(dressed) == []


def test_a_reviewer_must_be_an_id(stage: Stage) -> None:
    with pytest.raises(ConfigurationError, match=r"slack.reviewers names 'ann'"):
        Stage(stage.folder, RULES, stage.slack, reviewers=["ann"])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_desk_that_dies_while_it_answers_is_followed_by_another_and_the_act_happens_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    whisper = stage.desk._api.whisper

    def dying(*place: str, **message: Any) -> None:
        if when == "after":
            whisper(*place, **message)
        raise KeyboardInterrupt

    monkeypatch.setattr(stage.desk._api, "whisper", dying)
    stage.takes("interactive", pressed(ANN, CHANNEL, stage.message("Send it?"), "Approve"))
    with pytest.raises(KeyboardInterrupt):
        stage.desk.step()
    stage.start()  # as after a restart: only the journal is left
    assert not stage.desk.step()
    stage.clock.sleep(LEASE_S + 1)
    stage.answers()
    assert stage.slack.whispers[-1]["text"].startswith("Done")
    assert len(stage.slack.whispers) == (1 if when == "before" else 2)
    assert len(stage.journal.read(0, kinds=["review"])) == 1
    assert len([m for m in stage.slack.channels[CHANNEL] if m["text"].startswith("sent")]) == 1
