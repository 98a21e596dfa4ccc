"""The only module that knows the cron library: checks a schedule when a rule is loaded and says when it is due next.
Touches no clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from croniter import CroniterError, croniter

from nuncius.core.errors import FormatError
from nuncius.core.registry import did_you_mean

#: A schedule is tried from here when it is checked: any moment would do.
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def check(cron: str, tz: str = "UTC") -> None:
    """Raises FormatError where the five fields or the time zone are not understood, or never come true."""
    if len(cron.split()) != 5:
        raise FormatError(
            f"a cron schedule has five fields, minute hour day month weekday, such as '30 6 * * mon-fri'; got {cron!r}"
        )
    zone(tz)
    next_time(cron, tz, _SOME_DAY)


def zone(tz: str) -> ZoneInfo:
    """The time zone of that name. Raises FormatError."""
    if tz not in available_timezones():
        near = did_you_mean(tz, sorted(available_timezones())) if len(tz) < 60 else ""
        raise FormatError(f"no time zone is called {tz!r}{near if 'did you mean' in near else '; write Europe/Zurich'}")
    return ZoneInfo(tz)


def moment(text: str, tz: str) -> datetime | None:
    """A moment in UTC as ISO 8601 tells it, read in the time zone `tz` where it names none of its own. One that comes
    twice in autumn is the first; one that the clock leaps over in spring comes with the leap."""
    try:
        told = datetime.fromisoformat(text.strip())
        return (told if told.tzinfo else told.replace(tzinfo=ZoneInfo(tz))).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the year 1 east of Greenwich
        return None


def next_time(cron: str, tz: str, after: datetime) -> datetime:
    """The first moment after `after` (UTC) that the schedule names, read in the time zone `tz`. A moment that the
    clock leaps over in spring comes with the leap; one that comes twice in autumn counts once. Raises FormatError."""
    try:
        times = croniter(cron, after.astimezone(ZoneInfo(tz)))
        local: datetime = times.get_next(datetime)
        while local.fold and not cron.split()[1].startswith(
            "*"
        ):  # this hour has been already, before the clock went back
            local = times.get_next(datetime)
    except (CroniterError, ValueError, KeyError, OverflowError) as error:
        raise FormatError(f"the cron schedule {cron!r} is not understood: {error}") from None
    return local.astimezone(UTC)
