"""Each bug of callers is seen by one of them."""

import time
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.conformance.targets.bugs import callers  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Answer, Client
from tests.conformance.targets.bugs.scene import BUSY, Scene, Seen, look, within

SHOP, FOREIGN = "https://shop.example", "https://shop.example.evil.test"
FILE = ("a.txt", b"a")


def code(answer: Answer) -> str:
    """The code of a refusal, or OK."""
    return answer.json["error"]["code"] if answer.refused else "OK"


def same_key(first: Callable[[Scene], Client], second: Callable[[Scene], Client]) -> Callable[[Scene], bool]:
    """Whether two callers make tasks with the same apiKeyId."""

    def scenario(scene: Scene) -> bool:
        made = [scene.owner.get(caller(scene).create("Hello"))["apiKeyId"] for caller in (first, second)]
        return made[0] == made[1]

    return scenario


def stream_by_header(scene: Scene) -> int:
    return scene.by_header.stream(scene.owner.create("Hello")).status


def form_by_header(scene: Scene) -> int:
    return scene.by_header.post_form("/tasks", {"message": "Look"}, [FILE]).status


def expired_key(scene: Scene) -> list[str]:
    key = scene.target.accounts.expired_key
    return [code(scene.client(key, header).ask("GET", "/tasks")) for header in ("Authorization", "X-API-Key")]


def key_with_a_tail(scene: Scene) -> str:
    return code(scene.client(f"{scene.owner.key}00", "X-API-Key").ask("GET", "/tasks"))


def key_that_begins_alike(scene: Scene) -> str:
    scene.owner.page()
    return code(scene.client(f"{scene.owner.key}"[:-8] + "00000000").ask("GET", "/tasks"))


def connection_without_credentials(scene: Scene) -> str:
    """A request without credentials over a connection that has served its owner."""
    scene.owner.page()
    scene.owner.key = None
    return code(scene.owner.ask("GET", "/tasks"))


def foreign_origin(scene: Scene) -> list[str]:
    """A creation and a follow-up from an origin that is not allowed, by a token that is."""
    anna = scene.user("anna", Origin=SHOP)
    task = anna.run("Hello")
    anna.more = {"Origin": FOREIGN}
    return [code(anna.post(path, {"message": "Hello"})) for path in ("/tasks", f"/tasks/{task}/messages")]


REFUSED = "ORIGIN_NOT_ALLOWED"


def similar_user(scene: Scene) -> int:
    task = scene.user("user-10").create("Hello")
    return scene.user("user-1").ask("GET", f"/tasks/{task}").status


def file_of_another_user(scene: Scene) -> int:
    task = scene.user("anna").upload(FILE)
    return scene.user("berta").download(task, "uploads/a.txt").status


def cancelled_by_another_user(scene: Scene) -> int:
    task = scene.user("anna").create(BUSY)
    scene.owner.stream(task).until("tool_call")
    return scene.user("berta").cancel(task).status


def finished_stream_of_a_stranger(scene: Scene) -> int:
    task = scene.owner.create("Hello")
    within(10.0, lambda: scene.owner.get(task)["status"] == "completed")
    return scene.stranger.stream(task).status


def token_past_its_end(scene: Scene) -> str:
    anna = scene.user("anna")
    anna.run("Hello")
    later = time.time() + 7200
    scene.target.accounts.clock = lambda: later
    return code(anna.ask("GET", "/tasks"))


def older_token(scene: Scene) -> str:
    anna, _ = scene.user("anna"), scene.user("anna")
    return code(anna.ask("GET", "/tasks"))


def hours_of_a_week(scene: Scene) -> int:
    ends = scene.exchange("anna", expiresIn="7d")["expiresAt"]
    return round((datetime.fromisoformat(ends).timestamp() - time.time()) / 3600)


def bad_secret_name(scene: Scene) -> str:
    accounts = scene.target.accounts
    app = {"appId": accounts.app_id, "appSecret": accounts.app_secret}
    return code(scene.backend.exchange(**app, endUserId="anna", secrets={"A-B": "x"}))


def username_for_a_colleague(scene: Scene) -> str:
    return scene.colleague.get(scene.owner.run("Hello"))["username"]


def key_after_a_colleague(scene: Scene) -> bool:
    """apiKeyId stays the same when a colleague sends a follow-up."""
    task = scene.owner.run("Hello")
    before = scene.owner.get(task)["apiKeyId"]
    scene.colleague.follow_up(task, "Hello")
    return scene.owner.get(task)["apiKeyId"] == before


def env_after_a_follow_up(scene: Scene) -> dict[str, str] | None:
    anna = scene.client(scene.exchange("anna", env={"A": "open"}, secrets={"B": "hidden"})["token"])
    task = anna.run("Hello")
    anna.follow_up(task, "Hello")
    return anna.get(task)["env"]


SEEN = {
    "follow-up-shows-the-token": Seen(env_after_a_follow_up, None, {"A": "open", "B": "hidden"}),
    "header-key-is-another": Seen(
        same_key(lambda scene: scene.owner, lambda scene: scene.by_header), right=True, wrong=False
    ),
    "streams-want-bearer": Seen(stream_by_header, 200, 401),
    "forms-want-bearer": Seen(form_by_header, 200, 401),
    "expired-key-by-header": Seen(expired_key, ["INVALID_API_KEY"] * 2, ["INVALID_API_KEY", "OK"]),
    "header-key-with-tail": Seen(key_with_a_tail, "INVALID_API_KEY", "OK"),
    "key-cached-by-prefix": Seen(key_that_begins_alike, "INVALID_API_KEY", "OK"),
    "connection-remembers-its-caller": Seen(connection_without_credentials, "AUTH_REQUIRED", "OK"),
    "origin-unchecked-on-follow-up": Seen(foreign_origin, [REFUSED, REFUSED], [REFUSED, "OK"]),
    "origin-by-prefix": Seen(foreign_origin, [REFUSED, REFUSED], ["OK", "OK"]),
    "end-user-by-prefix": Seen(similar_user, 404, 200),
    "files-for-any-user": Seen(file_of_another_user, 404, 200),
    "cancelled-by-any-user": Seen(cancelled_by_another_user, 404, 200),
    "finished-streams-for-anyone": Seen(finished_stream_of_a_stranger, 404, 200),
    "token-cached-past-its-end": Seen(token_past_its_end, "INVALID_TOKEN", "OK"),
    "new-token-ends-the-old": Seen(older_token, "OK", "INVALID_TOKEN"),
    "days-are-hours": Seen(hours_of_a_week, 168, 7),
    "secret-names-unchecked": Seen(bad_secret_name, "INVALID_ENV", "OK"),
    "key-of-the-project": Seen(
        same_key(lambda scene: scene.owner, lambda scene: scene.colleague), right=False, wrong=True
    ),
    "username-of-the-reader": Seen(username_for_a_colleague, "tester", "colleague"),
    "key-of-the-last-writer": Seen(key_after_a_colleague, right=True, wrong=False),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_callers_is_seen(bug: str):
    look(bug, SEEN[bug])
