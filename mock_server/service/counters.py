"""What the platform has done since it started: plain numbers, read by whoever publishes them."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Totals since the start. Heartbeats and open streams are counted by the wheel itself."""

    tasks_created: int = 0
    messages_sent: int = 0
    events: Counter[str] = field(default_factory=Counter)
    """Events by name, each counted once however many subscribers it had."""
    runs_ended: Counter[str] = field(default_factory=Counter)
    """Runs by the status they left the task in."""
    tool_calls: Counter[str] = field(default_factory=Counter)
    """Tool calls by status."""
    commands_running: int = 0
    """Shell commands at this moment, of all tasks."""
