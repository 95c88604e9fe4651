"""Each bug of approvals is seen by who answers a call that waits."""

import pytest

from tests.conformance.targets.bugs import approvals  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Client
from tests.conformance.targets.bugs.scene import Scene, Seen, look, within

RUN = "Run exactly this shell command: `{}`\n"
MAKE = RUN.format("echo made > made.txt")
BOTH = "Run exactly these shell commands at the same time, both: `echo a > a.txt` and `echo b > b.txt`"


def waiting(client: Client, message: str = MAKE, calls: int = 1) -> tuple[str, list[str]]:
    """A task with so many calls that wait, and their ids in the order in which they came."""
    task = client.create(message, autoExecute=False)
    return task, told(client, task, calls)


def told(client: Client, task: str, calls: int = 1) -> list[str]:
    """The ids of calls that wait, as soon as there are so many."""
    within(10.0, lambda: len(pending(client, task)) >= calls)
    return pending(client, task)


def pending(client: Client, task: str) -> list[str]:
    return [call["callId"] for call in client.get(task).get("pendingApprovals", [])]


def made(scene: Scene, task: str, name: str = "made.txt") -> bool:
    """A file that only a bug makes is there."""
    return scene.comes_wrongly(lambda: name in scene.owner.files(task))


def ended(client: Client, task: str) -> None:
    client.stream(task).rest()


def status_of_the_next_call(client: Client, task: str) -> str:
    return client.stream(task).until("tool_call")[-1][1]["status"]


def always_and_another_task(scene: Scene) -> str:
    task, calls = waiting(scene.owner)
    scene.owner.approve(task, calls[0], "proceed_always")
    ended(scene.owner, task)
    other = scene.owner.create(RUN.format("sleep 5"), autoExecute=False)
    return status_of_the_next_call(scene.owner, other)


def always_and_another_turn(scene: Scene) -> str:
    task, calls = waiting(scene.owner)
    scene.owner.approve(task, calls[0], "proceed_always")
    ended(scene.owner, task)
    scene.owner.post(f"/tasks/{task}/messages", {"message": RUN.format("sleep 5")})
    return status_of_the_next_call(scene.owner, task)


def same_command_in_another_turn(scene: Scene) -> str:
    task, calls = waiting(scene.owner)
    scene.owner.approve(task, calls[0])
    ended(scene.owner, task)
    scene.owner.post(f"/tasks/{task}/messages", {"message": MAKE})
    return status_of_the_next_call(scene.owner, task)


def answer_to_always(scene: Scene) -> bool:
    task, calls = waiting(scene.owner)
    return scene.owner.approve(task, calls[0], "proceed_always").data["approved"]


def pending_after_one_of_two(scene: Scene) -> tuple[bool, str]:
    """Whether the second call still waits when the first was approved, and the status of the task."""
    task, calls = waiting(scene.owner, BOTH, 2)
    scene.owner.approve(task, calls[0])
    return pending(scene.owner, task) == calls[1:], scene.owner.get(task)["status"]


def files_after_the_second_of_two(scene: Scene) -> list[str]:
    task = scene.owner.create(BOTH, autoExecute=False)
    reader = scene.owner.stream(task)
    _, newer = (reader.until("tool_call")[-1][1] for _ in range(2))
    scene.owner.approve(task, newer["callId"])
    reader.until("tool_result")
    return [
        "newer" if newer["args"]["command"].endswith(path) else "older" for path in scene.owner.files(task)
    ]


def calls_told_late(scene: Scene) -> int:
    task, calls = waiting(scene.owner, BOTH, 2)
    late = scene.owner.stream(task)
    first = late.until("tool_call")
    for call in calls:
        scene.owner.approve(task, call)
    return sum(name == "tool_call" for name, _ in first + late.rest())


def pending_after_a_rejection(scene: Scene) -> int:
    task, calls = waiting(scene.owner)
    scene.owner.approve(task, calls[0], "cancel")
    ended(scene.owner, task)
    return len(pending(scene.owner, task))


def rejected_and_another_turn(scene: Scene) -> bool:
    task, calls = waiting(scene.owner)
    scene.owner.approve(task, calls[0], "cancel")
    ended(scene.owner, task)
    scene.owner.follow_up(task, "Hello")
    return "made.txt" in scene.owner.files(task)


def approved_when_cancelled(scene: Scene) -> bool:
    task, calls = waiting(scene.owner)
    scene.owner.cancel(task)
    scene.owner.approve(task, calls[0])
    return made(scene, task)


def cancelled_while_waiting(scene: Scene) -> bool:
    task, _ = waiting(scene.owner)
    scene.owner.cancel(task)
    return made(scene, task)


def approved_without_a_reader(scene: Scene) -> bool:
    task = scene.owner.create(MAKE, autoExecute=False)
    reader = scene.owner.stream(task)
    call = reader.until("tool_call")[-1][1]["callId"]
    reader.close()
    scene.beats()
    return scene.owner.approve(task, call).refused


def statuses_of_two_at_once(scene: Scene) -> list[str]:
    task = scene.owner.create(BOTH)
    reader = scene.owner.stream(task)
    return [reader.until("tool_call")[-1][1]["status"] for _ in range(2)]


def pending_in_a_second_turn(scene: Scene) -> int:
    task, calls = waiting(scene.owner)
    scene.owner.approve(task, calls[0])
    ended(scene.owner, task)
    scene.owner.post(f"/tasks/{task}/messages", {"message": MAKE})
    told(scene.owner, task)
    return len(pending(scene.owner, task))


def approved_by_a_stranger(scene: Scene) -> bool:
    _, calls = waiting(scene.owner)
    own, _ = waiting(scene.stranger)
    return scene.stranger.approve(own, calls[0]).refused


def approved_by_another_user(scene: Scene) -> bool:
    task, calls = waiting(scene.user("anna"))
    return scene.user("berta").approve(task, calls[0]).refused


def pending_after_a_rejection_of_one(scene: Scene) -> bool:
    task, calls = waiting(scene.owner, BOTH, 2)
    scene.owner.approve(task, calls[0], "cancel")
    return pending(scene.owner, task) == calls[1:]


def unknown_call_of_a_completed_task(scene: Scene) -> int:
    return scene.owner.approve(scene.owner.run("Hello"), "never-was").status


def two_in_a_row(scene: Scene, outcome: str) -> tuple[str, str]:
    """A task with two commands of which the first was answered, and the id of that call."""
    task, calls = waiting(scene.owner, RUN.format("true") + MAKE)
    scene.owner.approve(task, calls[0], outcome)
    return task, calls[0]


def second_after_a_rejection(scene: Scene) -> bool:
    """The second call waits for an answer of its own."""
    task, first = two_in_a_row(scene, "cancel")
    return scene.comes(lambda: pending(scene.owner, task) not in ([], [first]))


def second_after_two_clicks(scene: Scene) -> bool:
    """The answer to the first call is refused when it comes again."""
    task, first = two_in_a_row(scene, "proceed_once")
    within(10.0, lambda: pending(scene.owner, task) not in ([], [first]))
    return scene.owner.approve(task, first).refused


SEEN = {
    "once-for-the-same-command": Seen(same_command_in_another_turn, "awaiting_approval", "executing"),
    "rejection-is-remembered": Seen(second_after_a_rejection, right=True, wrong=False),
    "double-click-approves-the-next": Seen(second_after_two_clicks, right=True, wrong=False),
    "always-for-the-key": Seen(always_and_another_task, "awaiting_approval", "executing"),
    "always-until-the-turn-ends": Seen(always_and_another_turn, "executing", "awaiting_approval"),
    "always-is-no-approval": Seen(answer_to_always, right=True, wrong=False),
    "once-for-all-that-wait": Seen(lambda scene: pending_after_one_of_two(scene)[0], right=True, wrong=False),
    "first-in-first-approved": Seen(files_after_the_second_of_two, ["newer"], ["older"]),
    "one-answer-is-enough": Seen(pending_after_one_of_two, (True, "awaiting_approval"), (True, "running")),
    "catch-up-shows-one-waiting": Seen(calls_told_late, 2, 1),
    "rejected-stays-pending": Seen(pending_after_a_rejection, 0, 1),
    "rejected-runs-next-turn": Seen(rejected_and_another_turn, right=False, wrong=True),
    "late-approval-runs": Seen(approved_when_cancelled, right=False, wrong=True),
    "woken-means-approved": Seen(cancelled_while_waiting, right=False, wrong=True),
    "approval-needs-its-reader": Seen(approved_without_a_reader, right=False, wrong=True),
    "together-always-asks": Seen(statuses_of_two_at_once, ["executing"] * 2, ["awaiting_approval"] * 2),
    "approvals-of-all-turns": Seen(pending_in_a_second_turn, 1, 2),
    "approved-by-id-alone": Seen(approved_by_a_stranger, right=True, wrong=False),
    "any-user-approves": Seen(approved_by_another_user, right=True, wrong=False),
    "rejecting-one-approves-the-others": Seen(pending_after_a_rejection_of_one, right=True, wrong=False),
    "unknown-call-taken-when-over": Seen(unknown_call_of_a_completed_task, 404, 200),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_approvals_is_seen(bug: str):
    look(bug, SEEN[bug])
