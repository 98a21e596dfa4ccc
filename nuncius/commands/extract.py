"""`nuncius extract`: circulars in, facts out, one JSON object a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import click

from kg.extraction import EVERYTHING
from kg.extraction.batch import Choice, Done, Output, in_order
from kg.extraction.grammars import families_of
from kg.extraction.scoring import MODEL, chosen, load
from kg.extraction.sources import documents, numbered_lines
from nuncius.core.errors import NunciusError


@click.command("extract")
@click.argument("source", required=False, type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("--predicate", "-p", multiple=True, help="Only these facts, such as redshift; may be given again.")
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(list(EVERYTHING)),
    help="Facts beyond the usual: spectrum gives peak energies, indices of spectra and decays (docs/spectra.md).",
)
@click.option("--min-confidence", type=click.FloatRange(0, 1), default=0.0, help="Leave out less certain facts.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write here; resumable.")
@click.option("--again", is_flag=True, help="With --output: begin anew instead of going on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes (default: as many as processors).")
@click.option(
    "--scorer",
    type=click.Choice(["default", "grammar", "trees"]),
    default="default",
    show_default=True,
    help="Who decides; the default is the simplest that none beats (docs/extraction.md).",
)
@click.option("--explain", is_flag=True, help="Show every candidate, and why it was taken or left.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: candidates as JSON lines.")
def command(
    source: Path | None,
    predicate: tuple[str, ...],
    also: tuple[str, ...],
    min_confidence: float,
    output: Path | None,
    again: bool,
    workers: int | None,
    scorer: str,
    explain: bool,
    as_json: bool,
) -> None:
    """Circulars to facts, each with the span it was read from.

    SOURCE (or standard input) holds documents as JSON lines: GCN circulars (circularId, subject, body, createdOn),
    telegrams (atelId, title, body) or papers (arxivId, title, abstract). It may also be a folder of JSON files or an
    archive of them (.tar, .tar.gz), as the GCN offers all circulars. Facts go to standard output, one JSON object a
    line; docs/extraction.md lists the fields. With --output a run that was stopped, even killed, goes on where it was.

    \b
    Examples:
      nuncius extract circulars.jsonl --predicate redshift > redshifts.jsonl
      nuncius extract archive.json.tar.gz --output facts.jsonl
      nuncius extract circulars.jsonl --also spectrum -p epeak -p redshift
      nuncius extract circulars.jsonl --explain -p redshift | less -R

    Exit code: 0; 1 if any document could not be read (each is named on standard error); 2 for options that do not fit.
    """
    choice = Choice(
        predicates=tuple(sorted(predicate)),
        min_confidence=min_confidence,
        scorer=scorer,
        also=tuple(sorted({*also, *families_of(predicate)})),
    )
    try:
        chosen(scorer)
        if scorer == "default" and load() is None:
            click.echo(f"no trained scorer at {MODEL}: grammar alone (make train makes one)", err=True)
        if explain:
            from nuncius.explaining import explain as show

            sys.exit(1 if show(_documents(source), choice, as_json=as_json) else 0)
        sys.exit(1 if _run(source, output, choice, workers, again=again) else 0)
    except NunciusError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _documents(source: Path | None) -> Iterator[tuple[str, bytes]]:
    if source is None or str(source) == "-":
        return numbered_lines(sys.stdin.buffer)
    return documents(source)


def _run(source: Path | None, output: Path | None, choice: Choice, workers: int | None, *, again: bool) -> int:
    """Extracts all; the number of documents that could not be read."""
    texts = _documents(source)
    kept = Output(output, _fingerprint(source), choice, again=again) if output else None
    if kept and kept.progress.finished:
        click.echo(f"{output} is complete: {kept.progress.documents:,} documents; --again makes it anew", err=True)
        return kept.progress.complaints
    if kept and kept.progress.documents:
        click.echo(f"going on behind {kept.progress.documents:,} documents", err=True)
        texts = islice(texts, kept.progress.documents, None)
    bad = 0
    with _bar(source, kept) as advance:
        for done in in_order(texts, choice, _workers(source, workers)):
            for complaint in done.complaints:
                click.echo(complaint, err=True)
            bad += len(done.complaints)
            if kept:
                kept.add(done)
            else:
                sys.stdout.buffer.write(done.lines)
            advance(done)
    if kept:
        kept.finish()
        return kept.progress.complaints
    return bad


def _fingerprint(source: Path | None) -> str:
    """What tells one source from another: its path, and of a file its size."""
    if source is None or str(source) == "-":
        return "standard input"
    size = f", {source.stat().st_size} bytes" if source.is_file() else ""
    return f"{source.resolve()}{size}"


def _workers(source: Path | None, asked: int | None) -> int:
    """Processes start in half a second: for little it is not worth it."""
    if asked is not None:
        return asked
    small = source is None or str(source) == "-" or (source.is_file() and source.stat().st_size < 1_000_000)
    return 1 if small else min(os.cpu_count() or 1, 16)


@contextmanager
def _bar(source: Path | None, kept: Output | None) -> Iterator[Any]:
    """A progress bar on standard error, where somebody looks; yields what to tell of each chunk."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    known = None if source is None or str(source) == "-" else sum(1 for _ in documents(source))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("documents", total=known, completed=kept.progress.documents if kept else 0)

        def advance(done: Done) -> None:
            progress.advance(task, done.documents)

        yield advance
