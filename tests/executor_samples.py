"""Analyses that misbehave on purpose, for the contract suite of the executors; workers import this by name."""

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import numpy as np

from analyses.contract import Unit, analysis, progress
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


@analysis("sample-hungry", version="1", about="Eats memory")
def hungry(*, megabytes: float) -> Result:
    eaten = [np.ones(1024 * 128) for _ in range(int(megabytes))]
    return Result(answer=f"ate {len(eaten)} MB")


@analysis("sample-steps", version="1", about="Says how far it is")
def steps(*, steps: int, pause: Annotated[float, Unit("s"), "between two steps"]) -> Result:
    for step in range(steps):
        progress(step / steps, f"step {step + 1}")
        time.sleep(pause)
    return Result(answer=f"{steps} steps")


@analysis("sample-note", version="1", about="Leaves a note of its process and the one above, and waits")
def note(*, folder: str, wait: Annotated[float, Unit("s"), "how long"]) -> Result:
    parent = multiprocessing.parent_process()
    Path(folder, f"{os.getpid()}-{parent.pid if parent else 0}").touch()
    time.sleep(wait)
    return Result(answer="noted")


@analysis("sample-murder", version="1", about="Kills the process that it works for")
def murder(*, folder: str) -> Result:
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    Path(folder, f"{os.getpid()}-{parent.pid}").touch()
    os.kill(parent.pid, signal.SIGKILL)
    time.sleep(10)
    return Result(answer="it lives")
