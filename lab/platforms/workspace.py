"""Files of the independent target: uploads, archives, artifacts, and commands in a separate namespace."""

import contextlib
import mimetypes
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from lab.platforms.refusal import Refusal, bad

UNPACKED_BYTES = 200_000_000
OUTPUT_BYTES = 1 << 20
SCRIPT = (
    'mount --bind "$0" /mnt && for each in "$1" /tmp /var/tmp /dev/shm; do'
    ' [ ! -d "$each" ] || mount -t tmpfs none "$each" || exit; done; cd /mnt && exec sh -c "$2"'
)
CATEGORIES = {".csv": "csv", ".pdf": "pdf", ".png": "image", ".py": "code", ".txt": "text"}


class Files:
    """One folder per task, below one root. Limits apply to the bytes and the number of files of a request."""

    most = 20
    largest = 52_428_800

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="independent-"))

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def folder(self, task: str) -> Path:
        made = self.root / task
        made.mkdir(exist_ok=True)
        return made

    # --- uploads

    def unpack(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        """Return the content of uploaded files by path below the workspace. Raises Refusal."""
        self.check(parts)
        return self.unpacked(parts)

    def unpacked(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        kept: dict[str, bytes] = {}
        for name, content in parts:
            if self.is_archive(name, content):
                kept |= self.extract(content)
            else:
                kept[f"uploads/{self.base_name(name)}"] = content
        return kept

    def is_archive(self, name: str, content: bytes) -> bool:
        return content.startswith(b"PK\x03\x04") or name.lower().endswith(".zip")

    def check(self, parts: Sequence[tuple[str, bytes]]) -> None:
        if len(parts) > self.most:
            raise Refusal(400, "TOO_MANY_FILES", f"At most {self.most} files")
        if any(len(content) > self.largest for _, content in parts):
            raise Refusal(413, "FILE_TOO_LARGE", "A file is too large")

    def base_name(self, name: str) -> str:
        last = name.replace("\\", "/").split("/")[-1]
        if last in {"", ".", ".."} or any(ord(letter) < 32 for letter in last) or len(last.encode()) > 255:
            raise bad("The file name cannot be used")
        return last

    def extract(self, archive: bytes) -> dict[str, bytes]:
        try:
            with zipfile.ZipFile(BytesIO(archive)) as opened:
                entries = [entry for entry in opened.infolist() if not entry.is_dir()]
                if sum(entry.file_size for entry in entries) > UNPACKED_BYTES or len(entries) > 5000:
                    raise Refusal(413, "INVALID_ARCHIVE", "The archive is too large")
                return {f"uploads/{self.entry_name(entry)}": opened.read(entry) for entry in entries}
        except (
            zipfile.BadZipFile,
            RuntimeError,
            ValueError,
            OSError,
            NotImplementedError,
            EOFError,
        ) as error:
            raise Refusal(400, "INVALID_ARCHIVE", "The archive cannot be read") from error

    def entry_name(self, entry: zipfile.ZipInfo) -> str:
        path = PurePosixPath(entry.filename)
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if (
            link
            or path.is_absolute()
            or ".." in path.parts
            or "\\" in entry.filename
            or ":" in entry.filename
        ):
            raise Refusal(400, "INVALID_ARCHIVE", "The archive holds an entry that may not be extracted")
        return str(path)

    def beside(self, folder: Path, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the files under names that do not exist in the folder yet."""
        kept = {}
        for wanted, content in files.items():
            path, number = PurePosixPath(wanted), 2
            while (folder / path).exists():
                path = path.with_name(f"{Path(wanted).stem}-{number}{path.suffix}")
                number += 1
            kept[str(path)] = content
        return kept

    def save(self, folder: Path, files: Mapping[str, bytes]) -> None:
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    # --- artifacts

    def listing(self, folder: Path) -> list[dict]:
        """Return every regular file in the API's format, without its time."""
        found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        return [self.describe(folder, path) for path in found]

    def describe(self, folder: Path, path: Path) -> dict:
        return {
            "name": path.name,
            "path": str(path.relative_to(folder)),
            "size": path.stat().st_size,
            "mimeType": self.media_type(path.name),
            "category": CATEGORIES.get(path.suffix, "other"),
            "modified": path.stat().st_mtime,
        }

    def media_type(self, name: str) -> str:
        return mimetypes.guess_type(name)[0] or "application/octet-stream"

    def resolve(self, folder: Path, path: str) -> Path:
        """Return the file at a listed path. Raises Refusal NOT_FOUND for any other path."""
        if "\0" not in path and not path.startswith("/"):
            target = (folder / path).resolve()
            if target.is_relative_to(folder.resolve()) and target.is_file():
                return target
        raise Refusal(404, "NOT_FOUND", "File not found")

    # --- commands

    def start(self, folder: Path, command: str, variables: Mapping[str, str]) -> subprocess.Popen:
        """Start a shell command that sees only its own workspace, in a separate process tree."""
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        unshare += [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        return subprocess.Popen(
            [*unshare, "sh", "-c", SCRIPT, str(folder), str(self.root), command],
            env={"PATH": os.defpath, "HOME": "/mnt"} | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def output(self, process: subprocess.Popen) -> bytes:
        """Wait until a command has ended; return the first MiB of its output."""
        kept = b""
        while process.stdout is not None and (piece := process.stdout.read(1 << 16)):
            kept += piece[: OUTPUT_BYTES - len(kept)]
        process.communicate()
        return kept

    def stop(self, process: subprocess.Popen) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def disposition(name: str) -> str:
    """Return an attachment header for a file name, for old and new clients."""
    plain = re.sub(r'[^\x20-\x7e]|["\\]', "_", name)
    encoded = "".join(
        letter
        if re.match(r"[A-Za-z0-9.\-_]", letter)
        else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
