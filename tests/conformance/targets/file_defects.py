"""Targets that are broken in uploads, archives, artifacts and the isolation of workspaces."""

import os
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Platform, Task
from tests.conformance.targets.refusal import Refusal, missing
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Caller
from tests.conformance.targets.wire import Wire
from tests.conformance.targets.workspace import Files

# --- uploads


@broken("UPLOAD-003", "UPLOAD-004")
class ManyFiles(Files):
    """The 21st file is accepted"""

    most = 21


@broken("UPLOAD-001", "UPLOAD-002")
class FewFiles(Files):
    """The 20th file is refused"""

    most = 19


@broken("UPLOAD-006", "UPLOAD-007")
class LargeFiles(Files):
    """A file one byte above the limit is accepted"""

    def check(self, parts: Sequence[tuple[str, bytes]]) -> None:
        super().check([(name, content[:-1]) for name, content in parts])


@broken("UPLOAD-005")
class SmallFiles(Files):
    """A file of 50,000,000 bytes is refused"""

    def check(self, parts: Sequence[tuple[str, bytes]]) -> None:
        super().check([(name, content * 2) for name, content in parts])


@broken("UPLOAD-006", "UPLOAD-005")
class CutToSize(Files):
    """What is too large is cut off and accepted"""

    def check(self, parts: Sequence[tuple[str, bytes]]) -> None:
        super().check([(name, content[: self.largest]) for name, content in parts])

    def unpack(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        return {path: content[: self.largest] for path, content in super().unpack(parts).items()}


@broken("UPLOAD-004", "UPLOAD-014")
class HalfSaved(Platform):
    """A refused follow-up keeps the files that were within the limit"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        try:
            super().follow_up(task, message, parts)
        except Refusal:
            self.files.save(task.folder, {f"uploads/{name}": content for name, content in parts[:20]})
            raise


@broken("UPLOAD-003", "UPLOAD-006")
class TaskBehindRefusal(Platform):
    """A refused upload leaves its task behind"""

    def create(self, caller: Caller, fields: Mapping, parts: Sequence[tuple[str, bytes]]) -> Task:
        try:
            return super().create(caller, fields, parts)
        except Refusal:
            super().create(caller, fields, [])
            raise


@broken("UPLOAD-006", "UPLOAD-021")
class TooLargeIsServerError(Edge):
    """A file that is too large is a server error"""

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(Refusal(500, "INTERNAL_ERROR", "Oops") if refusal.status == 413 else refusal)


@broken("UPLOAD-009", "UPLOAD-011")
class UploadsAtTheRoot(Files):
    """Uploads are at the root of the workspace"""

    def unpack(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        return {path.removeprefix("uploads/"): content for path, content in super().unpack(parts).items()}


@broken("UPLOAD-010")
class LineEndsChanged(Files):
    """Uploaded text has its line ends changed"""

    def save(self, folder: Path, files: Mapping[str, bytes]) -> None:
        super().save(folder, {path: content.replace(b"\r\n", b"\n") for path, content in files.items()})


@broken("UPLOAD-017", "ISOLATION-008")
class NamesBelieved(Files):
    """A file name may lead out of the upload folder"""

    def base_name(self, name: str) -> str:
        return name

    def save(self, folder: Path, files: Mapping[str, bytes]) -> None:
        contained = {}
        for path, content in files.items():
            # As written, but never outside this target's own root.
            target = Path(os.path.normpath(folder / path))
            contained[str(target) if target.is_relative_to(self.root) else path.replace("/", "_")] = content
        super().save(folder, contained)

    def listing(self, folder: Path) -> list[dict]:
        outside = [path for path in self.root.iterdir() if path.is_file()]
        return super().listing(folder) + [
            self.describe(self.root, path) | {"path": f"../{path.name}"} for path in outside
        ]


@broken("UPLOAD-011")
class NothingAttached(Platform):
    """The user message of an upload has no attached files"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        super().remember(task, role, content, {k: v for k, v in more.items() if k != "attachedFiles"})


@broken("UPLOAD-013")
class FilesWithoutMessage(Edge):
    """Files are taken without a message"""

    def create_task(self) -> None:
        if b'name="files"' in self.body and b'name="message"' not in self.body:
            mark = self.body.split(b"\r\n", 1)[0]
            self.body = mark + b'\r\nContent-Disposition: form-data; name="message"\r\n\r\nx\r\n' + self.body
        super().create_task()


# --- archives


@broken("ZIP-001")
class NotExtracted(Files):
    """An archive stays an archive"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        super().extract(archive)
        return {"uploads/bundle.zip": archive}


@broken("ZIP-002")
class Flattened(Files):
    """Extraction drops the directories"""

    def entry_name(self, entry: zipfile.ZipInfo) -> str:
        return super().entry_name(entry).rpartition("/")[2]


@broken("ZIP-003")
class NotAtFollowUp(Platform):
    """An archive of a follow-up is not extracted"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        super().follow_up(task, message, [(name, content) for name, content in parts if name != "later.zip"])


@broken("ZIP-001", "ZIP-004")
class StoredOnly(Files):
    """Deflated entries are left out"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        found = super().extract(archive)
        with zipfile.ZipFile(BytesIO(archive)) as opened:
            stored = {info.filename for info in opened.infolist() if info.compress_type == zipfile.ZIP_STORED}
        return {path: content for path, content in found.items() if path.removeprefix("uploads/") in stored}


@broken("ZIP-006")
class Slip(Files):
    """An entry climbs out of the upload folder"""

    def entry_name(self, entry: zipfile.ZipInfo) -> str:
        return (
            entry.filename
            if ".." in entry.filename and "\\" not in entry.filename
            else super().entry_name(entry)
        )

    def save(self, folder: Path, files: Mapping[str, bytes]) -> None:
        # `uploads/../../x` would be beside the workspace; this target puts it at the workspace's root.
        super().save(folder, {(Path(p).name if ".." in p else p): content for p, content in files.items()})


@broken("ZIP-007")
class AbsoluteEntries(Files):
    """An absolute entry is written where it says"""

    def entry_name(self, entry: zipfile.ZipInfo) -> str:
        return entry.filename if entry.filename.startswith("/") else super().entry_name(entry)

    def save(self, folder: Path, files: Mapping[str, bytes]) -> None:
        # Not into the machine's own /tmp: a folder of that name in the workspace stands for it.
        super().save(folder, {p.replace("uploads//", ""): content for p, content in files.items()})

    def resolve(self, folder: Path, path: str) -> Path:
        return super().resolve(folder, path.lstrip("/"))


@broken("ZIP-008")
class LinksFollowed(Files):
    """A link in an archive becomes the file that it points to"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        try:
            return super().extract(archive)
        except Refusal:
            with zipfile.ZipFile(BytesIO(archive)) as opened:
                for info in opened.infolist():
                    if (info.external_attr >> 16) & 0o170000 == 0o120000:
                        return {f"uploads/{info.filename}": Path(opened.read(info).decode()).read_bytes()}
            raise


@broken("ZIP-010", "HTTP-006")
class CorruptIsServerError(Edge):
    """A corrupt archive is a server error"""

    def refuse(self, refusal: Refusal) -> None:
        broke = "cannot be read" in refusal.message
        super().refuse(Refusal(500, "INTERNAL_ERROR", "Oops") if broke else refusal)


@broken("ZIP-011")
class SumsIgnored(Files):
    """An entry whose content does not match its checksum is kept"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        try:
            return super().extract(archive)
        except Refusal:
            if b"checked.txt" not in archive:
                raise
            # Both entries of that archive are stored: their bytes are there as they are.
            return {"uploads/checked.txt": b"a" * 100, "uploads/other.txt": b"XXXX" + b"b" * 96}


@broken("ZIP-009")
class BombUnpacked(Files):
    """An archive of gigabytes is unpacked"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        try:
            return super().extract(archive)
        except Refusal as refusal:
            if refusal.status != 413:
                raise
        # The judge cannot see a disk fill up, only what is listed: the sizes are said, not written.
        with zipfile.ZipFile(BytesIO(archive)) as opened:
            return {f"uploads/{info.filename}": b"" for info in opened.infolist()}

    def describe(self, folder: Path, path: Path) -> dict:
        size = {"size": 64 << 20} if path.name.startswith("zeros-") else {}
        return super().describe(folder, path) | size


@broken("ZIP-021")
class EntriesCounted(Files):
    """The entries of an archive count as files"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        found = super().extract(archive)
        if len(found) > self.most:
            raise Refusal(400, "TOO_MANY_FILES", "Too many files")
        return found


# --- artifacts


@broken("ARTIFACT-017", "ARTIFACT-018")
class Traversal(Files):
    """A path may climb out of the workspace"""

    def resolve(self, folder: Path, path: str) -> Path:
        target = (folder / path.replace("\0", "")).resolve()
        if target.is_file():
            return target
        raise missing()


@broken("ARTIFACT-017")
class DecodedTwice(Traversal):
    """A path is decoded once more after it was checked"""

    def resolve(self, folder: Path, path: str) -> Path:
        if ".." in path or path.startswith("/"):
            raise missing()
        return super().resolve(folder, unquote(path))


@broken("ARTIFACT-019")
class LinkOut(Files):
    """A link that the agent makes is followed out of the workspace"""

    def resolve(self, folder: Path, path: str) -> Path:
        if (folder / path).is_symlink() and ".." not in path:
            return (folder / path).resolve()
        return super().resolve(folder, path)


@broken("ARTIFACT-011", "UPLOAD-010")
class DownloadInEnvelope(Edge):
    """A download is JSON"""

    def download_artifact(self, id: str) -> None:
        task = self.task(id)
        file = self.server.files.resolve(task.folder, self.query.get("path", [""])[0])
        self.succeed({"content": file.read_bytes().decode("latin-1")})


@broken("ARTIFACT-014", "HTTP-004")
class WrongLength(Edge):
    """Content-Length of a download is one too high"""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind is None:
            super().send(status, body, headers)
            return
        self.close_connection = True
        self.head(status, [("Content-Type", kind), ("Content-Length", str(len(body) + 1)), *headers])
        self.wfile.write(body)


@broken("ARTIFACT-014")
class NoLength(Edge):
    """A download has no Content-Length"""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind is None:
            super().send(status, body, headers)
            return
        self.close_connection = True
        self.head(status, [("Content-Type", kind), ("Connection", "close"), *headers])
        self.wfile.write(body)


@broken("ARTIFACT-013")
class NoDisposition(Edge):
    """A download has no Content-Disposition"""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        return []


@broken("ARTIFACT-013")
class InlineDisposition(Edge):
    """A download is inline"""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        return [("Content-Disposition", f'inline; filename="{name.encode("ascii", "replace").decode()}"')]


@broken("ARTIFACT-004")
class OneMediaType(Files):
    """Everything is application/octet-stream"""

    def media_type(self, name: str) -> str:
        return "application/octet-stream"


@broken("ARTIFACT-003")
class SizesInKilobytes(Files):
    """size is in kilobytes"""

    def describe(self, folder: Path, path: Path) -> dict:
        return super().describe(folder, path) | {"size": path.stat().st_size // 1024}


@broken("ARTIFACT-002", "ARTIFACT-032")
class AbsolutePaths(Files):
    """Paths of the list are absolute"""

    def describe(self, folder: Path, path: Path) -> dict:
        return super().describe(folder, path) | {"path": f"/workspace/{path.relative_to(folder)}"}

    def resolve(self, folder: Path, path: str) -> Path:
        return super().resolve(folder, path.removeprefix("/workspace/"))


@broken("ARTIFACT-008")
class UploadsOnly(Files):
    """The list shows uploads only"""

    def listing(self, folder: Path) -> list[dict]:
        return [file for file in super().listing(folder) if file["path"].startswith("uploads/")]


@broken("ERROR-028")
class PathNotNeeded(Edge):
    """A download without a path is empty"""

    def download_artifact(self, id: str) -> None:
        if "path" in self.query:
            super().download_artifact(id)
        else:
            self.task(id)
            self.send(200, b"", [], "text/plain")


# --- workspaces


@broken("ISOLATION-008")
class SharedFilesystem(Files):
    """Commands see the workspaces of others"""

    def start(self, folder: Path, command: str, variables: Mapping[str, str]) -> subprocess.Popen:
        return subprocess.Popen(
            ["sh", "-c", command],
            cwd=folder,
            env={"PATH": os.defpath} | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@broken("FOLLOWUP-011", "FOLLOWUP-009")
class NewFolderEachTime(Platform):
    """A follow-up works in another folder"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        task.folder = self.files.folder(f"{task.id}-{len(task.messages)}")
        super().follow_up(task, message, parts)


@broken("ARTIFACT-007")
class FileTimesAsNumbers(Wire):
    """modifiedAt is a number"""

    def success(self, data: object, more: Mapping) -> dict:
        for file in data.get("files", []) if isinstance(data, dict) else []:
            file["modifiedAt"] = 1769442659
        return super().success(data, more)
