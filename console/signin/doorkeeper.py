"""Tells who a request comes from, by its cookie or its token, each time anew: what was ended or changed a moment ago
counts at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request

from chat.people import People, Person, Role
from console.oidc_settings import OidcSettings
from console.signin.claims import reader_of_claims
from console.signin.readers import Reader, Seat, path_of
from console.web_settings import WebSettings
from nuncius.core.clock import Clock
from nuncius.journal import Journal
from nuncius.journal.access import Access, Session, Token


class Doorkeeper:
    """Knows people by what they show. Threads may share one."""

    def __init__(
        self, journal: Journal, clock: Clock, web: WebSettings, people: People, oidc: OidcSettings | None
    ) -> None:
        self.access, self.clock, self.web, self.oidc = Access(journal), clock, web, oidc
        self._people = people
        self._idle, self._longest = timedelta(hours=web.idle_hours), timedelta(hours=web.longest_hours)

    # --- who is it ---

    def seat(self, request: Request, session: str, marked: str) -> Seat:
        """Who sends a request: by the `session` of their cookie, or by a token. `marked` is what the browser of
        somebody who is not signed in holds, from which the form of the sign-in page is marked."""
        now, there = self.clock.now(), self.web.open_to_all
        given, basic = _token_in(request.headers)
        feed = path_of(request).startswith("/feed/")
        if given and (not basic or feed):  # browsers send Basic by themselves: no act may rest on it
            token = self.access.token(given, "token", now)
            if token is not None:
                return Seat(reader=self.by_token(token), by="token", open=there)
        key = request.query_params.get("key", "") or (given if basic else "")
        if feed and key:
            token = self.access.token(key, "feed", now)
            if token is not None:
                return Seat(reader=self.by_token(token), by="feed", open=there)
        found = self.access.session(session, now, idle=self._idle, longest=self._longest) if session else None
        reader = self.by_session(found) if found is not None else None
        if reader is not None:
            return Seat(reader=reader, secret=session, by="session", open=there)
        return Seat(secret=marked, open=there)

    def by_token(self, token: Token) -> Reader:
        """The reader behind a token of ours; of a feed's, whoever made it, who may only read by it."""
        role = Role(token.role)
        if token.kind == "feed":
            return Reader(id=token.by, shown=token.name, role=Role.VIEWER)
        person = self._people.by_sign_in(token.name)
        return known(person, f"{token.kind}:{token.name}", token.name, role)

    def by_session(self, session: Session) -> Reader | None:
        """The reader of a session; None where they may not come in any more."""
        if session.token is not None:
            return self.by_token(session.token)
        return self.by_claims(session.claims)

    def by_claims(self, claims: Mapping[str, object]) -> Reader | None:
        """The reader of whom the provider says this, as the settings are now; None where they may not come in."""
        return reader_of_claims(claims, self.oidc, self._people) if self.oidc is not None else None


def known(person: Person | None, id_: str, shown: str, role: Role) -> Reader:
    """A reader, with what the settings say of them."""
    if person is None:
        return Reader(id=id_, shown=shown, role=role)
    return Reader(id=person.id, shown=person.name, role=role, slack=person.slack, name=person.name)


def _token_in(headers: Mapping[str, str]) -> tuple[str, bool]:
    """The token in the header `Authorization`, and whether it came as a password, as feed readers send it."""
    scheme, _, given = headers.get("authorization", "").strip().partition(" ")
    given = given.strip()
    if scheme.lower() == "bearer":
        return given, False
    if scheme.lower() != "basic" or len(given) > 500:
        return "", False
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2], True
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", False
