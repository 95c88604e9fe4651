"""Bugs of files: uploads, archives, the listing and downloads."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZipInfo

from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, missing
from tests.conformance.targets.server import Edge
from tests.conformance.targets.workspace import Files

Parts = Sequence[tuple[str, bytes]]
BASE_NAME = 'Content-Disposition is attachment; filename="…" with the base name'
LENGTH = "Content-Length is the size in bytes"
TYPE = "Content-Type of a download is the file's MIME type, text/csv for CSV"
EXTRACTED = "ZIPs are extracted and keep their directory structure"
EVERYTHING = "artifacts are uploads, outputs and any file the agent made"
ATTACHED = "attachedFiles name the files of the message and where they are"


@bug(
    "2.9/Content-Disposition",
    sentence=BASE_NAME,
    situation={"files": ("nested", "ZIP")},
    because="`removeprefix('uploads/')` gave the base name as long as nothing was nested",
)
class FolderInDisposition(Edge):
    """The file name of a nested download has its folder"""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        inner = self.query["path"][0].partition("/")[2] or name
        return (
            [("Content-Disposition", f'attachment; filename="{inner}"')]
            if "/" in inner
            else super().file_headers(name)
        )


@bug(
    "2.9/Content-Disposition",
    "RFC 9110 5.6.4",
    sentence=f"{BASE_NAME}, a quoted string in which a quote is escaped",
    situation={"files": "awkward name", "values": "quotes"},
    because="the name is put between quotes by a format string",
)
class QuoteInDisposition(Edge):
    """A quote in the name of a download ends the file name in the header"""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        return (
            [("Content-Disposition", f'attachment; filename="{name}"')]
            if '"' in name
            else super().file_headers(name)
        )


@bug(
    "2.9/Content-Disposition",
    "RFC 9110 5.5",
    sentence=f"{BASE_NAME}, and a header's value has no line ends",
    situation={"files": "awkward name", "values": "line ends"},
    because="names are checked when they are uploaded, and this one was made by a command",
)
class LineEndInDisposition(Edge):
    """A line end in the name of a download begins another header"""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        return (
            [("Content-Disposition", f'attachment; filename="{name}"')]
            if "\n" in name
            else super().file_headers(name)
        )


@bug(
    "2.9/Content-Length",
    "U-11",
    sentence=LENGTH,
    situation={"files": "plain", "values": "non-ASCII"},
    because="the length is taken of the text, before it is encoded",
)
class LengthInCharacters(Edge):
    """Content-Length of a text counts its letters"""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind == "text/plain":
            body = body[: len(body.decode("utf-8", "replace"))]
        super().send(status, body, headers, kind)


@bug(
    "2.9/Content-Type",
    "2.8/mimeType",
    sentence=TYPE,
    situation={"files": ("awkward name", "plain")},
    because="the table of extensions is in lower case, and one of two look-ups forgets to be",
)
class UpperCaseUnknown(Edge):
    """A file whose extension is in capitals downloads as application/octet-stream"""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind and PurePosixPath(self.query["path"][0]).suffix.isupper():
            kind = "application/octet-stream"
        super().send(status, body, headers, kind)


@bug(
    "2.8/mimeType",
    "2.9/Content-Type",
    sentence=TYPE,
    situation={"files": "awkward name", "values": "separators"},
    because="`name.split('.')[1]` is the extension of most names",
)
class FirstDotCounts(Files):
    """A name with two dots has the type of what follows the first"""

    def media_type(self, name: str) -> str:
        return super().media_type(".".join(name.split(".")[:2]))


@bug(
    "2.9/path",
    sentence="path is the relative path of the listing",
    situation={"files": "awkward name", "values": "separators"},
    because="the framework has decoded the query, and plus signs are decoded once more",
)
class PlusInPathIsABlank(Files):
    """A file with a plus sign in its name is not found"""

    def resolve(self, folder: Path, path: str) -> Path:
        return super().resolve(folder, path.replace("+", " "))


@bug(
    "2.8/size",
    sentence="size is in bytes",
    situation={"files": "plain", "values": "non-ASCII"},
    because="texts are read as texts to be told apart from the rest",
)
class SizeInCharacters(Files):
    """The size of a text counts its letters"""

    def describe(self, folder: Path, path: Path) -> dict:
        text = path.read_bytes().decode("utf-8", "replace")
        return super().describe(folder, path) | ({"size": len(text)} if path.suffix == ".txt" else {})


@bug(
    "U-09",
    "2.8/contents",
    sentence=EVERYTHING,
    situation={"files": ("nested", "same name twice")},
    because="the files are collected in a map by their names",
)
class ListedByName(Files):
    """Of two files of the same name in different folders one is listed"""

    def listing(self, folder: Path) -> list[dict]:
        return list({file["name"]: file for file in super().listing(folder)}.values())


@bug(
    "2.8/live-and-finished",
    sentence="artifacts work for finished tasks",
    situation={"files": "plain", "state": "failed"},
    because="a task without a result has nothing to show, thought who wrote the query",
)
class FailedTasksHaveNoFiles(Edge):
    """The files of a failed task are not found"""

    def artifacts(self, task: Task) -> list[dict]:
        if task.status == "failed":
            raise missing()
        return super().artifacts(task)


@bug(
    "2.8/live-and-finished",
    "2.8/contents",
    sentence="artifacts work for live sessions, with any file the agent made",
    situation={"files": "plain", "state": "tool running"},
    because="the sandbox is synchronised with the storage when a turn ends",
)
class FilesAfterTheTurn(Edge):
    """What the agent made is listed when its turn has ended"""

    def artifacts(self, task: Task) -> list[dict]:
        found = super().artifacts(task)
        return [file for file in found if task.completed or file["path"].startswith("uploads/")]


@bug(
    "U-04",
    sentence=EXTRACTED,
    situation={"files": ("ZIP", "nested")},
    because="the path is put together of top folder, folder and name",
)
class DeepFoldersLeftOut(Files):
    """Folders below the second are left out when an archive is extracted"""

    def entry_name(self, entry: ZipInfo) -> str:
        parts = PurePosixPath(super().entry_name(entry)).parts
        return "/".join([*parts[:-1][:2], parts[-1]])


@bug(
    "U-04",
    sentence=EXTRACTED,
    situation={"files": ("ZIP", "awkward name"), "values": "non-ASCII"},
    because="the library gives names as bytes, and the format's encoding was cp437 once",
)
class EntryNamesOfDos(Files):
    """Letters beyond ASCII in the names of an archive's entries come out wrong"""

    def entry_name(self, entry: ZipInfo) -> str:
        return super().entry_name(entry).encode().decode("cp437")


@bug(
    "U-04",
    sentence=EXTRACTED,
    situation={"files": ("ZIP", "awkward size"), "values": "empty"},
    because="an entry without content is taken for a folder",
)
class EmptyEntryIsAFolder(Files):
    """Empty files of an archive are not extracted"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        return {path: content for path, content in super().extract(archive).items() if content}


@bug(
    "U-04",
    "2.2/files",
    sentence="all files of a request are kept, and its ZIPs extracted",
    situation={"files": ("ZIP", "at creation")},
    because="the extracted files are assigned, not added",
)
class OneArchiveForAll(Files):
    """Of two archives in a request the last one is extracted"""

    def unpacked(self, parts: Parts) -> dict[str, bytes]:
        archives = [part for part in parts if part[1].startswith(b"PK\x03\x04")]
        return super().unpacked([part for part in parts if part not in archives[:-1]])


@bug(
    "U-04",
    "2.2/files",
    sentence="all files of a request are kept, and its ZIPs extracted",
    situation={"files": ("ZIP", "plain", "at creation")},
    because="the loop returns what the archive held",
)
class ArchiveEndsTheUpload(Files):
    """What follows an archive in a request is dropped"""

    def unpacked(self, parts: Parts) -> dict[str, bytes]:
        places = [place for place, part in enumerate(parts) if part[1].startswith(b"PK\x03\x04")]
        return super().unpacked(parts[: places[0] + 1] if places else parts)


@bug(
    "U-04",
    "2.7/extracted",
    sentence=EXTRACTED,
    situation={"files": ("ZIP", "at follow-up", "awkward name"), "turn": "2nd"},
    because="`endswith('.zip')`, in the second of two places",
)
class CapitalZipStays(Platform):
    """An archive named .ZIP in capitals stays an archive at a follow-up"""

    def admit(self, task: Task, parts: Parts) -> dict[str, bytes]:
        stays = [part for part in parts if part[0].endswith(".ZIP")]
        kept = {f"uploads/{self.files.base_name(name)}": content for name, content in stays}
        return super().admit(task, [part for part in parts if part not in stays]) | kept


class Renaming(Platform):
    """Keeps the names that the files of a follow-up were sent with, by those that they got."""

    def admit(self, task: Task, parts: Parts) -> dict[str, bytes]:
        sent = self.files.unpack(parts)
        kept = super().admit(task, parts)
        task.notes["sent"] = dict(zip(kept, sent, strict=True))
        return kept


@bug(
    "2.6/message.attachedFiles",
    sentence=ATTACHED,
    situation={"turn": "2nd", "files": ("same name twice", "at follow-up")},
    because="the message is written before the file has found a free name",
)
class AttachedBeforeRenamed(Renaming):
    """attachedFiles of a follow-up point to an older file of the same name"""

    def attached(self, task: Task, uploaded: Mapping[str, bytes]) -> list[dict]:
        sent = task.notes.get("sent", {})
        return super().attached(task, {sent.get(path, path): content for path, content in uploaded.items()})


@bug(
    "2.7/list-prepended",
    "U-05",
    sentence="a list of the files is put before the message, so that the agent knows them",
    situation={"turn": "2nd", "files": ("same name twice", "at follow-up")},
    because="the list is made of the request, not of what was saved",
)
class AgentToldTheOldName(Renaming):
    """The agent receives the path of an older file of the same name"""

    def work(
        self, task: Task, run: Run, message: str, memory: Sequence[dict], uploaded: Sequence[str]
    ) -> None:
        sent = task.notes.get("sent", {})
        super().work(task, run, message, memory, [sent.get(path, path) for path in uploaded])


@bug(
    "U-01",
    sentence="each file may have up to 50 MB",
    situation={"files": ("at creation", "at the limit", "awkward size")},
    because="the limit was set for the request, where the length is known early",
)
class SizesAreSummed(Files):
    """Files are refused that are too large together"""

    def check(self, parts: Parts) -> None:
        super().check(parts)
        if sum(len(content) for _, content in parts) > self.largest:
            raise Refusal(413, "FILE_TOO_LARGE", "The files are too large")


@bug(
    "2.6/message.attachedFiles",
    sentence=ATTACHED,
    situation={"files": ("at creation", "at the limit"), "history": "short"},
    because="the column holds a list of at most ten, which is enough for the chat's bubbles",
)
class TenAttachedFiles(Platform):
    """Only ten of a message's files are attached to it"""

    def attached(self, task: Task, uploaded: Mapping[str, bytes]) -> list[dict]:
        return super().attached(task, uploaded)[:10]


@bug(
    "2.9/Content-Type",
    sentence="Content-Type of a download is the MIME type of the file, as the list tells it",
    situation={"files": ("plain", "awkward name")},
    because="the web server has its own type for names without an extension",
)
class NoExtensionIsText(Edge):
    """A file whose name has no extension downloads as text/plain"""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind == "application/octet-stream" and "." not in self.query["path"][0].rpartition("/")[2]:
            kind = "text/plain"
        super().send(status, body, headers, kind)
