"""The workload: user classes, prompts, files and shapes, from `workload.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sigmic_conformance.load.settings.checked_yaml import BadFile, read_checked

WARM_UP = 10.0
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

    @classmethod
    def read(cls, path: Path = DEFAULT) -> "Workload":
        """Read and check a file; raises `BadFile`."""
        tree = read_checked(path, "workload")
        users: dict[str, dict[str, Any]] = tree["users"]
        reconnects = {**users["ReconnectUser"], "stay": Span(**users["ReconnectUser"]["stay"])}
        uploads = {
            **users["UploadUser"],
            "archives": tuple(Archive(**each) for each in users["UploadUser"]["archives"]),
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
        )
        for place, span in (("think", workload.think), ("stay", workload.reconnects.stay)):
            if span.least > span.most:
                raise BadFile(f"{path}: {place}: least ({span.least:g}) is above most ({span.most:g})")
        if not any(workload.weights.values()):
            raise BadFile(f"{path}: users: every weight is 0; give one user class a weight of 1")
        return workload


def _frozen(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in tree.items()}
