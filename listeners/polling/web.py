"""The one module that asks over HTTP for news: politely paced, with bounds on time and size, and errors by type."""

from __future__ import annotations

import threading
import time
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
    """A client for all sources together, so that two that ask one host keep its pace."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        wait: Callable[[float], Any] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock or SystemClock()
        self._wait = wait
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}
        self._client = httpx.Client(
            timeout=TIMEOUT_S,
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
        """Ask for a page, at least `pace_s` seconds after the last time that this host was asked.

        Raises TransientError for what may succeed later (no connection, a timeout, a body cut short, 408, 425, 429,
        5xx; with the wait that the server asked for), ConfigurationError for 401 and 403, PermanentError for any
        other refusal and for a body over `max_bytes`. `missing_is_well`: 404 and 410 are answers too.
        """
        self._pace(url, pace_s)
        begun = self._monotonic()
        try:
            with self._client.stream("GET", url, params=params, headers=headers) as answer:
                said = {name.lower(): value for name, value in answer.headers.items()}
                if answer.status_code == 304:
                    return Answer(url=url, status=304, headers=said)
                if not (answer.is_success or (missing_is_well and answer.status_code in (404, 410))):
                    raise self._refusal(url, answer.status_code, said)
                body = bytearray()
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > max_bytes:
                        raise PermanentError(f"{url}: more than {max_bytes} bytes are refused")
                    if self._monotonic() - begun > LONGEST_ANSWER_S:
                        raise TransientError(f"{url}: not all there after {LONGEST_ANSWER_S:.0f} s")
                return Answer(url=str(answer.url), status=answer.status_code, body=bytes(body), headers=said)
        except httpx.TooManyRedirects as error:
            raise PermanentError(f"{url}: redirected more than {MAX_REDIRECTS} times") from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ConfigurationError(f"{url}: not an address that can be asked: {error}") from error
        except httpx.HTTPError as error:
            raise TransientError(f"{url}: {type(error).__name__}: {error or 'no answer'}") from error

    def _pace(self, url: str, pace_s: float) -> None:
        host = httpx.URL(url).host
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + pace_s
        if turn > now:
            self._wait(turn - now)

    def _refusal(self, url: str, status: int, headers: Mapping[str, str]) -> Exception:
        wait = self._asked_wait(headers)
        limited = status == 429 or (status == 403 and headers.get("x-ratelimit-remaining") == "0")
        if limited or status in (408, 425) or status >= 500:
            return TransientError(f"{url}: the server answered {status}", retry_after_s=wait)
        if status in (401, 403):
            return ConfigurationError(f"{url}: the server answered {status}; check the token for it")
        return PermanentError(f"{url}: the server answered {status}")

    def _asked_wait(self, headers: Mapping[str, str]) -> float | None:
        """Seconds that the server asks us to wait: Retry-After (seconds or a date), or a rate limit's reset."""
        said = headers.get("retry-after", "").strip()
        now = self._clock.now().timestamp()
        if said.isdigit():
            return min(float(said), LONGEST_WAIT_S)
        if said:
            try:
                return min(max(parsedate_to_datetime(said).timestamp() - now, 0.0), LONGEST_WAIT_S)
            except (ValueError, TypeError):
                pass
        reset = headers.get("x-ratelimit-reset", "").strip()
        if reset.isdigit() and headers.get("x-ratelimit-remaining", "0") == "0":
            return min(max(float(reset) - now, 0.0), LONGEST_WAIT_S)
        return None
