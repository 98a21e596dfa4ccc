"""Where a report goes: to all targets, or where its one reader is reached."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chat.people import Person
from chat.targets import Means

log = logging.getLogger(__name__)


class Routes:
    """`general` are the targets that get every report; `means` say who people are and what is set up to reach them."""

    def __init__(self, general: Sequence[str], means: Means) -> None:
        self._general, self._means = tuple(dict.fromkeys(general)), means

    @property
    def targets(self) -> list[str]:
        """All targets that somebody may be told by: each needs a courier."""
        reached = [place for person in self._means.people for place in self.places(person)]
        return list(dict.fromkeys([*self._general, *reached]))

    def __call__(self, reader: str) -> Sequence[str]:
        """The targets for a report's reader: a person, all of whose places or one (`person:ann/email`); somebody at a
        door (`slack:U0123`); empty for everybody."""
        if not reader:
            return self._general
        person = self._means.people.by_id(reader)
        door = reader.partition(":")[0]
        alone = reader.partition("/")[2] if door == "person" else ""
        found = self.places(person) if person is not None else [name for name in self._general if name == door]
        found = [place for place in found if place == alone] if alone else found
        if not found:
            log.error("nothing reaches %s: their report is on no target; see [people] in docs/chat.md", reader)
        return found

    def places(self, person: Person) -> list[str]:
        """Where a person is reached."""
        means = self._means
        found = ["slack"] if person.slack and means.slack is not None else []
        found += ["email"] if person.email and means.email is not None else []
        return [*found, *person.targets]
