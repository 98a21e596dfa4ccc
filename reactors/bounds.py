"""Times and counts that bound what rules may keep, shared by the engine's parts."""

from __future__ import annotations

#: An event is accepted for this long after its window has closed.
LATE_S = 7 * 86_400.0
#: What is expected to be under way when a window closes.
GRACE_S = 60.0
#: A window that closed longer ago than this, closed while the service did not run.
OVERDUE_S = 30.0
#: Sets of events that one event is looked at in, for one rule; the nearest in time come first.
MAX_COMBINATIONS = 64
#: Reactions of one place that may wait in `mode: queue`.
MAX_QUEUE = 100
#: Of several sets of events the trace of so many is kept, the deciding one first.
MAX_TRACES = 4
#: Runs of one schedule between two events of an archive; after a longer gap the clock leaps, as after a standstill.
MAX_RUNS_IN_A_GAP = 1000
#: A moment of a schedule, or after T0, that is looked at later than this was missed.
MISSED_S = 300.0
#: Missed runs of one schedule that `missed: each` makes up for, the latest ones.
MAX_MADE_UP = 100
#: Events that tell whether feeds work.
FEED_KINDS = ("feed.silent", "feed.recovered")
