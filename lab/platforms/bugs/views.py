"""Bugs of one view among several, of refusals that reveal too much, and of expired credentials."""

from collections.abc import Mapping

from lab.platforms.catalogue import broken
from lab.platforms.platform import Platform, Task
from lab.platforms.refusal import Refusal
from lab.platforms.tokens import Accounts, Caller


def listed(task: dict, **fields: object) -> dict:
    """Return an item of the list with other values, and its lastActivityAt computed from them."""
    item = task | fields
    times = (item[name] for name in ("createdAt", "startedAt", "completedAt"))
    return item | {"lastActivityAt": max(filter(None, times))}


@broken("LIST-010", state="awaiting approval", readers="several")
class ListStartsAtTheEnd(Platform):
    """The list shows no start of a task that awaits an approval"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return listed(shown, startedAt=None) if shown["status"] == "awaiting_approval" else shown


@broken("LIST-010", state="awaiting approval")
class ListHasDefaults(Platform):
    """The list shows the usual options of a task that has not ended"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        return shown | {"autoExecute": True} if shown["completedAt"] is None else shown


@broken("LIST-010", session="restored")
class ListKeepsTheSession(Platform):
    """The list shows the session that a task had before it was restored"""

    def restore(self, task: Task) -> None:
        task.notes.setdefault("session", task.session)
        super().restore(task)

    def summary(self, task: Task) -> dict:
        return super().summary(task) | {"sessionId": task.notes.get("session", task.session)}


@broken("LIST-010", state="failed")
class ListForgetsTheError(Platform):
    """The list shows no error of a failed task"""

    def summary(self, task: Task) -> dict:
        return super().summary(task) | {"error": None}


@broken("LIST-010", turn="2nd", state="completed")
class ListKeepsTheEnd(Platform):
    """The list shows the end of a task's first turn for good"""

    def summary(self, task: Task) -> dict:
        shown = super().summary(task)
        first = task.notes.setdefault("ended", shown["completedAt"]) if shown["completedAt"] else None
        return listed(shown, completedAt=first)


@broken("AUTH-005", "TOKEN-014", caller="end user's token")
class NewestTokenOnly(Accounts):
    """An exchange ends the tokens that the same user had"""

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[str, str] = {}

    def token(self, request: Mapping, claims: dict) -> str:
        self.newest[claims["sub"]] = claims["jti"]
        return super().token(request, claims)

    def by_token(self, token: str, origin: str | None) -> Caller:
        found = super().by_token(token, origin)
        if self.newest[found.user or ""] != found.token:
            raise Refusal(401, "INVALID_TOKEN", "The token was replaced")
        return found
