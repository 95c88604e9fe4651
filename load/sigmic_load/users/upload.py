"""`UploadUser`: creates tasks with files of many sizes, ZIP archives, and files of a data file."""

import io
import zipfile
from functools import cache
from pathlib import Path
from time import monotonic

from locust import task
from urllib3.filepost import encode_multipart_formdata

from sigmic_load.streams.reading import listen
from sigmic_load.users.platform_user import PlatformUser

TURN_SECONDS = 120.0


class UploadUser(PlatformUser):
    """Uploads one file of a random size, then one archive, each for a new task."""

    @task
    def upload_file(self) -> None:
        """Upload one file."""
        size = self.run_state.random.choice(self.settings["sizes"])
        self._upload("load.bin", filler(size))

    @task
    def upload_archive(self) -> None:
        """Upload one archive."""
        archives = self.settings["archives"]
        if archives:
            archive = self.run_state.random.choice(archives)
            self._upload("load.zip", packed(archive["files"], archive["bytes"]))

    @task
    def upload_given(self) -> None:
        """Upload one of the files of a data file."""
        files = self.settings.get("files")
        if files:
            given = self.run_state.random.choice(files)
            path = Path(given["path"])
            self._upload(path.name, content_of(path), given["prompt"])

    def _upload(self, name: str, content: bytes, prompt: str = "") -> None:
        recorder = self.recorder
        message = prompt or self.settings["prompt"]
        body, kind = form(message, name, content)
        began = monotonic()
        created = self.create(message, data=body, headers={"Content-Type": kind})
        if created is None:
            return
        recorder.count("uploads")
        recorder.count("upload_bytes", len(content))
        recorder.sample("upload_rate", len(content) / max(1e-6, monotonic() - began))
        connection = self.open_stream(created)
        if connection is None:
            return
        until = monotonic() + TURN_SECONDS
        if not listen(connection, recorder, until, is_return=False).heard.ended:
            self.cancel(created)


@cache
def content_of(path: Path) -> bytes:
    """Return a file's bytes."""
    return path.read_bytes()


@cache
def filler(size: int) -> bytes:
    """Return `size` bytes that are neither text nor an archive."""
    return (b"\x89load\x00\xff\x01" * (size // 8 + 1))[:size]


@cache
def packed(files: int, size: int) -> bytes:
    """Return a ZIP of so many files of `size` bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packing:
        for number in range(files):
            packing.writestr(f"folder{number // 100}/file{number}.txt", filler(size))
    return buffer.getvalue()


def form(message: str, name: str, content: bytes) -> tuple[bytes, str]:
    """Return a form with a message and one file, and its content type."""
    fields: dict[str, str | tuple[str, bytes, str]] = {
        "message": message,
        "files": (name, content, "application/octet-stream"),
    }
    return encode_multipart_formdata(fields)
