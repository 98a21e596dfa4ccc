"""A conversation with MMODA's dispatcher, on our clock: one question, asked until its product is there.

Its own client, `oda_api`, is not used: it evaluates text and loads pickles that a server sends, keeps answers under a
hash in which RA 12 and 21 are one, sends tokens in addresses or not at all, and waits without end (docs/analyses.md).
"""

from __future__ import annotations

import json
import logging
import secrets
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from analyses.suppliers.asking import Patience, Reply, ask_patiently, first_words
from analyses.suppliers.echoed import difference
from analyses.suppliers.tokens import Token
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.registry import did_you_mean

log = logging.getLogger(__name__)

#: Parameters of these names are sent as repeated keys, all other lists as JSON.
REPEATED = frozenset({"scw_list", "selected_catalog", "catalog_selected_objects"})
#: What the conversation itself says; no input may have these names.
OWN = frozenset(
    {"instrument", "product_type", "query_type", "query_status", "session_id", "off_line", "api", "oda_api_version",
     "token", "job_id", "async_dispatcher", "run_asynch", "return_progress", "dry_run", "verbose"}
)  # fmt: skip
GOING = frozenset({"new", "submitted", "progress", "ready"})
#: The dispatcher's words for "I cannot see the job just now"; said so often in a row, the job is lost.
UNSEEN = frozenset({"unaccessible", "unknown"})
MAX_UNSEEN = 8
#: Whose answers we understand: what its client of that version understands.
SPEAKS = "1.3.5"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A product that is wanted. `parameters` are as they are sent."""

    instrument: str
    product: str
    query_type: str
    parameters: dict[str, Any]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The products and what was said beside them; `job` and `session` find it again in the dispatcher's records."""

    products: dict[str, Any]
    comments: tuple[str, ...]
    job: str
    session: str


class Dispatcher:
    """A dispatcher at an address. `token` is asked for at each question, and `tell` hears how far the work is."""

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], Token | None],
        max_bytes: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tell: Callable[[str], None] = lambda words: None,
    ) -> None:
        self._url, self._max_bytes, self._now, self._tell = url, max_bytes, now, tell
        self._read_token = token
        self._token: Token | None = None

    def answer(self, question: Question, patience: Patience) -> Answer:
        """Ask until the product is there. Raises TransientError, DeadlineExceeded, PermanentError."""
        self._take_token()
        self._known_names(question, patience)
        session = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))
        status, job, unseen = "new", "", 0
        while True:
            said = self._turn(question, session, status, job, patience)
            job = self._job(said, job)
            before, status = status, str(said.get("query_status", ""))
            if status == "failed" or _refused(said):
                raise self._failure(said)
            if status == "done":
                return self._done(question, said, job, session)
            if status not in GOING | UNSEEN:
                raise PermanentError(
                    f"{self._url}: the dispatcher said the status '{status or 'nothing'}'{_said(said)}"
                )
            monitored = str(_part(said, "job_monitor").get("status", ""))
            unseen = unseen + 1 if status in UNSEEN or monitored in UNSEEN else 0
            if unseen >= MAX_UNSEEN:
                raise TransientError(f"{self._url}: the dispatcher lost sight of job {job}, {unseen} times in a row")
            if status in UNSEEN:
                status = before  # it does not understand its own word when it is sent back
            self._report(said, status, job)
            if status == "ready" and before != "ready":
                continue  # sent once more, it fetches the products
            if status != before:
                patience.fresh()
            patience.pause()

    # --- one turn ---

    def _turn(self, question: Question, session: str, status: str, job: str, patience: Patience) -> dict[str, Any]:
        reply = self._post(question, session, status, job, patience)
        if reply.status in (401, 403) and self._fresh_token():
            reply = self._post(question, session, status, job, patience)
        if reply.status in (401, 403):
            raise self._unauthorized(self._words(reply))
        if reply.status == 200:
            return reply.map()
        words = self._words(reply)
        if reply.status >= 500:
            raise TransientError(f"{reply.url} answered {reply.status}{words}")
        raise PermanentError(f"{reply.url} answered {reply.status}: it does not understand the question{words}")

    def _post(self, question: Question, session: str, status: str, job: str, patience: Patience) -> Reply:
        """Always a POST: what is in an address ends up in the logs of all who pass it on."""
        form = _form(question) | {
            "instrument": question.instrument,
            "product_type": question.product,
            "query_type": question.query_type,
            "query_status": status,
            "session_id": session,
            "off_line": "False",
            "api": "True",
            "oda_api_version": SPEAKS,
        }
        if job:
            form["job_id"] = job
        if self._token is not None:
            form["token"] = self._token.value
        return ask_patiently(f"{self._url}/run_analysis", patience, form=form, max_bytes=self._max_bytes)

    def _job(self, said: Mapping[str, Any], known: str) -> str:
        told = str(_part(said, "job_monitor").get("job_id") or "")
        if known and told and told != known:
            raise TransientError(f"{self._url}: asked for job {known}, the dispatcher answered with {told}")
        return told or known

    def _known_names(self, question: Question, patience: Patience) -> None:
        """The dispatcher leaves out a parameter that it does not know and computes with its default instead."""
        about = {"instrument": question.instrument, "product_type": question.product}
        reply = ask_patiently(f"{self._url}/api/par-names", patience, params=about, max_bytes=self._max_bytes)
        if reply.status != 200:
            return  # older dispatchers have no such page; the echo is compared in any case
        names = reply.json()
        if not isinstance(names, list):
            return
        for name in question.parameters:
            if name not in names:
                hint = did_you_mean(name, [str(known) for known in names])
                raise PermanentError(
                    f"{self._url}: {question.product} of {question.instrument} has no parameter '{name}'{hint}"
                )

    # --- ends ---

    def _done(self, question: Question, said: dict[str, Any], job: str, session: str) -> Answer:
        products = said.get("products")
        if not isinstance(products, dict):
            raise PermanentError(f"{self._url}: the dispatcher says 'done' and gives no products{self._scrubbed(said)}")
        echo = products.get("analysis_parameters")
        if not isinstance(echo, dict):
            raise PermanentError(
                f"{self._url}: the dispatcher does not say which question it answers (no analysis_parameters); its "
                "jobs are told apart by a hash that collides, so the product may be of another one"
            )
        asked = question.parameters | {"instrument": question.instrument, "product_type": question.product}
        if other := difference(asked, echo):
            raise PermanentError(f"{self._url}: the answer is to another question: {other}")
        end = _part(said, "exit_status")
        comments = [first_words(end[word], self._secret) for word in ("comment", "warning") if end.get(word)]
        return Answer(products=products, comments=tuple(comments), job=job, session=session)

    def _failure(self, said: dict[str, Any]) -> Exception:
        words = self._scrubbed(said)
        if "token" in words.lower() or "permission" in words.lower():
            return self._unauthorized(words)
        return PermanentError(f"{self._url}: the analysis failed{words}")

    def _unauthorized(self, words: str) -> PermanentError:
        if self._token is None:
            mend = (
                "a token is needed: log in to MMODA, take one there and put it into the file that ODA_TOKEN_FILE names"
            )
        elif (ends := self._token.expires) and ends <= self._now():
            mend = f"the token ran out at {ends:%Y-%m-%d %H:%M} UTC: take a new one at MMODA"
        else:
            mend = "the token is not allowed to ask this: see its roles at MMODA"
        return PermanentError(f"{self._url}: the dispatcher refuses{words}; {mend}")

    # --- words ---

    def _report(self, said: Mapping[str, Any], status: str, job: str) -> None:
        reports = _part(said, "job_monitor").get("full_report_dict_list")
        last = reports[-1] if isinstance(reports, list) and reports and isinstance(reports[-1], dict) else {}
        words = first_words(last.get("message") or last.get("stage") or "", self._secret)[:60] if last else ""
        self._tell(f"{status}, job {job[:8]}{f', {words}' if words.strip(chr(34)) else ''}")

    def _words(self, reply: Reply) -> str:
        try:
            said = reply.json()
        except PermanentError:
            said = reply.body[:400].decode("utf-8", "replace")
        return self._scrubbed(said) if isinstance(said, dict) else f": {first_words(said, self._secret)}"

    def _scrubbed(self, said: Mapping[str, Any]) -> str:
        return first_words(_said(said), self._secret) if _said(said) else ""

    # --- the token ---

    @property
    def _secret(self) -> str:
        return self._token.value if self._token else ""

    def _take_token(self) -> None:
        token = self._read_token()
        if token is None:
            return
        if not _private(self._url):
            raise PermanentError(f"{self._url}: a token is not sent over http, where anybody may read it; use https")
        if (ends := token.expires) and ends <= self._now():
            self._token = token
            raise self._unauthorized("")
        if token.mails:
            log.warning("the token for MMODA has its owner written to at each job; set mssub, msdone, msfail to false")
        self._token = token

    def _fresh_token(self) -> bool:
        """Whether a new token has been put in the place of the one that was refused, half-way perhaps."""
        token = self._read_token()
        if token is None or self._token is None or token.value == self._token.value:
            return False
        self._token = token
        return True


def _form(question: Question) -> dict[str, Any]:
    return {
        name: json.dumps(value) if isinstance(value, list | dict) and name not in REPEATED else _text(value)
        for name, value in question.parameters.items()
        if value is not None
    }


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, bool | int | float) else value


def _refused(said: Mapping[str, Any]) -> bool:
    """Whether it failed, whatever status stands beside."""
    return _part(said, "exit_status").get("status") not in (0, None, "0")


def _part(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _said(said: Mapping[str, Any]) -> str:
    """What the dispatcher says about a failure; it may stand in any of several places."""
    end = _part(said, "exit_status")
    told = [end.get("message"), end.get("error_message"), said.get("error"), said.get("error_message")]
    words = list(dict.fromkeys(str(text).strip()[:200] for text in told if text))
    return f": {'; '.join(words)}" if words else ""


def _private(url: str) -> bool:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")
