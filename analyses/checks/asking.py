"""The one module of the checks that asks over HTTP: bounded in time and size, errors in words for people."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from nuncius import __version__
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError

MAX_BYTES = 8 * 1024 * 1024
MAX_REDIRECTS = 3
#: From here on a query goes as POST, as the dispatcher's own client does.
LONG_QUERY = 1000


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said; `offset_s` is its clock less ours by its Date header, None where it has none."""

    url: str
    status: int
    body: bytes
    took_s: float
    offset_s: float | None = None

    def json(self) -> Any:
        """The body as JSON; NaN and Infinity, which some services write, are null. Raises PermanentError."""
        import json

        try:
            return json.loads(self.body, parse_constant=lambda _: None)
        except ValueError as error:
            raise PermanentError(
                f"{self.url}: the answer is not JSON ({error}); it begins {self.body[:80]!r}"
            ) from error


def shown(url: str) -> str:
    """An address as it may be printed: no user, password or query."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return "an address that is none"
    return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))


def fetch(
    url: str, *, params: Mapping[str, Any] | None = None, timeout_s: float = 10.0, private: bool = False
) -> Reply:
    """Ask for `url`; any status is an answer. `private`: what is asked goes into no address, which servers log. Raises
    ConfigurationError for an address that cannot be asked, TransientError where no whole answer came in time,
    PermanentError for one that is too large."""
    name = shown(url)
    long = private or (params is not None and len(str(httpx.QueryParams(dict(params)))) > LONG_QUERY)
    how: dict[str, Any] = {"data": dict(params or {})} if long else {"params": params or None}
    begun = time.monotonic()
    sent = datetime.now(UTC)
    try:
        with (
            httpx.Client(
                timeout=timeout_s,
                follow_redirects=True,
                max_redirects=MAX_REDIRECTS,
                headers={"User-Agent": f"Nuncius/{__version__} (sanity check)"},
            ) as client,
            client.stream("POST" if long else "GET", url, **how) as answer,
        ):
            heard = datetime.now(UTC)
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > MAX_BYTES:
                    raise PermanentError(f"{name}: more than {MAX_BYTES} bytes are refused")
                if time.monotonic() - begun > timeout_s:
                    raise TransientError(f"{name}: not all there after {timeout_s:g} s")
            took = time.monotonic() - begun
            offset = _offset(answer.headers.get("date"), sent, heard)
            return Reply(url=name, status=answer.status_code, body=bytes(body), took_s=took, offset_s=offset)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise ConfigurationError(f"{name}: not an address that can be asked") from error
    except httpx.HTTPError as error:
        raise TransientError(f"{name}: {_why(error)}") from error


def _why(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _offset(date: str | None, sent: datetime, heard: datetime) -> float | None:
    """The server's clock less ours, in seconds. Its Date is cut to whole seconds, so half of one is added."""
    try:
        said = parsedate_to_datetime(date) if date else None
    except (ValueError, TypeError):
        return None
    if said is None:
        return None
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    middle = sent + (heard - sent) / 2
    return (said - middle).total_seconds() + 0.5
