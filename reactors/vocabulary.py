"""What a rule may name: the fields of an event with their types, the functions, the kinds. For checks and hints at
load time; a field that is not listed may still be there (`ev.parameters`, a mission's own words)."""

from __future__ import annotations

from typing import Literal

Type = Literal["number", "text", "bool", "list", "map", "dyn", "null", "duration", "time", "type"]

#: Fields of `ev`: the envelope's, then those of `docs/architecture.md`, then further words of the GCN schema.
FIELDS: dict[str, Type] = {
    "id": "text",
    "kind": "text",
    "source": "text",
    "object": "text",
    "name": "text",
    "tense": "text",
    "revision": "number",
    "received": "text",
    "trigger_time": "text",
    "mission": "text",
    "instrument": "text",
    "type": "text",
    "messenger": "text",
    "alert_type": "text",
    "alert_tense": "text",
    "role": "text",
    "alert_datetime": "text",
    "ra": "number",
    "dec": "number",
    "ra_dec_error": "number",
    "containment_probability": "number",
    "sky": "map",
    "far": "number",
    "p_astro": "map",
    "properties": "map",
    "significant": "bool",
    "ids": "list",
    "event_name": "list",
    "url": "text",
    "luminosity_distance": "number",
    "luminosity_distance_error": "number",
    "t90": "number",
    "fluence": "number",
    "rate_snr": "number",
    "image_snr": "number",
    "energy": "dyn",
    "parameters": "map",
    "subject": "text",
    "body": "text",
    "circular": "number",
    "version": "number",
    "submitter": "text",
    "created": "text",
    "facts": "list",
    "redshift": "number",
    "predicate": "text",
    "assertion": "text",
    "confidence": "number",
    "text": "text",
    "value": "dyn",
    "unit": "text",
    "feed": "text",
    "detail": "text",
    "rate_energy_range": "list",
    "signalness": "number",
    "p_value": "number",
    "classification": "map",
    "record_number": "number",
    "report_type": "text",
}

#: First words of kinds, with what is below them where that is closed.
KINDS = (
    "gcn.notice",
    "gcn.circular",
    "gcn.heartbeat",
    "lvk.alert",
    "paper",
    "release.code",
    "release.data",
    "timer",
    "platform",
    "kg.fact",
    "analysis.result",
    "feed.silent",
    "feed.recovered",
)

#: A rule that names one of these decides about tests and retractions itself.
TENSE_FIELDS = frozenset({"tense", "role", "alert_type", "alert_tense"})

#: Our functions: number of arguments and what they give. `reactors/functions.py` implements them.
FUNCTIONS: dict[str, tuple[int, Type]] = {
    "area": (2, "number"),
    "separation": (2, "number"),
    "prob_inside": (2, "number"),
}
#: Functions of the language that are described but not built yet.
LATER_FUNCTIONS = ("overlap", "in_moc", "visible_from", "fov")

#: CEL's own functions and what they give. Those of INTEGERS give whole numbers, which CEL does not mix with others.
CEL_FUNCTIONS: dict[str, Type] = {
    "size": "number",
    "int": "number",
    "uint": "number",
    "double": "number",
    "string": "text",
    "bool": "bool",
    "timestamp": "time",
    "duration": "duration",
    "has": "bool",
    "matches": "bool",
    "contains": "bool",
    "startsWith": "bool",
    "endsWith": "bool",
    "all": "bool",
    "exists": "bool",
    "exists_one": "bool",
    "map": "list",
    "filter": "list",
    "type": "type",
    "dyn": "dyn",
    "getFullYear": "number",
    "getMonth": "number",
    "getDate": "number",
    "getDayOfMonth": "number",
    "getDayOfWeek": "number",
    "getDayOfYear": "number",
    "getHours": "number",
    "getMinutes": "number",
    "getSeconds": "number",
    "getMilliseconds": "number",
}
INTEGERS = frozenset({"size", "int", "uint", *(name for name in CEL_FUNCTIONS if name.startswith("get"))})
#: What is called on a value with a dot.
METHODS = frozenset(CEL_FUNCTIONS) - {"int", "uint", "double", "string", "bool", "timestamp", "duration", "has", "dyn"}
