"""`kind: product`: a dispatcher of MMODA makes a product, and it is what it must be.

Speaks the dispatcher's HTTP itself, on our clock: a session of its own for each question, since requests are told apart
by a sum in which RA 12 and 21 are the same, and never a product whose
echoed parameters are others than those asked for.
"""

from __future__ import annotations

import json
import os
import secrets
import string
import time
from pathlib import Path
from typing import Any, Literal

import msgspec

from analyses.checks.asking import fetch, shown
from analyses.checks.contract import Finding, Platform
from analyses.checks.declared import KINDS, Kind
from analyses.checks.expecting import compare, expectations
from nuncius.core.errors import PermanentError, TransientError

#: Parameters of these names are sent as repeated keys, all other lists as JSON.
REPEATED = frozenset({"scw_list", "selected_catalog", "catalog_selected_objects"})
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
PASSING = frozenset({502, 503, 504})
GOING = frozenset({"new", "submitted", "progress", "ready"})


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`with` are the parameters; `query_type: Dummy` asks for the dispatcher's own ready-made answer, which costs it
    nothing. `within_s` is the longest time until the product is there. `token_file` holds a token, where one is
    needed."""

    url: str
    instrument: str
    product_type: str
    query_type: Literal["Dummy", "Real"] = "Dummy"
    parameters: dict[str, Any] = msgspec.field(default_factory=dict, name="with")
    expect: dict[str, Any]
    within_s: float = 25.0
    token_file: str = ""

    def __post_init__(self) -> None:
        expectations(self.expect)


def look(wanted: Product, platform: Platform) -> Finding:
    """Ask until the product is there, and compare."""
    begun = time.monotonic()
    reply = _ask(wanted, begun + wanted.within_s)
    took = {"took_s": round(time.monotonic() - begun, 3)}
    where = f"{wanted.instrument} {wanted.product_type} of {shown(wanted.url)}"
    products = reply.get("products") or {}
    if other := _other_parameters(wanted.parameters, products.get("analysis_parameters")):
        return Finding(name="", ok=False, reason=f"{where}: the answer is to another question: {other}", values=took)
    wrong, values = compare(products, expectations(wanted.expect))
    if wrong:
        return Finding(name="", ok=False, reason=f"{where}: {'; '.join(wrong)}", values=took | values)
    return Finding(
        name="", ok=True, reason=f"{where}: as its reference, in {took['took_s']:.1f} s", values=took | values
    )


def _ask(wanted: Product, until: float) -> dict[str, Any]:
    session = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))
    query = _query(wanted, session)
    pause = FIRST_PAUSE_S
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TransientError(f"{shown(wanted.url)}: no product within {wanted.within_s:g} s")
        reply = fetch(f"{wanted.url.rstrip('/')}/run_analysis", params=query, timeout_s=left, private="token" in query)
        if reply.status not in PASSING:
            answer = _answer(reply.url, reply.status, reply.json())
            status = str(answer.get("query_status", ""))
            if status == "done":
                return answer
            if status not in GOING:
                raise PermanentError(f"{reply.url}: the analysis ended as '{status or 'nothing'}'{_said(answer)}")
            job = (answer.get("job_monitor") or {}).get("job_id") or query.get("job_id")
            query |= {"query_status": status} | ({"job_id": job} if job else {})
            if status == "ready":
                continue
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _answer(url: str, status: int, answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise PermanentError(f"{url} answered {status} with no object")
    refused = (answer.get("exit_status") or {}).get("status", 0) not in (0, None)
    if status != 200 or (refused and answer.get("query_status") != "failed"):
        raise PermanentError(f"{url} answered {status}{_said(answer)}")
    return answer


def _said(answer: dict[str, Any]) -> str:
    """What the dispatcher says about a failure; it may stand in any of three places."""
    end = answer.get("exit_status") or {}
    told = [end.get("message"), end.get("error_message"), answer.get("error"), answer.get("error_message")]
    words = list(dict.fromkeys(str(text).strip()[:200] for text in told if text))
    return f": {'; '.join(words)}" if words else ""


def _query(wanted: Product, session: str) -> dict[str, Any]:
    own = {
        "instrument": wanted.instrument,
        "product_type": wanted.product_type,
        "query_type": wanted.query_type,
        "query_status": "new",
        "session_id": session,
        "off_line": "False",
        "api": "True",
        "oda_api_version": "1.3.5",
    }
    given = {
        name: json.dumps(value) if isinstance(value, list | dict) and name not in REPEATED else value
        for name, value in wanted.parameters.items()
        if value is not None
    }
    token = _token(wanted.token_file)
    return given | own | ({"token": token} if token else {})


def _token(file: str) -> str:
    if os.environ.get("ODA_TOKEN"):
        return os.environ["ODA_TOKEN"].strip()
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise PermanentError(f"token file {file}: {type(error).__name__}") from None


def _other_parameters(asked: dict[str, Any], echoed: Any) -> str:
    """The first parameter that was echoed otherwise than asked. Numbers come back as text now and then."""
    if not isinstance(echoed, dict):
        return ""
    for name, value in asked.items():
        if name in echoed and not _same(value, echoed[name]):
            return f"{name} is {echoed[name]!r:.60}, asked for {value!r:.60}"
    return ""


def _same(asked: Any, echoed: Any) -> bool:
    try:
        return abs(float(asked) - float(echoed)) <= 1e-9 * max(1.0, abs(float(asked)))
    except (TypeError, ValueError):
        if isinstance(asked, list | dict) and isinstance(echoed, str):
            return json.dumps(asked).replace(" ", "") == echoed.replace(" ", "").replace("'", '"')
        return bool(asked == echoed or str(asked) == str(echoed))


KINDS.add("product", Kind(parameters=Product, look=look))
