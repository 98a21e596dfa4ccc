"""What the console offers to programs beside the JSON API: linked data, SPARQL and Atom feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from console import atom, linked, pages
from console.sparql import LONGEST_ANSWER, SECONDS, sparql_routes
from console.views import OBJECT, href
from kg.vocabulary import PREFIXES
from nuncius.core.clock import Clock
from nuncius.core.errors import FormatError
from nuncius.journal import Journal
from nuncius.journal.finding import Finder
from reactors.rule import RULE_NAME

if TYPE_CHECKING:
    from kg.store import GraphStore

_ATOM = "application/atom+xml"
#: Where the JSON API begins to be explored.
_PATHS = ["/api/v1/objects", "/api/v1/rules", "/api/v1/firings", "/api/v1/checks"]


def machine_routes(journal: Journal, graph: GraphStore | None, clock: Clock) -> APIRouter:
    """Addresses for programs, and the pages that show what they say."""
    router = APIRouter(include_in_schema=False)

    def machines() -> Response:
        values = {"prefixes": sorted(PREFIXES), "seconds": SECONDS, "megabytes": LONGEST_ANSWER // 1024**2}
        return HTMLResponse(pages.render("machines.html", journal, clock.now(), paths=_PATHS, **values))

    router.include_router(sparql_routes(graph, machines))

    @router.get("/ontology/nuncius/object/{name:path}")
    def by_iri(name: str) -> Response:
        # Where the IRIs' own host sends people here, its paths need no rewriting.
        return RedirectResponse(href(OBJECT + name), status_code=303)

    @router.get("/resource")
    def resource(request: Request, iri: Annotated[str, Query(min_length=1, max_length=2000)]) -> Response:
        form = linked.wanted(request)
        if form != "html":
            return linked.data(graph, iri, form)
        if iri.startswith(OBJECT) and Finder(journal).events(iri, limit=1):
            return RedirectResponse(href(iri), status_code=303)
        if graph is None:
            return PlainTextResponse("there is no graph here", status_code=503)
        try:
            found = linked.describe(graph, iri)
        except FormatError as error:
            return PlainTextResponse(str(error), status_code=400)
        if found is None:
            return HTMLResponse(pages.missing_page(journal, iri, clock.now()), status_code=404)
        page = pages.render("resource.html", journal, clock.now(), item=found)
        return HTMLResponse(page, headers={"Vary": "Accept"})

    @router.get("/feed/object/{name:path}")
    def object_feed(request: Request, name: str) -> Response:
        return _feed(request, atom.of_object(journal, name, clock.now()))

    @router.get("/feed/rule/{name}")
    def rule_feed(request: Request, name: str) -> Response:
        known = RULE_NAME.fullmatch(name) and not name.startswith("subscription-")
        return _feed(request, atom.of_rule(journal, name, clock.now()) if known else None)

    return router


def _feed(request: Request, feed: atom.Feed | None) -> Response:
    if feed is None:
        return PlainTextResponse("nothing is known of that name", status_code=404)
    base = str(request.base_url).rstrip("/")
    return Response(pages.atom_feed(feed, base=base, own=request.url.path), media_type=_ATOM)
