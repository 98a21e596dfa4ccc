"""The parts of a joint analysis under way: begun as soon as what they rest on is known, begun again where more is known
by now, collected as they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from analyses.executor import Executor, Job
from analyses.progress import Progress
from nuncius.core.errors import NunciusError
from nuncius.core.result import Result
from reactors.beside import sky_maps
from reactors.fanning import Part
from reactors.together import Outcome

#: More is not read while waiting.
MOST_WORDS = 200


class PartWork:
    """Runs parts on an executor. `earlier` gives the results in the report before: what a service answered to the same
    question is not asked again."""

    def __init__(
        self, executor: Executor, blob: Callable[[str], bytes], earlier: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._executor, self._blob, self._earlier = executor, blob, earlier
        self._jobs: dict[str, Job] = {}
        self._outcomes: dict[str, Outcome] = {}

    @property
    def outcomes(self) -> list[Outcome]:
        """How each part stands, in the order in which they are wanted."""
        return list(self._outcomes.values())

    def gave(self) -> dict[str, Result | None]:
        """What the parts that have ended gave; None where they failed."""
        return {name: o.result for name, o in self._outcomes.items() if o.result is not None or o.error}

    def start(self, wanted: Sequence[Part], left_s: float) -> None:
        """Begin what is wanted and not there; again where its inputs are others by now. What is not wanted goes."""
        kept: dict[str, Outcome] = {}
        for part in wanted:
            held = self._outcomes.get(part.name)
            if held is None or held.inputs != part.inputs:
                self._drop(part.name)
                held = self._again(part) or self._submitted(part, left_s)
            kept[part.name] = held
        for name in set(self._outcomes) - set(kept):
            self._drop(name)
        self._outcomes = kept

    def collect(self) -> None:
        """Take what has ended."""
        for name, job in list(self._jobs.items()):
            if not job.done():
                continue
            del self._jobs[name]
            try:
                ended = msgspec.structs.replace(self._outcomes[name], result=job.result(timeout_s=1.0))
            except NunciusError as error:
                ended = msgspec.structs.replace(self._outcomes[name], error=str(error))
            self._outcomes[name] = ended

    def progress(self) -> Progress | None:
        """How far all of them are, and in words what each that tells is doing."""
        if not self._outcomes:
            return None
        told = {name: job.progress() for name, job in list(self._jobs.items())}
        parts = [said.fraction if (said := told.get(name)) else 0.0 for name in told]
        done = len(self._outcomes) - len(told) + sum(parts)
        words = "; ".join(f"{name} {said}" if said else name for name, said in told.items())
        return Progress(min(done / len(self._outcomes), 1.0), words[:MOST_WORDS])

    def cancel(self) -> None:
        """End all that runs."""
        for name in list(self._jobs):
            self._drop(name)

    def _drop(self, name: str) -> None:
        job = self._jobs.pop(name, None)
        if job is not None:
            job.cancel()

    def _submitted(self, part: Part, left_s: float) -> Outcome:
        outcome = Outcome(name=part.name, analysis=part.analysis, inputs=part.inputs)
        try:
            blobs = {sha256: self._blob(sha256) for sha256 in set(sky_maps(part.inputs))}
            self._jobs[part.name] = self._executor.submit(part.analysis, part.inputs, blobs=blobs, deadline_s=left_s)
        except NunciusError as error:
            return msgspec.structs.replace(outcome, error=str(error))
        return outcome

    def _again(self, part: Part) -> Outcome | None:
        if not part.inputs.get("source"):
            return None
        held = self._earlier().get(part.name)
        if not isinstance(held, Mapping) or held.get("inputs") != part.inputs or "answer" not in held:
            return None
        result = msgspec.convert({k: v for k, v in held.items() if k not in ("analysis", "inputs")}, Result)
        return Outcome(name=part.name, analysis=part.analysis, inputs=part.inputs, result=result)
