"""What a person may set about signing in through a provider that speaks OpenID Connect."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from chat.people import Role
from nuncius.core.errors import ConfigurationError

#: Who is let in without a role of their own.
Anybody = Literal["", "viewer", "reviewer", "operator"]


class OidcSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signing in through a provider of accounts by OpenID Connect; see docs/sign-in.md. Its address for coming back is
    `/sign-in/back` below `[web] address`."""

    issuer: str = ""
    """The provider's issuer, as its discovery document names it: `https://login.example.org/realms/astro`."""
    client_id: str = ""
    """What the provider calls this installation."""
    client_secret: str = ""
    """Secret of this installation there; better by the environment (`NUNCIUS_OIDC_SECRET`) or a file. Empty: none, for
    public clients."""
    client_secret_file: str = ""
    """File that holds the secret; read at the start."""
    label: str = "your organisation"
    """What the button calls the provider: *Sign in with …*."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    """What is asked for."""
    name_claim: str = "email"
    """The claim by which `[people.NAME] sign_in` and `names` know somebody; an e-mail address counts only where the
    provider has verified it. The subject (`sub`) always counts too."""
    groups_claim: str = "groups"
    """The claim that lists groups; looked for in the ID token, then at the provider's userinfo address."""
    roles: dict[str, Role] = {}
    """Role by group: `{"gw-shift" = "reviewer", "gw-admins" = "operator"}`; of several the highest."""
    everybody: Anybody = ""
    """Role of those whom the provider knows and neither `people` nor `roles` does. Empty: they are not let in."""
    domains: tuple[str, ...] = ()
    """Domains of (verified) e-mail addresses from which anybody comes at all. Empty: from any."""
    names: tuple[str, ...] = ()
    """Names that are let in at all. Empty: any."""

    def __repr__(self) -> str:
        return f"OidcSettings(issuer={self.issuer!r}, client_id={self.client_id!r})"  # never the secret

    def secret(self) -> str:
        """The secret. Raises ConfigurationError where its file cannot be read."""
        if not self.client_secret_file:
            return self.client_secret
        try:
            return Path(self.client_secret_file).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
            raise ConfigurationError(
                f"oidc.client_secret_file {self.client_secret_file!r} cannot be read: {why}"
            ) from error

    def check(self) -> None:
        """Raises ConfigurationError for what cannot work."""
        local = self.issuer.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
        if not self.issuer.startswith("https://") and not local:
            raise ConfigurationError(f"oidc.issuer: an address beginning with https://; received {self.issuer!r}")
        if not self.client_id:
            raise ConfigurationError("oidc.client_id: the provider's name for this installation is missing")
        if "openid" not in self.scopes:
            raise ConfigurationError(f"oidc.scopes: must contain 'openid'; received {list(self.scopes)!r}")
