"""How far a long analysis is, in the place where its answer will stand, for those who wait for it."""

from __future__ import annotations

import time

import msgspec

from analyses.progress import Progress
from nuncius.core.report import Report, Severity
from reactors.actions.contract import Work
from reactors.naming import digest
from reactors.saying import report

#: An analysis that ends sooner says only its answer.
FIRST_WORD_S = 5.0
#: Between two words in a thread; the step's row knows more.
BETWEEN_WORDS_S = 5.0


class Telling:
    """What was told of one step, so that people are neither left alone nor flooded."""

    def __init__(self) -> None:
        self._next = time.monotonic() + FIRST_WORD_S
        self._told: Progress | None = None

    def word(self, work: Work, said: Progress) -> Report | None:
        """The message, where it is time for one. Where a first answer stands already, it stands until there is a
        better one."""
        if said == self._told or time.monotonic() < self._next or int(work.step.action.get("revision", 1)) > 1:
            return None
        self._next, self._told = time.monotonic() + BETWEEN_WORDS_S, said
        what = "the joint analysis" if work.step.action["do"] == "together" else work.step.action["what"]
        words = report(work, title=f"{what} is running: {said}")
        key = digest(words.key, "running", work.step.attempt, str(said))
        return msgspec.structs.replace(words, key=key, severity=Severity.INFO, revision=0, links=[])
