"""`nuncius rules check`: what is wrong with rule files, with line and column."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, whose rules are checked too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(paths: tuple[Path, ...], config: Path | None, as_json: bool) -> None:
    """Read rule files and say what is wrong with them, with line and column.

    Without PATH: the shipped rules, and those that the settings name.

    \b
    Example:
      nuncius rules check config/rules my-rules.yaml

    Exit status: 0 no errors (warnings do not count), 1 errors, 2 nothing to check.
    """
    from reactors.rulebook import RuleBook

    book = RuleBook(rule_paths(paths, config), quiet=True)
    errors = [problem for problem in book.problems if problem.level == "error"]
    if as_json:
        click.echo(json.dumps(_as_json(book)))
    else:
        for problem in book.problems:
            where = click.style(f"{problem.file}:{problem.line}:{problem.column}", bold=True)
            level = click.style(problem.level, fg="red" if problem.level == "error" else "yellow")
            click.echo(f"{where}: {level}: {problem.message}")
            if problem.hint:
                click.echo(f"    hint: {problem.hint}")
        files = len({rule.file for rule in book.rules.rules})
        click.echo(f"{len(book.rules.rules)} rules in {files} files are good, {len(errors)} errors")
    sys.exit(1 if errors else 0)


def rule_paths(paths: tuple[Path, ...], config: Path | None) -> list[Path]:
    """Where rules are read from: the paths named, else the shipped ones and those of the settings. These are read in
    any case, because rules may run analyses that they name."""
    from nuncius.settings import load
    from reactors.rulebook import shipped

    settings = load(config)
    return list(paths) or list(dict.fromkeys([shipped(), *settings.rule_paths]))


def _as_json(book: Any) -> dict[str, Any]:
    import msgspec

    rules = [
        {
            "rule": rule.name,
            "file": rule.file,
            "line": rule.line,
            "when": rule.when,
            "status": rule.status,
            "hash": rule.hash,
        }
        for rule in book.rules.rules
    ]
    problems = [msgspec.to_builtins(problem) for problem in book.problems]
    return {"rules": rules, "problems": problems, "hash": book.rules.hash}
