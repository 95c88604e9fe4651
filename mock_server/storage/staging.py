"""Where request bodies wait until they belong to a workspace: `<data_dir>/staging/<random>/`.

The same file system as the workspaces, so that taking them over is a rename. Emptied at start: what an
earlier process left here was never acknowledged (G-28).
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from sigmic_conformance.mock_server.storage.file_work import to_the_end
from sigmic_conformance.mock_server.storage.trees import remove_tree


class Staging:
    """The staging directory; `own` gives a file to the user that sandboxed processes run as."""

    def __init__(self, root: Path, own: Callable[[Path], None]) -> None:
        self.root = root
        self.own = own

    async def empty(self) -> None:
        """Remove what an earlier process left behind, and create the directory. Call once at start."""
        await to_the_end(lambda: remove_tree(self.root))
        self.root.mkdir(mode=0o700, parents=True)

    async def open(self) -> Path:
        """Create an empty directory that only this process may enter."""
        return Path(tempfile.mkdtemp(dir=self.root))

    async def remove(self, directory: Path) -> None:
        """Remove a directory made by `open`, in a thread; idempotent, and finished even when cancelled."""
        await to_the_end(lambda: remove_tree(directory))
