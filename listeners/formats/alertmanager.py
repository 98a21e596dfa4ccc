"""Alerts as Prometheus' Alertmanager sends them to a webhook
(https://prometheus.io/docs/alerting/latest/configuration/#webhook_config): one message, one event for each alert in it.

An alert is one event however often Alertmanager repeats it, and one more when it is resolved: it is known by its
fingerprint and the moment it began. `service` and `platform` are its labels of these names, or what is closest to them.
"""

from __future__ import annotations

import hashlib
from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.words import utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso

_SERVICE = ("service", "deployment", "app", "job", "instance")
_PLATFORM = ("platform", "cluster", "environment", "env", "namespace")
_KINDS = {"firing": ("platform.unhealthy", Tense.INITIAL), "resolved": ("platform.recovered", Tense.UPDATE)}


def accepts(message: Message, content: Any) -> bool:
    """A webhook of Alertmanager's."""
    return isinstance(content, dict) and {"alerts", "receiver", "groupKey"} <= content.keys()


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """An event for each alert. Raises FormatError, naming the alert by its place."""
    alerts = content["alerts"]
    if not isinstance(alerts, list) or not all(isinstance(alert, dict) for alert in alerts):
        raise FormatError(f"{message.label}: alerts is a list of objects")
    return [_event(message, content, alert, number) for number, alert in enumerate(alerts)]


def _event(message: Message, content: dict[str, Any], alert: dict[str, Any], number: int) -> Event:
    labels, notes = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    status, began = str(alert.get("status") or ""), utc(str(alert.get("startsAt") or ""))
    if status not in _KINDS or began is None or not labels:
        raise FormatError(
            f"{message.label}: alert {number} needs status (firing or resolved), startsAt and labels; received "
            f"{status!r}, {alert.get('startsAt')!r:.60}, {len(labels)} labels"
        )
    kind, tense = _KINDS[status]
    ended = utc(str(alert.get("endsAt") or "")) if status == "resolved" else None
    name = labels.get("alertname", "alert")
    service = _first(labels, _SERVICE) or name
    data: dict[str, Any] = {
        "platform": _first(labels, _PLATFORM) or "unknown",
        "service": service,
        "severity": labels.get("severity", "warning"),
        "reason": name,
        "subject": notes.get("summary") or f"{name}: {service} is {status}",
        "detail": notes.get("description") or notes.get("message") or "",
        "labels": labels,
        "alert": _fingerprint(alert, labels),
        "since": iso(began),
        "tense": tense.value,
        "parameters": {"annotations": notes, "receiver": str(content["receiver"])},
    }
    url = notes.get("runbook_url") or alert.get("generatorURL") or content.get("externalURL")
    if isinstance(url, str) and url:
        data["url"] = url
    return Event(
        id=f"alertmanager:{data['alert']}@{iso(began)}" + (":resolved" if status == "resolved" else ""),
        kind=kind,
        source="alertmanager",
        received=message.received,
        tense=tense,
        revision=int(status == "resolved"),
        trigger_time=ended or began,
        data=data,
        raw=message.raw,
    )


def _fingerprint(alert: dict[str, Any], labels: dict[str, str]) -> str:
    """Alertmanager's own, else one made of the same thing: the labels."""
    own = alert.get("fingerprint")
    if isinstance(own, str) and own:
        return own[:64]
    return hashlib.sha256(repr(sorted(labels.items())).encode("utf-8", "replace")).hexdigest()[:16]


def _first(labels: dict[str, str], names: tuple[str, ...]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


FORMATS.add("alertmanager", Format(order=57, json=True, accepts=accepts, parse=parse))
