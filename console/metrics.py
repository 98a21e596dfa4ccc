"""`GET /metrics` for Prometheus, `/healthz` and `/readyz`: figures of the journal, made anew for each reader.

Counters and histograms begin with the process, as Prometheus expects; `nuncius_events_total` counts the whole journal.
docs/metrics.md lists every name; alert rules and a dashboard are in `deploy/`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest

from console.figures import Figures
from console.health import alive, ready
from console.metrics_settings import MetricsSettings
from nuncius.core.clock import Clock
from nuncius.core.errors import NunciusError
from nuncius.journal import Journal

log = logging.getLogger(__name__)


def registry(figures: Figures) -> CollectorRegistry:
    """The figures, and what the process itself uses."""
    found = CollectorRegistry(auto_describe=False)
    found.register(figures)
    ProcessCollector(registry=found)
    return found


def router(
    journal: Journal, settings: MetricsSettings, clock: Clock, answers: Mapping[tuple[str, int], int]
) -> APIRouter:
    """The routes. `answers` counts what the webhooks' door answered, by sender and status."""
    routes = APIRouter()
    figures = Figures(journal, clock, answers)
    scraped = registry(figures)

    @routes.get("/metrics")
    def metrics(request: Request) -> Response:
        if not _may_read(settings, request):
            why = "figures are for this machine, or for who has the token of metrics.token"
            return JSONResponse({"error": why}, 401, {"WWW-Authenticate": "Bearer"})
        try:
            return Response(generate_latest(scraped), media_type=CONTENT_TYPE_LATEST)
        except (NunciusError, OSError) as error:
            log.warning("metrics: %s", error)
            return JSONResponse({"error": str(error)}, 503)

    @routes.get("/healthz")
    def healthz(request: Request) -> JSONResponse:
        return _told(alive(journal, clock.now()), request)

    @routes.get("/readyz")
    def readyz(request: Request) -> JSONResponse:
        return _told(ready(journal, clock.now()), request)

    def _told(health: dict[str, object], request: Request) -> JSONResponse:
        shown = health if _may_read(settings, request) else {"ok": health["ok"]}
        return JSONResponse(shown, 200 if health["ok"] else 503)

    return routes


def _may_read(settings: MetricsSettings, request: Request) -> bool:
    return settings.may_read(request.client.host if request.client else "", request.headers)
