"""An upload of one small file."""

from pathlib import Path


class FakeUpload:
    """Fulfils `mock_server.ports.Upload`: one file in staging."""

    def __init__(self, name: str = "data.csv") -> None:
        self.files = [(name, f"uploads/{name}")]
        self.discarded = False
        self.done: list[str] = []

    async def commit(self, workspace: Path, number: int | None = None) -> None:
        (workspace / "uploads").mkdir(exist_ok=True)
        (workspace / self.files[0][1]).write_text("a,b\n")
        self.done.append("committed" if number is None else f"committed for {number}")

    async def keep(self) -> None:
        self.done.append("kept")

    async def take_back(self) -> None:
        self.done.append("taken back")

    async def discard(self) -> None:
        self.discarded = True
