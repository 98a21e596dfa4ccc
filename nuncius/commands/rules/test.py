"""`nuncius rules test`: the inline tests of rules, on a virtual clock."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click


@click.command(short_help="Run the inline tests of rules, on a virtual clock.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, whose rules are tested too.")
@click.option("--rule", "names", multiple=True, help="Only the tests of this rule (may be given again).")
@click.option("--verbose", "-v", is_flag=True, help="What came for tests that passed, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(paths: tuple[Path, ...], config: Path | None, names: tuple[str, ...], verbose: bool, as_json: bool) -> None:
    """Run the tests that stand in rules (`test:`): events given, what is expected, on a virtual clock; nothing is sent
    and nothing is run. docs/backtest.md says how tests are written.

    Without PATHS: the shipped rules, and those that the settings name.

    \b
    Examples:
      nuncius rules test
      nuncius rules test my-rules/nearby-bns.yaml -v

    Exit status: 0 all passed, 1 one failed, 2 rules have errors or no test was found.
    """
    from nuncius.commands.rules.check import rule_paths
    from nuncius.core.errors import ConfigurationError
    from nuncius.core.registry import did_you_mean
    from reactors.rulebook import RuleBook
    from reactors.testrun import run_tests

    book = RuleBook(rule_paths(paths, config), quiet=True)
    errors = [str(problem) for problem in book.problems if problem.level == "error"]
    if errors:
        raise ConfigurationError("rules with errors cannot be tested:\n" + "\n".join(errors[:10]))
    known = [rule.name for rule in book.rules.rules]
    for name in names:
        if name not in known:
            raise ConfigurationError(f"no rule is named '{name}'{did_you_mean(name, known)}")
    chosen = [rule for rule in book.rules.rules if not names or rule.name in names]
    results = run_tests(chosen)
    untested = [rule.name for rule in chosen if not rule.tests]
    if as_json:
        import msgspec

        told = [msgspec.to_builtins(result) | {"passed": result.passed} for result in results]
        click.echo(json.dumps({"tests": told, "untested": untested}))
    else:
        _print(results, untested, verbose)
    if not results:
        click.echo("no rule here has a test; docs/backtest.md says how to write one", err=True)
        sys.exit(2)
    sys.exit(0 if all(result.passed for result in results) else 1)


def _print(results: list[Any], untested: list[str], verbose: bool) -> None:
    from reactors.testrun import told

    for result in results:
        word = click.style("passed", fg="green") if result.passed else click.style("FAILED", fg="red", bold=True)
        about = f": {result.about}" if result.about else ""
        click.echo(f"{word} {result.rule}{about} ({result.file}:{result.line})")
        if verbose or not result.passed:
            for line in told(result):
                click.echo(line)
    failed = sum(not result.passed for result in results)
    rules = len({result.rule for result in results})
    click.echo(f"{len(results)} tests of {rules} rules, {failed} failed; {len(untested)} rules without a test")
