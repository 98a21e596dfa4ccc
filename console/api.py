"""The JSON API, version 1: what the pages show, for programs. Reads only; every list has an end and a way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, FastAPI, Path, Query, Response
from fastapi.responses import JSONResponse

from console import apireading as r
from console import apivalues as v
from console.checks import checks_json
from console.skyregions import Regions, Sky
from nuncius.core.errors import ConfigurationError
from nuncius.journal import Journal

if TYPE_CHECKING:
    from kg.store import GraphStore
    from reactors.ruleset import RuleSet

Name = Annotated[str, Path(min_length=1, max_length=300, description="An object: any of its names, or its IRI")]
Object = Annotated[str, Query(min_length=1, max_length=300, description="An object: any of its names, or its IRI")]
Rule = Annotated[str | None, Query(max_length=80, description="The name of a rule")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
Before = Annotated[int | None, Query(ge=0, lt=2**53, description="Go on from the `next` of the page before")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many to leave out")]


def _answers(kind: type[msgspec.Struct]) -> dict[int | str, dict[str, Any]]:
    """What a path answers, for its description."""
    schemas: dict[int | str, tuple[type[msgspec.Struct], str]] = {
        200: (kind, "What was asked for"),
        404: (v.Problem, "Not known"),
        503: (v.Problem, "No graph here"),
    }
    return {
        status: {
            "description": said,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{struct.__name__}"}}},
        }
        for status, (struct, said) in schemas.items()
    }


def _json(value: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _problem(status: int, said: str) -> Response:
    return Response(msgspec.json.encode(v.Problem(error=said)), status_code=status, media_type="application/json")


def api_routes(journal: Journal, graph: GraphStore | None, rules: Callable[[], RuleSet] | None) -> APIRouter:
    """The paths below `/api/v1`."""
    router = APIRouter(prefix="/api/v1")

    def found(value: msgspec.Struct | None, name: str) -> Response:
        return _problem(404, f"nothing is known of {name!r}") if value is None else _json(value)

    @router.get("/objects", responses=_answers(v.Objects), summary="Objects, the one spoken of last first")
    def objects(limit: Limit = 50, before: Before = None) -> Response:
        return _json(r.objects(journal, before=before, limit=limit))

    @router.get("/objects/{name:path}", responses=_answers(v.Object), summary="One object as it stands")
    def one(name: Name) -> Response:
        return found(r.one(journal, name), name)

    @router.get("/events", responses=_answers(v.Events), summary="Events of an object, the newest first")
    def events(object: Object, limit: Limit = 50, before: Before = None) -> Response:
        return found(r.events(journal, object, before=before, limit=limit), object)

    @router.get("/claims", responses=_answers(v.Claims), summary="Who says what of an object, since when")
    def claims(object: Object, limit: Limit = 100, offset: Offset = 0) -> Response:
        if graph is None:
            return _problem(503, "there is no graph here")
        return found(r.claims(journal, graph, object, offset=offset, limit=limit), object)

    where = Regions(journal, graph)

    @router.get("/regions", responses=_answers(Sky), summary="Where on the sky instruments see an object")
    def regions(object: Object) -> Response:
        iri = r.iri_named(journal, object)
        return found(None if iri is None else where.of(iri), object)

    @router.get("/rules", responses=_answers(v.Rules), summary="The rules in force and those that are off")
    def all_rules() -> Response:
        return _json(r.rules(rules) if rules is not None else v.Rules(rules=[]))

    @router.get("/firings", responses=_answers(v.Firings), summary="What rules did, the newest first")
    def firings(rule: Rule = None, limit: Limit = 50, before: Before = None) -> Response:
        try:
            return _json(r.firings(journal, rule, before=before, limit=limit))
        except ConfigurationError as error:
            return _problem(404, str(error))

    @router.get("/checks", responses=_answers(v.Checks), summary="How the sanity checks stand")
    def checks() -> Response:
        return _json(v.Checks(checks=checks_json(journal)))

    @router.get("/openapi.json", include_in_schema=False)
    def description() -> JSONResponse:
        return JSONResponse(_description(router))

    return router


def _description(router: APIRouter) -> dict[str, Any]:
    """The API in OpenAPI 3.1, with the values that it gives."""
    alone = FastAPI(
        title="Nuncius",
        version="1",
        summary="Objects, events, claims, rules, firings and checks of one installation; reads only",
    )
    alone.include_router(router)
    said = alone.openapi()
    _, schemas = msgspec.json.schema_components(v.KINDS, ref_template="#/components/schemas/{name}")
    said["components"]["schemas"] |= schemas
    return said
