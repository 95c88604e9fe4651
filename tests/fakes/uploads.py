"""An upload of one small file."""

from pathlib import Path


class FakeUpload:
    """Fulfils `mock_server.ports.Upload`: one file in staging."""

    def __init__(self, name: str = "data.csv") -> None:
        self.files = [(name, f"uploads/{name}")]
        self.discarded = False

    async def commit(self, workspace: Path) -> None:
        (workspace / "uploads").mkdir(exist_ok=True)
        (workspace / self.files[0][1]).write_text("a,b\n")

    async def discard(self) -> None:
        self.discarded = True
