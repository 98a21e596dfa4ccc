"""What `nuncius doctor` finds of mail, of further places and of people: looked at, never repeated; nothing is sent."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from analyses.checks.contract import Finding
from chat.apprise_settings import apprise_url
from chat.mail_settings import check_mail, mail_password
from chat.routing import Routes
from nuncius.core.errors import ConfigurationError
from nuncius.settings import Settings


def chat_findings(settings: Settings) -> Iterator[Finding]:
    """Mail, places, and whether everybody can be reached."""
    yield from _mail(settings)
    for name, place in settings.apprise.items():
        if importlib.util.find_spec("apprise") is None:
            mend = "pip install nuncius[apprise]"
            yield Finding(name=f"apprise {name}", ok=False, reason="the library is not installed", mend=mend)
            continue
        try:
            apprise_url(name, place)
        except ConfigurationError as error:
            yield Finding(name=f"apprise {name}", ok=False, reason=str(error), mend="see docs/chat.md")
        else:
            yield Finding(
                name=f"apprise {name}", ok=True, reason=f"address present; `nuncius chat test {name}` tries it"
            )
    routes = Routes(settings.targets, settings.means)
    for person in settings.everybody:
        places = routes.places(person)
        mend = "" if places else f"set email, slack or targets in [people.{person.name}]"
        reason = f"reached by {', '.join(places)}" if places else "nothing reaches them"
        yield Finding(name=f"person {person.name}", ok=bool(places) or None, reason=reason, mend=mend)


def _mail(settings: Settings) -> Iterator[Finding]:
    wanted = "email" in settings.targets or any(person.email for person in settings.everybody)
    if settings.email is None:
        if wanted:
            yield Finding(
                name="email", ok=False, reason="not set up", mend="write an [email] section; see docs/chat.md"
            )
        return
    try:
        check_mail(settings.email)
        mail_password(settings.email)
    except ConfigurationError as error:
        yield Finding(name="email", ok=False, reason=str(error), mend="correct the [email] section")
        return
    to = f", {len(settings.email.to)} addresses get every report" if "email" in settings.targets else ""
    yield Finding(name="email", ok=True, reason=f"{settings.email.host}:{settings.email.port}{to}")
