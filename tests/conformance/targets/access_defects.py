"""Targets that are broken in credentials, tokens, isolation of callers, and env and secrets."""

import json
from collections.abc import Mapping

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Platform, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Accounts, Caller, decode

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


@broken("ERROR-001", "ERROR-002", "ERROR-003", "ERROR-004")
class OneCodeForAll(Edge):
    """Every 401 has the code UNAUTHORIZED"""

    def refuse(self, refusal: Refusal) -> None:
        code = "UNAUTHORIZED" if refusal.status == 401 else refusal.code
        super().refuse(Refusal(refusal.status, code, refusal.message))


@broken("ERROR-001", "ERROR-002")
class ForbiddenInstead(Edge):
    """Missing and wrong credentials are 403"""

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(
            Refusal(403 if refusal.status == 401 else refusal.status, refusal.code, refusal.message)
        )


@broken("AUTH-018")
class KeyInTheQuery(Edge):
    """A key in the query string is accepted"""

    def authenticate(self) -> None:
        if "api_key" in self.query and "Authorization" not in self.headers:
            self.caller = self.server.accounts.by_key(self.query["api_key"][0])
        else:
            super().authenticate()


@broken("AUTH-004")
class ActsFirst(Edge):
    """Without credentials a request is refused after it was carried out"""

    late: Refusal | None

    def authenticate(self) -> None:
        try:
            super().authenticate()
        except Refusal as refusal:
            self.late, self.caller = refusal, Caller("first", "late")

    def dispatch(self) -> None:
        self.late = None
        super().dispatch()

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        late, self.late = self.late, None
        if late is not None:
            self.refuse(late)
        else:
            super().send(status, body, headers, kind)

    def stream_task(self, id: str) -> None:
        if self.late is not None:
            raise self.late
        super().stream_task(id)


# --- strangers


@broken("ISOLATION-001")
class KeysShareTasks(Platform):
    """Another project's key reads a task by its id"""

    def find(self, caller: Caller, id: str) -> Task:
        task = self.tasks.get(id)
        return task if task is not None else super().find(caller, id)


@broken("ISOLATION-004")
class KeysShareTheList(Platform):
    """The list shows the tasks of all projects"""

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        self.listing_all = True
        try:
            return super().page(caller, limit, offset)
        finally:
            self.listing_all = False

    def owns(self, caller: Caller, task: Task) -> bool:
        return getattr(self, "listing_all", False) or super().owns(caller, task)


@broken("ISOLATION-001")
class StrangersUnauthorized(Platform):
    """Someone else's task is 401"""

    def find(self, caller: Caller, id: str) -> Task:
        if id in self.tasks and not self.owns(caller, self.tasks[id]):
            raise Refusal(401, "INVALID_API_KEY", "Not your task")
        return super().find(caller, id)


@broken("ISOLATION-003")
class StrangersCancel(Edge):
    """Another project's key can cancel"""

    def cancel_task(self, id: str) -> None:
        task = self.server.platform.tasks.get(id)
        if task is not None and task.status not in ("completed", "failed", "cancelled"):
            self.server.platform.cancel(task)
        super().cancel_task(id)


@broken("ISOLATION-002")
class StrangersListen(Edge):
    """Another project's key can open the stream"""

    def stream_task(self, id: str) -> None:
        task = self.server.platform.tasks.get(id)
        if task is not None:
            self.caller = task.caller
        super().stream_task(id)


@broken("ISOLATION-005")
class EndUsersShare(Platform):
    """End users of one app read each other's tasks"""

    def owns(self, caller: Caller, task: Task) -> bool:
        return caller.project == task.caller.project


# --- tokens


@broken("AUTH-008")
class EternalToken(Accounts):
    """A token never expires"""

    def check_time(self, claims: dict) -> None:
        """Nothing is checked."""


@broken("ERROR-006")
class OriginIgnored(Accounts):
    """The origin of a request is not looked at"""

    def check_origin(self, origin: str | None) -> None:
        """Nothing is checked."""


@broken("AUTH-024")
class AllowedOriginRefused(Accounts):
    """Every origin is refused"""

    def check_origin(self, origin: str | None) -> None:
        if origin is not None:
            raise Refusal(403, "ORIGIN_NOT_ALLOWED", "This origin is not allowed")


@broken("AUTH-009", "AUTH-011")
class SignatureIgnored(Accounts):
    """The signature of a token is not checked"""

    def by_token(self, token: str, origin: str | None) -> Caller:
        head, body, *_ = [*token.split("."), ""]
        return super().by_token(f"{head}.{body}.{self.sign(f'{head}.{body}')}", origin)


@broken("AUTH-010")
class NoneAccepted(Accounts):
    """A token with alg none is believed"""

    def by_token(self, token: str, origin: str | None) -> Caller:
        head, body, *_ = [*token.split("."), ""]
        try:
            unsigned = json.loads(decode(head)).get("alg") == "none"
        except (ValueError, UnicodeError):
            unsigned = False
        if not unsigned:
            return super().by_token(token, origin)
        claims = json.loads(decode(body))
        return Caller("first", "widget", claims.get("sub"), claims.get("jti"))


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


@broken("TOKEN-008", "TOKEN-009")
class OneLifetime(Accounts):
    """Every token lives for a day"""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and body.get("expiresIn", "1h") == "1h":
            body = body | {"expiresIn": "1d"}
        return super().exchange(body)


@broken("ERROR-009")
class AnyAppSecret(Accounts):
    """The app's secret is not compared"""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and body.get("appId") == self.app_id and body.get("appSecret"):
            body = body | {"appSecret": self.app_secret}
        return super().exchange(body)


@broken("ERROR-010")
class AnyLifetime(Accounts):
    """A lifetime that cannot be read is one hour"""

    def exchange(self, body: object) -> dict:
        try:
            return super().exchange(body)
        except Refusal as refusal:
            if refusal.code != "INVALID_EXPIRES_IN" or not isinstance(body, dict):
                raise
            return super().exchange({**body, "expiresIn": "1h"})


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


@broken("VARS-003", "VARS-002")
class SecretsInEnv(Platform):
    """env reads back with the secrets"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | {"env": self.environment(task) or shown["env"]}


@broken("VARS-014")
class SecretsPrinted(Platform):
    """A secret that a tool prints is streamed"""

    def masked(self, task: Task, text: str) -> str:
        return text


@broken("VARS-002")
class EnvForgotten(Platform):
    """env reads back as null"""

    def fields(self, task: Task) -> dict:
        return super().fields(task) | {"env": None}


@broken("VARS-004", "VARS-005", "VARS-006")
class NoEnvironment(Platform):
    """Commands do not have the variables"""

    def environment(self, task: Task) -> dict[str, str]:
        return {}


@broken("VARS-006")
class EnvWins(Platform):
    """A name in both maps has the value from env"""

    def environment(self, task: Task) -> dict[str, str]:
        return task.hidden | (task.env or {})


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


@broken("VARS-015", "VARS-003")
class TokenEnvShown(Platform):
    """A widget task shows the variables of its exchange"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        given = self.accounts.exchanged.get(task.caller.token or "", {})
        return shown | ({"env": given} if given else {})


@broken("CREATE-005", "CREATE-003", "CREATE-017")
class OneIdForAll(Platform):
    """Every creation answers the same id"""

    def new_id(self) -> str:
        return "11111111-1111-4111-8111-111111111111"
