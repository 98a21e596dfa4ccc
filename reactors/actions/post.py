"""`post: "text ${…}"`: one message in the thread of the object. The first line is its title. After a retraction it
also marks what was said as retracted, in place."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from reactors.actions.contract import ACTIONS, Done, Work
from reactors.naming import digest
from reactors.saying import report, withdrawn
from reactors.scene import Scene
from reactors.templates import parse_template


class Post:
    """Says something."""

    options: Collection[str] = ()

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        parse_template(action["what"], names)

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        # A text that waits for a result is known by its source; the result's own inputs count through its name.
        return action["what"] if scene.pending(action["what"]) else scene.text(action["what"])[0]

    def perform(self, work: Work) -> Done:
        text, gaps = work.scene.text(work.step.action["what"])
        title, _, rest = text.strip().partition("\n")
        message = report(work, title=title or "(an empty text)", text=rest.strip(), caveats=gaps)
        if work.step.reaction.retracts is None:
            return Done(result={"text": text}, reports=[message])
        marked = withdrawn(work)
        if not marked:  # nobody was told, so there is nothing to take back
            return Done(result={"text": ""})
        # Several rules, and several revisions of one, may be taken back by the same event: people are told once.
        place = digest("retraction", message.thread, text, work.step.reaction.context["retracted_by"])
        told = msgspec.structs.replace(message, slot=f"retraction/{place}", key=place, revision=1, caveats=[])
        return Done(result={"text": text}, reports=[*marked, told])


ACTIONS.add("post", Post())
