"""Who asks at the desk, from where, and what they get: plain values that every target can dress."""

from __future__ import annotations

import msgspec

from nuncius.core.errors import PermanentError
from nuncius.core.report import Picture
from nuncius.core.result import Table


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `id` names the door and the person there (`slack:U0123`, `login:ann`); a `reviewer` may judge reports,
    answer questions of rules, mute rules and have work repeated. `also` are further names of theirs, by which they may
    own subscriptions, and `site` is their observatory."""

    id: str
    name: str
    reviewer: bool = False
    also: tuple[str, ...] = ()
    site: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """All names by which they may own something."""
        return (self.id, *self.also)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says: `words` as typed, or as a button holds them. `delivery` is the door's own id of it, the same
    when it comes again; `thread` is the object's thread in which it was said, if it was in one."""

    words: str
    person: Person
    delivery: str
    thread: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A button below an answer: its label, and the words that pressing it says."""

    label: str
    words: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk says, in the markdown of reports. `ok` is false where it did not do what was asked."""

    title: str
    text: str = ""
    tables: list[Table] = []
    pictures: list[Picture] = []
    offers: list[Offer] = []
    ok: bool = True


class Declined(PermanentError):
    """The desk does not do it, and says why and what would help. `title` is the short word."""

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__(f"{title}: {text}" if text else title)
        self.title, self.text = title, text


def declined(error: PermanentError) -> Answer:
    """A refusal as an answer."""
    if isinstance(error, Declined):
        return Answer(title=error.title, text=error.text, ok=False)
    return Answer(title="Not done", text=str(error), ok=False)


def escaped(text: str) -> str:
    """Text of others inside our own markdown: its marks are shown, not obeyed."""
    return "".join(f"\\{c}" if c in "\\`*_[]" else c for c in " ".join(text.split()))
