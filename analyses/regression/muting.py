"""Cases that people want to hear nothing of for a while: silences of the journal under a name that no rule has."""

from __future__ import annotations

from datetime import datetime

from nuncius.journal import Journal, Silence

#: Rules' names hold no colon.
RULE = "regress:case"


def mute(journal: Journal, case: str, *, until: datetime, why: str, by: str, now: datetime) -> int:
    """Hear nothing of a case until that moment; returns the silence's number."""
    return journal.silence(Silence(rule=RULE, object=case, why=why, by=by, since=now, until=until))


def muted_cases(journal: Journal, now: datetime) -> set[str]:
    """The cases that are muted now."""
    return {silence.object for silence in journal.silences(now) if silence.rule == RULE}
