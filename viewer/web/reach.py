"""How the page is reached from elsewhere: the SSH command to type, and the proxies that the environment tells of."""

from __future__ import annotations

import getpass
import ipaddress
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from viewer.web.access import Access, is_address


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A web proxy in front of this machine's ports, as Jupyter and VS Code have them."""

    name: str
    prefix: str | None
    """Path under which the page lies there, such as `/user/ann/proxy/7860`; None where that is not known."""
    origin: str | None = None
    """Scheme and host in the address bar, such as `https://hub.example`; None where that is not known."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The name in the address bar, as far as it is known."""
        return (urlsplit(self.origin).hostname or "",) if self.origin else ()

    def line(self, query: str, *, known: tuple[str, ...]) -> str:
        """What to tell the user. query: end of the page's URL, such as `?token=…`; known: names that are answered."""
        if self.prefix is None:
            return (
                f"through {self.name}: start with --allowed-host NAME and --root-path PATH, the name and path under "
                f"which {self.name} shows this port"
            )
        if self.origin is not None:
            return f"through {self.name}: {self.origin}{self.prefix}/{query}"
        name = "" if known else "; start with --allowed-host NAME, the name in its address bar"
        return f"through {self.name}: {self.prefix}/{query} at the address of {self.name}{name}"


def proxy_of(environment: Mapping[str, str], port: int) -> Proxy | None:
    """The proxy that the program was started behind, from the variables that Jupyter and VS Code set."""
    for find in (_vs_code, _jupyter_hub, _jupyter_server):
        proxy = find(environment, port)
        if proxy is not None:
            return proxy
    return None


def _vs_code(environment: Mapping[str, str], port: int) -> Proxy | None:
    template = environment.get("VSCODE_PROXY_URI", "")
    if "{{port}}" not in template:
        return None
    url = template.replace("{{port}}", str(port))
    origin = _origin(url)
    if origin is None or "{{" in url:  # relative to an address that only the browser knows
        return Proxy(name="VS Code", prefix=None)
    return Proxy(name="VS Code", prefix=urlsplit(url).path.rstrip("/"), origin=origin)


def _jupyter_hub(environment: Mapping[str, str], port: int) -> Proxy | None:
    base = environment.get("JUPYTERHUB_SERVICE_PREFIX", "").strip("/")
    if not base:
        return None
    origin = _origin(environment.get("JUPYTERHUB_PUBLIC_URL", "")) or _origin(environment.get("JUPYTERHUB_HOST", ""))
    return Proxy(name="JupyterHub", prefix=f"/{base}/proxy/{port}", origin=origin)


def _jupyter_server(environment: Mapping[str, str], port: int) -> Proxy | None:
    url = environment.get("JUPYTER_SERVER_URL", "")
    origin = _origin(url)
    if origin is None:
        return None
    base = urlsplit(url).path.rstrip("/")
    return Proxy(name="Jupyter (where jupyter-server-proxy is installed)", prefix=f"{base}/proxy/{port}", origin=origin)


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        pass  # such as a bracket that is never closed
    return None


def ssh_line(environment: Mapping[str, str], access: Access) -> str | None:
    """The command that brings the port to the user's own computer; None where the page opens here just as well.

    It names this machine as the user's own SSH session did. Where that went to another machine, as on the node of a
    cluster, the command jumps over it.
    """
    if not (access.private or access.anywhere):
        return None
    session = environment.get("SSH_CONNECTION", "").split()  # client address and port, server address and port
    if len(session) != 4:
        screen = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
        return None if screen else _command(access, access.machine, environment)
    server, ssh_port = session[2:]
    if not is_address(server.partition("%")[0]):
        return _command(access, access.machine, environment)
    if ipaddress.ip_address(server.partition("%")[0]).is_loopback:  # the last hop of a tunnel
        return _command(access, access.machine, environment)
    if _is_ours(server):
        return _command(access, server, environment, port=ssh_port)
    return _command(access, access.machine, environment, jump=server, port=ssh_port)


def _command(access: Access, host: str, environment: Mapping[str, str], *, jump: str = "", port: str = "22") -> str:
    target = access.address or access.host
    if access.anywhere or target == "localhost":
        target = "127.0.0.1"
    target = f"[{target}]" if ":" in target else target
    user = _user(environment)
    words = ["ssh", "-L", f"{access.port}:{target}:{access.port}"]
    plain = port == "22" or not port.isdecimal()
    if jump:
        there = f"[{jump}]" if ":" in jump and not plain else jump
        words += ["-J", user + there + ("" if plain else f":{port}")]
    elif not plain:
        words += ["-p", port]
    return f"from your own computer: {shlex.join([*words, user + host])}, then open this URL there"


def _user(environment: Mapping[str, str]) -> str:
    """`name@`, or nothing for a user id without an account."""
    try:
        return f"{environment.get('USER') or getpass.getuser()}@"
    except (KeyError, OSError):
        return ""


def _is_ours(address: str) -> bool:
    """Whether this machine has the address."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.bind(place)
    except OSError:
        return False
    return True
