"""The desk itself: takes what somebody says, sees that they may, and does it or says why not. It names no target."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from chat.desk import looking, reviewing, subscribing
from chat.desk.answers import Answer, Asking, Declined, declined, escaped
from chat.desk.matters import REPORT, find
from chat.desk.words import VERBS, Wish, nearest, read_words
from kg.objects import resolve
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError
from nuncius.journal import Journal
from nuncius.journal.subscriptions import Subscriptions
from reactors.ruleset import RuleSet

if TYPE_CHECKING:
    from kg.store import GraphStore

log = logging.getLogger(__name__)

__all__ = ["Desk"]


class Desk:
    """Answers people. `rules` gives those in force; `graph` may be None, which leaves out what circulars claim."""

    def __init__(
        self, journal: Journal, rules: Callable[[], RuleSet], clock: Clock, *, graph: GraphStore | None = None
    ) -> None:
        self._journal, self._rules, self._clock, self._graph = journal, rules, clock, graph

    def hear(self, asking: Asking) -> Answer:
        """The answer to what somebody says. A refusal is an answer too. Raises TransientError where the same words
        may succeed in a moment."""
        wish = read_words(asking.words)
        try:
            verb = VERBS.get(wish.verb)
            if verb is not None and verb.reviewers and not asking.person.reviewer:
                raise Declined(
                    "That is for reviewers",
                    f"`{wish.verb}` changes what others rely on. Whoever runs this service names the reviewers.",
                )
            return self._do(wish, asking)
        except PermanentError as error:
            return declined(error)

    def _do(self, wish: Wish, asking: Asking) -> Answer:
        journal, now, rest = self._journal, self._clock.now(), wish.rest
        about, _, more = rest.partition(" ")
        match wish.verb:
            case "show":
                return looking.show(journal, self._graph, rest, asking.thread)
            case "plot":
                return looking.plot(journal, self._graph, rest, asking.thread)
            case "why":
                return self._why(about, more.strip(), asking)
            case "status":
                return looking.status(journal, self._rules(), now)
            case "questions":
                return looking.questions(journal, now)
            case "approve":
                return reviewing.judge(journal, asking, about, "approved", more.strip(), now)
            case "reject":
                if not more.strip():
                    raise Declined("A reason, please", "say `reject NUMBER WHY`: the reason is kept, and teaches us")
                return reviewing.judge(journal, asking, about, "rejected", more.strip(), now)
            case "unrelated":
                return reviewing.unrelated(journal, asking, about, more.strip(), now)
            case "rerun":
                return reviewing.rerun(journal, asking, about, now)
            case "mute":
                return reviewing.mute(journal, asking, rest, self._names(asking), now)
            case "unmute":
                return reviewing.unmute(journal, asking, about, now)
            case "seen":
                return reviewing.seen(journal, asking, rest, now)
            case "subscribe":
                return subscribing.subscribe(journal, asking, rest, now)
            case "change":
                return subscribing.change(journal, asking, about, more, now)
            case "keep":
                return subscribing.keep(journal, asking, rest, now)
            case "unsubscribe":
                return subscribing.unsubscribe(journal, asking, rest, now)
            case "subscriptions":
                return subscribing.listed(journal, asking)
            case "help":
                return _help(rest)
            case _:
                return self._nonsense(wish, asking)

    def _why(self, rule: str, event: str, asking: Asking) -> Answer:
        if rule.startswith(REPORT):
            matter = find(self._journal, rule)
            rule, event = matter.reaction.rule, str(matter.reaction.context.get("event", ""))
        elif rule and not event and asking.thread:
            event = asking.thread
        if not Subscriptions(self._journal).may_know(rule, asking.person.ids):
            raise Declined("Nothing to explain", f"no rule is named '{escaped(rule)}'")
        return looking.why(self._journal, self._rules(), rule, event, self._clock.now())

    def _names(self, asking: Asking) -> list[str]:
        """The rules that somebody may hear of."""
        kept = Subscriptions(self._journal)
        return [rule.name for rule in self._rules().rules if kept.may_know(rule.name, asking.person.ids)]

    def _nonsense(self, wish: Wish, asking: Asking) -> Answer:
        """Words without a verb of ours: a bare name is asked for, the rest gets help."""
        text = wish.rest
        if not text:
            return _help("")
        if len(text) < 200 and resolve(self._journal, text) is not None:
            return looking.show(self._journal, self._graph, text, asking.thread)
        word = text.split()[0]
        hint = nearest(word)
        if not hint and word in self._names(asking):
            hint = f"'{escaped(word)}' is a rule; say `why {escaped(word)} OBJECT`."
        known = ", ".join(f"`{verb}`" for verb in VERBS)
        raise Declined(
            f"I do not understand '{escaped(text[:60])}'", f"{hint}\n\nI know {known}. `help` says more.".strip()
        )


def _help(word: str) -> Answer:
    verb = read_words(word).verb
    if verb:
        one = VERBS[verb]
        only = " Only reviewers may." if one.reviewers else ""
        return Answer(title=one.usage, text=f"{one.help[:1].upper()}{one.help[1:]}.{only}")
    lines = [f"- `{verb.usage}`: {verb.help}{' (reviewers)' if verb.reviewers else ''}" for verb in VERBS.values()]
    return Answer(title="What you can say", text="\n".join(lines) + "\n\nA name alone shows the object.")
