"""The sources of papers that are switched on."""

from __future__ import annotations

from listeners.papers.ads import Ads
from listeners.papers.arxiv import Arxiv
from listeners.papers.atel import Atel
from listeners.papers.settings import PapersSettings
from listeners.polling.contract import Source


def sources(settings: PapersSettings) -> list[Source]:
    """The sources that are switched on. Raises ConfigurationError for settings that no service can be asked with."""
    found: list[Source] = []
    if settings.arxiv:
        found.append(Arxiv(settings))
    if settings.ads_query:
        found.append(Ads(settings))
    if settings.atel:
        found.append(Atel(settings))
    return found
