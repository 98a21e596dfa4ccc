"""`nuncius rules schema`: the JSON Schema of a rule."""

from __future__ import annotations

import json

import click


@click.command()
def command() -> None:
    """Print the JSON Schema of a rule, with which editors complete and check what you write.

    \b
    Example, for VS Code with the YAML extension:
      nuncius rules schema > rule.schema.json
    and as the first line of a rule file:
      # yaml-language-server: $schema=rule.schema.json

    Exit status: 0.
    """
    from nuncius.settings import load
    from reactors.schema import rule_schema

    load()  # rules may run the analyses that the settings name
    click.echo(json.dumps(rule_schema(), indent=2))
