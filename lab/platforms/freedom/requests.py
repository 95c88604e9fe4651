"""How requests are read: bodies, queries, ids and credentials: legal answers (see `table`)."""

import re
from collections.abc import Iterable

from lab.platforms.forms import Forms, Piece, Uploads
from lab.platforms.platform import Platform, Task
from lab.platforms.refusal import Refusal, bad
from lab.platforms.server import Edge
from lab.platforms.tokens import Accounts, Caller

RESERVED = ("PATH", "HOME", "LD_", "PYTHON", "NODE_OPTIONS")


class NoUrlencodedForms(Forms):
    """No operation accepts `application/x-www-form-urlencoded`."""

    def urlencoded(self, body: bytes) -> dict:
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "This content type is not taken")


class BlankMessages(Forms):
    """A message of blanks is accepted."""

    def checked(self, fields: object) -> dict:
        said = dict(fields).get("message") if isinstance(fields, dict) else None
        if isinstance(fields, dict) and isinstance(said, str) and said and not said.strip():
            return super().checked(fields | {"message": "."}) | {"message": said}
        return super().checked(fields)


class KnownFieldsOnly(Forms):
    """A field that no page names is refused."""

    def checked(self, fields: object) -> dict:
        known = {"message", "systemPrompt", "showInHistory", "autoExecute", "env", "secrets"}
        if isinstance(fields, dict) and (more := fields.keys() - known):
            raise bad(f"There is no field {min(more)}")
        return super().checked(fields)


class OneRefusalCode(Forms):
    """A creation with a bad variable is refused with the code of other invalid ones."""

    def checked(self, fields: object) -> dict:
        try:
            return super().checked(fields)
        except Refusal as refusal:
            raise bad(refusal.message) from refusal


class EmptyMapIsNone(Forms):
    """`env` without a variable becomes null."""

    def checked(self, fields: object) -> dict:
        found = super().checked(fields)
        return found | ({"env": None} if found.get("env") == {} else {})


class OtherPartsIgnored(Forms):
    """A file is ignored if its part has another name than `files`."""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        return super().gathered(piece for piece in pieces if piece.file_name is None or piece.name == "files")


class Unprocessable(Edge):
    """An invalid request is 422 if it can be parsed."""

    def refuse(self, refusal: Refusal) -> None:
        invalid = refusal.status == 400 and refusal.code == "VALIDATION_ERROR"
        super().refuse(Refusal(422, refusal.code, refusal.message) if invalid else refusal)


class NoHead(Edge):
    """No operation accepts HEAD."""

    def dispatch(self) -> None:
        if self.command == "HEAD":
            self.allowed = "GET, POST, DELETE"
            raise Refusal(405, "METHOD_NOT_ALLOWED", "HEAD is not taken")
        super().dispatch()


class BodyFirst(Edge):
    """The body of a follow-up is checked before the task is searched for."""

    def send_message(self, id: str) -> None:
        self.fields()
        super().send_message(id)


class ForgivingPages(Edge):
    """An invalid limit or offset is ignored."""

    def number(self, name: str, default: int) -> int:
        try:
            return super().number(name, default) or default
        except Refusal:
            return default


class StrictList(Edge):
    """A limit above 100 is refused."""

    def list_tasks(self) -> None:
        if self.number("limit", 50) > 100:
            raise bad("limit must be at most 100")
        super().list_tasks()


class MalformedIds(Platform):
    """A malformed task id is 400."""

    def find(self, caller: Caller, id: str) -> Task:
        if id not in self.tasks and len(id) != len(self.new_id()):
            raise bad("The task id is malformed")
        return super().find(caller, id)


class Forbidding(Platform):
    """Another caller's task is 403."""

    def find(self, caller: Caller, id: str) -> Task:
        if id in self.tasks and not self.owns(caller, self.tasks[id]):
            raise Refusal(403, "FORBIDDEN", "This task belongs to someone else")
        return super().find(caller, id)


class CapitalBearer(Accounts):
    """The scheme `Bearer` is case-sensitive."""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        if authorization is not None and not authorization.startswith("Bearer "):
            raise Refusal(401, "INVALID_AUTH_FORMAT", "The token format is not recognised")
        return super().caller(authorization, api_key, origin)


class KeyHeaderFirst(Accounts):
    """If a request has two credentials, the X-API-Key counts."""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        return super().caller(authorization if api_key is None else None, api_key, origin)


class ChunkedBodies(Edge):
    """A body may be sent in chunks."""

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked" or "Content-Length" in self.headers:
            return super().read_body()
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)


class LenientBooleans(Forms):
    """A boolean of a form may also be 1, 0, yes or no."""

    def boolean(self, name: str, text: str) -> bool:
        return super().boolean(
            name, {"1": "true", "yes": "true", "0": "false", "no": "false"}.get(text, text)
        )


class VariablesInForms(Forms):
    """A form may have env and secrets, each as JSON."""

    def variables_of_form(self, text: str) -> object:
        return self.json(text.encode())


class MissingMessage(Forms):
    """A request without a message is refused with another code."""

    def checked(self, fields: object) -> dict:
        if isinstance(fields, dict) and not fields.get("message"):
            raise Refusal(400, "MISSING_MESSAGE", "There is no message")
        return super().checked(fields)


class ShortMessages(Forms):
    """A message has at most 20,000 characters."""

    def checked(self, fields: object) -> dict:
        found = super().checked(fields)
        if len(found["message"]) > 20_000:
            raise Refusal(413, "MESSAGE_TOO_LONG", "A message has at most 20,000 characters")
        return found


class ReservedNames(Forms):
    """A variable that programs depend on is refused."""

    def checked(self, fields: object) -> dict:
        found = super().checked(fields)
        for name in [*(found.get("env") or ()), *(found.get("secrets") or ())]:
            if name.startswith(RESERVED):
                raise Refusal(400, "INVALID_ENV", f"{name} is reserved")
        return found


class SmallVariables(Forms):
    """A value has at most 2,048 characters."""

    def checked(self, fields: object) -> dict:
        found = super().checked(fields)
        for name in ("env", "secrets"):
            if any(len(value) > 2_048 for value in (found.get(name) or {}).values()):
                raise Refusal(400, "INVALID_ENV", "A value is too long")
        return found


class ListsOfKeys(Platform):
    """A key's list contains the tasks that it created, without those of other keys of its project."""

    def listed(self, caller: Caller, task: Task) -> bool:
        return super().listed(caller, task) and (caller.user is not None or caller.key == task.caller.key)


class AuthenticatesFirst(Edge):
    """A request without a credential is 401, also on unknown paths."""

    def dispatch(self) -> None:
        if not self.path.startswith("/api/v1/auth/token"):
            self.authenticate()
        super().dispatch()


class TrailingSlashes(Edge):
    """A path may end with a slash."""

    def dispatch(self) -> None:
        path, mark, query = self.path.partition("?")
        self.path = (path.rstrip("/") or "/") + mark + query
        super().dispatch()


class TokensAsKeys(Accounts):
    """X-API-Key may contain a token."""

    def by_key(self, key: str) -> Caller:
        return self.by_token(key, None) if key.startswith("eyJ") else super().by_key(key)


class KeysDecide(Edge):
    """A token may not decide calls."""

    def approve_tool_call(self, id: str, call: str) -> None:
        if self.caller.user is not None:
            raise Refusal(403, "FORBIDDEN", "A token may not decide about calls")
        super().approve_tool_call(id, call)


class KeysList(Edge):
    """A token may not list tasks."""

    def list_tasks(self) -> None:
        if self.caller.user is not None:
            raise Refusal(403, "FORBIDDEN", "A token may not list tasks")
        super().list_tasks()


class OriginNeeded(Accounts):
    """A token without an origin is refused."""

    def check_origin(self, origin: str | None) -> None:
        super().check_origin(origin or "null")


class CappedLifetimes(Accounts):
    """No token is valid for longer than a day."""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and re.fullmatch("[2-9]d|[0-9]{2,}d", str(body.get("expiresIn"))):
            body = body | {"expiresIn": "24h"}
        return super().exchange(body)


class BareSeconds(Accounts):
    """A lifetime may be a number of seconds."""

    def exchange(self, body: object) -> dict:
        lifetime = body.get("expiresIn") if isinstance(body, dict) else None
        if isinstance(body, dict) and str(lifetime).isascii() and str(lifetime).isdigit():
            body = body | {"expiresIn": f"{int(str(lifetime)) or 1}s"}
        return super().exchange(body)


class ShortUserIds(Accounts):
    """The id of an end user has at most 64 characters."""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and len(str(body.get("endUserId", ""))) > 64:
            raise bad("endUserId has at most 64 characters")
        return super().exchange(body)
