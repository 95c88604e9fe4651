"""What somebody has to know of a target to judge it. Pure; crosses from the target's process as JSON."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True)
class Reach:
    """An address with its credentials; `heartbeat` and `idle` in seconds, `largest` file in bytes."""

    url: str
    heartbeat: float
    idle: float
    largest: int
    keys: tuple[str, str] = field(repr=False)
    viewer_key: str = field(repr=False)
    colleague_key: str = field(repr=False)
    expired_key: str = field(repr=False)
    app_id: str
    app_secret: str = field(repr=False)

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> "Reach":
        """What `line` gave. Raises ValueError or TypeError for anything else."""
        values = json.loads(line)
        return cls(**values | {"keys": tuple(values["keys"])})
