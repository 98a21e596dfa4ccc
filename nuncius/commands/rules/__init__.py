"""`nuncius rules`: the author's tools for rules. Each is a module of this package with a `command`; adding one edits no
existing file."""

from __future__ import annotations

import click

from nuncius.commands._modules import modules_of


@click.group(cls=modules_of(__name__))
def command() -> None:
    """Check, test and try the rules that decide what happens, and explain decisions.

    \b
    Examples:
      nuncius rules check                            the shipped and the installation's rules
      nuncius rules test my-rules/                   their inline tests, on a virtual clock
      nuncius rules explain nearby-bns S190425z      why did it, why didn't it?
      nuncius rules backtest archive/ --rules my-rules/ --output page.html
      nuncius rules graph                            who listens to what, loops found
    """
