"""Mail as a chat target: a thread of letters, each sent once to each of its addressees."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from chat.contract import HEAD, Blob, Delivery, Partly
from chat.letters import letter, remembered, said, said_before
from chat.mail_message import write_mail
from chat.mail_server import MailServer
from chat.mail_settings import EmailSettings, check_mail
from chat.people import People
from chat.ways import ways
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError
from nuncius.core.report import Report

log = logging.getLogger(__name__)

Json = dict[str, Any]

#: Names of mails that an amendment answers to.
MOST_EARLIER = 20


class EmailTarget:
    """Mails reports. A thread's reference is what its first message says; a report's is `{"mails": [name], "key": …,
    "done": [address], "refused": {address: why}, "said": …}`, or `{"skipped": why}`."""

    name = "email"
    certain = False  # a mailbox cannot be asked; what comes twice has one name
    heads = True
    head_in_reports = True
    silent_edits = False

    def __init__(self, settings: EmailSettings, people: People, clock: Clock, *, page_url: str = "") -> None:
        check_mail(settings)
        self._settings, self._people, self._clock, self._page = settings, people, clock, page_url
        self.most_an_hour = settings.most_an_hour
        self._server = MailServer(settings, clock)

    def opens(self, report: Report, *, thread: Json | None, test: bool = False) -> str:
        """See Target.opens."""
        return "" if "subject" in (thread or {}) or not self._addressees(report, test) else "everybody"

    def deliver(
        self, report: Report, *, blob: Blob, thread: Json | None, previous: Json | None, test: bool = False
    ) -> Delivery:
        """See Target.deliver. Whoever has this very mail already, from a try that was cut short, is left out."""
        if report.slot == HEAD:
            return Delivery(thread=remembered(report, thread))
        to = self._addressees(report, test)
        if not to:
            return Delivery(reference={"skipped": self._why_nobody(report, test)}, thread=thread or {})
        begun = _Begun.of(report, previous)
        sender, subject = self._settings.from_, str((thread or {}).get("subject") or report.title)
        told = letter(report, thread, said_before({"said": begun.before}), test=test, links=ways(report, self._page))
        mail = write_mail(
            told,
            subject=subject,
            sender=sender,
            to=to,
            earlier=begun.earlier,
            blob=blob,
            max_bytes=self._settings.max_bytes,
            now=self._clock.now(),
        )
        refused = self._server.send(mail, [address for address in to if address not in begun.done])
        later = {address: why for address, (code, why) in refused.items() if code < 500}
        never = begun.refused | {address: why for address, (code, why) in refused.items() if code >= 500}
        reference = {
            "mails": [*begun.earlier, str(mail["Message-ID"])][-MOST_EARLIER:],
            "key": report.key,
            "done": [address for address in to if address not in later and address not in never],
            "refused": never,
            "said": said(report),
        }
        if later:
            raise Partly(
                f"the mail server takes no mail yet for {_listed(later)}", reference | {"before": begun.before}
            )
        if not reference["done"]:
            raise PermanentError(f"the mail server takes no mail for {_listed(never)}; check the addresses")
        if never:
            log.warning("report %s: the mail server takes no mail for %s", report.key, _listed(never))
        return Delivery(reference=reference, thread=thread or {})

    def find(self, report: Report, *, thread: Json | None, test: bool = False) -> Delivery | None:
        """See Target.find. Nobody can be asked."""
        return None

    def _addressees(self, report: Report, test: bool) -> list[str]:
        if not report.to:
            return self._settings.addressees(report.severity, test=test)
        person = self._people.by_id(report.to)
        return [person.email] if person is not None and person.email else []

    def _why_nobody(self, report: Report, test: bool) -> str:
        if report.to:
            return "the settings name no address for this person"
        return "a mock alert, and email.test_to is not set" if test else f"severity below {self._settings.least.value}"


class _Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What was done before: `earlier` mails that said what this one replaces, `before` what they said; of this mail
    itself, who has it from a try that was cut short, and who never will."""

    earlier: list[str]
    before: Json | None
    done: list[str] = []
    refused: dict[str, str] = {}

    @classmethod
    def of(cls, report: Report, previous: Json | None) -> _Begun:
        old = previous or {}
        if old.get("key") != report.key:
            return cls(earlier=list(old.get("mails", [])), before=old.get("said"))
        return cls(
            earlier=list(old.get("mails", []))[:-1],
            before=old.get("before"),
            done=list(old.get("done", [])),
            refused=dict(old.get("refused", {})),
        )


def _listed(refused: dict[str, str]) -> str:
    return ", ".join(f"{address} ({why})" for address, why in refused.items())
