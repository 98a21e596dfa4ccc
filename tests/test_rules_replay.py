"""Rules that wait, through `nuncius replay`: the shipped night, its windows closed at the end, the same whenever it is
replayed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nuncius.replaying import replay, replay_settings

RULES = """
rule: together
when: {gw: lvk.alert, grb: gcn.notice.fermi.gbm}
within: 10s
do:
  - post: "${gw.name} and ${grb.name}"
---
rule: nobody-looked
when: lvk.alert
within: 30d
without: {nu: gcn.notice.icecube}
do:
  - post: "no neutrino for ${ev.name}"
---
rule: daily
when: {every: 1d}
do:
  - post: "a day has passed"
"""


def told(folder: Path, project: Path) -> dict[str, list[str]]:
    folder.mkdir()
    (folder / "rules.yaml").write_text(RULES)
    app, _, _ = replay(replay_settings(folder, [folder / "rules.yaml"]), [project / "config" / "demo" / "2017-08-17"])
    try:
        found: dict[str, list[str]] = {"together": [], "nobody-looked": [], "daily": []}
        for stored in app.journal.reports(limit=1000):
            found[stored.report.rule].append(stored.report.title)
        # A run that comes before the last one's words have left replaces them, so runs are counted by decisions.
        found["daily"] = [d.outcome for d in app.journal.decisions(rule="daily", limit=5000)]
        return found
    finally:
        app.close()


@pytest.mark.slow
def test_a_replay_correlates_closes_windows_and_keeps_schedules(tmp_path: Path, project: Path) -> None:
    once, again = told(tmp_path / "a", project), told(tmp_path / "b", project)
    assert once == again, (once, again)
    assert once["together"]
    assert set(once["together"]) == {"G298048 and Fermi GBM 524666471"}  # as they were called then
    assert any("no neutrino for" in title for title in once["nobody-looked"])
    assert 30 <= len(once["daily"]) <= 40, "from the first event on, not from the beginning of the clock"


def test_a_replay_of_the_past_neither_asks_the_package_index_nor_looks_at_the_platform_of_today(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")  # nobody is there: whoever asks it fails
    page: dict[str, object] = {"name": "scipy", "meta": {"api-version": "1.1"}, "versions": ["1.11.1"]}
    file = {"filename": "scipy-1.11.1-py3-none-any.whl", "url": "x", "hashes": {}, "size": 1, "yanked": False}
    page["files"] = [file | {"upload-time": "2017-08-20T00:00:00Z"}]
    (tmp_path / "scipy.json").write_text(json.dumps(page))
    shipped = project / "config" / "rules"
    app, _, _ = replay(
        replay_settings(tmp_path / "data", [shipped / "releases.yaml", shipped / "nightly-check.yaml"]),
        [project / "config" / "demo" / "2017-08-17", tmp_path / "scipy.json"],
    )
    titles = {stored.report.title for stored in app.journal.reports()}
    reactions = {one.rule: one.state for one in app.journal.reactions(limit=10_000)}
    app.close()
    assert titles == {
        "scipy 1.11.1: no test case is run in a replay of the past; `nuncius regress` runs them",
        "Checks (all): none is made in a replay of the past",
    }
    assert set(reactions.values()) <= {"done", "superseded"}
    assert not (tmp_path / "data" / "environments").exists()
