"""What is installed is what was tested: the built wheel carries all data and works away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

PACKAGES = ("nuncius", "listeners", "kg", "analyses", "reactors", "chat", "console", "config")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """The wheel, built from the checkout without a network and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(project)]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def nuncius(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line of the wheel, from its own folder."""
    command = [sys.executable, "-P", "-m", "nuncius.cli", *arguments]
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=site, env=environment)


def test_the_wheel_holds_every_file_of_the_packages(installed: Path, project: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=project, capture_output=True, text=True, check=False)
    files = tracked.stdout.split()
    if not files:
        pytest.skip("not a git checkout: nothing to compare with")
    assert [name for name in files if not (installed / name).exists()] == []


def test_the_wheel_parses_and_knows_its_rules_away_from_the_checkout(installed: Path) -> None:
    parsed = nuncius(installed, "parse", str(installed / "config" / "demo" / "2017-08-17"))
    assert parsed.returncode == 0, parsed.stderr
    assert len([json.loads(line) for line in parsed.stdout.splitlines()]) == 16
    checked = nuncius(installed, "rules", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert str(installed) in nuncius(installed, "rules", "check", "--json").stdout


def test_no_other_distribution_owns_our_package_names() -> None:
    owners = {
        (name, distribution.metadata["Name"])
        for distribution in distributions()
        for file in distribution.files or ()
        if (name := file.parts[0]) in PACKAGES and distribution.metadata["Name"] != "nuncius"
    }
    assert owners == set()
