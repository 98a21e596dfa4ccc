"""Signing in through a provider by OpenID Connect: the code flow with PKCE, state and nonce (OpenID Connect Core 1.0,
section 3.1; RFC 7636; RFC 9700). Signatures and claims are joserfc's to check; nothing secret is logged.

What a browser keeps on its way there and back (state, nonce, verifier, where it wanted to go) lies in a cookie of its
own: whoever comes back with another state than their own browser left with is turned away.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from console.oidc_settings import OidcSettings
from console.signin.claims import kept_of

log = logging.getLogger(__name__)

#: How long somebody may take at the provider; how old the discovery document may be; how long one answer may take.
WAY_S, DISCOVERED_S, TIMEOUT_S = 600, 3600.0, 10.0
#: How far the provider's clock may be from ours, and how long an answer of its may be.
LEEWAY_S, MOST_BYTES = 60, 1024 * 1024
#: Signatures that only the provider can make. `none` and those by a shared secret (HS256) are not among them.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
BACK = "/sign-in/back"


class SignInFailed(Exception):
    """It did not work; the text is for the person who tried, and `status` for the answer."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser keeps while its user is at the provider."""

    state: str
    nonce: str
    verifier: str
    next: str
    at: float


class Provider:
    """The provider of the settings. `base` is the page as people reach it. Threads may share one."""

    def __init__(self, settings: OidcSettings, base: str) -> None:
        settings.check()
        self.settings, self._base, self._secret = settings, base, settings.secret()
        self._lock = threading.Lock()
        self._found: dict[str, Any] = {}
        self._found_at = 0.0
        self._keys: KeySet | None = None

    def leave(self, next_: str, now: datetime) -> tuple[str, str]:
        """Where to send somebody who wants to sign in, and what their browser has to keep. Raises SignInFailed."""
        way = Way(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next=next_,
            at=now.timestamp(),
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(way.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._base + BACK,
            "scope": " ".join(self.settings.scopes),
            "state": way.state,
            "nonce": way.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        where = self._endpoint("authorization_endpoint")
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}", _packed(way)

    def come_back(self, query: Mapping[str, str], kept: str, now: datetime) -> tuple[dict[str, Any], str]:
        """What the provider says of somebody who came back, and where they wanted to go. Raises SignInFailed."""
        way = _unpacked(kept)
        if way is None or not 0 <= now.timestamp() - way.at <= WAY_S:
            raise SignInFailed("that took too long, or began in another browser: try again")
        if not hmac.compare_digest(query.get("state", "").encode(), way.state.encode()):
            raise SignInFailed("this answer does not belong to your attempt to sign in: try again")
        if query.get("iss", self.settings.issuer) != self.settings.issuer:  # RFC 9207
            raise SignInFailed("another provider answered than was asked")
        if "error" in query or not query.get("code"):
            log.warning("sign-in: the provider refused: %s", query.get("error", "no code")[:80])
            raise SignInFailed("the provider did not let you in, or you changed your mind")
        answer = self._exchange(query["code"], way)
        claims = self._verified(str(answer.get("id_token", "")), way.nonce, now)
        return kept_of(self._completed(claims, str(answer.get("access_token", ""))), self.settings), way.next

    def try_out(self) -> None:
        """Raises SignInFailed where nobody could sign in by it, as far as can be known without a person."""
        for name in ("authorization_endpoint", "token_endpoint"):
            self._endpoint(name)
        self._key_set()

    # --- the provider's answers ---

    def _exchange(self, code: str, way: Way) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._base + BACK}
        form["code_verifier"] = way.verifier
        auth: tuple[str, str] | None = None
        if not self._secret:
            form["client_id"] = self.settings.client_id
        elif "client_secret_basic" in self._discovered().get("token_endpoint_auth_methods_supported", _BASIC):
            auth = (quote_plus(self.settings.client_id), quote_plus(self._secret))
        else:
            form |= {"client_id": self.settings.client_id, "client_secret": self._secret}
        return self._asked("POST", self._endpoint("token_endpoint"), form=form, auth=auth)

    def _verified(self, token: str, nonce: str, now: datetime) -> dict[str, Any]:
        """The claims of an ID token that the provider signed for us, just now, for this attempt."""
        told = self._discovered().get("id_token_signing_alg_values_supported", ["RS256"])
        allowed = [name for name in ALGORITHMS if name in told]
        try:
            try:
                found = jwt.decode(token, self._key_set(), algorithms=allowed)
            except InvalidKeyIdError:  # a key that is new since we asked
                found = jwt.decode(token, self._key_set(anew=True), algorithms=allowed)
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self.settings.issuer},
                aud={"essential": True, "value": self.settings.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(found.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("sign-in: an ID token was refused: %s", type(error).__name__)
            raise SignInFailed("what the provider said of you could not be verified; tell whoever runs this") from None
        claims: dict[str, Any] = found.claims
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if ("azp" in claims or several) and claims.get("azp") != self.settings.client_id:
            raise SignInFailed("what the provider said of you was said to somebody else")
        return claims

    def _completed(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """The claims with those that the provider tells only at its userinfo address."""
        wanted = {"email", self.settings.name_claim} | ({self.settings.groups_claim} if self.settings.roles else set())
        where = self._discovered().get("userinfo_endpoint")
        if not where or not access_token or wanted <= set(claims):
            return claims
        more = self._asked("GET", self._endpoint("userinfo_endpoint"), bearer=access_token)
        if more.get("sub") != claims["sub"]:
            raise SignInFailed("the provider spoke of somebody else than who came; tell whoever runs this")
        return {**more, **claims}

    # --- what it is asked ---

    def _discovered(self) -> dict[str, Any]:
        with self._lock:
            if not self._found or time.monotonic() - self._found_at > DISCOVERED_S:
                issuer = self.settings.issuer
                found = self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    log.error("sign-in: the provider calls itself %r, oidc.issuer is %r", found.get("issuer"), issuer)
                    raise SignInFailed("the provider is set up wrongly here; tell whoever runs this", 503)
                self._found, self._found_at = found, time.monotonic()
            return self._found

    def _endpoint(self, name: str) -> str:
        where = str(self._discovered().get(name, ""))
        scheme = "https://" if self.settings.issuer.startswith("https://") else "http"
        if not where.startswith(scheme):
            raise SignInFailed(f"the provider names no usable {name}; tell whoever runs this", 503)
        return where

    def _key_set(self, *, anew: bool = False) -> KeySet:
        if self._keys is None or anew:
            found = self._asked("GET", self._endpoint("jwks_uri")).get("keys")
            keys = [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []
            public = [key for key in keys if key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"]
            try:
                self._keys = KeySet.import_key_set({"keys": public})
            except (JoseError, ValueError, TypeError, KeyError) as error:
                log.warning("sign-in: the provider's keys cannot be used: %s", type(error).__name__)
                raise SignInFailed("the provider's keys cannot be used; tell whoever runs this", 503) from None
        return self._keys

    def _asked(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        bearer: str = "",
    ) -> dict[str, Any]:
        """A JSON object from the provider. Raises SignInFailed where there is none."""
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        try:
            with httpx.stream(method, url, data=form, auth=auth, headers=headers, timeout=TIMEOUT_S) as answer:
                body = b""
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise ValueError("longer than an answer may be")
                answer.raise_for_status()
            found = msgspec.json.decode(body)
            if not isinstance(found, dict):
                raise ValueError("not an object")
        except httpx.HTTPStatusError as error:
            log.warning("sign-in: %s answered %d", urlsplit(url).netloc, error.response.status_code)
            if form is not None and error.response.status_code < 500:
                raise SignInFailed(
                    "the provider did not accept this attempt (a link can be used once): try again"
                ) from None
            raise SignInFailed("the provider is out of order just now; try again later, or use a token", 503) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, msgspec.DecodeError) as error:
            log.warning("sign-in: %s cannot be asked: %s", urlsplit(url).netloc, type(error).__name__)
            raise SignInFailed("the provider does not answer just now; try again later, or use a token", 503) from None
        return found


#: What a provider understands that does not say so (OpenID Connect Discovery 1.0, section 3).
_BASIC = ["client_secret_basic"]


def _packed(way: Way) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(way)).decode()


def _unpacked(kept: str) -> Way | None:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(kept), type=Way)
    except (ValueError, msgspec.DecodeError):
        return None
