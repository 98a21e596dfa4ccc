"""Messengers and webhooks: what each can carry, what goes out, and a service that refuses, is slow or is down."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_samples import OBJECT, T0, courier, drain, know, notice, open_journal, picture, report, table
from local_services import LocalServices

from chat.apprise_settings import AppriseSettings
from chat.apprise_target import AppriseTarget
from chat.people import People, Person
from chat.services import SERVICES
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import ConfigurationError
from nuncius.core.event import Tense
from nuncius.core.report import ReportState, Severity
from nuncius.journal import Journal
from nuncius.settings import load

apprise = pytest.importorskip("apprise")

PEOPLE = People({"ann": Person(targets=("hook",)), "bo": Person()}, places=["hook"])
SECRET = "tok3n-that-nobody-sees"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "grb170817a")
        yield opened


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(T0)


@pytest.fixture
def services() -> Iterator[LocalServices]:
    with LocalServices() as server:
        yield server


def target(services: LocalServices, url: str = "json://127.0.0.1:PORT/SECRET", **changes: Any) -> AppriseTarget:
    address = url.replace("PORT", str(services.port)).replace("SECRET", SECRET)
    settings = AppriseSettings(**{"url": address, "timeout_s": 1, **changes})
    made = AppriseTarget("hook", settings, PEOPLE, page_url="https://n.example.org")
    made._place._plugin.request_rate_per_sec = 0.0  # services ask for seconds between messages; nobody is hurt here
    return made


def deliver(journal: Journal, place: AppriseTarget, clock: VirtualClock, *reports: Any) -> None:
    journal.enqueue([("hook", item) for item in reports], now=clock.now())
    drain(courier(journal, place, clock), clock)


def states(journal: Journal) -> dict[str, str]:
    return {row.report.key: row.state for row in journal.reports()}


EXAMPLES = {
    "tgram": "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "workflow": "workflow://localhost:443/workflowidworkflow/signature/",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "mmost": "mmost://localhost/3ccdd113474722377935511fc85d3dd4",
    "zulip": "zulip://bot@org/" + "a" * 32 + "/stream",
    "twilio": f"twilio://AC{'a' * 32}:{'b' * 32}@+15551234567/+15559876543",
    "pover": f"pover://u{'1' * 29}@a{'2' * 29}",
    "signal": "signal://localhost/+1234567890/+1234567891",
    "matrix": "matrix://user:pass@localhost/#room",
    "gotify": "gotify://localhost/abcdef",
    "rocket": "rocket://user:password@localhost/#channel",
}


@pytest.mark.parametrize("scheme", SERVICES)
def test_the_table_of_services_says_what_apprise_says(scheme: str) -> None:
    plugin = apprise.Apprise.instantiate(EXAMPLES.get(scheme, f"{scheme}://localhost/topic"))
    assert plugin is not None
    told = SERVICES[scheme]
    assert (told.characters, told.title, told.files) == (
        plugin.body_maxlen,
        plugin.title_maxlen,
        bool(plugin.attachment_support),
    )
    schemes = {*_schemes(plugin.protocol), *_schemes(plugin.secure_protocol)}
    assert told.example.partition("://")[0] in schemes


def _schemes(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())  # type: ignore[call-overload]


def test_the_table_of_services_stands_in_the_docs() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "chat.md").read_text(encoding="utf-8")
    for told in SERVICES.values():
        title = str(told.title) if told.title else "none"
        files = "yes" if told.files else "no"
        assert f"| {told.name} | `{told.example}` | {told.characters:,} | {title} | {files} |" in page


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:PORT/SECRET",
        "xml://127.0.0.1:PORT/SECRET",
        "form://127.0.0.1:PORT/SECRET",
        "ntfy://127.0.0.1:PORT/nuncius",
        "gotify://127.0.0.1:PORT/SECRET",
        "mmost://127.0.0.1:PORT/3ccdd113474722377935511fc85d3dd4",
        "matrix://nuncius:SECRET@127.0.0.1:PORT/%23room:localhost",
    ],
)
def test_a_report_a_revision_and_a_retraction_arrive_by_each_service(
    journal: Journal, services: LocalServices, clock: VirtualClock, url: str
) -> None:
    place = target(services, url)
    deliver(journal, place, clock, report(tables=[table()]))
    deliver(journal, place, clock, report("k2", text="**90 % area** 28 deg²", revision=2, tables=[table(28.0)]))
    deliver(journal, place, clock, report("k3", text="x", revision=3, state=ReportState.RETRACTED))
    first, second, third = services.texts[0], services.texts[-2], services.texts[-1]
    assert "CURRENT" in first.replace("+", " ")
    for word in ("G298048", "190", "n.example.org"):
        assert word in first
    assert "What" in second
    assert "28" in second
    assert "RETRACTED" in third
    assert set(states(journal).values()) == {"delivered"}


def test_a_picture_goes_along_where_the_service_takes_files_and_only_when_it_is_new(
    journal: Journal, services: LocalServices, clock: VirtualClock
) -> None:
    place = target(services)
    sky = picture(journal)
    deliver(journal, place, clock, report(pictures=[sky]), report("k2", text="more", revision=2, pictures=[sky]))
    first, second = (json.loads(body) for _, _, body in services.asked)
    assert [a["filename"] for a in first["attachments"]] == ["sky.png"]
    assert second["attachments"] == []


def test_a_long_report_is_cut_with_the_answer_first_and_a_link_to_the_rest(
    journal: Journal, services: LocalServices, clock: VirtualClock
) -> None:
    deliver(
        journal,
        target(services, "mmost://127.0.0.1:PORT/3ccdd113474722377935511fc85d3dd4"),
        clock,
        report(text="the answer\n\n" + "word " * 5000),
    )
    ((_, _, body),) = services.asked
    text = json.loads(body)["text"]
    assert len(text) <= SERVICES["mmost"].characters
    assert text.startswith("CURRENT · NOTICE · G298048")
    assert "the answer" in text
    assert "… cut" in text
    assert text.rstrip().endswith("https://n.example.org/thread/G298048")


def test_text_of_alerts_calls_nobody(journal: Journal, services: LocalServices, clock: VirtualClock) -> None:
    bad = "@everyone <!channel> @here <@U01> [press](https://evil.example) \x1b[2J"
    deliver(journal, target(services), clock, report(title=bad, text=bad.replace("[", "\\[")))
    (text,) = services.texts
    for call in ("@everyone", "@here", "<!channel", "<@U01", "](https", "\x1b"):
        assert call not in text


@pytest.mark.parametrize("answer", [429, 500, 503, "slow"])
def test_a_service_in_trouble_gets_it_later_in_order_and_once(
    journal: Journal, services: LocalServices, clock: VirtualClock, answer: int | str
) -> None:
    services.fail = [answer] * (1 if answer == "slow" else 3)
    deliver(journal, target(services), clock, report(title="One"), report("k2", slot="b", title="Two"))
    assert ["One" in services.texts[0], "Two" in services.texts[1]] == [True, True]
    assert len(services.texts) == 2
    assert set(states(journal).values()) == {"delivered"}


@pytest.mark.parametrize("answer", [400, 401, 404])
def test_a_service_that_knows_no_such_place_is_given_up_and_the_secret_is_in_no_log(
    journal: Journal,
    services: LocalServices,
    clock: VirtualClock,
    answer: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("apprise").setLevel(logging.NOTSET)  # as at the start of the service
    services.fail = [answer]
    place = target(services)
    deliver(journal, place, clock, report())
    (row,) = journal.reports()
    assert row.state == "failed"
    assert f"{answer}" in row.error
    assert "check the address of [apprise.hook]" in row.error
    for text in (caplog.text, row.error, repr(place), repr(place._place), repr(place._settings)):
        assert SECRET not in text


def test_a_server_that_is_down_for_an_hour_loses_nothing(journal: Journal, clock: VirtualClock) -> None:
    with LocalServices() as gone:
        place = target(gone)
    journal.enqueue([("hook", report(f"k{n}", slot=f"s{n}", title=f"Number {n}.")) for n in range(3)], now=clock.now())
    carrier = courier(journal, place, clock)
    for _ in range(12):
        carrier.step()
        clock.sleep(300.0)
    assert SECRET not in str([row.error for row in journal.reports()])
    with LocalServices(gone.port) as back:
        drain(carrier, clock)
        assert [f"Number {n}." in back.texts[n] for n in range(3)] == [True] * 3


def test_a_persons_own_place_gets_what_is_for_them_and_nothing_else(
    journal: Journal, services: LocalServices, clock: VirtualClock
) -> None:
    know(journal, notice("mock", tense=Tense.TEST), "urn:mock")
    deliver(
        journal,
        target(services),
        clock,
        report(to="person:ann", severity=Severity.INFO, title="For ann"),
        report("k2", to="person:bo", title="For bo"),
        report("k3", slot="b", severity=Severity.INFO, title="Too light"),
        report("k4", slot="c", thread="urn:mock", event_id="mock", title="A mock"),
    )
    ((text),) = services.texts
    assert "For ann" in text


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("[apprise.hook]\n", "url_file"),
        ('[apprise.hook]\nurl_file = "/nowhere"\n', "cannot be read"),
        ('[apprise.hook]\nurl = "what://s3cret-word"\n', "does not understand what follows 'what://'"),
        ('[apprise.hook]\nurl = "s3cret-word"\n', "no address"),
        ('[apprise.slack]\nurl = "json://h"\n', "takes the name"),
        ('[apprise.hook]\nurl = "json://h"\nleast = "loud"\n', "loud"),
    ],
)
def test_what_is_set_up_wrongly_is_told_without_the_address(tmp_path: Path, section: str, says: str) -> None:
    file = tmp_path / "nuncius.toml"
    file.write_text(section, encoding="utf-8")
    with pytest.raises(ConfigurationError) as told:
        AppriseTarget("hook", load(file, environment={}).apprise["hook"], PEOPLE)
    assert says in str(told.value)
    assert "s3cret-word" not in str(told.value)


def test_the_address_may_come_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "nuncius.toml"
    file.write_text('targets = ["web", "ops-chat"]\n[apprise.ops-chat]\nleast = "page"\n', encoding="utf-8")
    settings = load(file, environment={"NUNCIUS_APPRISE_OPS_CHAT": f"json://localhost/{SECRET}"})
    assert settings.apprise["ops-chat"].url == f"json://localhost/{SECRET}"
    assert SECRET not in repr(settings)
