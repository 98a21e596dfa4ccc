"""Real releases of real packages, from the package index: skipped where it cannot be reached. Pairs of versions whose
results truly differ, found by running them; docs/regression.md tells more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def regress(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`nuncius regress` as a process, because sockets are shut in this one."""
    folder = tmp_path_factory.mktemp("real")
    environment = {**os.environ, "NUNCIUS_DATA_DIR": str(folder)}

    def run(*words: str) -> Any:
        command = [sys.executable, "-c", "from nuncius.cli import main; main()", "regress", *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, timeout=280)
        if done.returncode == 2 and "cannot be asked" in done.stderr:
            pytest.skip("the package index cannot be reached")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    return run


def test_scipy_1_11_changed_the_integral_of_a_light_curve(regress: Any) -> None:
    (outcome,) = regress("light-curve-fluence", "--package", "scipy", "--new", "1.11.1")
    assert (outcome["verdict"], outcome["old_version"]) == ("changed", "1.10.1")  # 1.11.0 was yanked
    fluence = outcome["quantities"][0]
    assert fluence["old"]["mean"] == pytest.approx(1.98389817, abs=1e-8)
    assert fluence["new"]["mean"] == pytest.approx(1.98273570, abs=1e-8)
    assert fluence["mended"]


def test_astropy_6_1_reads_the_fourth_number_of_a_cosmology_as_another_parameter(regress: Any) -> None:
    said = regress(
        "dark-energy-by-position", "dark-energy-distance", "--package", "astropy", "--new", "6.1.0", "--old", "6.0.1"
    )
    by_position, by_name = said
    assert (by_position["verdict"], by_name["verdict"]) == ("changed", "equal")
    (modulus,) = by_position["quantities"]
    assert modulus["new"]["mean"] - modulus["old"]["mean"] == pytest.approx(0.04457, abs=1e-5)


def test_the_first_version_that_differs_is_found_in_few_builds(regress: Any) -> None:
    found = regress("light-curve-fluence", "--bisect", "scipy", "--good", "1.10.0", "--bad", "1.11.4")
    assert (found["first"], found["last_good"]) == ("1.11.1", "1.10.1")
    assert found["skipped"]["1.11.0"] == "yanked"
    assert len(found["looked"]) <= 5


@pytest.fixture(autouse=True)
def _reachable() -> None:
    """Skip at once where nothing answers."""
    tried = "import requests, pypi_simple as p; requests.head(p.PYPI_SIMPLE_ENDPOINT, timeout=10)"
    if subprocess.run([sys.executable, "-c", tried], capture_output=True).returncode:
        pytest.skip("the package index cannot be reached")
