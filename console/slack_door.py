"""Slack's requests by HTTP: `POST /slack/interactivity`, `/slack/commands` and `/slack/events`, for installations that
have an address Slack can reach. Nothing unsigned, old or long comes in; what comes in is kept, then acknowledged.

200: kept, known already, or of no matter; 401: not signed by Slack just now; 413: too long; 503: send it again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from chat.slack import signed
from chat.slack_door import SlackDoor
from chat.slack_settings import SlackSettings, read_secret
from nuncius.core.clock import Clock
from nuncius.core.errors import NunciusError

log = logging.getLogger(__name__)

#: Slack's payloads hold the message that a button stands in; a long one is some 30 kB.
MOST_BYTES = 1_000_000
#: Longest time that a body may take to arrive, in seconds.
BODY_S = 10.0
#: The address's last word → the sort of payload, as Socket Mode calls it.
_SORTS = {"interactivity": "interactive", "commands": "slash_commands", "events": "events_api"}


def slack_routes(door: SlackDoor, settings: SlackSettings, clock: Clock) -> APIRouter:
    """The three addresses. Raises ConfigurationError where the signing secret cannot be read."""
    secret = settings.signing_secret or read_secret(settings.signing_secret_file, "a signing secret", "signing_secret")
    routes = APIRouter()

    @routes.post("/slack/{what}")
    async def knock(what: str, request: Request, later: BackgroundTasks) -> Response:
        if what not in _SORTS:
            return Response(status_code=404)
        told = request.headers.get("x-slack-request-timestamp", "")
        proof = request.headers.get("x-slack-signature", "")
        if not told or not proof:
            return Response(status_code=401)
        body = b""
        try:
            async with asyncio.timeout(BODY_S):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        return Response(status_code=413)
        except TimeoutError:
            return Response(status_code=408)
        if not signed(secret, body, told, proof, clock.now().timestamp()):
            log.warning("/slack/%s: refused a request that Slack has not signed just now", what)
            return Response(status_code=401)
        payload = _payload(what, body)
        if payload is None:
            return Response(status_code=400)
        if what == "events" and payload.get("type") == "url_verification":
            return JSONResponse({"challenge": str(payload.get("challenge", ""))[:200]})
        try:
            came = await run_in_threadpool(door.take, _SORTS[what], payload)
        except (NunciusError, OSError) as error:
            log.error("/slack/%s: not kept: %s", what, error)
            return Response(status_code=503)
        if came == "form":
            later.add_task(door.open_form, _SORTS[what], payload)
        return Response(status_code=200)

    return routes


def _payload(what: str, body: bytes) -> dict[str, Any] | None:
    """Events are JSON; commands are a form; what people press is JSON in a form."""
    try:
        if what == "events":
            found: Any = json.loads(body)
        else:
            found = dict(parse_qsl(body.decode(), keep_blank_values=True))
            found = json.loads(found["payload"]) if what == "interactivity" else found
    except (ValueError, KeyError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
