"""Targets that are broken in uploads, archives, artifacts and the isolation of workspaces."""

import os
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Platform, Task
from tests.conformance.targets.refusal import Refusal, missing
from tests.conformance.targets.server import Edge
from tests.conformance.targets.wire import Wire
from tests.conformance.targets.workspace import Files

# --- uploads


@broken("UPLOAD-003", "UPLOAD-004")
class ManyFiles(Files):
    """The 21st file is accepted"""

    most = 21


@broken("UPLOAD-004", "UPLOAD-014")
class HalfSaved(Platform):
    """A refused follow-up keeps the files that were within the limit"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        try:
            super().follow_up(task, message, parts)
        except Refusal:
            self.files.save(task.folder, {f"uploads/{name}": content for name, content in parts[:20]})
            raise


@broken("UPLOAD-006", "UPLOAD-021")
class TooLargeIsServerError(Edge):
    """A file that is too large is a server error"""

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(Refusal(500, "INTERNAL_ERROR", "Oops") if refusal.status == 413 else refusal)


# --- archives


@broken("ZIP-001")
class NotExtracted(Files):
    """An archive stays an archive"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        super().extract(archive)
        return {"uploads/bundle.zip": archive}


@broken("ZIP-003")
class NotAtFollowUp(Platform):
    """An archive of a follow-up is not extracted"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        super().follow_up(task, message, [(name, content) for name, content in parts if name != "later.zip"])


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


@broken("ZIP-010", "HTTP-006")
class CorruptIsServerError(Edge):
    """A corrupt archive is a server error"""

    def refuse(self, refusal: Refusal) -> None:
        broke = "cannot be read" in refusal.message
        super().refuse(Refusal(500, "INTERNAL_ERROR", "Oops") if broke else refusal)


# --- artifacts


@broken("ARTIFACT-017", "ARTIFACT-018")
class Traversal(Files):
    """A path may climb out of the workspace"""

    def resolve(self, folder: Path, path: str) -> Path:
        target = (folder / path.replace("\0", "")).resolve()
        if target.is_file():
            return target
        raise missing()


@broken("ARTIFACT-011", "UPLOAD-010")
class DownloadInEnvelope(Edge):
    """A download is JSON"""

    def download_artifact(self, id: str) -> None:
        task = self.task(id)
        file = self.server.files.resolve(task.folder, self.query.get("path", [""])[0])
        self.succeed({"content": file.read_bytes().decode("latin-1")})


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
