"""People's SPARQL: each query runs in a process of its own that can only read, has a limited memory and is killed at
its deadline, because Oxigraph can neither be interrupted nor told when to stop."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import msgspec

from kg.store import GraphStore
from nuncius.core.errors import (
    ConfigurationError,
    DeadlineExceeded,
    FormatError,
    NunciusError,
    PermanentError,
    TransientError,
)

#: Address space of the child, bytes: a cross product must not take the machine's memory.
MEMORY = 4 * 1024**3
#: Longest answer in bytes; longer ones are refused with advice rather than printed.
LONGEST = 64 * 1024**2
_ERRORS: dict[str, type[NunciusError]] = {
    e.__name__: e for e in (ConfigurationError, FormatError, TransientError, PermanentError)
}

#: What the child says on standard error of an answer that is a graph.
_GRAPH = "a graph"
_QUIET = re.compile(
    r"<[^<>\"{}|^`\\\s]*>|\"\"\"(?:\\.|(?!\"\"\").)*\"\"\"|'''(?:\\.|(?!''').)*'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*",
    re.S,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is asked."""

    folder: str
    sparql: str
    form: str
    longest: int
    graph_form: str = "ttl"


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a query: its bytes, and whether they are a graph rather than rows."""

    content: bytes
    graph: bool


def refuse_remote(sparql: str) -> None:
    """Raise PermanentError for a query that would make this machine call another one (SERVICE). SPARQL lets any
    character be written as an escape, so these are read first."""
    plain = _ESCAPE.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), sparql)
    if re.search(r"(?<![\w:?$@-])service(?![\w:-])", _QUIET.sub(" ", plain), re.I):
        raise PermanentError("SERVICE is not allowed: a query reads this graph and calls no other server")


def run(folder: Path, sparql: str, *, form: str = "json", timeout_s: float = 10.0, longest: int = LONGEST) -> bytes:
    """The answer to a query as bytes (`json` and `csv` by the SPARQL standard; Turtle for CONSTRUCT and DESCRIBE); see
    `answer`."""
    return answer(folder, sparql, form=form, timeout_s=timeout_s, longest=longest).content


def answer(
    folder: Path,
    sparql: str,
    *,
    form: str = "json",
    graph_form: str = "ttl",
    timeout_s: float = 10.0,
    longest: int = LONGEST,
) -> Answered:
    """The answer to a query, in the formats that `kg.store` names.

    Raises FormatError where it is no SPARQL, DeadlineExceeded after `timeout_s` seconds, PermanentError where it
    calls elsewhere or asks for too much.
    """
    refuse_remote(sparql)
    asked = Request(folder=str(folder), sparql=sparql, form=form, longest=longest, graph_form=graph_form)
    request = msgspec.json.encode(asked)
    with subprocess.Popen(
        [sys.executable, "-m", "kg.sandbox"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        try:
            out, err = child.communicate(request, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise DeadlineExceeded(
                f"the query ran longer than {timeout_s:g} s and was stopped; narrow it, or raise --timeout"
            ) from None
    if child.returncode == 0:
        return Answered(content=out, graph=err.decode("utf-8", "replace").strip().endswith(_GRAPH))
    name, _, message = err.decode("utf-8", "replace").strip().rpartition("\n")[2].partition("\t")
    if name in _ERRORS:
        raise _ERRORS[name](message)
    raise PermanentError(
        f"the query was stopped (status {child.returncode}): it needed too much memory or broke the engine"
    )


def _answer(request: Request) -> tuple[bool, bytes]:
    """In the child: take a view and ask; again where the writer left no quiet moment for one."""
    for attempt in (1, 2, 3, 4, 5):
        try:
            return GraphStore.read_only(Path(request.folder)).serialise(
                request.sparql, request.form, request.graph_form
            )
        except TransientError:
            if attempt == 5:
                raise
    raise AssertionError("unreachable")


def main() -> int:
    """The child: a request on stdin, the answer on stdout or an error's class and message on stderr."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    try:
        graph, out = _answer(request)
    except NunciusError as error:
        print(f"{type(error).__name__}\t{' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except (MemoryError, OSError) as error:
        print(f"PermanentError\tthe query could not be answered: {error}", file=sys.stderr)
        return 1
    if len(out) > request.longest:
        print(
            f"PermanentError\tthe answer has {len(out):,} bytes, over {request.longest:,}; add LIMIT", file=sys.stderr
        )
        return 1
    sys.stdout.buffer.write(out)
    if graph:
        print(_GRAPH, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
