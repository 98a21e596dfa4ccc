"""Room on the disk that holds the journal and the graph."""

from __future__ import annotations

import shutil

from analyses.checks.contract import Finding, Platform, check

#: A month of alerts with sky maps is about half of it.
LEAST_FREE_BYTES = 1024**3


@check("disk", about="Room on the disk that holds the journal and the graph")
def disk(platform: Platform) -> Finding:
    """Broken below one gibibyte."""
    if platform.data_dir is None:
        return Finding(name="disk", ok=None, reason="nothing is kept on this machine")
    free = shutil.disk_usage(platform.data_dir).free
    reason = f"{free / 1024**3:.1f} GiB free at {platform.data_dir.absolute()}"
    if free < LEAST_FREE_BYTES:
        return Finding(name="disk", ok=False, reason=reason, mend="make room, or move data_dir in nuncius.toml")
    return Finding(name="disk", ok=True, reason=reason)
