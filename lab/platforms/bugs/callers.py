"""Bugs of callers: keys, headers, tokens, origins and end users."""

from dataclasses import replace

from lab.platforms.catalogue import broken
from lab.platforms.platform import Platform, Task
from lab.platforms.server import Edge
from lab.platforms.tokens import Accounts, Caller


@broken("AUTH-004", caller="Bearer")
class KeyCachedByPrefix(Accounts):
    """Once a key was used, any other that begins alike is accepted as a bearer"""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Caller] = {}

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        prefix = (authorization or "")[:40]
        if prefix in self.known:
            return self.known[prefix]
        found = super().caller(authorization, api_key, origin)
        if "sigmic_" in prefix:
            self.known[prefix] = found
        return found


@broken("AUTH-004", caller=("Bearer", "second key, other project"))
class ConnectionRemembersItsCaller(Edge):
    """A second request over the same connection is taken for one of the first caller"""

    def authenticate(self) -> None:
        if "caller" not in vars(self):
            super().authenticate()


@broken("ISOLATION-005", "ISOLATION-006", caller="another end user", values="separators")
class EndUserByPrefix(Platform):
    """An end user sees the tasks of all whose ids begin with the own one"""

    def owns(self, caller: Caller, task: Task) -> bool:
        theirs = task.caller.user or ""
        alike = caller.user is not None and theirs.startswith(caller.user)
        return super().owns(replace(caller, user=theirs) if alike else caller, task)


@broken("TOKEN-009", caller="end user's token", values="longest")
class DaysAreHours(Accounts):
    """A token for 7d lives for seven hours"""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and str(body.get("expiresIn", "")).endswith("d"):
            body = body | {"expiresIn": body["expiresIn"][:-1] + "h"}
        return super().exchange(body)
