"""Who people are, in one place: how they sign in, what they may do, where reports reach them and when not. Values only;
nothing here sends."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.core.registry import did_you_mean
from nuncius.core.report import Severity
from reactors.durations import seconds

if TYPE_CHECKING:
    from reactors.duty import Duty

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_ADDRESS = re.compile(r"[^\s@<>\",;:\\()\[\]\x00-\x1f]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Role(StrEnum):
    """What a person may do: read; judge reports and answer questions too; change rules and settings of others too."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"

    def covers(self, needed: Role) -> bool:
        """Whether whoever has this role may do what `needed` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class Quiet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Hours in which a person is told only what cannot wait: `{from = "22:00", to = "07:00", zone = "Europe/Zurich"}`.
    `through` is the least severity that gets through; what is gathered comes in one message when they end."""

    from_: str
    to: str
    zone: str = "UTC"
    through: Severity = Severity.PAGE

    def until(self, now: datetime) -> datetime | None:
        """When the quiet hours that `now` lies in end; None: it lies in none. By the wall clock of the zone: where the
        clocks change in between, they are an hour shorter or longer."""
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone)
        begin, end = _clock(self.from_), _clock(self.to)
        for day in (local.date() - timedelta(days=1), local.date()):
            last = day if begin < end else day + timedelta(days=1)
            opens, closes = (_moment(day, begin, zone), _moment(last, end, zone))
            if opens <= now < closes:
                return closes
        return None


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person, `[people.NAME]`. Rules and subscriptions reach them by `to: NAME` wherever they may be reached."""

    name: str = ""
    """What rules call them; the section's name."""
    slack: str = ""
    """Their user ID on Slack (U0123456789)."""
    email: str = ""
    """Their address."""
    targets: tuple[str, ...] = ()
    """Further places that reach them alone: names of `[apprise.NAME]` sections."""
    site: str = ""
    """Their observatory, for what is visible from there."""
    quiet: Quiet | None = None
    """Hours in which only what cannot wait gets through, the rest comes in one message when they end:
    `{from = "22:00", to = "07:00", zone = "Europe/Zurich", through = "page"}`; `through` is the least severity that
    is told all the same."""
    escalate_to: str = ""
    """Who is paged next if they do not acknowledge a page in time. Empty: everybody, where reports go."""
    escalate_after: str = "15m"
    """How long a page waits for their acknowledgement."""
    role: Role = Role.VIEWER
    """What they may do: `viewer`, `reviewer` or `operator`."""
    sign_in: tuple[str, ...] = ()
    """Names by which OpenID Connect or local tokens know them."""

    @property
    def id(self) -> str:
        """What the journal calls them: owner of subscriptions, reader of a report."""
        return f"person:{self.name}"


class People:
    """Everybody in the settings; `places` are the names of the `[apprise.NAME]` sections. Raises ConfigurationError for
    what does not fit together."""

    def __init__(self, settings: Mapping[str, Person], places: Collection[str] = ()) -> None:
        self._people = {name: msgspec.structs.replace(person, name=name) for name, person in settings.items()}
        for person in self._people.values():
            _check(person)
            self._check_together(person, places)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def by_name(self, name: str) -> Person | None:
        """Who rules call so."""
        return self._people.get(name)

    def by_slack(self, user: str) -> Person | None:
        """Whose Slack user ID this is."""
        return next((person for person in self if user and person.slack == user), None)

    def by_sign_in(self, name: str) -> Person | None:
        """Whom OpenID Connect or a token calls so."""
        return next((person for person in self if name and name in person.sign_in), None)

    def by_id(self, id_: str) -> Person | None:
        """Who is meant by the reader of a report or the owner of a subscription: `person:ann`, `slack:U0123`, or
        `person:ann/email` where one of their places is to be used alone."""
        door, _, name = id_.partition(":")
        name = name.partition("/")[0]
        return self.by_slack(name) if door == "slack" else self.by_name(name) if door == "person" else None

    @property
    def duty(self) -> Duty:
        """Everybody as rules address them."""
        from reactors.duty import OnDuty  # here, because the language of rules takes a moment to load

        return {
            person.name: OnDuty(id=person.id, after_s=seconds(person.escalate_after), then=person.escalate_to)
            for person in self
        }

    def _check_together(self, person: Person, places: Collection[str]) -> None:
        others = [other for other in self if other.name != person.name]
        if person.escalate_to and person.escalate_to not in [other.name for other in others]:
            raise _wrong(
                person,
                "escalate_to",
                person.escalate_to,
                f"the name of somebody else{did_you_mean(person.escalate_to, [o.name for o in others])}",
            )
        for other in others:
            if person.slack and other.slack == person.slack:
                raise _wrong(person, "slack", person.slack, f"an ID that is not also {other.name}'s")
            for name in set(person.sign_in) & set(other.sign_in):
                raise _wrong(person, "sign_in", name, f"names of one person only; {other.name} has it too")
        for place in person.targets:
            if place not in places:
                hint = did_you_mean(place, list(places))
                raise _wrong(person, "targets", place, f"names of [apprise.NAME] sections{hint}")


def _check(person: Person) -> None:
    if not _NAME.fullmatch(person.name):
        raise ConfigurationError(
            f"[people.{person.name}]: a name of small letters, digits, - and _; received {person.name!r}"
        )
    if person.slack and not _SLACK_USER.fullmatch(person.slack):
        raise _wrong(person, "slack", person.slack, "a user ID like U0123456789; their profile on Slack shows it")
    if person.email and not is_address(person.email):
        raise _wrong(person, "email", person.email, "one address like ann@example.org")
    if any(not name for name in person.sign_in):
        raise _wrong(person, "sign_in", "", "names that are not empty")
    try:
        positive = seconds(person.escalate_after) > 0
    except FormatError:
        positive = False
    if not positive:
        raise _wrong(person, "escalate_after", person.escalate_after, "a duration like 15m")
    if person.quiet is not None:
        _check_quiet(person, person.quiet)


def _check_quiet(person: Person, quiet: Quiet) -> None:
    for key, hour in (("from", quiet.from_), ("to", quiet.to)):
        if not _HOUR.fullmatch(hour):
            raise _wrong(person, f"quiet.{key}", hour, "an hour like 22:00")
    if quiet.from_ == quiet.to:
        raise _wrong(person, "quiet.to", quiet.to, "another hour than from; to be told nothing, name no place")
    try:
        ZoneInfo(quiet.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong(person, "quiet.zone", quiet.zone, "a time zone like Europe/Zurich") from None


def is_address(text: str) -> bool:
    """Whether a text is one plain mail address."""
    return _ADDRESS.fullmatch(text) is not None


def _wrong(person: Person, key: str, received: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"people.{person.name}.{key}: {wanted}; received {received!r}")


def _clock(hour: str) -> time:
    return time.fromisoformat(hour)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall clock's hour as a moment in UTC, which compares rightly where the clocks change."""
    return datetime.combine(day, at, zone).astimezone(UTC)
