"""Reads archived alerts for a backtest: parsed by several processes, sorted by arrival in runs on disk, merged again as
one stream. Memory stays flat however many years there are; what no rule can hear costs no more than its parsing."""

from __future__ import annotations

import heapq
import multiprocessing
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from kg.naming import keys_of
from listeners.files import walk
from listeners.formats import Message, parse
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.core.event import Event

#: Entries and bytes that a process sorts in memory before it writes them out.
RUN_ENTRIES = 20_000
RUN_BYTES = 24_000_000
#: `received` of messages that state no date: such cannot be put on a time line.
UNDATED = datetime(9999, 1, 1, tzinfo=UTC)
#: Fields that say nothing about an object's identity and make most of a notice's bytes.
_BULKY = frozenset({"parameters", "sky"})
_LENGTH = struct.Struct("<dQI")

Count = Callable[[int], object]


@lru_cache(maxsize=65_536)
def _under(kind: str, kinds: tuple[str, ...]) -> bool:
    return any(kind == k or kind.startswith(k + ".") for k in kinds)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules can hear, and from when to when (`received`) they listen. `noted` are kinds that no rule hears but
    some function looks up."""

    kinds: tuple[str, ...]
    noted: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def hears(self, kind: str) -> bool:
        """Whether a rule listens to this kind or one above it."""
        return _under(kind, self.kinds)

    def notes(self, kind: str) -> bool:
        """Whether it is looked up."""
        return bool(self.noted) and _under(kind, self.noted)


class Entry(msgspec.Struct, array_like=True, kw_only=True):
    """An event on its way to the decider: whether rules hear it (`heard`), functions look it up (`noted`) and it gives
    an object names (`named`). `facts` were read in it and are about the same object."""

    event: Event
    heard: bool
    noted: bool
    named: bool
    facts: list[Event] = []


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the archive, read: its sorted runs and what was in it."""

    runs: list[str] = []
    messages: int = 0
    rejected: int = 0
    undated: int = 0
    kinds: dict[str, int] = {}
    days: dict[str, int] = {}


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one process reads at once: files with their numbers; of each message `part` of `parts`."""

    files: list[tuple[int, str]]
    part: int = 0
    parts: int = 1


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


def read_share(share: Share, wanted: Wanted, folder: Path, count: Count) -> Part:
    """Parse a share and write what matters of it, sorted by arrival, into runs in `folder`."""
    writer = _Runs(folder, f"{share.files[0][0]:06d}-{share.part}")
    kinds: Counter[str] = Counter()
    days: Counter[str] = Counter()
    messages = rejected = undated = 0
    for number, file in share.files:
        for place, message in enumerate(walk([Path(file)], now=UNDATED)):
            if share.parts > 1 and place % share.parts != share.part:
                continue
            messages += 1
            if messages % 100 == 0:
                count(100)
            try:
                events = parse(message)
            except FormatError:
                rejected += 1
                continue
            for event in events:
                kinds[event.kind] += 1
                moment = event.received if event.received != UNDATED else event.trigger_time
                if moment is None:
                    undated += 1
                    continue
                days[moment.date().isoformat()] += 1
                entry = _entry(event, moment, wanted, message, folder)
                if entry is not None:
                    writer.add(moment.timestamp(), number << 32 | place, entry)
    count(messages % 100)
    return Part(
        runs=writer.close(), messages=messages, rejected=rejected, undated=undated, kinds=dict(kinds), days=dict(days)
    )


def _entry(event: Event, moment: datetime, wanted: Wanted, message: Message, folder: Path) -> Entry | None:
    """What the decider must know of an event, or None where it matters to nobody. What came before `since` still gives
    objects their names."""
    if wanted.until is not None and moment >= wanted.until:
        return None
    early = wanted.since is not None and moment < wanted.since
    hearing = not early and (wanted.hears(event.kind) or event.is_retraction)
    facts: list[Event] = []
    if event.kind == "gcn.circular" and not early and wanted.hears("kg.fact"):
        from kg.consumer import announcements  # the grammars take a second to load; few backtests want facts

        facts = announcements(event, None)
    noted = not early and wanted.notes(event.kind)
    named = bool(keys_of(event)) or "object" in event.data
    if not (hearing or facts or noted or named):
        return None
    for sha256, content in event.blobs.items():
        if hearing and not (folder / sha256).exists():
            (folder / sha256).write_bytes(content)
    data = event.data if hearing or noted else {word: v for word, v in event.data.items() if word not in _BULKY}
    bare: dict[str, Any] = {"raw": b"", "blobs": {}, "received": moment, "data": data}
    event = msgspec.structs.replace(event, **bare)
    return Entry(event=event, heard=hearing, noted=noted, named=named, facts=facts)


class _Runs:
    """Collects entries and writes them out in sorted runs."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._held: list[tuple[float, int, bytes]] = []
        self._size = 0
        self._written: list[str] = []
        self._encoder = msgspec.msgpack.Encoder()

    def add(self, moment: float, place: int, entry: Entry) -> None:
        packed = self._encoder.encode(entry)
        self._held.append((moment, place, packed))
        self._size += len(packed)
        if len(self._held) >= RUN_ENTRIES or self._size >= RUN_BYTES:
            self._write()

    def _write(self) -> None:
        self._held.sort(key=lambda item: item[:2])
        path = self._folder / f"{self._name}-{len(self._written):04d}.run"
        with path.open("wb") as run:
            for moment, place, packed in self._held:
                run.write(_LENGTH.pack(moment, place, len(packed)) + packed)
        self._written.append(str(path))
        self._held, self._size = [], 0

    def close(self) -> list[str]:
        if self._held:
            self._write()
        return self._written


def _run(path: str) -> Iterator[tuple[float, int, bytes]]:
    with Path(path).open("rb", buffering=64 * 1024) as run:
        while head := run.read(_LENGTH.size):
            moment, place, length = _LENGTH.unpack(head)
            yield moment, place, run.read(length)


def merged(runs: Sequence[str]) -> Iterator[Entry]:
    """All entries of sorted runs in order of arrival; of equal moments in the archive's order."""
    decode = msgspec.msgpack.Decoder(Entry).decode
    for _, _, packed in heapq.merge(*map(_run, runs), key=lambda item: item[:2]):
        yield decode(packed)


# --- several processes ---

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
