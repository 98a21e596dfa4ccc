"""Commands and mentions on Slack: answered where they were asked, to whom may see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_samples import CHANNEL, TEST_CHANNEL, notice
from local_slack import Fault, LocalSlack, block_problems
from local_slack_socket import mention
from rules_samples import gw
from slack_stage import ANN, BOB, Stage, text_of

RULES = """rule: near
when: lvk.alert
severity: notice
do:
  - run: sample-area
  - post: "Area of ${ev.name}"
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: []}) as slack:
        made = Stage(tmp_path, RULES, slack)
        made.hears(gw("a", object=None))
        made.goes_on()
        yield made
        made.close()


def test_a_command_is_whispered_back(stage: Stage) -> None:
    said = stage.say(BOB, "show s170817a")
    assert said["text"].startswith("S170817a: gravitational-wave candidate")
    assert "Area of S170817a" in text_of(said["blocks"])
    assert block_problems(said["blocks"]) == []


def test_a_mention_is_answered_in_its_thread_for_all(stage: Stage) -> None:
    answer = stage.mention(BOB, "status")
    assert answer["text"].startswith("Nuncius at 2017-08-17")
    assert answer["thread_ts"]


def test_in_an_objects_thread_the_object_need_not_be_named(stage: Stage) -> None:
    (root,) = stage.slack.roots(CHANNEL)
    assert stage.mention(BOB, "show", thread_ts=root["ts"])["text"].startswith("S170817a: ")
    assert stage.mention(BOB, "why near", thread_ts=root["ts"])["text"].startswith("near: fired")


def test_a_direct_message_is_answered_there(stage: Stage) -> None:
    stage.slack.channels["D0BOB"] = []
    answer = stage.mention(BOB, "questions", channel="D0BOB")
    assert answer["text"] == "Nothing waits for an answer"
    assert "thread_ts" not in answer


def test_pictures_are_drawn_into_the_thread(stage: Stage) -> None:
    answer = stage.mention(BOB, "plot S170817a")
    assert "S170817a in pictures" in answer["text"]
    shared = [m for m in stage.slack.channels[CHANNEL] if m.get("files")]
    assert shared[-1]["thread_ts"] == answer["thread_ts"]
    assert stage.slack.files[shared[-1]["files"][0]["id"]]["content"] == b"\x89PNG sample"


def test_pictures_that_only_one_asked_for_come_in_a_direct_message(stage: Stage) -> None:
    assert stage.say(BOB, "plot S170817a") == {}
    assert [m for m in stage.slack.channels["D0BOB"] if m.get("files")]


def test_there_is_nothing_to_draw_of_an_object_without_pictures(stage: Stage) -> None:
    stage.hears(notice(), notice("gbm-2", minutes=2))
    stage.goes_on()
    assert "nothing to draw" in stage.say(BOB, "plot GRB 170817A")["text"]


def test_where_the_bot_is_not_in_the_channel_the_answer_comes_directly(stage: Stage) -> None:
    assert stage.say(BOB, "status", channel="C0ELSEWHERE") == {}
    (said,) = stage.slack.channels["D0BOB"]
    assert said["text"].startswith("Nuncius at ")


def test_nonsense_is_answered_with_what_was_meant(stage: Stage) -> None:
    assert "Did you mean 'status'?" in text_of(stage.say(BOB, "stauts")["blocks"])
    assert "S170817a" in text_of(stage.say(BOB, "show S170818a")["blocks"])
    assert "show OBJECT" in text_of(stage.say(BOB, "")["blocks"])


def test_what_people_say_is_shown_and_not_obeyed(stage: Stage) -> None:
    said = stage.say(BOB, "show <!channel> *x* `y`")
    assert "<!channel>" not in said["text"]
    assert all(block["type"] in ("header", "rich_text", "context") for block in said["blocks"])


def test_an_answer_whose_confirmation_was_lost_is_not_posted_twice(stage: Stage) -> None:
    stage.slack.faults.append(Fault("chat.postMessage", "lost_answer"))
    stage.writes(mention(BOB, CHANNEL, "status"))
    stage.desk.step()
    stage.clock.sleep(10)
    stage.answers()
    assert len([m for m in stage.slack.channels[CHANNEL] if m["text"].startswith("Nuncius at")]) == 1


def test_reviewers_are_known_by_their_group_and_asked_for_seldom(stage: Stage) -> None:
    for _ in range(3):
        stage.say(ANN, "status")
        stage.say(BOB, "status")
    assert stage.slack.count("users.info") == 2
    assert stage.slack.count("usergroups.users.list") == 1


def test_a_group_that_cannot_be_asked_makes_nobody_a_reviewer_and_keeps_nobody_from_asking(stage: Stage) -> None:
    stage.slack.groups.clear()
    assert stage.say(BOB, "status")["text"].startswith("Nuncius at ")
    assert stage.say(BOB, "approve 1")["text"].startswith("That is for reviewers")


def test_machines_read_the_cause_and_the_values_in_a_messages_metadata(stage: Stage) -> None:
    (said,) = [m["metadata"]["event_payload"] for m in stage.slack.channels[CHANNEL] if "at 3.5e-12 Hz" in m["text"]]
    assert (said["rule"], said["event"], said["severity"], said["state"]) == ("near", "a", "notice", "current")
    assert said["values"]["doubled"] == "7e-12 Hz"
