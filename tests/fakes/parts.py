"""Multipart parts whose content is in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence


class FakePart:
    """Implements `mock_server.storage.uploads.Part`; returns at most `step` bytes at a time."""

    def __init__(
        self,
        content: bytes = b"",
        *,
        name: str | None = "files",
        filename: str | None = None,
        content_type: str | None = None,
        step: int = 1 << 20,
    ) -> None:
        self.name = name
        self.filename = filename
        self.content_type = content_type
        self.bytes_read = 0
        self._content = content
        self._step = step

    async def read_chunk(self) -> bytes:
        chunk = self._content[self.bytes_read : self.bytes_read + self._step]
        self.bytes_read += len(chunk)
        return chunk


class InterruptedPart(FakePart):
    """A part whose connection breaks or hangs after the first bytes."""

    def __init__(self, interrupt: Callable[[], Awaitable[None]], filename: str = "a.bin") -> None:
        super().__init__(b"first bytes", filename=filename)
        self._interrupt = interrupt

    async def read_chunk(self) -> bytes:
        if self.bytes_read:
            await self._interrupt()
        return await super().read_chunk()


async def stream(parts: Sequence[FakePart]) -> AsyncIterator[FakePart]:
    for part in parts:
        yield part


def text(name: str, value: str | bytes) -> FakePart:
    return FakePart(value.encode() if isinstance(value, str) else value, name=name)


def file(filename: str, content: bytes = b"content") -> FakePart:
    return FakePart(content, filename=filename)
