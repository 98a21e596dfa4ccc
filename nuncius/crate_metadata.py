"""What an RO-Crate says of the run that it holds, as plain JSON-LD (https://w3id.org/ro/crate/1.1) in the words of the
Process Run Crate profile."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import msgspec

from analyses.contract import Analysis
from nuncius import __version__
from nuncius.core.event import iso
from nuncius.core.result import Result

METADATA = "ro-crate-metadata.json"
RESULT = "result.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def metadata(
    analysis: Analysis, inputs: Mapping[str, Any], result: Result, files: Mapping[str, bytes], now: datetime
) -> dict[str, Any]:
    """The content of ro-crate-metadata.json: the root, the run, its analysis, software, inputs, values, files."""
    parts = [_file(name, content) for name, content in files.items()]
    given = [_value(f"#input-{name}", name, value) for name, value in inputs.items()]
    gave = [_quantity(name, msgspec.to_builtins(value)) for name, value in result.values.items()]
    software = [
        {"@id": f"#software-{name}", "@type": "SoftwareApplication", "name": name, "softwareVersion": version}
        for name, version in result.provenance.get("software", {}).items()
    ]
    maps = [part for part in parts if part["@id"].startswith(("maps/", "inputs/"))]
    made = [part for part in parts if part["@id"] == RESULT or part["@id"].startswith("figures/")]
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"{analysis.name}, run once",
        "description": result.answer,
        "endTime": iso(now),
        "instrument": {"@id": "#analysis"},
        "object": _ids([*given, *maps]),
        "result": _ids([*made, *gave]),
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{analysis.name}: {result.answer[:200]}",
        "description": f"A run of '{analysis.name}' (version {analysis.version}) by Nuncius {__version__}: "
        f"{analysis.about}. Run it again: nuncius analyse --rerun CRATE",
        "datePublished": iso(now),
        "license": {"@id": LICENCE},
        "conformsTo": {"@id": PROFILE},
        "hasPart": _ids(parts),
        "mentions": {"@id": "#run"},
    }
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": {"@id": SPECIFICATION},
            "about": {"@id": "./"},
        },
        root,
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": LICENCE, "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0"},
        action,
        {
            "@id": "#analysis",
            "@type": "SoftwareApplication",
            "name": analysis.name,
            "description": analysis.about,
            "softwareVersion": analysis.version,
            "softwareRequirements": _ids(software),
            "identifier": str(result.provenance.get("key", "")),
        },
        *software,
        *given,
        *gave,
        *parts,
    ]
    return {"@context": CONTEXT, "@graph": graph}


def _ids(entities: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities]


def _file(name: str, content: bytes) -> dict[str, Any]:
    kind = "application/fits" if name.endswith((".fits", ".fits.gz")) else mimetypes.guess_type(name)[0]
    return {
        "@id": name,
        "@type": "File",
        "name": PurePosixPath(name).name,
        "encodingFormat": kind or "application/octet-stream",
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _value(node: str, name: str, value: Any) -> dict[str, Any]:
    plain = value if isinstance(value, str | int | float | bool) else msgspec.json.encode(value).decode()
    return {"@id": node, "@type": "PropertyValue", "name": name, "value": plain}


def _quantity(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    said = _value(f"#value-{name}", name, value["value"])
    return said | ({"unitText": value["unit"]} if value.get("unit") else {})
