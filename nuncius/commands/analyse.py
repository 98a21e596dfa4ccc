"""`nuncius analyse`: one analysis, now, in a process of its own that its deadline can end."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from nuncius.commands import _runs

if TYPE_CHECKING:
    from analyses.contract import Analysis, Parameter
    from nuncius.core.result import Result


class Analyses(click.Group):
    """A group whose commands are the analyses, their help made from their parameters."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from analyses.contract import known

        _use_files(ctx)
        return [analysis.name for analysis in known()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from analyses.contract import describe
        from nuncius.core.errors import ConfigurationError

        _use_files(ctx)
        try:
            return _command_for(describe(cmd_name))
        except ConfigurationError as error:
            ctx.fail(str(error))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from analyses.contract import known

        _use_files(ctx)
        for analysis in known():
            rows = [_line(parameter) for parameter in analysis.parameters.values()] or [("no inputs", "")]
            with formatter.section(f"{analysis.name}: {analysis.about}"):
                formatter.write_dl(rows)


def _use_files(ctx: click.Context) -> None:
    """Know the analyses that the settings name, besides those that every installation has."""
    from nuncius.core.errors import ConfigurationError
    from nuncius.settings import load

    try:
        load(ctx.params.get("config"))
    except ConfigurationError as error:
        ctx.fail(str(error))


@click.group(cls=Analyses, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "listed", is_flag=True, help="List the analyses and their parameters as JSON.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="Settings file: [analyses] paths.")
@click.option("--rerun", type=click.Path(exists=True, path_type=Path), metavar="CRATE", help="Run a crate again.")
@click.option(
    "--of", "about", metavar="OBJECT|RUN", help="Runs that rules made about an object; one of them with --crate."
)
@click.option("--crate", type=click.Path(path_type=Path), help="With --of RUN: write that run as an RO-Crate.")
@click.option("--declare", "address", metavar="URL", help="Files for the notebooks of an nb2workflow service.")
@click.pass_context
def command(
    ctx: click.Context,
    listed: bool,
    config: Path | None,
    rerun: Path | None,
    about: str | None,
    crate: Path | None,
    address: str | None,
) -> None:
    """Run one analysis now; without a name, list them with their inputs.

    \b
    Examples:
      nuncius analyse localization -h
      nuncius analyse localization --event alert.xml --out results/
      nuncius analyse localization --with sky=bayestar.multiorder.fits --with object=S190425z
      nuncius analyse --declare http://localhost:9191 > my-analyses/workflows.yaml
      nuncius analyse visibility --with sky='CIRCLE ICRS 197.45 -23.38 0.01' --with time=2017-08-17T12:41:04Z
      nuncius analyse localization --event alert.xml --crate run.zip
      nuncius analyse --rerun run.zip
      nuncius analyse --of "GRB 221009A"                       the runs that rules made about it
      nuncius analyse --of result:0a1b… --crate run.zip        one of them, to take along or to run again

    --crate writes the run with its inputs, maps, result, figures and software as an RO-Crate; --rerun runs it again
    and says whether the numbers are the same, and if not, which differ and which software does.

    Exit status: 0 done (--rerun: the same numbers), 1 the analysis failed (--rerun: other numbers), 2 there is no such
    analysis or an option is wrong.
    """
    if ctx.invoked_subcommand is not None:
        return
    if address is not None:
        _declare(address)
        return
    _use_files(ctx)
    if rerun is not None:
        _runs.rerun(rerun, config, listed)
        return
    if about is not None or crate is not None:
        _runs.past(about, crate, config, listed)
        return
    if listed:
        click.echo(_catalogue())
        return
    from analyses.contract import known

    for analysis in known():
        click.echo(f"{analysis.name}: {analysis.about} (version {analysis.version})")
        for name, text in (_line(parameter) for parameter in analysis.parameters.values()):
            click.echo(f"    {name:27} {text}")
        click.echo()
    from analyses.suppliers import problems, switched_off

    for name, why in switched_off().items():
        click.echo(f"{name} is off: {why}")
    for problem in problems():
        click.echo(f"nuncius: {problem}", err=True)


def _declare(address: str) -> None:
    """Print documents for the notebooks of a service, for a person to look through and put among `analyses.paths`."""
    from analyses.suppliers.asking import Patience, ask
    from analyses.suppliers.options import documents
    from nuncius.core.errors import NunciusError

    url = address.rstrip("/")
    try:
        reply = ask(f"{url}/api/v1.0/options", Patience(60.0, url), max_bytes=16 * 1024 * 1024)
        if reply.status != 200:
            raise NunciusError(f"{reply.url} answered {reply.status}; is it a service of nb2workflow?")
        click.echo(documents(reply.map(), url), nl=False)
    except NunciusError as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)


def _line(parameter: Parameter) -> tuple[str, str]:
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    need = "required" if parameter.required else f"default {parameter.default}" if parameter.default else "optional"
    return parameter.name, f"{parameter.type}{unit}, {need}: {parameter.about}"


def _command_for(analysis: Analysis) -> click.Command:
    inputs = "\n".join(f"  {name:27}{text}" for name, text in map(_line, analysis.parameters.values()))
    text = f"""{analysis.about}.

\b
Inputs (--with NAME=VALUE; numbers take units, as in 3arcmin; times are UTC):
{inputs}

A VALUE that opens a brace or a bracket is JSON; @FILE is a file's content (JSON, or a FITS sky map).

\b
Example:
  {analysis.example}

Exit status: 0 done, 1 the analysis failed, 2 an option is wrong.
"""

    @click.command(name=analysis.name, help=text, context_settings={"help_option_names": ["-h", "--help"]})
    @click.option("--with", "pairs", multiple=True, metavar="NAME=VALUE", help="An input; as often as needed.")
    @click.option("--event", "named", metavar="FILE|ID", help="Take inputs from an alert's file or a journalled event.")
    @click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write result.json and figures here.")
    @click.option(
        "--crate", type=click.Path(path_type=Path), help="Keep the run as an RO-Crate: a folder, or FILE.zip."
    )
    @click.option("--json", "as_json", is_flag=True, help="The result as one JSON object on stdout.")
    @click.option("--deadline", default=600.0, show_default=True, metavar="SECONDS", help="Give up after this long.")
    @click.option("--no-cache", is_flag=True, help="Compute it even if its result is kept from an earlier run.")
    @click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="Settings file, for --event ID.")
    @click.option("--describe", "described", is_flag=True, help="The analysis and its parameters as JSON, and leave.")
    @click.pass_context
    def run(
        ctx: click.Context,
        pairs: tuple[str, ...],
        named: str | None,
        out: Path | None,
        crate: Path | None,
        as_json: bool,
        deadline: float,
        no_cache: bool,
        config: Path | None,
        described: bool,
    ) -> None:
        if described:
            click.echo(_catalogue(analysis.name))
            return
        config = config or (ctx.parent.params.get("config") if ctx.parent else None)
        blobs: dict[str, bytes] = {}
        inputs = _inputs(analysis, pairs, named, config, blobs)
        result = _runs.run(analysis, inputs, blobs, config, deadline, kept=not no_cache)
        if crate is not None:
            _runs.keep(crate, analysis, inputs, blobs, result)
        _show(result, out, as_json)

    return run


def _inputs(
    analysis: Analysis, pairs: tuple[str, ...], named: str | None, config: Path | None, blobs: dict[str, bytes]
) -> dict[str, Any]:
    """What the options give; the bytes of sky maps go to `blobs`."""
    from nuncius.analysing import inputs_from, read_event, read_with
    from nuncius.core.errors import FormatError, PermanentError
    from nuncius.settings import load

    given = read_with(pairs, blobs, analysis.parameters)
    if named is None:
        return given
    try:
        event = read_event(named, lambda: load(config).journal_url, now=datetime.now(UTC), blobs=blobs)
    except (PermanentError, FormatError) as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)
    return inputs_from(event, analysis) | given


def _show(result: Result, out: Path | None, as_json: bool) -> None:
    from nuncius import analysing

    written = analysing.save(result, out) if out else []
    if as_json:
        click.echo(analysing.as_json(result))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(result.answer, style="bold", highlight=False)
    values = Table("quantity", "value", box=None)
    for name, quantity in result.values.items():
        values.add_row(name, str(quantity))
    console.print(values)
    for table in result.tables:
        drawn = Table(*table.columns, title=table.name, title_justify="left", box=None)
        for row in table.rows:
            drawn.add_row(
                *("" if cell is None else f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row)
            )
        console.print(drawn)
    if "kept" in result.provenance:
        console.print(
            f"Computed on {result.provenance['kept']['computed']}; --no-cache computes it again.", style="dim"
        )
    for caveat in result.caveats:
        console.print(f"Note: {caveat}", highlight=False)
    if written:
        console.print("Written: " + ", ".join(str(path) for path in written), highlight=False)
    elif result.figures:
        console.print(f"{len(result.figures)} figure(s) made; --out DIR keeps them.", highlight=False)


def _catalogue(*names: str) -> bytes:
    """Analyses as JSON, for other programs."""
    from analyses.contract import known

    chosen = [analysis for analysis in known() if not names or analysis.name in names]
    listed = [
        {
            **{key: getattr(analysis, key) for key in ("name", "version", "about", "supplier", "example")},
            "parameters": [
                {key: getattr(parameter, key) for key in ("name", "type", "unit", "required", "about")}
                | {"default": parameter.default}
                for parameter in analysis.parameters.values()
            ],
        }
        for analysis in chosen
    ]
    return msgspec.json.encode(listed[0] if names else listed)
