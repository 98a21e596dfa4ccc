"""What a person may set about papers. Opens no connection."""

from __future__ import annotations

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]


class PapersSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Papers and telegrams. Nothing is asked for unless this section is there; an empty `[papers]` will do."""

    arxiv: bool = True
    """Ask arXiv for new and revised papers."""
    categories: tuple[str, ...] = ("astro-ph.HE",)
    """arXiv's categories, `astro-ph.HE` or a whole archive such as `gr-qc`; papers cross-listed there count."""
    keywords: tuple[str, ...] = ()
    """Only arXiv's papers that have one of these words or phrases anywhere; none: all of the categories."""
    authors: tuple[str, ...] = ()
    """Only arXiv's papers by one of these people; with `keywords`, either is enough."""
    ads_query: str = ""
    """What to ask NASA ADS for, in its own query language: `abs:"gamma-ray burst" AND doctype:article`. Empty: ADS is
    not asked."""
    ads_token: str = ""
    """Token for ADS, from ADS_API_TOKEN in the environment, never from this file."""
    atel: bool = True
    """Ask The Astronomer's Telegram."""
    every_s: Positive = 3600.0
    """How often arXiv and ADS are asked; arXiv announces once a day."""
    atel_every_s: Positive = 600.0
    """How often The Astronomer's Telegram is asked."""
    since_days: Positive = 7.0
    """How far back the first question reaches; afterwards each begins where the one before ended."""
    arxiv_url: str = "https://export.arxiv.org/api/query"
    """arXiv's API."""
    arxiv_feed_url: str = "https://rss.arxiv.org/atom/{category}"
    """arXiv's announcements of the day. Empty: the last month is looked through at every question instead."""
    ads_url: str = "https://api.adsabs.harvard.edu/v1"
    """The API of ADS."""
    atel_url: str = "https://www.astronomerstelegram.org/?rss"
    """The feed of The Astronomer's Telegram, which holds the latest ones only."""
    atel_one_url: str = "https://www.astronomerstelegram.org/?rss+{number}"
    """One telegram by its number, for those that the feed no longer holds. Empty: they are reported as missed."""

    def __repr__(self) -> str:
        # Settings end up in tracebacks and debug logs: the token must not.
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name != "ads_token"}
        return f"PapersSettings({', '.join(f'{k}={v!r}' for k, v in shown.items())}, ads_token=•••)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "ads_token"]
