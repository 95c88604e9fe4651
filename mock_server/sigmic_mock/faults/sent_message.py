"""What came with a message: the form of its body, its files, and the variables of a new task. Pure.

Several values may hold at the same time (an archive with nested names is `zip` and `nested`). A value that
was not read yet is unknown: the order of a form until both kinds of part were read, its files until its end.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sigmic_mock.domain.upload_rules import UploadLimits

_NOTHING: frozenset[str] = frozenset()
_FORMS = {"application/json": "json", "application/x-www-form-urlencoded": "urlencoded"}
_QUOTES = frozenset("'\"`")
_SEPARATORS = frozenset(" =$;&\\")
_LONG = 4096


@dataclass(slots=True)
class SentFile:
    """A file of the request; `size` counts the bytes of it that were read so far."""

    name: str
    size: int = 0


@dataclass(slots=True, kw_only=True)
class SentMessage:
    """The body of a request that sends a message; holds the part that was read so far."""

    media: str = ""
    is_read: bool = False
    parts: list[str] = field(default_factory=list)
    """The names of a form's parts, in their order."""
    files: list[SentFile] = field(default_factory=list)
    placed: tuple[str, ...] = ()
    """The paths below `uploads/` of the files and of the archives' content, once they are there."""
    earlier: frozenset[str] = frozenset()
    """The names of files that earlier messages of the task have brought."""
    variables: tuple[str, ...] | None = None
    """The values of `env` and `secrets`; None until they were read."""

    @property
    def body(self) -> Collection[str]:
        """The values of `body` that hold."""
        form = _FORMS.get(self.media)
        if form is not None:
            return {form}
        message = self.parts.index("message") if "message" in self.parts else None
        file = self.parts.index("files") if "files" in self.parts else None
        if file is None:
            return _NOTHING
        return {"message_first" if message is not None and message < file else "files_first"}

    def file_kinds(self, limits: UploadLimits) -> Collection[str]:
        """The values of `files` that hold."""
        if not self.is_read:
            return {"none"} if self.media in _FORMS else _NOTHING
        if not self.files:
            return {"none"}
        names = [file.name for file in self.files]
        kinds = {
            "zip": any(name.lower().endswith(".zip") for name in names),
            "nested": any("/" in name or "\\" in name for name in names) or self._has_folders,
            "awkward_name": not all(map(_is_plain, names)),
            "same_name": len(set(names)) < len(names) or not self.earlier.isdisjoint(names),
            "empty": any(file.size == 0 for file in self.files),
            "at_limit": len(names) == limits.files or any(f.size == limits.file_bytes for f in self.files),
        }
        return {kind for kind, holds in kinds.items() if holds} or {"plain"}

    @property
    def _has_folders(self) -> bool:
        """True when an archive held folders; the folder that is created for the archive does not count."""
        own = {file.name.rpartition(".")[0] for file in self.files}
        return any(path.count("/") > (path.partition("/")[0] in own) for path in self.placed)

    @property
    def value_kinds(self) -> Collection[str]:
        """The values of `value` that hold."""
        if self.variables is None:
            return _NOTHING
        return kinds_of(self.variables) if self.variables else {"none"}


def kinds_of(values: Iterable[str]) -> frozenset[str]:
    """Return the unusual traits of these values; `plain` if there are none."""
    found: set[str] = set()
    for value in values:
        signs = set(value)
        kinds = {
            "separators": bool(signs & _SEPARATORS),
            "quotes": bool(signs & _QUOTES),
            "line_ends": bool(signs & {"\n", "\r"}),
            "non_ascii": not value.isascii(),
            "empty": not value,
            "long": len(value) >= _LONG,
        }
        found |= {kind for kind, holds in kinds.items() if holds}
    return frozenset(found or {"plain"})


def _is_plain(name: str) -> bool:
    return name.isascii() and not name.startswith(".") and not set(name) & {" ", *_QUOTES}
