"""What people say at the desk, read: a verb of ours and what stands behind it. Pure; nothing is looked up here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from nuncius.core.registry import did_you_mean


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the desk. `usage` and `help` are for people; `reviewers`: only they may say it."""

    usage: str
    help: str
    reviewers: bool = False


#: All that can be said, in the order of the help.
VERBS: Mapping[str, Verb] = {
    "show": Verb(usage="show OBJECT", help="what is known of an object, by any of its names"),
    "plot": Verb(usage="plot OBJECT", help="its newest sky map, and its light curve where circulars give one"),
    "why": Verb(usage="why RULE EVENT", help="why a rule did or did not act on an event or an object"),
    "status": Verb(usage="status", help="feeds, and what waits or failed"),
    "questions": Verb(usage="questions", help="what rules ask people just now"),
    "approve": Verb(usage="approve NUMBER [WHY]", help="yes to a question", reviewers=True),
    "reject": Verb(usage="reject NUMBER WHY", help="no to a question, with a reason", reviewers=True),
    "seen": Verb(usage="seen OBJECT", help="you look after it: nobody else needs to be woken", reviewers=True),
    "mute": Verb(usage="mute RULE OBJECT [for 7d]", help="hear nothing from a rule about an object", reviewers=True),
    "unmute": Verb(usage="unmute NUMBER", help="hear it again", reviewers=True),
    "rerun": Verb(usage="rerun (a button)", help="the work behind a report again", reviewers=True),
    "unrelated": Verb(
        usage="unrelated (a button)", help="the event of a report is not about this object", reviewers=True
    ),
    "subscribe": Verb(usage="subscribe SENTENCE", help="be told in a message of your own; shows first what it means"),
    "keep": Verb(usage="keep NUMBER", help="keep a subscription that was shown"),
    "change": Verb(usage="change NUMBER SENTENCE", help="say one of yours anew; it stays as it is until you keep that"),
    "subscriptions": Verb(usage="subscriptions", help="what you have subscribed to"),
    "unsubscribe": Verb(usage="unsubscribe NUMBER", help="end one of them"),
    "help": Verb(usage="help [WORD]", help="this"),
}
_ALIASES = {
    "yes": "approve",
    "ok": "approve",
    "no": "reject",
    "again": "rerun",
    "re-run": "rerun",
    "retry": "rerun",
    "silence": "mute",
    "unsilence": "unmute",
    "explain": "why",
    "list": "subscriptions",
    "subs": "subscriptions",
    "unsub": "unsubscribe",
    "sub": "subscribe",
    "notify": "subscribe",
    "acknowledge": "seen",
    "ack": "seen",
    "not-related": "unrelated",
    "lightcurve": "plot",
    "map": "plot",
    "about": "show",
    "what": "show",
    "open": "questions",
    "reviews": "questions",
    "?": "help",
    "hello": "help",
    "hi": "help",
}
#: The most that somebody may say at once.
MOST_WORDS = 6000


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One of our verbs (empty: none was understood), what it is about, and all words as they were said."""

    verb: str
    rest: str
    said: str


def read_words(said: str) -> Wish:
    """The wish in a text. Without a verb of ours, all of it stands in `rest`."""
    text = said.strip()[:MOST_WORDS]
    first, _, rest = text.partition(" ") if "\n" not in text.split(" ")[0] else text.partition("\n")
    word = first.lower().rstrip(",:!")
    word = word if word in ("?",) else word.rstrip("?.")
    verb = _ALIASES.get(word, word)
    if verb not in VERBS:
        return Wish(verb="", rest=text, said=text)
    return Wish(verb=verb, rest=rest.strip(), said=text)


def near(word: str, known: Sequence[str]) -> str:
    """`Did you mean 'show'?`, or nothing where nothing known is like it."""
    hint = did_you_mean(word, list(known)).removeprefix("; ")
    return hint[:1].upper() + hint[1:] if hint.startswith("did") else ""


def nearest(word: str) -> str:
    """The verb that somebody may have meant."""
    return near(word.lower(), [*VERBS, *_ALIASES])


_FOR = re.compile(r"\s+for\s+(?P<span>\d+(?:\.\d+)?\s*[a-z]+)\s*$", re.I)


def split_for(text: str) -> tuple[str, str]:
    """`gw S230518h for 3d` → (`gw S230518h`, `3d`); an empty span where none is given."""
    found = _FOR.search(text)
    return (text[: found.start()].strip(), found["span"].replace(" ", "")) if found else (text.strip(), "")
