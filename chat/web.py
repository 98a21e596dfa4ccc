"""The web page as a chat target. The page reads the journal itself, so delivering is only saying so."""

from __future__ import annotations

from typing import Any

from chat.contract import Blob, Delivery
from nuncius.core.report import Report


class WebTarget:
    """Shows a report as soon as it is in the outbox; a page is made anew for each reader, edits included."""

    name = "web"
    certain = True
    heads = False
    head_in_reports = False
    silent_edits = False
    most_an_hour = 0

    def opens(self, report: Report, *, thread: dict[str, Any] | None, test: bool = False) -> str:
        """See Target.opens."""
        return ""

    def deliver(
        self,
        report: Report,
        *,
        blob: Blob,
        thread: dict[str, Any] | None,
        previous: dict[str, Any] | None,
        test: bool = False,
    ) -> Delivery:
        """See Target.deliver. Pictures are looked up here, so that a missing one is seen now and not by a reader."""
        for picture in report.pictures:
            blob(picture.sha256)
        return Delivery(reference={"slot": report.slot, "test": test})

    def find(self, report: Report, *, thread: dict[str, Any] | None, test: bool = False) -> Delivery | None:
        """See Target.find. Nothing leaves the journal, so there is never anything to find."""
        return None
