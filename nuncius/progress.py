"""Progress bars for long work, on stderr so that stdout stays clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def messages_and_stages() -> Iterator[tuple[Callable[[int], None], Callable[[dict[str, int]], None]]]:
    """Yields (count, waiting): call `count` with messages read, then `waiting` with what each stage has left."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        reading = progress.add_task("messages", total=None)

        def waiting(stages: dict[str, int]) -> None:
            text = ", ".join(f"{stage} {count:,}" for stage, count in stages.items())
            progress.update(reading, description=f"messages; still to do: {text}")

        yield lambda count: progress.advance(reading, count), waiting


@contextmanager
def two_stages(first: str, second: str) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """Yields two counters: of what was done in a first stage, then in a second one."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = [progress.add_task(name, total=None) for name in (first, second)]

        def advance(task: int) -> Callable[[int], None]:
            return lambda count: progress.advance(tasks[task], count)

        yield advance(0), advance(1)
