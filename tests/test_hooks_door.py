"""The webhooks' door over HTTP on loopback, as GitHub, Flux, Alertmanager and CloudEvents senders knock."""

from __future__ import annotations

import base64
import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from console_site import Answer, Site, running, signature

from console.hook_settings import HookSettings
from console.pace import Pace
from console.server import WebSettings
from listeners.files import walk
from nuncius.core.errors import ConfigurationError, FormatError, TransientError
from nuncius.core.event import Event, iso
from nuncius.hooks_checkup import hook_findings
from nuncius.journal import Journal
from nuncius.replaying import replay_rejects
from nuncius.settings import Settings

GITHUB, FLUX, ALERTS, CLOUD = (f"{name}-secret-0123456789" for name in ("github", "flux", "alerts", "cloud"))
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(f"sqlite:///{tmp_path / 'j.db'}") as journal:
        yield journal


@pytest.fixture
def site(book: Journal, tmp_path: Path) -> Iterator[Site]:
    token = tmp_path / "ci-token"
    token.write_text("ci-secret-0123456789\n")
    settings = HookSettings(
        github_secret=GITHUB,
        flux_secret=FLUX,
        alertmanager_token=ALERTS,
        cloudevents_token=CLOUD,
        senders={"ci": token},
        kinds={"ci": ("custom.build",)},
        max_bytes=64 * 1024,
    )
    with running(book, hooks=settings) as found:
        yield found


def github(site: Site, body: bytes, event: str = "release", *, sign: str | None = None, **headers: str) -> Answer:
    told = {"X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e", "Content-Type": "application/json", **headers}
    told["X-Hub-Signature-256"] = signature(GITHUB, body) if sign is None else sign
    return site.ask("POST", "/hooks/github", body, told)


def cloud(site: Site, event: Any, sender: str = "cloudevents", token: str = CLOUD, **headers: str) -> Answer:
    sort = "application/cloudevents-batch+json" if isinstance(event, list) else "application/cloudevents+json"
    told = {"Content-Type": sort, "Authorization": f"Bearer {token}", **headers}
    return site.ask("POST", f"/hooks/{sender}", json.dumps(event).encode(), told)


def an_event(**changes: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "1", "source": "/ci", "type": "custom.build", "data": {"ok": True}, **changes}


def release(tag: str = "v1.3.6") -> bytes:
    body = {"action": "published", "release": {"tag_name": tag}, "repository": {"full_name": "oda-hub/oda_api"}}
    return json.dumps(body).encode()


def events(journal: Journal) -> list[Event]:
    return [stored.event for stored in journal.read(0)]


# --- who comes in ---


def test_nobody_is_let_in_where_no_secret_is_set(book: Journal) -> None:
    with running(book) as closed:
        for name in ("github", "flux", "alertmanager", "cloudevents", "anybody"):
            assert closed.ask("POST", f"/hooks/{name}", b"{}").status == 404
    assert events(book) == []


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("github", {}, 401),
        ("github", {"X-Hub-Signature-256": signature("another-secret-123", b"{}")}, 403),
        ("github", {"X-Hub-Signature-256": signature(GITHUB, b"{ }")}, 403),
        ("github", {"X-Hub-Signature-256": "sha1=" + "0" * 40}, 403),
        ("github", {"X-Hub-Signature-256": "sha256=é"}, 403),
        ("flux", {"X-Signature": "sha256="}, 403),
        ("flux", {"X-Hub-Signature-256": signature(FLUX, b"{}")}, 401),
        ("alertmanager", {"Authorization": "Bearer wrong"}, 403),
        ("alertmanager", {"Authorization": f"Digest {ALERTS}"}, 403),
        ("alertmanager", {"Authorization": "Basic !!!"}, 403),
        ("cloudevents", {"Authorization": f"Bearer {GITHUB}"}, 403),
        ("cloudevents", {}, 401),
        ("nobody", {"Authorization": f"Bearer {CLOUD}"}, 404),
    ],
)
def test_who_cannot_prove_who_they_are_is_refused_and_leaves_nothing(
    site: Site, book: Journal, path: str, headers: dict[str, str], status: int
) -> None:
    told = {name: value.encode("utf-8") for name, value in headers.items()}
    assert site.ask("POST", f"/hooks/{path}", b"{}", told).status == status  # type: ignore[arg-type]
    assert book.last_seq() == 0
    assert book.rejects() == []


def test_secrets_are_never_logged_or_shown(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cloud(site, an_event(), token="wrong-token-0123456")
    cloud(site, an_event())
    said = caplog.text + repr(HookSettings(github_secret=GITHUB, cloudevents_token=CLOUD))
    said += repr(HookSettings(github_secret=GITHUB).open_to())
    assert "refused from 127.0.0.1" in caplog.text
    assert not any(secret in said for secret in (GITHUB, CLOUD, "wrong-token"))


def test_who_is_refused_again_and_again_is_not_listened_to(site: Site) -> None:
    answers = [cloud(site, an_event(), token="wrong") for _ in range(32)]
    assert [answer.status for answer in answers[:30]] == [403] * 30
    assert answers[-1].status == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


# --- GitHub ---


def test_a_release_is_journalled_before_it_is_answered_and_told_again_is_known(site: Site, book: Journal) -> None:
    first = github(site, release())
    assert (first.status, first.json["events"], first.json["new"]) == (202, ["github:oda-hub/oda_api@v1.3.6"], 1)
    assert [e.kind for e in events(book)] == ["release.code"]
    again = github(site, release())
    assert (again.status, again.json["new"]) == (200, 0)
    assert book.last_seq() == 1


def test_a_ping_and_events_of_no_matter_are_answered_and_forgotten(site: Site, book: Journal) -> None:
    for event in ("ping", "push"):
        answer = github(site, b'{"zen": "Keep it logically awesome."}', event)
        assert (answer.status, answer.json) == (200, {"ignored": event})
    assert (book.last_seq(), book.rejects()) == (0, [])


def test_githubs_form_is_read_too(site: Site) -> None:
    body = urlencode({"payload": release().decode()}).encode()
    answer = github(site, body, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.json["events"] == ["github:oda-hub/oda_api@v1.3.6"]


def test_a_deployment_that_ended_is_an_event_and_one_under_way_is_none(site: Site, book: Journal) -> None:
    body = json.loads((GOLDEN / "json_github_deployment.json").read_bytes())
    body["deployment_status"]["state"] = "in_progress"
    assert github(site, json.dumps(body).encode(), "deployment_status").status == 200
    body["deployment_status"]["state"] = "failure"
    assert github(site, json.dumps(body).encode(), "deployment_status").status == 202
    assert [(e.kind, e.data["service"], e.data["platform"]) for e in events(book)] == [
        ("platform.unhealthy", "frontend", "production")
    ]


@pytest.mark.shared_data
def test_githubs_own_examples_of_releases_are_taken(site: Site, book: Journal, shared_data: Path) -> None:
    # octokit/webhooks: payload examples of GitHub's event `release`.
    folder = shared_data / "papers_releases" / "github-release-webhooks" / "payload-examples"
    bodies = [file.read_bytes() for file in sorted(folder.rglob("*.json"))]
    answers = [github(site, body) for body in bodies]
    assert len(answers) >= 12
    assert {answer.status for answer in answers} <= {200, 202}
    assert [github(site, body).status for body in bodies] == [200] * len(bodies)
    assert {event.kind for event in events(book)} == {"release.code"}
    assert book.rejects() == []


# --- Flux and Alertmanager ---


def test_flux_tells_what_runs_and_what_fails(site: Site, book: Journal) -> None:
    for name, method in (("json_flux_deployed.json", "sha256"), ("json_flux_error.json", "sha512")):
        body = (GOLDEN / name).read_bytes()
        headers = {"X-Signature": signature(FLUX, body, method), "Gotk-Component": "kustomize-controller"}
        assert site.ask("POST", "/hooks/flux", body, headers).status == 202
        assert site.ask("POST", "/hooks/flux", body, headers).status == 200
    told = [(e.kind, e.data["platform"], e.data["service"], e.data["version"]) for e in events(book)]
    assert told == [
        ("platform.deployed", "staging", "dispatcher", "main@sha1:4c1e0b7"),
        ("platform.unhealthy", "mmoda", "frontend", "2.4.1"),
    ]


def test_an_alert_is_one_event_however_often_it_is_repeated_and_one_more_when_resolved(
    site: Site, book: Journal
) -> None:
    body = json.loads((GOLDEN / "json_alertmanager.json").read_bytes())
    basic = base64.b64encode(f"prometheus:{ALERTS}".encode()).decode()
    ways = [{"Authorization": f"Bearer {ALERTS}"}, {"Authorization": f"Basic {basic}"}]
    statuses = [site.ask("POST", "/hooks/alertmanager", json.dumps(body), way).status for way in ways * 2]
    assert statuses == [202, 200, 200, 200]
    body["alerts"][0] |= {"status": "resolved", "endsAt": "2026-01-01T07:20:00Z"}
    assert site.ask("POST", "/hooks/alertmanager", json.dumps(body), ways[0]).json["new"] == 1
    kinds = [(e.kind, e.data["service"]) for e in events(book)]
    assert kinds == [
        ("platform.unhealthy", "dispatcher"),
        ("platform.recovered", "10.0.0.7:8000"),
        ("platform.recovered", "dispatcher"),
    ]


# --- CloudEvents ---


def test_a_structured_event_keeps_its_words_and_gets_an_id_of_its_sender(site: Site, book: Journal) -> None:
    before = datetime.now(UTC)
    told = an_event(time="1999-01-01T00:00:00Z", subject="images/nuncius", id="timer:abc")
    assert cloud(site, told).json["events"] == ["hook:cloudevents:/ci#timer:abc"]
    (event,) = events(book)
    assert (event.kind, event.source, event.object) == ("custom.build", "hooks/cloudevents", None)
    assert event.data == {"subject": "images/nuncius", "ok": True, "sender": "cloudevents", "origin": "/ci"}
    assert event.received >= before, "when it came is ours to say"
    assert event.trigger_time == datetime(1999, 1, 1, tzinfo=UTC)


def test_binary_mode_is_the_same_event_and_is_kept_so_that_it_can_be_parsed_again(site: Site, book: Journal) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/ci%20x", "ce-type": "custom.build"}
    headers |= {"Content-Type": "application/json", "Authorization": f"Bearer {CLOUD}"}
    assert site.ask("POST", "/hooks/cloudevents", b'{"ok": true}', headers).status == 202
    assert cloud(site, an_event(source="/ci x")).status == 200, "it is known already"
    (event,) = events(book)
    assert json.loads(event.raw)["data"] == {"ok": True}


def test_the_handshake_is_answered_to_who_may_send_cloudevents(site: Site) -> None:
    def asked(path: str, origin: str) -> tuple[int, str | None, str | None]:
        answer = site.ask("OPTIONS", path, headers={"WebHook-Request-Origin": origin})
        allowed = answer.headers.get("webhook-allowed-origin"), answer.headers.get("webhook-allowed-rate")
        return answer.status, *allowed

    assert asked("/hooks/ci", "events.example.org") == (200, "events.example.org", "600")
    assert asked("/hooks/github", "events.example.org") == (404, None, None)
    assert asked("/hooks/nobody", "events.example.org") == (404, None, None)
    assert asked("/hooks/ci", "<script>") == (404, None, None)


def test_of_a_batch_the_good_ones_are_kept_and_the_bad_ones_named(site: Site, book: Journal) -> None:
    answer = cloud(site, [an_event(), an_event(id="2"), an_event(id="3", type="lvk.alert.initial"), {"nothing": 1}])
    assert answer.status == 202
    assert answer.json["events"] == ["hook:cloudevents:/ci#1", "hook:cloudevents:/ci#2"]
    assert len(answer.json["rejected"]) == 2
    assert len(book.rejects()) == 2
    assert cloud(site, []).status == 200


@pytest.mark.parametrize(
    "kind", ["timer", "kg.fact", "object.joined", "feed.silent", "platform.rules", "platform.check"]
)
def test_what_nuncius_says_itself_cannot_be_said_by_others(site: Site, book: Journal, kind: str) -> None:
    answer = cloud(site, an_event(type=kind))
    assert answer.status == 422
    assert book.last_seq() == 0
    assert "hooks/cloudevents" in book.rejects()[0].reason


def test_alerts_of_the_sky_and_retractions_cannot_be_sent_from_outside(site: Site, book: Journal) -> None:
    assert cloud(site, an_event(type="lvk.alert.initial")).status == 422
    assert cloud(site, an_event(tense="retraction")).status == 422
    assert cloud(site, an_event(data={"alert_type": "retraction"})).status == 422
    assert book.last_seq() == 0


def test_a_sender_of_its_own_may_say_only_what_is_set(site: Site) -> None:
    token = "ci-secret-0123456789"
    assert cloud(site, an_event(), "ci", token).json["events"] == ["hook:ci:/ci#1"]
    answer = cloud(site, an_event(type="custom.other"), "ci", token)
    assert answer.status == 422
    assert "may send custom.build" in answer.json["rejected"][0]


def test_one_senders_secret_does_not_open_anothers_format(site: Site) -> None:
    assert github(site, json.dumps(an_event(type="release.code")).encode()).status == 422
    headers = {"Authorization": f"Bearer {CLOUD}", "Content-Type": "application/json"}
    assert site.ask("POST", "/hooks/cloudevents", release(), headers).status == 422


# --- what is wrong ---


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe\x00", b"[" * 5000, b'{"action": "published", "release": 1, "repository": {}}', b"[1, 2]"],
)
def test_what_is_not_understood_is_kept_as_a_reject_and_told(site: Site, book: Journal, body: bytes) -> None:
    answer = github(site, body)
    assert answer.status == 422
    assert answer.json["rejected"][0].startswith("hooks/github")
    (reject,) = book.rejects()
    assert (reject.raw, reject.topic) == (body, "hooks/github")
    assert github(site, release()).status == 202, "the next one is taken"


def test_too_long_a_body_is_refused_without_reading_it(site: Site, book: Journal) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
        head = "POST /hooks/github HTTP/1.1\r\nHost: localhost\r\nX-Hub-Signature-256: sha256=0\r\n"
        line.sendall(f"{head}Content-Length: 5000000\r\n\r\n".encode() + b"x" * 100)
        assert line.recv(4096).startswith(b"HTTP/1.1 413")
    chunked = {"X-Hub-Signature-256": "sha256=0", "Transfer-Encoding": "chunked"}
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
        told = "".join(f"{name}: {value}\r\n" for name, value in chunked.items())
        line.sendall(f"POST /hooks/github HTTP/1.1\r\nHost: localhost\r\n{told}\r\n".encode())
        line.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n" + b"10\r\n" + b"x" * 16 + b"\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 413")
    assert (book.last_seq(), book.rejects()) == (0, [])


def test_a_body_that_never_comes_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.hooks.BODY_S", 0.1)
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
        head = f"POST /hooks/cloudevents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {CLOUD}\r\n"
        line.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 408")


def test_packed_bodies_are_refused(site: Site) -> None:
    assert github(site, release(), **{"Content-Encoding": "gzip"}).status == 415


def test_a_journal_that_cannot_be_reached_asks_to_send_again(
    site: Site, book: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise TransientError("journal: the server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(book, "append", gone)
        answer = github(site, release())
        assert answer.status == 503
        assert answer.headers["retry-after"] == "30"
    assert github(site, release()).status == 202


def test_a_flood_of_one_sender_is_slowed_and_others_are_heard(book: Journal) -> None:
    settings = HookSettings(cloudevents_token=CLOUD, github_secret=GITHUB, per_minute=3)
    with running(book, hooks=settings) as slow:
        statuses = [cloud(slow, an_event(id=str(number))).status for number in range(5)]
        assert statuses == [202, 202, 202, 429, 429]
        assert github(slow, release()).status == 202


def test_a_reject_that_is_read_again_still_may_say_only_what_its_sender_may(
    site: Site, book: Journal, tmp_path: Path
) -> None:
    token = "ci-secret-0123456789"
    cloud(site, an_event(type="lvk.alert.initial"))
    cloud(site, an_event(type="custom.other"), "ci", token)
    now = HookSettings(cloudevents_token=CLOUD, senders={"ci": tmp_path / "ci-token"})
    assert replay_rejects(book) == (0, 2), "nobody is let in where no secret is set"
    assert replay_rejects(book, now) == (1, 1), "this sender may say more by now"
    assert [(e.id, e.kind) for e in events(book)] == [("hook:ci:/ci#1", "custom.other")]


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"github_secret": "short"}, "at least 16"),
        ({"senders": {"ci": Path("/nowhere/token")}}, "cannot be read"),
        ({"senders": {"github": Path("/nowhere/token")}}, "not taken"),
        ({"kinds": {"cy": ("custom",)}}, "no sender is called 'cy'"),
        ({"cloudevents_token": CLOUD, "kinds": {"cloudevents": ("timer",)}}, "Nuncius makes itself"),
        ({"cloudevents_token": CLOUD, "kinds": {"cloudevents": ("Custom!",)}}, "received 'Custom!'"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as told:
        HookSettings(**settings).open_to()
    assert "short" not in str(told.value)


def test_doctor_says_who_is_let_in_and_what_stands_in_the_way() -> None:
    def findings(**hooks: Any) -> tuple[bool | None, str]:
        (found,) = hook_findings(Settings(hooks=HookSettings(**hooks)))
        return found.ok, found.reason

    assert findings() == (None, "nobody is let in")
    assert findings(github_secret=GITHUB) == (
        True,
        "let in at http://127.0.0.1:8765/hooks/ are github: release, platform",
    )
    ok, reason = findings(github_secret="short")
    assert (ok, "at least 16" in reason) == (False, True)
    (off,) = hook_findings(Settings(hooks=HookSettings(flux_secret=FLUX), web=WebSettings(enabled=False)))
    assert (off.ok, off.reason) == (False, "flux have secrets, but the web server is off")


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("json_flux_error.json", "2026-01-01T06:05:00Z"),
        ("json_alertmanager.json", "2026-01-01T07:00:00Z"),
        ("json_github_deployment.json", "2026-01-01T05:00:09Z"),
    ],
)
def test_from_a_file_what_webhooks_told_is_dated_by_itself(name: str, moment: str) -> None:
    (message,) = walk([GOLDEN / name], now=datetime(2030, 1, 1, tzinfo=UTC))
    assert iso(message.received) == moment


def test_buckets_fill_again_with_time_and_stay_few() -> None:
    now = [0.0]
    pace = Pace(60, keep=3, clock=lambda: now[0])
    assert [pace.take("a") for _ in range(60)] == [0.0] * 60
    assert pace.take("a") == pytest.approx(1.0)
    now[0] = 2.0
    assert [pace.take("a") > 0 for _ in range(3)] == [False, False, True]
    for name in "bcdefg":
        pace.take(name)
    assert pace.take("a") == 0.0, "who has not come for long is forgotten"


def test_parsers_say_what_is_missing() -> None:
    from listeners.formats import Message, parse

    flux = b'{"involvedObject": {"kind": "Kustomization"}, "reason": "x", "severity": "error"}'
    alerts = b'{"alerts": [{"status": "burning"}], "receiver": "r", "groupKey": "g"}'
    for raw, words in ((flux, "involvedObject.name"), (alerts, "alert 0 needs status")):
        with pytest.raises(FormatError, match=words):
            parse(Message(raw=raw, received=datetime.now(UTC)))
