"""The files of a task: those that came with its messages, and those that answers listed. Pure.

Uploaded files are under `uploads/` from the moment the message was accepted (U-03). The agent may change or
remove any file that it knows of, so a file is compared with what was sent only until a tool call names it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.model.requests import Certainty, SentMessage, query_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Exchange

UPLOADS = "uploads/"
LARGE = 1 << 22
FORBIDDEN = frozenset('/\\:*?"<>|%')
"""Characters that some platforms do not accept in a name, and that a form may change."""
READS_UPLOADS = "find uploads -type f -exec sha256sum {} +"
"""A command that prints a line for each upload: its digest and its path."""
FEW_ENTRIES = 100
"""An archive with so few entries is not refused for their number by any platform (G-31)."""
LONG_NAME = 12
"""Names of this length are not chosen by two tasks by chance."""
_LISTS = re.compile(r"(sha256sum; )?" + re.escape(READS_UPLOADS) + "[^;]*; echo at=")
_DIGEST = re.compile(r"^\\?([0-9a-f]{64})  uploads/(.+)$", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_ENTRY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_ARCHIVE = re.compile(r"\.(?:zip|jar|docx|xlsx|pptx|apk)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an accepted message."""

    message: SentMessage
    file: SentFile

    @property
    def path(self) -> str:
        """Its documented path (U-06)."""
        return UPLOADS + self.file.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files that an answer listed, by path."""

    exchange: Exchange
    files: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, exchange: Exchange) -> "Listing":
        """The files in an answer of list_artifacts."""
        entries = json_values.objects(exchange.fields.get("files"))
        return cls(
            exchange=exchange,
            files={
                json_values.path(path): each for each in entries if isinstance(path := each.get("path"), str)
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A request for one file's bytes; `path`: None if the request names no path."""

    exchange: Exchange
    path: str | None

    @classmethod
    def of(cls, exchange: Exchange) -> "Download":
        """The file that a download requested."""
        path = query_of(exchange.sent).get("path")
        return cls(exchange=exchange, path=None if path is None else json_values.path(path))

    @property
    def is_plain(self) -> bool:
        """True for an unconditional request of the whole file whose answer is recorded completely."""
        asked = {name.lower() for name, _ in self.exchange.sent.headers}
        conditional = asked & {"range", "if-none-match", "if-range", "if-modified-since"}
        whole = self.exchange.ok and len(self.exchange.body) == self.exchange.size
        return whole and not conditional and not self.exchange.encoded


def is_loose(file: SentFile) -> bool:
    """Whether a file is certainly no archive, and its name one component that any file system accepts."""
    return is_sayable(file.name) and file.entries is None and not _may_be_archive(file)


def is_plain(file: SentFile) -> bool:
    """Whether the documentation specifies a file's path: no folder in its name, and not an archive."""
    return _PLAIN.fullmatch(file.name) is not None and file.entries is None and not _may_be_archive(file)


def is_plain_archive(file: SentFile) -> bool:
    """Whether a file is certainly an archive with a plain name, of plainly named files only (ZIP-001)."""
    entries = file.entries or ()
    plain = all(each.entries is None and _ENTRY.fullmatch(each.name) for each in entries)
    few = 0 < len(entries) <= FEW_ENTRIES
    return few and plain and file.name.endswith(".zip") and _ENTRY.fullmatch(file.name) is not None


def is_sayable(name: str) -> bool:
    """Whether a name is one component, of printable letters that every file system accepts."""
    return bool(name) and name.isprintable() and not FORBIDDEN & set(name) and not name.startswith(".")


def _may_be_archive(file: SentFile) -> bool:
    """Whether a file was not inspected although its name or small size suggests that it may be an archive."""
    return file.sha256 is None and (file.size < LARGE or _ARCHIVE.search(file.name) is not None)


def attachments_of(said: Iterable[SentMessage]) -> Iterator[Attachment]:
    """The files of all accepted messages."""
    for each in said:
        if each.certainty is Certainty.ACCEPTED and each.asked.known:
            for file in each.asked.files:
                yield Attachment(each, file)


def digests_read(command: str, output: str | None) -> dict[str, str] | None:
    """The digests of uploads in a command's output, by path below `uploads/`; None for another command."""
    if READS_UPLOADS not in command:
        return None
    return {name: digest for digest, name in _DIGEST.findall(output or "")}


def lacks_uploads(command: str, output: str) -> bool:
    """Whether an output lacks a part of the list of uploads: a line of it is cut, or a remark replaces some.

    The list is between a digest of the standard input, if one is printed before, and the next command's word.
    """
    found = _LISTS.search(command)
    if found is None:
        return False
    lines = output.splitlines()
    end = next((place for place, line in enumerate(lines) if line.startswith("at=")), None)
    mark = "  -" if found[1] else "  uploads/"
    starts = [place for place, line in enumerate(lines[:end]) if mark in line]
    if end is None or (found[1] and not starts):
        return True
    begin = starts[-1] + 1 if found[1] else min(starts, default=end)
    return not all(_DIGEST.fullmatch(line) for line in lines[begin:end])


def names_of_one(owners: Mapping[str, set[str]]) -> dict[str, str]:
    """The names that only one task has, with that task, without short ones that may occur by chance."""
    return {
        name: next(iter(tasks))
        for name, tasks in owners.items()
        if len(tasks) == 1 and len(name) >= LONG_NAME
    }
