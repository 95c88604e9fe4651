"""Receiving the parts of a multipart body: files to disk with constant memory, text to strings."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mock_server.core.upload_rules import UploadLimits
from mock_server.storage.staging import Staging


class Part(Protocol):
    """One part of a multipart body, as the edge reads it."""

    @property
    def name(self) -> str | None:
        """The part's `name` parameter; None when it has none."""

    @property
    def filename(self) -> str | None:
        """The part's `filename` as sent; None when the parameter is absent (then it is a text field)."""

    @property
    def content_type(self) -> str | None:
        """The part's Content-Type, if any."""

    async def read_chunk(self, size: int) -> bytes:
        """Return up to `size` bytes; empty at the end of the part, and only there."""


class ReceivedUpload:
    """The files of one request in staging; fulfils `mock_server.ports.Upload`.

    `files` before `commit` are the names as asked for; after it, the names as placed (a follow-up may find a
    name taken): read them after `commit`.
    """

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        raise NotImplementedError

    async def commit(self, workspace: Path) -> None:
        raise NotImplementedError

    async def discard(self) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A whole multipart body: text fields in order, as sent (a name may repeat), and its files (maybe none)."""

    fields: tuple[tuple[str, str], ...]
    upload: ReceivedUpload


async def receive(parts: AsyncIterator[Part], staging: Staging, limits: UploadLimits) -> Received:
    """Read every part. Raises `ApiError`; then, and when cancelled, nothing is left on disk.

    Whoever gets the result must `commit` or `discard` its upload.
    """
    raise NotImplementedError
