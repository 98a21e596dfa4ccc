"""Which objects a paper is about and which it only mentions, from its title and abstract alone.

A paper attaches to objects that are known and makes none: it names ten bursts in one breath, and what it joins with a
slash (`GW170817/GRB 170817A`) it need not hold for one thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from kg.names import Name, find_names
from kg.naming import equated
from kg.openings import compiled
from kg.tex import Plain
from nuncius.core.event import Event

#: Characters read of a title and of an abstract or telegram. What is longer is a mistake or an attack.
READ_TITLE, READ_TEXT = 1_000, 50_000
#: In front of a name: the paper is not about it.
_COMPARED = compiled(
    r"\b(?:like|unlike|similar to|resembl\w+|analog(?:ue)?s? (?:of|to)|compar\w+ (?:to|with)|than|reminiscent of|"
    r"beyond|after|since|cf\.?|e\.g\.,?)\s+(?:the\s+)?(?:\w+\s+){0,2}$",
    re.I,
)
_LIKE = compiled(r"^\s?-?\s?(?:like|type|analog|style|era)\b", re.I)


class Mentions(msgspec.Struct, frozen=True, kw_only=True):
    """`about`: the objects that the paper is about, each as the names that it gives it; `told`: those that the
    abstract names, but for what it only compares with; `names`: every name in it, in order."""

    about: list[list[str]]
    told: list[list[str]]
    names: list[str]

    def first(self, name: str) -> str:
        """The first name of the object that has this one."""
        return next((group[0] for group in [*self.about, *self.told] if name in group), name)


def mentions(title: Plain, text: Plain) -> Mentions:
    """The title's objects, with the other names that the abstract gives them; failing these, the abstract's only
    one."""
    found = [find_names(title.text), find_names(text.text)]
    titled, told = grouped(title.text, found[0]), grouped(text.text, found[1])
    also = {name: group for group in told for name in group}
    about = [list(dict.fromkeys(n for own in group for n in [own, *also.get(own, [])])) for group in titled]
    if not titled and len(told) == 1:
        about = told
    return Mentions(about=about, told=told, names=list(dict.fromkeys(n.name for names in found for n in names)))


def texts(event: Event) -> tuple[Plain, Plain]:
    """A paper's title and abstract (a telegram's text) in plain characters."""
    title, text = (str(event.data.get(word) or "") for word in ("subject", "body"))
    return Plain(title[:READ_TITLE]), Plain(text[:READ_TEXT])


def mentioned(event: Event) -> Mentions:
    """Which objects an event of a paper speaks of."""
    return mentions(*texts(event))


def grouped(text: str, names: Sequence[Name]) -> list[list[str]]:
    """Names in groups of one object each: what is joined as equal (`EP240414a / SN2024gsa`) is one. Names that the
    text only compares with are left out."""
    own = [name for name in names if not aside(text, name)]
    groups: list[list[str]] = []
    of: dict[str, list[str]] = {}
    for before, name in pairwise([None, *own]):
        if name is None or name.name in of:
            continue
        if before is not None and len(equated(text, [before, name])) == 2:
            of[name.name] = of[before.name]
            of[name.name].append(name.name)
        else:
            groups.append([name.name])
            of[name.name] = groups[-1]
    return groups


def aside(text: str, name: Name) -> bool:
    """Whether a name is only compared with: `unlike GRB 130603B`, `a GRB 211211A-like burst`."""
    before, after = text[max(0, name.start - 60) : name.start], text[name.end : name.end + 12]
    return bool(_COMPARED.search(before) or _LIKE.match(after))
