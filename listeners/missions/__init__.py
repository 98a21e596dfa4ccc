"""What each kind of notice is: its mission, instrument, containment and tense, whatever format it came in.

One module per mission, found by `discover`; each offers `TYPES` and, where its notices need more than the common
words, `refine(notice)`. Adding a mission edits no existing file. `docs/notice-types.md` is generated from here.

Sources: the GCN notice descriptions (https://gcn.nasa.gov/missions and the per-mission pages under
https://gcn.gsfc.nasa.gov) and the packets' own parameter descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from nuncius.core.event import Tense
from nuncius.core.registry import discover

if TYPE_CHECKING:
    from listeners.notice import Notice

AlertType = Literal["initial", "subsequent", "update", "retraction"]


class NoticeType(msgspec.Struct, frozen=True, kw_only=True):
    """One notice type. `name` and `number` are GCN's; `tail` is the last part of the event's kind.

    `position` says what the coordinates in it are: the source, where the instrument points, or a placeholder.
    `containment` is the probability (0 to 1) within the error radius; `assumed` marks one that the sender does not
    state. `text` holds the words of NOTICE_TYPE in the text format, in lower case; `streams` the beginnings of the
    IVORNs (after `ivo://`, lower case) of VOEvents that carry no GCN number.
    """

    name: str
    mission: str
    instrument: str
    tail: str
    number: int | None = None
    messenger: str = "EM"
    position: Literal["source", "pointing", "none"] = "source"
    containment: float = 0.9
    assumed: bool = False
    alert_type: AlertType = "initial"
    tense: Tense | None = None
    text: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`gcn.notice.<mission>.<instrument>.<tail>`."""
        return kind_of(self.mission, self.instrument, self.tail)


@lru_cache(maxsize=4096)
def slug(text: str) -> str:
    """Lower case, with only letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


@lru_cache(maxsize=4096)
def kind_of(mission: str, instrument: str, tail: str) -> str:
    """`gcn.notice.<mission>.<instrument>.<tail>`; what is empty is left out."""
    return ".".join(["gcn.notice", *(part for part in (slug(mission), slug(instrument), slug(tail)) if part)])


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All notice types, found by number, by the words of the text format or by the stream of a VOEvent; and what
    refines a mission's notices."""

    by_number: dict[int, NoticeType]
    by_text: dict[str, NoticeType]
    by_stream: dict[str, NoticeType]
    refiners: dict[str, Callable[[Notice], None]]
    types: tuple[NoticeType, ...]


@cache
def catalogue() -> Catalogue:
    """The catalogue, read once from the modules of this package."""
    import listeners.missions as package

    types: list[NoticeType] = []
    refiners: dict[str, Callable[[Notice], None]] = {}
    for module in discover(package):
        types.extend(module.TYPES)
        refine = getattr(module, "refine", None)
        if refine is not None:
            refiners.update(dict.fromkeys(module.MISSIONS, refine))
    return Catalogue(
        by_number={t.number: t for t in types if t.number is not None},
        by_text={words: t for t in types for words in t.text},
        by_stream={stream: t for t in types for stream in t.streams},
        refiners=refiners,
        types=tuple(sorted(types, key=lambda t: (t.mission.lower(), t.number or 0, t.name))),
    )
