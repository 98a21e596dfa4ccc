"""Whether analyses run at all: a small one is sent to the executor, and its answer must come back."""

from __future__ import annotations

import time

from analyses.checks.contract import Finding, Platform, check
from nuncius.core.errors import NunciusError

#: An analysis that takes milliseconds, with inputs that are always good.
TRIAL = "energetics"
INPUTS = {"fluence": 1e-5, "redshift": 1.0}
DEADLINE_S = 30.0
#: Above that it may be busy with long analyses; that is no fault.
WAIT_S = 60.0


@check("executor", about="A small analysis comes back from the worker processes", deadline_s=90.0, proves=("analyses",))
def executor(platform: Platform) -> Finding:
    """Where there is no service at hand, worker processes are started for it."""
    from analyses.executor import LocalExecutor

    own = LocalExecutor(1) if platform.executor is None else None
    workers = platform.executor or own
    assert workers is not None
    begun = time.monotonic()
    try:
        job = workers.submit(TRIAL, INPUTS, blobs={}, deadline_s=DEADLINE_S)
        result = job.result(WAIT_S)
    except TimeoutError:
        if why := workers.trouble():
            mend = "start the Dask scheduler and workers, or mend `scheduler` in [executor]"
            return Finding(name="executor", ok=False, reason=why, mend=mend)
        return Finding(name="executor", ok=None, reason=f"all workers were busy for {WAIT_S:g} s")
    except NunciusError as error:
        mend = "restart the service; is there memory left, and room in the folder for temporary files?"
        return Finding(name="executor", ok=False, reason=str(error), mend=mend)
    finally:
        if own is not None:
            own.close()
    took = time.monotonic() - begun
    if "energy" not in result.values:
        return Finding(
            name="executor", ok=False, reason=f"{TRIAL} came back without an energy", mend="reinstall Nuncius"
        )
    return Finding(name="executor", ok=True, reason=f"{TRIAL} in {took:.2f} s", values={"took_s": round(took, 3)})
