"""The workload: user classes, prompts, files and shapes, from `workload.yaml`.

`read_workload` returns a plain tree with the contents of its data files, which a master sends to its workers.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from sigmic_load.settings.checked_yaml import BadFile, bytes_of, read_checked
from sigmic_load.settings.data_file import read_rows
from sigmic_spec.nearest import hint_of_known
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
    path: Path
    sha256: str


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

    users: Mapping[str, Mapping[str, Any]]
    """The settings of each user class by its name, as in the file."""

    @property
    def weights(self) -> Mapping[str, int]:
        """The weight of each user class that has one."""
        return {name: it["weight"] for name, it in self.users.items() if "weight" in it}

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> "Workload":
        """Return the workload of a tree that `read_workload` returned."""
        users: Mapping[str, dict[str, Any]] = tree["users"]
        reconnects = {**users["ReconnectUser"], "stay": Span(**users["ReconnectUser"]["stay"])}
        uploads = {
            **users["UploadUser"],
            "archives": tuple(Archive(**each) for each in users["UploadUser"]["archives"]),
            "files": tuple(
                Given(it["prompt"], Path(it["path"]), it["sha256"])
                for it in users["UploadUser"].get("files", ())
            ),
        }
        return cls(
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
            users=users,
        )


OURS = ("ChatUser", "StreamUser", "ReconnectUser", "UploadUser", "PollUser", "ArrivalUser")


def read_workload(path: Path = DEFAULT, classes: Collection[str] = ()) -> dict[str, Any]:
    """Read and check a file; `classes` are the user classes that are loaded beside ours. Raises `BadFile`."""
    tree = read_checked(path, "workload")
    users: dict[str, dict[str, Any]] = tree["users"]
    known = {*OURS, *classes}
    for name in users:
        if name not in known:
            raise BadFile(
                f"{path}: users: no user class {name} is loaded{hint_of_known(name, sorted(known))}"
            )
    for place, span in (("think", tree["think"]), ("stay", users["ReconnectUser"]["stay"])):
        if span["least"] > span["most"]:
            raise BadFile(f"{path}: {place}: least ({span['least']:g}) is above most ({span['most']:g})")
    step = tree["shapes"]["step"]
    if step["start"] > step["most"]:
        raise BadFile(f"{path}: shapes.step: start ({step['start']}) is above most ({step['most']})")
    if not any(it.get("weight", 1) for it in users.values()):
        raise BadFile(f"{path}: users: every weight is 0; give one user class a weight of 1")
    _read_data(users, path.parent)
    return tree


def _read_data(users: dict[str, dict[str, Any]], folder: Path) -> None:
    """Put the contents of data files into the settings that name them."""
    for name in OURS:
        its = users.get(name, {})
        for key in TEXTS & its.keys():
            its[key] = _texts(its[key], folder)
    if "files" in users["UploadUser"]:
        users["UploadUser"]["files"] = _given(users["UploadUser"]["files"], folder)


def digest(tree: Any) -> str:
    """Return a hash of a tree that doesn't depend on the folder of its files."""

    def named(it: Any) -> Any:
        if isinstance(it, dict):
            return {key: named(value) for key, value in it.items() if key != "path"}
        return [named(each) for each in it] if isinstance(it, list) else it

    return sha256(json.dumps(named(tree), sort_keys=True).encode()).hexdigest()[:16]


def check_files(workload: Workload) -> None:
    """Raise `BadFile` unless the files to upload are on this machine as the master has them."""
    for given in workload.uploads.files:
        if sha256(bytes_of(given.path, LARGEST_UPLOAD)).hexdigest() != given.sha256:
            raise BadFile(f"{given.path} differs from the master's")


def _texts(value: Sequence[str] | Mapping[str, str], folder: Path) -> list[str]:
    """Return the texts of a list, or of a column of a data file."""
    if not isinstance(value, Mapping):
        return list(value)
    column = value.get("column", "prompt")
    return [row.cells[column] for row in read_rows(folder / value["from"], (column,))]


def _given(value: Mapping[str, str], folder: Path) -> list[dict[str, str]]:
    table = folder / value["from"]
    found = []
    for row in read_rows(table, ("prompt", "file")):
        path = (table.parent / row.cells["file"]).absolute()
        try:
            content = bytes_of(path, LARGEST_UPLOAD)
        except BadFile as problem:
            raise BadFile(f"{table}: line {row.line}: {problem}") from None
        if not content:
            raise BadFile(f"{table}: line {row.line}: {path} has {plural(0, 'byte')}")
        found.append(
            {"prompt": row.cells["prompt"], "path": str(path), "sha256": sha256(content).hexdigest()}
        )
    return found


def _frozen(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in tree.items()}
