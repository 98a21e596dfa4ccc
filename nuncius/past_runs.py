"""Runs that rules made, by the journal: which there were about an object, and one of them as an RO-Crate."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from analyses.contract import describe
from nuncius import crates
from nuncius.core.errors import ConfigurationError, FormatError, PermanentError
from nuncius.core.event import Event, iso
from nuncius.core.result import Figure, Result
from nuncius.journal import Journal
from reactors.resulting import RECORD


def runs_of(journal: Journal, objects: list[str]) -> Iterator[dict[str, Any]]:
    """Runs about objects, the newest last: id, analysis, when, for which rule, what they gave."""
    found = [stored.event for obj in objects for stored in journal.events_of(obj)]
    for event in sorted((e for e in found if e.kind == "analysis.result" and RECORD in e.data), key=_when):
        said = {word: event.data.get(word) for word in ("analysis", "rule", "answer")}
        yield {"run": event.id, "received": iso(event.received), **said}


def _when(event: Event) -> datetime:
    return event.received


def write_crate(journal: Journal, run: str, target: Path, now: datetime) -> Path:
    """A run as a crate, as `crates.write` writes it. Raises ConfigurationError where there is no such run, FormatError
    where a file that it read has changed since."""
    stored = journal.get(run)
    if stored is None or stored.event.kind != "analysis.result":
        raise ConfigurationError(
            f"no run has the id '{run}'; `nuncius analyse --of OBJECT` lists those about an object"
        )
    sha256 = stored.event.data.get(RECORD)
    if not isinstance(sha256, str):
        raise ConfigurationError(f"the run {run} is from before runs were kept whole: run its analysis again")
    record = msgspec.json.decode(journal.blob(sha256))
    figures = [
        Figure(name=f["name"], caption=f["caption"], alt=f["alt"], png=journal.blob(f["sha256"]))
        for f in record["figures"]
    ]
    result = msgspec.structs.replace(msgspec.convert(record["result"], Result), figures=figures)
    _unchanged(result)
    maps = {sha: journal.blob(sha) for sha in record["maps"]}
    made = describe(record["analysis"])
    analysis = msgspec.structs.replace(made, version=str(result.provenance.get("version") or made.version))
    return crates.write(target, analysis, record["inputs"], maps, result, now)


def _unchanged(result: Result) -> None:
    """What an instrument's archive holds under the same name may be another file by now."""
    data = result.provenance.get("data")
    if not isinstance(data, dict) or not data.get("kept"):
        return
    try:
        now = hashlib.sha256(Path(data["file"]).read_bytes()).hexdigest()
    except OSError as error:
        raise PermanentError(f"{data['file']}, which the run read, cannot be read: {error.strerror}") from error
    if now != data["sha256"]:
        raise FormatError(f"{data['file']} has changed since the run read it: its SHA-256 was {data['sha256']}")
