"""The desk: reviewers judge reports, answer questions, repeat and mute; every act is in the journal, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rules_samples import CALLS, GW, Night, gw, retraction

from chat.desk.answers import Answer, Asking, Person
from chat.desk.desk import Desk
from chat.desk.figures import facts, per_rule
from kg.objects import identify
from nuncius.core.event import Event
from nuncius.core.report import Report, ReportState

ANN = Person(id="slack:U0ANN", name="Ann", reviewer=True)
BOB = Person(id="slack:U0BOB", name="Bob")

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
do:
  - ask: "Send it?\\nAll ${ev.far} of it."
    timeout: 2h
  - post: "sent"
"""


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    CALLS.clear()
    made = Night(tmp_path, RULES)
    made.reactor._identify = identify
    made.hears(gw("a", object=None))
    made.works()
    made.delivers()
    yield made
    made.close()


def says(night: Night, words: str, person: Person = ANN, delivery: str = "", thread: str = "") -> Answer:
    desk = Desk(night.journal, lambda: night.book.rules, night.clock)
    asking = Asking(words=words, person=person, delivery=delivery or f"t:{words}:{person.id}", thread=thread)
    return desk.hear(asking)


def newest(night: Night, title: str) -> Report:
    return [report for report in night.reports() if title in report.title][-1]


def acts(night: Night) -> list[str]:
    return [stored.event.kind for stored in night.journal.read(0, kinds=["review"])]


# --- questions ---


def test_an_approval_lets_the_work_go_on_and_is_signed_in_the_journal(night: Night) -> None:
    (asked,) = night.journal.reviews(open_only=True)
    night.clock.sleep(60)
    assert says(night, f"approve {asked.id} looks right").ok
    night.works()
    assert night.titles()[-1] == "sent"
    (stored,) = night.journal.read(0, kinds=["review"])
    told = stored.event.data
    assert stored.event.kind == "review.approved"
    assert (told["by"], told["person"], told["rule"], told["question"]) == ("Ann", "slack:U0ANN", "gated", asked.id)
    assert told["why"] == "looks right"
    assert told["took_s"] == pytest.approx(60.0)


def test_the_button_of_a_question_answers_it_too(night: Night) -> None:
    question = newest(night, "Send it?")
    assert question.asks is not None
    assert says(night, f"reject report:{question.key} far too many").ok
    night.works()
    assert newest(night, "Send it?").title == "Rejected by Ann: Send it?"
    assert newest(night, "Send it?").asks == 0


def test_the_same_delivery_twice_is_one_act(night: Night) -> None:
    question = newest(night, "Send it?")
    first = says(night, f"approve report:{question.key}", delivery="slack:1")
    again = says(night, f"approve report:{question.key}", delivery="slack:1")
    assert first.ok
    assert not again.ok
    assert "approved by Ann" in again.title
    assert acts(night) == ["review.approved"]


def test_only_reviewers_review_and_anyone_may_ask(night: Night) -> None:
    (asked,) = night.journal.reviews(open_only=True)
    for words in (f"approve {asked.id}", f"reject {asked.id} no", f"mute near {GW}", "seen S170817a"):
        answer = says(night, words, BOB)
        assert (answer.ok, answer.title) == (False, "That is for reviewers")
    assert says(night, "questions", BOB).text.startswith(f"- **{asked.id}** Send it?")
    assert says(night, "show S170817a", BOB).ok
    assert night.journal.reviews(open_only=True)
    assert acts(night) == []


def test_a_rejection_without_a_reason_is_asked_for_one(night: Night) -> None:
    (asked,) = night.journal.reviews(open_only=True)
    assert says(night, f"reject {asked.id}").title == "A reason, please"
    assert night.journal.reviews(open_only=True)


def test_a_retraction_takes_the_question_back_and_a_late_answer_is_refused_politely(night: Night) -> None:
    question = newest(night, "Send it?")
    night.hears(retraction("b", object=None, received=night.clock.now() + timedelta(minutes=30)))
    edited = newest(night, "Send it?")
    assert edited.title == "Withdrawn: Send it?"
    assert "retracted: nobody needs to answer" in edited.text
    assert edited.asks == 0
    late = says(night, f"approve report:{question.key}")
    assert late.title == "Too late: this was withdrawn"
    night.works()
    assert newest(night, "Send it?").state is ReportState.RETRACTED
    assert "sent" not in night.titles()


def test_a_question_that_a_revision_replaces_is_taken_back(night: Night) -> None:
    night.hears(gw("a2", object=None, data={"far": 1e-9}, revision=2))
    titles = [report.title for report in night.reports() if "Send it?" in report.title]
    assert "Withdrawn: Send it?" in titles
    night.works()
    assert newest(night, "Send it?").asks


# --- other reports ---


def test_a_verdict_on_a_report_stands_in_its_message(night: Night) -> None:
    report = newest(night, "Area of")
    assert says(night, f"approve report:{report.key}").title == "Noted: approved"
    assert says(night, f"reject report:{report.key} the wrong sky", Person(id="slack:U2", name="Cem", reviewer=True)).ok
    marked = newest(night, "Area of")
    assert marked.slot == report.slot
    assert marked.marks[0].startswith("✓ right, says Ann")
    assert marked.marks[1].endswith("the wrong sky")
    assert acts(night) == ["review.approved", "review.rejected"]


def test_work_is_repeated_in_its_place_and_nobody_is_called_again(night: Night) -> None:
    report = newest(night, "Area of")
    before = len(CALLS)
    answer = says(night, f"rerun report:{report.key}")
    assert answer.title.startswith("Again (run 2)"), answer
    night.works()
    assert len(CALLS) == before + 1
    assert newest(night, "Area of").slot == report.slot
    assert newest(night, "Area of").revision == report.revision + 1
    assert says(night, f"rerun report:{report.key}", delivery="t:3").title.startswith("Again (run 3)")


def test_what_was_retracted_is_not_repeated(night: Night) -> None:
    report = newest(night, "Area of")
    night.hears(retraction("b", object=None, received=night.clock.now() + timedelta(minutes=30)))
    answer = says(night, f"rerun report:{report.key}")
    assert (answer.title, answer.text) == ("Not repeated", "what it was about was retracted")
    assert acts(night) == []


def test_a_rule_is_muted_about_one_object(night: Night) -> None:
    report = newest(night, "Area of")
    assert says(night, f"mute report:{report.key} for 3d").ok
    (silence,) = night.journal.silences(night.clock.now())
    assert (silence.rule, silence.by) == ("near", "Ann")
    assert silence.object.endswith("/S170817a")
    assert silence.until - silence.since == timedelta(days=3)
    night.hears(gw("a2", object=None, data={"far": 1e-9}, revision=2))
    assert "silenced" in night.outcomes()
    assert "did you mean 'near'" in says(night, "mute neer S170817a").text
    assert says(night, f"unmute {silence.id}").title == "Heard again: near about S170817a"
    assert night.journal.silences(night.clock.now()) == []
    assert says(night, f"unmute {silence.id}", delivery="t:2").title == "Nothing is muted by that number"
    assert says(night, "mute near S170817a for 200d").title == "How long?"


def test_an_event_that_is_not_related_is_taken_off_the_object_and_the_thread_says_so(night: Night) -> None:
    report = newest(night, "Area of")
    answer = says(night, f"unrelated report:{report.key} another burst")
    assert answer.text.startswith("taken back: ")
    (parted,) = (stored.event for stored in night.journal.read(0, kinds=["object.parted"]))
    assert (parted.data["claimed_by"], parted.data["by"], parted.data["why"]) == ("a", "Ann", "another burst")
    said = newest(night, "Not related, says Ann")
    assert said.thread == report.thread
    assert acts(night) == ["review.unrelated"]


def test_figures_per_rule_count_the_newest_word_on_each_report(night: Night) -> None:
    area, run = newest(night, "Area of"), newest(night, "at 3.5e-12 Hz")
    says(night, f"approve report:{area.key}")
    says(night, f"reject report:{area.key} after all not")
    night.clock.sleep(120)
    says(night, f"approve report:{run.key}")
    found = {figures.rule: figures for figures in per_rule(night.journal)}
    assert (found["near"].approved, found["near"].rejected, found["near"].precision) == (1, 1, 0.5)
    assert found["near"].median_s == pytest.approx(60.0)
    assert found["gated"].open == 1


def test_a_report_of_another_journal_is_no_report_of_ours(night: Night) -> None:
    assert says(night, "approve report:0123").title == "Not found"
    assert says(night, "approve 99999999999999999999999").title == "Not found"


# --- asking ---


def test_a_bare_name_shows_the_object_and_a_slip_gets_a_hint(night: Night) -> None:
    assert says(night, "s170817A").title.startswith("S170817a")
    assert "Did you mean 'show'" in says(night, "shwo S170817a").text
    assert "S170817" in says(night, "show S170817b").text
    assert says(night, "make me a sandwich").text.startswith("I know `show`")
    assert says(night, "").title == "What you can say"
    assert says(night, "help mute").title.startswith("mute RULE OBJECT")


def test_why_is_answered_with_the_condition_that_decided(night: Night) -> None:
    answer = says(night, "why near S170817a")
    assert answer.title == "near: fired"
    assert says(night, f"why report:{newest(night, 'Area of').key}").title == "near: fired"
    assert says(night, "why near", thread=newest(night, "Area of").thread).title == "near: fired"
    for name in ("/etc/passwd", "/etc/no-such-file"):  # which files are here is nobody's business
        assert says(night, f"why near {name}").text.startswith(f"nothing is known of '{name}'")
    assert "did you mean 'near'" in says(night, "why neer S170817a").text


def test_status_says_what_waits(night: Night) -> None:
    text = says(night, "status").text
    assert "**Questions to people** 1" in text
    assert "**Rules** 2" in text


def test_a_verdict_on_a_report_of_one_fact_is_gold_for_the_extractor(tmp_path: Path) -> None:
    rule = """rule: redshift
when: kg.fact
do: {post: "Redshift of ${ev.name}: ${ev.value}"}
"""
    made = Night(tmp_path, rule)
    told = {"predicate": "redshift", "value": 0.36, "text": "z = 0.36", "circular": 34409, "start": 10, "end": 18}
    made.hears(Event(id="fact:1", kind="kg.fact", source="kg", received=made.clock.now(), object=GW, data=told))
    made.works()
    (report,) = made.reports()
    assert facts(made.journal) == []
    assert says(made, f"reject report:{report.key} that is the host").ok
    (verdict,) = facts(made.journal)
    assert (verdict.verdict, verdict.circular, verdict.predicate, verdict.value) == ("wrong", 34409, "redshift", 0.36)
    assert (verdict.start, verdict.end, verdict.why, verdict.by) == (10, 18, "that is the host", "Ann")
    made.close()
