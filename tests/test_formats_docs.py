"""The generated page of notice types lists what the catalogue holds, and the formats' page names every format."""

from __future__ import annotations

from pathlib import Path

import listeners.formats
from benchmarks.notice_types import catalogue_rows
from nuncius.core.registry import discover


def test_the_page_of_notice_types_is_current(project: Path) -> None:
    page = (project / "docs" / "notice-types.md").read_text()
    missing = [row for row in catalogue_rows() if row not in page]
    assert missing == [], "run: python -m benchmarks.notice_types --data FOLDER > docs/notice-types.md"


def test_every_format_module_is_documented(project: Path) -> None:
    page = (project / "docs" / "events.md").read_text()
    names = [module.__name__.rpartition(".")[2] for module in discover(listeners.formats)]
    assert [name for name in names if f"`{name}.py`" not in page] == []
