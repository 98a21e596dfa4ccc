"""Analyses that misbehave on purpose, for the contract suite of the executors; workers import this by name."""

import os
import time
from typing import Annotated

from analyses.contract import Unit, analysis
from nuncius.core.errors import FormatError, TransientError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result


@analysis("sample-square", version="1", about="x squared, and the process that computed it")
def square(*, x: float) -> Result:
    return Result(answer=f"{x * x:g}", values={"y": Quantity(value=x * x), "pid": Quantity(value=float(os.getpid()))})


@analysis("sample-nap", version="1", about="Waits")
def nap(*, wait: Annotated[float, Unit("s"), "how long"]) -> Result:
    time.sleep(wait)
    return Result(answer="rested")


@analysis("sample-spin", version="1", about="Never ends")
def spin() -> Result:
    while True:
        pass


@analysis("sample-crash", version="1", about="Takes its process down")
def crash() -> Result:
    os._exit(3)


@analysis("sample-fail", version="1", about="Raises what it is told to")
def fail(*, how: str) -> Result:
    known: dict[str, Exception] = {
        "value": ValueError("a negative count"),
        "connection": ConnectionResetError("peer went away"),
        "timeout": TimeoutError("the archive did not answer"),
        "transient": TransientError("archive busy", retry_after_s=7.0),
        "format": FormatError("not a light curve"),
    }
    raise known[how]


@analysis("sample-nothing", version="1", about="Forgets to return")
def nothing() -> Result:
    return None  # type: ignore[return-value]
