"""What a server answers as values: JSON or a reason why not, next pages, and what is broken kept with its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec

from listeners.formats import Message
from listeners.polling.contract import Page
from listeners.polling.web import Answer
from nuncius.core.errors import TransientError

T = TypeVar("T")

#: Of an answer that is broken as a whole so much is kept.
KEPT_BYTES = 64 * 1024


class Garbled(TransientError):
    """An answer with 200 that is not what was asked for; it is kept as a reject and asked for again."""

    def __init__(self, reason: str, answer: Answer) -> None:
        super().__init__(f"{answer.url}: {reason}; begins {answer.body[:60]!r}")
        self.answer = answer


def decode(answer: Answer, kind: type[T]) -> T:
    """The answer's JSON as values of a type. Raises Garbled."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Garbled(f"not what was asked for: {error}", answer) from error


def keeping(pages: Iterator[Page], state: Any, received: Any) -> Iterator[Page]:
    """The pages of a source; a garbled answer becomes a reject, at the state as it was, before its error goes on."""
    try:
        for page in pages:
            state = page.state
            yield page
    except Garbled as error:
        raw = error.answer.body[:KEPT_BYTES]
        message = Message(raw=raw, received=received, name=error.answer.url, refused=str(error))
        yield Page(messages=[message], state=state)
        raise


_NEXT = re.compile(r'<([^>]{1,2000})>\s*;[^,]*\brel="?next"?')


def next_page(answer: Answer) -> str | None:
    """The next page by the Link header (RFC 8288), on the same host only: a token goes nowhere else."""
    found = _NEXT.search(answer.headers.get("link", ""))
    return None if found is None else same_host(answer.url, found[1])


def same_host(url: str, link: str) -> str:
    """A link of a page as a full address. Raises TransientError where it leads to another host."""
    full = urljoin(url, link)
    if urlsplit(full)[:2] != urlsplit(url)[:2]:
        raise TransientError(f"{url}: its next page is said to be at another host, {link[:200]!r}; it is not followed")
    return full
