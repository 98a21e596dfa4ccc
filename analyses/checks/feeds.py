"""Whether every feed that has ever spoken still does, by the judgement of the feed watcher."""

from __future__ import annotations

from analyses.checks.contract import Finding, Platform, check

#: States in which a feed is as it should be; a feed that nobody has judged yet is not held against it.
WELL = frozenset({"ok", "quiet", "unknown"})


@check("feeds", about="No feed is silent or disconnected", every_s=60.0, proves=("alerts",))
def feeds(platform: Platform) -> Finding:
    """Broken while any feed is."""
    known = platform.book.feeds()
    if not known:
        return Finding(name="feeds", ok=None, reason="no feed has been listened to yet")
    broken = [feed for feed in known if feed.state not in WELL]
    if broken:
        same: dict[tuple[str, str], list[str]] = {}
        for feed in broken:  # what ails the connection ails all its feeds, and is said once
            same.setdefault((feed.state, feed.detail), []).append(feed.feed)
        said = "; ".join(
            f"{', '.join(names[:8])} {'are' if len(names) > 1 else 'is'} {state}: {detail}"
            for (state, detail), names in list(same.items())[:5]
        )
        mend = "`nuncius doctor --connect` tries the broker; docs/kafka.md lists what stops a feed"
        return Finding(name="feeds", ok=False, reason=said, mend=mend)
    return Finding(name="feeds", ok=True, reason=f"{len(known)} feeds, all as expected")
