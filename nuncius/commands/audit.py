"""`nuncius audit`: who signed in to the web page, and who did what there."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--person", default="", help="Only theirs: `person:ann`, `token:ci`, as this command names them.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here).")
def command(person: str, limit: int, as_json: bool, config: Path | None) -> None:
    """Who signed in to the web page, was refused, signed out, and what people did there; the newest first.

    \b
    Example:
      nuncius audit --person person:ann
      nuncius audit --json | jq 'select(.act == "refused")'

    Exit status: 0.
    """
    import msgspec

    from nuncius.core.errors import ConfigurationError
    from nuncius.journal import Journal
    from nuncius.journal.audit import Audit
    from nuncius.settings import load

    settings = load(config)
    url = settings.journal_url
    if url.startswith("sqlite:///") and not Path(url[10:]).exists():
        raise ConfigurationError(f"no journal at {url[10:]}; NUNCIUS_DATA_DIR names another folder")
    with Journal.open(url, synchronous=settings.journal.synchronous, migrate=False) as journal:
        acts = Audit(journal).acts(person=person, limit=limit)
    for act in acts:
        if as_json:
            click.echo(msgspec.json.encode(act).decode())
        else:
            who = f"{act.shown} ({act.person})" if act.person else "nobody"
            about = f": {act.about}" if act.about else ""
            click.echo(f"{act.at:%Y-%m-%d %H:%M:%S}  {act.client}  {who}  {act.act}{about}")
    if not acts and not as_json:
        click.echo("nobody did anything on the page")
