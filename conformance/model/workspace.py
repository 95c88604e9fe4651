"""The files of a task: those that came with its messages, and those that answers listed. Pure.

Uploaded files are under `uploads/` from the moment the message was accepted (U-03). The agent may change or
remove any file that it knows of, so a file is compared with what was sent only until a tool call names it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.requests import Certainty, query_of
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.conformance.transcript.transcript import Exchange

UPLOADS = "uploads/"
LARGE = 1 << 22
FORBIDDEN = frozenset('/\\:*?"<>|%')
"""What some platforms do not take in a name, and what a form may change on its way."""
READS_UPLOADS = "find uploads -type f -exec sha256sum {} +"
"""A command that prints a line for each upload: its digest and its path."""
FEW_ENTRIES = 100
"""So few entries of an archive no platform refuses for their number (G-31)."""
LONG_NAME = 12
"""Characters of a file's name that two tasks do not choose by chance."""
_DIGEST = re.compile(r"^\\?([0-9a-f]{64})  uploads/(.+)$", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_ENTRY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_ARCHIVE = re.compile(r"\.(?:zip|jar|docx|xlsx|pptx|apk)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that came with a message that was taken."""

    said: Said
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
        """What an answer of list_artifacts lists."""
        entries = shapes.objects(exchange.fields.get("files"))
        return cls(
            exchange=exchange,
            files={shapes.path(path): each for each in entries if isinstance(path := each.get("path"), str)},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A request for one file's bytes; `path`: None if the request names no path."""

    exchange: Exchange
    path: str | None

    @classmethod
    def of(cls, exchange: Exchange) -> "Download":
        """What a download asked for."""
        path = query_of(exchange.sent).get("path")
        return cls(exchange=exchange, path=None if path is None else shapes.path(path))

    @property
    def is_plain(self) -> bool:
        """True for an unconditional request of the whole file, answered with every byte of it kept."""
        asked = {name.lower() for name, _ in self.exchange.sent.headers}
        conditional = asked & {"range", "if-none-match", "if-range", "if-modified-since"}
        whole = self.exchange.ok and len(self.exchange.body) == self.exchange.size
        return whole and not conditional and not self.exchange.encoded


def is_loose(file: SentFile) -> bool:
    """Whether a file is certainly no archive, and its name one component that any file system accepts."""
    return is_sayable(file.name) and file.entries is None and not _may_be_archive(file)


def is_plain(file: SentFile) -> bool:
    """Whether the documentation says where a file is: no folder in its name, and no archive."""
    return _PLAIN.fullmatch(file.name) is not None and file.entries is None and not _may_be_archive(file)


def is_plain_archive(file: SentFile) -> bool:
    """Whether a file is certainly an archive with a plain name, of plainly named files only (ZIP-001)."""
    entries = file.entries or ()
    plain = all(each.entries is None and _ENTRY.fullmatch(each.name) for each in entries)
    few = 0 < len(entries) <= FEW_ENTRIES
    return few and plain and file.name.endswith(".zip") and _ENTRY.fullmatch(file.name) is not None


def is_sayable(name: str) -> bool:
    """Whether a name is one component, of printable letters that no file system refuses."""
    return bool(name) and name.isprintable() and not FORBIDDEN & set(name) and not name.startswith(".")


def _may_be_archive(file: SentFile) -> bool:
    """Whether a file was not inspected although its name or small size suggests that it may be an archive."""
    return file.sha256 is None and (file.size < LARGE or _ARCHIVE.search(file.name) is not None)


def brought(said: Iterable[Said]) -> Iterator[Brought]:
    """The files of all messages that were taken."""
    for each in said:
        if each.certainty is Certainty.ACCEPTED and each.asked.known:
            for file in each.asked.files:
                yield Brought(each, file)


def digests_read(command: str, output: str | None) -> dict[str, str] | None:
    """The digests of uploads that a command told, by the path below `uploads/`; None for another command."""
    if READS_UPLOADS not in command:
        return None
    return {name: digest for digest, name in _DIGEST.findall(output or "")}


def names_of_one(owners: Mapping[str, set[str]]) -> dict[str, str]:
    """The names that one task alone has, with that task; none so short that it may be there by chance."""
    return {
        name: next(iter(tasks))
        for name, tasks in owners.items()
        if len(tasks) == 1 and len(name) >= LONG_NAME
    }
