"""What a terminal shows beyond the contract: pictures in colour, no control characters, saved files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_samples import OBJECT, T0, courier, drain, know, notice, open_journal, picture, png, report
from rich.console import Console

from chat.apprise_settings import AppriseSettings
from chat.half_blocks import half_blocks
from chat.mail_settings import EmailSettings
from chat.slack import SlackSettings
from chat.targets import KNOWN, Means, open_targets
from chat.terminal import TerminalTarget
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import ConfigurationError
from nuncius.core.report import Report
from nuncius.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "grb170817a")
        yield opened


def shown(journal: Journal, folder: Path, *reports: Report, colour: bool = False, width: int = 100) -> str:
    out, clock = io.StringIO(), VirtualClock(T0)
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None, _environ={}
    )
    journal.enqueue([("terminal", item) for item in reports], now=T0)
    drain(courier(journal, TerminalTarget(console, folder / "pictures"), clock), clock)
    return out.getvalue()


def test_a_picture_is_saved_and_its_path_is_shown(journal: Journal, tmp_path: Path) -> None:
    text = shown(journal, tmp_path, report(pictures=[picture(journal)]), width=300)
    (path,) = (tmp_path / "pictures").iterdir()
    assert path.read_bytes() == png()
    assert str(path) in text
    assert "Map of the sky, all navy" in text
    assert "▀" not in text


def test_a_picture_is_drawn_where_colours_can_be_shown(journal: Journal, tmp_path: Path) -> None:
    text = shown(journal, tmp_path, report(pictures=[picture(journal)]), colour=True)
    # Navy is (0, 0, 128), in both halves of each character.
    assert "\x1b[38;2;0;0;128;48;2;0;0;128m▀" in text


def test_half_blocks_keep_the_proportions_of_the_picture() -> None:
    drawn = half_blocks(png(size=(120, 60)), 40)
    assert drawn is not None
    lines = drawn.plain.splitlines()
    assert {len(line) for line in lines} == {40}
    assert len(lines) == 10  # 40 x 20 pixels, two a character


def test_bytes_that_are_no_picture_are_not_drawn() -> None:
    assert half_blocks(b"SIMPLE = T", 40) is None


def test_an_alert_cannot_drive_the_terminal(journal: Journal, tmp_path: Path) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07 [bold]x[/bold] \u202eabc \x9b31m"
    item = report(title=evil, text=evil, caveats=[evil], rule=evil)
    text = shown(journal, tmp_path, item)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    assert "[bold]x[/bold]" in text


def test_the_head_is_printed_once_and_again_only_when_it_means_something_else(journal: Journal, tmp_path: Path) -> None:
    text = shown(journal, tmp_path, report(), report("k2", slot="b"), report("k3", slot="c"))
    assert text.count("G298048: gamma-ray burst") == 1


def test_targets_are_opened_by_name_and_a_typo_gets_a_hint(tmp_path: Path) -> None:
    slack = SlackSettings(token="x", channel="C0ALERTS")
    email = EmailSettings(host="localhost", from_="nuncius@example.org")
    means = Means(
        slack=slack, email=email, apprise={"hook": AppriseSettings(url="json://localhost")}, data_dir=tmp_path
    )
    opened = open_targets([*KNOWN, "hook", "web"], means)
    assert [target.name for target in opened] == [*KNOWN, "hook"]
    with pytest.raises(ConfigurationError, match="did you mean 'slack'"):
        open_targets(["slak"], means)
    for name in ("slack", "email"):
        with pytest.raises(ConfigurationError, match=rf"\[{name}\]"):
            open_targets([name], Means())
