"""The answer that is a stream: aiohttp sends its head, the rest is the stream's own."""

from aiohttp import web

from sigmic_conformance.mock_server.http.connection import Connection
from sigmic_conformance.mock_server.http.event_stream import EventStream


class StreamAnswer(web.StreamResponse):
    """A head, as long as nothing was begun; then `stream` has the connection, and goes on without us."""

    stream: EventStream | None = None

    @property
    def in_chunks(self) -> bool:
        """Whether the body is framed in chunks."""
        return self.chunked

    async def begin(self, request: web.BaseRequest, stream: EventStream) -> None:
        """Send the head and let `stream` have the connection. Raises `ConnectionError` without a client."""
        connection = request.protocol
        if not isinstance(connection, Connection):
            raise TypeError(f"{type(connection).__name__} cannot be handed over")
        if request.version >= (1, 1):
            self.enable_chunked_encoding()
        await self.prepare(request)
        stream.open(connection.hand_over(stream), chunked=self.in_chunks)
        self.stream = stream

    async def write_eof(self, data: bytes = b"") -> None:
        """Leave the end to the stream, which sends it when it comes to it."""
        if self.stream is None:
            await super().write_eof(data)
