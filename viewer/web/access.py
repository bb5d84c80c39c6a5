"""Who may talk to the web server: names it answers to, and the secret that visitors bring."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Host = uri-host [":" port], RFC 9110 §7.2; nothing before, between or behind.
_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s\[\]:/@?#\\]+))(?::[0-9]{0,5})?")


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may talk to the server."""

    host: str
    """Address or name the server listens on, as the user gave it."""
    port: int
    address: str = ""
    """Numeric address the server listens on, where `host` is a name."""
    extra_hosts: tuple[str, ...] = ()
    """Further names that browsers reach it under, such as a proxy's."""
    token: str | None = None
    """Secret that every visitor must bring once, in the URL; None lets everybody in who can reach the port."""
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = {"localhost", "127.0.0.1", "::1", self.host, self.address, *self.extra_hosts}
        if self.anywhere:
            names |= {self.machine, socket.getfqdn()}
        object.__setattr__(self, "names", frozenset(name.strip("[]").lower() for name in names) - {""})

    @property
    def cookie(self) -> str:
        """Name of the cookie that keeps the token.

        Cookies are shared by all ports of a host, and SSH brings viewers of several machines, all on port 7860 there,
        to different ports here: port and token together tell them apart.
        """
        secret = hashlib.sha256((self.token or "").encode()).hexdigest()[:8]
        return f"flame_viewer_{self.port}_{secret}"

    @property
    def machine(self) -> str:
        """What this machine calls itself."""
        return socket.gethostname()

    @property
    def anywhere(self) -> bool:
        """Whether the server listens on all addresses of the machine."""
        return is_wildcard(self.address or self.host)

    @property
    def private(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.address or self.host)

    def knows(self, host: str) -> bool:
        """Whether `host` (a Host header: name, optional port) is one of this server's names."""
        name = host_name(host)
        if name is None:
            return False
        # A numeric address cannot be re-pointed by DNS, so it is safe where any address of the machine is meant.
        return name in self.names or (self.anywhere and is_address(name))

    def trusts(self, origin: str, host: str) -> bool:
        """Whether a page of `origin` (an Origin header) is this server's own, which was asked for as `host`."""
        try:
            site = urlsplit(origin)
            name = site.hostname or ""
        except ValueError:
            return False
        # Behind a proxy the origin is the proxy's name while Host may be ours.
        extra = {extra.strip("[]").lower() for extra in self.extra_hosts}
        return site.scheme in ("http", "https") and (site.netloc.lower() == host.lower() or name in extra)

    def admits(self, secret: str) -> bool:
        """Whether `secret` is the token; takes as long for a nearly right one as for any other."""
        return self.token is None or hmac.compare_digest(secret.encode(), self.token.encode())


def host_name(host: str) -> str | None:
    """Name in a Host header, in lower case, without port and brackets; None where it is malformed."""
    match = _HOST.fullmatch(host)
    return match and (match["address"] or match["name"]).lower()


def allow(hosts: Iterable[str]) -> tuple[str, ...]:
    """Host names as given on the command line, without scheme or port; IPv6 addresses with brackets or without."""
    names = (urlsplit(host).netloc if "://" in host else host for host in hosts)
    return tuple((host_name(name) or name).lower() for name in names)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server listening on `host`."""
    if host.lower() == "localhost":
        return True
    return is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback


def is_wildcard(host: str) -> bool:
    """Whether `host` stands for all addresses of the machine."""
    return host.strip("[]") in ("0.0.0.0", "::", "")


def is_address(name: str) -> bool:
    """Whether `name` is a numeric IP address."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
