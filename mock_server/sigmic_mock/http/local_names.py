"""The host names that this server answers to: checked for every address, before routing and authentication.

DNS rebinding lets a page of a foreign host name reach a server on its reader's machine. The browser then
sends that name as `Host`. So a server answers only to names that an attacker cannot redirect to it: the names
of this machine, and those that its owner adds (`--allow-host`). An IP address cannot be rebound.
"""

import ipaddress
import re
from collections.abc import Collection
from functools import lru_cache

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,253})(?::[0-9]{0,5})?", re.ASCII)
"""RFC 3986, 3.2, without user information and percent-encoding, which no valid `Host` contains."""
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_WEB = frozenset({"http", "https"})


class LocalNames:
    """The names that count as this machine's. `http.app` checks them on every request."""

    def __init__(
        self, *, is_loopback: bool = True, added: Collection[str] = (), can_add: bool = True
    ) -> None:
        """`is_loopback` means that only this machine can connect to the server.

        `can_add` lets refusals say how its owner adds a name.
        A server that other machines can reach also answers to every IP address: a port mapping or a second
        network card gives it addresses that it does not know itself.
        """
        self._is_loopback = is_loopback
        self._added = frozenset(name.lower() for name in added)
        self._hint = "; to add it, start the server with --allow-host " if can_add else None

    def refusal(self, request: web.BaseRequest) -> ApiError | None:
        """Return a refusal if the request names another server; None for a name of this machine.

        VALIDATION_ERROR for a missing, second or malformed `Host` (RFC 9112, 3.2), FORBIDDEN for a foreign
        one. The authority of an absolute request target obeys the same rule.
        """
        hosts = request.headers.getall("Host", ())
        if len(hosts) != 1:
            return ApiError(ErrorCode.VALIDATION_ERROR, "Send exactly one Host header")
        authority = _authority(request.raw_path)
        for called in hosts if authority is None else (*hosts, authority):
            name = host_name(called)
            if name is None:
                return ApiError(ErrorCode.VALIDATION_ERROR, "The host of the request is malformed")
            if not self._answers_to(name):
                hint = "" if self._hint is None else f"{self._hint}{name}"
                return ApiError(ErrorCode.FORBIDDEN, f"This server does not answer to the name {name}{hint}")
        return None

    def has_page(self, origin: str) -> bool:
        """Return whether a page is of this machine: at a local or an added name, with any port."""
        scheme, _, authority = origin.partition("://")
        name = host_name(authority) if scheme in _WEB else None
        return name is not None and (name in self._added or _is_local(name))

    def _answers_to(self, name: str) -> bool:
        if name in self._added or _is_local(name):
            return True
        return not self._is_loopback and _address(name) is not None


@lru_cache(maxsize=64)
def host_name(authority: str) -> str | None:
    """Return the host of `host[:port]` in lower case, IPv6 in brackets; None if it is malformed."""
    found = _AUTHORITY.fullmatch(authority)
    return None if found is None else found[1].lower()


def _authority(target: str) -> str | None:
    """Return the authority of a request target in the absolute or authority form, else None."""
    if target.startswith("/") or target == "*":
        return None
    absolute = _ABSOLUTE.match(target)
    return target if absolute is None else absolute[1]


def _is_local(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761: no resolver may ask others about it
        return True
    address = _address(name)
    return address is not None and address.is_loopback


@lru_cache(maxsize=64)
def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address if `name` is one. IPv6 forms of IPv4 addresses are not accepted."""
    try:
        if name.startswith("["):
            six = ipaddress.IPv6Address(name[1:-1])
            return None if six.ipv4_mapped is not None else six
        return ipaddress.IPv4Address(name)
    except ValueError:
        return None
