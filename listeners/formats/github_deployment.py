"""Deployments as GitHub's webhooks tell them (event `deployment_status`): a version runs somewhere, or could not be
brought there. States on the way (queued, in progress) are no events."""

from __future__ import annotations

from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.words import utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense

_KINDS = {"success": "platform.deployed", "failure": "platform.unhealthy", "error": "platform.unhealthy"}
_ON_THE_WAY = frozenset({"pending", "queued", "in_progress", "waiting", "inactive", "requested"})


def accepts(message: Message, content: Any) -> bool:
    """A webhook's body about the state of a deployment."""
    return isinstance(content, dict) and {"deployment", "deployment_status", "repository"} <= content.keys()


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of a deployment that ended; none where it is under way. Raises FormatError."""
    status, deployment, repository = (content[key] for key in ("deployment_status", "deployment", "repository"))
    if not all(isinstance(part, dict) for part in (status, deployment, repository)):
        raise FormatError(f"{message.label}: deployment_status, deployment and repository are objects")
    state, name, number = str(status.get("state") or ""), str(repository.get("full_name") or ""), status.get("id")
    if state in _ON_THE_WAY:
        return []
    if state not in _KINDS or "/" not in name or not isinstance(number, int):
        raise FormatError(
            f"{message.label}: a deployment needs repository.full_name, and deployment_status with id and a state of "
            f"{', '.join([*_KINDS, *sorted(_ON_THE_WAY)])}; received {name!r:.80}, {number!r:.40}, {state!r:.40}"
        )
    place = str(status.get("environment") or deployment.get("environment") or "unknown")
    version = str(deployment.get("ref") or deployment.get("sha") or "")
    data: dict[str, Any] = {
        "platform": place,
        "service": name.partition("/")[2].lower(),
        "version": version,
        "severity": "info" if state == "success" else "error",
        "reason": f"deployment {state}",
        "subject": f"{name} {version} on {place}: {state}",
        "detail": str(status.get("description") or ""),
        "labels": {"repository": name, "commit": str(deployment.get("sha") or "")},
        "repository": name,
        "tense": Tense.INITIAL.value,
    }
    for key in ("environment_url", "log_url", "target_url"):
        if isinstance(url := status.get(key), str) and url:
            data["url"] = url
            break
    return [
        Event(
            id=f"github:{name}/deployment_status/{number}",
            kind=_KINDS[state],
            source="github",
            received=message.received,
            trigger_time=utc(str(status.get("updated_at") or status.get("created_at") or "")),
            data=data,
            raw=message.raw,
        )
    ]


FORMATS.add("github_deployment", Format(order=59, json=True, accepts=accepts, parse=parse))
