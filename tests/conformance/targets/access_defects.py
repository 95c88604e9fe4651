"""Targets that are broken in credentials, tokens, isolation of callers, and env and secrets."""

import json
from collections.abc import Mapping

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Platform, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Accounts, Caller

# --- keys


@broken("ERROR-001", "AUTH-004")
class OpenDoor(Edge):
    """Reading needs no credentials"""

    def authenticate(self) -> None:
        if self.command == "GET" and "Authorization" not in self.headers and "X-API-Key" not in self.headers:
            self.caller = Caller("first", "nobody")
        else:
            super().authenticate()


@broken("ERROR-002")
class AnyKey(Accounts):
    """Any well-formed key is accepted"""

    def by_key(self, key: str) -> Caller:
        return super().by_key(key) if key in self.keys or len(key) != 71 else Caller("first", "any")


@broken("AUTH-002")
class NoKeyHeader(Accounts):
    """X-API-Key is not known"""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        return super().caller(authorization, None, origin)


@broken("AUTH-018")
class KeyInTheQuery(Edge):
    """A key in the query string is accepted"""

    def authenticate(self) -> None:
        if "api_key" in self.query and "Authorization" not in self.headers:
            self.caller = self.server.accounts.by_key(self.query["api_key"][0])
        else:
            super().authenticate()


# --- strangers


@broken("ISOLATION-001")
class KeysShareTasks(Platform):
    """Another project's key reads a task by its id"""

    def find(self, caller: Caller, id: str) -> Task:
        task = self.tasks.get(id)
        return task if task is not None else super().find(caller, id)


@broken("ISOLATION-003")
class StrangersCancel(Edge):
    """Another project's key can cancel"""

    def cancel_task(self, id: str) -> None:
        task = self.server.platform.tasks.get(id)
        if task is not None and task.status not in ("completed", "failed", "cancelled"):
            self.server.platform.cancel(task)
        super().cancel_task(id)


# --- tokens


@broken("TOKEN-011")
class SecretsInToken(Accounts):
    """env and secrets are claims of the token"""

    def token(self, request: Mapping, claims: dict) -> str:
        more = {name: request[name] for name in ("env", "secrets") if name in request}
        return super().token(request, claims | more)


@broken("TOKEN-012")
class SecretsInAnswer(Edge):
    """The exchange answers what it was given"""

    def create_token(self) -> None:
        sent = json.loads(self.body or b"{}")
        self.sent = {k: sent[k] for k in ("env", "secrets") if isinstance(sent, dict) and k in sent}
        super().create_token()

    def succeed(self, data: object, status: int = 200, **more: object) -> None:
        if isinstance(data, dict) and "/auth/" in self.path:
            data = data | self.sent
        super().succeed(data, status, **more)


@broken("TOKEN-014")
class UserOfOneToken(Platform):
    """A second token of an end user does not see the tasks of the first"""

    def owns(self, caller: Caller, task: Task) -> bool:
        return super().owns(caller, task) and caller.token in (None, task.caller.token)


# --- env and secrets


@broken("VARS-003")
class SecretsReadBack(Platform):
    """get_task answers the secrets"""

    def view(self, task: Task) -> dict:
        return super().view(task) | {"secrets": task.hidden}


@broken("VARS-017")
class EnvironmentLeaks(Platform):
    """Variables of one task are in the next"""

    def environment(self, task: Task) -> dict[str, str]:
        everyones: dict[str, str] = {}
        for each in self.tasks.values():
            everyones |= super().environment(each)
        return everyones | super().environment(task)


@broken("VARS-008", "VARS-009")
class AnyVariables(Edge):
    """Ill-formed names and values of variables are dropped and the task is made"""

    def create_task(self) -> None:
        try:
            super().create_task()
        except Refusal as refusal:
            if refusal.code != "INVALID_ENV":
                raise
            body = {k: v for k, v in json.loads(self.body).items() if k not in ("env", "secrets")}
            self.body = json.dumps(body).encode()
            super().create_task()


@broken("CREATE-005", "CREATE-003", "CREATE-017")
class OneIdForAll(Platform):
    """Every creation answers the same id"""

    def new_id(self) -> str:
        return "11111111-1111-4111-8111-111111111111"
