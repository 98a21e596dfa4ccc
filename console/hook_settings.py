"""What a person may set about the webhooks' door: who may knock, by which secret, and what each may say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from nuncius.core.errors import ConfigurationError

#: How a sender proves who it is: a signature of the body, or a token beside it.
Proof = Literal["github-hmac", "flux-hmac", "token"]

#: Where the door's rejects are said to come from.
SOURCE = "hooks"
#: What senders may say unless `kinds` says otherwise.
DEFAULT_KINDS = {
    "github": ("release", "platform"),
    "flux": ("platform",),
    "alertmanager": ("platform",),
}
CLOUDEVENTS_KINDS = ("custom", "platform", "release", "analysis")
#: Kinds that only Nuncius itself makes: from outside they would set off what they only report.
OWN_KINDS = ("timer", "kg", "object", "feed", "platform.rules", "platform.check", "platform.canary")
#: A shorter secret can be guessed.
SHORTEST_SECRET = 16
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_KIND = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """One who may knock: `/hooks/<name>`."""

    name: str
    proof: Proof
    secret: str
    kinds: tuple[str, ...]

    @property
    def tells_cloudevents(self) -> bool:
        """Whether it speaks CloudEvents, rather than a format of its own name."""
        return self.name not in DEFAULT_KINDS

    def may_say(self, kind: str) -> bool:
        """Whether this kind, or one above it, is allowed, and is not one of ours."""
        return _under(kind, self.kinds) and not _under(kind, OWN_KINDS)

    def __repr__(self) -> str:
        return f"Sender(name={self.name!r}, proof={self.proof!r}, kinds={self.kinds!r})"


class HookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The webhooks' door, `POST /hooks/<sender>` on the web page's address. A sender without a secret is not let in;
    see docs/webhooks.md."""

    github_secret: str = ""
    """Secret of GitHub's webhooks, at `/hooks/github`."""
    flux_secret: str = ""
    """Key of Flux CD's `generic-hmac` provider, at `/hooks/flux`."""
    alertmanager_token: str = ""
    """Bearer token, or password of basic authentication, of Alertmanager, at `/hooks/alertmanager`."""
    cloudevents_token: str = ""
    """Bearer token for CloudEvents, at `/hooks/cloudevents`."""
    senders: dict[str, Path] = {}
    """Further senders of CloudEvents, each with the file that holds its token: `ci = "/run/secrets/ci"`."""
    kinds: dict[str, tuple[str, ...]] = {}
    """Kinds of events that a sender may send, with all below them, where others than usual:
    `ci = ["custom.build"]`."""
    max_bytes: Annotated[int, msgspec.Meta(ge=1024, le=32 * 1024 * 1024)] = 4 * 1024 * 1024
    """Longest body, in bytes; of a longer one no more is read."""
    per_minute: Annotated[int, msgspec.Meta(ge=1)] = 600
    """Messages that one sender may send in a minute."""

    def __repr__(self) -> str:
        return f"HookSettings(senders={sorted(self.senders)!r}, kinds={self.kinds!r})"  # never a secret

    def open_to(self) -> dict[str, Sender]:
        """Everybody who has a secret, by name. Raises ConfigurationError."""
        named: list[tuple[str, Proof, str]] = [
            ("github", "github-hmac", self.github_secret),
            ("flux", "flux-hmac", self.flux_secret),
            ("alertmanager", "token", self.alertmanager_token),
            ("cloudevents", "token", self.cloudevents_token),
        ]
        for name, file in self.senders.items():
            if not _NAME.fullmatch(name) or any(name == known for known, _, _ in named):
                raise ConfigurationError(f"hooks.senders: a name of small letters that is not taken; received {name!r}")
            named.append((name, "token", _secret_in(name, file)))
        for name in self.kinds:
            if not any(name == known for known, _, _ in named):
                raise ConfigurationError(f"hooks.kinds: no sender is called {name!r}; there are {_listed(named)}")
        return {name: self._sender(name, proof, secret) for name, proof, secret in named if secret}

    def _sender(self, name: str, proof: Proof, secret: str) -> Sender:
        if len(secret) < SHORTEST_SECRET:
            raise ConfigurationError(
                f"hooks: the secret of {name} has {len(secret)} characters; at least {SHORTEST_SECRET} are needed, "
                "such as `openssl rand -hex 32` gives"
            )
        kinds = self.kinds.get(name, DEFAULT_KINDS.get(name, CLOUDEVENTS_KINDS))
        allowed = tuple(kind.removesuffix(".*") for kind in kinds)
        for kind in allowed:
            if not _KIND.fullmatch(kind) or _under(kind, OWN_KINDS):
                raise ConfigurationError(
                    f"hooks.kinds.{name}: a kind such as 'custom.build', and none that Nuncius makes itself "
                    f"({', '.join(OWN_KINDS)}); received {kind!r}"
                )
        return Sender(name=name, proof=proof, secret=secret, kinds=allowed)


def _secret_in(name: str, file: Path) -> str:
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise ConfigurationError(f"hooks.senders.{name} names {file}, which cannot be read: {why}") from None
    if not secret:
        raise ConfigurationError(f"hooks.senders.{name} names {file}, which is empty; write the token into it")
    return secret


def _listed(named: Sequence[tuple[str, Proof, str]]) -> str:
    return ", ".join(name for name, _, _ in named)


def _under(kind: str, above: Sequence[str]) -> bool:
    return any(kind == k or kind.startswith(k + ".") for k in above)
