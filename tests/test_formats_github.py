"""Releases as GitHub's webhooks tell them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listeners.formats import Message, parse
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def told(action: str, *, draft: bool = False, name: str = "oda-hub/oda_api", tag: str = "v1.3.6") -> Event:
    release = {
        "tag_name": tag,
        "draft": draft,
        "published_at": "2026-11-20T10:00:00Z",
        "html_url": "https://example.org/r",
    }
    body = {"action": action, "release": release, "repository": {"full_name": name}}
    (event,) = parse(Message(raw=json.dumps(body).encode(), received=NOW))
    return event


def test_a_release_names_its_package_and_version() -> None:
    event = told("published")
    assert (event.id, event.kind) == ("github:oda-hub/oda_api@v1.3.6", "release.code")
    assert (event.data["package"], event.data["version"]) == ("oda-api", "1.3.6")
    assert event.trigger_time == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_one_release_told_several_times_is_one_event() -> None:
    assert len({told(action).id for action in ("created", "published", "released")}) == 1


def test_a_draft_is_planned_an_edit_an_update_and_a_deletion_a_retraction() -> None:
    assert told("created", draft=True).tense is Tense.PLANNED
    assert told("edited").tense is Tense.UPDATE
    assert told("deleted").tense is Tense.RETRACTION
    assert len({told("created", draft=True).id, told("edited").id, told("deleted").id, told("published").id}) == 4


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"action": "starred", "release": {}, "repository": {}}, "the action is one of"),
        ({"action": "published", "release": {}, "repository": {"full_name": "a/b"}}, "tag_name"),
        ({"action": "published", "release": [], "repository": {}}, "are objects"),
    ],
)
def test_what_is_no_release_is_refused_with_what_was_received(body: dict[str, object], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        parse(Message(raw=json.dumps(body).encode(), received=NOW))


def test_every_example_that_github_publishes_is_read(shared_data: Path) -> None:
    """Payload examples of octokit/webhooks."""
    files = sorted(
        (shared_data / "papers_releases" / "github-release-webhooks").glob("payload-examples/*/release/*.json")
    )
    assert len(files) >= 13
    events = [event for file in files for event in parse(Message(raw=file.read_bytes(), received=NOW))]
    assert {event.kind for event in events} == {"release.code"}
    assert {event.tense for event in events} == {Tense.INITIAL, Tense.UPDATE, Tense.RETRACTION}
