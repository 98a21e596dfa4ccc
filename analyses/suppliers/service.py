"""Analyses that are notebooks behind nb2workflow's HTTP service, asked with or without waiting at the line.

    analysis: crab-image
    supplier: service
    about: Image of the Crab
    url: ${crab-workflows}                # the address that [analyses.services] gives; without it the analysis is off
    name: image                           # the notebook's name there
    parameters:
      radius: {type: number, unit: deg, default: 3, upper: 10}

`nuncius analyse --declare URL` writes such documents from what a service tells of itself. What it tells is compared at
each run: a parameter that is gone or has another unit now is refused, before numbers are wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec

from analyses.contract import Analysis, Parameter
from analyses.progress import progress
from analyses.suppliers.annotated import written
from analyses.suppliers.asking import Patience, Reply, address, ask, ask_patiently, first_words
from analyses.suppliers.contract import KEEP, SUPPLIERS, Document, Supply, declared, made
from analyses.suppliers.options import Target, targets
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError
from nuncius.core.registry import did_you_mean
from nuncius.core.result import Result

MB = 1024 * 1024
#: Inputs travel in the address, and servers cut those that are longer.
MAX_QUERY = 8000
#: A service that restarts forgets its jobs and begins them anew when asked; so often that is borne.
MAX_LOST = 2
#: Exceptions of a notebook that another try may not meet.
_PASSING = ("ConnectionError", "Timeout", "ConnectTimeout", "ReadTimeout", "TimeoutError", "DeadKernelError",
            "RemoteDisconnected", "HTTPError", "ServiceUnavailable")  # fmt: skip


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service's own keys. `mode: sync` waits at the line until the notebook has ended."""

    url: str
    name: Annotated[str, msgspec.Meta(pattern=r"^[\w.-]{1,120}$")]
    mode: Literal["async", "sync"] = "async"
    max_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 128


def build(document: Document, keys: Keys) -> Analysis:
    """The analysis. Raises ConfigurationError, SwitchedOff."""
    parameters = declared(document)
    for name in parameters:
        if name.startswith("_") or name == "keep" or document.parameters[name].type == "sky":
            raise ConfigurationError(f"parameters: '{name}' cannot be sent: no sky, no name with '_' first, no 'keep'")
    url = address(document.analysis, keys.url)

    def run(*, keep: str | None = None, **inputs: Any) -> Result:
        return _run(document, keys, url, parameters, inputs, keep or "")

    return made(document, run, parameters | {"keep": KEEP}, content=url.encode())


def _run(
    document: Document, keys: Keys, url: str, parameters: dict[str, Parameter], inputs: dict[str, Any], keep: str
) -> Result:
    from analyses.suppliers.outputs import gather
    from analyses.suppliers.pieces import Pieces

    what = f"{keys.name} of {url}"
    patience = Patience(document.timeout_s, what)
    target = _target(keys, url, parameters, patience)
    sent = {name: _plain(value, target.forms.get(name, "")) for name, value in inputs.items() if value is not None}
    if len(urlencode(sent)) > MAX_QUERY:
        raise PermanentError(f"{what}: inputs of {len(urlencode(sent))} characters; it takes {MAX_QUERY} at most")
    service = {"url": url, "name": keys.name, "mode": keys.mode, "asked": sent, "options": _digest(target)}
    if keys.mode == "sync":
        outputs, kept = _outputs(_at_once(keys, url, sent, patience), what, sync=True), False
    else:
        data, kept = _later(keys, url, sent, patience, what)
        outputs = _outputs(data, what, sync=False)
    if not outputs and target.outputs:
        raise PermanentError(
            f"{what}: it says 'done' and gives none of its outputs ({', '.join(target.outputs)}); its log tells why: a "
            "kernel that is not there, a disk that is full"
        )
    pieces = Pieces(what)
    if kept:
        pieces.caveats.append("The service had this result from an earlier, equal request.")
    gather(pieces, outputs, target.outputs)
    return pieces.result(document.about.rstrip(". "), keep, {"service": service})


def _target(keys: Keys, url: str, parameters: Mapping[str, Parameter], patience: Patience) -> Target:
    """What the service tells of the notebook now. Raises PermanentError where that is not what the document says."""
    reply = ask_patiently(f"{url}/api/v1.0/options", patience, max_bytes=keys.max_mb * MB)
    if reply.status != 200:
        raise _refused(reply, f"{url}: asked for its options")
    known = targets(reply.map())
    if keys.name not in known:
        raise PermanentError(f"{url}: it has no notebook '{keys.name}'{did_you_mean(keys.name, list(known))}")
    target = known[keys.name]
    for name, parameter in parameters.items():
        if name not in target.parameters:
            hint = did_you_mean(name, list(target.parameters))
            raise PermanentError(f"{keys.name} of {url}: it has no parameter '{name}'{hint}; write the file anew")
        unit = target.units.get(name, "")
        if unit and parameter.unit and not _one_unit(unit, parameter.unit):
            raise PermanentError(
                f"{keys.name} of {url}: '{name}' is in {unit} there and in {parameter.unit} in the file; write it anew"
            )
    return target


def _one_unit(one: str, other: str) -> bool:
    from astropy import units

    try:
        return bool(units.Unit(one) == units.Unit(other))
    except (TypeError, ValueError):
        return one == other


# --- asking ---


def _at_once(keys: Keys, url: str, sent: dict[str, str], patience: Patience) -> Any:
    """Waits at the line, once: a lost connection would start the notebook a second time."""
    reply = ask(_place(url, keys), patience, params=sent, max_bytes=keys.max_mb * MB, silence_s=patience.left_s)
    if reply.status == 500 and isinstance(said := _json(reply), dict) and "exceptions" in said:
        return said
    if reply.status != 200:
        raise _refused(reply, f"{keys.name} of {url}")
    return reply.map()


def _later(keys: Keys, url: str, sent: dict[str, str], patience: Patience, what: str) -> tuple[Any, bool]:
    """Asks again until it is done; whether it was done before we asked."""
    created, asked, status = 0, 0, ""
    while True:
        question = {**sent, "_async_request": "yes"}
        reply = ask_patiently(_place(url, keys), patience, params=question, max_bytes=keys.max_mb * MB)
        asked += 1
        if reply.status not in (200, 201):
            raise _refused(reply, what)
        said = reply.map()
        before, status = status, str(said.get("workflow_status", ""))
        if status == "done" and reply.status == 200:
            return said.get("data"), asked == 1
        if status not in ("submitted", "started"):
            raise PermanentError(f"{what}: it answered {reply.status} with the status {status[:40]!r}")
        created += "created" in str(said.get("comment", ""))
        if created > MAX_LOST:
            raise TransientError(f"{what}: the service forgot the job {created - 1} times; does it keep restarting?")
        progress(0.1 if status == "submitted" else 0.3, f"{keys.name}: {status}")
        if status != before:
            patience.fresh()
        patience.pause()


def _place(url: str, keys: Keys) -> str:
    return f"{url}/api/v1.0/get/{keys.name}"


def _json(reply: Reply) -> Any:
    try:
        return reply.json()
    except PermanentError:
        return None


def _refused(reply: Reply, what: str) -> Exception:
    said = _json(reply)
    issues = said.get("issues") if isinstance(said, dict) else None
    text = "; ".join(map(str, issues)) if isinstance(issues, list) else reply.body.decode("utf-8", "replace")
    words = first_words(text)
    message = f"{what}: it answered {reply.status}{f': {words}' if words else ''}"
    if reply.status >= 500:
        return TransientError(message, retry_after_s=reply.retry_after_s or None)
    return PermanentError(message)


# --- what came ---


def _outputs(data: Any, what: str, *, sync: bool) -> dict[str, Any]:
    """The outputs. A failure, too, is 200 and "done": its output is "incomplete", or there are exceptions."""
    if not isinstance(data, dict):
        raise PermanentError(f"{what}: 'done' with {type(data).__name__} instead of outputs")
    failures, output = data.get("exceptions"), data.get("output")
    if failures or output == "incomplete":
        names, words = _failure(failures)
        passing = any(name.rpartition(".")[2] in _PASSING for name in names)
        if passing and sync:
            raise TransientError(f"{what}: its notebook failed: {words}")
        again = "; the service keeps that answer until it restarts or forgets it" if passing else ""
        raise PermanentError(f"{what}: its notebook failed: {words}{again}")
    if not isinstance(output, dict):
        raise PermanentError(f"{what}: its outputs are a {type(output).__name__}, expected an object")
    return output


def _failure(failures: Any) -> tuple[list[str], str]:
    """Names of the exceptions, and the last of them in words."""
    listed = failures if isinstance(failures, list) else [failures] if failures else []
    names, words = [], "it does not say why"
    for one in listed:
        if isinstance(one, dict):
            name, value = str(one.get("ename", "")), str(one.get("evalue", ""))
            names.append(name.partition("(")[0])
            words = f"{name}: {value}" if value else name
        else:  # at once, an exception is what Python writes of it, the whole cell included
            found = [known for known in _PASSING if known in str(one)]
            names += found
            words = str(one)[-800:]
    return names, first_words(words)


def _plain(value: Any, form: str) -> str:
    """A value as text: times as the notebook wants them, lists as JSON."""
    value = written(value, form)
    if isinstance(value, list | dict):
        return json.dumps(value)
    return str(value)


def _digest(target: Target) -> str:
    return hashlib.sha256(msgspec.json.encode(target.said, order="deterministic")).hexdigest()[:16]


SUPPLIERS.add("service", Supply(keys=Keys, build=build))
