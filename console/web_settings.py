"""What a person may set about the web page: where it is served, who may read it, how long they stay signed in."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from nuncius.core.errors import ConfigurationError

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1", "[::1]")


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the web page is served and who may read it. On this machine anybody may; elsewhere only who signs in
    (`sign_in`), or everybody (`public`): one of the two must be said. To act one always signs in; see
    docs/sign-in.md."""

    enabled: bool = True
    """Whether to serve it at all."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8765
    """Port to listen on; 0 takes any free one."""
    hosts: list[str] = []
    """Further host names under which the page may be asked for, as set up in a reverse proxy."""
    address: str = ""
    """The page as people reach it, `https://nuncius.example.org`: messages link to it, so that one press ends a
    subscription, and providers of accounts send people back there. With https, cookies are for https only. Empty:
    messages have no such links."""
    rules_folder: Path | None = None
    """Folder in which operators may save rules on the page; they count after all other rules. None: rules can be tried
    there and not saved."""
    sign_in: bool = False
    """Whether one must sign in to read anything."""
    public: bool = False
    """Whether anybody who reaches the page may read it."""
    forwarded: list[str] = []
    """Addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed:
    `["127.0.0.1", "10.0.0.0/8"]`."""
    idle_hours: Annotated[float, msgspec.Meta(gt=0)] = 12.0
    """Hours after which whoever did nothing signs in again."""
    longest_hours: Annotated[float, msgspec.Meta(gt=0)] = 72.0
    """Hours after which everybody signs in again."""
    per_minute: Annotated[int, msgspec.Meta(ge=0)] = 600
    """Pages and answers that one person or address may have in a minute, a tenth of that of SPARQL; where anybody may
    read on this machine alone there is no bound. 0: none."""

    @property
    def url(self) -> str:
        """What to type into a browser on this machine."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    @property
    def base(self) -> str:
        """The page as people reach it, without a slash at the end."""
        return (self.address or self.url).rstrip("/")

    @property
    def names(self) -> list[str]:
        """Host names that the page answers to."""
        own = [urlsplit(self.address).hostname or ""] if self.address else []
        return [*LOCAL_HOSTS, self.host, *self.hosts, *own]

    @property
    def secure(self) -> bool:
        """Whether people reach it by https."""
        return self.address.startswith("https://")

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it, as far as the settings say."""
        return _is_loopback(self.host) and all(
            _is_loopback(urlsplit(f"//{name}").hostname or "") for name in self.hosts
        )

    @property
    def open_to_all(self) -> bool:
        """Whether reading needs no sign-in."""
        return self.public or not self.sign_in

    def check(self) -> None:
        """Raises ConfigurationError for a page that others would reach without anybody having said who may read."""
        if self.sign_in and self.public:
            raise ConfigurationError("[web] sign_in and public contradict each other: set one of them to true")
        elsewhere = not self.local or bool(self.forwarded)
        elsewhere |= bool(self.address) and not _is_loopback(urlsplit(self.address).hostname or "")
        if elsewhere and not self.sign_in and not self.public:
            said = (
                f"host = {self.host!r}, hosts = {self.hosts}, address = {self.address!r}, forwarded = {self.forwarded}"
            )
            raise ConfigurationError(
                f"the web page would be reached from elsewhere ({said}), and nothing says who may read it: set "
                "[web] sign_in = true, or [web] public = true if everything it shows is public"
            )
        if self.address and not (urlsplit(self.address).scheme in ("http", "https") and urlsplit(self.address).netloc):
            raise ConfigurationError(f"web.address: like https://nuncius.example.org; received {self.address!r}")
        for proxy in self.forwarded:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                raise ConfigurationError(
                    f"web.forwarded: addresses or networks like 10.0.0.0/8; received {proxy!r}"
                ) from None


def _is_loopback(host: str) -> bool:
    if host in LOCAL_HOSTS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
