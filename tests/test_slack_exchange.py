"""The exchange in the documentation is what happens."""

from __future__ import annotations

import write_slack_exchange


def test_the_night_on_slack_in_the_docs_is_what_happens() -> None:
    shown = write_slack_exchange.FILE.read_text(encoding="utf-8")
    assert shown == write_slack_exchange.exchange(), "run python tests/write_slack_exchange.py"
    told = shown.partition("## 1.")[2]
    for step in ("That is for reviewers", "Approved by Ann", "Draft circular: ", "Withdrawn: ", "Too late"):
        assert step in told
