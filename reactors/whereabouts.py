"""Where spacecraft looked, from the pointing notices of an archive: what `fov` needs in a backtest, kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from analyses.pointings import BELIEVED_S
from nuncius.core.event import Event
from reactors.identities import private_table
from reactors.rule import Rule
from reactors.shelves import pack, unpack

#: Kinds of the notices by which spacecraft announce their pointings.
POINTINGS = tuple(f"gcn.notice.{carrier}.spacecraft" for carrier in sorted(BELIEVED_S))

_SCHEMA = """
CREATE TABLE told (kind TEXT, t0 REAL, event BLOB);
CREATE INDEX by_t0 ON told (kind, t0);
"""


def needs_pointings(rules: Sequence[Rule]) -> bool:
    """Whether a rule asks what an instrument saw."""
    asked = [line.expression.source for rule in rules for line in rule.conditions]
    asked += [source for rule in rules for _, source in rule.variables]
    asked += [line.expression.source for rule in rules if rule.absent for line in rule.absent.where]
    done = msgspec.json.encode([[*rule.actions, *rule.on_fail] for rule in rules]).decode()
    return any("fov(" in text for text in [*asked, done])


class Whereabouts:
    """Pointing notices by their T0."""

    def __init__(self) -> None:
        self._table = private_table(_SCHEMA)

    def note(self, event: Event) -> None:
        """Keep a pointing notice."""
        kind = next((kind for kind in POINTINGS if event.is_a(kind)), None)
        if kind is not None and event.trigger_time is not None:
            row = (kind, event.trigger_time.timestamp(), pack(event))
            self._table.execute("INSERT INTO told VALUES (?, ?, ?)", row)

    def between(self, kinds: Sequence[str], begin: datetime, end: datetime) -> list[Event]:
        """Notices of these kinds with a T0 in a span of time."""
        query = "SELECT event FROM told WHERE kind = ? AND t0 BETWEEN ? AND ? ORDER BY t0"
        span = (begin.timestamp(), end.timestamp())
        return [unpack(packed) for kind in kinds for (packed,) in self._table.execute(query, (kind, *span))]

    def close(self) -> None:
        """Let go of the table."""
        self._table.close()
