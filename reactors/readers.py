"""Shares an archive out among processes that read it for a backtest."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from nuncius.core.errors import ConfigurationError
from reactors.archive import Count, Part, Share, Wanted, read_share


def shares(paths: Sequence[Path], jobs: int) -> list[Share]:
    """The files of an archive in pieces of about equal work; a file that outweighs the rest is shared by all."""
    files = [file for path in paths for file in _files(path)]
    missing = [file for file in files if not file.exists()]
    if missing or not files:
        raise ConfigurationError(f"nothing to read at {missing[0] if missing else ', '.join(map(str, paths))}")
    sizes = [file.stat().st_size for file in files]
    most = sum(sizes) / max(jobs, 1)
    found: list[Share] = []
    small: list[tuple[int, str]] = []
    weight = 0
    for number, (file, size) in enumerate(zip(files, sizes, strict=True)):
        if jobs > 1 and size > max(most, 200_000):
            found += [Share(files=[(number, str(file))], part=part, parts=jobs) for part in range(jobs)]
            continue
        small.append((number, str(file)))
        weight += size
        if weight > min(most / 4, 2_000_000) or len(small) >= 500:
            found.append(Share(files=small))
            small, weight = [], 0
    return [*found, Share(files=small)] if small else found


def _files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


_read: Any = None


def _begin(counter: Any) -> None:
    global _read
    _read = counter


def _count(messages: int) -> None:
    with _read.get_lock():
        _read.value += messages


def _work(share: Share, wanted: Wanted, folder: Path) -> Part:
    return read_share(share, wanted, folder, _count)


def read_archive(
    paths: Sequence[Path], wanted: Wanted, folder: Path, *, jobs: int, progress: Count = lambda count: None
) -> Part:
    """Read an archive with `jobs` processes; `folder` keeps the runs and sky maps until the caller removes it."""
    pieces = shares(paths, jobs)
    if jobs <= 1 or len(pieces) == 1:
        return _together([read_share(piece, wanted, folder, progress) for piece in pieces])
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    done: list[Part] = []
    told = 0
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(counter,)) as pool:
        waiting = {pool.submit(_work, piece, wanted, folder) for piece in pieces}
        try:
            while waiting:
                ended, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                done += [future.result() for future in ended]
                progress(counter.value - told)
                told = counter.value
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return _together(done)


def _together(parts: Sequence[Part]) -> Part:
    kinds: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for part in parts:
        kinds.update(part.kinds)
        days.update(part.days)
    return Part(
        runs=sorted(run for part in parts for run in part.runs),
        messages=sum(part.messages for part in parts),
        rejected=sum(part.rejected for part in parts),
        undated=sum(part.undated for part in parts),
        kinds=dict(kinds.most_common()),
        days=dict(sorted(days.items())),
    )
