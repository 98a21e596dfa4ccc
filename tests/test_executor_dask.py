"""Dask workers and schedulers that die, and what of an analysis is left when nobody wants it any more."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import executor_samples
import pytest
from dask_cluster import Cluster
from test_sky import fits_of, gaussian_map

from analyses.daskexecutor import DaskExecutor, DaskJob
from analyses.settings import ExecutorSettings
from analyses.worker import Setup
from nuncius.core.errors import Cancelled, ConfigurationError, WorkerLost

SETUP = Setup.as_here([executor_samples.__name__])


@pytest.fixture(scope="module")
def machines() -> Iterator[Cluster]:
    made = Cluster(workers=0)
    yield made
    made.close()


@pytest.fixture
def cluster(machines: Cluster) -> Cluster:
    """A scheduler and two workers, whatever the test before did to them."""
    machines.mend(workers=2)
    return machines


@pytest.fixture
def dask(cluster: Cluster) -> Iterator[DaskExecutor]:
    executor = opened(cluster)
    yield executor
    executor.close()


def opened(cluster: Cluster, patience_s: float = 60.0) -> DaskExecutor:
    settings = ExecutorSettings(kind="dask", scheduler=cluster.address, patience_s=patience_s)
    return DaskExecutor(settings, setup=SETUP)


def until(true: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.05)


def noted(folder: Path) -> list[tuple[int, int]]:
    """Who has begun `sample-note`: its process, and the Dask worker above it."""
    return [(int(one), int(two)) for one, two in (file.name.split("-") for file in folder.iterdir())]


def begun(executor: DaskExecutor, folder: Path, wait: float) -> tuple[DaskJob, int, int]:
    """A job that runs for so long, its process and its worker's."""
    folder.mkdir(exist_ok=True)
    before = set(noted(folder))
    job = executor.submit("sample-note", {"folder": str(folder), "wait": wait}, blobs={}, deadline_s=100)
    until(lambda: set(noted(folder)) - before)
    ((process, worker),) = set(noted(folder)) - before
    return job, process, worker


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_cancelled_analysis_ends_on_its_machine_too(dask: DaskExecutor, tmp_path: Path) -> None:
    job, process, _ = begun(dask, tmp_path / "notes", 60.0)
    job.cancel()
    with pytest.raises(Cancelled):
        job.result(0)
    until(lambda: not alive(process), 10)


def test_what_a_killed_service_had_begun_ends_with_it(cluster: Cluster, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    code = (
        "import executor_samples, time; from analyses.daskexecutor import DaskExecutor\n"
        "from analyses.settings import ExecutorSettings; from analyses.worker import Setup\n"
        f"executor = DaskExecutor(ExecutorSettings(kind='dask', scheduler={cluster.address!r}),"
        " setup=Setup.as_here(['executor_samples']))\n"
        f"executor.submit('sample-note', {{'folder': {str(notes)!r}, 'wait': 60}}, blobs={{}}, deadline_s=100)\n"
        "time.sleep(60)\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    service = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path})
    until(lambda: noted(notes))
    service.kill()
    service.wait()
    ((process, _),) = noted(notes)
    until(lambda: not alive(process))


def test_a_job_whose_worker_is_killed_half_way_runs_again_on_another(
    cluster: Cluster, dask: DaskExecutor, tmp_path: Path
) -> None:
    job, process, worker = begun(dask, tmp_path / "notes", 3.0)
    os.kill(worker, signal.SIGKILL)
    assert job.result(60).answer == "noted"
    (first, second) = sorted(noted(tmp_path / "notes"), key=lambda pair: pair != (process, worker))
    assert first == (process, worker)
    assert second[1] != worker
    until(lambda: not alive(process))  # what the dead worker had begun does not go on beside it


def test_a_big_sky_map_is_laid_down_once_and_again_when_its_holder_dies(cluster: Cluster, dask: DaskExecutor) -> None:
    drawn = gaussian_map(50.0, 10.0, 5.0, order=6)
    content = fits_of({"UNIQ": drawn.uniq, "PROBDENSITY": drawn.density}, {})
    assert len(content) > 64 * 1024
    sky = {"type": "map", "sha256": hashlib.sha256(content).hexdigest()}

    def area() -> float:
        job = dask.submit("localization", {"sky": sky}, blobs={sky["sha256"]: content}, deadline_s=60)
        return job.result(60).values["area_90"].value

    client = dask._line.client(lambda: False)
    until(lambda: len(client.nthreads()) == 2)
    assert area() == pytest.approx(drawn.area(0.9))
    (laid,) = dask._line._maps.values()
    assert area() == pytest.approx(drawn.area(0.9))
    assert list(dask._line._maps.values()) == [laid]
    holders = {address for (address,) in [*client.who_has([laid]).values()]}
    pids = client.run(os.getpid)
    os.kill(pids[holders.pop()], signal.SIGKILL)
    until(lambda: len(client.nthreads()) == 1)
    assert area() == pytest.approx(drawn.area(0.9))


def test_jobs_outlive_a_scheduler_that_is_killed_and_comes_again(
    cluster: Cluster, dask: DaskExecutor, tmp_path: Path
) -> None:
    job, process, _ = begun(dask, tmp_path / "notes", 4.0)
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    later = dask.submit("sample-square", {"x": 7}, blobs={}, deadline_s=60)
    until(lambda: not alive(process))  # its worker ends with the scheduler
    assert not job.done()
    assert not later.done()
    cluster.start_scheduler()
    cluster.start_worker()
    assert later.result(60).answer == "49"
    assert job.result(60).answer == "noted"


def test_an_analysis_over_which_every_worker_dies_is_given_up_as_lost(dask: DaskExecutor, tmp_path: Path) -> None:
    deadly = dask.submit("sample-murder", {"folder": str(tmp_path)}, blobs={}, deadline_s=60)
    with pytest.raises(WorkerLost, match=r"'sample-murder'.* died over it"):
        deadly.result(90)
    assert len({worker for _, worker in noted(tmp_path)}) == 2


def test_a_cluster_without_workers_gives_workerlost_after_the_patience_set(cluster: Cluster) -> None:
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    executor = opened(cluster, patience_s=1.0)
    with pytest.raises(WorkerLost, match="has no worker"):
        executor.submit("sample-square", {"x": 7}, blobs={}, deadline_s=60).result(30)
    executor.close()


def test_a_job_with_a_big_sky_map_waits_for_the_first_worker(cluster: Cluster) -> None:
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    executor = opened(cluster)
    drawn = gaussian_map(50.0, 10.0, 5.0, order=6)
    content = fits_of({"UNIQ": drawn.uniq, "PROBDENSITY": drawn.density}, {})
    sky = {"type": "map", "sha256": hashlib.sha256(content).hexdigest()}
    job = executor.submit("localization", {"sky": sky}, blobs={sky["sha256"]: content}, deadline_s=60)
    until(executor.trouble)
    cluster.start_worker()
    assert job.result(60).values["area_90"].value == pytest.approx(drawn.area(0.9))
    executor.close()


def test_a_scheduler_that_stays_away_gives_workerlost_after_the_patience_set_and_submitting_never_waits(
    cluster: Cluster,
) -> None:
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    executor = opened(cluster, patience_s=1.0)
    started = time.monotonic()
    job = executor.submit("sample-square", {"x": 7}, blobs={}, deadline_s=60)
    assert time.monotonic() - started < 0.5
    with pytest.raises(WorkerLost, match=f"'sample-square': the Dask scheduler {cluster.address} cannot be reached"):
        job.result(30)
    assert "cannot be reached" in executor.trouble()
    executor.close()


def test_a_worker_that_may_start_no_processes_is_told_how_to(cluster: Cluster) -> None:
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    worker = cluster.start_worker("--nanny", daemon=True)
    executor = opened(cluster)
    with pytest.raises(ConfigurationError, match="DASK_DISTRIBUTED__WORKER__DAEMON=False"):
        executor.submit("sample-square", {"x": 7}, blobs={}, deadline_s=60).result(60)
    executor.close()
    worker.terminate()
    worker.wait()


def test_a_cluster_may_be_started_from_here() -> None:
    options = {"n_workers": 0, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
    settings = ExecutorSettings(kind="dask", cluster="distributed.LocalCluster", options=options)
    executor = DaskExecutor(settings, workers=1, setup=Setup.as_here())
    given = {"fluence": 1e-5, "redshift": 1.0}
    result = executor.submit("energetics", given, blobs={}, deadline_s=60).result(60)
    assert result.values["energy"].value > 0
    executor.close()


def test_a_cluster_that_cannot_be_imported_is_a_wrong_setting() -> None:
    executor = DaskExecutor(ExecutorSettings(kind="dask", cluster="distributed.LokalCluster"), setup=SETUP)
    with pytest.raises(
        ConfigurationError, match=r"\[executor\] cluster: 'distributed.LokalCluster' cannot be imported"
    ):
        executor.submit("sample-square", {"x": 7}, blobs={}, deadline_s=60).result(60)
    executor.close()
