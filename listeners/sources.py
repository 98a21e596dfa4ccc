"""Everything that is asked for news again and again, as the settings have it."""

from __future__ import annotations

from collections.abc import Sequence

from listeners.papers.settings import PapersSettings
from listeners.papers.sources import sources as paper_sources
from listeners.polling.contract import Source
from listeners.releases.settings import ReleasesSettings
from listeners.releases.sources import sources as release_sources


def polled_sources(
    *,
    papers: PapersSettings | None = None,
    releases: ReleasesSettings | None = None,
    packages: Sequence[str] = (),
) -> list[Source]:
    """All sources that are set up, by name; `packages` are those that test cases depend on. Raises ConfigurationError
    for what a service cannot be asked with."""
    found: list[Source] = []
    if papers is not None:
        found += paper_sources(papers)
    if releases is not None:
        found += release_sources(releases, packages)
    return sorted(found, key=lambda source: source.name)
