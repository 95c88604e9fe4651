"""Show how far a run is and how long it still takes: one updating line on a terminal, lines in a log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sigmic_conformance.run.engine import Progress
from sigmic_spec.plural import plural

LINE_SECONDS = 10.0
DRAW_SECONDS = 0.2
ERASE = "\r\x1b[K"


class Screen(Protocol):
    """The output of the progress."""

    def write(self, text: str, /) -> object:
        """Print the text."""

    def flush(self) -> object:
        """Flush the output."""


def describe(progress: Progress, *, checked: int, rows: int) -> str:
    """One line: how far the run is, how long it still takes, and which probe is waited for."""
    line = f"{checked}/{plural(rows, 'requirement')} tested, "
    line += f"{progress.finished}/{plural(progress.total, 'probe')} finished"
    if not progress.running:
        return line
    # What takes longer than on a healthy target is limited by the deadlines of the probes.
    line += f", about {duration(progress.left)} left" if progress.left > 0 else ", longer than planned"
    name, left = progress.running[0]
    line += f"; waiting for {name.replace('_', ' ')}"
    line += f" ({duration(left)})" if left > 0 else ""
    others = len(progress.running) - 1
    return line + (f" and {plural(others, 'other')}" if others else "")


def duration(seconds: float) -> str:
    """A time for a reader: `45 s`, `2 min 5 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@dataclass(slots=True, kw_only=True)
class Teller:
    """Shows the progress: an updating line on a terminal (`columns` wide), else a line every ten seconds.

    In a log a line also appears immediately if another probe is waited for, but never twice in 2 s.
    """

    screen: Screen
    terminal: bool
    monotonic: Callable[[], float]
    columns: int = 100
    lead: str = ""
    """Prefix of each line of a log: a line end if dots may precede it."""
    _said: float | None = None
    _waited_for: str | None = None
    _shown: bool = False

    def tell(self, progress: Progress, *, checked: int, rows: int) -> None:
        """Print the progress if it is due."""
        at = self.monotonic()
        waiting = progress.running[0][0] if progress.running else None
        since = float("inf") if self._said is None else at - self._said
        if self.terminal:
            due = since >= DRAW_SECONDS
        else:
            due = since >= LINE_SECONDS or (waiting != self._waited_for and since >= LINE_SECONDS / 5)
        if not due:
            return
        self._said, self._waited_for = at, waiting
        line = describe(progress, checked=checked, rows=rows)
        if self.terminal:
            short = line if len(line) < self.columns else f"{line[: self.columns - 2]}…"
            self._write(f"{ERASE}{short}")
            self._shown = True
        else:
            self._write(f"{self.lead}{line}\n")

    def clear(self) -> None:
        """Clear the line, so that something else can be written there."""
        if self._shown:
            self._write(ERASE)
            self._shown = False

    def _write(self, text: str) -> None:
        self.screen.write(text)
        self.screen.flush()
