"""Runs for `nuncius analyse`: one now with its progress shown, one kept as a crate, one of a rule's, one done again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

if TYPE_CHECKING:
    from analyses.contract import Analysis
    from nuncius.core.result import Result


def run(
    analysis: Analysis,
    inputs: dict[str, Any],
    blobs: dict[str, bytes],
    config: Path | None,
    deadline: float,
    *,
    kept: bool,
) -> Result:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from analyses.executor import open_executor
    from nuncius.core.errors import FormatError, PermanentError, TransientError
    from nuncius.settings import load

    settings = load(config)
    # In a process of its own: a deadline that struck inside this one could hit an import half-way. On this machine:
    # files that inputs name are here. Where no service has run, no folder is made.
    local = msgspec.structs.replace(settings.executor, kind="local")
    there = kept and settings.data_dir.is_dir()
    executor = open_executor(local, 1, settings.results_dir if there else None)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            shown = progress.add_task(analysis.name)
            job = executor.submit(analysis.name, inputs, blobs=blobs, deadline_s=deadline)
            while True:
                try:
                    return job.result(0.3)
                except TimeoutError:
                    if (said := job.progress()) is not None:
                        progress.update(shown, description=f"{analysis.name}: {said}")
    except (PermanentError, TransientError, FormatError) as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)
    finally:
        executor.close()


def keep(crate: Path, analysis: Analysis, inputs: dict[str, Any], blobs: dict[str, bytes], result: Result) -> None:
    from nuncius import crates
    from nuncius.core.errors import ConfigurationError

    try:
        crates.write(crate, analysis, inputs, blobs, result, datetime.now(UTC))
    except ConfigurationError as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)


def rerun(path: Path, config: Path | None, as_json: bool) -> None:
    """Run a crate again and compare; leaves with 1 where the numbers differ."""
    import tempfile

    from analyses.contract import describe
    from nuncius import analysing, crates
    from nuncius.core.errors import NunciusError

    try:
        crate = crates.read(path)
        analysis = describe(crate.analysis)
        with tempfile.TemporaryDirectory(prefix="nuncius-crate-") as folder:
            # Not from the cache, whose numbers are those of the crate.
            result = run(analysis, crate.placed(Path(folder)), crate.maps, config, 3600.0, kept=False)
    except NunciusError as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)
    now = msgspec.json.decode(analysing.as_json(result))
    numbers, versions = crates.differences(crate.result, now)
    if as_json:
        said = {"analysis": crate.analysis, "same": not numbers, "differ": numbers, "software": versions, "now": now}
        click.echo(msgspec.json.encode(said))
    else:
        click.echo(f"then: {crate.result.get('answer')}\nnow:  {result.answer}")
        click.echo("the same numbers" if not numbers else "other numbers:")
        for line in numbers:
            click.echo(f"  {line}")
        if versions:
            click.echo("other software:")
        for line in versions:
            click.echo(f"  {line}")
    sys.exit(1 if numbers else 0)


def past(about: str | None, crate: Path | None, config: Path | None, as_json: bool) -> None:
    """List the runs about an object, or write one as a crate."""
    from kg.parting import members, resolve
    from nuncius import past_runs
    from nuncius.core.errors import NunciusError
    from nuncius.journal import Journal
    from nuncius.settings import load

    if about is None:
        raise click.UsageError("--crate without an analysis needs --of RUN; or name the analysis first")
    try:
        with Journal.open(load(config).journal_url) as journal:
            if crate is not None:
                click.echo(f"Written: {past_runs.write_crate(journal, about, crate, datetime.now(UTC))}")
                return
            obj = resolve(journal, about)
            runs = list(past_runs.runs_of(journal, members(journal, obj))) if obj is not None else []
    except NunciusError as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(msgspec.json.encode(runs))
        return
    if not runs:
        click.echo(f"no rule has run an analysis about {about!r} yet", err=True)
        sys.exit(1)
    for run in runs:
        click.echo(f"{run['run']}  {run['received']}  {run['analysis']} by {run['rule']}\n    {run['answer']}")
