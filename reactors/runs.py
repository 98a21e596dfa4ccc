"""Events of an archive in order of arrival: sorted in runs on disk as they are read, merged again as one stream, so
that memory stays flat however many years there are."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from nuncius.core.event import Event

#: Entries and bytes that a process sorts in memory before it writes them out.
RUN_ENTRIES = 20_000
RUN_BYTES = 24_000_000
_LENGTH = struct.Struct("<dQI")


class Entry(msgspec.Struct, array_like=True, kw_only=True):
    """An event on its way to the decider: whether rules hear it (`heard`), functions look it up (`noted`) and it gives
    an object names (`named`). `facts` were read in it and are about the same object."""

    event: Event
    heard: bool
    noted: bool
    named: bool
    facts: list[Event] = []


class Runs:
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
