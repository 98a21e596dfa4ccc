"""What somebody outside may say: an authenticated sender still cannot speak for Nuncius, for others, or about when.

An event from outside keeps its words and gets an id of its own sender, so that it can take the place neither of another
event nor of a timer; the moment it came is ours. It takes nothing back.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from console.hook_settings import Sender
from listeners.formats import Message, parse
from nuncius.core.errors import FormatError
from nuncius.core.event import Event

CLOUDEVENT = "application/cloudevents+json"
_OBJECT = "http://odahub.io/ontology/nuncius/object/"
_KIND = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_LONGEST = 300


def events_of(message: Message, sender: Sender) -> list[Event]:
    """The events of a message as they may be journalled. When it came is ours to say; a CloudEvent's own time is when
    what it tells happened. Raises FormatError."""
    allowed = []
    for event in parse(message):
        happened = event.trigger_time or (event.received if event.received != message.received else None)
        event = msgspec.structs.replace(event, received=message.received, trigger_time=happened)
        allowed.append(admit(event, sender))
    return allowed


def admit(event: Event, sender: Sender) -> Event:
    """The event as it may be journalled. Raises FormatError for what this sender may not say."""
    if sender.tells_cloudevents != (event.content_type == CLOUDEVENT):
        said = "CloudEvents" if sender.tells_cloudevents else f"what {sender.name} itself sends"
        raise FormatError(f"hooks/{sender.name}: only {said} is taken here; received {event.kind} from {event.source}")
    if len(event.kind) > 200 or not _KIND.fullmatch(event.kind):
        raise FormatError(f"hooks/{sender.name}: a type is dotted small letters; received {event.kind[:80]!r}")
    if not sender.may_say(event.kind):
        raise FormatError(
            f"hooks/{sender.name}: {sender.name} may send {', '.join(sender.kinds)}; received {event.kind!r}. Allow it "
            f"by hooks.kinds.{sender.name}"
        )
    return _of_cloudevent(event, sender) if sender.tells_cloudevents else event


def _of_cloudevent(event: Event, sender: Sender) -> Event:
    if event.is_retraction:
        raise FormatError(f"hooks/{sender.name}: {event.id[:80]!r} takes something back, which only its maker may")
    about, data = event.object, event.data
    if about is not None and not about.startswith(_OBJECT):
        data, about = {"subject": about, **data}, None  # a subject of another tool is no object of the sky
    return msgspec.structs.replace(
        event,
        id=_own_id(event, sender),
        source=f"hooks/{sender.name}",
        object=about,
        data={**data, "sender": sender.name, "origin": event.source},
    )


def _own_id(event: Event, sender: Sender) -> str:
    """CloudEvents are told apart by source and id together; a long pair by its digest."""
    own = f"{event.source}#{event.id}"
    if len(own) > _LONGEST:
        own = "sha256:" + hashlib.sha256(own.encode("utf-8", "surrogatepass")).hexdigest()
    return f"hook:{sender.name}:{own}"
