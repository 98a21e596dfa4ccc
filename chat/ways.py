"""Where a letter leads: to the page, to saying that one looks after it, out of the subscription."""

from __future__ import annotations

from urllib.parse import quote

from chat.acknowledging import seen_address
from chat.unsubscribing import unsubscribe_address
from kg.vocabulary import OBJECT
from nuncius.core.report import Link, Report

#: Threads that are about no object of the graph have no page.
_OWN = ("later:", "trial:")


def ways(report: Report, page_url: str) -> list[Link]:
    """Links in the order in which people need them; without the page's address, none."""
    seen, ends = seen_address(report), unsubscribe_address(report.subscription)
    page = page_of(report.thread, page_url)
    return [
        *([Link(label="I look after it", url=seen)] if seen else []),
        *([Link(label="Read on the page", url=page)] if page else []),
        *([Link(label="Unsubscribe", url=ends)] if ends else []),
    ]


def page_of(thread: str, page_url: str) -> str:
    """The address of a thread's page; empty where there is none."""
    if not page_url or thread.startswith(_OWN):
        return ""
    name = thread.removeprefix(OBJECT) if thread.startswith(OBJECT) else f"~{thread}"
    return f"{page_url.rstrip('/')}/thread/{quote(name, safe='~')}"
