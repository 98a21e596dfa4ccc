"""The same multi-instrument fan-out on the local executor and on Dask with two workers, side by side, and what is left
of it when a worker is killed half-way; what memory limits cost, and what kept results save.

    python benchmarks/bench_executors.py [--events 3] [--instruments 12] [--rounds 5] [--json]

Each event has a probability map; it is localized, joined with the circles of two others, looked up in the field of view
of each instrument and planned for every observatory. Both executors have two worker processes on this machine, so
Dask can only be slower: the difference is its price. A round runs one and then the other, after one that warms both up.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from dask_cluster import Cluster
from test_sky import fits_of, gaussian_map

from analyses.daskexecutor import DaskExecutor
from analyses.executor import Executor, LocalExecutor
from analyses.instruments import load_instruments
from analyses.kept import KeepingExecutor, ResultCache
from analyses.settings import ExecutorSettings
from analyses.worker import Setup
from nuncius.core.result import Result

T0 = "2017-08-17T12:41:04Z"
DEADLINE_S = 120.0
#: Neither looks in one direction at a time.
WITHOUT_FIELD = {"lvk", "icecube", "hawc"}

Asked = tuple[str, dict[str, Any], dict[str, bytes]]


def fan_out(events: int, instruments: int = 12) -> list[Asked]:
    """What is asked about all events."""
    asked: list[Asked] = []
    for number in range(events):
        ra, dec = 40.0 + 37.0 * number, -20.0 + 11.0 * number
        drawn = gaussian_map(ra, dec, 6.0, order=6)
        content = fits_of({"UNIQ": drawn.uniq, "PROBDENSITY": drawn.density}, {})
        sky = {"type": "map", "sha256": hashlib.sha256(content).hexdigest()}
        blobs = {sky["sha256"]: content}
        circles = [
            {"name": name, "sky": {"type": "circle", "ra": ra + shift, "dec": dec, "radius": 5.0}}
            for name, shift in (("GBM", 2.0), ("BAT", -1.0))
        ]
        asked.append(("localization", {"sky": sky, "object": f"event {number}", "regions": circles}, blobs))
        asked.append(("joint-localization", {"regions": [{"name": "map", "sky": sky}, *circles]}, blobs))
        asked.append(("visibility", {"sky": sky, "time": T0}, blobs))
        directed = [name for name in load_instruments() if name not in WITHOUT_FIELD][:instruments]
        asked += [("coverage", {"sky": sky, "instrument": name, "trigger_time": T0}, blobs) for name in directed]
    return asked


def carry_out(executor: Executor, asked: list[Asked]) -> tuple[float, list[Result | Exception]]:
    """The wall time in seconds, and the results in order."""
    begun = time.perf_counter()
    jobs = [executor.submit(name, inputs, blobs=blobs, deadline_s=DEADLINE_S) for name, inputs, blobs in asked]
    found: list[Result | Exception] = []
    for job in jobs:
        try:
            found.append(job.result(600))
        except Exception as error:
            found.append(error)
    return time.perf_counter() - begun, found


def numbers(results: list[Result | Exception]) -> list[dict[str, float] | str]:
    """What two executors must agree in."""
    return [
        {name: value.value for name, value in found.values.items()} if isinstance(found, Result) else str(found)
        for found in results
    ]


def same(one: list[Result | Exception], two: list[Result | Exception]) -> bool:
    """Whether all numbers are the same."""
    return all(
        a == b
        or (
            isinstance(a, dict)
            and isinstance(b, dict)
            and a.keys() == b.keys()
            and all(map(_close, a, [a] * len(a), [b] * len(a)))
        )
        for a, b in zip(numbers(one), numbers(two), strict=True)
    )


def _close(name: str, one: dict[str, float], two: dict[str, float]) -> bool:
    return math.isclose(one[name], two[name], rel_tol=1e-12) or (math.isnan(one[name]) and math.isnan(two[name]))


def side_by_side(asked: list[Asked], rounds: int, local: Executor, dask: Executor) -> dict[str, Any]:
    """Wall times in turn."""
    times: dict[str, list[float]] = {"local": [], "dask": []}
    first: list[Result | Exception] = []
    agreed = True
    for number in range(rounds + 1):
        order = (("local", local), ("dask", dask)) if number % 2 else (("dask", dask), ("local", local))
        for name, executor in order:
            took, results = carry_out(executor, asked)
            first = first or results
            agreed = agreed and same(first, results)
            if number:
                times[name].append(took)
    failed = sum(not isinstance(result, Result) for result in first)
    medians = {name: round(statistics.median(values), 2) for name, values in times.items()}
    spread = {name: [round(min(values), 2), round(max(values), 2)] for name, values in times.items()}
    return {"jobs": len(asked), "failed": failed, "median_s": medians, "range_s": spread, "same_numbers": agreed}


def with_a_death(
    asked: list[Asked], cluster: Cluster, dask: Executor, expected: list[Result | Exception]
) -> dict[str, Any]:
    """The same, and one of the two workers is killed when half of it should be done."""
    undisturbed, _ = carry_out(dask, asked)
    victim = cluster.workers[0]
    watch = threading.Timer(undisturbed / 2, os.kill, [victim.pid, signal.SIGKILL])
    watch.start()
    took, results = carry_out(dask, asked)
    watch.cancel()
    died = victim.poll() is not None or victim.wait(5) is not None
    lost = sum(not isinstance(result, Result) for result in results)
    return {
        "undisturbed_s": round(undisturbed, 2),
        "with_a_worker_killed_half_way_s": round(took, 2),
        "killed": died,
        "jobs_without_result": lost,
        "same_numbers": same(expected, results),
    }


def memory_limit(rounds: int) -> dict[str, Any]:
    """Small analyses a second with and without a limit, and how soon one that eats memory is ended."""
    rates: dict[int, list[float]] = {0: [], 4096: []}
    small: list[Asked] = [("energetics", {"fluence": 1e-5, "redshift": 1.0}, {})] * 60
    executors = {limit: LocalExecutor(2, setup=Setup.as_here(memory_mb=limit)) for limit in rates}
    for number in range(rounds + 1):
        for limit, executor in sorted(executors.items(), reverse=bool(number % 2)):
            took, _ = carry_out(executor, small)
            if number:
                rates[limit].append(len(small) / took)
    for executor in executors.values():
        executor.close()
    return {
        "energetics_a_second": {str(limit or "none"): round(statistics.median(found)) for limit, found in rates.items()}
    }


def kept_results(asked: list[Asked], local: Executor) -> dict[str, Any]:
    """The fan-out computed and kept, then given again."""
    with tempfile.TemporaryDirectory(prefix="nuncius-bench-") as folder:
        cache = ResultCache(Path(folder), 1024)
        first, computed = carry_out(KeepingExecutor(local, cache), asked)
        again, given = carry_out(KeepingExecutor(local, cache), asked)
        size = sum(path.stat().st_size for path in Path(folder).glob("*/*"))
    return {
        "computed_s": round(first, 2),
        "given_again_s": round(again, 3),
        "megabytes": round(size / 1e6, 1),
        "same_numbers": same(computed, given),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=3)
    parser.add_argument("--instruments", type=int, default=12, help="that could have seen each event")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    asked = fan_out(options.events, options.instruments)
    setup = Setup.as_here(memory_mb=4096)
    cluster = Cluster(workers=2)
    local = LocalExecutor(2, setup=setup)
    dask = DaskExecutor(ExecutorSettings(kind="dask", scheduler=cluster.address), setup=setup)
    try:
        found: dict[str, Any] = {"load": [round(load, 1) for load in os.getloadavg()]}
        found |= {"side_by_side": side_by_side(asked, options.rounds, local, dask)}
        _, expected = carry_out(local, asked)
        found["a_death"] = with_a_death(asked, cluster, dask, expected)
        found["kept"] = kept_results(asked, local)
    finally:
        dask.close()
        local.close()
        cluster.close()
    found["memory_limit"] = memory_limit(options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    for title, values in found.items():
        if not isinstance(values, dict):
            print(f"{title:38} {values}")
            continue
        print(title.replace("_", " "))
        for name, value in values.items():
            print(f"    {name.replace('_', ' '):34} {value}")


if __name__ == "__main__":
    main()
