"""`nuncius kg`: ask, show, export, check and rebuild the knowledge graph. Reading never disturbs a running service."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuncius.core.errors import DeadlineExceeded, PermanentError

if TYPE_CHECKING:
    from kg.store import GraphStore
    from nuncius.journal import Journal
    from nuncius.settings import Settings


@click.group("kg")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the journal and the graph.")
@click.pass_context
def command(ctx: click.Context, config: Path | None, data_dir: Path | None) -> None:
    """Ask, show, export and rebuild the knowledge graph.

    \b
    Examples:
      nuncius kg show "GRB 230307A"
      nuncius kg query "SELECT ?o ?z { ?c nuncius:predicate nuncius:redshift; nuncius:subject ?o; nuncius:value ?z }"
      nuncius kg export --format trig > graph.trig

    Exit code: 0 done, 1 nothing found or something failed, 2 wrong usage or configuration.
    """
    from nuncius.settings import load

    settings = load(config)
    ctx.obj = settings if data_dir is None else _with_folder(settings, data_dir)


def _with_folder(settings: Settings, folder: Path) -> Settings:
    import msgspec

    return msgspec.structs.replace(settings, data_dir=folder)


def _journal(settings: Settings) -> Journal:
    from nuncius.journal import Journal

    return Journal.open(settings.journal_url)


def _graph(settings: Settings) -> GraphStore:
    from kg.store import GraphStore

    return GraphStore.read_only(settings.graph_dir)


@command.command("show")
@click.argument("object_name", metavar="OBJECT")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@click.pass_obj
def show(settings: Settings, object_name: str, as_json: bool) -> None:
    """What is known of OBJECT: its names and who gave them, the redshifts claimed, what was said when.

    OBJECT is a name in any spelling, a scoped number (swift:1126853) or an IRI.

    \b
    Example:
      nuncius kg show "grb 230307a"

    Exit code: 0, or 1 when nobody has spoken of it.
    """
    from kg.named_queries import get
    from kg.objects import resolve

    journal, graph = _journal(settings), _graph(settings)
    try:
        obj = resolve(journal, object_name)
        names = journal.names_of(obj) if obj else []
        if obj is None or not names:
            click.echo(f"nobody has spoken of {object_name!r} yet", err=True)
            sys.exit(1)
        known = {
            "object": obj,
            "names": [{"name": n.name, "how": n.how, "by": n.event_id, "withdrawn": n.withdrawn} for n in names],
            "redshifts": get(graph, "redshifts", {"object": obj}),
            "timeline": get(graph, "object_timeline", {"object": obj}),
        }
    finally:
        journal.close()
    if as_json:
        click.echo(json.dumps(known))
        return
    click.echo(obj)
    _table("names", ["name", "how", "by", "withdrawn"], known["names"])
    _table(
        "redshifts",
        ["value", "limit", "lower", "upper", "type", "of", "assertion", "confidence", "document"],
        known["redshifts"],
    )
    _table("timeline", ["time", "kind", "tense", "title", "document"], known["timeline"])


def _table(title: str, columns: list[str], rows: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if row.get(c) is None else str(row[c]) for c in columns))
    Console().print(table)


@command.command("query")
@click.argument("sparql", default="-")
@click.option(
    "--timeout", default=10.0, show_default=True, type=click.FloatRange(min=0.01), help="Seconds it may take."
)
@click.option(
    "--format", "form", default="table", show_default=True, type=click.Choice(["table", "json", "csv", "ttl"]),
    help="ttl for CONSTRUCT and DESCRIBE.",
)  # fmt: skip
@click.pass_obj
def query(settings: Settings, sparql: str, timeout: float, form: str) -> None:
    """Run a SPARQL 1.1 query over all graphs together; GRAPH tells them apart.

    SPARQL is the query, @FILE, or - for standard input. The prefixes oda, paper, nuncius, object, prov, oa, rdfs, xsd,
    dcterms need no declaration. It runs in a process of its own, only reads, and is stopped at its deadline.

    \b
    Example:
      nuncius kg query "SELECT (COUNT(*) AS ?n) { ?d a nuncius:Notice }" --format json

    Exit code: 0, 1 when it was stopped or refused, 2 when it is not SPARQL.
    """
    from kg import sandbox

    if sparql == "-":
        sparql = sys.stdin.read()
    elif sparql.startswith("@"):
        sparql = Path(sparql[1:]).read_text(encoding="utf-8")
    try:
        out = sandbox.run(settings.graph_dir, sparql, form="csv" if form == "csv" else "json", timeout_s=timeout)
    except (DeadlineExceeded, PermanentError) as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)
    if form == "table" and out.startswith(b"{"):
        _print_result(json.loads(out))
    else:
        sys.stdout.buffer.write(out if out.endswith(b"\n") else out + b"\n")


def _print_result(result: dict[str, Any]) -> None:
    if "boolean" in result:
        click.echo("yes" if result["boolean"] else "no")
        return
    rows = [{k: v["value"] for k, v in row.items()} for row in result["results"]["bindings"]]
    _table(f"{len(rows):,} rows", result["head"]["vars"], rows)
    if not rows:
        click.echo("no rows")


@command.command("export")
@click.option("--object", "object_name", help="Only graphs of documents about this object.")
@click.option("--format", "form", default="nq", show_default=True, type=click.Choice(["ttl", "nq", "trig"]))
@click.pass_obj
def export(settings: Settings, object_name: str | None, form: str) -> None:
    """Write the graph to standard output; N-Quads come sorted, Turtle loses which document said what.

    \b
    Example:
      nuncius kg export --object "GRB 230307A" --format trig

    Exit code: 0, or 1 when the object is unknown.
    """
    from kg.named_queries import get
    from kg.objects import resolve

    graph, graphs = _graph(settings), None
    if object_name:
        journal = _journal(settings)
        obj = resolve(journal, object_name)
        journal.close()
        if obj is None:
            click.echo(f"nobody has spoken of {object_name!r} yet", err=True)
            sys.exit(1)
        graphs = [row["document"] for row in get(graph, "object_timeline", {"object": obj})]
    sys.stdout.buffer.write(graph.dump(form, graphs))


@command.command("rebuild")
@click.pass_obj
def rebuild(settings: Settings) -> None:
    """Make the graph again from the journal; the old one serves until the new one is whole. Stop the service first.

    \b
    Example:
      nuncius kg rebuild

    Exit code: 0, or 2 while a service has the graph open for writing.
    """
    from rich.console import Console
    from rich.progress import Progress

    from kg.rebuild import rebuild as make_again

    journal = _journal(settings)
    try:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("events", total=journal.last_seq())
            count = make_again(journal, settings.graph_dir, progress=lambda n: bar.advance(task, n))
    finally:
        journal.close()
    click.echo(f"{count:,} events read, {len(_graph(settings)):,} quads")


@command.command("validate")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per violation.")
@click.pass_obj
def validate(settings: Settings, as_json: bool) -> None:
    """Check every graph against the shapes in kg/shapes.

    \b
    Example:
      nuncius kg validate

    Exit code: 0 all conform, 1 something does not.
    """
    import msgspec
    from rich.console import Console
    from rich.progress import Progress

    from kg.shapes import validate as check

    graph = _graph(settings)
    wrong = 0
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("graphs", total=len(graph.graphs()))
        for _, violations in check(graph):
            bar.advance(task)
            for v in violations:
                wrong += 1
                click.echo(msgspec.json.encode(v) if as_json else f"{v.graph}: {v.node} {v.path}: {v.message}")
    if not as_json:
        click.echo(f"{wrong:,} violations" if wrong else "all graphs conform")
    sys.exit(1 if wrong else 0)
