"""Names the process that holds a lease, so that what a killed one held can be taken over at once on its machine;
elsewhere a lease simply runs out."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

from nuncius.journal import Journal


def this_process() -> str:
    """A name for this process that no other ever had: machine and process-id namespace, id, a random word."""
    return f"{_place()}:{os.getpid()}:{secrets.token_hex(4)}"


def take_over(journal: Journal, owner: str) -> int:
    """Release what processes of this machine held that are dead; returns how many leases that were."""
    return sum(journal.release(other) for other in journal.owners() if other != owner and is_dead(other))


def is_dead(owner: str) -> bool:
    """Whether that process was on this machine and is gone. Of one elsewhere nothing is known."""
    place, _, rest = owner.rpartition(":")[0].rpartition(":")
    if place != _place() or not rest.isdigit():
        return False
    # The same id with another random word is a predecessor: a container's service always has the same id.
    if int(rest) == os.getpid():
        return True
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _place() -> str:
    """The host and, on Linux, the namespace in which process ids mean something."""
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}/{namespace}"
