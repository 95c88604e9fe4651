"""Bugs of callers: keys by either header, tokens of end users, and who is who afterwards."""

from collections.abc import Sequence
from dataclasses import replace

from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import FINAL, Platform, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import NAME, Accounts, Caller

EITHER = "a key is sent as Authorization: Bearer or as X-API-Key"
CREATED = "apiKeyId is the key that created the task"
INVALID = "a key that is invalid, malformed or expired is INVALID_API_KEY"
ORIGINS = "an origin that is not among the app's allowed ones is refused"
SCOPED = "an end user's conversations are that user's alone"


@bug(
    "2.4/apiKeyId",
    "A-02",
    sentence=CREATED,
    situation={"caller": "X-API-Key"},
    because="the older of two ways to read a key computes the id from the whole header",
)
class HeaderKeyIsAnother(Accounts):
    """A task made with X-API-Key has another apiKeyId than one made with the same key as a bearer"""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        found = super().caller(authorization, api_key, origin)
        return found if authorization else replace(found, key=found.key[::-1])


@bug(
    "A-02",
    "C-13",
    sentence=EITHER,
    situation={"caller": "X-API-Key", "readers": "only one"},
    because="the stream has middleware of its own, written for the widget",
)
class StreamsWantBearer(Edge):
    """A stream is refused to a key in X-API-Key"""

    def stream_task(self, id: str) -> None:
        if self.headers.get("Authorization") is None:
            raise Refusal(401, "AUTH_REQUIRED", "Authentication required")
        super().stream_task(id)


@bug(
    "A-02",
    "C-13",
    sentence=EITHER,
    situation={"caller": "X-API-Key", "body": "multipart", "files": "at creation"},
    because="the upload is read before the other middleware runs, and looks for a bearer itself",
)
class FormsWantBearer(Edge):
    """A form is refused to a key in X-API-Key"""

    def create_task(self) -> None:
        form = self.headers.get_content_type() == "multipart/form-data"
        if form and self.headers.get("Authorization") is None:
            raise Refusal(401, "AUTH_REQUIRED", "Authentication required")
        super().create_task()


@bug(
    "4/INVALID_API_KEY",
    "A-05",
    sentence=INVALID,
    situation={"caller": "X-API-Key"},
    because="the check of the expiry was added to one of two ways to read a key",
)
class ExpiredKeyByHeader(Accounts):
    """A key that has expired is accepted in X-API-Key"""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        if authorization is None and api_key in self.ends:
            return Caller("first", api_key[-12:])
        return super().caller(authorization, api_key, origin)


@bug(
    "4/INVALID_API_KEY",
    "A-01",
    sentence=INVALID,
    situation={"caller": "X-API-Key", "values": "longest"},
    because="the header is cut to the width of the column before it is looked up",
)
class HeaderKeyWithTail(Accounts):
    """A key with something after its 71 characters is accepted in X-API-Key"""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        return super().caller(authorization, api_key and api_key[:71], origin)


@bug(
    "4/INVALID_API_KEY",
    sentence=INVALID,
    situation={"caller": "Bearer"},
    because="the cache of keys that were found valid is keyed by a prefix, to keep secrets out of it",
)
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


@bug(
    "C-13",
    "4/AUTH_REQUIRED",
    sentence="every request of a task needs its own credentials",
    situation={"caller": ("Bearer", "second key, other project")},
    because="the caller is kept with the connection, and a connection serves many requests",
)
class ConnectionRemembersItsCaller(Edge):
    """A second request over the same connection is taken for one of the first caller"""

    def authenticate(self) -> None:
        if "caller" not in vars(self):
            super().authenticate()


@bug(
    "A-12",
    "4/ORIGIN_NOT_ALLOWED",
    sentence=ORIGINS,
    situation={"caller": "end user's token", "turn": "2nd"},
    because="the check was put into the handlers that start something, and one was forgotten",
)
class OriginUncheckedOnFollowUp(Edge):
    """The origin of a follow-up is not looked at"""

    def authenticate(self) -> None:
        if self.path.endswith("/messages"):
            del self.headers["Origin"]
        super().authenticate()


@bug(
    "A-12",
    "4/ORIGIN_NOT_ALLOWED",
    sentence=ORIGINS,
    situation={"caller": "end user's token", "values": "separators"},
    because="`startswith` allows for a slash at the end",
)
class OriginByPrefix(Accounts):
    """An origin that begins with an allowed one is accepted"""

    def check_origin(self, origin: str | None) -> None:
        if origin is None or not origin.startswith(self.origins):
            super().check_origin(origin)


@bug(
    "A-09",
    sentence=SCOPED,
    situation={"caller": "another end user", "values": "separators"},
    because="the user's part of the key is found with LIKE 'user%'",
)
class EndUserByPrefix(Platform):
    """An end user sees the tasks of all whose ids begin with the own one"""

    def owns(self, caller: Caller, task: Task) -> bool:
        theirs = task.caller.user or ""
        alike = caller.user is not None and theirs.startswith(caller.user)
        return super().owns(replace(caller, user=theirs) if alike else caller, task)


@bug(
    "A-09",
    "U-12",
    sentence="users cannot reach files of other sessions",
    situation={"caller": "another end user", "files": "at creation"},
    because="the routes of files check the project, as they did before there were tokens",
)
class FilesForAnyUser(Edge):
    """An end user downloads the files of another"""

    def download_artifact(self, id: str) -> None:
        self.caller = replace(self.caller, user=None)
        super().download_artifact(id)


@bug(
    "A-09",
    sentence=SCOPED,
    situation={"caller": "another end user", "state": "tool running"},
    because="the route asks whether the task is of the project, which is enough for keys",
)
class CancelledByAnyUser(Edge):
    """An end user cancels the task of another"""

    def cancel_task(self, id: str) -> None:
        self.caller = replace(self.caller, user=None)
        super().cancel_task(id)


@bug(
    "10/scoped",
    "A-07",
    sentence="tasks and conversations are scoped to a project",
    situation={"caller": "second key, other project", "state": "completed", "readers": "joined late"},
    because="finished tasks are served from an archive that knows ids alone",
)
class FinishedStreamsForAnyone(Edge):
    """The stream of a finished task is open to other projects"""

    def task(self, id: str) -> Task:
        kept = self.server.platform.tasks.get(id)
        if kept is not None and kept.status in FINAL and self.path.endswith("/stream"):
            return kept
        return super().task(id)


@bug(
    "4/INVALID_TOKEN",
    sentence="a token that has expired is INVALID_TOKEN",
    situation={"caller": "end user's token", "turn": "2nd"},
    because="verifying costs time, so what was verified once is cached for the token",
)
class TokenCachedPastItsEnd(Accounts):
    """A token that was used before goes on to be accepted when it has expired"""

    def __init__(self) -> None:
        super().__init__()
        self.verified: dict[str, Caller] = {}

    def by_token(self, token: str, origin: str | None) -> Caller:
        if token not in self.verified:
            self.verified[token] = super().by_token(token, origin)
        self.check_origin(origin)
        return self.verified[token]


@bug(
    "2.1/expiresIn",
    sentence="a token lives as long as its expiresIn says",
    situation={"caller": "end user's token", "turn": "2nd"},
    because="one token for each end user is kept, and a new one takes its place",
)
class NewTokenEndsTheOld(Accounts):
    """A token is refused once its end user has got another"""

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[str | None, str] = {}

    def exchange(self, body: object) -> dict:
        made = super().exchange(body)
        if isinstance(body, dict):
            self.newest[body["endUserId"]] = list(self.exchanged)[-1]
        return made

    def by_token(self, token: str, origin: str | None) -> Caller:
        found = super().by_token(token, origin)
        if found.token != self.newest[found.user]:
            raise Refusal(401, "INVALID_TOKEN", "The token is not valid")
        return found


@bug(
    "2.1/expiresIn",
    sentence='expiresIn is a lifetime such as "30m", "1h" or "7d"',
    situation={"caller": "end user's token", "values": "longest"},
    because="the factors are 1, 60, 3600 and 3600: a line was copied",
)
class DaysAreHours(Accounts):
    """A token for 7d lives for seven hours"""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and str(body.get("expiresIn", "")).endswith("d"):
            body = body | {"expiresIn": body["expiresIn"][:-1] + "h"}
        return super().exchange(body)


@bug(
    "4/INVALID_ENV",
    "V-02",
    sentence="a bad variable name is INVALID_ENV",
    situation={"caller": "end user's token", "values": "separators"},
    because="the check was written for env, and secrets came later",
)
class SecretNamesUnchecked(Accounts):
    """The exchange accepts a bad name among the secrets"""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and isinstance(body.get("secrets"), dict):
            good = {name: value for name, value in body["secrets"].items() if NAME.fullmatch(name)}
            body = body | {"secrets": good}
        return super().exchange(body)


@bug(
    "2.4/apiKeyId",
    sentence=CREATED,
    situation={"caller": "second key, same project"},
    because="the id is joined from the project's keys, and the first row is taken",
)
class KeyOfTheProject(Accounts):
    """Tasks of all keys of a project have the apiKeyId of the first"""

    def by_key(self, key: str) -> Caller:
        found = super().by_key(key)
        first = next(kept for kept, project in self.keys.items() if project == found.project)
        return replace(found, key=super().by_key(first).key)


@bug(
    "2.4/username",
    sentence="username is the name tied to the key that created the task",
    situation={"caller": "second key, same project", "state": "completed"},
    because="the detail page shows the user who is logged in, and the API shares its query",
)
class UsernameOfTheReader(Edge):
    """username is that of the caller, not of the owner"""

    def get_task(self, id: str) -> None:
        shown = self.server.platform.view(self.task(id))
        self.succeed(shown | {"username": self.caller.user or self.caller.name})


@bug(
    "2.4/apiKeyId",
    sentence=CREATED,
    situation={"caller": "second key, same project", "turn": "2nd"},
    because="a follow-up saves the whole task anew, caller and all",
)
class KeyOfTheLastWriter(Edge):
    """apiKeyId is the key of the last follow-up"""

    def send_message(self, id: str) -> None:
        super().send_message(id)
        task = self.task(id)
        task.caller = replace(task.caller, key=self.caller.key)


@bug(
    "2.1/not-in-response",
    sentence="env and secrets of an exchange never come back in a response",
    situation={"turn": "2nd", "caller": "end user's token"},
    because="a follow-up brings the variables of its token up to date where those of a creation are kept",
)
class FollowUpShowsTheToken(Platform):
    """After a follow-up of an end user env shows the variables of his token"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        super().follow_up(task, message, parts)
        if task.caller.token is not None:
            task.env = self.accounts.exchanged[task.caller.token]
