"""Versions of software in the order and the words of the Python package index (PEP 440, PEP 503)."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

#: No version that people write is longer; what is longer is somebody's joke or attack.
LONGEST = 100
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")


def package_name(name: str) -> str:
    """A package's name as the index compares names: `Astro_Py` is `astro-py`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_package_name(name: str) -> bool:
    """Whether a package can be named so: ASCII letters, digits and `-_.`, so that no letter only looks like another."""
    return _NAME.fullmatch(name) is not None


def version(text: str) -> Version | None:
    """A version that can be installed; None for other words."""
    try:
        return Version(text) if len(text) <= LONGEST else None
    except InvalidVersion:
        return None


def tagged_version(tag: str, package: str) -> str:
    """The version that a tag names: 2.1 of `v2.1`, `gammapy-2.1` and `release/2.1`; the tag where it names none."""
    bare = tag
    for lead in (package, package.replace("-", "_"), "release", "version", "rel"):
        head, rest = tag[: len(lead)], tag[len(lead) :]
        if head.lower() == lead and rest[:1] in "-_/.vV" and rest[:1]:
            bare = rest.lstrip("-_/.")
            break
    plain = bare[1:] if bare[:1] in "vV" and bare[1:2].isdigit() else bare
    return plain if plain[:1].isdigit() else tag


def is_release_tag(tag: str, package: str) -> bool:
    """Whether a tag names a version, as `nightly` and `latest` do not."""
    return version(tagged_version(tag, package)) is not None


def is_prerelease(text: str) -> bool:
    """Whether a version is a release candidate, an alpha, a beta or a development version."""
    known = version(text)
    return known is not None and known.is_prerelease
