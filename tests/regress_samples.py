"""A laboratory on an index of this machine, and cases to run there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from package_index import PackageIndex

from analyses.regression.announcing import CASE, ENVIRONMENT, announce
from analyses.regression.laboratory import Laboratory
from analyses.regression.settings import RegressSettings
from kg.named_queries import get
from kg.software import graph_of, triples
from kg.store import GraphStore
from nuncius.journal import Journal

NOW = datetime(2024, 6, 1, tzinfo=UTC)

#: What the toy package gives; the script of the cases asks it.
SCRIPT = """
def compute(*, seed, scale=1.0):
    import toy

    return toy.compute(seed, scale)
"""


def toy(expression: str, before: str = "") -> str:
    """The toy package's code, which gives `{"area": expression}`."""
    return f"{before}\ndef compute(seed, scale):\n    return {{'area': {expression}}}\n"


def write_case(
    folder: Path, name: str = "area", *, expect: str = "{area: {value: 10.0, relative: 0.01}}", **more: Any
) -> Path:
    """A case on the toy package, in a folder with its script."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "toy_case.py").write_text(SCRIPT)
    words = {"depends": "[toy]", "script": "toy_case.py", "timeout_s": "60", **more}
    lines = "".join(f"{key}: {value}\n" for key, value in words.items())
    file = folder / f"{name}.yaml"
    file.write_text(f"case: {name}\nabout: an area\nexpect: {expect}\nprotects: areas\n{lines}")
    return file


def graph_asked(journal: Journal) -> Any:
    """Stored queries over what the journal says of software now."""

    def ask(name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        store = GraphStore.in_memory()
        for kind in (CASE, ENVIRONMENT):
            for stored in journal.read(0, kinds=[kind], limit=1000):
                store.replace({graph_of(stored.event): triples(stored.event)})
        return get(store, name, params)

    return ask


def make_laboratory(tmp_path: Path, journal: Journal, **settings: Any) -> Laboratory:
    """A laboratory with the cases of `tmp_path/cases`."""
    chosen = RegressSettings(testcases=(tmp_path / "cases",), **{"memory_mb": 1024, **settings})
    lab = Laboratory(journal, chosen, tmp_path, graph_asked(journal), now=lambda: NOW)
    announce(journal, lab.cases(), NOW)
    return lab


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PackageIndex]:
    """An index that uv and the versions' reader ask instead of the public one."""
    with PackageIndex() as serving:
        for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_EXTRA_INDEX_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("UV_DEFAULT_INDEX", serving.url)
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("uv-cache")))
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(proxy, raising=False)
        yield serving


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(f"sqlite:///{tmp_path / 'nuncius.db'}", synchronous="normal") as opened:
        yield opened
