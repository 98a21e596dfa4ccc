"""What an nb2workflow service tells of its notebooks, in our words, and documents written from it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin

import msgspec

from analyses.contract import Parameter
from analyses.suppliers.annotated import Annotation, parameter_of, read
from analyses.suppliers.contract import TYPES
from nuncius.core.errors import ConfigurationError, PermanentError

MAX_TARGETS = 200


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One notebook: its parameters with units, how its times are written, its outputs; `said` is the service's own
    word."""

    parameters: dict[str, Parameter]
    forms: dict[str, str]
    outputs: dict[str, Annotation]
    said: dict[str, Any]

    @property
    def units(self) -> dict[str, str]:
        """Units by parameter, those that have one."""
        return {name: parameter.unit for name, parameter in self.parameters.items() if parameter.unit}


def targets(options: Mapping[str, Any]) -> dict[str, Target]:
    """All notebooks of an options page. Raises PermanentError for what is no such page."""
    if len(options) > MAX_TARGETS:
        raise PermanentError(f"options of {len(options)} notebooks are refused; at most {MAX_TARGETS}")
    found = {}
    for name, said in options.items():
        if not isinstance(said, dict) or not isinstance(said.get("parameters"), dict):
            raise PermanentError(f"options: '{name}' has no parameters: is this the page of nb2workflow?")
        inputs = {word: one for word, one in said["parameters"].items() if isinstance(one, dict)}
        results = said.get("output") if isinstance(said.get("output"), dict) else {}
        annotations = {word: _annotation(one) for word, one in inputs.items()}
        found[str(name)] = Target(
            parameters={word: _parameter(word, one, annotations[word]) for word, one in inputs.items()},
            forms={word: str(one.form) for word, one in annotations.items()},
            outputs={word: _annotation(one) for word, one in (results or {}).items() if isinstance(one, dict)},
            said=said,
        )
    return found


def _annotation(said: Mapping[str, Any]) -> Annotation:
    """By the comment that the notebook has; where that is none of ours, by the class that the service found."""
    try:
        found = read(str(said.get("comment") or ""))
    except ConfigurationError:
        found = Annotation()
    if not found.classes and said.get("owl_type"):
        ttl = str(said.get("extra_ttl") or "")
        named = re.findall(r"subClassOf\s+((?:oda|unit):\w+)", ttl) or [f"<{said['owl_type']}>"]
        try:
            told = read("; a ".join(named) if named[0].startswith("<") is False else named[0].strip("<>"))
        except ConfigurationError:
            return found
        found = msgspec.structs.replace(told, about=found.about)
    return found


def _parameter(name: str, said: Mapping[str, Any], annotation: Annotation) -> Parameter:
    if said.get("is_optional"):
        annotation = msgspec.structs.replace(annotation, optional=True)
    default = said.get("default_value", said.get("value"))
    try:
        return parameter_of(name, default, annotation)
    except ConfigurationError:  # a default that its own annotation does not allow: the service takes it all the same
        return parameter_of(name, default, Annotation(about=annotation.about, optional=annotation.optional))


def documents(options: Mapping[str, Any], url: str) -> str:
    """Documents for all notebooks of a service, to be looked through and put into a folder of `[analyses] paths`."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.explicit_start = True
    writer.width = 120
    out = io.StringIO()
    for name, target in targets(options).items():
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "service"
        writer.dump(
            {
                "analysis": slug,
                "supplier": "service",
                "about": f"{name} of a service",
                "url": url,
                "name": name,
                "parameters": {word: _declared(one) for word, one in target.parameters.items()},
            },
            out,
        )
    return out.getvalue()


def _declared(parameter: Parameter) -> dict[str, Any]:
    from datetime import datetime

    word = next((word for word, kind in TYPES.items() if kind == parameter.annotation), "value")
    default = parameter.default
    said: dict[str, Any] = {"type": word}
    if get_origin(parameter.annotation) is not None and str(get_origin(parameter.annotation)).endswith("Literal"):
        allowed = list(get_args(parameter.annotation))
        said = {"type": "text" if isinstance(allowed[0], str) else "number", "allowed": allowed}
    if parameter.unit:
        said["unit"] = parameter.unit
    if default is not None:
        said["default"] = default.isoformat() if isinstance(default, datetime) else default
    else:
        said["optional"] = not parameter.required
    for limit in ("lower", "upper"):
        if getattr(parameter, limit) is not None:
            said[limit] = getattr(parameter, limit)
    if parameter.about:
        said["about"] = parameter.about
    return said
