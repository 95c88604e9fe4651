"""The folder of one run of a client's command: what its servers arm, and the totals they report.

`exec` and `gauntlet` name it in a variable, so that a server which the command starts itself takes part. A
server may be killed at any time: it writes its totals at each request.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

RUN_FOLDER = "SIGMIC_RUN_FOLDER"
"""The variable that names it."""
_ARMED = "armed"
_TOTALS = ".totals.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What clients did on a server, and how often what it armed has fired."""

    requests: int = 0
    """Those of the API: pages and the control plane are not counted."""
    tasks: int = 0
    messages: int = 0
    """Messages of users, the first one of each task included."""
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
    """The folder."""

    path: Path

    def make(self, armed: str = "") -> None:
        """Create it; servers that start in it arm what is written there, if anything."""
        self.path.mkdir(mode=0o700)
        (self.path / _ARMED).write_text(armed, "utf-8")

    @property
    def armed(self) -> str:
        """Return what to arm, as on the command line. Raises OSError if there is no such folder."""
        return (self.path / _ARMED).read_text("utf-8")

    def report(self, url: str, totals: Totals) -> None:
        """Replace the totals of this server."""
        draft = self.path / f".{os.getpid()}-{url.rpartition(':')[2]}"
        draft.write_text(json.dumps({"url": url, **asdict(totals)}), "utf-8")
        draft.replace(draft.with_name(draft.name[1:] + _TOTALS))

    def totals(self) -> dict[str, Totals]:
        """Return what each server reported last, by its URL."""
        told = [json.loads(path.read_text("utf-8")) for path in sorted(self.path.glob(f"*{_TOTALS}"))]
        return {each.pop("url"): Totals(**each) for each in told}
