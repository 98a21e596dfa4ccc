"""`nuncius kg show`: what is known of one object, by whom, since when, and what is disputed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuncius.commands.kg._open import open_graph, open_journal, print_table, unknown
from nuncius.commands.kg.papers import print_papers

if TYPE_CHECKING:
    from kg.knowledge import Reader
    from nuncius.journal import Journal
    from nuncius.settings import Settings


@click.command()
@click.argument("object_name", metavar="OBJECT")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@click.option("--all", "everything", is_flag=True, help="Every claim, not only the one to go by of each quantity.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Write the light curve: PNG, PDF or SVG.")
@click.option("--as-of", type=click.DateTime(), help="Only what had been received by then (UTC).")
@click.pass_obj
def command(
    settings: Settings, object_name: str, as_json: bool, everything: bool, plot: Path | None, as_of: datetime | None
) -> None:
    """What is known of OBJECT, by whom and since when: names, claims, contradictions, light curve, papers, and what was
    said when.

    OBJECT is a name in any spelling, a scoped number (swift:1126853) or an IRI.

    \b
    Examples:
      nuncius kg show "grb 230307a"
      nuncius kg show "GRB 230307A" --plot curve.png
      nuncius kg show "GRB 230307A" --as-of 2023-03-08T12:00:00 --all

    Exit code: 0, or 1 when nobody has spoken of it.
    """
    from kg.knowledge import Reader
    from kg.parting import resolve

    with open_journal(settings) as journal:
        graph = open_graph(settings)
        obj = resolve(journal, object_name)
        if obj is None:
            unknown(object_name)
        reader = Reader(graph, as_of=as_of.replace(tzinfo=UTC) if as_of else None)
        names = _names(journal, obj)
    known = _known(reader, obj, names)
    if not names and not known["timeline"]:
        unknown(object_name)
    if as_json:
        click.echo(json.dumps(known, default=str))
    else:
        _print(known, everything)
    if plot is not None:
        _plot(reader, obj, known, plot)


def _names(journal: Journal, obj: str) -> list[dict[str, Any]]:
    from kg.parting import members

    links = [link for one in members(journal, obj) for link in journal.names_of(one)]
    return [{"name": x.name, "how": x.how, "by": x.event_id, "withdrawn": x.withdrawn} for x in links]


def _known(reader: Reader, obj: str, names: list[dict[str, Any]]) -> dict[str, Any]:
    from kg import computed
    from kg.literature import papers
    from kg.vocabulary import object_label

    claims = computed.claims(reader, obj)
    return {
        "object": obj,
        "label": _label(names) or object_label(obj),
        "t0": reader.t0(obj),
        "retracted_by": [d.name for d in reader.retracted_by(obj)],
        "names": names,
        "known": computed.known(reader, obj),
        "redshifts": [c for c in claims if c["predicate"] == "redshift"],
        "contradictions": computed.against(reader, obj),
        "light_curve": computed.curve(reader, obj),
        "claims": claims,
        "papers": papers(reader, obj),
        "timeline": [
            {"time": d.received, "kind": d.kind, "tense": d.tense, "by": d.by, "title": d.title, "document": d.name}
            for d in reader.about(obj)
        ],
    }


def _label(names: Sequence[dict[str, Any]]) -> str:
    """The name that people use: the first that is no number and no IRI."""
    return next((n["name"] for n in names if ":" not in n["name"] and not n["withdrawn"]), "")


def _print(known: dict[str, Any], everything: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]{known['label']}[/bold]  {known['object']}")
    if known["t0"]:
        console.print(f"T0 {known['t0']:%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC")
    for document in known["retracted_by"]:
        console.print(f"[bold red]RETRACTED[/bold red] by {document}")
    print_table("names", ["name", "how", "by", "withdrawn"], known["names"])
    columns = ["predicate", "says", "assertion", "by", "circular", "since", "note"]
    print_table("known", columns, [_line(row) for row in known["known"]])
    if everything:
        print_table("every claim", [*columns, "text"], [_line(row) for row in known["claims"]])
    print_table(
        "contradictions",
        ["predicate", "why", "earlier", "later"],
        [
            {
                "predicate": c["predicate"],
                "why": c["why"],
                "earlier": _quoted(c["earlier"]),
                "later": _quoted(c["later"]),
            }
            for c in known["contradictions"]
        ],
    )
    _print_curve(known)
    print_papers(known["papers"])
    print_table("timeline", ["time", "tense", "by", "title", "document"], _times(known["timeline"]))


def _line(row: dict[str, Any]) -> dict[str, Any]:
    notes = [f"{row['claims']} claims"] if row.get("claims", 1) > 1 else []
    notes += ["disputed"] if row.get("contested") else []
    status = row.get("status", "stands")
    notes += [f"{status} by {row.get('status_by', '')}"] if status != "stands" else []
    since = row.get("since") or row["received"]
    more = {"says": row["said"], "since": f"{since:%y-%m-%d %H:%M}", "note": ", ".join(notes)}
    return row | more | {"assertion": row.get("assertion", "asserted")}


def _quoted(row: dict[str, Any]) -> str:
    source = row.get("source") or row["document"]
    return f"{source}, {row.get('by') or '?'}: “{' '.join(str(row.get('text', '')).split())}”"


def _times(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    short = "https://gcn.nasa.gov/circulars/"
    return [
        row | {"time": f"{row['time']:%Y-%m-%d %H:%M}", "document": str(row["document"]).replace(short, "GCN ")}
        for row in rows
    ]


def _print_curve(known: dict[str, Any]) -> None:
    import msgspec

    from kg.lightcurve import Point
    from kg.plots import in_characters

    text = in_characters([msgspec.convert(p, Point) for p in known["light_curve"]])
    if text:
        click.echo(f"light curve\n{text}")


def _plot(reader: Reader, obj: str, known: dict[str, Any], path: Path) -> None:
    from kg.lightcurve import light_curve
    from kg.plots import draw

    points = light_curve(reader.claims(obj, ("magnitude",)), known["t0"])
    count = draw(points, path, name=known["label"], t0=known["t0"])
    click.echo(f"{path}: {count} points", err=True)
