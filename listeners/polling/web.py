"""The one module that asks over HTTP for news: politely paced, with bounds on time and size, and errors by type."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from nuncius import __version__
from nuncius.core.clock import Clock, SystemClock
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError

MAX_BYTES = 32 * 1024 * 1024
TIMEOUT_S = 30.0
#: A whole answer must be there within this, however slowly it drips.
LONGEST_ANSWER_S = 300.0
MAX_REDIRECTS = 5
#: Longest wait that a server may ask for, in seconds.
LONGEST_WAIT_S = 6 * 3600.0
#: So much of a refusal is read, and so much of it is told.
_REFUSAL_BYTES, _REFUSAL_TOLD = 4096, 160


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said. `unchanged` where it is as it was at the validators we sent (304)."""

    url: str
    status: int
    body: bytes = b""
    headers: dict[str, str] = {}

    @property
    def unchanged(self) -> bool:
        """Whether there is nothing new."""
        return self.status == 304

    @property
    def validators(self) -> dict[str, str]:
        """What to send the next time, so that the server need not send the same again."""
        pairs = {"If-None-Match": self.headers.get("etag"), "If-Modified-Since": self.headers.get("last-modified")}
        return {name: value for name, value in pairs.items() if value}


class Web:
    """A client for all sources together, so that two that ask one service keep its pace: it is asked one thing at a
    time, and not at all while it wants to be left alone. `stop` ends waits when the service stops."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        stop: threading.Event | None = None,
        wait: Callable[[float], Any] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        timeout_s: float = TIMEOUT_S,
        longest_answer_s: float = LONGEST_ANSWER_S,
    ) -> None:
        self._clock = clock or SystemClock()
        self._stop = stop or threading.Event()
        self._wait = wait or self._stop.wait
        self._monotonic = monotonic
        self._longest_answer_s = longest_answer_s
        self._hosts: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._next: dict[str, float] = {}
        self._left_alone: dict[str, float] = {}
        self._client = httpx.Client(
            timeout=timeout_s,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            headers={"User-Agent": f"Nuncius/{__version__} (astronomical alert reactions)"},
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        pace_s: float = 0.0,
        max_bytes: int = MAX_BYTES,
        missing_is_well: bool = False,
    ) -> Answer:
        """Ask for a page, at least `pace_s` seconds after the last answer of this service (`service`).

        Raises TransientError for what may succeed later (no connection, a timeout, a body cut short, 408, 425, 429,
        5xx; with the wait that the server asked for), ConfigurationError for 401 and 403, PermanentError for any
        other refusal and for a body over `max_bytes`. `missing_is_well`: 404 and 410 are answers too. A header like
        Authorization does not follow a redirect to another host.
        """
        host = service(url)
        with self._hosts[host]:
            self._keep_pace(url, host, pace_s)
            try:
                return self._ask(url, host, params, headers, max_bytes, missing_is_well)
            finally:
                self._next[host] = self._monotonic() + pace_s

    def _ask(
        self,
        url: str,
        host: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        max_bytes: int,
        missing_is_well: bool,
    ) -> Answer:
        try:
            with self._client.stream("GET", url, params=params, headers=headers) as answer:
                said = {name.lower(): value for name, value in answer.headers.items()}
                if answer.status_code == 304:
                    return Answer(url=url, status=304, headers=said)
                if not (answer.is_success or (missing_is_well and answer.status_code in (404, 410))):
                    raise self._refusal(url, host, answer, said, headers)
                body = self._body(url, answer, max_bytes)
                return Answer(url=str(answer.url), status=answer.status_code, body=body, headers=said)
        except httpx.TooManyRedirects as error:
            raise PermanentError(f"{url}: redirected more than {MAX_REDIRECTS} times") from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ConfigurationError(f"{url}: not an address that can be asked: {error}") from error
        except httpx.HTTPError as error:
            raise TransientError(f"{url}: {type(error).__name__}: {error or 'no answer'}") from error
        except RuntimeError as error:  # the client was closed beneath us: the service stops
            raise TransientError(f"{url}: {error}") from error

    def _body(self, url: str, answer: httpx.Response, max_bytes: int) -> bytes:
        begun = self._monotonic()
        body = bytearray()
        for part in answer.iter_bytes():
            body += part
            if len(body) > max_bytes:
                raise PermanentError(f"{url}: more than {max_bytes} bytes are refused")
            if self._monotonic() - begun > self._longest_answer_s:
                raise TransientError(f"{url}: not all there after {self._longest_answer_s:.0f} s")
            if self._stop.is_set():
                raise TransientError(f"{url}: left, because the service stops")
        return bytes(body)

    def _keep_pace(self, url: str, host: str, pace_s: float) -> None:
        now = self._monotonic()
        quiet_s = self._left_alone.get(host, now) - now
        if quiet_s > 0:
            raise TransientError(
                f"{url}: {host} has asked to be left alone for {quiet_s:.0f} s more", retry_after_s=quiet_s
            )
        if pace_s and self._next.get(host, now) > now:
            self._wait(self._next[host] - now)
        if self._stop.is_set():
            raise TransientError(f"{url}: not asked, because the service stops")

    def _refusal(
        self,
        url: str,
        host: str,
        answer: httpx.Response,
        headers: Mapping[str, str],
        sent: Mapping[str, str] | None,
    ) -> Exception:
        status, wait_s = answer.status_code, self._asked_wait(headers)
        limited = status == 429
        if status == 403:  # GitHub's way to say 429, with either header or in words alone; then a minute is the least
            words = _first_words(answer, [*(sent or {}).values()]).lower().replace("-", " ")
            limited = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers or "rate limit" in words
            wait_s = wait_s or (60.0 if limited else None)
        if limited or status in (408, 425) or status >= 500:
            if wait_s:
                self._left_alone[host] = self._monotonic() + wait_s
            return TransientError(f"{url}: the server answered {status}", retry_after_s=wait_s)
        if status in (401, 403):
            return ConfigurationError(f"{url}: the server answered {status}; check the token for it")
        said = _first_words(answer, [*(sent or {}).values()])
        return PermanentError(f"{url}: the server answered {status}{f', {said!r}' if said else ''}")

    def _asked_wait(self, headers: Mapping[str, str]) -> float | None:
        """Seconds that the server asks us to wait: Retry-After (seconds or a date), or a rate limit's reset."""
        said = headers.get("retry-after", "").strip()
        now = self._clock.now().timestamp()
        if said.isdecimal():
            return min(float(said), LONGEST_WAIT_S)
        if said:
            try:
                return min(max(parsedate_to_datetime(said).timestamp() - now, 0.0), LONGEST_WAIT_S)
            except (ValueError, TypeError):
                pass
        reset = headers.get("x-ratelimit-reset", "").strip()
        if reset.isdecimal() and headers.get("x-ratelimit-remaining", "0") == "0":
            return min(max(float(reset) - now, 0.0), LONGEST_WAIT_S)
        return None


def service(url: str) -> str:
    """Who is behind an address, as far as manners go: arXiv counts its API and its feeds, hosts of one domain,
    together. Raises ConfigurationError for what is no address."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"{url}: not an address that can be asked: {error}") from error
    labels = parsed.host.split(".")
    named = len(labels) > 2 and labels[-1].isalpha()
    return ".".join(labels[-2:]) if named else parsed.netloc.decode("ascii")


def _first_words(answer: httpx.Response, secrets: list[str]) -> str:
    """What a refusal says, short and without its markup; never a header of ours that it repeats."""
    body = b""
    try:
        for part in answer.iter_bytes():
            body += part
            if len(body) >= _REFUSAL_BYTES:
                break
    except httpx.HTTPError:
        pass
    text = body[:_REFUSAL_BYTES].decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "•••").replace(secret.rpartition(" ")[2] or secret, "•••")
    text = re.sub(r"<[^<>]*>", " ", text)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[-_REFUSAL_TOLD:]
