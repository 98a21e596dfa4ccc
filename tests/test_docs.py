"""The documentation says what is true: settings, commands, links and shipped data."""

from __future__ import annotations

import re
from pathlib import Path

import write_demo_night
import write_settings_doc
from click.testing import CliRunner

from nuncius.cli import SUMMARIES, Lazy, cli


def test_every_setting_is_documented_and_the_page_is_up_to_date(project: Path) -> None:
    for heading, struct in write_settings_doc.sections():
        for name, default, doc in write_settings_doc.fields(struct):
            section = not heading and name in {h for h, _ in write_settings_doc.sections()}
            assert doc or section, f"{heading}.{name} (default {default!r}) has no docstring"
    shown = (project / "docs" / "settings.md").read_text(encoding="utf-8")
    assert shown == write_settings_doc.page(), "run python tests/write_settings_doc.py"


def test_every_command_has_a_summary_and_help_with_an_example() -> None:
    assert isinstance(cli, Lazy)
    names = cli.list_commands(None)  # type: ignore[arg-type]
    assert set(names) == set(SUMMARIES)
    for name in names:
        result = CliRunner().invoke(cli, [name, "-h"])
        assert result.exit_code == 0, result.output
        assert "xample" in result.output, f"nuncius {name} -h shows no example"


def test_links_between_documents_lead_somewhere(project: Path) -> None:
    pages = [project / "README.md", *(project / "docs").glob("*.md")]
    missing = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_page_of_the_documentation_is_reached_from_the_readme(project: Path) -> None:
    pages = [project / "README.md", *(project / "docs").glob("*.md")]
    linked = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    lonely = [page.name for page in (project / "docs").glob("*.md") if f"{page.name})" not in linked]
    assert lonely == []


def test_the_shipped_night_is_what_its_writer_writes(project: Path) -> None:
    folder = project / "config" / "demo" / "2017-08-17"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == write_demo_night.night()
