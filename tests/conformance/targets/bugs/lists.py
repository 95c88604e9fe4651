"""Bugs of the list: pages, their figures, the order, and what an item says of its task."""

import html

from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Platform, Task
from tests.conformance.targets.refusal import bad
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Caller

HAS_MORE = "hasMore says whether there are tasks beyond this page"
TOTAL = "total counts all tasks, whichever page is asked for"
SKIPS = "offset is the number of tasks to skip"
ORDER = "the most recent activity comes first"
ACTIVITY = "lastActivityAt is the latest of completedAt, startedAt and createdAt"
COUNT = "messageCount is the number of messages of the conversation"
Page = tuple[list[dict], dict]


@bug(
    "2.3/pagination.hasMore",
    sentence=HAS_MORE,
    situation={"list": "exact page"},
    because="`<=` looks as right as `<` until a page ends with the last task",
)
class MoreOnAnExactPage(Platform):
    """A full page that ends with the last task says that there is more"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        return items, pages | {"hasMore": offset + limit <= pages["total"]}


@bug(
    "2.3/pagination.hasMore",
    sentence=HAS_MORE,
    situation={"list": "last page"},
    because="the index of the last task was taken for the number of tasks",
)
class LastOneNotAnnounced(Platform):
    """hasMore is false when only one task is left for the last page"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        return items, pages | {"hasMore": offset + limit < pages["total"] - 1}


@bug(
    "2.3/pagination.total",
    sentence=TOTAL,
    situation={"list": "last page"},
    because="the count runs over the query that already has its offset",
)
class TotalFromTheOffset(Platform):
    """total leaves out the tasks that were skipped"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        return items, pages | {"total": max(0, pages["total"] - offset)}


@bug(
    "2.3/offset",
    sentence=SKIPS,
    situation={"list": "beyond"},
    because="an offset that is out of range is put back to the default",
)
class BeyondStartsOver(Platform):
    """A page beyond the last shows the first one"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        return (items or super().page(caller, limit, 0)[0]), pages


@bug(
    "2.3/pagination.total",
    sentence=TOTAL,
    situation={"list": "beyond"},
    because="the total is a window function's, and a page without rows has none to read it from",
)
class TotalWithoutRows(Platform):
    """total is 0 on a page beyond the last"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        return items, pages | {"total": pages["total"] if items else 0}


@bug(
    "2.3/pagination.hasMore",
    sentence=HAS_MORE,
    situation={"list": "beyond"},
    because="what is left is tested for being nothing, and is negative",
)
class MoreBeyondTheEnd(Platform):
    """A page beyond the last says that there is more"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        left = pages["total"] - offset - len(items)
        return items, pages | {"hasMore": bool(left)}


@bug(
    "2.3/limit",
    sentence="limit may be at most 100",
    situation={"list": "exact page", "values": "longest"},
    because="`>=` for `>` in the check of the upper bound",
)
class LargestPageRefused(Edge):
    """A limit of exactly 100 is refused"""

    def list_tasks(self) -> None:
        if self.number("limit", 50) == 100:
            raise bad("limit must be below 100")
        super().list_tasks()


@bug(
    "2.3/offset",
    sentence=SKIPS,
    situation={"list": "last page"},
    because="rows are numbered from 1, offsets from 0, and BETWEEN includes both ends",
)
class PagesOverlap(Platform):
    """Every page but the first begins with the last task of the page before"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, _ = super().page(caller, limit, max(0, offset - 1))
        return items, super().page(caller, limit, offset)[1]


@bug(
    "2.3/offset",
    sentence="a page holds the tasks after those skipped, up to the last one",
    situation={"list": "last page"},
    because="one row more than the limit is fetched to know hasMore, and always taken off again",
)
class LastPageLosesOne(Platform):
    """A last page that is not full lacks its last task"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        return (items[:-1] if offset and len(items) < limit else items), pages


@bug(
    "2.3/order",
    sentence=ORDER,
    situation={"turn": "2nd", "list": "last page"},
    because="the database pages by creation, and only the page is sorted by activity",
)
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


@bug(
    "2.3/scope",
    "1/status",
    sentence="the list shows all tasks, cancelled ones with that status",
    situation={"state": "cancelled"},
    because="DELETE is taken for a soft deletion by whoever wrote the query of the list",
)
class CancelledLeavesTheList(Platform):
    """A cancelled task is no longer listed"""

    def ordered(self, items: list[dict]) -> list[dict]:
        return super().ordered([item for item in items if item["status"] != "cancelled"])


@bug(
    "2.3/order",
    sentence=ORDER,
    situation={"state": "pending"},
    because="the order is by startedAt, and nulls come last",
)
class PendingSinks(Platform):
    """A task that has not started stands below those that have"""

    def ordered(self, items: list[dict]) -> list[dict]:
        return sorted(super().ordered(items), key=lambda item: item["startedAt"] is None)


@bug(
    "2.3/lastActivityAt",
    sentence=ACTIVITY,
    situation={"turn": "2nd", "state": "tool running"},
    because="the value is stored when a turn ends, and a new turn does not renew it",
)
class ActivityOfTheLastTurn(Platform):
    """While a second turn runs, lastActivityAt is the end of the first"""

    def last_activity(self, task: Task) -> str:
        if task.completed:
            task.notes["activity"] = super().last_activity(task)
        return task.notes.get("activity") or super().last_activity(task)


@bug(
    "2.3/lastActivityAt",
    sentence=ACTIVITY,
    situation={"state": "failed"},
    because="a failure is stored by another statement, which does not touch the column",
)
class FailureIsNoActivity(Platform):
    """lastActivityAt of a failed task is the time of its start"""

    def last_activity(self, task: Task) -> str:
        return task.started or task.created if task.status == "failed" else super().last_activity(task)


@bug(
    "1/status",
    "2.3/item-fields",
    sentence="awaiting_approval is the status of a task that waits for an approval",
    situation={"state": "awaiting approval"},
    because="the list reads the column of the run, the detail page asks the agent",
)
class ListSaysRunning(Platform):
    """The list calls a task that awaits an approval running"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"status": shown["status"].replace("awaiting_approval", "running")}


@bug(
    "2.4/message",
    "2.3/item-fields",
    sentence="message is the original message, in the list too",
    situation={"values": "longest"},
    because="the column that the list reads is a VARCHAR(255)",
)
class TitlesAreCut(Platform):
    """The list cuts long messages"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"message": shown["message"][:255]}


@bug(
    "2.4/message",
    "2.3/item-fields",
    sentence="message is the original message, in the list too",
    situation={"values": "quotes"},
    because="the list once was an HTML page, and its escape stayed",
)
class ListEscapesQuotes(Platform):
    """Quotes of a message are HTML entities in the list"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"message": html.escape(shown["message"])}


@bug(
    "A-09",
    "2.3/pagination.total",
    sentence="a token sees its end user's tasks, and total counts those",
    situation={"caller": ("end user's token", "another end user")},
    because="the query that counts forgets the condition that was added to the other one",
)
class TotalOfTheWholeApp(Platform):
    """total counts the tasks of all end users"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        if caller.user is not None:
            pages["total"] = sum(task.caller.project == caller.project for task in self.tasks.values())
        return items, pages


@bug(
    "2.3/messageCount",
    sentence=COUNT,
    situation={"history": "long", "turn": "many"},
    because="the messages are fetched by the page, and the first page is counted",
)
class CountOfOnePage(Platform):
    """messageCount never exceeds 20"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"messageCount": min(20, shown["messageCount"])}


@bug(
    "2.3/messageCount",
    sentence=COUNT,
    situation={"session": "restored"},
    because="the count is kept in the session, which begins anew",
)
class CountOfTheSession(Platform):
    """messageCount counts from the restore on"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.notes["before"] = len(task.messages)

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"messageCount": shown["messageCount"] - task.notes.get("before", 0)}


@bug(
    "2.3/limit",
    "2.3/offset",
    sentence="a page holds up to limit tasks after those skipped",
    situation={"list": "exact page"},
    because="what is too much is cut off with a negative index, and there is no minus zero",
)
class ExactPageIsEmpty(Platform):
    """A full page that ends with the last task is empty"""

    def page(self, caller: Caller, limit: int, offset: int) -> Page:
        items, pages = super().page(caller, limit, offset)
        surplus = pages["total"] - offset - limit
        return (items if surplus else items[:-surplus]), pages


@bug(
    "2.3/limit",
    sentence="limit is 50 by default",
    situation={"list": "exact page"},
    because="the default of the storage is 20, and the answer tells that of the API",
)
class TwentyByDefault(Edge):
    """Without a limit a page has twenty tasks, and says that it may have fifty"""

    def list_tasks(self) -> None:
        if "limit" in self.query:
            super().list_tasks()
        else:
            items, pages = self.server.platform.page(self.caller, 20, self.number("offset", 0))
            self.succeed(items, pagination=pages | {"limit": 50})
