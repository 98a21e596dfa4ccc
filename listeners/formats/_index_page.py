"""A project's page of a Python package index (PEP 691, 700 and 592), version by version; HTML pages are turned into it.

Read item by item, because such a page may have a hundred thousand files and be nobody's friend.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from listeners.formats._versions import package_name, version
from listeners.words import utc
from nuncius.core.errors import FormatError

#: No file's name is longer; what is longer is left out.
LONGEST_NAME = 300


class Release(msgspec.Struct, kw_only=True):
    """One version of a package as its page lists it: the bytes of its files, whether all of them are yanked (and why),
    and when the first one came."""

    version: str
    files: list[msgspec.Raw] = []
    yanked: bool = True
    reason: str = ""
    published: datetime | None = None
    requires_python: str = ""


class Project(msgspec.Struct, kw_only=True):
    """A page: its package, its versions that have files, and the index's running number where it tells one."""

    name: str
    releases: dict[str, Release]
    serial: int | None = None
    status: str = ""


class _File(msgspec.Struct):
    filename: str
    yanked: bool | str = False
    upload_time: str | None = msgspec.field(default=None, name="upload-time")
    requires_python: str | None = msgspec.field(default=None, name="requires-python")


class _Page(msgspec.Struct):
    name: str
    meta: dict[str, Any]
    files: list[msgspec.Raw]
    versions: list[str] | None = None
    status: dict[str, Any] | None = msgspec.field(default=None, name="project-status")


def read(raw: bytes, label: str) -> Project:
    """A page's versions. Raises FormatError."""
    try:
        page = msgspec.json.decode(raw, type=_Page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"{label}: no page of a package index: {error}") from error
    api = str(page.meta.get("api-version", ""))
    if api.partition(".")[0] != "1":
        raise FormatError(f"{label}: this reads version 1 of the simple API; received {api!r}")
    serial = page.meta.get("_last-serial")
    return Project(
        name=package_name(page.name),
        releases=_releases(page.files, page.versions or [], page.name),
        serial=serial if isinstance(serial, int) else None,
        status=str((page.status or {}).get("status", "")),
    )


def _releases(files: Iterable[msgspec.Raw], versions: Iterable[str], name: str) -> dict[str, Release]:
    """Files by the version that their names carry, as `versions` writes it; what is no version is left as it is."""
    written = {_plain(text): text for text in versions}
    found: dict[str, Release] = {}
    for raw in files:
        try:
            file = msgspec.json.decode(raw, type=_File)
        except msgspec.DecodeError:
            continue  # one file that nobody can read makes no release
        of_file = _version_of(file.filename, name)
        if of_file is None:
            continue
        text = written.get(_plain(of_file), of_file)
        release = found.setdefault(text, Release(version=text, files=[]))
        release.files.append(raw)
        if file.yanked is False:
            release.yanked = False
        elif isinstance(file.yanked, str):
            release.reason = release.reason or file.yanked
        uploaded = utc(file.upload_time)
        if uploaded is not None:
            release.published = min(uploaded, release.published or uploaded)
        release.requires_python = release.requires_python or file.requires_python or ""
    return found


def _plain(text: str) -> str:
    """A version as it compares: 2.1 and 2.1.0 are one."""
    from packaging.utils import canonicalize_version

    known = version(text)
    return text if known is None else canonicalize_version(known)


def _version_of(filename: str, project: str) -> str | None:
    """The version in a file's name, where the file is the project's own: a name that only looks alike is another's."""
    from pypi_simple import UnparsableFilenameError, parse_filename

    if len(filename) > LONGEST_NAME:
        return None
    try:
        name, text, _ = parse_filename(filename, project)
    except UnparsableFilenameError:
        return None
    return text if package_name(name) == package_name(project) else None


def from_html(project: str, html: bytes, url: str) -> bytes:
    """The same page from an index that speaks HTML only (no versions, no times). Raises FormatError."""
    from pypi_simple import ProjectPage

    try:
        page = ProjectPage.from_html(project, html, base_url=url)
    except Exception as error:  # a tag soup may break the parser in many ways
        raise FormatError(f"{url}: no page of a package index: {error}") from error
    files = [
        {"filename": p.filename, "yanked": (p.yanked_reason or True) if p.is_yanked else False} for p in page.packages
    ]
    return msgspec.json.encode({"meta": {"api-version": "1.0"}, "name": project, "files": files})
