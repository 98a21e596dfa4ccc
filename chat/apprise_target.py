"""Messengers and webhooks as chat targets, and the edge to them: the only module that imports apprise."""

from __future__ import annotations

import logging
import re
from typing import Any

from chat.apprise_settings import AppriseSettings, apprise_url
from chat.contract import HEAD, Blob, Delivery, rank
from chat.letters import Letter, letter, one_line, plain_letter, remembered, said, said_before
from chat.people import People
from chat.ways import ways
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError
from nuncius.core.report import Report, ReportState

Json = dict[str, Any]

#: Answers that say nothing against trying again: too slow, too early, too many.
_PASSING = {408, 425, 429}
_STATUS = re.compile(r"error[=: ]+(\d{3})", re.IGNORECASE)
#: What services read as a call to everybody, as a mention or as a link although it is sent as plain text.
_CALLS = re.compile(r"@(?=(?:everyone|here|channel|all|room|online)\b)|<(?=[!@#])|\](?=\()", re.IGNORECASE)
#: Figures and files that go along at most, and their size: services refuse more.
MOST_FILES, MOST_BYTES = 4, 8_000_000


class AppriseTarget:
    """Delivers to one place. A thread's reference is what its first message says; a report's is `{"said": …}`, or
    `{"skipped": why}`."""

    certain = False  # none of these services can be asked what is there
    heads = True
    head_in_reports = True
    silent_edits = False

    def __init__(self, name: str, settings: AppriseSettings, people: People, *, page_url: str = "") -> None:
        self.name, self.most_an_hour = name, settings.most_an_hour
        self._settings, self._people, self._page = settings, people, page_url
        self._place = Place(name, settings)

    def opens(self, report: Report, *, thread: Json | None, test: bool = False) -> str:
        """See Target.opens."""
        return "" if "subject" in (thread or {}) or self._why_not(report, test) else "everybody"

    def deliver(
        self, report: Report, *, blob: Blob, thread: Json | None, previous: Json | None, test: bool = False
    ) -> Delivery:
        """See Target.deliver. What replaces a report is a message of its own that begins with what has changed."""
        if report.slot == HEAD:
            return Delivery(thread=remembered(report, thread))
        if why := self._why_not(report, test):
            return Delivery(reference={"skipped": why}, thread=thread or {})
        before = said_before(previous)
        told = letter(report, thread, before, test=test, links=ways(report, self._page))
        self._place.send(told, self._files(report, before, blob))
        return Delivery(reference={"said": said(report)}, thread=thread or {})

    def find(self, report: Report, *, thread: Json | None, test: bool = False) -> Delivery | None:
        """See Target.find. Nobody can be asked."""
        return None

    def who_am_i(self) -> str:
        """What can be said of the place without sending anything."""
        return f"an address of {self._place.service}, which nobody has tried"

    def _files(self, report: Report, before: Report | None, blob: Blob) -> list[tuple[str, bytes, str]]:
        """Figures that are new, and files for machines."""
        if not self._place.takes_files or report.state is not ReportState.CURRENT:
            return []
        known = {picture.sha256 for picture in before.pictures} if before is not None else set()
        new = [picture for picture in report.pictures if picture.sha256 not in known]
        found = [(f"{one_line(p.name, 60)}.png", blob(p.sha256), "image/png") for p in new]
        found += [(one_line(a.name, 80), blob(a.sha256), a.media_type) for a in report.attachments]
        return [file for file in found if len(file[1]) <= MOST_BYTES][:MOST_FILES]

    def _why_not(self, report: Report, test: bool) -> str:
        if report.to:
            person = self._people.by_id(report.to)
            return "" if person is not None and self.name in person.targets else "this place is not that person's"
        if test and not self._settings.tests:
            return f"a mock alert, and apprise.{self.name}.tests is not set"
        least = self._settings.least
        return "" if rank(report.severity) >= rank(least) else f"severity below {least.value}"


class Place:
    """One address of a service. Its secrets are never in a message, a log or a repr."""

    def __init__(self, name: str, settings: AppriseSettings) -> None:
        try:
            import apprise
        except ImportError as error:
            raise ConfigurationError(f"[apprise.{name}] needs the library: pip install nuncius[apprise]") from error
        # Their own log lines hold addresses and texts; what matters of them comes back with each result.
        for library in ("apprise", "urllib3"):
            logging.getLogger(library).setLevel(logging.WARNING)
        logging.getLogger("apprise").propagate = False
        self._name, self._timeout = name, settings.timeout_s
        url = apprise_url(name, settings)
        asset = apprise.AppriseAsset(app_id="Nuncius", app_desc="Nuncius", app_url="", storage_mode="memory")
        self._sender = apprise.Apprise(asset=asset)
        if not self._sender.add(url) or len(self._sender) != 1:
            scheme = url.partition("://")[0] if "://" in url else ""
            known = f"apprise does not understand what follows '{scheme}://'" if scheme else "it is no address"
            raise ConfigurationError(f"[apprise.{name}] {known}; see the table of services in docs/chat.md")
        self._plugin = self._sender[0]
        self._plugin.socket_connect_timeout = self._plugin.socket_read_timeout = float(settings.timeout_s)
        self._secrets = _secrets(url)
        self.service = str(self._plugin.service_name)
        self.takes_files = bool(self._plugin.attachment_support)

    def __repr__(self) -> str:
        return f"Place({self._name!r}, {self.service!r})"

    def send(self, told: Letter, files: list[tuple[str, bytes, str]]) -> None:
        """Send a letter. Raises TransientError where it may succeed later, PermanentError where a person must mend
        something."""
        import apprise
        from apprise.attachment.memory import AttachMemory

        first = one_line(told.first, int(self._plugin.title_maxlen) or 200)
        title = first if self._plugin.title_maxlen else ""
        text = _harmless(plain_letter(told, most=int(self._plugin.body_maxlen) - 20))
        body = text.partition("\n")[2].strip() if title else text
        attach = apprise.AppriseAttachment()
        for name, content, media_type in files:
            attach.add(AttachMemory(content=content, name=name, mimetype=media_type))
        result = self._sender.notify(
            body=body or first,
            title=_harmless(title),
            body_format=apprise.NotifyFormat.TEXT,
            attach=attach if len(attach) else None,
            timeout=self._timeout * 2,
        )
        if not result:
            raise self._translated([entry.message for entry in result.logs()])

    def _translated(self, lines: list[str]) -> TransientError | PermanentError:
        why = "; ".join(dict.fromkeys(one_line(line, 200) for line in lines)) or "no reason was given"
        for secret in self._secrets:
            why = why.replace(secret, "•••")
        text = f"{self.service} ({self._name}): {why[:400]}"
        codes = [int(code) for line in lines for code in _STATUS.findall(line)]
        if any(400 <= code < 500 and code not in _PASSING for code in codes):
            return PermanentError(f"{text}; check the address of [apprise.{self._name}]")
        return TransientError(text)


def _harmless(text: str) -> str:
    """Text of alerts that calls nobody: a space without width keeps services from seeing more than text."""
    return _CALLS.sub(lambda found: f"{found.group()}\u200b", text)


def _secrets(url: str) -> list[str]:
    """Every part of an address that may be a secret, the longest first."""
    rest = url.partition("://")[2]
    parts = {part for part in re.split(r"[/:@?&=#]", rest) if len(part) >= 6}
    return [rest, *sorted(parts, key=len, reverse=True)]
