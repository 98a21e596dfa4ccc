"""Signing in through a provider that speaks OpenID Connect, at the real server, with a real provider on loopback that
answers rightly and wrongly."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from chat_samples import open_journal
from console_site import Answer
from local_oidc import CLIENT, SECRET, LocalOidc, providing
from test_signin_tokens import Browser, serving

from chat.people import People, Person, Role
from console.oidc_settings import OidcSettings
from console.signin.claims import kept_of, reader_of_claims
from console.signin.oidc import Provider, SignInFailed
from nuncius.core.errors import ConfigurationError
from nuncius.journal import Journal
from nuncius.journal.access import Access
from nuncius.journal.audit import Audit


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def one_provider() -> Iterator[LocalOidc]:
    with providing() as provider:
        yield provider


@pytest.fixture
def provider(one_provider: LocalOidc) -> LocalOidc:
    """The provider as it is at first; making a key takes long, so the tests share one."""
    one_provider.begin()
    return one_provider


def oidc(provider: LocalOidc, **changes: Any) -> OidcSettings:
    fields = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "everybody": "viewer"}
    return OidcSettings(**{**fields, **changes})


@contextmanager
def browsing(journal: Journal, settings: OidcSettings, people: People | None = None, **web: Any) -> Iterator[Browser]:
    with serving(journal, sign_in=True, oidc=settings, people=people, **web) as site:
        yield Browser(site)


def leave(browser: Browser, next_: str = "/account") -> str:
    """To the provider: where the browser is sent."""
    answer = browser.get(f"/sign-in/with?next={quote(next_, safe='')}")
    assert answer.status == 303, answer.body
    return answer.headers["location"]


def back(browser: Browser, address: str) -> Answer:
    parts = urlsplit(address)
    assert (parts.port, parts.path) == (browser.site.port, "/sign-in/back")
    return browser.get(f"{parts.path}?{parts.query}")


def come(browser: Browser, provider: LocalOidc, next_: str = "/account") -> Answer:
    return back(browser, provider.authorize(leave(browser, next_)))


# --- as it should be ---


def test_somebody_signs_in_through_the_provider_and_lands_where_they_wanted(
    journal: Journal, provider: LocalOidc, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with browsing(journal, oidc(provider)) as browser:
        assert b"Sign in with your organisation" in browser.get("/sign-in").body
        address = provider.authorize(leave(browser))
        answer = back(browser, address)
        assert (answer.status, answer.headers["location"]) == (303, "/account")
        page = browser.get("/account").body.decode()
        assert "Ann Observer" in page
        assert f"oidc:4711@127.0.0.1:{provider.port}" in page
        assert "viewer" in page
        assert not [name for name in browser.cookies if "-way" in name or "-form" in name]
    code = parse_qs(urlsplit(address).query)["code"][0]
    for secret in (code, SECRET, *browser.cookies.values()):
        assert secret not in caplog.text
    assert Audit(journal).acts()[0].about == "provider"


def test_groups_give_roles_and_people_of_the_settings_have_their_own(journal: Journal, provider: LocalOidc) -> None:
    people = People({"ann": Person(sign_in=("ann@example.org",), slack="U0ANN")})
    settings = oidc(provider, roles={"shift": Role.REVIEWER, "admins": Role.OPERATOR}, everybody="")
    provider.claims["groups"] = ["others", "shift"]
    with browsing(journal, settings, people) as browser:
        come(browser, provider)
        page = browser.get("/account").body.decode()
        assert "person:ann" in page
        assert "reviewer" in page
        assert browser.get("/audit").status == 403


def test_what_the_provider_tells_only_at_its_userinfo_address_is_asked_there(
    journal: Journal, provider: LocalOidc
) -> None:
    settings = oidc(provider, roles={"urn:mace:egi.eu:group:nuncius:role=member": Role.REVIEWER}, everybody="",
                    groups_claim="entitlements")  # fmt: skip
    provider.userinfo = {"entitlements": ["urn:mace:egi.eu:group:nuncius:role=member"]}
    with browsing(journal, settings) as browser:
        assert come(browser, provider).status == 303
        assert b"reviewer" in browser.get("/account").body
        provider.userinfo = {"sub": "somebody else", "entitlements": []}
        answer = come(Browser(browser.site), provider)
        assert answer.status == 400
        assert b"somebody else than who came" in answer.body


def test_a_public_client_needs_no_secret(journal: Journal, provider: LocalOidc) -> None:
    provider.public = True
    with browsing(journal, oidc(provider, client_secret="")) as browser:
        assert come(browser, provider).status == 303


def test_whom_the_settings_do_not_let_in_stays_out(journal: Journal, provider: LocalOidc) -> None:
    for settings in (
        oidc(provider, everybody=""),
        oidc(provider, domains=("observatory.example",)),
        oidc(provider, names=("bob@example.org",)),
    ):
        with browsing(journal, settings) as browser:
            answer = come(browser, provider)
            assert answer.status == 403
            assert b"nobody has let you in here" in answer.body
            assert browser.get("/account").status == 303
    provider.claims["email_verified"] = False
    with browsing(journal, oidc(provider, domains=("example.org",))) as browser:
        assert come(browser, provider).status == 403, "an address that nobody verified counts for nothing"


def test_a_role_taken_away_in_the_settings_counts_for_who_is_signed_in(journal: Journal, provider: LocalOidc) -> None:
    settings = oidc(provider, everybody="")
    kept = kept_of({"sub": "1", "groups": ["shift"]}, settings)
    nobody = People({})
    with_role = oidc(provider, everybody="", roles={"shift": Role.REVIEWER})
    assert reader_of_claims(kept, with_role, nobody).role is Role.REVIEWER  # type: ignore[union-attr]
    assert reader_of_claims(kept, settings, nobody) is None
    other = oidc(provider, issuer="https://other.example.org", everybody="operator")
    assert reader_of_claims(kept, other, nobody) is None, "another provider's 1 is somebody else"


def test_a_key_that_is_new_is_asked_for_and_the_old_one_forgotten(journal: Journal, provider: LocalOidc) -> None:
    with browsing(journal, oidc(provider)) as browser:
        assert come(browser, provider).status == 303
        old = provider.key
        provider.rotate()
        assert come(Browser(browser.site), provider).status == 303
        assert provider.asked.count("/realm/keys") == 2
        provider.sign = lambda claims: _by(old, claims)
        assert come(Browser(browser.site), provider).status == 400


def _by(key: Any, claims: dict[str, Any]) -> str:
    from joserfc import jwt

    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


# --- what is turned away ---


def test_another_state_or_none_is_turned_away(journal: Journal, provider: LocalOidc) -> None:
    with browsing(journal, oidc(provider)) as browser:
        for changed in ("state=forged", "", "state="):
            address = provider.authorize(leave(browser))
            code = parse_qs(urlsplit(address).query)["code"][0]
            assert browser.get(f"/sign-in/back?code={code}&{changed}").status == 400
        assert "/realm/token" not in provider.asked, "the code is not even tried"


def test_who_is_sent_an_answer_of_anothers_attempt_is_not_signed_in_by_it(
    journal: Journal, provider: LocalOidc
) -> None:
    with browsing(journal, oidc(provider)) as attacker:
        address = provider.authorize(leave(attacker))
        victim = Browser(attacker.site)
        assert back(victim, address).status == 400, "no attempt of their own"
        leave(victim)
        assert back(victim, address).status == 400, "another attempt of their own"


def test_a_code_works_once(journal: Journal, provider: LocalOidc) -> None:
    with browsing(journal, oidc(provider)) as browser:
        address = provider.authorize(leave(browser))
        kept = dict(browser.cookies)
        assert back(browser, address).status == 303
        assert back(browser, address).status == 400, "the way is forgotten"
        thief = Browser(browser.site, kept)
        answer = back(thief, address)
        assert answer.status == 400, "with the cookies of the first attempt the provider says no"
        assert b"did not accept this attempt" in answer.body


WRONG: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "issuer": {"iss": "https://evil.example.org"},
    "audience": {"aud": "another-client"},
    "audiences": {"aud": ["another-client", "a-third"]},
    "several audiences, said to another": {"aud": [CLIENT, "another"], "azp": "another"},
    "several audiences, said to nobody": {"aud": [CLIENT, "another"]},
    "expired": {"exp": int(time.time()) - 3600},
    "no expiry": {"exp": None},
    "from the future": {"iat": int(time.time()) + 3600},
    "not yet": {"nbf": int(time.time()) + 3600},
    "no subject": {"sub": None},
    "a subject that is none": {"sub": ["4711"]},
    "an expiry that is none": {"exp": "tomorrow"},
}


def test_claims_that_are_wrong_sign_nobody_in(provider: LocalOidc) -> None:
    asked = Provider(oidc(provider), "http://127.0.0.1:1")
    for what, change in WRONG.items():
        provider.change = lambda claims, c=change: {n: v for n, v in (claims | c).items() if v is not None}  # type: ignore[misc]
        where, way = asked.leave("/", datetime.now(UTC))
        query = {name: values[0] for name, values in parse_qs(urlsplit(provider.authorize(where)).query).items()}
        with pytest.raises(SignInFailed) as refused:
            asked.come_back(query, way, datetime.now(UTC))
        assert (what, refused.value.status) == (what, 400)
    provider.change = lambda claims: claims | {"aud": [CLIENT, "another"], "azp": CLIENT}
    where, way = asked.leave("/", datetime.now(UTC))
    query = {name: values[0] for name, values in parse_qs(urlsplit(provider.authorize(where)).query).items()}
    assert asked.come_back(query, way, datetime.now(UTC))[0]["sub"] == "4711", "the same with nothing wrong"


def test_who_takes_too_long_at_the_provider_begins_again(provider: LocalOidc) -> None:
    asked, then = Provider(oidc(provider), "http://127.0.0.1:1"), datetime.now(UTC)
    where, way = asked.leave("/", then)
    query = {name: values[0] for name, values in parse_qs(urlsplit(provider.authorize(where)).query).items()}
    with pytest.raises(SignInFailed, match="took too long"):
        asked.come_back(query, way, then + timedelta(minutes=11))


@pytest.mark.parametrize("forged", ["unsigned", "confused", "by_stranger"])
def test_a_forged_signature_signs_nobody_in(journal: Journal, provider: LocalOidc, forged: str) -> None:
    provider.sign = getattr(provider, forged)
    with browsing(journal, oidc(provider)) as browser:
        answer = come(browser, provider)
        assert answer.status == 400
        assert b"could not be verified" in answer.body
        assert browser.get("/account").status == 303


@pytest.mark.parametrize("token", ["", "a.b.c", "a" * 100_000, "....", None, 7])
def test_a_token_that_is_none_signs_nobody_in(journal: Journal, provider: LocalOidc, token: Any) -> None:
    provider.sign = lambda _: token
    with browsing(journal, oidc(provider)) as browser:
        assert come(browser, provider).status == 400


def test_where_the_provider_is_down_a_page_says_so_and_tokens_still_work(journal: Journal, provider: LocalOidc) -> None:
    with browsing(journal, oidc(provider)) as browser:
        provider.down = True
        answer = browser.get("/sign-in/with")
        assert answer.status == 503
        assert b"try again later, or use a token" in answer.body
        token = Access(journal).new_token("token", "ann", "viewer", by="test", now=datetime.now(UTC))
        assert browser.sign_in(token).status == 303
        assert browser.get("/account").status == 200
        provider.down = False
        other = Browser(browser.site)
        address = provider.authorize(leave(other))
        provider.down = True
        assert back(other, address).status == 503, "gone in between"


def test_a_provider_that_is_not_who_it_should_be_is_not_asked_further(journal: Journal, provider: LocalOidc) -> None:
    for wrong in (
        {"issuer": "https://evil.example.org"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 7},
    ):
        provider.metadata = wrong
        with browsing(journal, oidc(provider)) as browser:
            assert browser.get("/sign-in/with").status == 503


def test_another_providers_answer_and_a_refusal_are_turned_away(journal: Journal, provider: LocalOidc) -> None:
    with browsing(journal, oidc(provider)) as browser:
        state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
        answer = browser.get(f"/sign-in/back?state={state}&code=x&iss=https%3A%2F%2Fevil.example.org")
        assert answer.status == 400
        state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
        answer = browser.get(f"/sign-in/back?state={state}&error=access_denied&error_description=%3Cscript%3E")
        assert answer.status == 400
        assert b"script>" not in answer.body.split(b"</head>")[1]


def test_nobody_is_sent_to_another_site_after_signing_in(journal: Journal, provider: LocalOidc) -> None:
    with browsing(journal, oidc(provider)) as browser:
        assert come(browser, provider, "//evil.example.org/").headers["location"] == "/"


def test_settings_that_cannot_work_are_named_and_secrets_are_never_shown(tmp_path: Path) -> None:
    fine = {"issuer": "https://login.example.org", "client_id": "x"}
    for wrong, said in (
        ({"issuer": "http://login.example.org"}, r"oidc\.issuer"),
        ({"client_id": ""}, r"oidc\.client_id"),
        ({"scopes": ("email",)}, r"oidc\.scopes"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            OidcSettings(**{**fine, **wrong}).check()  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="client_secret_file"):
        OidcSettings(**fine, client_secret_file=str(tmp_path / "none")).secret()  # type: ignore[arg-type]
    (tmp_path / "secret").write_text("  hidden\n")
    settings = OidcSettings(**fine, client_secret_file=str(tmp_path / "secret"))  # type: ignore[arg-type]
    assert settings.secret() == "hidden"
    assert "hidden" not in repr(OidcSettings(**fine, client_secret="hidden"))  # type: ignore[arg-type]
