"""`nuncius extract`: circulars in, facts out, one JSON object a line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from kg.extraction import extract, read_circular
from nuncius.core.errors import FormatError


@click.command("extract")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option("--predicate", "-p", multiple=True, help="Only these facts, such as redshift; may be given again.")
@click.option("--min-confidence", type=click.FloatRange(0, 1), default=0.0, help="Leave out less certain facts.")
def command(file: Path | None, predicate: tuple[str, ...], min_confidence: float) -> None:
    """Circulars to facts, each with the span it was read from.

    FILE (or standard input) holds circulars as JSON lines with the GCN archive's fields circularId, subject, body,
    createdOn. Facts go to standard output, one JSON object a line; docs/extraction.md lists the fields.

    \b
    Example:
      nuncius extract circulars.jsonl --predicate redshift > redshifts.jsonl

    Exit code: 0, or 1 if any line was no circular (each is named on standard error).
    """
    bad = 0
    with _open(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                circular = read_circular(line)
            except FormatError as error:
                bad += 1
                click.echo(f"line {number}: {error}", err=True)
                continue
            for fact in extract(circular):
                if fact.confidence >= min_confidence and (not predicate or fact.predicate in predicate):
                    click.echo(msgspec.json.encode(fact))
    sys.exit(1 if bad else 0)


def _open(file: Path | None) -> BinaryIO:
    return click.open_file("-" if file is None else str(file), "rb")  # type: ignore[return-value]
