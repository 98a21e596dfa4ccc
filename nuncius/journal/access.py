"""Who may come in, as rows: tokens and sessions, each known by its digest only, and what people did on the page.

A token is a long random text, so a plain SHA-256 of it cannot be turned back, and to look it up by its digest tells a
clock nothing about it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from nuncius.core.errors import PermanentError
from nuncius.journal import tables as t
from nuncius.journal.journal import Journal

Kind = Literal["token", "feed", "link"]
#: What a token begins with, so that people and secret scanners know it for one.
PREFIX: Mapping[Kind, str] = {"token": "nuncius_", "feed": "nunciusfeed_", "link": "nunciuslink_"}
#: When somebody was last seen is written no oftener than this.
SEEN_EVERY = timedelta(minutes=1)
#: Sessions that are over are forgotten after this.
FORGOTTEN = timedelta(days=30)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a token; never the token itself. `by` is who made it: for a feed's, whose it is."""

    id: int
    kind: Kind
    name: str
    role: str
    by: str
    created: datetime
    expires: datetime | None
    used: datetime | None
    ended: datetime | None

    def stands(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.ended is None and (self.expires is None or now < self.expires)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in: by a token (a link counts as one), or by what a provider said of them."""

    token: Token | None
    claims: dict[str, Any]
    created: datetime
    seen: datetime


class Access:
    """Tokens and sessions in a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    # --- tokens ---

    def new_token(
        self, kind: Kind, name: str, role: str, *, by: str, now: datetime, expires: datetime | None = None
    ) -> str:
        """A new token, which nobody can be shown again. Raises PermanentError where somebody's token of that name
        stands."""
        token = PREFIX[kind] + secrets.token_urlsafe(32)
        c = t.tokens.c
        values = {"digest": digest(token), "kind": kind, "name": name, "role": role, "by": by}

        def work(connection: Connection) -> None:
            same = select(t.tokens).where(c.kind == kind, c.name == name, c.ended.is_(None))
            if kind == "token" and any(_token(row).stands(now) for row in connection.execute(same)):
                raise PermanentError(f"a token named {name!r} stands; end it first: nuncius token end {name}")
            connection.execute(insert(t.tokens).values(**values, created=now, expires=expires))

        self._journal.transact(work)
        return token

    def token(self, given: str, kind: Kind, now: datetime) -> Token | None:
        """The token that was given, where it is one of ours, of this kind, and stands."""
        if not given.startswith(PREFIX[kind]) or len(given) > 100:
            return None
        c = t.tokens.c
        query = select(t.tokens).where(c.digest == digest(given), c.kind == kind)
        row = self._journal.ask(lambda connection: connection.execute(query).first())
        found = None if row is None else _token(row)
        if found is None or not found.stands(now):
            return None
        if kind != "link" and (found.used is None or now - found.used > SEEN_EVERY):
            self._journal.transact(lambda conn: conn.execute(update(t.tokens).where(c.id == found.id).values(used=now)))
        return found

    def spend(self, link: str, now: datetime) -> Token | None:
        """The link that was given, once: whoever comes second gets None."""
        found = self.token(link, "link", now)
        if found is None:
            return None
        c = t.tokens.c
        once = update(t.tokens).where(c.id == found.id, c.used.is_(None)).values(used=now)
        return found if self._journal.transact(lambda connection: connection.execute(once).rowcount) else None

    def tokens(self, *, all_of_them: bool = False) -> list[Token]:
        """Tokens that are not ended, the oldest first."""
        query = select(t.tokens).order_by(t.tokens.c.id)
        query = query if all_of_them else query.where(t.tokens.c.ended.is_(None))
        return self._journal.ask(lambda connection: [_token(row) for row in connection.execute(query)])

    def change_role(self, name: str, role: str) -> int:
        """Give the tokens of a name another role, from the next request on; returns how many there are."""
        c = t.tokens.c
        changed = update(t.tokens).where(c.kind == "token", c.name == name, c.ended.is_(None)).values(role=role)
        return self._journal.transact(lambda connection: connection.execute(changed).rowcount)

    def end_token(self, name: str, now: datetime, *, person: str = "") -> int:
        """End the tokens of a name, their sessions and the feeds' that were made with them; returns how many ended.
        `person` is the id that their readers have, where it is not the token's own."""
        c, who = t.tokens.c, (f"token:{name}", f"link:{name}", *([person] if person else []))

        def work(connection: Connection) -> int:
            named = (c.kind.in_(("token", "link")) & (c.name == name)) | ((c.kind == "feed") & c.by.in_(who))
            numbers = list(connection.scalars(select(c.id).where(named, c.ended.is_(None))))
            connection.execute(update(t.tokens).where(c.id.in_(numbers)).values(ended=now))
            s = t.sessions.c
            over = update(t.sessions).where(s.token_id.in_(numbers), s.ended.is_(None))
            connection.execute(over.values(ended=now))
            return len(numbers)

        return self._journal.transact(work)

    # --- sessions ---

    def begin(self, person: str, *, token: Token | None, claims: Mapping[str, Any], now: datetime) -> str:
        """Somebody signed in; returns the secret of the session, which only their browser keeps."""
        secret, s = secrets.token_urlsafe(32), t.sessions.c
        row = {"digest": digest(secret), "token_id": token.id if token else None, "claims": dict(claims)}

        def work(connection: Connection) -> None:
            connection.execute(delete(t.sessions).where(s.seen < now - FORGOTTEN))
            connection.execute(insert(t.sessions).values(**row, person=person, created=now, seen=now))

        self._journal.transact(work)
        return secret

    def session(self, secret: str, now: datetime, *, idle: timedelta, longest: timedelta) -> Session | None:
        """The session of that secret, if it was used within `idle` and began within `longest`."""
        if not 40 <= len(secret) <= 60:
            return None
        s = t.sessions.c
        query = select(t.sessions).where(s.digest == digest(secret), s.ended.is_(None))

        def work(connection: Connection) -> Session | None:
            row = connection.execute(query).first()
            if row is None:
                return None
            by = connection.execute(select(t.tokens).where(t.tokens.c.id == row.token_id)).first()
            token = _token(by) if by is not None else None
            return Session(token=token, claims=row.claims, created=row.created, seen=row.seen)

        found = self._journal.ask(work)
        if found is None or now - found.seen > idle or now - found.created > longest:
            return None
        # A link signs in once and is over then; the session that it began is not.
        if found.token is not None and (
            found.token.ended or (found.token.kind != "link" and not found.token.stands(now))
        ):
            return None
        if now - found.seen > SEEN_EVERY:
            seen = update(t.sessions).where(s.digest == digest(secret)).values(seen=now)
            self._journal.transact(lambda connection: connection.execute(seen))
        return found

    def end(self, secret: str, now: datetime) -> None:
        """Sign out."""
        s = t.sessions.c
        ended = update(t.sessions).where(s.digest == digest(secret), s.ended.is_(None)).values(ended=now)
        self._journal.transact(lambda connection: connection.execute(ended))

    def end_all(self, person: str, now: datetime) -> int:
        """End every session of a person, and their feeds' tokens; returns how many sessions there were."""
        s, c = t.sessions.c, t.tokens.c

        def work(connection: Connection) -> int:
            feeds = update(t.tokens).where(c.kind == "feed", c.by == person, c.ended.is_(None))
            connection.execute(feeds.values(ended=now))
            over = update(t.sessions).where(s.person == person, s.ended.is_(None)).values(ended=now)
            return connection.execute(over).rowcount

        return self._journal.transact(work)


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Row[Any]) -> Token:
    return Token(**{name: row._mapping[name] for name in Token.__struct_fields__})
