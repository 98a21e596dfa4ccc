"""Tells open pages at once that they would say something else now: server-sent events that carry the version alone,
since a page is fetched whole and a proxy may cut any stream. One look at the journal serves all who listen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from nuncius.core.errors import NunciusError

#: Pages that may listen at a time; further ones ask every few seconds instead (static/console.js).
STREAMS = 100
#: Seconds between looks, between words that keep proxies from hanging up, and after which a stream ends, so that a page
#: that nobody closes does not stay for ever; browsers connect again by themselves.
LOOK_S, BREATH_S, LONGEST_S = 1.0, 15.0, 900.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Live:
    """The version as it changes, for any number of streams of one event loop."""

    def __init__(self, version: Callable[[], str], *, streams: int = STREAMS, look_s: float = LOOK_S) -> None:
        self._version = version
        self._streams = streams
        self._look_s = look_s
        self.listening = 0
        self._held = ""
        self._looked = 0.0
        self._looking: asyncio.Lock | None = None

    @property
    def full(self) -> bool:
        """Whether no more may listen."""
        return self.listening >= self._streams

    async def stream(self) -> AsyncIterator[bytes]:
        """The version now, and whenever it changes."""
        self.listening += 1
        began = breathed = time.monotonic()
        told = ""
        try:
            yield b"retry: 3000\n\n"
            while time.monotonic() - began < LONGEST_S:
                held = await self._now()
                if held != told:
                    told, breathed = held, time.monotonic()
                    yield f"event: version\ndata: {held}\n\n".encode()
                elif time.monotonic() - breathed > BREATH_S:
                    breathed = time.monotonic()
                    yield b": nothing new\n\n"
                await asyncio.sleep(self._look_s)
        finally:
            self.listening -= 1

    async def _now(self) -> str:
        """What was last seen; looked at anew when that is a while ago, by one stream for all."""
        self._looking = self._looking or asyncio.Lock()  # made within the loop that serves
        async with self._looking:
            if time.monotonic() - self._looked > 0.9 * self._look_s:
                with suppress(NunciusError):  # the journal is away: what is open says what it said
                    self._held = await run_in_threadpool(self._version)
                self._looked = time.monotonic()
            return self._held


def live_routes(live: Live) -> APIRouter:
    """`/live`."""
    router = APIRouter()

    @router.get("/live")
    async def listen() -> Response:
        if live.full:
            said = {"error": "too many pages listen already; ask /api/version.json every few seconds"}
            return JSONResponse(said, status_code=503, headers={"Retry-After": "60"})
        return StreamingResponse(live.stream(), media_type="text/event-stream", headers=_HEADERS)

    return router
