"""A program with pipes, without a process; fulfils `ports.SandboxProcess`."""

import asyncio


class Printing:
    """A program that prints the same piece repeatedly."""

    last_errors = b""

    def __init__(self, piece: bytes, times: int = 1_000_000, *, reads_input: bool = True) -> None:
        self.piece = piece
        self.left = times
        self.read_bytes = 0
        self.written = b""
        self._reads_input = reads_input

    async def read(self) -> bytes:
        """Return immediately, like a pipe that is always full."""
        if not self.left:
            return b""
        self.left -= 1
        self.read_bytes += len(self.piece)
        return self.piece

    async def write(self, data: bytes) -> None:
        """Keep what the program reads; wait without a limit if it does not read."""
        if not self._reads_input:
            await asyncio.get_running_loop().create_future()
        self.written += data

    def end_input(self) -> None:
        """Do nothing: the program prints on."""

    async def wait(self) -> str:
        return "exit code 0"
