"""Everything that is asked for news again and again, as the settings have it."""

from __future__ import annotations

from listeners.papers.settings import PapersSettings
from listeners.papers.sources import sources as paper_sources
from listeners.polling.contract import Source


def polled_sources(*, papers: PapersSettings | None = None) -> list[Source]:
    """All sources that are set up, by name. Raises ConfigurationError for what a service cannot be asked with."""
    found: list[Source] = []
    if papers is not None:
        found += paper_sources(papers)
    return sorted(found, key=lambda source: source.name)
