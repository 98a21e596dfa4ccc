"""Inputs of an analysis as people give them at a shell: `key=value`, files, an event. Used by `nuncius analyse`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from analyses.contract import Analysis, Parameter
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.core.event import Event, from_json, iso
from nuncius.core.result import Result

Blobs = dict[str, bytes]
_FITS = (".fits", ".fits.gz", ".fit", ".fit.gz")


#: Inputs that are text: the name of a file is given as it stands, and read by the analysis.
_TEXTS = ("text", "list of text")


def read_with(pairs: Sequence[str], blobs: Blobs, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """`key=value` pairs as inputs. A value that opens a brace or bracket is JSON, `@FILE` is a file's content (JSON,
    or a FITS sky map), and so is the bare name of a FITS file where no text is wanted; anything else is text. Map
    bytes go to `blobs`."""
    inputs: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise ConfigurationError(f"--with takes key=value; received '{pair}'")
        name = key.strip()
        named = name in parameters and parameters[name].type in _TEXTS
        inputs[name] = _embed(_read(name, text.strip(), blobs, named=named), blobs)
    return inputs


def _read(key: str, text: str, blobs: Blobs, *, named: bool) -> Any:
    if text.startswith("@") or (text.lower().endswith(_FITS) and not named):
        file = Path(text.removeprefix("@"))
        try:
            content = file.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"--with {key}: {file} cannot be read: {error.strerror}") from error
        return _json(key, content) if file.suffix == ".json" else _map(content, blobs)
    return _json(key, text.encode()) if text[:1] in ("{", "[") else text


def _json(key: str, content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"--with {key}: not JSON: {error}; received {content[:80]!r}") from error


def _map(content: bytes, blobs: Blobs) -> dict[str, str]:
    sha256 = hashlib.sha256(content).hexdigest()
    blobs[sha256] = content
    return {"type": "map", "sha256": sha256}


def _embed(value: Any, blobs: Blobs) -> Any:
    """Maps given as {"type": "map", "file": …}, anywhere inside, become maps with their bytes."""
    if isinstance(value, list):
        return [_embed(entry, blobs) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "map" and "file" in value:
        try:
            return _map(Path(value["file"]).read_bytes(), blobs)
        except OSError as error:
            raise ConfigurationError(f"sky map {value['file']} cannot be read: {error.strerror}") from error
    return {key: _embed(entry, blobs) for key, entry in value.items()}


def read_event(named: str, journal_url: Callable[[], str], *, now: datetime, blobs: Blobs) -> Event:
    """An event from a file (in any format that arrives, or as `nuncius parse` prints it) or, by id, from the
    journal; its sky maps go to `blobs`. Raises FormatError or ConfigurationError."""
    file = Path(named)
    if not file.is_file():
        return _from_journal(named, journal_url(), blobs)
    from listeners.files import walk
    from listeners.formats import parse

    for message in walk([file], now=now):
        try:
            return from_json(message.raw)
        except FormatError:
            events = parse(message)
        if events:
            blobs.update(events[0].blobs)
            return events[0]
    raise FormatError(f"{file} holds no message")


def _from_journal(event_id: str, url: str, blobs: Blobs) -> Event:
    from nuncius.journal import Journal

    journal = Journal.open(url)
    try:
        stored = journal.get(event_id)
        if stored is None:
            raise ConfigurationError(f"neither a file nor an event of the journal at {url}: '{event_id}'")
        sky = stored.event.data.get("sky") or {}
        if sky.get("sha256"):
            blobs[sky["sha256"]] = journal.blob(sky["sha256"])
        return stored.event
    finally:
        journal.close()


def inputs_from(event: Event, analysis: Analysis) -> dict[str, Any]:
    """What an event says in the words of the analysis' inputs."""
    names = event.data.get("event_name") or event.data.get("ids") or []
    name = names[0] if names else (event.object or "").rsplit("/", 1)[-1]
    said = {**event.data, "trigger_time": iso(event.trigger_time), "object": name}
    return {key: said[key] for key in analysis.parameters if said.get(key) not in (None, "")}


def save(result: Result, folder: Path) -> list[Path]:
    """Write `result.json` and each figure into a folder; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "result.json"]
    written[0].write_bytes(msgspec.json.format(as_json(result), indent=2))
    for figure in result.figures:
        written.append(folder / f"{figure.name}.png")
        written[-1].write_bytes(figure.png)
    return written


def as_json(result: Result) -> bytes:
    """The result for a machine; a figure as its name, caption and SHA-256."""
    built: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(result, figures=[]))
    built["figures"] = [
        {"name": f.name, "caption": f.caption, "alt": f.alt, "sha256": hashlib.sha256(f.png).hexdigest()}
        for f in result.figures
    ]
    return msgspec.json.encode(built)
