"""Room on the disk that holds the journal and the graph."""

from __future__ import annotations

import shutil

from analyses.checks.contract import Finding, Platform, check


@check("disk", about="Room on the disk that holds the journal and the graph", severity="page", proves=("journal",))
def disk(platform: Platform) -> Finding:
    """Broken below one gibibyte, or what the settings say: a month of alerts with sky maps is about half of that."""
    if platform.data_dir is None:
        return Finding(name="disk", ok=None, reason="nothing is kept on this machine")
    try:
        free = shutil.disk_usage(platform.data_dir).free / 1024**3
    except OSError as error:
        mend = "mount the disk again, or name another folder by data_dir in nuncius.toml"
        return Finding(name="disk", ok=False, reason=f"{platform.data_dir}: {error.strerror}", mend=mend)
    reason, values = f"{free:.1f} GiB free at {platform.data_dir.absolute()}", {"free_gib": round(free, 3)}
    least = platform.settings.least_free_gib
    if free < least:
        reason = f"only {reason}; at least {least:g} are wanted"
        mend = "make room there, or move the data folder by data_dir in nuncius.toml; nothing is lost meanwhile: what "
        mend += "cannot be written is asked for again"
        return Finding(name="disk", ok=False, reason=reason, mend=mend, values=values)
    return Finding(name="disk", ok=True, reason=reason, values=values)
