"""A provider of accounts on loopback that speaks OpenID Connect for the tests: discovery, authorization with PKCE, one
code for one token, keys that may be rotated, userinfo. What it should do wrongly is told by `change`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "nuncius-console", "a secret: with +signs/"


class LocalOidc:
    """The provider; `claims` are those of whoever signs in next."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self.port = 0
        self.begin()

    def begin(self) -> None:
        """Do everything rightly."""
        self.claims: dict[str, Any] = {"sub": "4711", "name": "Ann Observer", "email": "ann@example.org"}
        self.claims["email_verified"] = True
        self.userinfo: dict[str, Any] = {}
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] | None = None
        self.metadata: dict[str, Any] = {}
        self.down = False
        self.public = False
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._access: set[str] = set()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    def rotate(self) -> None:
        """Sign by another key from now on, and forget the old one."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})

    def authorize(self, location: str) -> str:
        """What a browser gets that was sent here and says yes: where it is sent back to."""
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        self.asked.append(path)
        if self.down:
            return 502, {"error": "down"}
        if path == "/realm/.well-known/openid-configuration":
            base = self.issuer
            return 200, {
                "issuer": base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/keys",
                "userinfo_endpoint": f"{base}/userinfo",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            } | self.metadata
        if path == "/realm/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/realm/userinfo":
            known = authorization.removeprefix("Bearer ") in self._access
            return (200, {"sub": self.claims["sub"], **self.userinfo}) if known else (401, {})
        return self._token(form, authorization) if path == "/realm/token" else (404, {})

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        if not self.public:
            user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            if (unquote(user), unquote(password.replace("+", " "))) != (CLIENT, SECRET):
                return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form["code"], None)  # a code works once
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["redirect_uri"] != form["redirect_uri"] or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = self.change(claims | self.claims)
        access = secrets.token_urlsafe(16)
        self._access.add(access)
        return 200, {"id_token": (self.sign or self.signed)(claims), "access_token": access, "token_type": "Bearer"}

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def unsigned(self, claims: dict[str, Any]) -> str:
        """`alg: none`, which a verifier must never take."""
        parts = [json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(claims)]
        return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."

    def confused(self, claims: dict[str, Any]) -> str:
        """HS256 with the public key as the secret: whoever lets the token choose believes it."""
        parts = [json.dumps({"alg": "HS256", "kid": self.key.kid}), json.dumps(claims)]
        text = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
        mac = hmac.new(self.key.as_pem(private=False), text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    def by_stranger(self, claims: dict[str, Any]) -> str:
        """The right name of a key, and another key."""
        stranger = RSAKey.generate_key(2048, {"kid": self.key.kid})
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, stranger)


@contextmanager
def providing() -> Iterator[LocalOidc]:
    """The provider, served until the end."""
    provider = LocalOidc()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path == "/realm/authorize":  # whoever comes says yes
                self.send_response(302)
                self.send_header("location", provider.authorize(f"http://127.0.0.1:{provider.port}{self.path}"))
                self.send_header("content-length", "0")
                self.end_headers()
                return
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._say({name: values[0] for name, values in parse_qs(body).items()})

        def _say(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            status, answer = provider.answer(path, form, self.headers.get("authorization", ""))
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
