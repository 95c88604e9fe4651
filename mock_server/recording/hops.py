"""Separate the headers that a proxy forwards from those of one connection (RFC 9110, section 7.6.1)."""

from collections.abc import Mapping

from multidict import CIMultiDict

VIA = "1.1 sigmic-mock-record"
"""A gateway names itself in every request that it forwards (RFC 9110, section 7.6.3)."""
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_NEVER_NAMED = frozenset({"content-length", "content-type", "host", "authorization"})
"""Headers that `Connection` must not remove, because the message would have another meaning."""


def end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers for the other end, in their order, including repeated ones."""
    dropped = _HOP_BY_HOP | (_named(headers) - _NEVER_NAMED)
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)


def for_upstream(headers: Mapping[str, str], host: str) -> CIMultiDict[str]:
    """Return a request's headers for the upstream: its own `Host`, and this hop in `Via`."""
    sent: CIMultiDict[str] = CIMultiDict([("Host", host)])
    for name, value in end_to_end(headers).items():
        if name.lower() != "host":
            sent.add(name, value)
    sent.add("Via", VIA)
    return sent


def _named(headers: Mapping[str, str]) -> set[str]:
    """Return the headers that `Connection` declares to be for this hop."""
    listed = ",".join(value for name, value in headers.items() if name.lower() == "connection")
    return {word.strip().lower() for word in listed.split(",") if word.strip()}
