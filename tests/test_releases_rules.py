"""What the shipped rules make of releases as they come, and what doctor and parse say about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from release_services import Services, playing
from rules_samples import Night
from test_releases_software import Watcher, github, pypi, zenodo

from listeners.polling.web import Web
from nuncius.cli import cli
from nuncius.core.event import Event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture
def services() -> Iterator[Services]:
    with playing() as found:
        yield found


@pytest.fixture
def web() -> Iterator[Web]:
    client = Web(wait=lambda seconds: None)
    yield client
    client.close()


def decided(events: list[Event], folder: Path, project: Path) -> list[tuple[str, str, str]]:
    """What the shipped rules on releases make of events, but for those that concern them not."""
    night = Night(folder, (project / "config" / "rules" / "releases.yaml").read_text())
    try:
        night.hears(*events)
        return [(d.rule, str(d.event_id), d.outcome) for d in night.decisions() if d.outcome != "not"]
    finally:
        night.close()


def test_the_shipped_rules_run_the_cases_for_releases_alone_and_tell_what_is_taken_back(
    services: Services, web: Web, tmp_path: Path, project: Path
) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    on_index = Watcher(pypi(services), web)
    on_index.look()
    services.upload("gammapy", "2.0rc1", NOW)
    services.upload("gammapy", "2.0", NOW)
    services.upload("gammapy", "1.0", LONG_AGO, yanked="breaks maps")
    old = services.release("gammapy/gammapy", "v1.0", LONG_AGO)
    on_github = Watcher(github(services), web)
    on_github.look()
    old["body"] = "A typing error less."
    services.release("gammapy/gammapy", "v2.0", NOW)
    services.record("42", "1", LONG_AGO)
    on_zenodo = Watcher(zenodo(services, "42"), web)
    on_zenodo.look()
    record = services.record("42", "2", NOW)
    events = [*on_index.looks(2), *on_github.looks(2), *on_zenodo.looks(2)]
    assert len(events) == 6
    assert set(decided(events, tmp_path, project)) == {
        ("release-regression", "pypi:gammapy==2.0", "fired"),
        ("release-regression", "github:gammapy/gammapy@v2.0", "unchanged"),  # the same version: run once
        ("release-taken-back", "pypi:gammapy==1.0:yanked", "fired"),
        ("data-regression", f"zenodo:{record}", "fired"),
    }


def test_parse_reads_the_same_pages_from_files(services: Services, tmp_path: Path) -> None:
    import httpx

    services.per_page = 10
    for number in range(3):
        services.release("gammapy/gammapy", f"v1.{number}", NOW)
        services.upload("gammapy", f"1.{number}", NOW)
        services.record("42", f"1.{number}", NOW)
    pages = {
        "github": "/gh/repos/gammapy/gammapy/releases",
        "pypi": "/simple/gammapy/",
        "zenodo": "/zen/api/records?q=conceptrecid:42",
    }
    for name, page in pages.items():
        (tmp_path / f"{name}.json").write_bytes(httpx.get(services.address + page).content)
    done = CliRunner().invoke(cli, ["parse", str(tmp_path)])
    assert done.exit_code == 0, done.stderr
    found = {event["id"]: event for event in map(json.loads, done.stdout.splitlines())}
    assert len(found) == len(done.stdout.splitlines()) == 9
    assert {name.partition(":")[0] for name in found} == set(pages)
    assert found["github:gammapy/gammapy@v1.0"]["received"] == "2026-11-23T12:00:00Z"  # a replay's clock goes by it


def test_doctor_names_what_is_wrong_with_releases(tmp_path: Path) -> None:
    file = tmp_path / "nuncius.toml"
    text = f'data_dir = "{tmp_path}"\n[releases]\ngithub = ["gammapy/gammapy"]\n'
    file.write_text(text + f'folders = [{{name = "responses", url = "{tmp_path}/absent"}}]\n')
    found = doctor(file)
    assert "no token" in found["github"]["reason"]
    assert found["folder responses"]["ok"] is False
    assert "github:gammapy/gammapy" in found["asked for news"]["reason"]
    assert "pypi:astropy" in found["asked for news"]["reason"]  # a test case depends on it
    file.write_text(text.replace("gammapy/gammapy", "gammapy"))
    assert "owner/name" in doctor(file)["asked for news"]["reason"]


def doctor(file: Path) -> dict[str, dict[str, object]]:
    done = CliRunner().invoke(cli, ["doctor", "--json", "--config", str(file)])
    return {finding["name"]: finding for finding in msgspec.json.decode(done.stdout)}


def test_poll_keeps_what_is_new_and_a_token_in_the_environment_alone_asks_nobody(
    services: Services, tmp_path: Path
) -> None:
    services.upload("gammapy", "1.0", datetime.now(UTC) - timedelta(days=1))
    file = tmp_path / "nuncius.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n')
    run = CliRunner(env={"GITHUB_TOKEN": "ghp_secret"})
    assert "nothing is set up" in str(run.invoke(cli, ["poll", "--config", str(file)]).exception)
    file.write_text(
        f'data_dir = "{tmp_path}"\n[releases]\ntest_cases = false\npackages = ["gammapy"]\n'
        f'index_url = "{services.address}/simple/"\n'
    )
    done = run.invoke(cli, ["poll", "--config", str(file), "--json"])
    assert done.exit_code == 0, done.output
    (asked,) = json.loads(done.stdout)
    assert (asked["source"], asked["brought"]["new"]) == ("pypi:gammapy", 1)
    assert "ghp_secret" not in done.output
