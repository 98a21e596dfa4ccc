"""Runs a notebook in a kernel of its own: a script in a process that the keeper bounds. The only module that knows
nbclient.

    python run.py ASKED.json

It says on its error output which cell runs, and leaves figures and `answer.json` where it is told to.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

MB = 1024 * 1024
MAX_FIGURES = 12
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class OneKernel(KernelSpecManager):
    """Knows one kernel: ours, in the Python that the notebook wants. Those of the user are not looked at."""

    argv: tuple[str, ...] = ()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=list(self.argv), display_name="notebook", language="python")


class Client(NotebookClient):
    """Counts what cells give, because a loop that prints fills any memory."""

    most_bytes = 64 * MB
    seen_bytes = 0
    ending: asyncio.Future[None] | None = None

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if self.too_much:
            return None
        self.seen_bytes += len(json.dumps(msg["content"], default=str))
        if self.too_much:
            self.ending = asyncio.ensure_future(self.km.signal_kernel(signal.SIGKILL))
            return None
        return super().process_message(msg, cell, cell_index)

    @property
    def too_much(self) -> bool:
        """Whether the notebook gave more than may be kept; then its kernel is ended, or it would go on for ever."""
        return self.seen_bytes > self.most_bytes


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer: figures, or what went wrong where."""
    notebook = nbformat.from_dict(asked["notebook"])  # type: ignore[no-untyped-call]
    spec = OneKernel()
    spec.argv = tuple(asked["kernel"])
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=spec, transport="ipc")
    manager.connection_file = asked["connection_file"]  # its folder holds the sockets, whose names must be short
    manager.ip = asked["sockets"]
    now: dict[str, int] = {"cell": 0}

    def begins(cell: Any, cell_index: int) -> None:
        now["cell"] = cell_index + 1
        said = f"cell {cell_index + 1} of {asked['cells']}" if cell_index < asked["cells"] else "its outputs"
        print(f"{said} begins", file=sys.stderr, flush=True)
        if progress := os.environ.get("NUNCIUS_PROGRESS"):
            with contextlib.suppress(OSError):
                Path(progress).write_text(f"{cell_index / (asked['cells'] + 1):.3f} {said}\n", encoding="utf-8")

    client = Client(
        notebook,
        km=manager,
        timeout=None,
        startup_timeout=60,
        on_cell_start=begins,
        resources={"metadata": {"path": asked["work"]}},
    )
    client.most_bytes = asked["output_mb"] * MB
    answer: dict[str, Any] = {"cells": asked["cells"]}
    try:
        asyncio.run(client.async_execute())
    except (CellExecutionError, DeadKernelError) as error:
        answer["error"] = {"cell": now["cell"], **_wrong(error, client, notebook, now["cell"])}
    except (RuntimeError, OSError) as error:  # the kernel did not start
        answer["error"] = {"sort": "start", "cell": 0, "value": str(error)}
    answer["figures"] = _figures(notebook, Path(asked["place"]), asked["cells"])
    return answer


def _wrong(error: Exception, client: Client, notebook: Any, number: int) -> dict[str, Any]:
    if client.too_much:
        return {"sort": "too-much", "value": f"it gave more than {client.most_bytes // MB} MB of output"}
    if not isinstance(error, CellExecutionError):
        return {"sort": "died"}
    traceback: list[str] = next(
        (out.traceback for out in notebook.cells[number - 1].get("outputs", []) if out.output_type == "error"), []
    )
    plain = [_COLOURS.sub("", frame) for frame in traceback]
    own = next((frame for frame in reversed(plain) if frame.startswith("Cell In[")), "")  # not those of libraries
    last = plain[-1] if plain else ""
    lines = [*own.splitlines()[:8], *last.splitlines()[-4:]]
    return {"sort": "raised", "name": error.ename, "value": error.evalue[:1000], "traceback": "\n".join(lines)}


def _figures(notebook: Any, place: Path, count: int) -> list[dict[str, str]]:
    """PNG pictures of the cells, written as files, with what the notebook says of them."""
    found: list[dict[str, str]] = []
    prose = ""
    for number, cell in enumerate(notebook.cells[:count], 1):
        if cell.cell_type == "markdown":
            prose = cell.source
        for out in cell.get("outputs", []):
            png = out.get("data", {}).get("image/png") if hasattr(out, "get") else None
            if png and len(found) < MAX_FIGURES:
                file = f"figure-{len(found) + 1}.png"
                (place / file).write_bytes(base64.b64decode("".join(png)))
                found.append({"file": file, "cell": str(number), "source": cell.source, "prose": prose})
    return found


if __name__ == "__main__":
    order = json.loads(Path(sys.argv[1]).read_bytes())
    Path(order["answer"]).write_text(json.dumps(main(order)), encoding="utf-8")
