"""From the actions of a rule to the steps of a reaction, when a rule fires: `for_each` becomes one step for each item,
`else` steps of its own, and what follows a question waits for its answer.

A step knows its `place` in the rule (`2`, `2.1f0c` for an item, `2.else.0`), which names its place in the thread too.
`needs` are places whose questions must be approved; `instead_of` is the place that must not have been done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reactors.naming import digest
from reactors.scene import Scene

#: Items of one `for_each`; what is beyond is said, not done.
MAX_ITEMS = 50
MAX_STEPS = 400


def expand(actions: Sequence[dict[str, Any]], scene: Scene) -> list[dict[str, Any]]:
    """All steps, in order."""
    steps: list[dict[str, Any]] = []
    _expand(actions, scene, steps, prefix="", bound={}, needs=[])
    return steps[:MAX_STEPS]


def _expand(
    actions: Sequence[dict[str, Any]],
    scene: Scene,
    steps: list[dict[str, Any]],
    *,
    prefix: str,
    bound: dict[str, Any],
    needs: list[str],
) -> None:
    for index, action in enumerate(actions):
        place = f"{prefix}{index}"
        bare = {key: value for key, value in action.items() if key not in ("else", "for_each")}
        asked: list[str] = []
        for step in _items(action, bare, scene, place):
            step = bound | step | ({"needs": list(needs)} if needs else {})
            steps.append(step)
            asked += [step["place"]] if step["do"] == "ask" else []
            inner = bound | {key: step[key] for key in ("item",) if key in step} | {"instead_of": step["place"]}
            if "gap" not in step:
                _expand(action.get("else", ()), scene, steps, prefix=f"{step['place']}.else.", bound=inner, needs=needs)
        needs = [*needs, *asked]


def _items(action: dict[str, Any], bare: dict[str, Any], scene: Scene, place: str) -> list[dict[str, Any]]:
    """The action once, or once for each item. Where the list cannot be had or is too long, a step that says why."""
    if "for_each" not in action:
        return [bare | {"place": place}]
    got = scene.evaluate(action["for_each"])
    if got.state != "value" or not isinstance(got.value, list):
        why = got.why or f"gives {got.value!r:.80}, which is no list"
        return [bare | {"place": place, "gap": f"for_each: {action['for_each']}: {why}"}]
    steps: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for number, item in enumerate(got.value[:MAX_ITEMS]):
        name = digest(item)[:6]
        seen[name] = seen.get(name, 0) + 1
        again = f"-{seen[name]}" if seen[name] > 1 else ""  # the same item twice is done twice
        named = {"as": f"{bare['as']}[{number}]"} if "as" in bare else {}
        steps.append(bare | named | {"place": f"{place}.{name}{again}", "item": item})
    if len(got.value) > MAX_ITEMS:
        why = f"for_each: {len(got.value)} items; only the first {MAX_ITEMS} are done"
        steps.append(
            {key: value for key, value in bare.items() if key != "as"} | {"place": f"{place}.rest", "gap": why}
        )
    return steps


def result_names(actions: Sequence[dict[str, Any]]) -> list[str]:
    """Names of results, as texts of the rule know them."""
    names = [str(action["as"]) for action in actions if action.get("as")]
    return [*names, *(name for action in actions for name in result_names(action.get("else", ())))]


def base_name(name: str) -> str:
    """The name in the rule of a step's result: `limits` of `limits[3]`."""
    return name.partition("[")[0]
