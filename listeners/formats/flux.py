"""What Flux CD's notification controller tells of a cluster (provider `generic` or `generic-hmac`,
https://fluxcd.io/flux/components/notification/providers/#generic-webhook): a revision runs, or something went wrong.

Flux tells when something changes, so each of its messages is an event of its own; one that is delivered twice is one.
`platform` is the `cluster` or `env` that the Alert's `eventMetadata` names, else the namespace.
"""

from __future__ import annotations

from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.words import floats, utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso

#: What runs something; sources, image policies and alerts do not.
_RUNS = frozenset({"Kustomization", "HelmRelease", "Terraform"})
#: Reasons that say that a revision runs now. All else without an error is under way (`Progressing`) or of no matter.
_RAN = ("ReconciliationSucceeded", "InstallSucceeded", "UpgradeSucceeded", "RollbackSucceeded", "HealthCheckSucceeded")
_TENSES = {"platform.deployed": Tense.INITIAL, "platform.unhealthy": Tense.INITIAL}


def accepts(message: Message, content: Any) -> bool:
    """The controller's own event."""
    return isinstance(content, dict) and {"involvedObject", "reason", "severity"} <= content.keys()


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """One event where a revision runs or an error is told; none where something is merely under way. Raises
    FormatError."""
    about, metadata = content["involvedObject"], content.get("metadata") or {}
    if not isinstance(about, dict) or not isinstance(metadata, dict):
        raise FormatError(f"{message.label}: involvedObject and metadata are objects")
    sort, name, space = (str(about.get(key) or "") for key in ("kind", "name", "namespace"))
    when = utc(str(content.get("timestamp") or ""))
    if not sort or not name or when is None:
        raise FormatError(
            f"{message.label}: a Flux event needs involvedObject.kind, involvedObject.name and timestamp; received "
            f"{sort!r}, {name!r}, {content.get('timestamp')!r:.60}"
        )
    reason, severity = str(content["reason"]), str(content["severity"])
    kind = _kind(sort, reason, severity)
    if kind is None:
        return []
    version = next((str(v) for k, v in metadata.items() if k == "revision" or k.endswith("/revision")), "")
    told = str(content.get("message") or "")
    data: dict[str, Any] = {
        "platform": str(metadata.get("cluster") or metadata.get("env") or space or "unknown"),
        "service": name,
        "namespace": space,
        "severity": severity,
        "reason": reason,
        "subject": f"{sort} {space}/{name}: {reason}" if space else f"{sort} {name}: {reason}",
        "detail": told,
        "labels": {"kind": sort, "controller": str(content.get("reportingController") or "")},
        "tense": _TENSES[kind].value,
        "parameters": floats(metadata),
    }
    if version:
        data["version"] = version
    if isinstance(url := metadata.get("url"), str):
        data["url"] = url
    return [
        Event(
            id=f"flux:{data['platform']}/{sort}/{space}/{name}:{reason}@{iso(when)}",
            kind=kind,
            source="flux",
            received=message.received,
            tense=_TENSES[kind],
            trigger_time=when,
            data=data,
            raw=message.raw,
        )
    ]


def _kind(sort: str, reason: str, severity: str) -> str | None:
    """What it means: any error is one, whatever it is about; only what runs something can be deployed."""
    if severity == "error":
        return "platform.unhealthy"
    return "platform.deployed" if sort in _RUNS and reason in _RAN else None


FORMATS.add("flux", Format(order=56, json=True, accepts=accepts, parse=parse))
