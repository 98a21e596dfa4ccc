"""The search for the version at which a case changed, with its progress."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from nuncius.core.errors import ConfigurationError

if TYPE_CHECKING:
    from analyses.regression.bisect import Bisected, Looked
    from analyses.regression.laboratory import Laboratory


def bisect_case(lab: Laboratory, words: tuple[str, ...], asked: dict[str, Any], as_json: bool) -> int:
    """Find it, saying what was tried. 1 where a version was found, 0 where nothing changed."""
    import msgspec
    from rich.console import Console
    from rich.progress import Progress

    from analyses.regression.bisect import bisect
    from analyses.regression.versions import newest

    cases = lab.cases()
    if len(words) != 1 or words[0] not in cases:
        raise ConfigurationError("--bisect takes one CASE: nuncius regress CASE --bisect PACKAGE --good VERSION")
    if not asked["good"]:
        raise ConfigurationError("--bisect needs --good, a version that has the old result")
    bad = asked["bad"] or newest(asked["bisected"])
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{words[0]} over {asked['bisected']}", total=None)

        def tell(one: Looked, left: int) -> None:
            steps = math.ceil(math.log2(left + 1)) if left else 0
            progress.console.print(f"  {one.version}: {one.found} ({one.seconds:.1f} s)")
            progress.update(task, completed=progress.tasks[task].completed + 1)
            progress.update(task, total=progress.tasks[task].completed + steps)

        found = bisect(
            lab.bench, cases[words[0]], asked["bisected"], asked["good"], bad, as_of=asked["as_of"], tell=tell
        )
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _show(found)
    return 1 if found.first else 0


def _show(found: Bisected) -> None:
    from analyses.regression.wording import quantity_line

    tried = (
        f"{len(found.looked)} of {found.versions + 1} versions tried, {sum(one.seconds for one in found.looked):.0f} s"
    )
    if not found.first:
        click.echo(f"{found.case}: {found.note} ({tried})")
    else:
        first = next(one for one in found.looked if one.version == found.first)
        click.echo(
            f"{found.case}: {first.found} with {found.package} {found.first}, not yet with {found.last_good} ({tried})"
        )
        for one in first.quantities:
            click.echo(f"    {quantity_line(one)}")
        if first.error:
            click.echo(f"    {first.error.strip().splitlines()[0]}")
        if found.between:
            click.echo(f"    it may also be one of those between that could not be built: {', '.join(found.between)}")
    for version, why in found.skipped.items():
        click.echo(f"    left out: {version} ({why})")
