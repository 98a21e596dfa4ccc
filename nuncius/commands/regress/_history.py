"""What a case gave over versions: from the journal, nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from analyses.regression.laboratory import Laboratory


def history(lab: Laboratory, name: str, package: str | None, output: Path | None, as_json: bool) -> int:
    """Print the runs of a case and draw them where `output` is given."""
    import msgspec

    from analyses.regression.cases import package_name
    from analyses.regression.outcomes import references
    from analyses.regression.plots import history as draw

    case = lab.case(name)
    runs = lab.bench.results.history(name, package=package_name(package) if package else "", case_hash=case.digest)
    if as_json:
        click.echo(
            msgspec.json.encode([msgspec.structs.replace(r, values=r.values.get("quantities", {})) for r in runs])
        )
    else:
        for run in runs:
            given = ", ".join(f"{k} {v['value']:.8g}" for k, v in run.values.get("quantities", {}).items())
            with_what = f"{run.package} {run.version}" if run.package else "the newest of all"
            said = given or run.error.splitlines()[0]
            click.echo(f"{run.at:%Y-%m-%d %H:%M}  {with_what}, seed {run.seed}: {run.verdict or run.state}: {said}")
    if not runs:
        click.echo(f"{name} has not been run{f' with {package}' if package else ''} yet", err=True)
        return 1
    if output:
        most = package_name(package) if package else _most(runs)
        own = [run for run in runs if run.package == most]
        expect = references(case, lab.bench.results.references([name]))
        figure = draw(case, expect, own, most)
        if figure is None:
            click.echo("only runs with the newest of all are known; a history needs versions of a package", err=True)
            return 1
        output.write_bytes(figure.png)
        click.echo(f"{output}: {figure.alt}", err=True)
    return 0


def _most(runs: list) -> str:  # type: ignore[type-arg]
    """The package of which most versions were tried."""
    versions: dict[str, set[str]] = {}
    for run in runs:
        if run.package:
            versions.setdefault(run.package, set()).add(run.version)
    return max(versions, key=lambda name: len(versions[name]), default="")
