"""A mail server on this machine, by aiosmtpd: it keeps what it takes and can be told to misbehave."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "nuncius", "mail-s3cret"


@dataclass
class LocalMail:
    """Use as a context. `mails` are (recipients, message) in the order in which they were taken; `refuse` gives for an
    address the answers it gets, one a try, before it is taken; `data` what becomes of mails after their text came:
    an answer such as "554 no", "drop" (taken, and the connection cut), "slow"."""

    folder: Path = Path()
    security: str = "none"
    auth: bool = False
    refuse: dict[str, list[str]] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    tries: int = 0
    port: int = 0

    def __enter__(self) -> LocalMail:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = self.port or free.getsockname()[1]
        more: dict[str, Any] = {"auth_required": self.auth, "auth_require_tls": self.security == "starttls"}
        context = self._context() if self.security != "none" else None
        if self.security == "starttls":
            more |= {"tls_context": context, "require_starttls": True}
        if self.auth:
            more |= {"authenticator": _authenticate}
        over_tls = {"ssl_context": context} if self.security == "tls" else {}
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")  # it does not see TLS below it
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **over_tls, **more)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, _: list[str]) -> str:
        answers = self.refuse.get(address)
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.tries += 1
        how = self.data.pop(0) if self.data else ""
        if how and how[0].isdigit():
            return how
        content = envelope.content
        assert isinstance(content, bytes)
        parsed = message_from_bytes(content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), parsed))
        if how == "drop":
            server.transport.abort()
        if how == "slow":
            await asyncio.sleep(1.5)
        return "250 taken"

    @property
    def boxes(self) -> dict[str, list[EmailMessage]]:
        """Each reader's mailbox, as a server keeps it that drops what it has under the same name."""
        found: dict[str, dict[str, EmailMessage]] = {}
        for readers, mail in self.mails:
            for reader in readers:
                found.setdefault(reader, {}).setdefault(str(mail["Message-ID"]), mail)
        return {reader: list(mails.values()) for reader, mails in found.items()}

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def _context(self) -> ssl.SSLContext:
        """A certificate for this machine, signed by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = dt.datetime.now(dt.UTC)
        here = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        made = made.add_extension(here, critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        certificate = made.sign(key, hashes.SHA256())
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret = self.folder / "key.pem"
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, secret)
        return context


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)
