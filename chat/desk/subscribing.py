"""What somebody may do with subscriptions of their own: say one in a sentence or as YAML, see what it would have said,
keep it, list them, end one."""

from __future__ import annotations

from datetime import datetime

import msgspec

from analyses.observatories import load_observatories
from chat.desk.answers import Answer, Asking, Declined, Offer, escaped
from chat.desk.preview import preview
from chat.desk.sentences import KNOWN, read_sentence
from kg.objects import resolve
from nuncius.core.errors import PermanentError
from nuncius.journal import Journal
from nuncius.journal.subscriptions import MOST_EACH, Subscriptions
from reactors.rule import Rule
from reactors.subscribed import subscription_rule

#: Doors behind which somebody can be told something in person.
DOORS = ("slack",)


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said, understood and checked: as YAML, and as a rule bound to them. `sentence` is empty where they
    said YAML."""

    name: str
    sentence: str
    yaml: str
    rule: Rule


def understood(
    journal: Journal, owner: str, said: str, *, site: str = "", tell: str = "", as_yaml: bool = False
) -> Meant:
    """The subscription that a sentence or YAML means; which it is, the text shows unless it is said. `site` is the
    speaker's observatory. Raises Declined."""
    text = said.strip()
    if not text:
        raise Declined("To what?", KNOWN)
    yaml, sentence, name = _own_rule(text) if as_yaml else _rule_text(journal, text, site)
    return Meant(name=name, sentence=sentence, yaml=yaml, rule=_checked(yaml, owner, tell))


def subscribe(journal: Journal, asking: Asking, said: str, now: datetime, *, instead_of: int | None = None) -> Answer:
    """Show what a sentence or a rule means and would have said; nothing is in force yet."""
    owner = asking.person.id
    meant = understood(journal, owner, said, site=asking.person.site)
    told = preview(journal, meant.rule, now)
    shown, title = f"```\n{meant.yaml.strip()}\n```\n{told.words()}", f"This is what it means: {meant.name}"
    if owner.partition(":")[0] not in DOORS:
        return Answer(title=title, text=f"{shown}\n\nSay it in chat, where you can be told.")
    number = Subscriptions(journal).draft(owner, meant.name, meant.sentence, meant.yaml, now)
    words = f"keep {number}" if instead_of is None else f"keep {number} instead of {instead_of}"
    label = "Keep it" if instead_of is None else f"Keep it instead of {instead_of}"
    return Answer(
        title=title,
        text=f"{shown}\n\nIt is not kept yet: say `{words}`, or say it differently.",
        offers=[Offer(label=label, words=words)],
    )


def change(journal: Journal, asking: Asking, number: str, said: str, now: datetime) -> Answer:
    """Show what one of somebody's subscriptions would be; it stays as it is until they keep that."""
    old = Subscriptions(journal).get(_number(number), asking.person.ids)
    if not said.strip():
        shown = f"```\n{old.rule.strip()}\n```\n\n" if old.rule else ""
        return Answer(
            title=f"Subscription {old.id}: {old.name}", text=f"{shown}`change {old.id} SENTENCE` says it anew."
        )
    return subscribe(journal, asking, said, now, instead_of=old.id)


def _rule_text(journal: Journal, text: str, site: str) -> tuple[str, str, str]:
    """The YAML, the sentence if it was one, and a name."""
    bare = text.strip("`").removeprefix("yaml").strip() if text.startswith("```") else text
    if "\n" in bare and "do:" in bare and "when:" in bare:
        return _own_rule(bare)
    found = read_sentence(
        text, resolve=lambda name: resolve(journal, name), sites=sorted(load_observatories()), site=site
    )
    return found.rule, text, found.name


def _own_rule(text: str) -> tuple[str, str, str]:
    yaml = text if text.startswith("rule:") else f"rule: mine\n{text}"
    return f"{yaml}\n", "", "a rule of your own"


def _checked(yaml: str, owner: str, tell: str) -> Rule:
    try:
        return subscription_rule(yaml, number=0, owner=owner, tell=tell)
    except PermanentError as error:
        raise Declined("This is no subscription", escaped_lines(str(error))) from error


def escaped_lines(text: str) -> str:
    """Several lines of others' text."""
    return "\n".join(f"- {escaped(line)}" for line in text.splitlines() if line.strip())


def keep(journal: Journal, asking: Asking, words: str, now: datetime) -> Answer:
    """What was shown comes into force; with `13 instead of 12` the other one ends."""
    number, _, other = words.partition(" instead of ")
    subscriptions, wanted, owner = Subscriptions(journal), _number(number), asking.person.ids
    one = subscriptions.get(wanted, owner)
    new = subscriptions.keep(wanted, owner, now, instead_of=_number(other) if other else None)
    return Answer(
        title=f"Subscribed ({wanted}): {one.name}" if new else f"You have it already ({wanted}): {one.name}",
        text="You are told in a message of your own; each has a button that ends it.",
        offers=[Offer(label="Unsubscribe", words=f"unsubscribe {wanted}")],
    )


def unsubscribe(journal: Journal, asking: Asking, number: str, now: datetime) -> Answer:
    """One is over."""
    wanted = _number(number)
    ended = Subscriptions(journal).end(wanted, asking.person.ids, now)
    return Answer(title=f"Unsubscribed ({wanted})" if ended else f"It was over before ({wanted})")


def listed(journal: Journal, asking: Asking) -> Answer:
    """What somebody has."""
    found = Subscriptions(journal).of(asking.person.ids)
    if not found:
        return Answer(title="You have no subscriptions", text="`subscribe SENTENCE` makes one.")
    lines = [f"- **{one.id}** {escaped(one.sentence or one.name)}, since {one.created:%Y-%m-%d}" for one in found]
    return Answer(title=f"{len(found)} of at most {MOST_EACH} subscriptions", text="\n".join(lines))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Declined("Which one?", "name its number; `subscriptions` lists yours")
    return int(text)
