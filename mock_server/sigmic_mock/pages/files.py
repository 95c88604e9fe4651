"""The files of `mock_server/sigmic_mock/web` in their final form: read at the first request, then cached."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).parents[1] / "web"
_KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_GZIP = 16 + zlib.MAX_WBITS
"""Makes zlib write the format of gzip, without a time or a name: the same bytes each time."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file to send: `packed` is the same with gzip."""

    content_type: str
    etag: str
    plain: bytes
    packed: bytes


def page(content_type: str, content: bytes) -> Page:
    """Return content ready to be sent."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    packed = packer.compress(content) + packer.flush()
    return Page(content_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"', content, packed)


class Files:
    """The files below a folder by their name, for example `chat/app.js`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: frozenset[str] | None = None
        self._pages: dict[str, Page] = {}

    def read(self, name: str) -> Page | None:
        """Return the file of exactly this name, None without one. Reads files: call it in a thread."""
        if self._names is None:
            found = (path for path in self._folder.rglob("*") if path.suffix in _KINDS and path.is_file())
            self._names = frozenset(path.relative_to(self._folder).as_posix() for path in found)
        if name not in self._names:
            # Only listed files are opened: no name can lead outside.
            return None
        if name not in self._pages:
            path = self._folder / name
            self._pages[name] = page(_KINDS[path.suffix], path.read_bytes())
        return self._pages[name]
