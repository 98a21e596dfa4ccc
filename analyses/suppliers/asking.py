"""How suppliers ask over HTTP: bounded in time and size, no redirect followed, each failure an error that says whether
to try again. The only module of theirs that knows httpx."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import httpx
import msgspec

from analyses.suppliers import services
from analyses.suppliers.contract import SwitchedOff
from nuncius import __version__
from nuncius.core.errors import ConfigurationError, DeadlineExceeded, PermanentError, TransientError

#: One answer must begin within this and never pause for longer, in seconds.
SILENCE_S = 60.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
#: Answers in a row that promise nothing (502, a lost connection) until the work is given up, to be tried anew later.
MAX_FAILURES = 6
#: Statuses of a gateway or a server that is overloaded.
PASSING = frozenset({408, 425, 429, 502, 503, 504})
_TOLD = 400


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said."""

    url: str
    status: int
    body: bytes
    retry_after_s: float = 0.0

    def json(self) -> Any:
        """The body as JSON; NaN and Infinity, which both services write, are numbers. Raises PermanentError."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            begins = self.body[:80].decode("utf-8", "replace")
            raise PermanentError(f"{self.url}: the answer is not JSON ({error}); it begins {begins!r}") from error

    def map(self) -> dict[str, Any]:
        """The body as a JSON object. Raises PermanentError."""
        said = self.json()
        if not isinstance(said, dict):
            raise PermanentError(f"{self.url}: the answer is a {type(said).__name__}, expected an object")
        return said


class Patience:
    """The time that is left for a piece of work, and pauses that grow. The clock is monotonic."""

    def __init__(
        self,
        seconds: float,
        what: str,
        *,
        pause_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds, self.what = seconds, what
        self._clock, self._sleep = clock, sleep
        self._until = clock() + seconds
        self._first_s = FIRST_PAUSE_S if pause_s is None else pause_s
        self._pause_s = self._first_s

    @property
    def left_s(self) -> float:
        """Seconds that are left. Raises DeadlineExceeded when there are none."""
        left = self._until - self._clock()
        if left <= 0:
            raise DeadlineExceeded(
                f"{self.what}: not done within {self.seconds:g} s; what runs there goes on without us"
            )
        return left

    def pause(self, at_least_s: float = 0.0) -> None:
        """Wait a little, longer each time, in small steps: a thread that is cancelled ends at the next one."""
        end = min(self._clock() + max(self._pause_s, at_least_s), self._until)
        self._pause_s = min(1.5 * self._pause_s, LONGEST_PAUSE_S)
        while (left := end - self._clock()) > 0:
            self._sleep(min(left, 0.2))

    def fresh(self) -> None:
        """Something happened: short pauses again."""
        self._pause_s = self._first_s


def ask(
    url: str,
    patience: Patience,
    *,
    params: Mapping[str, Any] | None = None,
    form: Mapping[str, Any] | None = None,
    max_bytes: int,
    silence_s: float = SILENCE_S,
) -> Reply:
    """Ask once: GET, or POST where there is a `form`. Any status but a redirect is an answer. Raises TransientError
    where no whole answer came, PermanentError for one too large and for a redirect (it would make a GET of a POST, and
    no token may travel to another host), ConfigurationError for an address that cannot be asked."""
    name = without_secrets(url)
    silence_s = min(silence_s, patience.left_s)
    try:
        with (
            httpx.Client(
                timeout=silence_s, headers={"User-Agent": f"Nuncius/{__version__}"}, verify=_trust()
            ) as client,
            client.stream("GET" if form is None else "POST", url, params=params, data=form) as answer,
        ):
            if answer.is_redirect:
                to = without_secrets(str(answer.next_request.url)) if answer.next_request else "nowhere"
                raise PermanentError(f"{name} answered {answer.status_code}: moved to {to}; write that address")
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > max_bytes:
                    raise PermanentError(f"{name}: an answer of more than {max_bytes} bytes is refused; see max_mb")
                _ = patience.left_s
            waits = answer.headers.get("retry-after", "")
            wait_s = float(waits) if waits.isdecimal() and len(waits) < 6 else 0.0
            return Reply(url=name, status=answer.status_code, body=bytes(body), retry_after_s=wait_s)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise ConfigurationError(f"{name}: not an address that can be asked") from error
    except httpx.DecodingError as error:
        raise TransientError(f"{name}: the answer cannot be unpacked: {error}") from error
    except httpx.HTTPError as error:
        why = "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error) or type(error).__name__
        raise TransientError(f"{name}: {why.splitlines()[0]}") from error


@cache
def _trust() -> ssl.SSLContext:
    """The certificates that we trust, read once: a job is asked for many times."""
    return httpx.create_ssl_context()


def ask_patiently(
    url: str,
    patience: Patience,
    *,
    params: Mapping[str, Any] | None = None,
    form: Mapping[str, Any] | None = None,
    max_bytes: int,
    passing: frozenset[int] = PASSING,
) -> Reply:
    """Ask until there is an answer other than of an ailing gateway, `MAX_FAILURES` times at most."""
    for failures in range(1, MAX_FAILURES + 1):
        try:
            reply = ask(url, patience, params=params, form=form, max_bytes=max_bytes)
        except DeadlineExceeded:
            raise
        except TransientError:
            if failures == MAX_FAILURES:
                raise
            patience.pause()
            continue
        if reply.status not in passing:
            return reply
        if failures == MAX_FAILURES:
            raise TransientError(
                f"{reply.url} answered {reply.status}, {failures} times in a row",
                retry_after_s=reply.retry_after_s or None,
            )
        patience.pause(reply.retry_after_s)
    raise AssertionError("unreachable")


def without_secrets(url: str) -> str:
    """An address as it may be printed: no user, password, query or fragment."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return "an address that is none"
    return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))


def address(analysis: str, url: str) -> str:
    """The address that a file means: itself, or with `${word}` the one that the settings give that word. Raises
    SwitchedOff where they give none, ConfigurationError for what is no address."""
    found = re.fullmatch(r"\$\{([\w-]+)\}(/[^\s${}]*)?", url.strip())
    if found:
        known = services()
        if not known.get(found[1]):
            raise SwitchedOff(analysis, f'write {found[1]} = "https://…" under [analyses.services]')
        url = known[found[1]].rstrip("/") + (found[2] or "")
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"url: not an address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationError(f"url: expected http(s)://… or ${{word}}; received {without_secrets(url)!r}")
    return str(parsed).rstrip("/")


def first_words(text: Any, *secrets: str) -> str:
    """What a server says, short, in one line, without what must not be repeated."""
    said = text if isinstance(text, str) else json.dumps(text, default=str)
    for secret in secrets:
        said = said.replace(secret, "•••") if secret else said
    said = re.sub(r"\x1b\[[0-9;]*m|<[^<>]{0,400}>", " ", said[: 20 * _TOLD])
    said = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return said if len(said) <= _TOLD else f"{said[: _TOLD - 1]}…"
