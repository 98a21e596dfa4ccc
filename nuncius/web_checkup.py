"""What `nuncius doctor` finds about the web page: who may read it, and whether people can sign in."""

from __future__ import annotations

from collections.abc import Iterator

from analyses.checks.contract import Finding
from console.oidc_settings import OidcSettings
from nuncius.core.errors import ConfigurationError
from nuncius.settings import Settings

_MEND = "docs/sign-in.md shows how people sign in"


def web_findings(settings: Settings, *, connect: bool) -> Iterator[Finding]:
    """Who may read the page and, where one may `connect`, whether the provider of accounts can be used."""
    web = settings.web
    if not web.enabled:
        yield Finding(name="web page", ok=None, reason="switched off", mend="set enabled = true under [web]")
        return
    try:
        web.check()
    except ConfigurationError as error:
        yield Finding(name="web page", ok=False, reason=str(error), mend=_MEND)
    else:
        who = "who signs in" if web.sign_in else "everybody" if web.public else "everybody on this machine"
        yield Finding(name="web page", ok=True, reason=f"{web.base} is read by {who}")
    if settings.oidc is not None and connect:
        yield _provider(settings.oidc, web.base)


def _provider(oidc: OidcSettings, base: str) -> Finding:
    from console.signin.oidc import Provider, SignInFailed  # here, because cryptography takes a moment to load

    try:
        Provider(oidc, base).try_out()
    except (ConfigurationError, SignInFailed) as error:
        return Finding(name="sign-in", ok=False, reason=f"{oidc.issuer}: {error}", mend=_MEND)
    return Finding(name="sign-in", ok=True, reason=f"{oidc.issuer} answers, and has keys that we can use")
