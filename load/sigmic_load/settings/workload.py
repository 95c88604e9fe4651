"""The workload: user classes, prompts, files and shapes, from `workload.yaml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from sigmic_load.settings.checked_yaml import BadFile, read_checked
from sigmic_load.settings.data_file import read_rows
from sigmic_spec.plural import plural

WARM_UP = 10.0
TEXTS = frozenset({"prompts", "follow_ups"})
LARGEST_UPLOAD = 52_428_800
"""The maximum size of one file, in bytes: the platform accepts no more per request."""
DEFAULT = Path(__file__).parents[1] / "workload.yaml"


@dataclass(frozen=True, slots=True)
class Span:
    """A range of times in seconds; one is drawn evenly."""

    least: float
    most: float

    def draw(self, random: Random) -> float:
        """Return a random time in the range."""
        return random.uniform(self.least, self.most)


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP of `files` files of `bytes` bytes."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Given:
    """A file on this machine, and the question about it."""

    prompt: str
    path: Path = field(repr=False)
    bytes: int


@dataclass(frozen=True, slots=True)
class Chat:
    """The messages of `ChatUser`."""

    weight: int
    prompts: tuple[str, ...]
    follow_ups: tuple[str, ...]
    turn_seconds: float


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one `StreamUser`; it opens `opening` of them at the same time."""

    weight: int
    streams: int
    streams_per_task: int
    opening: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Reconnects:
    """How often `ReconnectUser` leaves, and for how long."""

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
    """How often `PollUser` polls one task."""

    weight: int
    prompt: str
    polls: int


@dataclass(frozen=True, slots=True)
class ArrivalSettings:
    """How often a turn of `ArrivalUser` is due, and how many turns of one user may run at the same time."""

    weight: int = 0
    rate: float = 1.0
    most: int = 200
    prompts: tuple[str, ...] = ("Reply with exactly: ready.",)
    turn_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The whole workload. `shapes` are the numbers of each shape, by its name."""

    think: Span
    chat: Chat
    streams: Streams
    reconnects: Reconnects
    uploads: Uploads
    polls: Polls
    arrivals: ArrivalSettings
    shapes: Mapping[str, Mapping[str, float]]
    warm_up: float
    """Seconds that streams may take to open after the last user has started, before the target is judged."""
    settle: float
    """Seconds after that which are not judged, although all users run: a cold target may be slow."""

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
        """A hash of the workload that does not depend on where its files are."""
        return sha256(repr(self).encode()).hexdigest()[:16]

    @classmethod
    def read(cls, path: Path = DEFAULT) -> "Workload":
        """Read and check a file. Raises `BadFile`."""
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
    """Return the texts of a list, or of a column of a data file."""
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
