"""The directory of one run of a client's command: the faults that its servers arm, and their totals.

`exec` and `gauntlet` pass its path in an environment variable (`config.settings.RUN_FOLDER`), so that servers
started by the command take part. A server may be killed at any time, so it writes its totals at each request.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_ARMED = "armed"
_TOTALS = ".totals.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What clients did on a server, and how often its armed faults fired."""

    requests: int = 0
    """API requests: pages and the control plane are not counted."""
    tasks: int = 0
    messages: int = 0
    """Messages of users, including the first one of each task."""
    fired: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return self._each(other, 1)

    def __sub__(self, other: "Totals") -> "Totals":
        return self._each(other, -1)

    def _each(self, other: "Totals", sign: int) -> "Totals":
        others = asdict(other)
        return Totals(**{name: value + sign * others[name] for name, value in asdict(self).items()})


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The directory of a run."""

    path: Path

    def make(self, armed: str = "") -> None:
        """Create it. Servers that start in it arm the faults in `armed`, if any."""
        self.path.mkdir(mode=0o700)
        (self.path / _ARMED).write_text(armed, "utf-8")

    @property
    def armed(self) -> str:
        """Return the faults to arm, as on the command line. Raises OSError if there is no such directory."""
        return (self.path / _ARMED).read_text("utf-8")

    def report(self, url: str, totals: Totals) -> None:
        """Replace the totals of this server."""
        draft = self.path / f".{os.getpid()}-{url.rpartition(':')[2]}"
        draft.write_text(json.dumps({"url": url, **asdict(totals)}), "utf-8")
        draft.replace(draft.with_name(draft.name[1:] + _TOTALS))

    def totals(self) -> dict[str, Totals]:
        """Return the last totals of each server, by its URL."""
        told = [json.loads(path.read_text("utf-8")) for path in sorted(self.path.glob(f"*{_TOTALS}"))]
        return {each.pop("url"): Totals(**each) for each in told}
