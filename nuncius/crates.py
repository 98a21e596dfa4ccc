"""A run of an analysis as an RO-Crate (https://w3id.org/ro/crate/1.1): inputs with their files and sky maps, result,
figures, software, in one folder or ZIP file that can be run again.

The metadata is plain JSON-LD in the words of the specification and of its profile for process runs; nothing is fetched.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from analyses.contract import Analysis
from nuncius.analysing import Blobs, as_json
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.core.result import Result
from nuncius.crate_metadata import METADATA, RESULT, metadata

INPUTS = "inputs.json"
#: What a crate may hold, unpacked: one made to fill a disk is refused before it is read.
MOST_BYTES = 2_000_000_000
MOST_FILES = 2_000
#: Numbers that agree to this are the same: the last digits depend on the processor.
SAME = 1e-9
_FILE = "nuncius:file"


class Crate(msgspec.Struct, frozen=True, kw_only=True):
    """What was read back from a crate: which analysis, its inputs (files as their place in the crate), the maps among
    them by SHA-256, all files, the result as it was written."""

    analysis: str
    version: str
    inputs: dict[str, Any]
    files: dict[str, bytes]
    result: dict[str, Any]

    @property
    def maps(self) -> Blobs:
        """Sky maps by SHA-256."""
        inside = [(name, content) for name, content in self.files.items() if name.startswith("maps/")]
        return {PurePosixPath(name).name.partition(".")[0]: content for name, content in inside}

    def placed(self, folder: Path) -> dict[str, Any]:
        """The inputs for running again: files are written into `folder` and named by their place there."""
        return {name: _placed(value, self.files, folder) for name, value in self.inputs.items()}


def write(
    target: Path,
    analysis: Analysis,
    inputs: Mapping[str, Any],
    blobs: Mapping[str, bytes],
    result: Result,
    now: datetime,
) -> Path:
    """Write a crate: a ZIP file where `target` ends so, else a folder. Raises ConfigurationError where it cannot be
    written, or where something else is there already."""
    files: dict[str, bytes] = {}
    told = {name: _packed(value, files) for name, value in inputs.items()}
    files |= {f"maps/{sha256}.fits": content for sha256, content in blobs.items()}
    files[INPUTS] = _pretty({"analysis": analysis.name, "version": analysis.version, "inputs": told})
    files[RESULT] = msgspec.json.format(as_json(result), indent=1)
    files |= {f"figures/{figure.name}.png": figure.png for figure in result.figures}
    files[METADATA] = _pretty(metadata(analysis, told, result, files, now))
    try:
        if target.suffix.lower() == ".zip":
            target.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as packed:
                for name, content in files.items():
                    packed.writestr(name, content)
            return target
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise ConfigurationError(f"{target} is not empty; a crate is written into a folder of its own")
        for name, content in files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"the crate {target} cannot be written: {error.strerror or error}") from error
    return target


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)


def _packed(value: Any, files: dict[str, bytes]) -> Any:
    """The value with each path to a file as that file's place in the crate."""
    if isinstance(value, dict):
        return {key: _packed(inner, files) for key, inner in value.items()}
    if isinstance(value, list):
        return [_packed(inner, files) for inner in value]
    if not isinstance(value, str) or len(value) > 1000 or "\n" in value:
        return value
    try:
        path = Path(value)
        content = path.read_bytes() if path.is_file() else None
    except (OSError, ValueError):
        return value
    if content is None:
        return value
    place = f"inputs/{hashlib.sha256(content).hexdigest()[:16]}-{re.sub(r'[^A-Za-z0-9._-]', '_', path.name)}"
    files[place] = content
    return {_FILE: place}


def _placed(value: Any, files: Mapping[str, bytes], folder: Path) -> Any:
    if isinstance(value, list):
        return [_placed(inner, files, folder) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) != {_FILE}:
        return {key: _placed(inner, files, folder) for key, inner in value.items()}
    place = str(value[_FILE])
    if place not in files:
        raise FormatError(f"the crate's inputs name the file {place}, which is not in it")
    path = folder / PurePosixPath(place).name
    path.write_bytes(files[place])
    return str(path)


# --- reading ---


def read(path: Path) -> Crate:
    """A crate from a folder or ZIP file, each file checked against the SHA-256 in its metadata. Raises FormatError."""
    files = dict(_files(path))
    try:
        graph = msgspec.json.decode(files[METADATA])["@graph"]
        told = msgspec.json.decode(files[INPUTS])
        result = msgspec.json.decode(files[RESULT])
        for entity in graph:
            known, content = entity.get("sha256"), files.get(str(entity.get("@id")))
            if known and (content is None or hashlib.sha256(content).hexdigest() != known):
                raise FormatError(f"{path}: {entity['@id']} is missing or is not what the crate says it is")
        return Crate(
            analysis=str(told["analysis"]),
            version=str(told["version"]),
            inputs=dict(told["inputs"]),
            files=files,
            result=dict(result),
        )
    except (KeyError, TypeError, AttributeError, ValueError, msgspec.DecodeError) as error:
        raise FormatError(
            f"{path} is no crate of a run ({METADATA}, {INPUTS}, {RESULT}): {type(error).__name__}: {error}"
        ) from error


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        if path.is_dir():
            found = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.is_symlink()]
            _bounded(path, len(found), sum(file.stat().st_size for file in found))
            for file in found:
                yield file.relative_to(path).as_posix(), file.read_bytes()
            return
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as packed:
            listed = [info for info in packed.infolist() if not info.is_dir()]
            _bounded(path, len(listed), sum(info.file_size for info in listed))
            for info in listed:
                yield info.filename, packed.read(info)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise FormatError(f"{path} is neither a folder nor a ZIP file: {error}") from error


def _bounded(path: Path, count: int, size: int) -> None:
    if count > MOST_FILES or size > MOST_BYTES:
        raise FormatError(f"{path} holds {count} files, {size} bytes; a crate has at most {MOST_FILES}, {MOST_BYTES}")


# --- comparing ---


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Numbers that differ, and software that does, each in a line. Results as `analysing.as_json` writes them."""
    numbers: list[str] = []
    old, new = before.get("values", {}), now.get("values", {})
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new or name not in old:
            numbers.append(f"{name}: only {'then' if name in old else 'now'}")
            continue
        for part in ("value", "minus", "plus"):
            a, b = old[name].get(part), new[name].get(part)
            if not _alike(a, b):
                unit = f" {new[name].get('unit', '')}".rstrip()
                numbers.append(f"{name}{'' if part == 'value' else f' ({part})'}: {a!r}{unit} then, {b!r}{unit} now")
    if not _alike(_cells(before), _cells(now)):
        numbers.append("the tables")
    was, is_ = ((r.get("provenance") or {}) for r in (before, now))
    versions = [
        f"{name}: {old_version or 'not there'} then, {new_version or 'not there'} now"
        for name in sorted({*was.get("software", {}), *is_.get("software", {})})
        if (old_version := was.get("software", {}).get(name)) != (new_version := is_.get("software", {}).get(name))
    ]
    if was.get("version") != is_.get("version"):
        versions.insert(0, f"the analysis: version {was.get('version')} then, {is_.get('version')} now")
    return numbers, versions


def _cells(result: Mapping[str, Any]) -> list[Any]:
    return [table.get("rows") for table in result.get("tables", [])]


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b or math.isclose(a, b, rel_tol=SAME) or (math.isnan(a) and math.isnan(b))
    return bool(a == b)
