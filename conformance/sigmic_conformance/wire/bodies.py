"""Request bodies: bytes, and `multipart/form-data` that is written without a large file in memory."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

PORTION = 1 << 18
JSON = "application/json"


class Body(Protocol):
    """A request body: its length is known before the first byte is sent."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    @property
    def content_type(self) -> str:
        """Value of the Content-Type header; empty for none."""

    @property
    def description(self) -> tuple[str, ...]:
        """The parts of a form as text; empty for plain bytes."""

    def portions(self) -> Iterator[bytes]:
        """The bytes, in portions."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A body of given bytes."""

    content: bytes
    content_type: str = JSON
    description: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return len(self.content)

    def portions(self) -> Iterator[bytes]:
        yield self.content


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file to upload: given content, or `size` bytes generated from a seed."""

    name: str
    content: bytes = b""
    size: int = 0
    media_type: str = "application/octet-stream"

    @property
    def length(self) -> int:
        """Size of the file in bytes."""
        return self.size or len(self.content)

    def portions(self) -> Iterator[bytes]:
        """The file's bytes."""
        if not self.size:
            yield self.content
            return
        block = hashlib.shake_128(self.name.encode()).digest(PORTION)
        left = self.size
        while left > 0:
            yield block[: min(left, PORTION)]
            left -= PORTION


@dataclass(frozen=True, slots=True)
class Form:
    """A form with text fields and files, encoded as by curl; the fields precede the files."""

    fields: Mapping[str, str]
    files: Sequence[FilePart] = ()
    file_field: str = "files"
    boundary: str = field(default="----form-7MA4YWxkTrZu0gW")
    files_first: bool = False
    typed: bool = False
    """Whether text fields have a media type, as in the forms of Java and .NET."""
    media_type: str = "multipart/form-data; boundary={}"

    @property
    def content_type(self) -> str:
        return self.media_type.format(self.boundary)

    @property
    def description(self) -> tuple[str, ...]:
        fields = [f"{name}={value}" for name, value in self.fields.items()]
        files = [f"{self.file_field}: {part.name} ({part.length} bytes)" for part in self.files]
        return tuple(files + fields if self.files_first else fields + files)

    @property
    def size(self) -> int:
        heads = sum(len(self._field(name, value)) for name, value in self.fields.items())
        files = sum(len(self._head(part)) + part.length + 2 for part in self.files)
        return heads + files + len(self._end())

    def portions(self) -> Iterator[bytes]:
        fields = (self._field(name, value) for name, value in self.fields.items())
        if not self.files_first:
            yield from fields
        for part in self.files:
            yield self._head(part)
            yield from part.portions()
            yield b"\r\n"
        yield from fields
        yield self._end()

    def _field(self, name: str, value: str) -> bytes:
        head = f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n'
        head += "Content-Type: text/plain; charset=utf-8\r\n\r\n" if self.typed else "\r\n"
        return head.encode() + value.encode() + b"\r\n"

    def _head(self, part: FilePart) -> bytes:
        name = part.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        return (
            f"--{self.boundary}\r\n"
            f'Content-Disposition: form-data; name="{self.file_field}"; filename="{name}"\r\n'
            f"Content-Type: {part.media_type}\r\n\r\n"
        ).encode()

    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()


def as_json(value: object) -> Plain:
    """A JSON body; a lone surrogate, which UTF-8 cannot encode, remains a JSON escape."""
    return Plain(json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace"))
