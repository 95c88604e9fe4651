"""Bugs of files: uploads, archives, lists and downloads."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from lab.platforms.catalogue import broken
from lab.platforms.platform import Platform, Task
from lab.platforms.refusal import missing
from lab.platforms.server import Edge
from lab.platforms.workspace import Files

Parts = Sequence[tuple[str, bytes]]


@broken("ARTIFACT-016", files="awkward name", values="line ends")
class LineEndInDisposition(Edge):
    """A line end in the name of a download begins another header"""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        return (
            [("Content-Disposition", f'attachment; filename="{name}"')]
            if "\n" in name
            else super().file_headers(name)
        )


@broken("ARTIFACT-014", "ARTIFACT-003", files="plain", values="non-ASCII")
class LengthInCharacters(Edge):
    """Content-Length of a text counts its letters"""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind == "text/plain":
            body = body[: len(body.decode("utf-8", "replace"))]
        super().send(status, body, headers, kind)


@broken("ARTIFACT-009", files="plain", state="failed")
class FailedTasksHaveNoFiles(Edge):
    """The files of a failed task are not found"""

    def artifacts(self, task: Task) -> list[dict]:
        if task.status == "failed":
            raise missing()
        return super().artifacts(task)


@broken("ZIP-001", "ZIP-003", files=("ZIP", "awkward size"), values="empty")
class EmptyEntryIsAFolder(Files):
    """Empty files of an archive are not extracted"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        return {path: content for path, content in super().extract(archive).items() if content}


@broken("ZIP-003", "ZIP-001", files=("ZIP", "at follow-up", "awkward name"), turn="2nd")
class CapitalZipStays(Platform):
    """An archive named .ZIP in capitals stays an archive at a follow-up"""

    def admit(self, task: Task, parts: Parts) -> dict[str, bytes]:
        stays = [part for part in parts if part[0].endswith(".ZIP")]
        kept = {f"uploads/{self.files.base_name(name)}": content for name, content in stays}
        return super().admit(task, [part for part in parts if part not in stays]) | kept


class Renaming(Platform):
    """Saves the original name of each file of a follow-up, by its new path."""

    def admit(self, task: Task, parts: Parts) -> dict[str, bytes]:
        sent = self.files.unpack(parts)
        kept = super().admit(task, parts)
        task.notes["sent"] = dict(zip(kept, sent, strict=True))
        return kept


@broken(
    "UPLOAD-010",
    turn="2nd",
    files=("same name twice", "at follow-up"),
)
class AttachedBeforeRenamed(Renaming):
    """attachedFiles of a follow-up point to an older file of the same name"""

    def attached(self, task: Task, uploaded: Mapping[str, bytes]) -> list[dict]:
        sent = task.notes.get("sent", {})
        return super().attached(task, {sent.get(path, path): content for path, content in uploaded.items()})


@broken("UPLOAD-022", "ZIP-026", turn="many", files=("same name twice", "at follow-up"))
class ThirdNameReplacesTheSecond(Files):
    """The second of several files of one name is replaced by those after it"""

    def beside(self, folder: Path, files: Mapping[str, bytes]) -> dict[str, bytes]:
        paths = ((PurePosixPath(wanted), content) for wanted, content in files.items())
        return {
            str(path.with_stem(f"{path.stem}-2") if (folder / path).exists() else path): content
            for path, content in paths
        }
