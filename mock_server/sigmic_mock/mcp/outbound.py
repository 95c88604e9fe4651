"""Which addresses the platform may connect to for an MCP server that runs elsewhere.

An admin who configures a project's servers sends requests from the network of this machine. So the platform
never connects to itself. A server that others can reach also refuses link-local addresses, and the addresses
at which cloud machines get their credentials.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = ip_network("64:ff9b::/96")
_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba Cloud
            "168.63.129.16",  # Azure
            "192.0.0.192",  # Oracle Cloud
            "fd00:ec2::254",  # Amazon; its IPv4 address is link-local
            "fd20:ce::254",  # Google Cloud
        ),
    )
)


class AddressRefused(Exception):
    """The platform does not connect there. The message is for people and contains no address."""


class Outbound:
    """Checks addresses. `is_shared` is true if other machines can reach this server."""

    def __init__(self, *, is_shared: bool) -> None:
        self.is_shared = is_shared
        self.own_port: int | None = None
        """The port that this server listens on, once it does."""

    def check(self, address: str, port: int) -> None:
        """Raise `AddressRefused` if no request may be sent to an IP address and a port."""
        numeric = plain(address)
        if port == self.own_port and is_of_this_machine(numeric):
            raise AddressRefused("its url is of this server itself")
        if self.is_shared and (numeric.is_link_local or numeric.is_multicast or numeric in _METADATA):
            raise AddressRefused(
                "its address is link-local or of a cloud's metadata, which a server that others reach refuses"
            )

    def check_host(self, host: str, port: int) -> None:
        """Check a host that a proxy will resolve: an address, or this machine. Raises `AddressRefused`."""
        try:
            ip_address(host)
        except ValueError:
            if host != "localhost" and not host.endswith(".localhost"):
                return
            host = "127.0.0.1"
        self.check(host, port)


def plain(address: str) -> IPv4Address | IPv6Address:
    """Return an address; an IPv4 address in IPv6 form is converted to IPv4."""
    numeric = ip_address(address)
    if isinstance(numeric, IPv4Address):
        return numeric
    if numeric.ipv4_mapped or numeric.sixtofour:
        return numeric.ipv4_mapped or numeric.sixtofour or numeric
    return IPv4Address(int(numeric) & 0xFFFFFFFF) if numeric in _NAT64 else numeric


def is_of_this_machine(address: IPv4Address | IPv6Address) -> bool:
    """Return whether a connection to an address ends here: only such addresses can be bound."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
