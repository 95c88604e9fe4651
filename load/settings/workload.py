"""The workload: user classes, prompts, files and shapes, from `workload.yaml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from sigmic_conformance.load.settings.checked_yaml import BadFile, read_checked
from sigmic_conformance.load.settings.data_file import read_rows
from sigmic_conformance.spec.plural import plural

WARM_UP = 10.0
TEXTS = frozenset({"prompts", "follow_ups"})
LARGEST_UPLOAD = 52_428_800
"""Bytes of one file: more the platform takes in no request."""
DEFAULT = Path(__file__).parents[1] / "workload.yaml"


@dataclass(frozen=True, slots=True)
class Span:
    """A time drawn evenly between two, in seconds."""

    least: float
    most: float

    def draw(self, random: Random) -> float:
        """Return one."""
        return random.uniform(self.least, self.most)


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP of `files` files of `bytes` bytes."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Given:
    """A file that lies on this machine, and what is asked about it."""

    prompt: str
    path: Path = field(repr=False)
    bytes: int


@dataclass(frozen=True, slots=True)
class Chat:
    """What `ChatUser` says."""

    weight: int
    prompts: tuple[str, ...]
    follow_ups: tuple[str, ...]
    turn_seconds: float


@dataclass(frozen=True, slots=True)
class Streams:
    """What one `StreamUser` holds; `opening` of its streams are being opened at once."""

    weight: int
    streams: int
    streams_per_task: int
    opening: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Reconnects:
    """How often `ReconnectUser` leaves, and how long it stays."""

    weight: int
    prompts: tuple[str, ...]
    drops: int
    stay: Span
    turn_seconds: float


@dataclass(frozen=True, slots=True)
class Uploads:
    """What `UploadUser` uploads; sizes in bytes."""

    weight: int
    prompt: str
    sizes: tuple[int, ...]
    archives: tuple[Archive, ...]
    files: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Polls:
    """How often `PollUser` asks about one task."""

    weight: int
    prompt: str
    polls: int


@dataclass(frozen=True, slots=True)
class ArrivalSettings:
    """How often a turn of `ArrivalUser` is due, and how many of one user may be under way."""

    weight: int = 0
    rate: float = 1.0
    most: int = 200
    prompts: tuple[str, ...] = ("Reply with exactly: ready.",)
    turn_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """All of it. `shapes` are the numbers of each shape, by its name."""

    think: Span
    chat: Chat
    streams: Streams
    reconnects: Reconnects
    uploads: Uploads
    polls: Polls
    arrivals: ArrivalSettings
    shapes: Mapping[str, Mapping[str, float]]
    warm_up: float
    """Seconds that streams may take to open after the last user has come, before the target is judged."""
    settle: float
    """Seconds for which all goes on then and nothing is judged: a target may be slow while it is cold."""

    @property
    def weights(self) -> Mapping[str, int]:
        """The weight of each user class."""
        return {
            "ChatUser": self.chat.weight,
            "StreamUser": self.streams.weight,
            "ReconnectUser": self.reconnects.weight,
            "UploadUser": self.uploads.weight,
            "PollUser": self.polls.weight,
            "ArrivalUser": self.arrivals.weight,
        }

    @property
    def digest(self) -> str:
        """What tells this workload from another, wherever its files lie."""
        return sha256(repr(self).encode()).hexdigest()[:16]

    @classmethod
    def read(cls, path: Path = DEFAULT) -> "Workload":
        """Read and check a file; raises `BadFile`."""
        tree = read_checked(path, "workload")
        users: dict[str, dict[str, Any]] = {
            name: {key: _texts(value, path.parent) if key in TEXTS else value for key, value in it.items()}
            for name, it in tree["users"].items()
        }
        reconnects = {**users["ReconnectUser"], "stay": Span(**users["ReconnectUser"]["stay"])}
        uploads = {
            **users["UploadUser"],
            "archives": tuple(Archive(**each) for each in users["UploadUser"]["archives"]),
            "files": _given(users["UploadUser"].get("files"), path.parent),
        }
        workload = cls(
            think=Span(**tree["think"]),
            chat=Chat(**_frozen(users["ChatUser"])),
            streams=Streams(**users["StreamUser"]),
            reconnects=Reconnects(**_frozen(reconnects)),
            uploads=Uploads(**_frozen(uploads)),
            polls=Polls(**users["PollUser"]),
            arrivals=ArrivalSettings(**_frozen(users.get("ArrivalUser", {}))),
            shapes=tree["shapes"],
            warm_up=float(tree.get("warm_up", WARM_UP)),
            settle=float(tree.get("settle", 0.0)),
        )
        for place, span in (("think", workload.think), ("stay", workload.reconnects.stay)):
            if span.least > span.most:
                raise BadFile(f"{path}: {place}: least ({span.least:g}) is above most ({span.most:g})")
        if not any(workload.weights.values()):
            raise BadFile(f"{path}: users: every weight is 0; give one user class a weight of 1")
        return workload


def _texts(value: Sequence[str] | Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Return texts, those of a column of a file too."""
    if not isinstance(value, Mapping):
        return tuple(value)
    column = value.get("column", "prompt")
    return tuple(row.cells[column] for row in read_rows(folder / value["from"], (column,)))


def _given(value: Mapping[str, str] | None, folder: Path) -> tuple[Given, ...]:
    if value is None:
        return ()
    table = folder / value["from"]
    found = []
    for row in read_rows(table, ("prompt", "file")):
        path = table.parent / row.cells["file"]
        try:
            size = len(path.read_bytes())
        except OSError as error:
            raise BadFile(f"{table}: line {row.line}: {path}: {error.strerror or error}") from None
        if not 0 < size <= LARGEST_UPLOAD:
            raise BadFile(
                f"{table}: line {row.line}: {path} has {plural(size, 'byte')}; "
                f"1 to {LARGEST_UPLOAD:,} can be sent"
            )
        found.append(Given(prompt=row.cells["prompt"], path=path, bytes=size))
    return tuple(found)


def _frozen(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in tree.items()}
