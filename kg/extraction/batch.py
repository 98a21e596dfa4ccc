"""A whole archive to facts: in parallel, in order, and so that a run that was killed goes on where it was.

Output grows by whole chunks of documents; beside it `FILE.progress` says how many documents stand in how many bytes. A
run that finds it cuts the output to those bytes and goes on behind those documents: nothing is lost, nothing twice.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from kg.extraction import Fact, Scorer, extract
from kg.extraction.abstracts import read_abstract
from kg.extraction.scoring import chosen
from kg.extraction.sources import Text, read_text
from nuncius.core.errors import ConfigurationError, FormatError

#: Documents that a worker takes at once: some tens of milliseconds of work.
CHUNK = 40


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts are wanted, and which scorer is asked: default, grammar or trees (kg/extraction/scoring.py)."""

    predicates: tuple[str, ...] = ()
    min_confidence: float = 0.0
    scorer: str = "default"
    #: Families beyond the contract, by name (grammars.ALSO).
    also: tuple[str, ...] = ()


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one chunk: facts as lines, how many documents, and what could not be read."""

    lines: bytes
    documents: int
    complaints: list[str]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an output has come: `source` and `choice` tell another run's output apart."""

    source: str
    choice: Choice
    documents: int = 0
    bytes: int = 0
    complaints: int = 0
    finished: bool = False


def read_chunk(documents: list[tuple[str, bytes]], choice: Choice) -> Done:
    """The facts of some documents."""
    scorer = chosen(choice.scorer)
    lines: list[bytes] = []
    complaints: list[str] = []
    for place, content in documents:
        try:
            text = read_text(content)
        except FormatError as error:
            complaints.append(f"{place}: {error}")
            continue
        for fact in _facts(text, scorer, choice.also):
            wanted = not choice.predicates or fact.predicate in choice.predicates
            if wanted and fact.confidence >= choice.min_confidence:
                lines.append(_line(fact, text.document))
    return Done(lines=b"".join(lines), documents=len(documents), complaints=complaints)


def _facts(text: Text, scorer: Scorer | None, also: tuple[str, ...]) -> list[Fact]:
    """What a circular says, or a telegram or abstract, which are asked more strictly whose each value is."""
    if text.document is None:
        return extract(text.circular, scorer, also=also)
    return read_abstract(text.circular.subject, text.circular.body, scorer=scorer, created=text.circular.created).facts


def _line(fact: Fact, document: str | None) -> bytes:
    if document is None:
        return msgspec.json.encode(fact) + b"\n"
    return msgspec.json.encode(msgspec.to_builtins(fact) | {"circular": None, "document": document}) + b"\n"


def in_order(documents: Iterable[tuple[str, bytes]], choice: Choice, workers: int) -> Iterator[Done]:
    """Chunks as they are done, in the order of the documents."""
    rest = iter(documents)
    chunks = iter(lambda: list(islice(rest, CHUNK)), [])
    if workers <= 1:
        yield from (read_chunk(chunk, choice) for chunk in chunks)
        return
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),)
    ) as pool:
        ahead: deque[Future[Done]] = deque()
        for chunk in chunks:
            ahead.append(pool.submit(read_chunk, chunk, choice))
            if len(ahead) >= 4 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _end_with(parent: int) -> None:
    """Ends this worker when its parent was killed: nobody else would."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Output:
    """A file of facts that survives being killed, with its note of progress."""

    def __init__(self, path: Path, source: str, choice: Choice, *, again: bool) -> None:
        self.path = path
        self._note = path.with_name(path.name + ".progress")
        before = None if again else _progress(self._note)
        if before and (before.source, before.choice) != (source, choice):
            raise ConfigurationError(
                f"{path} was begun from {before.source} with other options; received {source}. Name another output, or "
                "begin anew with --again"
            )
        if before is None and not again and path.exists() and path.stat().st_size:
            raise ConfigurationError(f"{path} exists and was not begun by this command; name another, or use --again")
        self.progress = before or Progress(source=source, choice=choice)
        self._file = path.open("r+b" if before and path.exists() else "wb")
        self._file.truncate(self.progress.bytes)
        self._file.seek(self.progress.bytes)

    def add(self, done: Done) -> None:
        """Writes a chunk; only when it is safe on disk is it noted."""
        self._file.write(done.lines)
        self._file.flush()
        os.fsync(self._file.fileno())
        p = self.progress
        self._say(
            documents=p.documents + done.documents,
            bytes=p.bytes + len(done.lines),
            complaints=p.complaints + len(done.complaints),
        )

    def finish(self) -> None:
        """Notes that all is there."""
        self._say(finished=True)
        self._file.close()

    def _say(self, **changes: Any) -> None:
        self.progress = msgspec.structs.replace(self.progress, **changes)
        fresh = self._note.with_name(self._note.name + ".new")
        fresh.write_bytes(msgspec.json.encode(self.progress))
        os.replace(fresh, self._note)


def _progress(note: Path) -> Progress | None:
    try:
        return msgspec.json.decode(note.read_bytes(), type=Progress)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{note} is no note of progress: {error}; remove it, or use --again") from error
