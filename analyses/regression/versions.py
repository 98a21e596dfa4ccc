"""Released versions of a package, as the package index lists them."""

from __future__ import annotations

import platform
import ssl
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from analyses.regression.cases import package_name
from analyses.regression.environments import index_address
from nuncius.core.errors import ConfigurationError, TransientError

if TYPE_CHECKING:
    from packaging.tags import Tag
    from pypi_simple import DistributionPackage


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version. `uploaded` is when its first file was, where the index says so; `wheel`: whether there is one that
    suits this Python and this machine."""

    version: str
    uploaded: datetime | None = None
    yanked: bool = False
    prerelease: bool = False
    wheel: bool = True

    @property
    def regular(self) -> bool:
        """Whether people get it who ask for no special version."""
        return not (self.yanked or self.prerelease) and self.wheel


def released(package: str) -> list[Version]:
    """Every version, oldest first. Raises ConfigurationError for a package that the index does not know,
    TransientError where it cannot be asked."""
    import requests
    from packaging.tags import sys_tags
    from packaging.version import InvalidVersion
    from packaging.version import Version as Parsed
    from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple, UnsupportedContentTypeError

    try:
        with PyPISimple(endpoint=index_address() or PYPI_SIMPLE_ENDPOINT) as index:
            page = index.get_project_page(package_name(package), timeout=60)
    except NoSuchProjectError:
        raise ConfigurationError(f"the package index knows no '{package}'") from None
    except (requests.RequestException, ssl.SSLError, OSError, UnsupportedContentTypeError) as error:
        raise TransientError(f"the package index cannot be asked about {package}: {type(error).__name__}") from error
    files: dict[Parsed, list[tuple[bool, datetime | None, bool]]] = {}
    here = frozenset(sys_tags())
    for file in page.packages:
        try:
            parsed = Parsed(file.version or "")
        except InvalidVersion:  # from before versions had a form
            continue
        files.setdefault(parsed, []).append((file.is_yanked, file.upload_time, _suits(file, here)))
    return [
        Version(
            version=str(parsed),
            uploaded=min((when for _, when, _ in found if when is not None), default=None),
            yanked=all(yanked for yanked, _, _ in found),
            prerelease=parsed.is_prerelease,
            wheel=any(wheel for _, _, wheel in found),
        )
        for parsed, found in sorted(files.items())
    ]


def _suits(file: DistributionPackage, here: frozenset[Tag]) -> bool:
    """Whether a file is a wheel that can be installed here."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    if file.package_type != "wheel":
        return False
    try:
        tags = parse_wheel_filename(file.filename)[3]
        return not here.isdisjoint(tags) and SpecifierSet(file.requires_python or "").contains(
            platform.python_version()
        )
    except (InvalidWheelFilename, InvalidSpecifier):
        return False


def normal(version: str) -> str:
    """A version as the index writes it: `v7.1` is `7.1`. Raises ConfigurationError."""
    from packaging.version import InvalidVersion
    from packaging.version import Version as Parsed

    try:
        return str(Parsed(version))
    except InvalidVersion:
        raise ConfigurationError(f"'{version}' is no version as the package index writes them (7.1.0)") from None


def before(version: str, known: Sequence[Version]) -> Version | None:
    """The newest regular version older than this one."""
    from packaging.version import Version as Parsed

    older = [v for v in known if v.regular and Parsed(v.version) < Parsed(version)]
    return older[-1] if older else None


def between(good: str, bad: str, known: Sequence[Version]) -> list[Version]:
    """The versions after `good` up to and with `bad`, whether regular or not."""
    from packaging.version import Version as Parsed

    return [v for v in known if Parsed(good) < Parsed(v.version) <= Parsed(bad)]


def newest(package: str) -> str:
    """The newest regular version. Raises ConfigurationError where there is none, TransientError."""
    regular = [v.version for v in released(package) if v.regular]
    if not regular:
        raise ConfigurationError(f"the package index has no regular version of {package} with a wheel")
    return regular[-1]
