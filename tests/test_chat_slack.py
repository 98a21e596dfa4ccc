"""Slack: threads, edits, pictures, limits and failures, against a local server that speaks its Web API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_samples import (
    CHANNEL,
    MOCK,
    OBJECT,
    PAGES,
    T0,
    TEST_CHANNEL,
    courier,
    drain,
    know,
    notice,
    open_journal,
    picture,
    png,
    report,
    slack_settings,
    slack_target,
    table,
)
from local_slack import TOKEN, Fault, LocalSlack, block_problems

from chat.slack import SlackSettings
from chat.slack_blocks import blocks, escape, fallback
from chat.slack_target import SlackTarget
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import ConfigurationError
from nuncius.core.event import Tense
from nuncius.core.report import Link, ReportState, Severity
from nuncius.core.result import Table
from nuncius.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "grb170817a")
        yield opened


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(T0)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: [], PAGES: []}) as running:
        yield running


def send(journal: Journal, slack: LocalSlack, clock: VirtualClock, *reports: Any, **settings: Any) -> None:
    journal.enqueue([("slack", item) for item in reports], now=clock.now())
    drain(courier(journal, slack_target(slack, clock, **settings), clock), clock)


def slots(slack: LocalSlack, channel: str = CHANNEL) -> list[str]:
    return [slot for slot, _ in slack.slots(channel)]


def texts(block: Any) -> str:
    """All text of a block, run together."""
    if isinstance(block, dict):
        own = block.get("text")
        return (own if isinstance(own, str) else texts(own)) + texts(block.get("elements"))
    return "".join(texts(item) for item in block) if isinstance(block, list) else ""


# --- threads and edits ---


def test_one_thread_an_object_and_replies_are_its_reports(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, report(), report("k2", slot="visibility", title="Visible from La Silla"))
    (root,) = slack.roots(CHANNEL)
    assert slots(slack) == ["head", "localization", "visibility"]
    assert [m["thread_ts"] for m in slack.thread(CHANNEL, root["ts"])] == [root["ts"]] * 2


def test_the_thread_is_found_again_by_a_new_courier(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, report())
    send(journal, slack, clock, report("k2", slot="visibility"))
    assert len(slack.roots(CHANNEL)) == 1


def test_a_revision_edits_in_place_and_a_short_reply_says_what_changed(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, report(tables=[table(190.0)]))
    send(journal, slack, clock, report("k2", text="**90 % area** 28 deg²", tables=[table(28.0)], revision=2))
    assert slots(slack) == ["head", "localization", "localization/note/k2"]
    _, body, note = slack.channels[CHANNEL]
    assert body["edited"] == 1
    assert "28 deg²" in texts(body["blocks"])
    assert "190" not in texts(body["blocks"])
    assert "90 % area 190 deg² → 90 % area 28 deg²" in texts(note["blocks"])
    assert "90 %, area [deg²]: 190 → 28" in texts(note["blocks"])


def test_an_edit_without_weight_is_not_announced(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, report(severity=Severity.INFO))
    send(journal, slack, clock, report("k2", text="smaller", severity=Severity.INFO, revision=2))
    assert slots(slack) == ["head", "localization"]


def test_the_head_is_edited_when_the_object_changes(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, report())
    know(journal, notice("gbm-2", minutes=30, ra=197.45, dec=-23.38, ra_dec_error=0.0005))
    carrier = courier(journal, slack_target(slack, clock), clock)
    assert carrier.refresh() == 1
    (root,) = slack.roots(CHANNEL)
    assert "RA 197.45000°, Dec −23.38000° ± 1.8″ (68 %)" in texts(root["blocks"])
    clock.sleep(60)
    assert carrier.refresh() == 0


def test_a_retraction_strikes_the_title_and_keeps_the_message(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, report())
    know(journal, notice("gbm-2", minutes=9, tense=Tense.RETRACTION))
    retracted = report("k2", state=ReportState.RETRACTED, text="Fermi took it back.", event_id="gbm-2")
    send(journal, slack, clock, retracted)
    for message in slack.channels[CHANNEL]:
        mark, title = message["blocks"][0]["elements"][0]["elements"]
        assert mark["text"].strip() == "RETRACTED"
        assert title["style"] == {"strike": True}
    assert slots(slack) == ["head", "localization"]
    assert "do not act on it" in texts(slack.channels[CHANNEL][0]["blocks"])


def test_a_message_that_a_person_deleted_is_posted_anew(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, report())
    del slack.channels[CHANNEL][1]
    send(journal, slack, clock, report("k2", text="again", revision=2))
    assert slots(slack) == ["head", "localization", "localization/note/k2"]


# --- pictures ---


def test_a_picture_arrives_in_the_thread_byte_for_byte(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, report(pictures=[picture(journal)]))
    (file,) = slack.files.values()
    assert file["content"] == png()
    assert file["title"] == "The sky"
    assert file["alt_txt"] == "Map of the sky, all navy"
    shared = [m for m in slack.channels[CHANNEL] if m.get("files")]
    assert [m["thread_ts"] for m in shared] == [slack.roots(CHANNEL)[0]["ts"]]


def test_a_revision_uploads_only_pictures_that_changed(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    same, old, new = picture(journal), picture(journal, "night", "black"), picture(journal, "night", "grey")
    send(journal, slack, clock, report(pictures=[same, old]))
    send(journal, slack, clock, report("k2", pictures=[same, new], revision=2))
    names = [file["name"].rsplit("-", 1)[0] for file in slack.files.values()]
    assert names == ["sky", "night", "night"]


# --- severity, tests, mentions ---


def test_severity_decides_the_channel(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    urgent = report("k2", slot="upper", severity=Severity.PAGE)
    send(journal, slack, clock, report(), urgent, channels={Severity.PAGE: PAGES})
    assert slots(slack) == ["head", "localization"]
    assert slots(slack, PAGES) == ["head", "upper"]


def test_a_report_that_became_urgent_is_also_posted_where_urgent_ones_go(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    rooms = {Severity.PAGE: PAGES}
    send(journal, slack, clock, report(), channels=rooms)
    send(journal, slack, clock, report("k2", severity=Severity.PAGE, revision=2, text="now sure"), channels=rooms)
    assert slots(slack, PAGES)[:2] == ["head", "localization"]
    assert slack.channels[CHANNEL][1]["edited"] == 1


def test_a_page_calls_people_only_when_told_whom(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, report(severity=Severity.PAGE))
    assert "<!" not in str(slack.channels[CHANNEL])
    send(journal, slack, clock, report("k2", slot="b", severity=Severity.PAGE), page_mention="<!channel>")
    calls = [m for m in slack.roots(CHANNEL) if "<!channel>" in m["text"]]
    assert len(calls) == 1
    assert "archives" in calls[0]["text"]


def test_a_page_is_called_once_whatever_is_revised(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    for number in range(3):
        item = report(f"k{number}", severity=Severity.PAGE, revision=number + 1, text=f"area {number}")
        send(journal, slack, clock, item, page_mention="<!channel>")
    assert sum("<!channel>" in m["text"] for m in slack.channels[CHANNEL]) == 1


def test_a_mock_alert_goes_to_the_test_channel_or_nowhere(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    know(journal, notice("mock", tense=Tense.TEST, event_name=["MS170817b"]), MOCK)
    page = report("m1", thread=MOCK, event_id="mock", severity=Severity.PAGE)
    send(journal, slack, clock, page, page_mention="<!channel>", channels={Severity.PAGE: PAGES})
    assert not any(slack.channels.values())
    assert "mock" in (journal.reports()[0].reference or {})["skipped"]
    again = report("m2", slot="b", thread=MOCK, event_id="mock", severity=Severity.PAGE)
    send(journal, slack, clock, again, page_mention="<!channel>", test_channel=TEST_CHANNEL)
    assert slots(slack, TEST_CHANNEL) == ["head", "b"]
    assert not slack.channels[CHANNEL]
    assert not slack.channels[PAGES]
    assert "TEST" in texts(slack.channels[TEST_CHANNEL][1]["blocks"])
    assert "<!channel>" not in str(slack.channels)


# --- what an alert may not do ---

HOSTILE = (
    "<!channel> <@U0BOSS> @here *bold* _it_ ~x~ `y` :fire: http://evil.example <http://evil.example|NASA> & \x1b[31m‮"
)


def test_alert_text_cannot_mention_link_or_format() -> None:
    item = report(
        title=HOSTILE,
        text=HOSTILE,
        caveats=[HOSTILE],
        tables=[Table(name=HOSTILE, columns=[HOSTILE], rows=[[HOSTILE]])],
        links=[Link(label=HOSTILE, url="javascript:alert(1)")],
    )
    made = blocks(item, test=False)
    assert block_problems(made) == []
    # Only rich_text and plain_text, which Slack takes literally.
    assert {block["type"] for block in made} <= {"header", "context", "rich_text"}
    assert "mrkdwn" not in str(made)
    assert "'link'" not in str(made)
    assert "\x1b" not in str(made)
    assert "‮" not in str(made)
    line = fallback(item, test=False)
    assert "<" not in line
    assert "&lt;!channel&gt;" in line


def test_escape_covers_slacks_three_characters() -> None:
    assert escape("a < b & c > d") == "a &lt; b &amp; c &gt; d"


@pytest.mark.parametrize("size", [149, 3000, 20_000, 100_000])
def test_long_reports_keep_slacks_limits_and_say_what_is_left_out(size: int) -> None:
    words = ("word " * (size // 5)).strip()
    item = report(
        title=words,
        text=f"{words}\n\n```\n{words}\n```\n" + "\n".join(f"- {n} {words[:90]}" for n in range(80)),
        tables=[Table(name="t", columns=["a", "b"], rows=[[words[:60], float(n)] for n in range(300)])] * 3,
        caveats=[words] * 30,
        links=[Link(label=words, url="https://example.org/")] * 60,
    )
    made = blocks(item, test=True)
    assert block_problems(made) == []
    if size > 3000:
        assert "the web page has the whole report" in texts(made)


def test_an_empty_report_is_still_a_message() -> None:
    assert block_problems(blocks(report(title="", text=""), test=False)) == []


# --- failures ---


@pytest.mark.parametrize("method", ["conversations.history", "chat.postMessage", "files.getUploadURLExternal"])
@pytest.mark.parametrize("sort", ["rate", "status", "lost_request"])
def test_a_passing_failure_delays_and_neither_loses_nor_doubles(
    journal: Journal, slack: LocalSlack, clock: VirtualClock, method: str, sort: str
) -> None:
    slack.faults += [Fault(method, sort, {"rate": 7, "status": 503}.get(sort))] * 3
    send(journal, slack, clock, report(pictures=[picture(journal)]), report("k2", slot="visibility"))
    assert slots(slack) == ["head", "localization", "visibility"]
    assert sum(len(m.get("files", [])) for m in slack.channels[CHANNEL]) == 1
    assert {row.state for row in journal.reports()} == {"delivered"}


@pytest.mark.parametrize(
    "method", ["chat.postMessage", "chat.update", "files.completeUploadExternal", "upload", "conversations.history"]
)
@pytest.mark.parametrize("skip", [0, 1])
def test_a_lost_answer_does_not_double_what_was_done(
    journal: Journal, slack: LocalSlack, clock: VirtualClock, method: str, skip: int
) -> None:
    """The message is accepted and the connection dies within the answer; `skip` picks the first or second call."""
    first = report(pictures=[picture(journal)])
    second = report("k2", text="smaller", revision=2, pictures=[picture(journal, "night", "black")])
    seen = 0

    def lose(name: str) -> None:
        nonlocal seen
        if name == method:
            seen += 1
            if seen == skip + 1:
                slack.faults.append(Fault(method, "lost_answer"))

    slack.arriving = lose
    send(journal, slack, clock, first)
    send(journal, slack, clock, second)
    assert slots(slack) == ["head", "localization", "localization/note/k2"]
    names = [f["name"] for m in slack.channels[CHANNEL] for f in m.get("files", [])]
    assert len(names) == len(set(names)) == 2
    assert {row.state for row in journal.reports()} == {"delivered"}


def test_a_lost_answer_to_a_call_out_does_not_ring_twice(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    def lose(name: str) -> None:
        if name == "chat.getPermalink" and slack.count("chat.getPermalink") == 0:
            slack.faults.append(Fault("chat.postMessage", "lost_answer"))

    slack.arriving = lose
    send(journal, slack, clock, report(severity=Severity.PAGE), page_mention="<!channel>")
    assert sum("<!channel>" in m["text"] for m in slack.channels[CHANNEL]) == 1


def test_slacks_wait_is_honoured_for_all_reports(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    slack.faults.append(Fault("chat.postMessage", "rate", 40))
    journal.enqueue([("slack", report()), ("slack", report("k2", thread=MOCK))], now=clock.now())
    carrier = courier(journal, slack_target(slack, clock), clock)
    carrier.step()
    calls = len(slack.calls)
    clock.sleep(39)
    assert carrier.step() == 0
    assert len(slack.calls) == calls
    drain(carrier, clock)
    assert {row.state for row in journal.reports()} == {"delivered"}


def test_an_hour_without_slack_loses_nothing_and_keeps_the_order(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    slack.faults += [Fault("*", "status", 503)] * 40
    reports = [report(f"k{n}", slot=f"s{n}") for n in range(10)]
    journal.enqueue([("slack", item) for item in reports], now=clock.now())
    drain(courier(journal, slack_target(slack, clock), clock), clock, tries=2000, patience=20)
    assert not slack.faults
    assert slots(slack) == ["head", *(f"s{n}" for n in range(10))]


@pytest.mark.parametrize(
    ("code", "mend"),
    [("invalid_auth", "token"), ("channel_not_found", "invite the bot"), ("not_in_channel", "/invite")],
)
def test_a_refusal_is_final_and_says_how_to_mend_it(
    journal: Journal, slack: LocalSlack, clock: VirtualClock, code: str, mend: str
) -> None:
    slack.faults += [Fault("*", "error", code)]
    send(journal, slack, clock, report())
    (row,) = journal.reports()
    assert row.state == "failed"
    assert code in row.error
    assert mend in row.error


def test_a_wrong_token_is_refused_and_never_shown(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, report(), token="xoxb-wrong-secret")
    (row,) = journal.reports()
    assert row.state == "failed"
    assert "xoxb" not in row.error
    assert "xoxb" not in repr(slack_settings(slack))


def test_writes_to_a_channel_are_paced(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    started = clock.now()
    journal.enqueue([("slack", report(f"k{n}", slot=f"s{n}")) for n in range(5)], now=started)
    carrier = courier(journal, slack_target(slack, clock, pace_s=1.0), clock)
    while carrier.step():
        pass
    assert (clock.now() - started).total_seconds() >= 5.0


# --- settings ---


def test_channel_names_are_refused_with_a_hint(slack: LocalSlack, clock: VirtualClock) -> None:
    with pytest.raises(ConfigurationError, match="not a channel ID"):
        slack_target(slack, clock, channel="#alerts")


def test_a_missing_token_is_a_configuration_error(slack: LocalSlack, clock: VirtualClock, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="bot token"):
        SlackTarget(SlackSettings(channel=CHANNEL), clock)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        SlackTarget(SlackSettings(channel=CHANNEL, token_file=str(tmp_path / "none")), clock)


def test_the_token_may_come_from_a_file(
    journal: Journal, slack: LocalSlack, clock: VirtualClock, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    send(journal, slack, clock, report(), token="", token_file=str(tmp_path / "token"))
    assert slots(slack) == ["head", "localization"]


def test_long_threads_and_histories_are_searched_page_by_page(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    slack.page = 2
    reports = [report(f"k{n}", slot=f"s{n}") for n in range(7)]
    send(journal, slack, clock, *reports)
    target = slack_target(slack, clock)
    found = target.find(reports[6], thread=journal.thread("slack", OBJECT))
    assert found is not None
    assert list(found.reference["messages"]) == [CHANNEL]


def test_a_severity_without_a_channel_is_silent(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, report(severity=Severity.INFO), channels={Severity.INFO: ""})
    assert slack.channels[CHANNEL] == []
    (row,) = journal.reports()
    assert (row.state, row.reference) == ("delivered", {"skipped": "severity info has no channel"})
