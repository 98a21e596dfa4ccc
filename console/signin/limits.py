"""How much one may ask for: per person where somebody is signed in, else per address. Keeps few names, whoever asks."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request

from console.pace import Pace
from console.signin.readers import Reader, path_of

#: Doors with proofs of their own; what senders send there comes from other sites by its nature.
DOORS = ("/hooks/", "/slack/", "/unsubscribe/", "/seen/")
#: Attempts to sign in, from one address and of one person, in a minute.
ATTEMPTS = 10
#: An open page asks every few seconds whether anything changed, which costs next to nothing, as do these.
CHEAP = ("/static/", "/api/version.json", "/healthz", "/readyz", "/metrics", *DOORS)


class Limits:
    """The paces of all who ask. `per_minute` 0: no bound but that of attempts to sign in."""

    def __init__(self, per_minute: int) -> None:
        self._pages = Pace(per_minute) if per_minute else None
        self._sparql = Pace(max(1, per_minute // 10)) if per_minute else None
        self._from, self._of = Pace(ATTEMPTS), Pace(ATTEMPTS)

    def wait_s(self, request: Request, reader: Reader | None) -> float:
        """Seconds until this may be asked for again; 0 where it may now."""
        if self._pages is None or self._sparql is None or path_of(request).startswith(CHEAP):
            return 0.0
        who = reader.id if reader is not None else place_of(request)
        asked = path_of(request) == "/sparql" and (request.method == "POST" or "query" in request.query_params)
        return self._sparql.take(who) if asked else self._pages.take(who)

    def attempt(self, request: Request) -> float:
        """Seconds until the next attempt to sign in from there; 0 where this one may be made."""
        return self._from.take(place_of(request))

    def begins(self, reader: Reader) -> float:
        """The same for the person, whose sessions are rows."""
        return self._of.take(reader.id)


def place_of(request: Request) -> str:
    """Where a request comes from. Of IPv6 the network: whoever has one address has all of them."""
    host = request.client.host if request.client else "?"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
