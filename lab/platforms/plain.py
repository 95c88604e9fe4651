"""A small part of the API: tasks are created from JSON, read, listed and streamed.

It answers simple questions only: its profile declares no files, tools, approvals, tokens, variables and
sessions. It also lacks forms, follow-ups, history and cancelling, which no profile can declare: those paths
are 404 like any unknown one, and a DELETE is 405. It also has these defects on purpose:

 1. history_done counts one message too many;
 2. the heartbeat comment is ping (no task of it lasts long enough to show that);
 3. the list ignores `offset`;
 4. a task has no `username`;
 5. a message of blanks is accepted;
 6. X-API-Key is not supported: a key there is not a credential;
 7. a completed task has a startedAt and no completedAt;
 8. timestamps have no milliseconds;
 9. only Content-Length delimits a request: chunks are parsed as the next request.
"""

from collections.abc import Iterator, Sequence

from lab.platforms.agent import Agent, Say, Step
from lab.platforms.forms import Uploads
from lab.platforms.freedom.requests import BlankMessages, KnownFieldsOnly
from lab.platforms.freedom.responses import WholeSeconds
from lab.platforms.platform import Event, Platform, Task
from lab.platforms.refusal import Refusal
from lab.platforms.server import ROUTES, Edge
from lab.platforms.tokens import Accounts, Caller


class OnlyAnswers(Agent):
    def steps(self, message: str, *, uploaded: Sequence[str], memory: Sequence[dict]) -> Iterator[Step]:
        yield from map(Say, self.answer(message, uploaded, memory))

    def answer(self, message: str, uploaded: Sequence[str], memory: Sequence[dict]) -> list[str]:
        if "France" in message or "2+2" in message:
            return super().answer(message, uploaded, memory)
        return ["I can only ", "answer simple questions."]


class OnlyJson(BlankMessages, KnownFieldsOnly):
    def fields(self, content_type: str, body: bytes) -> tuple[dict, Uploads]:
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "This content type is not taken")
        return super().fields(content_type, body)


class OnlyBearer(Accounts):
    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        return super().caller(authorization, None, origin)

    def by_token(self, token: str, origin: str | None) -> Caller:
        raise Refusal(501, "JWT_NOT_CONFIGURED", "Tokens are not configured")


class FewFields(Platform):
    def fields(self, task: Task) -> dict:
        shown = super().fields(task) | {"completedAt": None}
        del shown["username"]
        return shown

    def last_activity(self, task: Task) -> str:
        return task.started or task.created

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        return super().page(caller, limit, 0)

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return super().marker(count + 1, live=live)


class FewWords(WholeSeconds):
    beat_text = ":ping\n\n"


class FewPaths(Edge):
    routes = tuple(
        route for route in ROUTES if route[2] in {"create_task", "list_tasks", "get_task", "stream_task"}
    )

    def dispatch(self) -> None:
        self.authenticate()  # before it is known whether the path exists
        super().dispatch()

    def read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


PLAIN = (OnlyAnswers, OnlyJson, OnlyBearer, FewFields, FewWords, FewPaths)
