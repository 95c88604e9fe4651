"""Bugs of the list and of the saved messages."""

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.tokens import Caller

Page = tuple[list[dict], dict]


@broken("LIST-013", "LIST-016", list="beyond")
class MoreBeyondTheEnd(Platform):
    """A page beyond the last says that there is more"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        left = pages["total"] - offset - len(items)
        return items, pages | {"hasMore": bool(left)}


@broken("LIST-005", "LIST-015", "LIST-016", list="last page")
class PagesOverlap(Platform):
    """Every page but the first begins with the last task of the page before"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, _ = super().page(caller, limit, max(0, offset - 1))
        return items, super().page(caller, limit, offset)[1]


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


@broken("LIST-012", "LIST-013", "LIST-014", list="exact page")
class ExactPageIsEmpty(Platform):
    """A full page that ends with the last task is empty"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        surplus = pages["total"] - offset - limit
        return (items if surplus else items[:-surplus]), pages


@broken("HISTORY-004", "PHASE-001", "HISTORY-015", history="long", turn="many")
class NumbersSortAsText(Platform):
    """From the tenth message on the order is that of text"""

    def conversation(self, task: Task) -> list[dict]:
        numbered = enumerate(super().conversation(task), 1)
        return [message for _, message in sorted(numbered, key=lambda pair: str(pair[0]))]


@broken("HISTORY-016", "HISTORY-017", "LIST-009", history="very long", turn="many")
class HistoryOfThirty(Platform):
    """The history ends with the thirtieth message"""

    def history(self, task: Task) -> dict:
        found = super().history(task)
        return found | {"messages": found["messages"][:30]}


@broken("PHASE-001", "HISTORY-016", "STREAM-024", values="longest", readers="joined late")
class ReplayCutsLongMessages(Platform):
    """The stream replays 4096 characters of a message"""

    def replay(self, task: Task) -> list[Event]:
        return [
            (name, message | {"content": message["content"][:4096]}) for name, message in super().replay(task)
        ]


@broken("PHASE-003", turn="2nd", state="cancelled")
class MarkerCountsPairs(Platform):
    """messageCount counts an answer for a turn that was cancelled"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        before, run = super().join(task)
        turns = sum(payload.get("role") == "user" for _, payload in before)
        count = 2 * turns - (run is not None)
        return [*before[:-1], *self.marker(count, live=run is not None)], run
