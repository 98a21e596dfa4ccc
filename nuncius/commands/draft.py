"""`nuncius draft`: a draft circular on an object, printed for a person to read, correct and submit."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("object_name", metavar="OBJECT")
@click.option("--json", "as_json", is_flag=True, help="Subject, body and references as one JSON object.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="Settings file.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with journal and graph; wins over the file.")
def command(object_name: str, as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """Print a draft circular on OBJECT: who saw it, where, the results of our analyses, and what circulars measured,
    each number with unit, error and the circular that it stands in.

    It is printed and nothing else: nothing here submits circulars. Authors and contact are left for you to fill in.

    \b
    Examples:
      nuncius draft "GRB 221009A"
      nuncius demo --exit --data-dir var && nuncius draft G298048 --data-dir var

    Exit status: 0 printed, 1 nobody has spoken of OBJECT, 2 an option is wrong.
    """
    import msgspec

    from kg.named_queries import NamedQueries
    from kg.parting import resolve
    from kg.store import GraphStore
    from nuncius.core.errors import ConfigurationError
    from nuncius.journal import Journal
    from nuncius.settings import load
    from reactors.asking import GraphAnswers
    from reactors.drafting import draft

    settings = load(config)
    if data_dir is not None:
        settings = msgspec.structs.replace(settings, data_dir=data_dir)
    try:
        queries = NamedQueries(GraphStore.read_only(settings.graph_dir), deadline_s=30.0)
    except ConfigurationError as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)
    graph = GraphAnswers(queries, version=lambda: 0, moment=lambda: None, lag=lambda: 0.0)
    with Journal.open(settings.journal_url) as journal:
        obj = resolve(journal, object_name)
        if obj is None or not journal.events_of(obj):
            click.echo(f"nobody has spoken of {object_name!r} yet", err=True)
            sys.exit(1)
        made = draft(journal, graph, obj)
    queries.close()
    said = {"subject": made.subject, "body": made.body, "references": made.references}
    click.echo(json.dumps(said) if as_json else made.text)
