"""The edge to the mail server: the only module that speaks SMTP. Sends one mail, and translates errors."""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from chat.mail_settings import EmailSettings, mail_password
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError, TransientError


class MailServer:
    """The mail server: one connection for each mail, paced, with errors of our tree."""

    def __init__(self, settings: EmailSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._password = mail_password(settings)
        self._last: float | None = None
        self._lock = threading.Lock()

    def send(self, mail: EmailMessage, to: list[str]) -> dict[str, tuple[int, str]]:
        """Send to those named; gives who was refused, with the server's code and words. Raises TransientError where
        nobody may have it, PermanentError where trying again is no use."""
        if not to:
            return {}
        self._wait()
        with self._connected() as server:
            try:
                refused = server.send_message(mail, self._settings.from_, to)
            except smtplib.SMTPRecipientsRefused as error:
                refused = error.recipients
        return {address: (code, _words(said)) for address, (code, said) in refused.items()}

    def who_am_i(self) -> str:
        """Connect, sign in and leave again, without sending anything."""
        with self._connected() as server:
            code, said = server.noop()
        if code != 250:
            raise TransientError(f"{self._settings.host} answers {code} {_words(said)}")
        return f"{self._settings.host} takes mail from {self._settings.from_}"

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        where = f"mail server {settings.host}:{settings.port}"
        server: smtplib.SMTP | None = None
        try:
            server = self._open()
            if settings.user:
                server.login(settings.user, self._password)
            yield server
        except smtplib.SMTPAuthenticationError as error:
            raise _translated(error, f"{where} does not let us in", "check email.user and its password") from None
        except smtplib.SMTPNotSupportedError as error:
            raise TransientError(f"{where}: {error}; check email.security and email.user") from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPResponseException) as error:
            raise _translated(error, f"{where} refuses the mail", "see what it says, and email.from") from None
        except ssl.SSLCertVerificationError as error:
            # Certificates run out and are renewed: whoever waits loses nothing.
            raise TransientError(
                f"{where}: its certificate is not trusted ({error.verify_message}); renew it, or set email.ca_file"
            ) from None
        except (smtplib.SMTPException, OSError, EOFError) as error:
            raise TransientError(f"{where}: {type(error).__name__}: {error}") from None
        finally:
            if server is not None:
                try:
                    server.quit()  # what was sent is sent, whatever becomes of the goodbye
                except (smtplib.SMTPException, OSError):
                    server.close()

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context()
        if settings.ca_file is not None:
            context.load_verify_locations(settings.ca_file)
        name = settings.from_.rpartition("@")[2]
        if settings.security == "tls":
            return smtplib.SMTP_SSL(
                settings.host, settings.port, local_hostname=name, timeout=settings.timeout_s, context=context
            )
        server = smtplib.SMTP(settings.host, settings.port, local_hostname=name, timeout=settings.timeout_s)
        if settings.security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _wait(self) -> None:
        """Not faster than the settings say."""
        with self._lock:
            now = self._clock.now().timestamp()
            if self._last is not None and now - self._last < self._settings.pace_s:
                self._clock.sleep(self._settings.pace_s - (now - self._last))
            self._last = self._clock.now().timestamp()


def _translated(error: smtplib.SMTPResponseException, what: str, mend: str) -> TransientError | PermanentError:
    text = f"{what}: {error.smtp_code} {_words(error.smtp_error)}"
    return PermanentError(f"{text}; {mend}") if error.smtp_code >= 500 else TransientError(text)


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300]
