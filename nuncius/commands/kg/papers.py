"""`nuncius kg papers`: the papers and telegrams of an object, what they say of it and what that contradicts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from nuncius.commands.kg._open import open_graph, open_journal, print_table, unknown

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.argument("object_name", metavar="OBJECT")
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of a table, with spans and citations.")
@click.option("--about", "about_only", is_flag=True, help="Only papers about OBJECT, not those that mention it.")
@click.option("--as-of", type=click.DateTime(), help="Only what had been received by then (UTC).")
@click.pass_obj
def command(settings: Settings, object_name: str, as_json: bool, about_only: bool, as_of: datetime | None) -> None:
    """Papers and telegrams about OBJECT or mentioning it, the newest first: who, when, title, what each says of OBJECT
    and what that contradicts.

    OBJECT is a name in any spelling, a scoped number (swift:1126853) or an IRI. A preprint and its record in a journal
    are one row.

    \b
    Examples:
      nuncius kg papers "GRB 230307A"
      nuncius kg papers bn230307656 --about
      nuncius kg papers "GRB 230307A" --json | jq '.[].contradicts'

    Exit code: 0, or 1 when nobody has spoken of it (2 for wrong usage). An object without papers is no error.
    """
    from kg.knowledge import Reader
    from kg.literature import papers
    from kg.parting import resolve
    from kg.subjects import key_of
    from kg.vocabulary import object_iri

    with open_journal(settings) as journal:
        graph = open_graph(settings)
        held = resolve(journal, object_name)
    reader = Reader(graph, as_of=as_of.replace(tzinfo=UTC) if as_of else None)
    # An object that only papers know has no entry among the names, but stands in the graph.
    rows = papers(reader, held or object_iri(key_of(object_name)))
    if held is None and not rows:
        unknown(object_name)
    rows = [row for row in rows if row["relation"] == "about" or not about_only]
    if as_json:
        click.echo(json.dumps(rows, default=str))
    elif rows:
        print_papers(rows)
    else:
        click.echo(f"no paper speaks of {object_name}", err=True)


def print_papers(rows: list[dict[str, Any]]) -> None:
    """Papers as a table."""
    columns = ["document", "published", "by", "title", "says", "contradicts", "note"]
    print_table("papers", columns, [_line(row) for row in rows])


def _line(row: dict[str, Any]) -> dict[str, Any]:
    notes = [row["relation"]] if row["relation"] != "about" else []
    notes += [row["state"]] if row["state"] != "stands" else []
    return row | {
        "says": "\n".join(row["says"]),
        "contradicts": "\n".join(row["contradicts"]),
        "note": ", ".join(notes),
    }
