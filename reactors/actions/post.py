"""`post: "text ${…}"`: one message in the thread of the object. The first line is its title."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from reactors.actions.contract import ACTIONS, Done, Work
from reactors.saying import say, text_inputs
from reactors.scene import Scene
from reactors.templates import parse_template


class Post:
    """Says something."""

    options: Collection[str] = ("as",)

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        parse_template(action["what"], names)

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        return text_inputs(action, scene)

    def perform(self, work: Work) -> Done:
        text, reports = say(work)
        return Done(result={"text": text}, reports=reports)


ACTIONS.add("post", Post())
