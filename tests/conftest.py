"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["fixtures_journal"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real alerts, circulars and gold tables: NUNCIUS_DATA, else `../shared/data` beside the
    checkout. It is not part of the project, so tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("NUNCIUS_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "README.md").exists():
        pytest.skip(f"no real data at {folder}; set NUNCIUS_DATA to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT
