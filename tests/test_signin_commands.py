"""`nuncius token`, `nuncius audit` and what `nuncius doctor` says of signing in; tokens on every database."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from local_oidc import CLIENT, SECRET, providing

from nuncius.cli import cli
from nuncius.journal import Journal
from nuncius.journal.access import FORGOTTEN, Access
from nuncius.journal.audit import Audit
from nuncius.settings import load
from nuncius.web_checkup import web_findings

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)


@pytest.fixture
def nuncius(tmp_path: Path) -> Callable[..., Result]:
    file = tmp_path / "nuncius.toml"
    file.write_text(
        f'data_dir = "{tmp_path / "var"}"\n[web]\naddress = "https://nuncius.example.org"\nsign_in = true\n'
        '[people.ann]\nsign_in = ["ann"]\n'
    )
    return lambda *words: CliRunner().invoke(cli, [*words, "--config", str(file)])


def test_a_token_is_shown_once_listed_without_it_changed_and_ended(nuncius: Callable[..., Result]) -> None:
    made = nuncius("token", "new", "ann", "--role", "reviewer", "--expires", "30d")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert token.startswith("nuncius_")
    assert len(token) > 45
    twice = nuncius("token", "new", "ann")
    assert (twice.exit_code, "nuncius token end ann" in twice.stderr) == (1, True)
    listed = nuncius("token", "list")
    assert "ann  reviewer  until" in listed.stdout
    assert token not in listed.stdout
    (told,) = map(json.loads, nuncius("token", "list", "--json").stdout.splitlines())
    assert (told["name"], told["role"], told["used"]) == ("ann", "reviewer", None)
    assert "digest" not in told
    assert "ann has the role operator now" in nuncius("token", "role", "ann", "operator").stdout
    assert nuncius("token", "end", "ann").exit_code == 0
    assert nuncius("token", "end", "ann").exit_code == 1
    assert "nobody has a token" in nuncius("token", "list").stdout
    assert "(ended)" in nuncius("token", "list", "--all").stdout


@pytest.mark.parametrize(
    "words", [("new", "a b"), ("new", "x", "--expires", "soon"), ("new", "x", "--expires", "99999999d"),
              ("new", "x", "--role", "king"), ("new", "")]
)  # fmt: skip
def test_names_roles_and_times_that_are_wrong_are_told(nuncius: Callable[..., Result], words: tuple[str, ...]) -> None:
    assert nuncius("token", *words).exit_code == 2


def test_a_link_leads_to_the_page_as_people_reach_it(nuncius: Callable[..., Result], tmp_path: Path) -> None:
    link = nuncius("token", "link", "--name", "ops").stdout.strip()
    start, _, key = link.partition("?key=")
    assert start == "https://nuncius.example.org/sign-in/link"
    with Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}") as journal:
        spent = Access(journal).spend(key, datetime.now(UTC))
        assert spent is not None
        assert (spent.name, spent.role) == ("ops", "operator")


def test_what_people_did_is_listed_the_newest_first(nuncius: Callable[..., Result], tmp_path: Path) -> None:
    assert nuncius("audit").exit_code != 0, "there is no journal yet"
    with Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}") as journal:
        for person, act in (("person:ann", "signed in"), ("", "refused"), ("person:ann", "POST /act")):
            Audit(journal).note(act, person=person, shown=person[7:], about="x" * 600, client="192.0.2.1", now=NOW)
    lines = nuncius("audit").stdout.splitlines()
    assert [line.split("  ")[2:4] for line in lines][1] == ["nobody", "refused: " + "x" * 500]
    (newest, oldest) = map(json.loads, nuncius("audit", "--json", "--person", "person:ann").stdout.splitlines())
    assert (newest["act"], oldest["act"]) == ("POST /act", "signed in")


def test_somebody_is_signed_out_from_the_command_line(nuncius: Callable[..., Result], tmp_path: Path) -> None:
    assert nuncius("token", "sign-out", "person:ann").exit_code == 1
    with Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}") as journal:
        Access(journal).begin("person:ann", token=None, claims={}, now=datetime.now(UTC))
    assert "1 session of person:ann ended" in nuncius("token", "sign-out", "person:ann").stdout


def test_the_doctor_asks_the_provider_and_names_what_is_wrong(tmp_path: Path) -> None:
    def found(text: str, *, connect: bool = True) -> list[tuple[str, bool | None]]:
        file = tmp_path / "nuncius.toml"
        file.write_text(text)
        return [(one.name, one.ok) for one in web_findings(load(file, {}), connect=connect)]

    assert found('[web]\nhost = "0.0.0.0"\n') == [("web page", False)]
    assert found("") == [("web page", True)]
    assert found("[web]\nenabled = false\n") == [("web page", None)]
    with providing() as provider:
        oidc = f'[oidc]\nissuer = "{provider.issuer}"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
        assert found(oidc) == [("web page", True), ("sign-in", True)]
        provider.metadata = {"jwks_uri": f"{provider.issuer}/none"}
        assert found(oidc) == [("web page", True), ("sign-in", False)]
        provider.down = True
        assert found(oidc) == [("web page", True), ("sign-in", False)]
        assert found(oidc, connect=False) == [("web page", True)]


# --- on every database ---


def test_tokens_and_sessions_are_the_same_on_every_database(journal_url: str) -> None:
    bounds = {"idle": timedelta(hours=1), "longest": timedelta(hours=9)}
    with Journal.open(journal_url) as journal:
        access = Access(journal)
        given = access.new_token("token", "ann", "viewer", by="test", now=NOW, expires=NOW + timedelta(days=1))
        token = access.token(given, "token", NOW)
        secret = access.begin("token:ann", token=token, claims={"groups": ["a", "b"]}, now=NOW)
        link = access.new_token("link", "ann", "viewer", by="test", now=NOW)
        assert access.spend(link, NOW) is not None
        assert access.spend(link, NOW) is None
    with Journal.open(journal_url) as journal:
        access = Access(journal)
        found = access.session(secret, NOW + timedelta(minutes=50), **bounds)
        assert found is not None
        assert found.token is not None
        assert (found.token.name, found.claims, found.created) == ("ann", {"groups": ["a", "b"]}, NOW)
        assert access.session(secret, NOW + timedelta(minutes=100), **bounds) is not None, "it was used in between"
        access.change_role("ann", "operator")
        again = access.session(secret, NOW + timedelta(minutes=101), **bounds)
        assert again is not None
        assert again.token is not None
        assert again.token.role == "operator"
        assert access.end_token("ann", NOW) == 2, "the token and the link"
        assert access.session(secret, NOW + timedelta(minutes=102), **bounds) is None
        other = access.begin("oidc:1@x", token=None, claims={"sub": "1"}, now=NOW)
        assert access.end_all("oidc:1@x", NOW) == 1
        assert access.session(other, NOW, **bounds) is None
        access.begin("x", token=None, claims={}, now=NOW + FORGOTTEN + timedelta(hours=2))
        rows = journal.ask(lambda c: c.exec_driver_sql("SELECT count(*) FROM sessions").scalar())
        assert rows == 1, "what is long over is forgotten"
