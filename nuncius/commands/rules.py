"""`nuncius rules`: the author's tools for rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuncius.core.errors import ConfigurationError

if TYPE_CHECKING:
    from nuncius.journal import StoredDecision

_COLOURS = {"true": "green", "false": "red", "unknown": "yellow", "error": "red"}


@click.group()
def command() -> None:
    """Check the rules that decide what happens, and explain decisions.

    \b
    Examples:
      nuncius rules check                            the shipped and the installation's rules
      nuncius rules check my-rules/ --json
      nuncius rules explain nearby-bns S190425z      why did it, why didn't it?
    """


@command.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, whose rules are checked too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def check(paths: tuple[Path, ...], config: Path | None, as_json: bool) -> None:
    """Read rule files and say what is wrong with them, with line and column.

    Without PATH: the shipped rules, and those that the settings name.

    \b
    Example:
      nuncius rules check config/rules my-rules.yaml

    Exit status: 0 no errors (warnings do not count), 1 errors, 2 nothing to check.
    """
    from reactors.rulebook import RuleBook, shipped

    chosen = list(paths)
    if not chosen:
        from nuncius.settings import load

        chosen = list(dict.fromkeys([shipped(), *load(config).rules]))
    book = RuleBook(chosen, quiet=True)
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


@command.command()
@click.argument("rule")
@click.argument("event")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per decision on stdout.")
def explain(rule: str, event: str, config: Path | None, as_json: bool) -> None:
    """Why did it, why didn't it? From the trace that was kept when RULE decided about EVENT.

    EVENT is an event's id, or any name of an object: then every decision about the object is shown.

    \b
    Example:
      nuncius rules explain gw-candidate S190425z

    Exit status: 0 explained, 1 the rule has not decided about it.
    """
    from nuncius.journal import Journal
    from nuncius.settings import load

    settings = load(config)
    if settings.journal_url.startswith("sqlite:///") and not Path(settings.journal_url[10:]).exists():
        raise ConfigurationError(f"no journal at {settings.journal_url}; NUNCIUS_DATA_DIR names another folder")
    with Journal.open(settings.journal_url, migrate=False) as journal:
        decisions = _decisions(journal, rule, event)
    for decision in decisions:
        if as_json:
            import msgspec

            click.echo(msgspec.json.encode(decision).decode())
        else:
            _print(decision)
    if not decisions:
        click.echo(
            f"the rule '{rule}' has not decided about '{event}': it does not listen to its kind, "
            "was added later, or the event is not in the journal",
            err=True,
        )
        sys.exit(1)


@command.command()
def schema() -> None:
    """Print the JSON Schema of a rule, with which editors complete and check what you write.

    \b
    Example, for VS Code with the YAML extension:
      nuncius rules schema > rule.schema.json
    and as the first line of a rule file:
      # yaml-language-server: $schema=rule.schema.json

    Exit status: 0.
    """
    from reactors.schema import rule_schema

    click.echo(json.dumps(rule_schema(), indent=2))


def _decisions(journal: Any, rule: str, event: str) -> list[StoredDecision]:
    found: list[StoredDecision] = list(journal.decisions(event_id=event, rule=rule, limit=1000))
    if not found:
        from kg.objects import resolve

        obj = resolve(journal, event)
        for stored in journal.events_of(obj) if obj else ():
            found += journal.decisions(event_id=stored.event.id, rule=rule, limit=1000)
    return sorted(found, key=lambda decision: decision.id)


def _print(decision: StoredDecision) -> None:
    click.echo(f"{click.style(decision.outcome, bold=True)}  {decision.rule} on {decision.event_id}")
    click.echo(f"  {decision.reason}")
    for line in decision.trace:
        state = str(line["is"])
        click.echo(f"  line {line['line']}: {click.style(f'{state:8}', fg=_COLOURS.get(state))} {line['if']}")
        for name, value in line.get("seen", {}).items():
            click.echo(f"             {name} = {value}")
        if line.get("why"):
            click.echo(f"             {line['why']}")
