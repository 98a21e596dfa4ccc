"""One clearly marked message to a target or to a person, past the outbox: so that whoever sets things up sees that they
work. Nothing is journalled."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chat.contract import HEAD, Target
from chat.letters import letter, plain_letter
from chat.people import Person
from chat.routing import Routes
from chat.targets import KNOWN, Means
from chat.ways import ways
from nuncius.core.errors import ConfigurationError, PermanentError
from nuncius.core.registry import did_you_mean
from nuncius.core.report import Report, Severity

TITLE = "TEST of Nuncius: nothing has happened"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One message: by which target, to whom in words, and what it says."""

    target: str
    whom: str
    report: Report

    @property
    def text(self) -> str:
        """What it says, as plain text."""
        return plain_letter(letter(self.report, None, None, test=False, links=ways(self.report, "")))


def trials(means: Means, name: str, now: datetime) -> list[Trial]:
    """The messages that try a target or a person. Raises ConfigurationError for a name that is neither, and for a
    person whom nothing reaches."""
    person = means.people.by_name(name)
    if person is not None:
        found = Routes((), means).places(person)
        if not found:
            raise ConfigurationError(f"nothing reaches {name}: give them email, slack or targets that are set up")
        return [_trial(means, target, person, now) for target in found]
    known = [*KNOWN, *means.apprise]
    if name not in known:
        people = [person.name for person in means.people]
        raise ConfigurationError(f"'{name}' is neither a target nor a person{did_you_mean(name, [*known, *people])}")
    return [_trial(means, name, None, now)]


def _trial(means: Means, target: str, person: Person | None, now: datetime) -> Trial:
    # No more urgent than it must be to be told at all: a page would wake somebody.
    least = Severity.NOTICE
    if person is None and target == "email" and means.email is not None:
        least = means.email.least
    elif person is None and target in means.apprise:
        least = means.apprise[target].least
    report = Report(
        thread=f"trial:{now.isoformat()}",
        slot="trial",
        key=f"trial:{target}:{now.isoformat()}",
        title=TITLE,
        text=f"Somebody tries whether messages arrive here, {now:%Y-%m-%d %H:%M:%S} UTC. Nobody needs to do anything.",
        severity=least,
        to=person.id if person else "",
    )
    return Trial(target=target, whom=_whom(means, target, person), report=report)


def _whom(means: Means, target: str, person: Person | None) -> str:
    if target == "email":
        everybody = ", ".join(means.email.to) if means.email else ""
        return person.email if person else everybody or "nobody: email.to is empty"
    if target == "slack":
        return f"user {person.slack}" if person else f"channel {means.slack.channel if means.slack else ''}"
    return "its one address" if target in means.apprise else "whoever looks"


def send(target: Target, trial: Trial) -> str:
    """Send it; gives why it was not sent, else nothing. Raises TransientError or PermanentError."""
    report = trial.report
    if target.heads and not target.head_in_reports and not report.to:
        report = msgspec.structs.replace(report, slot=HEAD)  # a first message is a message of its own
    made = target.deliver(report, blob=_nothing, thread=None, previous=None)
    return str(made.reference.get("skipped", ""))


def _nothing(sha256: str) -> bytes:
    raise PermanentError(f"a trial has no picture; asked for {sha256}")
