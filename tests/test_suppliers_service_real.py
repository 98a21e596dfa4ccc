"""A real nb2workflow service, in an environment and a process of its own (it is GPL, and no dependency): started where
the package index can be reached, skipped where not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from uv import find_uv_bin

from analyses import suppliers
from analyses.regression.environments import index_address
from analyses.run import run
from analyses.suppliers.options import documents
from nuncius.core.errors import PermanentError

CELLS = [
    ("parameters", "radius = 3.0 # oda:AngleDegrees; oda:upper_limit 10.\nmode = 'fine'\nenergies = [20.0, 40.0]\n"),
    ("", "if radius < 0: raise ValueError('a radius below zero')\n"),
    ("", "rate, rate_error, figure, series = radius * len(energies), 0.5, 'figure.png', [1.0, float('nan')]\n"
         "from PIL import Image; Image.new('RGB', (8, 8)).save(figure)\n"),
    ("outputs", "rate # oda:Float; oda:unit unit:Hz\nrate_error\nfigure # oda:ODAPictureProduct\nseries\n"),
]  # fmt: skip


def notebook() -> str:
    cells = [
        {"cell_type": "code", "id": f"cell{n}", "metadata": {"tags": [tag] if tag else []}, "source": source,
         "outputs": [], "execution_count": None}
        for n, (tag, source) in enumerate(CELLS)
    ]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("service")
    python = installed(place / "environment")
    (place / "image.ipynb").write_text(notebook(), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(place)}
    with (place / "log").open("wb") as said:
        process = subprocess.Popen(
            [python, "-m", "nb2workflow.service", "--port", str(port), "--async-workers", "2", "image.ipynb"],
            cwd=place, env=found, stdout=said, stderr=said,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}", process, place / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def installed(folder: Path) -> Path:
    """The Python of an environment with nb2workflow. Not all that it needs comes as wheels, and it does not name all
    that it needs, so uv is asked here and not by way of our environments for regression runs."""
    python = folder / "bin" / "python"
    address = index_address()
    around = os.environ | ({"UV_DEFAULT_INDEX": address} if address else {})
    wanted = ["nb2workflow[service]==1.3.118", "six", "ipykernel", "pillow"]
    for command in (
        ["venv", "--python", sys.executable, str(folder)],
        ["pip", "install", "--python", str(python), *wanted],
    ):
        made = subprocess.run(
            [find_uv_bin(), "--quiet", *command], env=around, capture_output=True, text=True, timeout=300, check=False
        )
        if made.returncode:
            pytest.skip(f"nb2workflow cannot be installed here: {made.stderr[-300:]}")
    return python


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"nb2workflow ended: {log.read_text()[-2000:]}")
        try:
            httpx.get(f"{url}/api/v1.0/options", timeout=5)
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"nb2workflow did not answer: {log.read_text()[-2000:]}")


@pytest.mark.slow
def test_a_real_service_tells_its_notebooks_runs_them_and_fails_in_its_ways(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = documents(httpx.get(f"{service}/api/v1.0/options").json(), service)
    (tmp_path / "waiting.yaml").write_text(told, encoding="utf-8")
    monkeypatch.setenv(suppliers.VARIABLE, str(tmp_path))
    assert suppliers.problems() == ()
    assert suppliers.supplied()["image"].parameters["radius"].unit == "deg"
    assert suppliers.supplied()["image"].parameters["radius"].upper == 10.0
    result = run("image", {"radius": "300 arcmin"}, {})
    assert str(result.values["rate"]) == "10 ± 0.5 Hz"
    assert result.figures[0].png.startswith(b"\x89PNG")
    again = run("image", {"radius": 5}, {})
    assert any("from an earlier, equal request" in caveat for caveat in again.caveats)
    with pytest.raises(PermanentError, match="its notebook failed: ValueError: a radius below zero"):
        run("image", {"radius": -1}, {})
