"""Allow a target: this machine, or the host that the command line names exactly."""

import ipaddress
from urllib.parse import urlsplit


def refusal(url: str | None, named: str | None) -> str:
    """Return why a target may not be loaded, in one line; empty if it may."""
    if not url:
        return "no target. Name one with --host, for example --host http://127.0.0.1:8787"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"--host {url} is not a URL: {error}"
    if parts.scheme not in {"http", "https"} or not host:
        return f"--host {url} is not a URL. Start it with http:// or https://"
    if port == 0 or not url.isprintable() or " " in url:
        return f"--host {url!r} is not a URL: it has port 0, a space or a control character"
    if parts.query or parts.fragment:
        return f"--host {url} has a query or a fragment: give the address without them"
    if _is_loopback(host) or (named or "").lower() == host:
        return ""
    if named:
        return f"--i-may-load-test-this-host says {named}, but the target is {host}"
    return (
        f"{host} is not this machine. If its owner agrees to a load test, "
        f"add --i-may-load-test-this-host {host}"
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
