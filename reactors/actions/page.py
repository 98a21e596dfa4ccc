"""`page: "text ${…}"`: a message that wakes somebody, in the thread that `to` names (an on-call thread, a person) or
the object's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nuncius.core.report import Severity
from reactors.actions.contract import ACTIONS, Done, Work
from reactors.saying import say, text_inputs
from reactors.scene import Scene
from reactors.templates import parse_template


class Page:
    """Wakes somebody."""

    options: Collection[str] = ("as",)

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        parse_template(action["what"], names)

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        return text_inputs(action, scene)

    def perform(self, work: Work) -> Done:
        text, reports = say(work, severity=Severity.PAGE)
        return Done(result={"text": text}, reports=reports)


ACTIONS.add("page", Page())
