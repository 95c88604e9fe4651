"""Each bug of the list is seen by who pages through it."""

import pytest

from tests.conformance.targets.bugs import lists  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Client
from tests.conformance.targets.bugs.scene import Scene, Seen, look

LONG = "Tell me more. " * 40


def pages(scene: Scene) -> dict[str, object]:
    """What several pages of five tasks say: places of the tasks in the order of activity, total, hasMore."""
    made = [scene.owner.run("Hello") for _ in range(5)][::-1]
    found: dict[str, object] = {}
    for name, limit, offset in (
        ("first", 2, 0),
        ("exact", 2, 3),
        ("before the last", 2, 2),
        ("last", 2, 4),
        ("beyond", 2, 7),
    ):
        page = scene.owner.page(limit, offset)
        places = [made.index(item["id"]) for item in page["data"]]
        found[name] = (places, page["pagination"]["total"], page["pagination"]["hasMore"])
    return found


PAGES = {
    "first": ([0, 1], 5, True),
    "exact": ([3, 4], 5, False),
    "before the last": ([2, 3], 5, True),
    "last": ([4], 5, False),
    "beyond": ([], 5, False),
}


def largest_page(scene: Scene) -> int:
    return scene.owner.ask("GET", "/tasks?limit=100").status


def old_task_first(scene: Scene) -> bool:
    """The first page begins with an old task that has got a follow-up."""
    old, _ = scene.owner.run("Hello"), scene.owner.run("Hello")
    scene.owner.follow_up(old, "And again")
    return scene.owner.page(limit=1)["data"][0]["id"] == old


def cancelled_item(scene: Scene) -> str | None:
    scene.hold()
    task = scene.owner.create("Hello")
    scene.owner.cancel(task)
    item = scene.owner.item(task)
    return item and item["status"]


def pending_first(scene: Scene) -> bool:
    scene.owner.run("Hello")
    scene.hold()
    task = scene.owner.create("Hello")
    return scene.owner.page()["data"][0]["id"] == task


def latest(owner: Client, task: str) -> bool:
    """lastActivityAt is the latest of the three times beside it."""
    item = owner.item(task)
    times = (item["createdAt"], item["startedAt"], item["completedAt"])
    return item["lastActivityAt"] == max(filter(None, times))


def activity_of_a_second_turn(scene: Scene) -> bool:
    task = scene.owner.run("Hello")
    scene.owner.page()
    scene.owner.post(f"/tasks/{task}/messages", {"message": "Run exactly this shell command: `sleep 5`"})
    scene.owner.stream(task).until("tool_call")
    return latest(scene.owner, task)


def activity_of_a_failure(scene: Scene) -> bool:
    task = scene.owner.run("Run exactly this shell command: `sleep 0.01`\nThen fail with the message: no")
    return latest(scene.owner, task)


def status_of_a_waiting_item(scene: Scene) -> str:
    task = scene.owner.create("Create a file named a.txt containing: a", autoExecute=False)
    scene.owner.stream(task).until("tool_call")
    return scene.owner.item(task)["status"]


def whole_message(scene: Scene) -> bool:
    return scene.owner.item(scene.owner.run(LONG))["message"] == LONG


def quoted_message(scene: Scene) -> str:
    return scene.owner.item(scene.owner.run("Say \"hello\" & 'bye'"))["message"]


def total_for_an_end_user(scene: Scene) -> tuple[int, int]:
    scene.user("anna").run("Hello")
    page = scene.user("berta").page()
    return len(page["data"]), page["pagination"]["total"]


def count_of_many_messages(scene: Scene) -> int:
    task = scene.owner.run("Hello")
    for _ in range(10):
        scene.owner.follow_up(task, "Hello")
    return scene.owner.item(task)["messageCount"]


def count_after_a_restore(scene: Scene) -> int:
    task = scene.owner.run("Hello")
    scene.expire(task)
    scene.owner.follow_up(task, "Hello")
    return scene.owner.item(task)["messageCount"]


def tasks_by_default(scene: Scene) -> tuple[int, int]:
    """How many of 21 tasks a page without a limit has, and the limit that it tells."""
    for _ in range(21):
        scene.owner.create("Hello")
    page = scene.owner.ask("GET", "/tasks").json
    return len(page["data"]), page["pagination"]["limit"]


SEEN = {
    "twenty-by-default": Seen(tasks_by_default, (21, 50), (20, 50)),
    "more-on-an-exact-page": Seen(pages, PAGES, PAGES | {"exact": ([3, 4], 5, True)}),
    "exact-page-is-empty": Seen(pages, PAGES, PAGES | {"exact": ([], 5, False)}),
    "last-one-not-announced": Seen(pages, PAGES, PAGES | {"before the last": ([2, 3], 5, False)}),
    "total-from-the-offset": Seen(
        pages,
        PAGES,
        PAGES
        | {
            "exact": ([3, 4], 2, False),
            "before the last": ([2, 3], 3, True),
            "last": ([4], 1, False),
            "beyond": ([], 0, False),
        },
    ),
    "beyond-starts-over": Seen(pages, PAGES, PAGES | {"beyond": ([0, 1], 5, False)}),
    "total-without-rows": Seen(pages, PAGES, PAGES | {"beyond": ([], 0, False)}),
    "more-beyond-the-end": Seen(pages, PAGES, PAGES | {"beyond": ([], 5, True)}),
    "pages-overlap": Seen(
        pages,
        PAGES,
        PAGES
        | {
            "exact": ([2, 3], 5, False),
            "before the last": ([1, 2], 5, True),
            "last": ([3, 4], 5, False),
        },
    ),
    "last-page-loses-one": Seen(pages, PAGES, PAGES | {"last": ([], 5, False)}),
    "largest-page-refused": Seen(largest_page, 200, 400),
    "sorted-after-slicing": Seen(old_task_first, right=True, wrong=False),
    "cancelled-leaves-the-list": Seen(cancelled_item, "cancelled", None),
    "pending-sinks": Seen(pending_first, right=True, wrong=False),
    "activity-of-the-last-turn": Seen(activity_of_a_second_turn, right=True, wrong=False),
    "failure-is-no-activity": Seen(activity_of_a_failure, right=True, wrong=False),
    "list-says-running": Seen(status_of_a_waiting_item, "awaiting_approval", "running"),
    "titles-are-cut": Seen(whole_message, right=True, wrong=False),
    "list-escapes-quotes": Seen(
        quoted_message, "Say \"hello\" & 'bye'", "Say &quot;hello&quot; &amp; &#x27;bye&#x27;"
    ),
    "total-of-the-whole-app": Seen(total_for_an_end_user, (0, 0), (0, 1)),
    "count-of-one-page": Seen(count_of_many_messages, 22, 20),
    "count-of-the-session": Seen(count_after_a_restore, 4, 2),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_the_list_is_seen(bug: str):
    look(bug, SEEN[bug])
