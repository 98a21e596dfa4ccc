"""LVK alerts as igwn.gwalert JSON and Avro (https://emfollow.docs.ligo.org/userguide/content.html).

Both make the same event with the same id; the sky map's bytes go to `Event.blobs`, not into the data.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import datetime
from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.missions.lvk import NETWORK, TENSES, lvk_tense
from listeners.words import floats, utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso

#: Fields of `event` to words of the vocabulary that have the same meaning.
_SAME = ("group", "pipeline", "search", "duration", "central_frequency", "properties", "significant")
_DISTANCE = re.compile(rb"(DISTMEAN|DISTSTD ?)=\s*([-+0-9.Ee]+)")


def accepts(message: Message, content: Any) -> bool:
    """A JSON object about a superevent that says what kind of alert it is."""
    return isinstance(content, dict) and "superevent_id" in content and "alert_type" in content


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one alert, from JSON or from a decoded Avro record. Raises FormatError."""
    superevent, word = content["superevent_id"], content["alert_type"]
    created, moment = content.get("time_created"), utc(str(content.get("time_created") or ""))
    if not isinstance(superevent, str) or not isinstance(word, str) or moment is None:
        raise FormatError(
            f"{message.label}: an LVK alert needs superevent_id, alert_type and time_created; "
            f"received {superevent!r}, {word!r}, {created!r}"
        )
    alert_type = word.lower().replace("_", "").replace(" ", "")
    about = content.get("event") or {}
    blobs: dict[str, bytes] = {}
    if not isinstance(about, dict):
        raise FormatError(
            f"{message.label}: `event` of {superevent} must be an object; received {type(about).__name__}"
        )
    data = _data(superevent, alert_type, about, moment)
    _sky(data, about.get("skymap"), blobs)
    _external(data, content.get("external_coinc"), blobs)
    urls = content.get("urls")
    if isinstance(urls, dict) and urls:
        data["url"] = str(urls.get("gracedb") or next(iter(urls.values())))
        data["references"] = [str(u) for u in urls.values()]
    rest = {k: v for k, v in content.items() if k not in _KNOWN}
    data["parameters"] = {**data["parameters"], **floats(rest)}
    tense = Tense(data["tense"])
    return [
        Event(
            id=f"igwn:{superevent}:{alert_type}:{iso(moment)}",
            kind=f"lvk.alert.{alert_type}" if alert_type in TENSES else "lvk.alert",
            source="igwn.gwalert",
            received=message.received,
            tense=tense,
            trigger_time=utc(data.get("trigger_time")),
            data=data,
            raw=message.raw,
            content_type=message.content_type or "application/json",
            blobs=blobs,
        )
    ]


_KNOWN = frozenset({"superevent_id", "alert_type", "time_created", "event", "external_coinc", "urls"})
_EVENT_KNOWN = frozenset({*_SAME, "time", "far", "instruments", "classification", "skymap"})


def _data(superevent: str, alert_type: str, about: dict[str, Any], moment: datetime) -> dict[str, Any]:
    tense = lvk_tense(superevent, alert_type)
    detectors = about.get("instruments")
    data: dict[str, Any] = {
        "mission": "LVK",
        "instrument": "".join(sorted(map(str, detectors))) if isinstance(detectors, list) and detectors else NETWORK,
        "type": "igwn.gwalert",
        "messenger": "GW",
        "role": "test" if tense is Tense.TEST else "observation",
        "tense": tense.value,
        "alert_type": alert_type,
        "alert_tense": "test" if tense is Tense.TEST else "current",
        "alert_datetime": iso(moment),
        "ids": [superevent],
        "event_name": [],
    }
    when = utc(str(about.get("time") or ""))
    if when is not None:
        data["trigger_time"] = iso(when)
    far = floats(about.get("far"))
    if isinstance(far, float):
        data["far"] = far  # Hz
    if isinstance(about.get("classification"), dict):
        data["p_astro"] = floats(about["classification"])
    for word in _SAME:
        if about.get(word) is not None:
            data[word] = floats(about[word])
    data["parameters"] = {k: floats(v) for k, v in about.items() if k not in _EVENT_KNOWN and v is not None}
    if far is not None and "far" not in data:
        data["parameters"]["far"] = far
    return data


def keep(content: bytes, blobs: dict[str, bytes]) -> str:
    """Put bytes among the blobs; their SHA-256."""
    name = hashlib.sha256(content).hexdigest()
    blobs[name] = content
    return name


def map_bytes(value: Any, data: dict[str, Any]) -> bytes | None:
    """A sky map's FITS bytes, from base64 or as they are. One that is broken is not worth losing the alert for: it
    is named in `sky_error`, and the event goes on without."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            data["sky_error"] = f"the sky map is not base64: {error}; begins {value[:20]!r}"
            return None
    if not isinstance(value, bytes) or not value.startswith((b"SIMPLE  =", b"\x1f\x8b")):
        data["sky_error"] = f"the sky map is not FITS; begins {str(value)[:20]!r}"
        return None
    return value


def _sky(data: dict[str, Any], skymap: Any, blobs: dict[str, bytes]) -> None:
    content = map_bytes(skymap, data)
    if content is None:
        return
    data["sky"] = {"type": "map", "sha256": keep(content, blobs)}
    mean, spread = _distance(content)
    if mean is not None:
        data["luminosity_distance"] = mean  # Mpc
    if spread is not None:
        data["luminosity_distance_error"] = spread


def _distance(content: bytes) -> tuple[float | None, float | None]:
    """DISTMEAN and DISTSTD [Mpc] of the header, read from its cards: opening the FITS file takes 20 ms."""
    found = {name.strip(): float(value) for name, value in _DISTANCE.findall(content[:65536])}
    return found.get(b"DISTMEAN"), found.get(b"DISTSTD")


def _external(data: dict[str, Any], external: Any, blobs: dict[str, bytes]) -> None:
    if not isinstance(external, dict):
        return
    out = {k: floats(v) for k, v in external.items() if k not in ("combined_skymap", "gcn_notice_id") and v is not None}
    if external.get("gcn_notice_id") is not None:
        out["gcn_notice_id"] = str(external["gcn_notice_id"])
    content = map_bytes(external.get("combined_skymap"), data)
    if content is not None:
        out["combined_sky"] = {"type": "map", "sha256": keep(content, blobs)}
    data["external_coinc"] = out


FORMATS.add("igwn.gwalert", Format(order=40, json=True, accepts=accepts, parse=parse))
