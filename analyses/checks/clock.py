"""Whether this machine's clock is right, by what comes anyway: the journal's own order, notices that seem to arrive
before they were made, the broker's heartbeat, the dates of servers that are asked; and a time server, if one is set."""

from __future__ import annotations

import socket
import struct
import time
from datetime import UTC, datetime, timedelta
from statistics import median

from analyses.checks.asking import fetch
from analyses.checks.contract import Finding, Platform, check
from nuncius.core.clock import SystemClock
from nuncius.core.errors import NunciusError, TransientError

#: Of the newest events so many are looked at, none older than this.
EVENTS = 300
WINDOW = timedelta(hours=6)
#: With fewer notices than this a sender's own clock could be to blame.
LEAST_NOTICES = 3
MOST_SERVERS = 3
#: GCN's heartbeat comes every second, once a login has been had and the partition's end found.
HEARTBEAT_S = 10.0
#: Seconds from 1900, where NTP counts from, to 1970.
NTP_EPOCH_S = 2_208_988_800


@check("clock", about="The clock is right, as far as notices, servers and the journal can tell", every_s=900.0)
def clock(platform: Platform) -> Finding:
    """Broken when any witness says that it is off by more than the settings allow."""
    most = platform.settings.most_clock_offset_s
    said: dict[str, float] = {}
    if platform.journal is not None and platform.live:  # a replay's clock is not this machine's
        said |= _by_journal(platform)
    said |= _by_servers(platform)
    said |= _by_heartbeat(platform)
    if platform.settings.ntp:
        try:
            said["time server"] = ntp_offset(platform.settings.ntp)
        except NunciusError as error:
            return Finding(name="clock", ok=None, reason=str(error))
    values = {name.replace(" ", "_") + "_s": round(offset, 3) for name, offset in said.items()}
    wrong = {name: offset for name, offset in said.items() if abs(offset) > most}
    if wrong:
        reason = "; ".join(
            f"by the {name} it is {abs(o):.0f} s {'slow' if o > 0 else 'fast'}" for name, o in wrong.items()
        )
        mend = "let chrony or systemd-timesyncd keep the clock: `timedatectl set-ntp true`"
        return Finding(name="clock", ok=False, reason=reason, mend=mend, values=values)
    if not said:
        return Finding(name="clock", ok=None, reason="nothing to compare it with yet; checks.ntp names a time server")
    reason = ", ".join(f"{name} {offset:+.1f} s" for name, offset in said.items())
    return Finding(name="clock", ok=True, reason=reason, values=values)


def _by_journal(platform: Platform) -> dict[str, float]:
    """How far the clock is behind by the journal: events that were written later than now, notices that came before
    they were made. That it is fast cannot be told so: the way of a notice takes time too."""
    journal = platform.book
    newest = journal.read(max(0, journal.last_seq() - EVENTS), limit=EVENTS)
    found = {}
    if newest:
        ahead = (max(stored.journalled for stored in newest) - platform.now).total_seconds()
        found["journal"] = max(0.0, ahead)
    early = []
    for stored in newest:
        made = _moment(stored.event.data.get("alert_datetime"))
        if made is not None and stored.event.is_a("gcn.notice") and stored.journalled > platform.now - WINDOW:
            early.append((made - stored.event.received).total_seconds())
    if len(early) >= LEAST_NOTICES:
        found["notices"] = max(0.0, median(early))
    return found


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return None if moment is None else moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _by_servers(platform: Platform) -> dict[str, float]:
    """The median of what servers of the platforms say; one that does not answer says nothing."""
    places = [url for places in platform.settings.platforms.values() for name, url in places.items() if name != "like"]
    offsets = []
    for url in [*platform.settings.https, *places][:MOST_SERVERS]:
        try:
            offset = fetch(url, timeout_s=5.0).offset_s
        except NunciusError:
            continue
        offsets += [] if offset is None else [offset]
    return {"dates of servers": median(offsets)} if offsets else {}


def _by_heartbeat(platform: Platform) -> dict[str, float]:
    """The next heartbeat of the broker, where it has one; a broker that does not answer is another check's matter."""
    if platform.kafka is None or not platform.kafka.heartbeat:
        return {}
    from listeners.kafka_client import heartbeat_offset

    try:
        offset = heartbeat_offset(platform.kafka, SystemClock(), HEARTBEAT_S)
    except NunciusError:
        return {}
    return {} if offset is None else {"heartbeat": offset}


def ntp_offset(server: str, *, port: int = 123, timeout_s: float = 3.0) -> float:
    """A time server's clock less ours, in seconds (SNTP, RFC 4330). Raises TransientError."""
    host, _, named = server.partition(":")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.settimeout(timeout_s)
            link.connect((host, int(named or port)))  # so that nobody else's packet counts, and a refusal is heard
            sent = time.time()
            link.send(b"\x23" + 47 * b"\0")
            answer = link.recv(512)
            heard = time.time()
    except (OSError, ValueError) as error:
        raise TransientError(f"the time server {server} does not answer: {error}") from error
    if len(answer) < 48 or answer[1] == 0:
        raise TransientError(f"the time server {server} refuses to say the time")
    came, left = (
        seconds - NTP_EPOCH_S + fraction / 2**32
        for seconds, fraction in (struct.unpack("!II", answer[start : start + 8]) for start in (32, 40))
    )
    offset: float = ((came - sent) + (left - heard)) / 2
    return offset
