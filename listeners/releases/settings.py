"""What a person may set about releases of software and of data. Opens no connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from listeners.formats._versions import is_package_name
from nuncius.core.errors import ConfigurationError

Seconds = Annotated[float, msgspec.Meta(ge=60)]

_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._+-]{0,98}[A-Za-z0-9])?")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class QuerySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to a TAP service, asked again and again."""

    name: str
    url: str
    adql: str
    key: tuple[str, ...] = ()
    maxrec: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 10_000
    every_s: Seconds = 3600.0


class FolderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder of this machine, or a listing that a web server makes."""

    name: str
    url: str
    match: str = "*"
    depth: Annotated[int, msgspec.Meta(ge=1, le=8)] = 1
    every_s: Seconds = 900.0


class BucketSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public bucket of an S3 service."""

    name: str
    url: str
    prefix: str = ""
    match: str = "*"
    every_s: Seconds = 900.0


class ReleasesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Releases to watch; without this section none are. `[releases]` alone watches what the test cases depend on."""

    test_cases: bool = True
    """Also watch, on the package index, every package that a test case depends on."""
    packages: tuple[str, ...] = ()
    """Packages to watch on the Python package index."""
    github: tuple[str, ...] = ()
    """Repositories to watch for releases and tags, `owner/name`."""
    github_token: str = ""
    """Lets GitHub be asked 5,000 times an hour instead of 60; needs no scope. From GITHUB_TOKEN in the environment,
    never from this file."""
    zenodo: tuple[str, ...] = ()
    """Records to watch for new versions, by the number that all versions share ("Cite all versions")."""
    zenodo_communities: tuple[str, ...] = ()
    """Communities to watch for new software and datasets, by their short names."""
    queries: tuple[QuerySettings, ...] = ()
    """Questions to TAP services whose answers are watched: `name`, `url` (of the service), `adql`, `key` (columns that
    name a row), `maxrec`, `every_s`."""
    folders: tuple[FolderSettings, ...] = ()
    """Folders to watch, here or listed by a web server: `name`, `url` (or a path), `match` (`*.fits`), `depth`,
    `every_s`."""
    buckets: tuple[BucketSettings, ...] = ()
    """Public S3 buckets to watch: `name`, `url` (with the bucket), `prefix`, `match`, `every_s`."""
    since_days: Annotated[float, msgspec.Meta(ge=0, le=365)] = 7.0
    """The first look at a package, repository or record tells what is not older than this, and takes stock of the
    rest in silence."""
    packages_every_s: Seconds = 900.0
    """How often the package index is asked about one package."""
    github_every_s: Seconds = 1800.0
    """How often GitHub is asked about one repository; without a token at most 60 requests an hour are spent."""
    zenodo_every_s: Seconds = 3600.0
    """How often Zenodo is asked about one record or community."""
    index_url: str = ""
    """Another package index with the simple API; empty: the one that pypi-simple knows."""
    github_url: str = "https://api.github.com"
    """The REST API of GitHub, or of an own GitHub Enterprise."""
    zenodo_url: str = "https://zenodo.org"
    """Zenodo, or another InvenioRDM."""

    def __repr__(self) -> str:
        # Settings end up in tracebacks and debug logs: the token must not.
        shown = {f: getattr(self, f) for f in self.__struct_fields__ if f != "github_token"}
        return f"ReleasesSettings({', '.join(f'{k}={v!r}' for k, v in shown.items())}, github_token=•••)"


def check(settings: ReleasesSettings) -> None:
    """Raises ConfigurationError naming the first entry that cannot be right."""
    for problem in problems(settings):
        raise ConfigurationError(problem)


def problems(settings: ReleasesSettings) -> Iterator[str]:
    """What cannot be right, each with the way to mend it."""
    for name in settings.packages:
        if not is_package_name(name):
            yield f"releases.packages: {name!r} names no package{_strange(name)}"
    for name in settings.github:
        if not _REPOSITORY.fullmatch(name):
            yield f"releases.github: a repository is written owner/name; received {name!r}{_strange(name)}"
    for number in settings.zenodo:
        if not number.isascii() or not number.isdigit():
            yield f"releases.zenodo: the number in the DOI of all versions, say 1234567; received {number!r}"
    for name in settings.zenodo_communities:
        if not _SLUG.fullmatch(name):
            yield f"releases.zenodo_communities: the short name in a community's address; received {name!r}"
    yield from _addresses(settings)
    names = [query.name for query in settings.queries]
    names += [folder.name for folder in settings.folders] + [bucket.name for bucket in settings.buckets]
    for name in names:
        if not _NAME.fullmatch(name):
            yield f"releases: a name has letters, digits, spaces and .-_+ only; received {name!r}{_strange(name)}"
        if names.count(name) > 1:
            yield f"releases: two are named {name!r}; each needs a name of its own"
    for query in settings.queries:
        if not query.adql.strip() or len(query.adql) > 2000:
            yield f"releases.queries: {query.name}: adql has 1 to 2000 characters; received {len(query.adql)}"


def _addresses(settings: ReleasesSettings) -> Iterator[str]:
    remote = {"index_url": settings.index_url, "github_url": settings.github_url, "zenodo_url": settings.zenodo_url}
    remote |= {f"queries: {item.name}": item.url for item in settings.queries}
    remote |= {f"buckets: {item.name}": item.url for item in settings.buckets}
    for where, url in remote.items():
        if url and not _is_web(url):
            yield f"releases.{where}: an address begins with https:// or http://; received {url!r}"
    for item in settings.folders:
        if not _is_web(item.url) and not Path(item.url).expanduser().is_absolute():
            yield f"releases.folders: {item.name}: a web address or a whole path; received {item.url!r}"


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and "@" not in parts.netloc


def _strange(name: str) -> str:
    """Which letter only looks like one of ours."""
    odd = next((letter for letter in name if not letter.isascii()), None)
    return "" if odd is None else f"; {odd!r} is U+{ord(odd):04X}, no ASCII letter"
