"""From settings to the sources of releases."""

from __future__ import annotations

from collections.abc import Sequence

from listeners.formats._versions import package_name
from listeners.polling.contract import Source
from listeners.releases.buckets import BucketSource
from listeners.releases.folders import FolderSource
from listeners.releases.github import GithubSource
from listeners.releases.pypi import PypiSource
from listeners.releases.settings import ReleasesSettings, check
from listeners.releases.tap import QuerySource
from listeners.releases.zenodo import ZenodoSource

#: Requests an hour that GitHub grants without a token; every repository takes two at a look, and some are left over.
GUEST_REQUESTS = 50


def sources(settings: ReleasesSettings, packages: Sequence[str] = ()) -> list[Source]:
    """Everything to watch; `packages` are those that test cases depend on. Raises ConfigurationError."""
    check(settings)
    wanted = [*settings.packages, *(packages if settings.test_cases else [])]
    names = sorted({package_name(name) for name in wanted})
    since = settings.since_days
    found: list[Source] = [
        PypiSource(package=name, every_s=settings.packages_every_s, since_days=since, address=settings.index_url)
        for name in names
    ]
    repositories = list(dict.fromkeys(settings.github))
    found += [
        GithubSource(
            repository=name,
            every_s=github_pace(settings, len(repositories)),
            since_days=since,
            token=settings.github_token,
            address=settings.github_url.rstrip("/"),
        )
        for name in repositories
    ]
    records = [(number, "") for number in settings.zenodo] + [("", name) for name in settings.zenodo_communities]
    found += [
        ZenodoSource(
            concept=concept,
            community=community,
            every_s=settings.zenodo_every_s,
            since_days=since,
            address=settings.zenodo_url.rstrip("/"),
        )
        for concept, community in dict.fromkeys(records)
    ]
    found += [QuerySource(settings=query) for query in settings.queries]
    found += [FolderSource(settings=folder) for folder in settings.folders]
    found += [BucketSource(settings=bucket) for bucket in settings.buckets]
    return found


def github_pace(settings: ReleasesSettings, repositories: int) -> float:
    """Seconds between two looks at a repository: as set, and without a token so many that the quota is kept."""
    if settings.github_token:
        return settings.github_every_s
    return max(settings.github_every_s, 3600.0 * 2 * repositories / GUEST_REQUESTS)
