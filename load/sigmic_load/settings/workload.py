"""The workload: user classes, prompts, files and shapes, from `workload.yaml`.

`read_workload` returns a plain tree with the contents of its data files, which a master sends to its workers.
"""

import json
from collections.abc import Collection, Mapping
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The whole workload. `users` are the settings of each user class, `shapes` the numbers of each shape."""

    think: Span
    users: Mapping[str, Mapping[str, Any]]
    shapes: Mapping[str, Mapping[str, float]]
    warm_up: float
    """Seconds that streams may take to open after the last user has started, before the target is judged."""
    settle: float
    """Seconds after that which are not judged, although all users run: a cold target may be slow."""

    @property
    def weights(self) -> Mapping[str, int]:
        """The weight of each user class that has one."""
        return {name: it["weight"] for name, it in self.users.items() if "weight" in it}

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> "Workload":
        """Return the workload of a tree that `read_workload` returned."""
        return cls(
            think=Span(**tree["think"]),
            users=tree["users"],
            shapes=tree["shapes"],
            warm_up=float(tree.get("warm_up", WARM_UP)),
            settle=float(tree.get("settle", 0.0)),
        )


OURS = ("ChatUser", "StreamUser", "ReconnectUser", "UploadUser", "PollUser", "ArrivalUser")
WITHOUT = {"ArrivalUser": {"weight": 0, "rate": 1, "most": 200, "prompts": ["Hello"], "turn_seconds": 60}}
"""The settings of a class that a file may leave out."""


def read_workload(path: Path = DEFAULT, classes: Collection[str] = ()) -> dict[str, Any]:
    """Read and check a file; `classes` are the user classes that are loaded beside ours. Raises `BadFile`."""
    tree = read_checked(path, "workload")
    users: dict[str, dict[str, Any]] = tree["users"]
    users |= {name: its for name, its in WITHOUT.items() if name not in users}
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
    for its in users.values():
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
    for given in workload.users["UploadUser"].get("files", ()):
        if sha256(bytes_of(Path(given["path"]), LARGEST_UPLOAD)).hexdigest() != given["sha256"]:
            raise BadFile(f"{given['path']} differs from the master's")


def _texts(value: Any, folder: Path) -> Any:
    """Return the texts of a column of a data file; what names none is returned as it is."""
    if not (isinstance(value, Mapping) and "from" in value):
        return value
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
