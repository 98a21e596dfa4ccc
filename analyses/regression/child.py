"""What runs inside an isolated environment: limits first, then the environment's packages, then the case. It is started
as a file, with `-S`, so that no package can run before the limits hold; and it imports nothing of Nuncius, so that it
works where only the case's packages are. Request: JSON on stdin; answer: JSON in the file that it names."""

import contextlib
import importlib.util
import json
import sys
from typing import Any


def limit(limits: dict[str, int]) -> None:
    """Bound memory, processor time and file size, and die with whoever started this."""
    try:
        import resource
    except ImportError:  # not on every system
        return
    for word, amount in limits.items():
        kind = getattr(resource, f"RLIMIT_{word}", None)
        if kind is not None:
            hard = resource.getrlimit(kind)[1]
            top = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
            with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of memory
                resource.setrlimit(kind, (top, top))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL


def seeded(seed: int) -> None:
    """The global generators, for code that draws from them."""
    import random

    random.seed(seed)
    if importlib.util.find_spec("numpy"):
        import numpy

        numpy.random.seed(seed)


def script(request: dict[str, Any]) -> dict[str, Any]:
    """A script's `compute`, and its `curves` where it has any."""
    import runpy

    module = runpy.run_path(request["script"])
    seeded(request["seed"])
    values = module["compute"](seed=request["seed"], **request["inputs"])
    drawn = module["curves"](seed=request["seed"], **request["inputs"]) if "curves" in module else {}
    return {
        "values": {str(name): quantity(value) for name, value in values.items()},
        "curves": {str(name): curve(one) for name, one in drawn.items()},
    }


def quantity(value: Any) -> dict[str, Any]:
    """A number, a pair of value and error, or a mapping with `value`, `error` and `unit`."""
    if isinstance(value, dict):
        said = {"value": float(value["value"])}
        said |= {"error": float(value["error"])} if value.get("error") is not None else {}
        return {**said, "unit": str(value.get("unit", ""))}
    if isinstance(value, (tuple, list)):
        return {"value": float(value[0]), "error": float(value[1])}
    return {"value": float(value)}


def curve(one: dict[str, Any]) -> dict[str, Any]:
    """Points to draw, at most 2,000, with the labels of the axes."""
    points = {axis: [float(v) for v in list(one[axis])[:2000]] for axis in ("x", "y")}
    return {**points, "xlabel": str(one.get("xlabel", "")), "ylabel": str(one.get("ylabel", ""))}


def analysis(request: dict[str, Any]) -> dict[str, Any]:
    """One of our analyses; our own packages are linked into a folder, because the environment has only theirs."""
    import base64

    sys.path.append(request["ours"])
    from analyses.run import run

    seeded(request["seed"])
    result = run(request["analysis"], request["inputs"], {})
    values = {
        name: {"value": q.value, "unit": q.unit} | ({"error": max(q.minus, q.plus)} if q.minus and q.plus else {})
        for name, q in result.values.items()
    }
    figures = [{"name": f.name, "png": base64.b64encode(f.png).decode()} for f in result.figures[:2]]
    return {"values": values, "figures": figures}


def main() -> None:
    """Answer the request on stdin."""
    request = json.loads(sys.stdin.readline())
    limit(request["limits"])
    try:
        import site

        site.main()
        answer = analysis(request) if request.get("analysis") else script(request)
    except MemoryError:
        answer = {"error": "MemoryError: it needs more memory than it may have"}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
    with open(request["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
