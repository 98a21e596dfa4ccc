"""Rules decide on every event, also on one whose object cannot be found out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rules_samples import GW, Night, gw

from nuncius.core.errors import TransientError
from nuncius.journal import Journal
from nuncius.journal.records import Stored
from reactors.reactor import Reactor

RULE = """
rule: all
when: lvk.alert
if: ev.significant
do:
  - post: "${ev.name}"
"""


def test_an_event_that_cannot_be_identified_is_decided_on_without_its_object(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def identify(journal: Journal, batch: Sequence[Stored]) -> Mapping[int, str]:
        if any(item.event.id == "bad" for item in batch):
            raise ValueError("no such name")
        return {item.seq: GW for item in batch}

    night = Night(tmp_path, RULE)
    night.reactor = Reactor(night.journal, night.book, night.clock, identify=identify)
    with caplog.at_level(logging.ERROR):
        night.hears(gw("a", object=None), gw("bad", object=None), gw("z", object=None, revision=1))
    assert night.journal.cursor("reactors") == night.journal.last_seq()
    assert [d.event_id for d in night.decisions()] == ["a", "bad", "z"]
    [record] = caplog.records
    assert record.getMessage() == "bad is decided on without its object: ValueError('no such name')"
    night.close()


def test_an_identification_that_may_succeed_later_is_waited_for(tmp_path: Path) -> None:
    def identify(journal: Journal, batch: Sequence[Stored]) -> Mapping[int, str]:
        raise TransientError("the database is busy")

    night = Night(tmp_path, RULE)
    night.reactor = Reactor(night.journal, night.book, night.clock, identify=identify)
    with pytest.raises(TransientError):
        night.hears(gw("a"))
    assert night.journal.cursor("reactors") == 0
    night.close()
