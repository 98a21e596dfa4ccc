"""`nuncius kg query`: a SPARQL query of a person's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuncius.commands.kg._open import print_table
from nuncius.core.errors import DeadlineExceeded, PermanentError

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.argument("sparql", default="-")
@click.option(
    "--timeout", default=10.0, show_default=True, type=click.FloatRange(min=0.01), help="Seconds it may take."
)
@click.option(
    "--format", "form", default="table", show_default=True, type=click.Choice(["table", "json", "csv", "ttl"]),
    help="ttl for CONSTRUCT and DESCRIBE.",
)  # fmt: skip
@click.pass_obj
def command(settings: Settings, sparql: str, timeout: float, form: str) -> None:
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
    print_table(f"{len(rows):,} rows", result["head"]["vars"], rows)
    if not rows:
        click.echo("no rows")
