"""Subscriptions as rows: rules of single people, which only their owners change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from nuncius.core.errors import PermanentError
from nuncius.core.report import Report
from nuncius.journal import tables as t
from nuncius.journal.journal import Journal
from nuncius.journal.records import StoredReport

#: What somebody may have at once, and how long a draft that nobody kept stays.
MOST_EACH = 20
DRAFTS_KEPT = timedelta(days=1)

#: A person by one name, or by all that they are known to have (`slack:U0123`, `person:ann`).
Owner = str | Sequence[str]


def subscription_number(rule: str) -> int | None:
    """The number of the subscription that a rule of this name is; None for a rule for everybody."""
    prefix, _, number = rule.rpartition("-")
    return int(number) if prefix == "subscription" and number.isascii() and number.isdecimal() else None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A person's rule: `owner` as the door names them (`slack:U0123`), `name` as people do, `rule` the YAML as shown,
    `sentence` what they said, if they said it in one, `tell` where they are told (empty: at the owner's own door)."""

    id: int
    owner: str
    name: str
    sentence: str
    rule: str
    state: Literal["draft", "on", "off"]
    created: datetime
    updated: datetime
    tell: str = ""


class Subscriptions:
    """The subscriptions in a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def draft(self, owner: str, name: str, sentence: str, rule: str, now: datetime, *, tell: str = "") -> int:
        """Keep what was shown to somebody, until they keep it or a day has passed; returns its number."""
        s = t.subscriptions.c
        values = {"owner": owner, "name": name, "sentence": sentence, "rule": rule, "state": "draft", "tell": tell}

        def work(connection: Connection) -> int:
            # Rows stay: a number that came again would be kept by an old button.
            gone = update(t.subscriptions).where(s.state == "draft").values(state="off", rule="", updated=now)
            connection.execute(gone.where(s.updated < now - DRAFTS_KEPT))
            drafts = select(s.id).where(s.owner == owner, s.state == "draft").order_by(s.id.desc()).offset(MOST_EACH)
            connection.execute(gone.where(s.id.in_(list(connection.scalars(drafts)))))
            new = insert(t.subscriptions).values(**values, created=now, updated=now)
            number: int = connection.execute(new).inserted_primary_key[0]  # type: ignore[index]
            return number

        return self._journal.transact(work)

    def keep(self, number: int, owner: Owner, now: datetime, *, instead_of: int | None = None) -> bool:
        """A draft comes into force, and another one of theirs ends; False where it was kept before. Raises
        PermanentError where it is not theirs, is gone, or is one too many."""
        s = t.subscriptions.c

        def work(connection: Connection) -> bool:
            row = _theirs(connection, number, owner)
            if row.state == "on":
                return False
            if row.state == "off":
                raise PermanentError(f"subscription {number} is over; say it again")
            if instead_of is not None:
                _theirs(connection, instead_of, owner)
                connection.execute(update(t.subscriptions).where(s.id == instead_of).values(state="off", updated=now))
            have = select(func.count()).where(s.owner.in_(_names(owner)), s.state == "on")
            if (connection.scalar(have) or 0) >= MOST_EACH:
                raise PermanentError(f"you have {MOST_EACH} subscriptions, which is the most; end one first")
            connection.execute(update(t.subscriptions).where(s.id == number).values(state="on", updated=now))
            return True

        return self._journal.transact(work)

    def end(self, number: int, owner: Owner, now: datetime) -> bool:
        """A subscription is over; False where it was before. Raises PermanentError where it is not theirs."""
        s = t.subscriptions.c

        def work(connection: Connection) -> bool:
            _theirs(connection, number, owner)
            ended = update(t.subscriptions).where(s.id == number, s.state != "off")
            return bool(connection.execute(ended.values(state="off", updated=now)).rowcount)

        return self._journal.transact(work)

    def of(self, owner: Owner) -> list[Subscription]:
        """What somebody has in force, the oldest first."""
        s = t.subscriptions.c
        query = select(t.subscriptions).where(s.owner.in_(_names(owner)), s.state == "on").order_by(s.id)
        return self._journal.ask(lambda c: [_subscription(row) for row in c.execute(query).mappings()])

    def owner(self, number: int) -> str | None:
        """Whose a subscription is, whether it is over or not; for a signed address that names it."""
        s = t.subscriptions.c
        return self._journal.ask(lambda c: c.scalar(select(s.owner).where(s.id == number)))

    def may_know(self, rule: str, names: Owner) -> bool:
        """Whether somebody may hear of a rule: of a subscription its owner alone, of any other rule everybody."""
        number = subscription_number(rule)
        return number is None or self.owner(number) in _names(names)

    def told(self, numbers: Sequence[int], *, limit: int = 200) -> list[StoredReport]:
        """What these subscriptions said, the newest first, each place once."""
        o, r = t.outbox.c, t.reactions.c
        names = [f"subscription-{number}" for number in numbers]
        query = select(t.outbox).join(t.reactions, o.reaction_id == r.id).where(r.rule.in_(names))

        def work(connection: Connection) -> list[StoredReport]:
            rows = connection.execute(query.order_by(o.id.desc()).limit(limit)).mappings()
            newest: dict[tuple[str, str], StoredReport] = {}
            for row in rows:
                newest.setdefault((row["thread"], row["slot"]), _said(row))
            return list(newest.values())

        return self._journal.ask(work) if names else []

    def get(self, number: int, owner: Owner) -> Subscription:
        """One of somebody's. Raises PermanentError where it is not theirs."""
        return self._journal.ask(lambda c: _theirs(c, number, owner))

    def in_force(self) -> list[Subscription]:
        """Everybody's, the oldest first."""
        s = t.subscriptions.c
        query = select(t.subscriptions).where(s.state == "on").order_by(s.id)
        return self._journal.ask(lambda c: [_subscription(row) for row in c.execute(query).mappings()])

    def stamp(self) -> tuple[int, datetime | None]:
        """Another one whenever what is in force is: how many there are, and when one last changed."""
        s = t.subscriptions.c
        query = select(func.count(), func.max(s.updated)).where(s.state != "draft")

        def work(connection: Connection) -> tuple[int, datetime | None]:
            count, last = connection.execute(query).one()
            return int(count), last

        return self._journal.ask(work)


def _names(owner: Owner) -> list[str]:
    return [owner] if isinstance(owner, str) else list(owner)


def _subscription(row: RowMapping) -> Subscription:
    return Subscription(**{**row, "tell": row["tell"] or ""})


def _said(row: RowMapping) -> StoredReport:
    names = StoredReport.__struct_fields__
    return StoredReport(**{name: row[name] for name in names} | {"report": msgspec.convert(row["report"], type=Report)})


def _theirs(connection: Connection, number: int, owner: Owner) -> Subscription:
    row = connection.execute(select(t.subscriptions).where(t.subscriptions.c.id == number)).mappings().first()
    if row is None or row["owner"] not in _names(owner):
        # Whether somebody else has one of that number is nobody's business.
        raise PermanentError(f"you have no subscription {number}; `subscriptions` lists yours")
    return _subscription(row)
