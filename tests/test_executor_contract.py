"""One suite over every executor: what callers may rely on wherever an analysis runs."""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import executor_samples
import pytest
from dask_cluster import Cluster
from test_sky import fits_of, gaussian_map

from analyses.executor import Executor, InlineExecutor, LocalExecutor
from analyses.settings import ExecutorSettings
from analyses.worker import Setup
from nuncius.core.errors import (
    Cancelled,
    ConfigurationError,
    DeadlineExceeded,
    FormatError,
    PermanentError,
    TransientError,
    WorkerLost,
)

SETUP = Setup.as_here([executor_samples.__name__], memory_mb=512)


@pytest.fixture(scope="module")
def local() -> Iterator[LocalExecutor]:
    # The fork server is a fresh interpreter: it finds the sample analyses through its path.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    executor = LocalExecutor(workers=2, setup=SETUP)
    yield executor
    executor.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A scheduler and two workers, each a process."""
    made = Cluster(workers=2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def dask(cluster: Cluster) -> Iterator[Executor]:
    executor = open_dask(cluster)
    yield executor
    executor.close()


def open_dask(cluster: Cluster) -> Executor:
    from analyses.daskexecutor import DaskExecutor

    return DaskExecutor(ExecutorSettings(kind="dask", scheduler=cluster.address), setup=SETUP)


@pytest.fixture(params=["inline", "local", "dask"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param != "inline":
        yield request.getfixturevalue(request.param)
        return
    inline = InlineExecutor()
    yield inline
    inline.close()


def test_a_result_comes_back_with_its_provenance(executor: Executor) -> None:
    result = executor.submit("sample-square", {"x": 3}, blobs={}, deadline_s=60).result(60)
    assert result.values["y"].value == 9.0
    assert result.provenance["analysis"] == "sample-square"
    assert result.provenance["inputs"] == {"x": 3}
    assert result.provenance["software"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert result.provenance["duration_s"] >= 0.0


def test_a_spinning_analysis_ends_at_its_deadline_and_the_next_one_runs(executor: Executor) -> None:
    executor.submit("sample-square", {"x": 1}, blobs={}, deadline_s=60).result(60)  # workers are warm
    started = time.monotonic()
    job = executor.submit("sample-spin", {}, blobs={}, deadline_s=0.5)
    with pytest.raises(DeadlineExceeded, match=r"'sample-spin' took longer than 0\.5 s"):
        job.result(60)
    assert 0.4 < time.monotonic() - started < 20.0
    assert job.done()
    assert executor.submit("sample-square", {"x": 2}, blobs={}, deadline_s=60).result(60).answer == "4"


def test_a_running_job_can_be_cancelled(executor: Executor) -> None:
    job = executor.submit("sample-spin", {}, blobs={}, deadline_s=60)
    time.sleep(0.3)
    assert not job.done()
    job.cancel()
    with pytest.raises(Cancelled, match="'sample-spin'"):
        job.result(20)
    assert executor.submit("sample-square", {"x": 5}, blobs={}, deadline_s=60).result(60).answer == "25"


def test_a_waiting_job_can_be_cancelled_before_it_begins(executor: Executor) -> None:
    before = [executor.submit("sample-nap", {"wait": 1}, blobs={}, deadline_s=60) for _ in range(2)]
    waiting = executor.submit("sample-fail", {"how": "value"}, blobs={}, deadline_s=60)
    waiting.cancel()
    with pytest.raises(Cancelled):
        waiting.result(20)
    assert [job.result(60).answer for job in before] == ["rested", "rested"]


def test_cancelling_what_is_done_changes_nothing(executor: Executor) -> None:
    job = executor.submit("sample-square", {"x": 4}, blobs={}, deadline_s=60)
    assert job.result(60).answer == "16"
    job.cancel()
    assert job.result(1).answer == "16"


def test_a_caller_who_stops_waiting_gets_timeouterror_and_may_ask_again(executor: Executor) -> None:
    job = executor.submit("sample-nap", {"wait": "0.6 s"}, blobs={}, deadline_s=60)
    with pytest.raises(TimeoutError) as caught:
        job.result(0.05)
    assert not isinstance(caught.value, DeadlineExceeded)
    assert job.result(60).answer == "rested"


def test_the_deadline_does_not_count_the_wait_for_a_free_worker(executor: Executor) -> None:
    jobs = [executor.submit("sample-nap", {"wait": 0.5}, blobs={}, deadline_s=3.0) for _ in range(10)]
    assert all(job.result(60).answer == "rested" for job in jobs)


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ("value", PermanentError, "'sample-fail' failed: ValueError: a negative count"),
        ("connection", TransientError, "ConnectionResetError: peer went away"),
        ("timeout", TransientError, "the archive did not answer"),
        ("format", FormatError, "not a light curve"),
    ],
)
def test_what_an_analysis_raises_is_told_by_type(
    executor: Executor, how: str, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        executor.submit("sample-fail", {"how": how}, blobs={}, deadline_s=60).result(60)
    assert not isinstance(caught.value, DeadlineExceeded)


def test_the_wait_that_a_service_asked_for_survives_the_way_back(executor: Executor) -> None:
    with pytest.raises(TransientError) as caught:
        executor.submit("sample-fail", {"how": "transient"}, blobs={}, deadline_s=60).result(60)
    assert caught.value.retry_after_s == 7.0


def test_a_wrong_input_is_permanent_and_names_it(executor: Executor) -> None:
    with pytest.raises(PermanentError, match=r"'sample-square', input 'x': expected a number, received 'three'"):
        executor.submit("sample-square", {"x": "three"}, blobs={}, deadline_s=60).result(60)


def test_an_analysis_that_returns_nothing_is_told_so(executor: Executor) -> None:
    with pytest.raises(PermanentError, match="must return a Result"):
        executor.submit("sample-nothing", {}, blobs={}, deadline_s=60).result(60)


def test_an_unknown_analysis_is_refused_at_once_with_the_nearest_name(executor: Executor) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'localization'"):
        executor.submit("localisation", {}, blobs={}, deadline_s=60)


def test_a_hundred_jobs_give_a_hundred_right_answers(executor: Executor) -> None:
    jobs = [executor.submit("sample-square", {"x": x}, blobs={}, deadline_s=60) for x in range(100)]
    assert [job.result(60).values["y"].value for job in jobs] == [x * x for x in range(100)]


MAKERS: dict[str, Callable[[Cluster], Executor]] = {
    "inline": lambda cluster: InlineExecutor(),
    "local": lambda cluster: LocalExecutor(1, setup=SETUP),
    "dask": open_dask,
}


@pytest.mark.parametrize("kind", list(MAKERS))
def test_closing_ends_running_and_waiting_jobs_as_worth_trying_again(
    local: LocalExecutor, cluster: Cluster, kind: str
) -> None:
    executor = MAKERS[kind](cluster)
    jobs = [executor.submit("sample-spin", {}, blobs={}, deadline_s=60) for _ in range(3)]
    time.sleep(0.5)
    executor.close()
    for job in jobs:
        with pytest.raises(WorkerLost, match="the executor was closed"):
            job.result(10)
    with pytest.raises(WorkerLost, match="the executor was closed"):
        executor.submit("sample-square", {"x": 1}, blobs={}, deadline_s=60)
    executor.close()


def test_sky_map_bytes_reach_the_worker(executor: Executor) -> None:
    drawn = gaussian_map(50.0, 10.0, 5.0, order=4)
    content = fits_of({"UNIQ": drawn.uniq, "PROBDENSITY": drawn.density}, {})
    sky = {"type": "map", "sha256": hashlib.sha256(content).hexdigest()}
    job = executor.submit("localization", {"sky": sky}, blobs={sky["sha256"]: content}, deadline_s=60)
    assert job.result(60).values["area_90"].value == pytest.approx(drawn.area(0.9))
    without = executor.submit("localization", {"sky": sky}, blobs={}, deadline_s=60)
    with pytest.raises(PermanentError, match="were not sent along"):
        without.result(60)


@pytest.fixture(params=["local", "dask"])
def processes(request: pytest.FixtureRequest) -> Executor:
    """Those whose analyses run in other processes."""
    executor: Executor = request.getfixturevalue(request.param)
    return executor


def test_a_crashed_worker_fails_its_own_job_only(processes: Executor) -> None:
    jobs = [processes.submit("sample-square", {"x": x}, blobs={}, deadline_s=60) for x in range(10)]
    crash = processes.submit("sample-crash", {}, blobs={}, deadline_s=60)
    jobs += [processes.submit("sample-square", {"x": x}, blobs={}, deadline_s=60) for x in range(10, 20)]
    with pytest.raises(WorkerLost, match="its worker process died"):
        crash.result(60)
    assert [job.result(60).values["y"].value for job in jobs] == [x * x for x in range(20)]


def test_a_worker_killed_while_idle_does_not_end_the_executor(processes: Executor) -> None:
    pid = int(processes.submit("sample-square", {"x": 1}, blobs={}, deadline_s=60).result(60).values["pid"].value)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    for attempt in range(3):
        try:
            answer = processes.submit("sample-square", {"x": 6}, blobs={}, deadline_s=60).result(60).answer
        except TransientError:  # caught between death and notice: a caller tries again
            assert attempt < 2
            continue
        assert answer == "36"
        return


def test_jobs_run_in_other_processes_at_the_same_time(processes: Executor) -> None:
    started = time.monotonic()
    jobs = [processes.submit("sample-nap", {"wait": 1.5}, blobs={}, deadline_s=60) for _ in range(2)]
    pids = {
        processes.submit("sample-square", {"x": x}, blobs={}, deadline_s=60).result(60).values["pid"].value
        for x in range(2)
    }
    for job in jobs:
        job.result(60)
    assert os.getpid() not in pids
    assert time.monotonic() - started < 60.0


def test_an_analysis_that_needs_more_memory_than_it_may_have_ends_for_good_and_says_so(processes: Executor) -> None:
    hungry = processes.submit("sample-hungry", {"megabytes": 1000}, blobs={}, deadline_s=60)
    with pytest.raises(PermanentError, match=r"'sample-hungry' needs more memory than the 512 MB.*memory_mb"):
        hungry.result(60)
    modest = processes.submit("sample-hungry", {"megabytes": 300}, blobs={}, deadline_s=60)
    assert modest.result(60).answer == "ate 300 MB"


def test_how_far_an_analysis_is_can_be_read_while_it_runs(executor: Executor) -> None:
    job = executor.submit("sample-steps", {"steps": 4, "pause": 0.5}, blobs={}, deadline_s=60)
    seen = []
    while not job.done():
        said = job.progress()
        if said is not None and (not seen or seen[-1] != said):
            seen.append(said)
        time.sleep(0.05)
    assert job.result(1).answer == "4 steps"
    assert [(one.fraction, one.words) for one in seen] == [(n / 4, f"step {n + 1}") for n in range(4)][-len(seen) :]
    assert len(seen) >= 3
    assert job.progress() is None
