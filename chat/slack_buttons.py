"""Buttons and forms on Slack: a pure function of the report. What a button says when it is pressed are words of the
desk (`chat/desk/words.py`), so that typing them would do the same."""

from __future__ import annotations

from typing import Any

from chat.desk.answers import Offer
from chat.desk.choices import Choice, about_of, choices
from chat.markdown import clean
from nuncius.core.report import Report

Json = dict[str, Any]

#: Every action of ours begins with this; others' are not ours to answer.
PREFIX = "nuncius"
#: A button that asks for a reason first opens a form of this name.
REASON = f"{PREFIX}.reason"
#: Slack's limits (https://docs.slack.dev/reference/block-kit): characters of a button's label and of its value.
MAX_LABEL, MAX_VALUE, MAX_BUTTONS = 75, 2000, 5
#: Options of a menu hold 150 characters, of which the verb takes some.
MAX_ABOUT = 130
#: Verbs whose reason is asked for in a form.
WITH_REASON = {
    "reject": ("Reject", "What is wrong?", False),
    "unrelated": ("Not related", "Why is it not about this object?", True),
}


def buttons(report: Report) -> list[Json]:
    """What can be done about a report: nothing about first messages, notes, and what no longer stands."""
    if report.subscription is not None:
        return [_actions([_button("Unsubscribe", f"unsubscribe {report.subscription}")])]
    about = about_of(report)
    if not about or len(about) > MAX_ABOUT:  # a longer one was not made by the engine, whose keys are digests
        return []
    asks = bool(report.asks)
    yes, no, *more = choices(report)
    first = _button(yes.label, f"{yes.verb} {about}", style="primary" if asks else "")
    second = _button(_labelled(no), f"{no.verb} {about}", style="danger" if asks else "")
    seen = [
        _button(choice.label, f"{choice.verb} {about}", style="primary") for choice in more if choice.verb == "seen"
    ]
    menu = {
        "type": "overflow",
        "action_id": f"{PREFIX}.more",
        "options": [
            {"text": _plain(_labelled(choice)), "value": f"{choice.verb} {about}"}
            for choice in more
            if choice.verb != "seen"
        ],
    }
    return [_actions([*seen, first, second, menu])]


def _labelled(choice: Choice) -> str:
    """With dots where a form opens first."""
    return choice.label if choice.why == "no" else f"{choice.label}…"


def offered(offers: list[Offer]) -> list[Json]:
    """The buttons below an answer."""
    return [_actions([_button(o.label, o.words) for o in offers[:MAX_BUTTONS]])] if offers else []


def marks(report: Report) -> list[Json]:
    """What people said of the report."""
    if not report.marks:
        return []
    lines = [_plain(clean(mark)[:300]) for mark in report.marks[-MAX_BUTTONS * 2 :]]
    return [{"type": "context", "elements": lines}]


def reason_form(words: str, place: str) -> Json:
    """The form that asks for the reason of `reject …` or `unrelated …`; `place` comes back with the answer."""
    verb, _, about = words.partition(" ")
    title, question, optional = WITH_REASON[verb]
    field = {"type": "plain_text_input", "action_id": "why", "multiline": True, "max_length": 1000}
    return {
        "type": "modal",
        "callback_id": REASON,
        "private_metadata": f"{verb} {about}\n{place}",
        "title": _plain(title),
        "submit": _plain(title),
        "close": _plain("Cancel"),
        "blocks": [
            {"type": "input", "block_id": "why", "label": _plain(question), "element": field, "optional": optional}
        ],
    }


def _actions(elements: list[Json]) -> Json:
    return {"type": "actions", "elements": elements}


def _button(label: str, words: str, *, style: str = "") -> Json:
    # Two elements of one block must not have the same action.
    action = f"{PREFIX}.{words.partition(' ')[0]}"
    button: Json = {
        "type": "button",
        "action_id": action,
        "text": _plain(label[:MAX_LABEL]),
        "value": words[:MAX_VALUE],
    }
    return {**button, "style": style} if style else button


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
