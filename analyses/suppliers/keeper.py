"""Keeps one command: a script that starts it, bounds it, and ends it with all that it started when its time is over or
when we, who hold the other end of its input, are gone. Standard library only.

It reads one line of JSON, and answers with one: {"status": 0, "late": false}. With arguments it is the first process of
a namespace that runs these.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
#: A person's Ctrl-C and a machine that stops reach us too; we go when those who hold us have gone, and take all along.
FOR_OTHERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main() -> None:
    """Start, wait, end."""
    for number in FOR_OTHERS:
        signal.signal(number, signal.SIG_IGN)
    asked = json.loads(sys.stdin.buffer.readline())
    with contextlib.suppress(OSError, AttributeError):  # Linux: orphans of the command become ours, and are found
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def bounds() -> None:
        for number in FOR_OTHERS:
            signal.signal(number, signal.SIG_DFL)
        for name, limit in asked["limits"].items():
            number = getattr(resource, f"RLIMIT_{name}")
            hard = resource.getrlimit(number)[1]
            least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            with contextlib.suppress(ValueError, OSError):  # macOS bounds no memory
                resource.setrlimit(number, (least, least))

    place = asked["place"]
    with (
        open(os.path.join(place, "stdin"), "rb") as given,
        open(os.path.join(place, "stdout"), "wb") as out,
        open(os.path.join(place, "stderr"), "wb") as err,
    ):
        try:
            process = subprocess.Popen(  # noqa: S603
                asked["argv"],
                stdin=given,
                stdout=out,
                stderr=err,
                cwd=asked["work"],
                env=asked["environment"],
                start_new_session=True,
                preexec_fn=bounds,
            )
        except OSError as error:
            print(json.dumps({"status": 127, "late": False, "error": str(error)}), flush=True)
            return
    how = wait(process, time.monotonic() + asked["seconds"])
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    status = process.wait()
    end_orphans()
    if how == "left":  # who would clear up was killed
        shutil.rmtree(place, ignore_errors=True)
        return
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps({"status": status, "late": how == "late"}), flush=True)


def wait(process: "subprocess.Popen[bytes]", deadline: float) -> str:
    """Until the command has `ended`, is `late`, or we are `left` alone with it."""
    while process.poll() is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return "late"
        if select.select([sys.stdin], [], [], min(left, 0.05))[0] and not os.read(sys.stdin.fileno(), 1):
            return "left"
    return "ended"


def end_orphans() -> None:
    """Kill what left the command's process group: Linux lists our children, orphans among them."""
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listed:
                children = [int(pid) for pid in listed.read().split()]
        except OSError:
            return
        if not children:
            return
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def first(argv: "list[str]") -> int:
    """Be the first process of a namespace, which the kernel treats apart: it would spare a command its own signals and
    leave it the dead of others. The status, of a signal 128 and its number, as shells say it."""
    try:
        command = os.posix_spawnp(argv[0], argv, os.environ)
    except OSError as error:
        print(error, file=sys.stderr)
        return 127
    while True:
        pid, status = os.wait()
        if pid == command:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(first(sys.argv[1:]))
    main()
