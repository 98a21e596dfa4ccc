"""The webhooks' door: `POST /hooks/<sender>` authenticates, has the body parsed and journals it before it answers.

202: kept, with the ids; 200: known already, or of no matter; 401, 403: not let in; 404: no such sender, or none with a
secret; 413: too long; 422: not understood or not allowed, and kept as a reject; 429: too often; 503: the journal cannot
be reached, send it again. Whoever is not let in leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections import Counter
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from console import proofs
from console.admission import events_of
from console.envelopes import GITHUB_EVENTS, unwrap
from console.hook_settings import SOURCE, HookSettings, Sender
from console.pace import Pace
from listeners.formats import Message
from listeners.intake import Record, Taken, keep, understand
from nuncius.core.clock import Clock
from nuncius.core.errors import ConfigurationError, FormatError, TransientError
from nuncius.journal import Journal

log = logging.getLogger(__name__)

#: Refused knocks from one address in a minute, before it is not listened to any more.
REFUSALS_PER_MINUTE = 30
#: Longest time that a body may take to arrive, in seconds.
BODY_S = 20.0
#: When to send again what could not be journalled, in seconds.
RETRY_AFTER_S = 30


#: A DNS name, as the handshake of CloudEvents tells it.
_ORIGIN = re.compile(r"[A-Za-z0-9.-]{1,253}")


class Refusal(Exception):
    """An answer that is not about the message itself."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers


class Door:
    """Who may come in, how often, and what becomes of what they bring. `answers` counts by sender and status."""

    def __init__(self, journal: Journal, settings: HookSettings, clock: Clock) -> None:
        self._journal, self._settings, self._clock = journal, settings, clock
        self._senders = settings.open_to()
        self._pace, self._refused = Pace(settings.per_minute), Pace(REFUSALS_PER_MINUTE)
        self.answers: Counter[tuple[str, int]] = Counter()

    def sender(self, name: str) -> Sender:
        """Who that is. Raises Refusal."""
        if name not in self._senders:
            raise Refusal(404, "no sender of that name has a secret here; see docs/webhooks.md")
        return self._senders[name]

    def expects(self, name: str) -> bool:
        """Whether CloudEvents are expected from a sender of that name."""
        return name in self._senders and self._senders[name].tells_cloudevents

    @property
    def per_minute(self) -> int:
        """Messages that one sender may send in a minute."""
        return self._settings.per_minute

    async def receive(self, sender: Sender, request: Request) -> JSONResponse:
        """Let a message in, and say what became of it. Raises Refusal."""
        client = request.client.host if request.client else "?"
        if wait := self._refused.wait_s(client):
            raise _too_often("too many refused attempts", wait)
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Refusal(415, "send the body as it is, without compression")
        if header := proofs.missing(sender, request.headers):
            self._note_refused(sender, client, f"no header {header}")
            raise Refusal(401, f"the header {header} is missing", **{"WWW-Authenticate": "Bearer"})
        if sender.proof == "token":
            self._check(proofs.bears(sender, request.headers), sender, client)
        body = await self._body(request)
        if sender.proof != "token":
            self._check(proofs.signed(sender, request.headers, body), sender, client)
        if wait := self._pace.take(sender.name):
            raise _too_often(f"more than {self._settings.per_minute} messages in a minute", wait)
        return await run_in_threadpool(self._take, sender, request.headers, body)

    def _check(self, good: bool, sender: Sender, client: str) -> None:
        if not good:
            self._note_refused(sender, client, "wrong secret")
            raise Refusal(403, "the signature or token is not right")

    def _note_refused(self, sender: Sender, client: str, why: str) -> None:
        self._refused.take(client)
        log.warning("hooks/%s: refused from %s: %s", sender.name, client, why)

    async def _body(self, request: Request) -> bytes:
        """The body, of which no more is read than may be taken."""
        most = self._settings.max_bytes
        told = request.headers.get("content-length", "0")
        if not told.isdigit() or int(told) > most:
            raise Refusal(413, f"at most {most} bytes are taken; this says {told[:20]}", Connection="close")
        chunks, size = [], 0
        try:
            async with asyncio.timeout(BODY_S):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > most:
                        raise Refusal(413, f"at most {most} bytes are taken", Connection="close")
                    chunks.append(chunk)
        except TimeoutError:
            raise Refusal(408, f"the body did not arrive within {BODY_S:g} s", Connection="close") from None
        return b"".join(chunks)

    def _take(self, sender: Sender, headers: Mapping[str, str], body: bytes) -> JSONResponse:
        told = headers.get("x-github-event", "") if sender.name == "github" else ""
        if told and told not in GITHUB_EVENTS:
            return JSONResponse({"ignored": told[:60]})  # a ping, or something that means nothing here
        now = self._clock.now()
        try:
            found = unwrap(sender, headers, body, now=now)
        except FormatError as error:
            found = [Message(raw=body, received=now, topic=f"hooks/{sender.name}", refused=str(error))]
        batch = [_understood(sender, message) for message in found]
        try:
            done = keep(self._journal, batch, source=SOURCE, offsets=[])
        except (TransientError, ConfigurationError, OSError) as error:
            log.error("hooks/%s: not journalled: %s", sender.name, error)
            headers_ = {"Retry-After": str(RETRY_AFTER_S)}
            return JSONResponse({"error": "the journal cannot be reached; send it again"}, 503, headers_)
        return _answer(batch, len(done.new), done.rejected)


def _understood(sender: Sender, message: Message) -> Taken:
    """What a message is. Only a queue's places tell apart equal rejects; here the bytes do."""
    record = Record(
        topic=message.topic or "",
        partition=0,
        offset=0,
        value=message.raw,
        received=message.received,
        content_type=message.content_type,
    )
    return understand(record, source=SOURCE, parse=lambda _: events_of(message, sender))


def _answer(batch: list[Taken], new: int, rejected: int) -> JSONResponse:
    """What became of a body's messages."""
    ids = [event.id for taken in batch for event in taken.events]
    reasons = [taken.reject.reason for taken in batch if taken.reject is not None]
    status = 202 if new else 200 if ids or not reasons else 422
    return JSONResponse({"events": ids, "new": new, "rejected": reasons[:20]}, status)


def _too_often(why: str, wait: float) -> Refusal:
    return Refusal(429, f"{why}; come again in {math.ceil(wait)} s", **{"Retry-After": str(math.ceil(wait))})


def router(door: Door) -> APIRouter:
    """The door's routes."""
    routes = APIRouter()

    @routes.options("/hooks/{name}")
    def shake_hands(name: str, request: Request) -> Response:
        """CloudEvents' handshake: who would send asks whether it may. The token is asked for with each message."""
        origin = request.headers.get("webhook-request-origin", "")
        if not door.expects(name) or not _ORIGIN.fullmatch(origin):
            return JSONResponse({"error": "no handshake here; see docs/webhooks.md"}, 404)
        return Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": str(door.per_minute)})

    @routes.post("/hooks/{name}")
    async def knock(name: str, request: Request) -> JSONResponse:
        known = "?"
        try:
            sender = door.sender(name)
            known = sender.name
            answer = await door.receive(sender, request)
        except Refusal as refusal:
            answer = JSONResponse({"error": refusal.reason}, refusal.status, refusal.headers)
        door.answers[known, answer.status_code] += 1
        return answer

    return routes
