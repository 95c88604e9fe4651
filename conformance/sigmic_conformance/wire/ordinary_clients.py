"""The headers that ordinary HTTP clients add to each request, by client.

Content codings that the suite cannot undo (br, zstd, compress) are left out of `Accept-Encoding`.
"""

from dataclasses import dataclass

from sigmic_conformance.wire.transcript import Sent

Headers = tuple[tuple[str, str], ...]

_CODINGS = "gzip, deflate"
_CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_FROM_PAGE = (
    ("sec-ch-ua-platform", '"Linux"'),
    ("User-Agent", _CHROME),
    ("sec-ch-ua", '"Chromium";v="142", "Not_A Brand";v="99"'),
    ("sec-ch-ua-mobile", "?0"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Dest", "empty"),
    ("Accept-Encoding", _CODINGS),
    ("Accept-Language", "en-GB,en;q=0.9,de;q=0.8"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryClient:
    """A client, its headers in their order, and those that it sends in place of them to read a stream."""

    name: str
    headers: Headers
    of_streams: Headers = ()

    def lines(self, *, is_stream: bool) -> Headers:
        """The headers of a request, in their order."""
        return merged(self.headers, self.of_streams) if is_stream else self.headers


def merged(headers: Headers, more: Headers) -> Headers:
    """Headers with others, which replace those of the same name."""
    replaced = {name.lower() for name, _ in more}
    return (*(each for each in headers if each[0].lower() not in replaced), *more)


ORDINARY_CLIENTS = (
    OrdinaryClient(name="curl", headers=(("User-Agent", "curl/8.14.1"), ("Accept", "*/*"))),
    OrdinaryClient(
        name="requests",
        headers=(
            ("User-Agent", "python-requests/2.32.5"),
            ("Accept-Encoding", _CODINGS),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
        ),
    ),
    OrdinaryClient(
        name="httpx",
        headers=(
            ("Accept", "*/*"),
            ("Accept-Encoding", _CODINGS),
            ("Connection", "keep-alive"),
            ("User-Agent", "python-httpx/0.28.1"),
        ),
        of_streams=(("Accept", "text/event-stream"), ("Cache-Control", "no-store")),
    ),
    OrdinaryClient(
        name="aiohttp",
        headers=(
            ("Accept", "*/*"),
            ("Accept-Encoding", _CODINGS),
            ("User-Agent", "Python/3.13 aiohttp/3.14.5"),
        ),
        of_streams=(("Accept", "text/event-stream"),),
    ),
    OrdinaryClient(
        name="fetch of Node",
        headers=(
            ("connection", "keep-alive"),
            ("accept", "*/*"),
            ("accept-language", "*"),
            ("sec-fetch-mode", "cors"),
            ("user-agent", "node"),
            ("accept-encoding", _CODINGS),
        ),
    ),
    OrdinaryClient(
        name="axios",
        headers=(
            ("Accept", "application/json, text/plain, */*"),
            ("User-Agent", "axios/1.13.2"),
            ("Accept-Encoding", _CODINGS),
            ("Connection", "keep-alive"),
        ),
    ),
    OrdinaryClient(
        name="Chrome",
        headers=(("Connection", "keep-alive"), *_FROM_PAGE[:4], ("Accept", "*/*"), *_FROM_PAGE[4:]),
        of_streams=(("Accept", "text/event-stream"), ("Cache-Control", "no-cache")),
    ),
    OrdinaryClient(
        name="OkHttp",
        headers=(
            ("Connection", "Keep-Alive"),
            ("Accept-Encoding", "gzip"),
            ("User-Agent", "okhttp/5.3.0"),
        ),
        of_streams=(("Accept", "text/event-stream"),),
    ),
    OrdinaryClient(
        name="net/http of Go",
        headers=(("User-Agent", "Go-http-client/1.1"), ("Accept-Encoding", "gzip")),
    ),
)


_BY_AGENT = {
    value: client
    for client in ORDINARY_CLIENTS
    for name, value in client.headers
    if name.lower() == "user-agent"
}


def client_of(sent: Sent) -> OrdinaryClient | None:
    """The ordinary client that a request names as its agent; None for the suite's own."""
    return _BY_AGENT.get(sent.header("user-agent") or "")
