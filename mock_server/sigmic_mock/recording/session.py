"""One recording from start to end: check the upstream, open the port, close and write everything."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp

from sigmic_mock.http.body import BODY_SECONDS
from sigmic_mock.http.connection import ConnectionFactory
from sigmic_mock.http.server import port_error
from sigmic_mock.recording.exchange import read_json
from sigmic_mock.recording.folder import Folder
from sigmic_mock.recording.proxy import (
    SILENCE_SECONDS,
    Proxy,
    Upstream,
    open_client,
    why_unreachable,
)
from sigmic_mock.recording.recorder import Recorder, Voice
from sigmic_mock.runtime.ids import RandomIds
from sigmic_spec.document import Document

HOST = "127.0.0.1"
_LOOK = "/api/v1/tasks"
_LOOK_SECONDS = 15.0
_MOST_LOOKED_AT = 64 << 10
_STOP_SECONDS = 1.0
_KEEP_ALIVE_SECONDS = 75.0


class UpstreamRefused(Exception):
    """There is no such upstream, or it is another API. The message says what to type next."""


@dataclass(frozen=True, slots=True)
class Session:
    """A running recording."""

    recorder: Recorder
    port: int

    @property
    def base_url(self) -> str:
        """The URL that clients use instead of the upstream's."""
        return f"http://{HOST}:{self.port}"


def read_upstream(text: str) -> Upstream:
    """Return the upstream for an address. Raises `UpstreamRefused`."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise UpstreamRefused(f"--upstream {text} is not an address; try https://api.example.com") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UpstreamRefused(f"--upstream must be an http or https URL; try {_with_scheme(text)}")
    if parts.username is not None or parts.password is not None:
        raise UpstreamRefused("--upstream must be without a password; your client sends its own credentials")
    if parts.query or parts.fragment:
        raise UpstreamRefused(f"--upstream must end before the query; try {text.partition('?')[0]}")
    prefix, found, _rest = parts.path.partition("/api/v1")
    origin = f"{parts.scheme}://{parts.netloc}"
    if found:
        raise UpstreamRefused(f"--upstream must be without /api/v1, clients add it; try {origin}{prefix}")
    return Upstream(origin, parts.path.rstrip("/"))


def _with_scheme(text: str) -> str:
    rest = text.rpartition("://")[2].lstrip("/") or "api.example.com"
    is_here = rest.startswith(("localhost", "127.", "[::1]"))
    return f"{'http' if is_here else 'https'}://{rest}"


async def look_at(client: aiohttp.ClientSession, upstream: Upstream) -> None:
    """Request the upstream's tasks, without a credential. Raises `UpstreamRefused` if it is another API."""
    address = f"{upstream.origin}{upstream.prefix}{_LOOK}"
    try:
        async with (
            asyncio.timeout(_LOOK_SECONDS),
            client.get(
                upstream.url(_LOOK), headers={"Accept": "application/json"}, allow_redirects=False
            ) as answer,
        ):
            body = read_json(await answer.content.read(_MOST_LOOKED_AT))
    except (aiohttp.ClientError, OSError) as problem:
        why = why_unreachable(problem)
        raise UpstreamRefused(f"can't reach {upstream.host}: {why}; try curl -i {address}") from None
    if location := answer.headers.get("Location"):
        origin = location.partition("/api/v1")[0]
        raise UpstreamRefused(f"{upstream.origin} sends its clients elsewhere; try --upstream {origin}")
    if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
        said = f"its answer ({answer.status}) is not the API's envelope"
        raise UpstreamRefused(f"{address} is not this API: {said}; try the origin of your Task API")


@asynccontextmanager
async def recording(
    upstream: Upstream,
    port: int,
    make_folder: Callable[[], Folder],
    voice: Voice,
    *,
    silence_seconds: float = SILENCE_SECONDS,
    body_seconds: float = BODY_SECONDS,
) -> AsyncIterator[Session]:
    """Record while the body runs, then write the rest. The directory is created last, if all else works.

    Raises `UpstreamRefused`, `folder.FolderRefused`, `http.server.PortTaken`.
    """
    async with open_client(silence_seconds) as client:
        await look_at(client, upstream)
        folder = await asyncio.to_thread(make_folder)
        origin = f"from {upstream.host} on {datetime.now(UTC).date().isoformat()}"
        recorder = Recorder(Document.load(), folder, voice, origin=origin)
        ids = RandomIds()
        factory = ConnectionFactory(
            Proxy(upstream, client, ids, recorder, body_seconds=body_seconds),
            ids,
            access_log=None,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            auto_decompress=False,
        )
        # When a client leaves, its request to the upstream is cancelled.
        factory.handler_cancellation = True
        server = await _listen(factory, port)
        try:
            yield Session(recorder, server.sockets[0].getsockname()[1])
        finally:
            recorder.is_stopping = True
            server.close()
            factory.pre_shutdown()
            await factory.shutdown(_STOP_SECONDS)
            await asyncio.to_thread(recorder.finish)


async def _listen(factory: ConnectionFactory, port: int) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(factory, HOST, port, reuse_address=True)
    except OSError as problem:
        raise port_error(HOST, port, problem) from None
