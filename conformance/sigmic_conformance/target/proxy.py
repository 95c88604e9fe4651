"""Find the proxy for a target: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`. Pure.

As usual, a lower-case name has precedence, and a target on this machine is reached directly.
"""

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

DEFAULT_PORT = 80


class ProxyRefused(Exception):
    """The variable does not name a supported proxy; the text is one line without its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Its address, the variable that names it, and the value of `Proxy-Authorization`, if it needs one."""

    host: str
    port: int
    variable: str
    authorization: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port} ({self.variable})"


def proxy_for(base_url: str, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy for this address; None if it is reached directly. Raises `ProxyRefused`."""
    parts = urlsplit(base_url)
    named = f"{parts.scheme}_proxy"
    variable = next((name for name in (named, named.upper()) if environment.get(name)), None)
    host = parts.hostname or ""
    if variable is None or _is_here(host) or _is_exempt(parts, environment):
        return None
    return _read(variable, environment[variable])


def _read(variable: str, text: str) -> Proxy:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ProxyRefused(f"{variable} is not a proxy URL") from error
    if parts.scheme != "http":
        raise ProxyRefused(f"{variable}: the suite speaks to a proxy by http://, not by {parts.scheme}://")
    if not host:
        raise ProxyRefused(f"{variable} is not a proxy URL")
    login = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        login = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(host=host, port=port or DEFAULT_PORT, variable=variable, authorization=login)


def _is_here(host: str) -> bool:
    """True for a name or address of this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_exempt(parts: SplitResult, environment: Mapping[str, str]) -> bool:
    """True if `NO_PROXY` has the host, its domain or network, one of these with the port, or `*`."""
    listed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    entries = (each.strip().lower().removesuffix(f":{port}") for each in listed.split(","))
    return any(_names(entry, host) for entry in entries)


def _names(entry: str, host: str) -> bool:
    domain = entry.removeprefix("*").lstrip(".")
    return entry == "*" or _in(host, entry) or bool(domain and f".{host}".endswith(f".{domain}"))


def _in(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network.strip("[]"), strict=False)
    except ValueError:
        return False
