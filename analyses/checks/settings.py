"""What a person may set about sanity checks."""

from __future__ import annotations

from pathlib import Path

import msgspec


class ChecksSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sanity checks of this installation and of the platforms that it looks after; see docs/checks.md."""

    enabled: bool = True
    """Whether the service makes checks by itself, each at its own pace."""
    paths: tuple[Path, ...] = ()
    """Files and folders of checks beside the shipped ones. A check in a later path replaces its namesake."""
    off: tuple[str, ...] = ()
    """Names of checks, or of platforms, that are not made."""
    platforms: dict[str, dict[str, str]] = {}
    """Platforms to look after: `[checks.platforms.mmoda]` with the addresses that its checks name (`dispatcher`,
    `resolver`); `like = "mmoda"` makes the same checks on another one."""
    https: tuple[str, ...] = ()
    """Further https addresses whose certificates are looked at, this installation's own page, say."""
    ntp: str = ""
    """A time server to compare the clock with; empty: only what comes anyway is compared."""
    most_clock_offset_s: float = 5.0
    """How far the clock may be off, in seconds."""
    least_free_gib: float = 1.0
    """Less room than this on the disk of the data folder counts as full, in GiB."""
    most_canary_s: float = 30.0
    """Longest way of a synthetic alert from the journal to the chat targets, in seconds."""
