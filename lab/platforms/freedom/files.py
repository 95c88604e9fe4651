"""Uploads, archives and files of a workspace: legal answers (see `table`)."""

import random
import re
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from lab.platforms.platform import Platform, Task
from lab.platforms.refusal import Refusal, bad, missing
from lab.platforms.server import Edge
from lab.platforms.workspace import Files

HOSTILE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^/|\\|:|\x00|%(2e|2f|5c|00)", re.IGNORECASE)


class HostilePaths(Files):
    """A path that cannot be the path of a file is refused with another code."""

    def resolve(self, folder: Path, path: str) -> Path:
        try:
            return super().resolve(folder, path)
        except Refusal as refusal:
            raise self.instead(path, refusal) from refusal

    def instead(self, path: str, refusal: Refusal) -> Refusal:
        return Refusal(400, "INVALID_PATH", "The path is not valid") if HOSTILE.search(path) else refusal


class ForbiddenPaths(HostilePaths):
    """A path that cannot be the path of a file is forbidden."""

    def instead(self, path: str, refusal: Refusal) -> Refusal:
        outside = Refusal(403, "FORBIDDEN", "The path is outside of the workspace")
        return outside if HOSTILE.search(path) else refusal


class AnyOrder(Files):
    """Files are listed in no order."""

    def listing(self, folder: Path) -> list[dict]:
        found = super().listing(folder)
        random.shuffle(found)
        return found


class HiddenFiles(Files):
    """Hidden files are not listed."""

    def listing(self, folder: Path) -> list[dict]:
        return [each for each in super().listing(folder) if not is_hidden(each["path"])]


def is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(path).parts)


class FurnishedWorkspace(Files):
    """A workspace contains files from the start."""

    def folder(self, task: str) -> Path:
        made = super().folder(task)
        self.save(made, {"README.md": b"Welcome\n", "notes/today.txt": b""})
        return made


class EntriesLeftOut(Files):
    """An archive's dangerous entries are left out, the others extracted."""

    def entry_name(self, entry: zipfile.ZipInfo) -> str:
        try:
            return super().entry_name(entry)
        except Refusal:
            return f"refused/{secrets.token_hex(4)}.txt"


class FolderForArchive(Files):
    """An archive is extracted into a folder of its name."""

    def unpacked(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        kept: dict[str, bytes] = {}
        for name, content in parts:
            made = super().unpacked([(name, content)])
            if self.is_archive(name, content):
                stem = Path(self.base_name(name)).stem
                made = {path.replace("uploads/", f"uploads/{stem}/", 1): data for path, data in made.items()}
            kept |= made
        return kept


class ArchiveKept(Files):
    """An archive is saved next to its extracted files."""

    def unpacked(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        kept = {
            f"uploads/{self.base_name(name)}": content
            for name, content in parts
            if self.is_archive(name, content)
        }
        return kept | super().unpacked(parts)


class Overwrites(Platform):
    """A file of a follow-up replaces an earlier file with the same name."""

    def admit(self, task: Task, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        return self.files.unpack(parts)


class FilesGoWhenCancelled(Edge):
    """A cancelled task has no workspace: requests for it are 404."""

    def artifacts(self, task: Task) -> list[dict]:
        if task.status == "cancelled":
            raise missing()
        return super().artifacts(task)


class NoFilesYet(Edge):
    """A task that has not started has no workspace: requests for it are 404."""

    def artifacts(self, task: Task) -> list[dict]:
        if task.started is None:
            raise missing()
        return super().artifacts(task)


class DirectoriesRefused(Files):
    """The path of a directory is refused."""

    def resolve(self, folder: Path, path: str) -> Path:
        if "\0" not in path and (folder / path).is_dir():
            raise bad("The path is one of a directory")
        return super().resolve(folder, path)


class DotSlash(Files):
    """A listed path begins with `./`."""

    def listing(self, folder: Path) -> list[dict]:
        return [file | {"path": f"./{file['path']}"} for file in super().listing(folder)]


class OtherTypes(Files):
    """Unknown types are text or documents."""

    def describe(self, folder: Path, path: Path) -> dict:
        found = super().describe(folder, path)
        return found | ({"category": "document"} if found["category"] == "other" else {})

    def media_type(self, name: str) -> str:
        found = super().media_type(name)
        return "text/plain" if found == "application/octet-stream" else found


class PlainNames(Files):
    """A name keeps letters, digits, dots and hyphens; an underscore replaces other characters."""

    def base_name(self, name: str) -> str:
        return re.sub(r"[^\w.\-]", "_", super().base_name(name))


class NoEmptyFiles(Files):
    """An empty file is refused."""

    def check(self, parts: Sequence[tuple[str, bytes]]) -> None:
        super().check(parts)
        if any(not content for _, content in parts):
            raise Refusal(400, "EMPTY_FILE", "A file is empty")


class ZipByName(Files):
    """Only the name identifies an archive."""

    def is_archive(self, name: str, content: bytes) -> bool:
        return name.lower().endswith(".zip")


class ZipByContent(Files):
    """Only the content identifies an archive."""

    def is_archive(self, name: str, content: bytes) -> bool:
        return content.startswith(b"PK")


class FewEntries(Files):
    """An archive has at most 500 entries."""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        found = super().extract(archive)
        if len(found) > 500:
            raise Refusal(400, "TOO_MANY_ENTRIES", "An archive has at most 500 entries")
        return found


class ArchiveAttached(Platform):
    """A message lists only the first entry of an archive."""

    def attached(self, task: Task, uploaded: Mapping[str, bytes]) -> list[dict]:
        found = super().attached(task, uploaded)
        inside = [file for file in found if file["path"].count("/") > 1]
        return [file for file in found if file not in inside[1:]]
