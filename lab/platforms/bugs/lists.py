"""Bugs of the list, and of saved and replayed messages."""

from lab.platforms.catalogue import broken
from lab.platforms.platform import Event, Platform, Task
from lab.platforms.tokens import Caller

Page = tuple[list[dict], dict]


@broken("LIST-005", turn="2nd", list="last page")
class SortedAfterSlicing(Platform):
    """An old task with a new turn stays on the last page"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, len(self.tasks) or 1, 0)
        items.sort(key=lambda item: item["createdAt"], reverse=True)
        shown = self.ordered(items[offset : offset + limit])
        return shown, pages | {
            "limit": limit,
            "offset": offset,
            "hasMore": offset + len(shown) < pages["total"],
        }


@broken("APPROVE-002", state="awaiting approval")
class ListSaysRunning(Platform):
    """The list calls a task that awaits an approval running"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"status": shown["status"].replace("awaiting_approval", "running")}


@broken("LIST-009", history="long", turn="many")
class CountOfOnePage(Platform):
    """messageCount never exceeds 20"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"messageCount": min(20, shown["messageCount"])}


@broken("LIST-009", session="restored")
class CountOfTheSession(Platform):
    """messageCount counts from the restore on"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.notes["before"] = len(task.messages)

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"messageCount": shown["messageCount"] - task.notes.get("before", 0)}


@broken("HISTORY-016", "UPLOAD-011", readers=("several", "joined late"), files="at creation")
class ReplayPopsAttachments(Platform):
    """Only the first replay of a message has its attached files"""

    def replay(self, task: Task) -> list[Event]:
        found: list[Event] = [(name, dict(message)) for name, message in super().replay(task)]
        for message in task.messages:
            message.pop("attachedFiles", None)
        return found
