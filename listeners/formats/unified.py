"""Notices in GCN's unified JSON schema (https://gcn.nasa.gov/docs/notices/schema): already in our words.

Words of the core schemas go to the vocabulary; what a mission adds goes to `parameters` under its own name.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec

from listeners.formats import FORMATS, Format, Message
from listeners.formats._unified_words import CORE, IDENTITIES
from listeners.formats.igwn import keep, map_bytes
from listeners.missions import slug
from listeners.words import floats, is_probability, is_radius, position, utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, content_id, iso

_SCHEMA = re.compile(r"/gcn/(?:notices/)?(.+)\.schema\.json$")
_TENSES = {
    "test": Tense.TEST,
    "injection": Tense.INJECTION,
    "commanded": Tense.COMMANDED,
    "planned": Tense.PLANNED,
    "archival": Tense.ARCHIVAL,
}
_BY_ALERT_TYPE = {"update": Tense.UPDATE, "subsequent": Tense.UPDATE, "retraction": Tense.RETRACTION}

#: Missions whose notices leave `mission` out: by the first part of the schema's path.
_MISSIONS = {
    "einstein_probe": "Einstein Probe",
    "svom": "SVOM",
    "chime": "CHIME",
    "dsa110": "DSA-110",
    "icecube": "IceCube",
    "superk": "Super-Kamiokande",
    "swift": "Swift",
    "fermi": "Fermi",
    "maxi": "MAXI",
    "burstcube": "BurstCube",
    "glowbug": "GLOWBUG",
    "km3net": "KM3NeT",
    "boom": "Boom",
    "heasarc": "HEASARC",
}
_INSTRUMENTS = {"wxt": "WXT", "frb": "FRB"}
_SIGNS = frozenset({"trigger_time", "alert_datetime", "event_name", "ra", "observation_start", "best_fit_model"})
_NEUTRINO = frozenset({"icecube", "km3net"})


def accepts(message: Message, content: Any) -> bool:
    """A JSON object that names a GCN schema, or came on a notice topic, or speaks its words."""
    if not isinstance(content, dict):
        return False
    schema = content.get("$schema")
    if isinstance(schema, str) and _SCHEMA.search(schema):
        return True
    if message.topic is not None and message.topic.startswith("gcn.notices."):
        return True
    return "mission" in content and bool(_SIGNS & content.keys())


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one notice. Raises FormatError."""
    path = _path(message, content)
    when, made = _time(message, content, "trigger_time"), _time(message, content, "alert_datetime")
    data = _identify(path, content)
    blobs: dict[str, bytes] = {}
    parameters: dict[str, Any] = {}
    for name, value in content.items():
        if value is None or name in IDENTITIES:
            continue
        kept = floats(value)
        too_large = isinstance(value, int) and isinstance(kept, str)
        (data if name in CORE and not too_large else parameters)[name] = kept
    tense = Tense.TEST if path[-1] == "test" else _tense(data)  # a stream of tests (burstcube.test)
    data["tense"] = tense.value
    data["role"] = "test" if tense is Tense.TEST else "observation"
    data.setdefault("alert_tense", "current")
    data.setdefault("alert_type", "initial")
    _sharpen(data, path, content, parameters)
    _position(data, parameters)
    _map(data, content, parameters, blobs)
    if when is None and content.get("observation_start") is not None:
        # A flare of a day or an archived observation has no trigger: it begins when its observation does.
        when = _time(message, content, "observation_start")
        parameters["trigger_time_from"] = "observation_start"
    if when is not None:
        data["trigger_time"] = iso(when)
    if made is not None:
        data["alert_datetime"] = iso(made)
    data["parameters"] = parameters
    canonical = msgspec.json.encode(content, order="deterministic")
    return [
        Event(
            id=content_id("gcn:" + ".".join(path), canonical),
            kind=_kind(path, data),
            source="gcn.notices." + ".".join(path),
            received=message.received,
            tense=tense,
            revision=_revision(data.get("record_number")),
            trigger_time=when,
            data=data,
            raw=message.raw,
            blobs=blobs,
        )
    ]


def _path(message: Message, content: dict[str, Any]) -> list[str]:
    """The notice's place among the schemas: `["fermi", "gbm", "trigger"]`."""
    match = _SCHEMA.search(str(content.get("$schema") or ""))
    if match is not None:
        return [part.lower() for part in re.split(r"[/.]", match[1]) if part]
    if message.topic is not None and message.topic.startswith("gcn.notices."):
        return message.topic.removeprefix("gcn.notices.").lower().split(".")
    return [slug(str(content["mission"])), *([slug(str(content["instrument"]))] if content.get("instrument") else [])]


def _time(message: Message, content: dict[str, Any], name: str) -> datetime | None:
    text = content.get(name)
    if text is None:
        return None
    moment = utc(text) if isinstance(text, str) else None
    if moment is None:
        raise FormatError(f"{message.label}: {name} is a time in ISO 8601; received {text!r}")
    return moment


def _identify(path: list[str], content: dict[str, Any]) -> dict[str, Any]:
    mission = content.get("mission") or _MISSIONS.get(path[0], path[0])
    instrument = content.get("instrument") or (_INSTRUMENTS.get(path[1]) if len(path) > 1 else None)
    data: dict[str, Any] = {"mission": str(mission), "type": "gcn.notices." + ".".join(path)}
    data["instrument"] = str(instrument or mission)
    data["messenger"] = str(content.get("messenger") or ("Neutrino" if path[0] in _NEUTRINO else "EM"))
    data["ids"] = _texts(content.get("id")) or _texts(content.get("ids"))
    data["event_name"] = _texts(content.get("event_name"))
    return data


def _revision(number: Any) -> int:
    return int(number) if isinstance(number, float) and 0.0 <= number < 1e9 else 0


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    items = value if isinstance(value, list) else [value]
    return [str(int(i)) if isinstance(i, float) and i == int(i) else str(i) for i in items if i not in (None, "")]


def _kind(path: list[str], data: dict[str, Any]) -> str:
    """`gcn.notice.`, the mission and the rest of the schema's path, with the instrument where one schema serves
    several."""
    parts = [slug(data["mission"]), *(slug(part) for part in path[1:])]
    instrument = slug(data["instrument"])
    if len(parts) < 3 and instrument and instrument not in parts and instrument != slug(data["mission"]):
        parts.insert(1, instrument)
    pipeline = str(data.get("parameters", {}).get("pipeline", "")).lower()
    if path[0] == "icecube" and path[-1] == "single_neutrino_alerts":
        for word in ("gold", "bronze", "cascade"):
            if word in pipeline:
                return f"gcn.notice.icecube.{instrument}.{word}"
    return ".".join(["gcn.notice", *parts])


def _tense(data: dict[str, Any]) -> Tense:
    """Test, injection and the like win over retraction and update."""
    named = _TENSES.get(str(data.get("alert_tense", "current")).lower())
    return named or _BY_ALERT_TYPE.get(str(data.get("alert_type", "initial")).lower(), Tense.INITIAL)


def _sharpen(data: dict[str, Any], path: list[str], content: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Words that mean something else here than in the vocabulary, and links."""
    if isinstance(data.get("p_astro"), float):
        # A number in the schema; the vocabulary's p_astro is a map by class. One source class: astrophysical or not.
        data["signalness"] = data.pop("p_astro")
    if path[0] == "icecube" and "ref_ID" in content:
        data["follow_up"] = str(content["ref_ID"])
    chance = data.get("classification")
    if isinstance(chance, dict) and {"BNS", "NSBH", "BBH"} & chance.keys():
        data["p_astro"] = data.pop("classification")
    link = content.get("data_archive_page") or content.get("url") or content.get("light_curve_url")
    if isinstance(link, str):
        data["url"] = link
    best = content.get("most_probable_direction")
    if isinstance(best, dict) and "ra" not in data and "ra" in best and "dec" in best:
        data["ra"], data["dec"] = floats(best["ra"]), floats(best["dec"])


def _position(data: dict[str, Any], parameters: dict[str, Any]) -> None:
    """A value that cannot be one on the sky stays among the parameters; it makes no position and no region."""
    found = position(data.get("ra"), data.get("dec"))
    error = data.pop("ra_dec_error", None)
    if not is_probability(data.get("containment_probability", 0.9)):
        parameters["containment_probability"] = data.pop("containment_probability")
    if found is None:
        odd = {"ra": data.pop("ra", None), "dec": data.pop("dec", None), "ra_dec_error": error}
        parameters.update({name: value for name, value in odd.items() if value is not None})
        return
    data["ra"], data["dec"] = found
    axes = [error] if isinstance(error, float) else error if isinstance(error, list) else []
    numbers = bool(axes) and all(isinstance(axis, float) for axis in axes)
    if not numbers or not is_radius(axes[0]) or not 0.0 <= axes[:2][-1] < 180.0:
        if error is not None:
            parameters["ra_dec_error"] = error
        return
    if "containment_probability" in parameters:
        data["containment_assumed"] = True
    # The schema: "if absent, default is 0.9".
    containment = data.setdefault("containment_probability", 0.9)
    major, minor, angle = axes[0], axes[1] if len(axes) > 1 else axes[0], axes[2] if len(axes) > 2 else 0.0
    if minor > major:
        major, minor, angle = minor, major, (angle + 90.0) % 180.0
    data["ra_dec_error"] = major
    place = {"ra": found[0], "dec": found[1], "containment_probability": containment}
    if len(axes) > 1 and minor != major and minor > 0.0:
        data["sky"] = {"type": "ellipse", **place, "semi_major": major, "semi_minor": minor, "position_angle": angle}
    else:
        data["sky"] = {"type": "circle", **place, "radius": major}


def _map(data: dict[str, Any], content: dict[str, Any], parameters: dict[str, Any], blobs: dict[str, bytes]) -> None:
    """A map inside the notice is the localization; one at a URL is, where there is no circle to compute with."""
    embedded = map_bytes(content.get("healpix_file"), data)
    if embedded is not None:
        data["sky"] = {"type": "map", "sha256": keep(embedded, blobs)}
    elif content.get("healpix_file"):
        parameters["healpix_file"] = str(content["healpix_file"])[:64]
    elif isinstance(content.get("healpix_url"), str) and "sky" not in data:
        data["sky"] = {"type": "map", "url": content["healpix_url"]}


FORMATS.add("unified", Format(order=60, json=True, accepts=accepts, parse=parse))
