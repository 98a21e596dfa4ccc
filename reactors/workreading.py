"""How loud and how often a rule acts: `per`, `limit`, `mode`, `escalate`, `mutes`, read from its file."""

from __future__ import annotations

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.registry import did_you_mean
from reactors import durations
from reactors.compiling import Expression
from reactors.reading import Reading
from reactors.rule import RULE_NAME, Escalation, Limit, Mode, Mutes, Status
from reactors.yamlsource import Value

STATUSES = ("live", "shadow", "off")
MODES = ("latest", "restart", "queue", "parallel", "skip")
#: What the condition `unless` of an escalation may name beside `ev`, the event as it was last told: how the reaction
#: stands by then.
STANDINGS = ("acknowledged", "approved", "rejected", "done", "failed")
ESCALATION_KEYS = ("after", "unless", "page", "to")
MUTES_KEYS = ("rules", "same", "for")
MAX_ESCALATIONS = 10
MAX_LATER_S = 30 * 86_400.0


def read_status(value: Value | None, reading: Reading) -> Status:
    word = reading.choice(value, STATUSES, "live")
    return "shadow" if word == "shadow" else "off" if word == "off" else "live"


def read_mode(value: Value | None, reading: Reading) -> Mode:
    word = reading.choice(value, MODES, "latest")
    modes: dict[str, Mode] = {"restart": "restart", "queue": "queue", "parallel": "parallel", "skip": "skip"}
    return modes.get(word, "latest")


def read_per(value: Value | None, reading: Reading, names: list[str]) -> Expression | None:
    return None if value is None or value.content is None else reading.expression(value, names)


def read_limit(value: Value | None, reading: Reading, names: list[str]) -> Limit | None:
    """`5/1h per ev.object`."""
    if value is None or value.content is None:
        return None
    try:
        count, window_s, per = durations.limit(value.content)
    except NunciusError as error:
        reading.add(value, str(error))
        return None
    offset = str(value.content).rfind(per) if per else 0
    place = msgspec.structs.replace(value, content=per, inner=value.inner and value.inner + offset)
    return Limit(count=count, window_s=window_s, per=reading.expression(place, names) if per else None)


def read_escalations(value: Value | None, reading: Reading, names: list[str]) -> tuple[Escalation, ...]:
    """`[{after: 15m, unless: acknowledged, page: "whom, and why"}]`, in the order of time."""
    if value is None or value.content is None:
        return ()
    items = value.content if isinstance(value.content, list) else [value]
    if len(items) > MAX_ESCALATIONS:
        reading.add(value, f"{len(items)} escalations; at most {MAX_ESCALATIONS}")
        return ()
    found = [escalation for item in items if (escalation := _escalation(item, reading, names))]
    return tuple(sorted(found, key=lambda escalation: escalation.after_s))


def _escalation(item: Value, reading: Reading, names: list[str]) -> Escalation | None:
    example = "for example {after: 15m, unless: acknowledged, page: on-call}"
    fields = _map(item, reading, ESCALATION_KEYS, "an escalation", example)
    if fields is None:
        return None
    for key in ("after", "page"):
        if key not in fields:
            reading.add(item, f"an escalation needs '{key}'", example)
            return None
    unless = ""
    if "unless" in fields and (condition := reading.expression(fields["unless"], STANDINGS, condition=True)):
        unless = condition.source
        other = sorted({path[0] for path in condition.fields} - {*STANDINGS, "ev"})
        if other:
            reading.add(fields["unless"], f"'unless' names only ev, {', '.join(STANDINGS)}; received '{other[0]}'")
    to = reading.matching(fields["to"], RULE_NAME, "the name of a person or of a thread") if "to" in fields else ""
    page = reading.template(fields["page"], names)
    return Escalation(after_s=_later(fields["after"], reading), page=page, unless=unless, to=to or "")


def read_mutes(value: Value | None, reading: Reading, names: list[str]) -> Mutes | None:
    """`{rules: [a, b], same: ev.object, for: 1h}`."""
    if value is None or value.content is None:
        return None
    example = "for example {rules: [grb-others], same: ev.object, for: 1h}"
    fields = _map(value, reading, MUTES_KEYS, "'mutes'", example)
    if fields is None:
        return None
    if "rules" not in fields or "for" not in fields:
        reading.add(value, "'mutes' needs 'rules' and 'for'", example)
        return None
    listed = fields["rules"]
    rules = []
    for item in listed.content if isinstance(listed.content, list) else [listed]:
        name = reading.matching(item, RULE_NAME, "the name of a rule")
        if name and name == reading.rule:
            reading.add(item, "a rule cannot mute itself", "use limit")
        rules += [name] if name else []
    if not rules and not reading.failed:
        reading.wrong(listed, "'rules' names the rules that are muted")
    same = fields.get("same")
    return Mutes(
        rules=tuple(dict.fromkeys(rules)),
        for_s=_later(fields["for"], reading),
        same=reading.expression(same, names) if same is not None else None,
    )


def _map(item: Value, reading: Reading, known: tuple[str, ...], what: str, example: str) -> dict[str, Value] | None:
    if not isinstance(item.content, dict):
        reading.wrong(item, f"{what} is a map of {', '.join(known)}", example)
        return None
    strange = [(key, place) for key, (place, _) in item.content.items() if key not in known]
    for key, place in strange:
        reading.add(place, f"unknown key '{key}' in {what}{did_you_mean(key, list(known))}")
    return None if strange else {key: value for key, (_, value) in item.content.items()}


def _later(value: Value, reading: Reading) -> float:
    try:
        later_s = durations.seconds(value.content)
    except NunciusError as error:
        reading.add(value, str(error))
        return 0.0
    if later_s > MAX_LATER_S:
        reading.wrong(value, "a time of at most 30 days")
    return later_s
