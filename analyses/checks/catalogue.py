"""Which checks there are on an installation: those that are code, those in YAML for each platform that is set up, less
those that are switched off."""

from __future__ import annotations

from collections.abc import Sequence

from analyses.checks.contract import Check, checks
from analyses.checks.declared import Declared, declarations, instance
from analyses.checks.settings import ChecksSettings
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean


def catalogue(settings: ChecksSettings) -> dict[str, Check]:
    """All checks by name. One in YAML is made for its platform, as `name`, and as `name@other` for each platform that
    is like it. Raises ConfigurationError for a file that cannot be read."""
    found = dict(checks().items())
    for declared in declarations(settings.paths):
        for platform in _platforms(declared, settings):
            name = declared.check if platform == declared.platform else f"{declared.check}@{platform}"
            found[name] = instance(declared, name, platform, settings.platforms.get(platform))
    off = set(settings.off)
    return {name: one for name, one in sorted(found.items()) if not {name, one.platform} & off}


def _platforms(declared: Declared, settings: ChecksSettings) -> list[str]:
    like = [name for name, places in settings.platforms.items() if places.get("like") == declared.platform]
    return [declared.platform, *like]


def choose(words: Sequence[str], known: dict[str, Check]) -> list[Check]:
    """The checks of these names, and those of platforms of these names; all where there is none, or `all`. Raises
    ConfigurationError for a word that is neither."""
    if not words or list(words) == ["all"]:
        return list(known.values())
    platforms = {one.platform for one in known.values()}
    for word in words:
        if word not in known and word not in platforms:
            hint = did_you_mean(word, [*known, *platforms])
            raise ConfigurationError(f"no check or platform is named '{word}'{hint}")
    return [one for one in known.values() if one.name in words or one.platform in words]


def of_platform(platform: str, known: dict[str, Check]) -> list[Check]:
    """The checks of a platform; none where it is not known."""
    return [one for one in known.values() if one.platform == platform]
