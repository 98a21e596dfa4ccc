"""The SPARQL 1.1 endpoint: anybody who may see the pages may query the graph. Each query runs in a process of its own
that can only read, and is killed at its deadline (`kg.sandbox`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from console.negotiation import best
from kg import sandbox
from nuncius.core.errors import DeadlineExceeded, FormatError, NunciusError, PermanentError

if TYPE_CHECKING:
    from kg.store import GraphStore

#: Queries at once, seconds for each, characters of one, bytes of an answer.
AT_ONCE, SECONDS, LONGEST_QUERY, LONGEST_ANSWER = 2, 10.0, 20_000, 16 * 1024**2
ROWS = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/xml": "xml",
}
GRAPHS = {"text/turtle": "ttl", "application/ld+json": "jsonld", "application/n-triples": "nt"}
_SORTS = {"json": "application/sparql-results+json", "xml": "application/sparql-results+xml", "csv": "text/csv",
          "tsv": "text/tab-separated-values", "ttl": "text/turtle", "jsonld": "application/ld+json",
          "nt": "application/n-triples"}  # fmt: skip


class Refused(Exception):
    """A request that gets no answer: the status and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def sparql_routes(graph: GraphStore | None, form: Callable[[], Response]) -> APIRouter:
    """The endpoint; `form` gives the page for people who come without a query."""
    router, places = APIRouter(), threading.BoundedSemaphore(AT_ONCE)

    @router.api_route("/sparql", methods=["GET", "POST"], include_in_schema=False)
    async def sparql(request: Request) -> Response:
        try:
            asked = await _asked(request)
            if asked is None:
                return await run_in_threadpool(form)
            return await run_in_threadpool(_answer, graph, places, asked, request)
        except Refused as refused:
            retry = {"Retry-After": "5"} if refused.status == 503 else {}
            return JSONResponse({"error": str(refused)}, status_code=refused.status, headers=retry)

    return router


async def _asked(request: Request) -> str | None:
    """The query, by any of the protocol's three ways; None where none is given."""
    fields = request.query_params
    said: Mapping[str, list[str]] = {name: fields.getlist(name) for name in fields}
    sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    query = None
    if request.method == "POST":
        body = await _body(request)
        if sort == "application/sparql-query":
            query = body
        elif sort == "application/x-www-form-urlencoded":
            said = {**said, **parse_qs(body, keep_blank_values=True, max_num_fields=20)}
        else:
            raise Refused(415, "POST a query as application/sparql-query or as a form with the field 'query'")
    if "update" in said:
        raise Refused(400, "this endpoint only reads; it takes no update")
    if any(name in said for name in ("default-graph-uri", "named-graph-uri")):
        raise Refused(400, "a query reads all graphs together here; choose one by GRAPH in the query")
    queries = said.get("query", []) if query is None else [query]
    if len(queries) > 1:
        raise Refused(400, "ask one query at a time; received 'query' more than once")
    if not queries or not queries[0].strip():
        if request.method == "POST":
            raise Refused(400, "the field 'query' is missing or empty")
        return None
    if len(queries[0]) > LONGEST_QUERY:
        raise Refused(413, f"a query has at most {LONGEST_QUERY:,} characters; received {len(queries[0]):,}")
    return queries[0]


async def _body(request: Request) -> str:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > 4 * LONGEST_QUERY:
            raise Refused(413, f"a query has at most {LONGEST_QUERY:,} characters")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "the request is not UTF-8") from None


def _answer(graph: GraphStore | None, places: threading.BoundedSemaphore, query: str, request: Request) -> Response:
    if graph is None or graph.folder is None:
        raise Refused(503, "there is no graph on disk here that could be asked")
    accept, wanted = request.headers.get("accept", ""), request.query_params.get("format", "")
    rows = wanted if wanted in ROWS.values() else ROWS.get(best(accept, list(ROWS)) or "", "json")
    drawn = wanted if wanted in GRAPHS.values() else GRAPHS.get(best(accept, list(GRAPHS)) or "", "ttl")
    if not places.acquire(blocking=False):
        raise Refused(503, f"{AT_ONCE} queries are being answered, which is all at once; try again in a moment")
    try:
        found = sandbox.answer(
            graph.folder, query, form=rows, graph_form=drawn, timeout_s=SECONDS, longest=LONGEST_ANSWER
        )
    except DeadlineExceeded:
        raise Refused(504, f"the query ran longer than {SECONDS:g} s and was stopped; narrow it") from None
    except (FormatError, PermanentError) as error:  # not SPARQL, SERVICE, too long an answer
        raise Refused(400, str(error)) from None
    except NunciusError as error:
        raise Refused(503, str(error)) from None
    finally:
        places.release()
    return Response(found.content, media_type=_SORTS[drawn if found.graph else rows], headers={"Vary": "Accept"})
