"""VOEvent XML (versions 1.1 and 2.0): one pass over the tree, everything kept, hostile documents refused.

Read with voevent-parse, which builds only on Python before 3.12, and with lxml.objectify itself elsewhere and for
version 1.1, which voevent-parse rejects. Both give the same tree; the tests run over both.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, objectify

from listeners.formats import FORMATS, Format, Message
from listeners.formats._packet import Packet, local
from listeners.missions import NoticeType, catalogue, slug
from listeners.notice import Notice, event_of, from_tdb
from listeners.words import tjd, utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense

try:
    import voeventparse
except ImportError:  # no wheel and no build on Python 3.12 and later
    voeventparse = None

#: The longest real packet in eight months of traffic has 21 kB; this leaves room and stops bombs.
MAX_XML_BYTES = 4 * 1024 * 1024

_DAY_AND_SECOND = tuple((f"{name}_TJD", f"{name}_SOD") for name in ("Burst", "Event", "Trans", "Trigger", "Detection"))
_IVORN = re.compile(r"ivo://([^#]*)#?(.*)", re.DOTALL)
_LETTERS = re.compile(r"[A-Za-z_\-]*[A-Za-z]")


def _load(raw: bytes) -> Any:
    if voeventparse is not None and b'version="2.0"' in raw[:2048]:
        return voeventparse.loads(raw)
    parser = objectify.makeparser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    return objectify.fromstring(raw, parser)


def _refuse_hostile(message: Message) -> None:
    """Document types are the way to entity bombs and to files of this machine; no VOEvent needs one. Depth is
    bounded by libxml2 (256), other encodings than ASCII-compatible ones could hide a document type."""
    raw = message.raw
    if len(raw) > MAX_XML_BYTES:
        raise FormatError(f"{message.label}: {len(raw)} bytes of XML; more than {MAX_XML_BYTES} are refused")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw or b"<!doctype" in raw:
        raise FormatError(f"{message.label}: XML with a document type or entities is refused; send it without")
    if b"\x00" in raw[:512]:
        raise FormatError(f"{message.label}: XML in UTF-16 or UTF-32 is refused; send UTF-8")


def accepts(message: Message, content: Any) -> bool:
    """Begins like XML."""
    return bytes(content[:64]).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def parse(message: Message, content: Any) -> list[Event]:
    """The event of one packet. Raises FormatError."""
    _refuse_hostile(message)
    try:
        root = _load(message.raw.lstrip(b" \t\r\n") if message.raw[:1].isspace() else message.raw)
    except (etree.XMLSyntaxError, ValueError, KeyError) as error:
        raise FormatError(f"{message.label}: not well-formed XML: {error}; begins {message.raw[:60]!r}") from error
    if local(str(root.tag)) != "VOEvent":
        raise FormatError(f"{message.label}: XML of a {local(str(root.tag))!r}, not of a VOEvent")
    ivorn = (root.get("ivorn") or "").strip()
    match = _IVORN.match(ivorn)
    if match is None:
        raise FormatError(f"{message.label}: a VOEvent needs an IVORN (ivo://…); received {ivorn!r}")
    packet = Packet(root)
    notice = _notice(packet, ivorn, match[1], match[2])
    _times(notice, packet)
    _extras(notice, packet)
    event = event_of(notice, message, "application/xml")
    _tidy(event.data, packet)
    return [event]


def _notice(packet: Packet, ivorn: str, stream: str, fragment: str) -> Notice:
    return Notice(
        id=ivorn,
        source=f"ivo://{stream}",
        type=_type(packet, stream, fragment),
        role=packet.role,
        params=packet.params,
        units=packet.units,
        groups=packet.groups,
        citations=packet.citations,
    )


def _type(packet: Packet, stream: str, fragment: str) -> NoticeType:
    """By GCN's packet number, by the stream, or made from the IVORN so that no stream is refused."""
    number = packet.params.get("Packet_Type")
    known = catalogue()
    if isinstance(number, float) and number in known.by_number and "UNRECOGNIZED" not in stream:
        del packet.params["Packet_Type"]
        return known.by_number[int(number)]
    lower = f"{stream}#{fragment}".lower()
    for beginning, found in known.by_stream.items():
        if lower.startswith(beginning):
            return found
    authority, _, path = stream.partition("/")
    head = _LETTERS.match(fragment)
    name = head[0].strip("_-") if head else path or authority
    mission = path.split("/")[0] if authority.endswith("gcn") else authority
    return NoticeType(
        name=name,
        mission=next((t.mission for t in known.types if slug(t.mission) == slug(mission)), mission),
        instrument=path or authority,
        tail=name,
        messenger="EM",
        assumed=True,
    )


def _times(notice: Notice, packet: Packet) -> None:
    notice.alert_datetime = utc(packet.date)
    place = packet.where
    when = utc(place.time)
    if when is None:
        for day, second in (*_DAY_AND_SECOND, ("TJD", "SOD")):
            days, seconds = notice.number(day), notice.number(second)
            if days is not None and seconds is not None:
                when = tjd(days, seconds)
                break
    if when is not None and place.frame.startswith("TDB"):
        when = from_tdb(when)
    if when is None and notice.role in ("test", "utility"):
        # A broker's test is about nothing but itself: its own date is its time.
        when = notice.alert_datetime
        notice.params["trigger_time_from"] = "alert_datetime"
    notice.trigger_time = when
    if place.time and utc(place.time) is None:
        notice.params["ISOTime"] = place.time
    notice.ra, notice.dec, notice.error = place.ra, place.dec, place.error
    if place.observatory:
        notice.params["observatory_location"] = place.observatory
    for name, value in place.other.items():
        notice.params.setdefault(name, value)
    coordinates = str(packet.params.get("Coords_String") or place.description)
    if notice.type.number != 175 and ("pointing_direction" in coordinates or "unavailable" in coordinates):
        if notice.type.position == "source" and "pointing_direction" in coordinates and notice.ra is not None:
            notice.params["ra_pointing"], notice.params["dec_pointing"] = notice.ra, notice.dec
        elif notice.type.position == "source":
            _keep_placeholder(notice)
        if notice.type.position != "pointing":
            notice.ra = notice.dec = None
    if notice.type.tense is Tense.TEST and notice.role == "observation":
        notice.tense = Tense.TEST


def _keep_placeholder(notice: Notice) -> None:
    """Coordinates that the packet itself calls unavailable are no position; other than zeros they are kept."""
    if notice.ra or notice.dec:
        notice.params["C1"], notice.params["C2"] = notice.ra, notice.dec


def _extras(notice: Notice, packet: Packet) -> None:
    if packet.why:
        notice.params["why"] = packet.why
    if packet.author:
        notice.params["author"] = packet.author
    if packet.how:
        notice.params["how"] = packet.how


def _tidy(data: dict[str, Any], packet: Packet) -> None:
    if packet.descriptions:
        data["description"] = "\n".join(packet.descriptions)
    references = [uri for uri in packet.references if uri]
    if references:
        data.setdefault("url", references[0])
        data["references"] = references


FORMATS.add("voevent", Format(order=10, json=False, accepts=accepts, parse=parse))
