"""`draft: circular`: a draft circular on the object, from what stands in notices, circulars and results by now. It says
nothing by itself: a later `ask` shows it (`${name.text}`) to somebody who approves. Nothing is sent to an archive: the
approved text is posted, and a person submits it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from reactors.actions.contract import ACTIONS, Done, Work
from reactors.drafting import draft
from reactors.scene import Scene
from reactors.tokens import ExpressionError


class WriteDraft:
    """Writes a draft."""

    options: Collection[str] = ("as",)

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        if action["what"] != "circular":
            raise ExpressionError(
                f"what can be drafted is a circular; received '{action['what'][:40]}'", hint="draft: circular"
            )

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        # What stands by now is another with each event about the object.
        return scene.ev["id"]

    def perform(self, work: Work) -> Done:
        obj = str(work.step.reaction.object or work.scene.ev["id"])
        made = draft(work.journal, work.scene.evaluation.maps.graph, obj)
        names = {"subject": made.subject, "body": made.body, "text": made.text, "references": made.references}
        return Done(result={"answer": made.subject, "names": names})


ACTIONS.add("draft", WriteDraft())
