"""Who asks, as the gate found out, and what a route may ask of them. Looks nothing up."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import msgspec
from fastapi import Request

from chat.people import Role


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in. `id` stays the same over sign-ins: `person:ann` for a person of the settings, else
    `token:NAME` or `oidc:SUBJECT@ISSUER`. `name` is their section `[people.NAME]`, `slack` their user ID there; both
    may be empty."""

    id: str
    shown: str
    role: Role
    slack: str = ""
    name: str = ""


@dataclass(kw_only=True)
class Seat:
    """What is known of a request's sender. `secret` is what their browser alone holds, from which their forms are
    marked; `by` says how they proved who they are; `open` that anybody may read here."""

    reader: Reader | None = None
    secret: str = ""
    by: Literal["", "session", "token", "feed"] = ""
    open: bool = True


#: The seat of the request that is being answered, for the shell of pages.
SEAT: ContextVar[Seat] = ContextVar("seat", default=Seat())  # noqa: B039 - nobody changes the default


class NotSignedIn(Exception):
    """Nobody is signed in, and somebody has to be."""


class NotAllowed(Exception):
    """Whoever is signed in may not do that; `needed` is the role that may."""

    def __init__(self, reader: Reader, needed: Role) -> None:
        super().__init__(f"{reader.shown} has the role {reader.role} here; this needs the role {needed}")
        self.reader, self.needed = reader, needed


def seat_of(request: Request) -> Seat:
    """The seat of a request; an empty one where no gate stands before it."""
    return getattr(request.state, "seat", None) or Seat()


def signed_in(request: Request) -> Reader | None:
    """Who asks; None: somebody who is not signed in."""
    return seat_of(request).reader


def needs(role: Role) -> Callable[[Request], Reader]:
    """A dependency: the reader, who has at least this role. Raises NotSignedIn and NotAllowed, which are answered with
    the sign-in page or with 401 and 403."""

    def dependency(request: Request) -> Reader:
        reader = signed_in(request)
        if reader is None:
            raise NotSignedIn
        if not reader.role.covers(role):
            raise NotAllowed(reader, role)
        return reader

    return dependency


def path_of(request: Request) -> str:
    """The path by which routes are chosen. That of `request.url` is not it: older versions of Starlette put that
    together with the header `Host`, which its sender writes."""
    return str(request.scope["path"])


def client_of(request: Request) -> str:
    """The address that a request came from, as the journal notes it."""
    return request.client.host if request.client else "?"
