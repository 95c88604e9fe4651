"""A workload of a few seconds, and objectives that a fault breaks and a busy machine does not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sigmic_load.settings import workload
from sigmic_load.verdicts import objectives

WORKLOAD = {
    "warm_up": 2,
    "think": {"least": 0.1, "most": 0.3},
    "users": {
        "ChatUser": {"weight": 1, "prompts": ["Reply with exactly: ready."]},
        "StreamUser": {"streams": 20, "streams_per_task": 5},
        "ReconnectUser": {
            "prompts": ["Count slowly from 1 to 20, 10 numbers per second"],
            "drops": 2,
            "stay": {"least": 0.2, "most": 0.8},
            "turn_seconds": 60,
        },
        "UploadUser": {"sizes": [1024, 262144], "archives": [{"files": 10, "bytes": 1000}]},
        "PollUser": {"prompt": "Wait 1 second. Then reply with exactly: done.", "polls": 5},
        "ArrivalUser": {"weight": 1, "rate": 2, "most": 100},
    },
    "shapes": {
        "step": {"start": 1, "step": 1, "most": 2, "rate": 5, "settle": 2, "hold": 3},
        "storm": {"users": 1, "rate": 1, "every": 2, "waves": 2},
    },
}
OBJECTIVES: Mapping[str, Mapping[str, Any]] = {
    "streams-held": {"at_least": 0.9, "samples": 1},
    "heartbeat-lateness": {"at_most": 2.5},
    "heartbeats-missed": {"statistic": "share", "of": "heartbeats", "at_most": 0.9},
    "first-event": {"at_most": 30.0},
    "create": {"at_most": 30.0},
    "turns-failed": {"at_most": 0.5},
    "arrival-turn": {"at_most": 30.0},
}
LEFT_OUT = {"worst-stream", "streams-late"}


def workload_file(folder: Path, **streams: Any) -> Path:
    """Write the workload, with these settings of `StreamUser` and `warm_up`; return the file."""
    tree = merged(yaml.safe_load(workload.DEFAULT.read_text()), WORKLOAD)
    tree["warm_up"] = streams.pop("warm_up", tree["warm_up"])
    tree["users"]["StreamUser"] |= streams
    return _written(folder / "workload.yaml", tree)


def objectives_file(folder: Path) -> Path:
    """Write the objectives; return the file."""
    tree = yaml.safe_load(objectives.DEFAULT.read_text())
    rows = [row | OBJECTIVES.get(row["id"], {}) for row in tree["objectives"] if row["id"] not in LEFT_OUT]
    return _written(folder / "slo.yaml", {"most_unmeasured": 0.9, "objectives": rows})


def merged(tree: Any, changes: Any) -> Any:
    """Return a tree with the changes; other values replace those of the tree."""
    if not isinstance(tree, dict) or not isinstance(changes, dict):
        return changes
    return tree | {name: merged(tree.get(name), value) for name, value in changes.items()}


def _written(file: Path, tree: Any) -> Path:
    file.write_text(yaml.safe_dump(tree, sort_keys=False))
    return file
